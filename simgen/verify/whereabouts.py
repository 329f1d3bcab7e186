"""Whereabouts: is each thing where the truth has it, or would the photograph rather show it elsewhere, or not at all?

The prediction is changed as the fault would change it, and what is left of its difference from the photograph tells how much of
it the fault explains: all is 1, and 0 where the thing fits best in its place. Every displacement is tried at once, by Fourier
transform; where a thing hardly differs from what is around it the share is held near 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft
from scipy.ndimage import binary_dilation, distance_transform_edt, find_objects

from simgen.scenario.scene import ROBOT_ID
from simgen.verify.shading import Shading
from simgen.verify.smooth import smooth

NEAR, FAR = 3.0, 18.0
"""Least and greatest displacement that is looked for, pixels in a picture 256 pixels high."""
LARGEST = 0.25
"""Share of the picture beyond which a thing is part of the room."""
SMALLEST = 90
"""Pixels in a picture of 256 by 256 below which nobody can say where a thing is."""
SMOOTH = 6.0
"""Standard deviation of what is taken for light, pixels: slower changes tell nothing of where things are."""
RIM = 2
"""Pixels around a thing that go with it: its contrast."""
LEAST_SPREAD = np.array([0.06, 0.025, 0.025], np.float32)[:, None, None]
"""Of what a good photograph has beyond the prediction, `opponent`: lightness, and both colours."""
MOST = 8.0
"""Spreads beyond which a difference says no more."""
DOUBT = 500.0
"""Squared spreads, summed over a thing, that a difference must have to be believed by half."""
WIDE = 112
"""Pixels across a box from which it is looked at in half its resolution."""


@dataclass(frozen=True, eq=False)
class Whereabouts:
    """The things of one frame. K things."""

    shading: Shading

    @cached_property
    def displaced(self) -> np.ndarray:
        """Share of the difference that the best displacement explains, float32, (K,); NaN of what is too small or too large."""
        return self._shares[0]

    @cached_property
    def gone(self) -> np.ndarray:
        """The same of taking it away."""
        return self._shares[1]

    @cached_property
    def _shares(self) -> np.ndarray:
        """(2, K)."""
        expectation, predicted = self.shading.expectation, self.shading.predicted
        seen, expected = _fast(self.shading.photograph.log), _fast(predicted)
        spread = self._spread(seen - expected)
        scale = expectation.where.shape[0] / 256
        found = np.full((2, len(expectation.things)), np.nan, np.float32)
        for number, box, own in self._boxes(scale):
            here = [seen[:, *box], expected[:, *box], _fast(_filled(predicted[:, *box], own))]
            step = 2 if max(own.shape) > WIDE else 1
            if step == 2:
                own, here = _halved(own[None].astype(np.float32))[0] > 0.5, [_halved(planes) for planes in here]
            pictures = ((planes / spread).clip(-MOST, MOST) for planes in here)
            found[:, number] = _shares(own, *pictures, near=NEAR * scale / step, far=FAR * scale / step, doubt=DOUBT / step**2)
        return found

    def _spread(self, off: np.ndarray) -> np.ndarray:
        """Of a difference, by its median, (3, 1, 1)."""
        hit = self.shading.expectation.hit
        usual = 1.48 * np.median(np.abs(off[:, hit]), axis=1)[:, None, None] if hit.any() else 0.0
        return np.maximum(usual, LEAST_SPREAD)

    def _boxes(self, scale: float) -> Iterator[tuple[int, tuple[slice, slice], np.ndarray]]:
        """Number of each thing that may be displaced, a box with room to displace it in, and its pixels and rim there, bool, (h, w)."""
        expectation = self.shading.expectation
        room = int(np.ceil(FAR * scale)) + RIM
        for number, tight in enumerate(find_objects(expectation.where + 1)):
            thing, area = expectation.things[number], expectation.area[number]
            if tight is None or thing <= 1 or thing == 2 * ROBOT_ID:
                continue
            if SMALLEST * scale**2 <= area <= LARGEST * expectation.where.size:
                box = tuple(slice(max(part.start - room, 0), part.stop + room) for part in tight)
                yield number, box, binary_dilation(expectation.where[box] == number, iterations=RIM)


def _fast(planes: np.ndarray) -> np.ndarray:
    """What changes fast over planes, (3, h, w)."""
    return planes - smooth(planes, SMOOTH)


def _filled(planes: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Planes, (3, h, w), with what the mask covers in the colours around it."""
    _, (row, column) = distance_transform_edt(own, return_indices=True)
    carried = planes[:, row, column]
    return np.where(own, smooth(carried, 3.0), planes)


def _halved(planes: np.ndarray) -> np.ndarray:
    rows, columns = planes.shape[1] // 2 * 2, planes.shape[2] // 2 * 2
    planes = planes[:, :rows, :columns]
    return 0.25 * (planes[:, ::2, ::2] + planes[:, 1::2, ::2] + planes[:, ::2, 1::2] + planes[:, 1::2, 1::2])


def _shares(
    own: np.ndarray, seen: np.ndarray, expected: np.ndarray, bare: np.ndarray, *, near: float, far: float, doubt: float
) -> tuple[float, float]:
    """Shares of the difference that the best displacement explains, and that taking the thing away explains.

    Args:
        own: its pixels, bool, (h, w).
        seen: the photograph, (3, h, w).
        expected: the prediction.
        bare: the prediction without it.
        near: least displacement, pixels.
        far: greatest.
        doubt: `DOUBT` of this resolution.
    """
    size = tuple(fft.next_fast_len(_round(own.any(axis=1 - axis), int(far)), real=True) for axis in (0, 1))

    def spectrum(planes):
        return fft.rfft2(planes, size)

    alone = spectrum(own.astype(np.float32)).conj()
    carried = spectrum(expected * own).conj()
    within = float(((expected * own) ** 2).sum())

    def cost(picture: np.ndarray) -> tuple[np.ndarray, float]:
        """Squared differences of a picture from the prediction with the thing at every displacement, and without it."""
        without = ((picture - bare) ** 2).sum(axis=0)
        covered = spectrum((picture**2).sum(axis=0) - without)
        moved = fft.irfft2(alone * covered - 2 * (carried * spectrum(picture)).sum(axis=0), size)
        return float(without.sum()) + within + moved, float(without.sum())

    left, left_away = cost(seen)
    whole = float(((seen - expected) ** 2).sum())
    down, right = (np.minimum(axis, count - axis) for axis, count in zip(np.ogrid[: size[0], : size[1]], size, strict=True))
    distance = np.hypot(down, right)
    asked = (distance >= near) & (distance <= far)
    return tuple(max(whole - least, 0.0) / (whole + doubt) for least in (float(left[asked].min()), left_away))


def _round(covered: np.ndarray, far: int) -> int:
    """Length around which what a mask covers of a line, (n,), can be moved this far without meeting what stands at the other end."""
    at = np.flatnonzero(covered)
    return len(covered) + max(far - int(at[0]), int(at[-1]) + far + 1 - len(covered), 0)
