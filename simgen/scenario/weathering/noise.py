"""Smooth noise that stands in the world, and levels that cover a wanted share of a surface."""

import numpy as np
from scipy.ndimage import map_coordinates

LATTICE = 32
"""Cells each way after which the noise repeats."""


def fractal(points: np.ndarray, wavelength_m: float, rng: np.random.Generator, *, octaves: int = 4, persistence: float = 0.5) -> np.ndarray:
    """Noise of mean 0 and a standard deviation near 1 at points, (N, 3), metres: every octave is half as wide as the last, and
    `persistence` times as strong.

    Value noise (Perlin, 1985, in its simplest form): random numbers at the corners of cells, blended smoothly between.
    """
    total, power = np.zeros(len(points)), 0.0
    for octave in range(octaves):
        table, shift = rng.normal(size=(LATTICE,) * 3), rng.uniform(0, LATTICE, 3)
        place = points * (2**octave / wavelength_m) + shift
        whole = np.floor(place)
        share = place - whole
        blended = whole + share**2 * (3 - 2 * share)
        total += persistence**octave * map_coordinates(table, blended.T, order=1, mode="grid-wrap")
        power += persistence ** (2 * octave) * 0.35  # blending eight corners leaves about a third of their variance
    return total / np.sqrt(power)


def threshold(noise: np.ndarray, weight: np.ndarray, share: float) -> float:
    """The level above which a share of the weight lies, both (N,)."""
    order = np.argsort(noise, kind="stable")
    below = np.cumsum(weight[order])
    if share >= 1 or below[-1] <= 0:
        return float(noise.min(initial=0)) - 1.0
    return float(np.interp((1 - share) * below[-1], below - 0.5 * weight[order], noise[order]))
