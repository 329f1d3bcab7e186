"""Rain: drops of all sizes that fall through the world past the camera."""

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
    place, diameter, chance, phase = _box(seed)
    there = np.flatnonzero(chance < _kept(diameter, weather.rain_mm_h))
    velocity = fall_velocity(diameter[there], weather)
    seen, start = arrived(place[:, there], velocity, observation.time_ns * 1e-9, view)
    diameter, phase = diameter[there[seen]], phase[there[seen]]
    exposure = conditions.sensor.shutter_s or EXPOSURE_S
    end = start + exposure * velocity[:, seen].T @ view.world_T_camera.rotation
    return Grains(start, end, diameter * 1e-3, np.ones(len(start)), exposure * _oscillation_hz(diameter), phase)


def fall_velocity(diameter_mm: np.ndarray, weather: Weather) -> np.ndarray:
    """World frame, m/s, (3, N): terminal speed after Atlas et al. (1973), and the wind's."""
    angle = np.radians(weather.wind_azimuth_deg)
    down = -np.maximum(9.65 - 10.3 * np.exp(-0.6 * diameter_mm), 0.5)
    across = np.array([np.cos(angle), np.sin(angle)]) * weather.wind_m_s
    return np.stack(np.broadcast_arrays(*across, down))


def slope_per_mm(rain_mm_h: float) -> float:
    """Marshall and Palmer's (1948) slope: N(D) = 8000 exp(-slope D) drops per cubic metre and millimetre."""
    return 4.1 * rain_mm_h**-0.21


def number_per_m3(rain_mm_h: float) -> float:
    """Drops drawn in a cubic metre of air."""
    slope = slope_per_mm(min(rain_mm_h, HEAVIEST_MM_H))
    return DENSITY_PER_M3_MM / slope * (np.exp(-slope * SMALLEST_MM) - np.exp(-slope * LARGEST_MM))


def _kept(diameter_mm: np.ndarray, rain_mm_h: float) -> np.ndarray:
    """Share of the heaviest rain's drops of each size that also fall at this rate."""
    return np.exp((slope_per_mm(HEAVIEST_MM_H) - slope_per_mm(min(rain_mm_h, HEAVIEST_MM_H))) * diameter_mm)


def _oscillation_hz(diameter_mm: np.ndarray) -> np.ndarray:
    """Of a drop's shape in its lowest mode (Rayleigh, 1879): water's surface tension is 0.073 N/m."""
    return np.sqrt(8 * 0.073 / (1000 * (0.5e-3 * diameter_mm) ** 3)) / (2 * np.pi)


@lru_cache(maxsize=4)
def _box(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Places, diameters in mm, chances and phases of the heaviest rain's drops in one cube."""
    rng = stream(seed, 0, "rain drops")
    count = int(number_per_m3(HEAVIEST_MM_H) * BOX_M**3)
    slope = slope_per_mm(HEAVIEST_MM_H)
    low, high = np.exp(-slope * np.array([SMALLEST_MM, LARGEST_MM]))
    diameter = -np.log(rng.uniform(high, low, count)) / slope
    return rng.uniform(0, BOX_M, (3, count)), diameter, rng.uniform(size=count), rng.uniform(0, 2 * np.pi, count)
