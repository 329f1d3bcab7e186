"""Sky: the light sources that weather and light come to, as photometric numbers.

Everything is continuous in every parameter, so that weather and light can be interpolated and can change during an episode.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from simgen import shelves
from simgen.geometry import locked
from simgen.scenario.cloud import clouded
from simgen.scenario.colorimetry import glow
from simgen.scenario.daylight import clear_sky, night_sky, smoothstep, sun_vector, sunlight
from simgen.scenario.environment import sky_map, split_sun
from simgen.scenario.hdr import read_hdr
from simgen.scenario.illumination import Emitter, Illumination, cone_flux
from simgen.scenario.light import Lamp, Light
from simgen.scenario.skylight import ROWS, directions, horizontal_illuminance
from simgen.scenario.weather import Weather

FOG_TOP_M = 150.0
"""Height of a layer of fog."""
BACKSCATTER = 0.13
"""Share of diffuse light that a layer of optical depth 1 throws back: two streams, asymmetry 0.85 (Coakley and Chylek, 1975)."""
HORIZON = slice(ROWS // 2 - 3, ROWS // 2)
"""Rows of the sky over the horizon: thick fog, which is lit as they are, shines like them."""
GROUND, SNOW = 0.2, 0.8
"""Reflectance of the ground beyond the scene, bare and under snow; wet ground reflects 0.6 of dry."""


def illuminate(weather: Weather, light: Light, folder: Path | None = None) -> Illumination:
    """Sun, sky, lamps and fog as photometric numbers; remembered, and its arrays are read-only.

    Args:
        weather: all numbers fixed.
        light: all numbers fixed.
        folder: where the scenario file stands, beside which `light.environment` is looked up.

    Raises:
        AssetError: if the environment is missing or no HDR image.
    """
    image = None if light.environment is None else shelves.asset(light.environment, folder)
    return _illuminate(weather, light, image, None if image is None else shelves.sha256(image))


@lru_cache(maxsize=256)
def _illuminate(weather: Weather, light: Light, image: Path | None, digest: str | None) -> Illumination:
    towards, sun, sky = _open_sky(weather, light) if image is None else _panorama(light, image)
    sun, sky = _through_fog(weather, towards, sun, sky)
    if image is None:
        sky[ROWS // 2 :] = _ground(weather) / np.pi * (horizontal_illuminance(sky) + sun * max(towards[2], 0.0))
    sun, sky = sun * light.daylight, sky * light.daylight
    emitters = tuple(_emitter(lamp) for lamp in light.lamps)
    arrays = locked(towards), locked(sun), locked(sky.astype(np.float32))
    return Illumination(*arrays, emitters, extinction(weather), locked(sky[HORIZON].mean((0, 1))))


def extinction(weather: Weather) -> float:
    """Share of light lost a metre to fog, to rain (0.248 R^0.67 per km: Carbonneau and Wisely, 1998) and to snow (about 1 km of
    visibility at 1 mm/h: Rasmussen et al., 1999)."""
    return weather.extinction_per_m + 2.48e-4 * weather.rain_mm_h**0.67 + 3.0e-3 * weather.snow_mm_h**0.8


def _open_sky(weather: Weather, light: Light) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Direction of the sun, lux on a plane that faces it, and luminance of the sky, under clouds."""
    falls = 1 - np.exp(-weather.rain_mm_h / 1.5 - weather.snow_mm_h / 0.5)
    cover = 1 - (1 - max(light.cloud_cover, weather.cloud_cover)) * (1 - falls)  # what falls comes out of clouds
    towards = sun_vector(light.elevation_deg, light.azimuth_deg)
    sun = sunlight(light.elevation_deg, light.turbidity)
    clear = clear_sky(light.elevation_deg, light.azimuth_deg, light.turbidity)
    sky = clouded(clear, cover, towards, sun, light.elevation_deg, light.azimuth_deg)
    sky = sky / (1 + weather.rain_mm_h / 25 + weather.snow_mm_h / 10)  # rain clouds are thick
    sky += night_sky()
    sky[ROWS // 2 :] = 0
    return towards, sun * (1 - cover), sky


def _panorama(light: Light, image: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same from an HDR image: luminous directions of its own sun, and its own ground."""
    panorama, towards, sun = split_sun(read_hdr(image))
    yaw, scale = np.radians(light.environment_yaw_deg), 1000.0 * light.environment_scale
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    return turn @ towards, sun * scale, sky_map(panorama, light.environment_yaw_deg) * scale


def _through_fog(weather: Weather, towards: np.ndarray, sun: np.ndarray, sky: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fog scatters the sun into the sky, evens the sky out and throws some light back up."""
    depth = weather.extinction_per_m * FOG_TOP_M
    height = max(float(towards[2]), 0.05)
    direct = np.exp(-depth / height)
    scattered = sun * (1 - direct) * height * smoothstep(-0.02, 0.05, towards[2])
    even = horizontal_illuminance(sky) * (1 - np.exp(-depth)) + scattered
    around = np.exp(-np.arccos(np.clip(directions() @ towards, -1, 1)) / 0.7 - depth / 6)  # brighter about the sun, if fog is thin
    lobe = 0.4 + around[..., None].repeat(3, -1)
    lobe = lobe / horizontal_illuminance(lobe)
    whole = (sky * np.exp(-depth) + lobe * even) / (1 + BACKSCATTER * depth)
    return sun * direct, np.concatenate([whole[: ROWS // 2], sky[ROWS // 2 :]])


def _ground(weather: Weather) -> float:
    return (GROUND * (1 - 0.4 * weather.wetness)) * (1 - weather.snow_cover) + SNOW * weather.snow_cover


def _emitter(lamp: Lamp) -> Emitter:
    position, target = np.array(lamp.position, dtype=np.float64), np.array(lamp.look_at, dtype=np.float64)
    way = target - position
    length = np.linalg.norm(way)
    direction = way / length if length > 1e-9 else np.array([0.0, 0.0, -1.0])
    half = np.radians(min(lamp.cone_deg, 180.0) / 2)
    cos_cone = max(float(np.cos(half)), 0.0) if lamp.cone_deg < 180 else 0.0
    candela = lamp.flux_lm / cone_flux(half) * glow(lamp.temperature_k)
    return Emitter(locked(position), locked(direction), lamp.radius, locked(candela / (np.pi * lamp.radius**2)), cos_cone)
