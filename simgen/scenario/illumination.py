"""Illumination: the light sources that weather and light come to, in photometric units."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Emitter:
    """A disc that shines."""

    position: np.ndarray
    """Middle, metres, world frame, float64, (3,)."""
    direction: np.ndarray
    """Unit vector along which it shines, float64, (3,)."""
    radius: float
    """Metres."""
    radiance: np.ndarray
    """Along its axis, cd/m2 in linear sRGB, float64, (3,)."""
    cos_cone: float
    """Cosine of half the opening angle; 0 shines like a matt disc."""


@dataclass(frozen=True, eq=False)
class Illumination:
    """Everything that lights a scene. Colours are linear sRGB in photometric units: white light of 1 lux is (1, 1, 1)."""

    sun_direction: np.ndarray
    """Unit vector towards the sun, world frame, float64, (3,)."""
    sun_illuminance: np.ndarray
    """Lux on a plane that faces the sun, float64, (3,); zeros at night or behind clouds."""
    sky: np.ndarray
    """Luminance of the sky and of the ground below the horizon, without the sun, cd/m2, float32, (64, 128, 3): row 0 is the zenith,
    the last row straight down; column c is the azimuth (c + 0.5) / 128 * 360 degrees from the world's x axis, counter-clockwise."""
    emitters: tuple[Emitter, ...]
    """Lamps."""
    extinction_per_m: float
    """Of fog and rain."""
    airlight: np.ndarray
    """What fog itself shines, cd/m2, float64, (3,)."""
