"""Grid: the square of texels that a material is drawn on, its size in metres, and noise that closes at its edges."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

from simgen.geometry import locked

NOTHING = 1e-6
"""Share of an amplitude below which it is left out of a filtered noise."""


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
        rows, columns = (_wrapped(self.pixels, shift) for shift in self.rng.integers(0, self.pixels, 2).tolist())
        flip = (slice(None, None, 1 - 2 * int(self.rng.integers(2))), slice(None, None, 1 - 2 * int(self.rng.integers(2))))
        field, sign, moved = field[flip], np.float32(1 - 2 * int(self.rng.integers(2))), np.empty_like(field)
        for row_from, row_to in rows:
            for column_from, column_to in columns:
                np.multiply(field[row_from, column_from], sign, out=moved[row_to, column_to])
        return moved

    def clouds(self, largest: float, octaves: int = 4) -> np.ndarray:
        """Noise of many sizes, each half of and half as strong as the last (fractional Brownian motion), deviation about 1."""
        clouds = self.noise(largest)
        for octave in range(1, octaves):
            layer = self.noise(largest * 0.5**octave)
            layer *= np.float32(0.5**octave)
            clouds += layer
        clouds /= np.float32(np.sqrt(sum(0.25**octave for octave in range(octaves))))
        return clouds

    def spots(self, size: float, share: float) -> np.ndarray:
        """1 inside blots of about `size` metres that cover a share of the area, soft at their rims, float32, (N, N)."""
        spots = self.noise(size)
        spots -= np.float32(np.quantile(spots[::7, ::5], 1 - share))
        spots *= np.float32(3)
        return np.clip(spots, 0, 1, out=spots)

    def _octave(self, metres: float) -> int:
        """Twice the logarithm of a length in texels: few different ones, so that few fields are made."""
        return int(np.clip(round(2 * np.log2(max(metres / self.texel, 1.0))), 0, 2 * np.log2(self.pixels) - 2))


def _wrapped(pixels: int, shift: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Whence and whither the two pieces of an axis go that is moved on by `shift` and wraps."""
    return (slice(0, pixels - shift), slice(shift, pixels)), (slice(pixels - shift, pixels), slice(0, shift))


@lru_cache(maxsize=96)
def _field(pixels: int, down: int, right: int) -> np.ndarray:
    """White noise through a Gaussian filter as wide as 2 ** (octave / 2) texels, normalised, float32, (N, N).

    All fields of a size are filtered from one noise; whoever asks moves and mirrors his own.
    """
    rows, columns = (_gaussian(octave, axis(pixels)) for octave, axis in ((down, fft.fftfreq), (right, fft.rfftfreq)))
    kept = np.count_nonzero(columns > NOTHING)
    spectrum = _white(pixels)[:, :kept] * rows[:, None] * columns[:kept]
    spectrum[0, 0] = 0.0  # the mean
    field = fft.irfft(fft.ifft(spectrum, axis=0), n=pixels, axis=1)
    field /= field.std()
    return locked(field)


def _gaussian(octave: int, frequency: np.ndarray) -> np.ndarray:
    """What the filter leaves of frequencies a texel, float32."""
    width = 2 ** (octave / 2) if octave else 0.0
    return np.exp(-2.0 * (width * frequency) ** 2).astype(np.float32)


@lru_cache(maxsize=4)
def _white(pixels: int) -> np.ndarray:
    """Spectrum of white noise, complex64, (N, N / 2 + 1)."""
    return fft.rfft2(np.random.default_rng(pixels).standard_normal((pixels, pixels), dtype=np.float32))
