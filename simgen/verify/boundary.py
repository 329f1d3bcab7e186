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
FEWEST = 6
"""Contour points without which there is none."""
_COLOUR = np.array([0.6, 1.5, 1.5], np.float32)[:, None]
"""Weights of lightness and colour differences: light changes the first far more than the others."""


@dataclass(frozen=True, eq=False)
class Boundaries:
    """The outlines of one frame, looked at in the photograph and in the prediction. N contour points, K things."""

    shading: Shading

    @property
    def contours(self) -> Contours:
        """The points looked at."""
        return self.shading.expectation.contours

    @cached_property
    def expected(self) -> np.ndarray:
        """Colour step across the outline that the prediction has, weighted `opponent`, float32, (3, N)."""
        return _COLOUR * self._steps(self.shading.predicted)[0]

    @cached_property
    def weight(self) -> np.ndarray:
        """How much each point has to say: the size of its expected step, up to 1, float32, (N,)."""
        size = np.linalg.norm(self.expected, axis=0)
        return np.minimum(size, 1) * (size > 0.3 * VISIBLE)

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

    def recall(self, near: np.ndarray | None = None) -> float:
        """Share of the visible outline that has its edge, of all or of the points within `near`, bool, (H, W); NaN where there is none."""
        counts = self.weight * self._visible
        if near is not None:
            u, v = self._pixels(self.contours.at)
            counts = counts * near[v, u]
        return float((counts * self.found).sum() / counts.sum()) if (counts > 0).sum() >= FEWEST else float("nan")

    def _steps(self, planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outer minus inner colour across the outline, (3, N), and whether both lie in the picture, (N,)."""
        at, normal = self.contours.at, self.contours.normal
        height, width = planes.shape[1:]
        flat, total, within = planes.reshape(len(planes), -1), 0, True
        for reach in REACH:
            for side in (1, -1):
                u, v = np.rint((at + side * reach * normal).T).astype(np.int32)
                within = within & (u >= 0) & (v >= 0) & (u < width) & (v < height)
                total = total + side * flat[:, np.clip(v, 0, height - 1) * width + np.clip(u, 0, width - 1)]
        return total / len(REACH), within

    def _pixels(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width = self.shading.expectation.where.shape
        u, v = np.rint(np.moveaxis(points, -1, 0)).astype(np.int32)
        return np.clip(u, 0, width - 1), np.clip(v, 0, height - 1)
