"""Grid: the square of texels that a material is drawn on, its size in metres, and noise that closes at its edges."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

from simgen.geometry import locked


@dataclass(frozen=True, eq=False)
class Grid:
    """Texels of one material and where chance comes from. Columns run along u, rows down along -v."""

    pixels: int
    span: float
    """Metres from edge to edge."""
    rng: np.random.Generator

    @property
    def texel(self) -> float:
        """Metres."""
        return self.span / self.pixels

    @property
    def metres(self) -> np.ndarray:
        """Where the middles of texels are along one side, float32, (N,)."""
        return ((np.arange(self.pixels) + 0.5) * self.texel).astype(np.float32)

    def noise(self, across: float, along: float | None = None) -> np.ndarray:
        """Smooth noise of mean 0 and deviation 1 whose blots measure so many metres, float32, (N, N); it closes at the edges.

        Args:
            across: size of a blot down the rows, metres; on both axes where `along` is None.
            along: size of a blot along the rows, metres.
        """
        field = _field(self.pixels, self._octave(across), self._octave(across if along is None else along))
        down, right = self.rng.integers(0, self.pixels, 2).tolist()
        flip = (slice(None, None, 1 - 2 * int(self.rng.integers(2))), slice(None, None, 1 - 2 * int(self.rng.integers(2))))
        return np.roll(field[flip], (down, right), axis=(0, 1)) * np.float32(1 - 2 * int(self.rng.integers(2)))

    def clouds(self, largest: float, octaves: int = 4) -> np.ndarray:
        """Noise of many sizes, each half of and half as strong as the last (fractional Brownian motion), deviation about 1."""
        layers = [0.5**octave * self.noise(largest * 0.5**octave) for octave in range(octaves)]
        return np.sum(layers, axis=0, dtype=np.float32) / np.float32(np.sqrt(sum(0.25**octave for octave in range(octaves))))

    def spots(self, size: float, share: float) -> np.ndarray:
        """1 inside blots of about `size` metres that cover a share of the area, soft at their rims, float32, (N, N)."""
        noise = self.noise(size)
        level = np.float32(np.quantile(noise[::7, ::5], 1 - share))
        return np.clip((noise - level) * 3, 0, 1)

    def _octave(self, metres: float) -> int:
        """Twice the logarithm of a length in texels: few different ones, so that few fields are made."""
        return int(np.clip(round(2 * np.log2(max(metres / self.texel, 1.0))), 0, 2 * np.log2(self.pixels) - 2))


@lru_cache(maxsize=96)
def _field(pixels: int, down: int, right: int) -> np.ndarray:
    """White noise through a Gaussian filter as wide as 2 ** (octave / 2) texels, normalised, float32, (N, N)."""
    white = np.random.default_rng([pixels, down, right]).standard_normal((pixels, pixels), dtype=np.float32)
    frequency = np.fft.fftfreq(pixels).astype(np.float32)[:, None], np.fft.rfftfreq(pixels).astype(np.float32)[None]
    width = [np.float32(2 ** (octave / 2) if octave else 0.0) for octave in (down, right)]
    smooth = np.exp(-2.0 * sum((size * axis) ** 2 for size, axis in zip(width, frequency, strict=True)))
    field = fft.irfft2(fft.rfft2(white) * smooth, s=white.shape)
    field -= field.mean()
    return locked(field / field.std())
