"""Canvas, on which a family of materials draws, and Sheet, what comes of it."""

from dataclasses import dataclass

import numpy as np

from simgen.geometry import locked
from simgen.scenario.finish import Finish
from simgen.scenario.material.grid import Grid

FLATTEST = 2.6e-4
"""Metres of relief that no camera of a robot sees."""
FEW = 0.25
"""Share of texels below which only those that change are gone over."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A square of material that repeats."""

    texture: np.ndarray
    """sRGB, uint8, (N, N, 3)."""
    finish: Finish
    """With maps of the texture's size."""
    span: float
    """Metres from edge to edge."""


class Canvas:
    """Colour, roughness and relief of a material while it is drawn."""

    def __init__(self, grid: Grid, colour=(1.0, 1.0, 1.0), roughness: float = 0.5):
        """Even colour, sRGB 0 to 1, and even roughness."""
        size = grid.pixels, grid.pixels
        self.grid = grid
        self.colour = np.empty((*size, 3), np.float32)
        self.colour[:] = np.asarray(colour, np.float32)
        self.roughness = np.full(size, roughness, np.float32)
        self.relief = np.zeros(size, np.float32)
        """Metres."""

    def shade(self, factor: np.ndarray) -> None:
        """Multiply the colour, by a number a texel, (N, N)."""
        for channel in range(3):  # three times as fast as all at once: numpy's innermost loop would have three steps
            self.colour[..., channel] *= factor

    def cover(self, share: np.ndarray, colour=None, roughness: float | None = None, relief: float | None = None) -> None:
        """Lay something over a share, 0 to 1, (N, N), of every texel; what is None stays.

        Args:
            share: float32, (N, N).
            colour: sRGB 0 to 1, (3,) or (N, N, 3), or a function that makes it of what lies there.
            roughness: 0 to 1.
            relief: metres by which the covered is higher.
        """
        there = np.flatnonzero(share > 1e-3)
        if len(there) > FEW * share.size:
            there = slice(None)
        part = np.ascontiguousarray(share, np.float32).reshape(-1)[there]
        if colour is not None:
            self._paint(there, part, colour)
        if roughness is not None:
            flat = self.roughness.reshape(-1)
            flat[there] += (np.float32(roughness) - flat[there]) * part
        if relief is not None:
            self.relief.reshape(-1)[there] += np.float32(relief) * part

    def _paint(self, there: np.ndarray | slice, part: np.ndarray, colour) -> None:
        over = colour if callable(colour) else np.asarray(colour, np.float32).reshape(-1, 3)
        for channel in range(3):
            flat = self.colour.reshape(-1, 3)[:, channel]
            below = flat[there]
            if callable(over):
                above = over(below)
            else:
                above = over[0, channel] if len(over) == 1 else over[there, channel]
            flat[there] = below + (above - below) * part

    def sheet(self, **finish) -> Sheet:
        """What was drawn; `finish` are fields of Finish."""
        low, high = float(self.relief.min()), float(self.relief.max())
        flat = high - low < FLATTEST
        return Sheet(
            _bytes(self.colour),
            Finish(
                roughness=1.0,
                roughness_map=_bytes(np.clip(self.roughness, 0.02, 1.0)),
                height_map=None if flat else _bytes((self.relief - low) / (high - low)),
                height_m=0.0 if flat else high - low,
                **finish,
            ),
            self.grid.span,
        )


def mix(first, second, share: np.ndarray) -> np.ndarray:
    """Between two colours, (3,), by a share of the second, (N, N): float32, (N, N, 3)."""
    share, mixed = np.clip(share, 0, 1), np.empty((*share.shape, 3), np.float32)
    for channel, (one, other) in enumerate(zip(np.asarray(first, np.float32), np.asarray(second, np.float32), strict=True)):
        np.multiply(share, other - one, out=mixed[..., channel])
        mixed[..., channel] += one
    return mixed


def _bytes(values: np.ndarray) -> np.ndarray:
    return locked((np.clip(values, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8))
