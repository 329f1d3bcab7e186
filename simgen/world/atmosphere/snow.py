"""Falling snow: slow flakes that sway on their way down."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simgen.observation import Observation
from simgen.randomness import stream
from simgen.scenario.conditions import Conditions
from simgen.scenario.weather import Weather
from simgen.world.atmosphere.grain import BOX_M, Grains, arrived
from simgen.world.atmosphere.rain import EXPOSURE_S, carried

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
    flakes = _box(seed)
    there = np.flatnonzero(flakes.chance < weather.snow_mm_h / HEAVIEST_MM_H)
    time, exposure, wind = observation.time_ns * 1e-9, conditions.sensor.shutter_s or EXPOSURE_S, carried(weather)
    seen, straight = arrived(flakes.place[there], flakes.sinking[there], wind, time, view)
    seen = there[seen]
    melted, sway, rotation = flakes.melted[seen], flakes.sway[seen], view.world_T_camera.rotation
    velocity = wind - flakes.sinking[seen, None] * (0.0, 0.0, 1.0)
    start = straight + _swayed(sway, time) @ rotation
    end = straight + (exposure * velocity + _swayed(sway, time + exposure)) @ rotation
    steady = np.zeros(len(seen))
    return Grains(start, end, melted * FLUFFINESS * 1e-3, steady + OPACITY, steady, steady)


def fall_velocity(melted_mm: np.ndarray, weather: Weather) -> np.ndarray:
    """World frame, m/s, (3, N)."""
    return carried(weather)[:, None] - np.outer((0.0, 0.0, 1.0), _sinking(melted_mm))


def _sinking(melted_mm: np.ndarray) -> np.ndarray:
    """Terminal speed of dendrites, m/s, after Langleben (1954)."""
    return 1.6 * (0.1 * melted_mm) ** 0.3


def _swayed(sway: np.ndarray, time: float) -> np.ndarray:
    """How far swaying has carried each flake from its straight way, metres, (N, 3)."""
    rate, phase, reach = 2 * np.pi * SWAY_HZ * sway[:, :1], 2 * np.pi * sway[:, 1:4], SWAY_M * sway[:, 4:5]
    return reach * np.sin(rate * time + phase) * (1.0, 1.0, 0.3)


@dataclass(frozen=True, eq=False)
class Flakes:
    """The heaviest snow's flakes in one cube."""

    place: np.ndarray
    """Metres, (N, 3)."""
    melted: np.ndarray
    """Diameters of the drops they melt to, millimetres, (N,)."""
    sinking: np.ndarray
    """m/s, (N,)."""
    chance: np.ndarray
    """Share of the heaviest rate from which on each falls, (N,)."""
    sway: np.ndarray
    """Rate, three phases and reach of its swaying, (N, 5)."""


@lru_cache(maxsize=32)
def _box(seed: int) -> Flakes:
    rng = stream(seed, 0, "snow flakes")
    low, high = np.exp(-SLOPE_PER_MM * np.array([SMALLEST_MM, LARGEST_MM]))
    sample = -np.log(np.linspace(high, low, 999)) / SLOPE_PER_MM
    water_kg = 1000 * np.pi / 6 * (sample * 1e-3) ** 3
    count = int(HEAVIEST_MM_H / 3600 / np.mean(water_kg * _sinking(sample)) * BOX_M**3)
    melted = -np.log(rng.uniform(high, low, count)) / SLOPE_PER_MM
    sway = np.concatenate([rng.uniform(0.5, 1.5, (count, 1)), rng.uniform(0, 1, (count, 3)), rng.uniform(0.2, 1.5, (count, 1))], axis=1)
    place, chance = rng.uniform(0, BOX_M, (3, count)), rng.uniform(size=count)
    return Flakes(place.T.copy(), melted, _sinking(melted), chance, sway)
