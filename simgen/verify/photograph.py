"""Photograph: the pixels of one frame, made ready to be compared with the truth."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgen.geometry import locked

DARK = 0.02
"""Added before the logarithm, share of white: darker than this a camera shows more noise than colour."""
FADED = 235
"""Codes from here on lie on the shoulder of a camera's response, where colours fade to white."""
OPPONENT = np.array([[0.30, 0.59, 0.11], [0.5, -0.5, 0.0], [-0.25, -0.25, 0.5]], np.float32)
"""Rows take the logarithms of red, green and blue to lightness, red against green, and blue against yellow."""
_CODES = np.arange(256) / 255
LINEAR = locked(np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32))
"""Linear light of an sRGB code (IEC 61966-2-1)."""


def opponent(linear: np.ndarray) -> np.ndarray:
    """Lightness and two colour differences of linear light, (3, ...), from (..., 3): light that changes by a factor adds a constant."""
    return np.tensordot(OPPONENT, np.log(linear + DARK), axes=(1, -1))


@dataclass(frozen=True, eq=False)
class Photograph:
    """One frame, in the units in which it is judged."""

    pixels: np.ndarray
    """sRGB, uint8, (H, W, 3)."""
    nonfinite: float = 0.0
    """Share of pixels that were no number before they were made uint8."""

    @classmethod
    def of(cls, frame: np.ndarray) -> "Photograph":
        """Of uint8, or of floats from 0 to 1, in which what is no number becomes black."""
        if frame.dtype == np.uint8:
            return cls(frame)
        whole = np.isfinite(frame).all(axis=-1)
        pixels = np.rint(255 * np.clip(np.where(whole[..., None], frame, 0), 0, 1)).astype(np.uint8)
        return cls(pixels, float(1 - whole.mean()))

    @cached_property
    def linear(self) -> np.ndarray:
        """Linear light, float32, (H, W, 3)."""
        return LINEAR[self.pixels]

    @cached_property
    def log(self) -> np.ndarray:
        """`opponent` of the frame, float32, (3, H, W)."""
        return np.tensordot(OPPONENT, _LOGARITHM[self.pixels], axes=(1, -1))

    @cached_property
    def brightest(self) -> np.ndarray:
        """The brightest channel, uint8, (H, W)."""
        return np.maximum(np.maximum(self.pixels[..., 0], self.pixels[..., 1]), self.pixels[..., 2])

    @cached_property
    def clipped(self) -> np.ndarray:
        """Where a channel is too bright to tell anything, bool, (H, W)."""
        return self.brightest >= 250

    @cached_property
    def coloured(self) -> np.ndarray:
        """Where a pixel is neither so dark nor so bright that its colour fades, bool, (H, W)."""
        return (self.brightest > 12) & (self.brightest < FADED)

    @cached_property
    def gradient(self) -> np.ndarray:
        """Slopes of `log` along u and v, float32, (2, 3, H, W), a pixel."""
        return gradient(self.log)


_LOGARITHM = locked(np.log(LINEAR + DARK))


def gradient(planes: np.ndarray) -> np.ndarray:
    """Slopes of (C, H, W) along u and v, float32, (2, C, H, W), a pixel; over 5 pixels, so as not to depend on how a renderer filters."""
    padded = np.pad(planes, ((0, 0), (2, 2), (2, 2)), mode="edge")
    across = (padded[..., 3:-1] + padded[..., 4:] - padded[..., :-4] - padded[..., 1:-3]) / 6
    down = (padded[:, 3:-1] + padded[:, 4:] - padded[:, :-4] - padded[:, 1:-3]) / 6
    along_v = across[:, 1:-3] + 2 * across[:, 2:-2] + across[:, 3:-1]
    along_u = down[..., 1:-3] + 2 * down[..., 2:-2] + down[..., 3:-1]
    return np.stack([along_v, along_u]) / 4


def blocks(planes: np.ndarray, size: int) -> np.ndarray:
    """Means over squares of `size` pixels, (C, H // size, W // size)."""
    rows, columns = planes.shape[1] // size * size, planes.shape[2] // size * size
    total = sum(planes[:, row:rows:size, column:columns:size] for row in range(size) for column in range(size))
    return total / np.float32(size * size)
