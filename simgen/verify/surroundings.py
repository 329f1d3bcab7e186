"""Surroundings: does every thing differ from what is just around it in the way that it ought to?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import binary_dilation, find_objects

from simgen.scenario.scene import ROBOT_ID
from simgen.verify.expectation import Expectation
from simgen.verify.shading import Shading

RING = 8
"""Pixels around a thing that are its surroundings."""
FEWEST = 12
"""Pixels of a thing, and of its surroundings, without which nothing is compared."""
_WEIGHT = np.array([0.6, 1.5, 1.5], np.float32)[:, None]
"""Of lightness and colour differences: light changes the first far more than the others."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The things of one frame, each with a ring around it. K things."""

    shading: Shading

    @cached_property
    def off(self) -> np.ndarray:
        """Mean difference from the prediction over each thing and its surroundings, beyond its median there, `opponent`, float32, (K,)."""
        found = np.full(len(self.shading.expectation.things), np.nan, np.float32)
        residual = self.shading.photograph.log - self.shading.predicted
        for number, box, own, ring in self._boxes():
            region = own | ring
            if region.sum() >= 2 * FEWEST:
                off = _WEIGHT * _centred(residual[:, *box][:, region])
                found[number] = np.minimum(np.abs(off), 0.6).mean()
        return found

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Of every thing what counts as usual for it: the arm, the gripper, or whether it is of metal, (K,)."""
        return tuple(_kind(*facts) for facts in zip(self.shading.expectation.things, self.metal, strict=True))

    @cached_property
    def metal(self) -> np.ndarray:
        """Share of each thing that is metal, (K,); 0 where nobody knows."""
        expectation = self.shading.expectation
        metallic = expectation.observation.metallic
        return np.zeros(len(expectation.things)) if metallic is None else _means(metallic / 255, expectation)

    def _boxes(self) -> Iterator[tuple[int, tuple[slice, slice], np.ndarray, np.ndarray]]:
        """Number of each thing but the background, a box around it, and there its pixels and those of its surroundings, bool, (h, w)."""
        expectation = self.shading.expectation
        for number, tight in enumerate(find_objects(expectation.where + 1)):
            if tight is not None and expectation.things[number] > 1:
                box = tuple(slice(max(part.start - RING, 0), part.stop + RING) for part in tight)
                own = expectation.where[box] == number
                yield number, box, own, binary_dilation(own, iterations=RING) & ~own


def _kind(thing: int, metal: float) -> str:
    if thing // 2 == ROBOT_ID:
        return "gripper" if thing & 1 else "arm"
    return "metal" if metal > 0.5 else "thing"


def _means(plane: np.ndarray, expectation: Expectation) -> np.ndarray:
    return np.bincount(expectation.where.ravel(), plane.ravel(), minlength=len(expectation.things)) / expectation.area


def _centred(values: np.ndarray) -> np.ndarray:
    return values - np.median(values, axis=1, keepdims=True)


KINDS = ("arm", "gripper", "metal", "thing")
"""All of them."""
