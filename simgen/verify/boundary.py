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
ENOUGH = 16
"""Contour points that make a judgement of a thing; with fewer it counts for less."""
FEWEST = 6
"""Contour points without which there is none."""
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
        """Cosine between the expected and the seen steps of each thing, (K,); NaN where too few are expected."""
        seen, within = (part[..., 0, :] for part in self._seen)
        keep = (within & (self.weight > 0)).astype(np.float32)
        size, wanted = np.linalg.norm(seen, axis=0), np.linalg.norm(self.expected, axis=0)
        # A step larger than expected is no more of a match: a highlight or a shadow at the outline must not outvote the rest.
        seen = seen / np.maximum(size / np.maximum(2 * wanted, 1e-6), 1)
        parts = ((seen * self.expected).sum(axis=0), (seen**2).sum(axis=0), wanted**2, np.ones_like(wanted))
        total, seen2, wanted2, count = self._sum(np.stack(parts) * keep).T
        return np.where(count >= FEWEST, total / np.sqrt(np.maximum(seen2 * wanted2, 1e-9)) * np.minimum(1, count / ENOUGH), np.nan)

    @cached_property
    def presence(self) -> np.ndarray:
        """Share of the expected contrast of each thing at its place and at each of `ELSEWHERE`, (K, 1 + D); NaN where none is expected.

        Colour must step as expected; lightness may step either way, as shadows and metal turn it round.
        """
        seen, within = self._seen
        keep = within & (self.weight > 0)
        light = np.abs(self.expected[0]) * np.minimum(np.abs(seen[0]), np.abs(self.expected[0]))
        wanted = (self.expected[1:] ** 2).sum(axis=0)
        colour = np.clip((seen[1:] * self.expected[1:, None]).sum(axis=0), -wanted, wanted)
        total, count = self._sum((light + colour) * keep), self._sum(keep)
        most = self._sum((self.expected**2).sum(axis=0) * keep)
        return np.where((count >= FEWEST) & (most > (0.5 * VISIBLE) ** 2 * count), total / np.maximum(most, 1e-9), np.nan)

    @cached_property
    def found(self) -> np.ndarray:
        """Whether an edge of the photograph lies within the tolerance of each point, bool, (N,)."""
        photograph, contours = self.shading.photograph, self.contours
        offsets = np.arange(-TOLERANCE, TOLERANCE + 1, dtype=np.float32)
        points = contours.at[None] + offsets[:, None, None] * contours.normal[None]
        u, v = self._pixels(points)
        slopes = photograph.gradient[:, :, v, u]
        across = slopes[0] * contours.normal[:, 0] + slopes[1] * contours.normal[:, 1]
        return np.linalg.norm(_COLOUR[:, None] * across, axis=0).max(axis=0) > 0.25 * VISIBLE

    @cached_property
    def _visible(self) -> np.ndarray:
        """Points at which nobody should overlook the step, in spite of the noise, bool, (N,)."""
        return np.linalg.norm(self.expected, axis=0) > max(VISIBLE, 6 * self.shading.noise)

    @cached_property
    def threshold(self) -> float:
        """Slope that makes an edge of its own, `opponent` a pixel: well above the noise."""
        return max(0.25 * VISIBLE, 2.5 * self.shading.noise)

    def recall(self, near: np.ndarray | None = None) -> float:
        """Share of the visible outline that has its edge, of all or of the points within `near`, bool, (H, W); NaN where there is none."""
        counts = self.weight * self._visible
        if near is not None:
            u, v = self._pixels(self.contours.at)
            counts = counts * near[v, u]
        return float((counts * self.found).sum() / counts.sum()) if (counts > 0).sum() >= FEWEST else float("nan")

    @cached_property
    def missing(self) -> np.ndarray:
        """Share of each thing's visible outline that has no edge, float32, (K,)."""
        counts = (self.weight * self._visible)[None]
        total, number = self._sum(counts)[:, 0], self._sum((counts > 0).astype(np.float32))[:, 0]
        return np.where(number >= FEWEST, 1 - self._sum(counts * self.found)[:, 0] / np.maximum(total, 1e-6), np.nan)

    @cached_property
    def displaced(self) -> np.ndarray:
        """How much more of each thing's contrast there is somewhere else than where it is, (K,): less than 0 where all is well."""
        count = self._sum((self.weight > 0)[None])[:, 0]
        best = np.where(np.isfinite(self.presence[:, 1:]), self.presence[:, 1:], -1).max(axis=1)
        return (best - self.presence[:, 0]) * np.minimum(1, count / ENOUGH)

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
