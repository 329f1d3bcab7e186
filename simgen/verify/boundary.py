"""Boundaries: is every outline where the truth has it, with the contrast it ought to have?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgen.verify.expectation import REACH, Contours
from simgen.verify.shading import Shading

TOLERANCE = 2
"""Pixels by which an edge may miss its outline."""
VISIBLE = 0.15
"""A step in `opponent` that nobody should overlook."""
ELSEWHERE = tuple((u, v) for reach in (4, 8, 12, 16) for u, v in ((reach, 0), (0, reach), (-reach, 0), (0, -reach)) ) + tuple(
    (u, v) for reach in (3, 6, 9, 12) for u, v in ((reach, reach), (-reach, reach), (-reach, -reach), (reach, -reach))
)
"""Displacements at which an outline is also looked for, pixels."""
ENOUGH = 12
"""Contour points that make a judgement of a thing; with fewer it counts for less."""
_COLOUR = np.array([0.6, 1.5, 1.5], np.float32)[:, None]
"""Weights of lightness and colour differences: light changes the first far more than the others."""


@dataclass(frozen=True, eq=False)
class Boundaries:
    """The outlines of one frame, looked at in the photograph and in the prediction. N contour points, K things, D displacements."""

    shading: Shading

    @property
    def contours(self) -> Contours:
        """The points looked at."""
        return self.shading.expectation.contours

    @cached_property
    def expected(self) -> np.ndarray:
        """Colour step across the outline that the prediction has, weighted `opponent`, float32, (3, N)."""
        return _COLOUR * self._steps(self.shading.predicted, np.zeros((1, 2), np.float32))[0][:, 0]

    @cached_property
    def _seen(self) -> tuple[np.ndarray, np.ndarray]:
        places = np.array([(0, 0), *ELSEWHERE], np.float32)
        steps, within = self._steps(self.shading.photograph.log, places)
        return _COLOUR[:, None] * steps, within

    @cached_property
    def weight(self) -> np.ndarray:
        """How much each point has to say: the size of its expected step, up to 1, float32, (N,)."""
        size = np.linalg.norm(self.expected, axis=0)
        return np.minimum(size, 1) * (size > 0.3 * VISIBLE)

    @cached_property
    def agreement(self) -> np.ndarray:
        """Cosine between expected and seen steps of each thing at no displacement and at each of `ELSEWHERE`, float32, (K, 1 + D); NaN unseen."""
        seen, within = self._seen
        keep = within * (self.weight > 0)
        dot = (seen * self.expected[:, None]).sum(axis=0) * keep
        # A step larger than expected is no more of a match: a highlight or a shadow at the outline must not outvote the rest.
        size = np.linalg.norm(seen, axis=0)
        wanted = np.linalg.norm(self.expected, axis=0)
        dot = dot / np.maximum(size / np.maximum(2 * wanted, 1e-6), 1)
        clipped = np.minimum(size, 2 * wanted)
        total, seen2, wanted2, count = (self._sum(part) for part in (dot, clipped**2 * keep, np.broadcast_to(wanted**2, keep.shape) * keep, keep))
        cosine = total / np.sqrt(np.maximum(seen2 * wanted2, 1e-9))
        return np.where(count >= 6, cosine * np.minimum(1, count / ENOUGH), np.nan)

    @cached_property
    def slope(self) -> np.ndarray:
        """Share of the expected contrast that each thing has at its true place, float32, (K,): 1 all, 0 none; NaN where none is expected."""
        seen, within = self._seen
        keep = within[0] * (self.weight > 0)
        wanted = np.linalg.norm(self.expected, axis=0)
        part = np.clip((seen[:, 0] * self.expected).sum(axis=0) / np.maximum(wanted, 1e-6), -2 * wanted, 2 * wanted) * keep
        total, count = self._sum((wanted * keep)[None])[:, 0], self._sum(keep[None].astype(np.float32))[:, 0]
        found = self._sum(part[None])[:, 0] / np.maximum(total, 1e-6)
        return np.where((count >= 6) & (total > 0.5 * VISIBLE * count), found, np.nan)

    @cached_property
    def found(self) -> np.ndarray:
        """Whether an edge of the photograph lies within the tolerance of each point, bool, (N,)."""
        photograph, contours = self.shading.photograph, self.contours
        offsets = np.arange(-TOLERANCE, TOLERANCE + 1, dtype=np.float32)
        points = contours.at[None] + offsets[:, None, None] * contours.normal[None]
        u, v = self._pixels(points)
        slopes = photograph.gradient[:, :, v, u]
        across = slopes[0] * contours.normal[:, 0] + slopes[1] * contours.normal[:, 1]
        return np.linalg.norm(_COLOUR[:, None] * across, axis=0).max(axis=0) > self.threshold

    @cached_property
    def _visible(self) -> np.ndarray:
        """Points at which nobody should overlook the step, in spite of the noise, bool, (N,)."""
        return np.linalg.norm(self.expected, axis=0) > max(VISIBLE, 6 * self.shading.noise)

    @cached_property
    def threshold(self) -> float:
        """Slope that makes an edge, `opponent` a pixel: well above the noise."""
        return max(0.25 * VISIBLE, 2.5 * self.shading.noise)

    def recall(self, near: np.ndarray | None = None) -> float:
        """Share of the visible outline that has its edge, of all or of the points within `near`, bool, (H, W); NaN where there is none."""
        counts = self.weight * self._visible
        if near is not None:
            u, v = self._pixels(self.contours.at)
            counts = counts * near[v, u]
        return float((counts * self.found).sum() / counts.sum()) if (counts > 0).sum() >= 6 else float("nan")

    @cached_property
    def missing(self) -> np.ndarray:
        """Share of each thing's visible outline that has no edge, float32, (K,)."""
        counts = (self.weight * self._visible)[None]
        total, number = self._sum(counts)[:, 0], self._sum((counts > 0).astype(np.float32))[:, 0]
        return np.where(number >= 6, 1 - self._sum(counts * self.found)[:, 0] / np.maximum(total, 1e-6), np.nan)

    @cached_property
    def displaced(self) -> np.ndarray:
        """How much better each thing's outline fits somewhere else than where it is, float32, (K,): at most 0 where all is well."""
        with np.errstate(invalid="ignore"):
            best = np.where(np.isfinite(self.agreement[:, 1:]), self.agreement[:, 1:], -1).max(axis=1)
        return best - self.agreement[:, 0]

    def _sum(self, values: np.ndarray) -> np.ndarray:
        """Of (P, N) over the points of each thing, (K, P)."""
        things = len(self.shading.expectation.things)
        return np.stack([np.bincount(self.contours.thing, row, minlength=things) for row in values], axis=1)

    def _steps(self, planes: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outer minus inner colour across the outline at each displacement, (3, P, N), and whether both lie in the picture, (P, N)."""
        at, normal = self.contours.at[None] + places[:, None], self.contours.normal[None]
        height, width = planes.shape[1:]
        flat, total, within = planes.reshape(len(planes), -1), 0, True
        for reach in REACH:
            for side in (1, -1):
                points = at + side * reach * normal
                u, v = np.rint(points[..., 0]).astype(np.int32), np.rint(points[..., 1]).astype(np.int32)
                within = within & (u >= 0) & (v >= 0) & (u < width) & (v < height)
                total = total + side * flat[:, np.clip(v, 0, height - 1) * width + np.clip(u, 0, width - 1)]
        return total / len(REACH), within

    def _pixels(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width = self.shading.expectation.where.shape
        u, v = np.rint(np.moveaxis(points, -1, 0)).astype(np.int32)
        return np.clip(u, 0, width - 1), np.clip(v, 0, height - 1)
