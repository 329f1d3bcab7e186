"""Fog: what is far is lost in the glow of the air, and lamps and the sun have a halo."""

import numpy as np

from simgen.observation import Observation
from simgen.randomness import stream
from simgen.scenario.illumination import Emitter, Illumination
from simgen.scenario.weather import Weather
from simgen.world.atmosphere.ray import directions, henyey_greenstein, stretch

CLEAR_PER_M = Weather().extinction_per_m
"""Extinction of clear air, which counts as none: the sky already shows it."""
TOP_M = 60.0
"""Height of the layer above the world's origin."""
FARTHEST_M = 1000.0
"""Length of a ray that leaves the layer nowhere."""
FORWARDNESS = 0.7
"""Asymmetry of fog droplets for visible light, smoothed by repeated scattering."""
BANKS = 4
"""Waves that the density is made of."""
BANK_M = (0.6, 3.0)
"""Shortest and longest wave."""
PATCHINESS = 0.5
"""By how much, at most, the density differs from its mean."""
STEPS = 12
"""Points along a ray at which a lamp's light is asked for."""


def fogged(radiance: np.ndarray, observation: Observation, weather: Weather, illumination: Illumination, *, seed: int) -> np.ndarray:
    """Radiance behind fog (Koschmieder, 1924): light is lost along the ray, and what the air itself shines comes in.

    Args:
        radiance: cd/m2, float32, (H, W, 3).
        observation: exact buffers.
        weather: its wind carries the banks of fog along.
        illumination: extinction, airlight, sun and lamps.
        seed: of the banks.

    Returns:
        float32, (H, W, 3); the very same array in clear air.
    """
    extinction = illumination.extinction_per_m - CLEAR_PER_M
    if extinction <= 0:
        return radiance
    view, toward = observation.view, directions(observation.view)
    length = _length(observation, toward)
    drift = observation.time_ns * 1e-9 * weather.wind_m_s * _heading(weather)
    through = np.exp(-extinction * _density_along(view.world_T_camera.position - drift, toward, length, seed))[..., None]
    glow = illumination.airlight + _sun_halo(toward, illumination)
    lost = radiance * through + glow * (1 - through)
    for emitter in illumination.emitters:
        lost += extinction * _lamp_halo(emitter, view.world_T_camera.position, toward, length, extinction)
    return lost.astype(np.float32)


def _length(observation: Observation, toward: np.ndarray) -> np.ndarray:
    """Metres of fog along every ray, (H, W)."""
    room = TOP_M - observation.view.world_T_camera.position[2]
    out = np.where(toward[..., 2] > room / FARTHEST_M, room / np.maximum(toward[..., 2], 1e-6), FARTHEST_M)
    return np.minimum(np.minimum(observation.depth, FARTHEST_M) * stretch(observation.view), out).astype(np.float32)


def _density_along(origin: np.ndarray, toward: np.ndarray, length: np.ndarray, seed: int) -> np.ndarray:
    """Integral of the relative density, whose mean is 1, along every ray, (H, W): a sum of waves, integrated exactly."""
    rng = stream(seed, 0, "fog banks")
    total = length.astype(np.float32)
    for _ in range(BANKS):
        wave = rng.normal(size=3) * (1.0, 1.0, 0.5)
        wave *= 2 * np.pi / (np.linalg.norm(wave) * np.exp(rng.uniform(*np.log(BANK_M))))
        here, half = np.float32((wave @ origin + rng.uniform(0, 2 * np.pi)) % (2 * np.pi)), 0.5 * (toward @ wave.astype(np.float32))
        half = np.where(np.abs(half) < 1e-4, np.float32(1e-4), half)
        total += np.float32(PATCHINESS / BANKS) * np.sin(half * length) * np.sin(here + half * length) / half
    return total


def _sun_halo(toward: np.ndarray, illumination: Illumination) -> np.ndarray:
    """What the sun adds to the airlight around itself, cd/m2, (H, W, 3)."""
    if not illumination.sun_illuminance.any():
        return np.zeros(3)
    turned = henyey_greenstein(toward @ illumination.sun_direction, FORWARDNESS)
    return np.maximum(turned - 1 / (4 * np.pi), 0)[..., None] * illumination.sun_illuminance


def _lamp_halo(emitter: Emitter, origin: np.ndarray, toward: np.ndarray, length: np.ndarray, extinction: float) -> np.ndarray:
    """Light of a lamp scattered once along every ray, per unit of extinction, (H, W, 3); at points of equal angle as seen from
    the lamp (Kulla and Fajardo, 2012)."""
    lamp = emitter.position - origin
    nearest = toward @ lamp.astype(np.float32)
    away = np.sqrt(np.maximum(lamp @ lamp - nearest**2, emitter.radius**2))
    first, last = np.arctan(-nearest / away), np.arctan((length - nearest) / away)
    gathered = np.zeros_like(toward)
    for step in range(STEPS):
        offset = away * np.tan(first + (step + 0.5) / STEPS * (last - first))
        distance = np.hypot(offset, away)
        cosine = ((nearest + offset) * (toward @ emitter.direction) - lamp @ emitter.direction) / distance
        turned = henyey_greenstein(-offset / distance, FORWARDNESS)
        gathered += emitter.intensity(cosine) * (turned * np.exp(-extinction * (np.maximum(nearest + offset, 0) + distance)))[..., None]
    return gathered * ((last - first) / (STEPS * away))[..., None]


def _heading(weather: Weather) -> np.ndarray:
    """Unit vector along the wind, (3,)."""
    angle = np.radians(weather.wind_azimuth_deg)
    return np.array([np.cos(angle), np.sin(angle), 0.0])
