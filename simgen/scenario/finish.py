"""Finish: how a surface takes light, beside its colour."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Finish:
    """Parameters of a principled surface (Burley, 2012). Maps share the surface's texture coordinates and repeat beyond 0 to 1."""

    roughness: float = 0.5
    """Perceptual roughness, 0 mirror to 1 matt; multiplies the map."""
    metallic: float = 0.0
    """0 dielectric, 1 metal."""
    clearcoat: float = 0.0
    """Weight of a glossy coat."""
    sheen: float = 0.0
    """Weight of a fabric's sheen."""
    transmission: float = 0.0
    """Share of light that goes through: glass is near 1."""
    roughness_map: np.ndarray | None = None
    """Roughness over 255, uint8, (h, w); None is even."""
    height_map: np.ndarray | None = None
    """Relief over 255, uint8, (h, w); None is flat."""
    height_m: float = 0.0
    """Metres from the lowest to the highest point of the relief."""


PLAIN = Finish()
"""Of a surface of which nothing is said."""
