"""What the network looks at: exact buffers and cheap light as maps, and the numbers of weather, light and camera as one vector."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simgen.observation import Observation
from simgen.scenario.colorimetry import luminance
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Illumination
from simgen.scenario.skylight import harmonics
from simgen.world.focus import blur_circle
from simgen.world.neural.nearby import edges, hollows
from simgen.world.neural.toning import toned

MODALITIES = {"cheap": 3, "albedo": 3, "light": 3, "normal": 4, "depth": 5, "edges": 2, "material": 2, "history": 4}
"""Names of the maps and their channels, in order."""
LIGHT_BASED = ("cheap", "albedo", "light")
"""Those that a simulator which knows only geometry cannot give."""
LAMPS = 2
"""Lamps that are told one by one; the brightest first."""
VECTOR = 3 + 3 + 27 + LAMPS * 8 + 9 + 5
"""Numbers in the vector."""


@dataclass(frozen=True, eq=False)
class Buffers:
    """One frame as the network sees it."""

    maps: dict[str, np.ndarray]
    """Modality to float32, (H, W, C); what is not known is left out."""
    vector: np.ndarray
    """Float32, (VECTOR,)."""


def buffers(
    observation: Observation, cheap: np.ndarray | None, conditions: Conditions, illumination: Illumination, *, gain: float, focus_m: float
) -> Buffers:
    """One frame as the network sees it, without the one before.

    Args:
        observation: exact buffers; without direct light, albedo counts as unknown too.
        cheap: light of the cheap photograph, cd/m2, (H, W, 3); None where there is no direct light.
        conditions: of that frame.
        illumination: of that frame.
        gain: exposure of 1 cd/m2.
        focus_m: distance in focus.
    """
    maps = geometry(observation, conditions, focus_m)
    if cheap is not None:
        maps["cheap"] = toned(cheap * np.float32(gain))
        maps["light"] = toned(observation.light * np.float32(gain))
        maps["albedo"] = observation.albedo * np.float32(1 / 255)
    if observation.roughness is not None and observation.metallic is not None:
        maps["material"] = np.stack([observation.roughness, observation.metallic], -1) * np.float32(1 / 255)
    return Buffers(maps, vector(observation, conditions, illumination, gain))


def geometry(observation: Observation, conditions: Conditions, focus_m: float) -> dict[str, np.ndarray]:
    """Maps of what is where."""
    pose, lens = observation.view.world_T_camera, observation.view.intrinsics
    turn = pose.rotation.astype(np.float32)
    seen = np.isfinite(observation.depth)
    depth = np.where(seen, observation.depth, np.float32(observation.view.far))
    upward = observation.normal @ turn[2]
    y, x = np.ogrid[: lens.height, : lens.width]
    ray = turn[2, 0] * ((x + 0.5 - lens.cx) / lens.fx) + turn[2, 1] * ((y + 0.5 - lens.cy) / lens.fy) + turn[2, 2]
    height = depth * ray.astype(np.float32) + np.float32(pose.position[2])
    blur = np.clip(blur_circle(observation, conditions.sensor, focus_m), -8, 8) * np.float32(1 / 8)
    far = np.log(depth) * np.float32(0.5)
    shallow = np.float32(0.2) / depth
    return {
        "normal": np.concatenate([observation.normal, upward[..., None]], -1),
        "depth": np.stack([far, np.minimum(shallow, 2), np.clip(height, -1, 2), blur, hollows(depth, lens)], -1),
        "edges": edges(observation),
    }


def vector(observation: Observation, conditions: Conditions, illumination: Illumination, gain: float) -> np.ndarray:
    """Weather, light and camera as numbers of about 1, directions in the camera's frame, float32, (VECTOR,)."""
    pose, lens = observation.view.world_T_camera, observation.view.intrinsics
    into = pose.rotation.T
    sun = into @ illumination.sun_direction * (luminance(illumination.sun_illuminance) > 0)
    sky = _sky(illumination) * gain
    weather, sensor = conditions.weather, conditions.sensor
    lies = [weather.wetness, weather.snow_cover, weather.ice, weather.dust]
    falls = [np.log1p(weather.rain_mm_h) / 4, np.log1p(weather.snow_mm_h) / 3, np.log10(weather.visibility_m) / 5 - 0.5]
    outside = [conditions.light.cloud_cover, np.log10(conditions.light.daylight + 1e-5) / 5]
    parts = [
        sun,
        _logged(illumination.sun_illuminance * gain / np.pi),
        _logged(sky).reshape(-1),
        _lamps(observation, illumination, gain),
        [*lies, *falls, *outside],
        [*into[:, 2], lens.fy / lens.height - 1, 4 / sensor.f_number],
    ]
    return np.concatenate([np.asarray(part, dtype=np.float32).reshape(-1) for part in parts])


@lru_cache(maxsize=256)
def _sky(illumination: Illumination) -> np.ndarray:
    return harmonics(illumination.sky)


def _lamps(observation: Observation, illumination: Illumination, gain: float) -> np.ndarray:
    """Of the lamps that send most light: direction and nearness as the camera sees them, exposure in three colours, cone, (LAMPS * 8,)."""
    pose, rows = observation.view.world_T_camera, np.zeros((LAMPS, 8))
    power = [float(luminance(lamp.radiance)) * lamp.radius**2 for lamp in illumination.emitters]
    for row, number in zip(rows, np.argsort(power)[::-1], strict=False):
        lamp = illumination.emitters[number]
        way = pose.rotation.T @ (lamp.position - pose.position)
        distance = np.linalg.norm(way)
        row[:3], row[3] = way / distance, 1 / (1 + distance)
        row[4:7] = _logged(lamp.radiance * lamp.radius**2 * gain)
        row[7] = 1 - lamp.cos_cone
    return rows.reshape(-1)


def _logged(exposure: np.ndarray) -> np.ndarray:
    """Signed logarithm, about 1 at a white surface's exposure."""
    return np.sign(exposure) * np.log1p(8 * np.abs(exposure)) / np.log(9)
