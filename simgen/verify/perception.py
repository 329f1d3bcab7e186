"""Perception: does the critic see, in the photograph alone, the outlines that it ought to see, and no others?

What it overlooks in the reference, because fog, dark or paint hide it, it may overlook in the photograph too.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module

import numpy as np
from scipy.ndimage import maximum_filter, uniform_filter

from simgen.verify.expectation import Expectation
from simgen.verify.shading import Shading

NEAR = 2
"""Pixels by which an outline may be off."""
SLIGHT = 0.2
"""Loss of probability that says nothing."""
DOUBT = 4.0
"""Contour points that must be expected for half of their loss to be believed."""
FEWEST = 6
"""Contour points without which there is no outline."""
WINDOW = 24
"""Pixels across the windows in which outlines of nothing are looked for, in a picture 256 pixels high."""


@dataclass(frozen=True, eq=False)
class Perception:
    """What the critic sees of one frame. K things."""

    shading: Shading

    @property
    def _expectation(self) -> Expectation:
        return self.shading.expectation

    @cached_property
    def unseen(self) -> np.ndarray:
        """Share of each thing's outline that is seen in the reference and not in the photograph, float32, (K,); of all of it where
        there is no reference; NaN where there is too little."""
        thing, count = self._expectation.contours.thing, len(self._expectation.things)
        expected, found = self._along(self._expected), self._along(self._seen)
        lost = np.bincount(thing, np.maximum(expected - found - SLIGHT, 0), count)
        whole = np.bincount(thing, expected, count)
        enough = np.bincount(thing, minlength=count) >= FEWEST
        return np.where(enough, lost / (whole + DOUBT), np.nan).astype(np.float32)

    @cached_property
    def unforeseen(self) -> float:
        """Probability of outlines that neither the truth nor the reference has, in the worst window; NaN where there is no reference,
        for paint has outlines too."""
        if self.shading.reference is None:
            return float("nan")
        outline = self._expectation.outline.astype(np.float32)
        strange = np.maximum(self._seen - maximum_filter(np.maximum(outline, self._expected), 2 * NEAR + 1), 0)
        return float(uniform_filter(strange, max(3, round(WINDOW * len(outline) / 256)), mode="constant").max())

    @cached_property
    def _seen(self) -> np.ndarray:
        return _boundary(self.shading.photograph.pixels)

    @cached_property
    def _expected(self) -> np.ndarray:
        reference = self.shading.reference
        return np.ones(self._expectation.where.shape, np.float32) if reference is None else _boundary(reference)

    def _along(self, plane: np.ndarray) -> np.ndarray:
        """The greatest value of a plane within `NEAR` pixels of each contour point, across the outline, (N,)."""
        contours, (height, width) = self._expectation.contours, plane.shape
        offsets = np.arange(-NEAR, NEAR + 1, dtype=np.float32)[:, None, None]
        u, v = np.rint(np.moveaxis(contours.at + offsets * contours.normal, -1, 0)).astype(np.int32)
        within = (u >= 0) & (v >= 0) & (u < width) & (v < height)
        return (plane[np.clip(v, 0, height - 1), np.clip(u, 0, width - 1)] * within).max(axis=0, initial=0)


def _boundary(picture: np.ndarray) -> np.ndarray:
    """Probability of outlines, float32, (H, W); the critic, and torch with it, is loaded when the first picture comes."""
    return import_module("simgen.verify.critic").read(picture).boundary
