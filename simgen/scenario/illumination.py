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

    def intensity(self, cosine: np.ndarray) -> np.ndarray:
        """Candela in linear sRGB, (..., 3), towards directions whose angle to `direction` has that cosine, (...).

        A matt disc's, radiance x area x cosine, faded out towards the rim of the cone; nothing goes backwards.
        """
        half = np.arccos(self.cos_cone)
        full = cone_core(half)
        fade = np.clip((half - np.arccos(np.clip(cosine, -1, 1))) / max(half - full, 1e-9), 0, 1)
        return (np.maximum(cosine, 0) * fade)[..., None] * self.candela

    @property
    def row(self) -> list[float]:
        """Eleven numbers for loops over pixels: position, direction, squared radius, cosines of half the opening angle and of the
        angle up to which it shines fully, half the opening angle, and the angle over which it fades."""
        half = np.arccos(self.cos_cone)
        full = cone_core(half)
        return [*self.position, *self.direction, self.radius**2, self.cos_cone, np.cos(full), half, max(half - full, 1e-9)]

    @property
    def candela(self) -> np.ndarray:
        """Along its axis, linear sRGB, (3,)."""
        return self.radiance * np.pi * self.radius**2


def cone_core(half: float) -> float:
    """The angle to a lamp's axis up to which it shines fully, radians, of half its opening angle: three quarters of it for a
    spot, all of it for a matt disc; from there light fades in proportion to the angle."""
    return half * (0.75 + 0.25 * (half / (np.pi / 2)) ** 2)


def cone_flux(half: float) -> float:
    """Lumen that a lamp of 1 candela along its axis sends out: 2 pi x the integral of cosine x fade x sine."""
    full = cone_core(half)
    if half - full < 1e-6:
        return np.pi * np.sin(half) ** 2
    return 2 * np.pi * (0.25 - (np.sin(2 * half) - np.sin(2 * full)) / (8 * (half - full)))


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
