"""Rain: drops of all sizes that fall through the world past the camera."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simgen.observation import Observation
from simgen.randomness import stream
from simgen.scenario.conditions import Conditions
from simgen.scenario.weather import Weather
from simgen.world.atmosphere.grain import BOX_M, Grains, arrived

HEAVIEST_MM_H = 200.0
"""Beyond this rate no more drops are drawn."""
SMALLEST_MM, LARGEST_MM = 0.8, 5.0
"""Diameters drawn one by one: what is smaller is haze, what is larger breaks up."""
DENSITY_PER_M3_MM = 8000.0
"""N0 of Marshall and Palmer (1948)."""
EXPOSURE_S = 1 / 250
"""Of a camera that says no shutter time: an ordinary one's in daylight."""


def falling(observation: Observation, conditions: Conditions, *, seed: int) -> Grains:
    """The drops a camera may see at one instant."""
    weather, view = conditions.weather, observation.view
    drops = _box(seed)
    there = np.flatnonzero(drops.slope > slope_per_mm(min(weather.rain_mm_h, HEAVIEST_MM_H)))
    wind = carried(weather)
    seen, start = arrived(drops.place[there], drops.sinking[there], wind, observation.time_ns * 1e-9, view)
    seen = there[seen]
    diameter, phase, exposure = drops.diameter[seen], drops.phase[seen], conditions.sensor.shutter_s or EXPOSURE_S
    velocity = wind - drops.sinking[seen, None] * (0.0, 0.0, 1.0)
    end = start + exposure * velocity @ view.world_T_camera.rotation
    return Grains(start, end, diameter * 1e-3, np.ones(len(start)), exposure * _oscillation_hz(diameter), phase)


def fall_velocity(diameter_mm: np.ndarray, weather: Weather) -> np.ndarray:
    """World frame, m/s, (3, N)."""
    return carried(weather)[:, None] - np.outer((0.0, 0.0, 1.0), _sinking(diameter_mm))


def carried(weather: Weather) -> np.ndarray:
    """The wind's velocity, world frame, m/s, (3,)."""
    angle = np.radians(weather.wind_azimuth_deg)
    return np.array([np.cos(angle), np.sin(angle), 0.0]) * weather.wind_m_s


def _sinking(diameter_mm: np.ndarray) -> np.ndarray:
    """Terminal speed, m/s, after Atlas et al. (1973)."""
    return np.maximum(9.65 - 10.3 * np.exp(-0.6 * diameter_mm), 0.5)


def slope_per_mm(rain_mm_h: float) -> float:
    """Marshall and Palmer's (1948) slope: N(D) = 8000 exp(-slope D) drops per cubic metre and millimetre."""
    return 4.1 * rain_mm_h**-0.21


def number_per_m3(rain_mm_h: float) -> float:
    """Drops drawn in a cubic metre of air."""
    slope = slope_per_mm(min(rain_mm_h, HEAVIEST_MM_H))
    return DENSITY_PER_M3_MM / slope * (np.exp(-slope * SMALLEST_MM) - np.exp(-slope * LARGEST_MM))


def _oscillation_hz(diameter_mm: np.ndarray) -> np.ndarray:
    """Of a drop's shape in its lowest mode (Rayleigh, 1879): water's surface tension is 0.073 N/m."""
    return np.sqrt(8 * 0.073 / (1000 * (0.5e-3 * diameter_mm) ** 3)) / (2 * np.pi)


@dataclass(frozen=True, eq=False)
class Drops:
    """The heaviest rain's drops in one cube."""

    place: np.ndarray
    """Metres, (N, 3)."""
    diameter: np.ndarray
    """Millimetres, (N,)."""
    sinking: np.ndarray
    """m/s, (N,)."""
    slope: np.ndarray
    """Of the lightest rain in which each falls, per millimetre, (N,): so many of every size as Marshall and Palmer say."""
    phase: np.ndarray
    """Of its oscillation, radians, (N,)."""


@lru_cache(maxsize=32)
def _box(seed: int) -> Drops:
    rng = stream(seed, 0, "rain drops")
    count = int(number_per_m3(HEAVIEST_MM_H) * BOX_M**3)
    slope = slope_per_mm(HEAVIEST_MM_H)
    low, high = np.exp(-slope * np.array([SMALLEST_MM, LARGEST_MM]))
    diameter = -np.log(rng.uniform(high, low, count)) / slope
    place, chance, phase = rng.uniform(0, BOX_M, (3, count)), rng.uniform(size=count), rng.uniform(0, 2 * np.pi, count)
    return Drops(place.T.copy(), diameter, _sinking(diameter), slope - np.log(np.maximum(chance, 1e-300)) / diameter, phase)
