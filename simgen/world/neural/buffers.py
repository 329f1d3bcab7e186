"""What the network looks at: exact buffers and cheap light as maps, and the numbers of weather, light and camera as one vector."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simgen.compiled import compiled, in_bands
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
    pose, lens, size = observation.view.world_T_camera, observation.view.intrinsics, observation.depth.shape
    seen = np.where(np.isfinite(observation.depth), observation.depth, np.float32(observation.view.far))
    normal, depth = np.empty((*size, 4), np.float32), np.empty((*size, 5), np.float32)
    near = hollows(seen, lens), blur_circle(observation, conditions.sensor, focus_m)
    placed = pose.rotation[2].astype(np.float32), np.float32(pose.position[2]), lens.fx, lens.fy, lens.cx, lens.cy
    in_bands(_placed, len(seen), seen, observation.normal, *near, *placed, normal, depth)
    return {"normal": normal, "depth": depth, "edges": edges(observation)}


@compiled
def _placed(first, end, seen, turned, hollow, blur, up, eye, fx, fy, cx, cy, normal, depth):
    """Write normals and how far they point up; then logarithm and inverse of depth, height, blur and hollows, all about 1."""
    one = np.float32(1)
    for row in range(first, end):
        for column in range(seen.shape[1]):
            here, upward = seen[row, column], np.float32(0)
            for i in range(3):
                normal[row, column, i] = turned[row, column, i]
                upward += turned[row, column, i] * up[i]
            normal[row, column, 3] = upward
            climb = np.float32(up[0] * ((column + 0.5 - cx) / fx) + up[1] * ((row + 0.5 - cy) / fy) + up[2])
            depth[row, column, 0] = np.log(here) * np.float32(0.5)
            depth[row, column, 1] = min(np.float32(0.2) / here, np.float32(2))
            depth[row, column, 2] = min(max(here * climb + eye, -one), np.float32(2))
            depth[row, column, 3] = min(max(blur[row, column], np.float32(-8)), np.float32(8)) * np.float32(1 / 8)
            depth[row, column, 4] = hollow[row, column]


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
