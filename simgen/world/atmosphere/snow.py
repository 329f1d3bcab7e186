"""Falling snow: slow flakes that sway on their way down."""

from functools import lru_cache

import numpy as np

from simgen.observation import Observation
from simgen.randomness import stream
from simgen.scenario.conditions import Conditions
from simgen.world.atmosphere.grain import BOX_M, Grains, in_front, nearest_copies
from simgen.world.atmosphere.rain import EXPOSURE_S

HEAVIEST_MM_H = 20.0
"""Beyond this rate no more flakes are drawn."""
SLOPE_PER_MM = 25.5 * 2.5**-0.48 / 10
"""Of melted diameters at 2.5 mm/h (Gunn and Marshall, 1958)."""
SMALLEST_MM, LARGEST_MM = 0.4, 3.0
"""Melted diameters."""
FLUFFINESS = 3.5
"""Diameter of a flake over that of the drop it melts to: a density of some 2 %."""
SWAY_M, SWAY_HZ = 0.012, 1.3
"""Typical way and rate of swaying."""
OPACITY = 0.75
"""A flake is a lattice: some light goes through."""


def falling(observation: Observation, conditions: Conditions, *, seed: int) -> Grains:
    """The flakes a camera may see at one instant."""
    weather, view = conditions.weather, observation.view
    place, melted, chance, sway = _box(seed)
    there = chance < min(weather.snow_mm_h / HEAVIEST_MM_H, 1.0)
    place, melted, sway = place[there], melted[there], sway[there]
    time, exposure = observation.time_ns * 1e-9, conditions.sensor.shutter_s or EXPOSURE_S
    velocity = fall_velocity(melted, weather)
    centre = view.world_T_camera.apply([0, 0, 0.45 * BOX_M])
    now = nearest_copies(place + time * velocity, centre)
    rotation = view.world_T_camera.rotation
    start = (now + _swayed(sway, time) - view.world_T_camera.position) @ rotation
    seen = in_front(start, view)
    moved = exposure * velocity[seen] + _swayed(sway[seen], time + exposure) - _swayed(sway[seen], time)
    start, steady = start[seen], np.zeros(int(seen.sum()))
    return Grains(start, start + moved @ rotation, melted[seen] * FLUFFINESS * 1e-3, steady + OPACITY, steady, steady)


def fall_velocity(melted_mm: np.ndarray, weather) -> np.ndarray:
    """World frame, m/s, (N, 3): terminal speed of dendrites after Langleben (1954), and the wind's."""
    angle = np.radians(weather.wind_azimuth_deg)
    down = -1.6 * (0.1 * melted_mm) ** 0.3
    across = np.array([np.cos(angle), np.sin(angle)]) * weather.wind_m_s
    return np.stack([*np.broadcast_arrays(*across, down)], axis=1)


def _swayed(sway: np.ndarray, time: float) -> np.ndarray:
    """How far swaying has carried each flake from its straight way, metres, (N, 3)."""
    rate, phase, reach = 2 * np.pi * SWAY_HZ * sway[:, :1], 2 * np.pi * sway[:, 1:4], SWAY_M * sway[:, 4:5]
    return reach * np.sin(rate * time + phase) * (1.0, 1.0, 0.3)


@lru_cache(maxsize=4)
def _box(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Places, melted diameters in mm, chances and ways of swaying of the heaviest snow's flakes in one cube."""
    rng = stream(seed, 0, "snow flakes")
    low, high = np.exp(-SLOPE_PER_MM * np.array([SMALLEST_MM, LARGEST_MM]))
    sample = -np.log(np.linspace(high, low, 999)) / SLOPE_PER_MM
    water_kg = 1000 * np.pi / 6 * (sample * 1e-3) ** 3
    sinking = 1.6 * (0.1 * sample) ** 0.3
    count = int(HEAVIEST_MM_H / 3600 / np.mean(water_kg * sinking) * BOX_M**3)
    melted = -np.log(rng.uniform(high, low, count)) / SLOPE_PER_MM
    sway = np.concatenate([rng.uniform(0.5, 1.5, (count, 1)), rng.uniform(0, 1, (count, 3)), rng.uniform(0.2, 1.5, (count, 1))], axis=1)
    return rng.uniform(0, BOX_M, (count, 3)), melted, rng.uniform(size=count), sway
