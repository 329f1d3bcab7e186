"""Surroundings: does every thing differ from what is just around it in the way that it ought to?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion, find_objects

from simgen.scenario.scene import ROBOT_ID
from simgen.verify.expectation import Expectation
from simgen.verify.shading import Shading

RING = 8
"""Pixels around a thing that are its surroundings."""
FEWEST = 12
"""Pixels of a thing, and of its surroundings, without which nothing is compared."""
CONTRAST = 0.1
"""Spread of a thing and its surroundings, in `opponent`, at which their likeness counts half."""
SIZES = ((250, "small"), (1000, "medium"))
"""Pixels that a thing has at most to be called so; what has more is large."""
_WEIGHT = np.array([0.6, 1.5, 1.5], np.float32)[:, None]
"""Of lightness and colour differences: light changes the first far more than the others."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The things of one frame, each with a ring around it. K things."""

    shading: Shading

    @cached_property
    def apart(self) -> np.ndarray:
        """What each thing has beyond the prediction, less what its surroundings have, `opponent`, float32, (K, 3); NaN where unknown."""
        found = np.full((len(self.shading.expectation.things), 3), np.nan, np.float32)
        sound, residual = self.shading.telling, self.shading.residual
        for number, box, own, ring in self._boxes():
            own, ring = binary_erosion(own) & sound[box], ring & (sound & self.shading.expectation.inside)[box]
            if own.sum() >= FEWEST and ring.sum() >= FEWEST:
                here = residual[:, *box]
                found[number] = np.median(here[:, own], axis=1) - np.median(here[:, ring], axis=1)
        return found

    @cached_property
    def unmatched(self) -> np.ndarray:
        """1 - correlation of photograph and prediction over each thing and its surroundings, float32, (K,); less where all is alike."""
        found = np.full(len(self.shading.expectation.things), np.nan, np.float32)
        photograph = self.shading.photograph.log
        for number, box, own, ring in self._boxes():
            region = own | ring
            if region.sum() >= 2 * FEWEST:
                seen, expected = (_WEIGHT * _centred(part[:, *box][:, region]) for part in (photograph, self.shading.predicted))
                seen = np.clip(seen, -3, 3)
                both, one, other = (seen * expected).sum(), (seen**2).sum(), (expected**2).sum()
                clear = other / (other + CONTRAST**2 * region.sum())
                found[number] = clear * (1 - both / np.sqrt(max(one * other, 1e-9)))
        return found

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
        """Of every thing what counts as usual for it: the arm, the gripper, or its size and whether it is of metal, (K,)."""
        expectation = self.shading.expectation
        metallic = expectation.observation.metallic
        metal = np.zeros(len(expectation.things)) if metallic is None else _means(metallic / 255, expectation)
        return tuple(_kind(*facts) for facts in zip(expectation.things, expectation.area, metal, strict=True))

    def _boxes(self) -> Iterator[tuple[int, tuple[slice, slice], np.ndarray, np.ndarray]]:
        """Number of each thing but the background, a box around it, and there its pixels and those of its surroundings, bool, (h, w)."""
        expectation = self.shading.expectation
        for number, tight in enumerate(find_objects(expectation.where + 1)):
            if tight is not None and expectation.things[number] > 1:
                box = tuple(slice(max(part.start - RING, 0), part.stop + RING) for part in tight)
                own = expectation.where[box] == number
                yield number, box, own, binary_dilation(own, iterations=RING) & ~own


def _kind(thing: int, area: int, metal: float) -> str:
    if thing // 2 == ROBOT_ID:
        return "gripper" if thing & 1 else "arm"
    size = next((name for most, name in SIZES if area <= most), "large")
    return f"{size} metal" if metal > 0.5 else size


def _means(plane: np.ndarray, expectation: Expectation) -> np.ndarray:
    return np.bincount(expectation.where.ravel(), plane.ravel(), minlength=len(expectation.things)) / expectation.area


def _centred(values: np.ndarray) -> np.ndarray:
    return values - np.median(values, axis=1, keepdims=True)


KINDS = ("arm", "gripper", *(f"{size}{metal}" for size in ("small", "medium", "large") for metal in ("", " metal")))
"""All of them."""
