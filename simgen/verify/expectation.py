"""Expectation: what the truth says must be seen in a frame, whoever draws it."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.ndimage import uniform_filter

from simgen.observation import Observation
from simgen.scenario.classes import CLASSES
from simgen.verify.photograph import LINEAR, opponent

GRIPPER = CLASSES["gripper"]
STEP = 0.03
"""Depths of neighbours that differ by more than this share have a gap between them."""
CONTOUR = 160
"""Contour points of one thing that are looked at, at most."""
REACH = (1.6, 2.8)
"""How far either side of a contour its two colours are read, pixels."""


@dataclass(frozen=True, eq=False)
class Contours:
    """Points on the outlines of things: N points, each owned by the thing whose outline it is."""

    thing: np.ndarray
    """Number of the owner in `Expectation.things`, int32, (N,)."""
    at: np.ndarray
    """Where, u and v in pixels from the centre of pixel (0, 0), float32, (N, 2)."""
    normal: np.ndarray
    """Unit vector across the outline, away from the owner, float32, (N, 2)."""

    def __len__(self) -> int:
        return len(self.thing)


@dataclass(frozen=True, eq=False)
class Expectation:
    """What one Observation promises. A thing is a body, or the gripper of one, told apart from the arm that carries it."""

    observation: Observation

    @cached_property
    def _numbered(self) -> tuple[np.ndarray, np.ndarray]:
        pieces = 2 * self.observation.instance + (self.observation.semantic == GRIPPER)
        table = np.bincount(pieces.ravel()) > 0
        return np.flatnonzero(table), (np.cumsum(table) - 1).astype(np.int32)[pieces]

    @property
    def things(self) -> np.ndarray:
        """Twice the body id, plus 1 for its gripper, int64, (K,), rising; 0 is background where there is any."""
        return self._numbered[0]

    @property
    def where(self) -> np.ndarray:
        """Number in `things` of what each pixel shows, int32, (H, W)."""
        return self._numbered[1]

    @cached_property
    def area(self) -> np.ndarray:
        """Pixels of each thing, (K,)."""
        return np.bincount(self.where.ravel(), minlength=len(self.things))

    @cached_property
    def hit(self) -> np.ndarray:
        """Where there is anything, bool, (H, W)."""
        return self.observation.instance > 0

    @cached_property
    def albedo(self) -> np.ndarray:
        """Linear albedo, float32, (H, W, 3)."""
        return LINEAR[self.observation.albedo]

    @cached_property
    def paint(self) -> np.ndarray:
        """`opponent` of the albedo, float32, (3, H, W)."""
        return opponent(self.albedo)

    @cached_property
    def outline(self) -> np.ndarray:
        """Pixels beside another thing, bool, (H, W)."""
        where, found = self.where, np.zeros(self.where.shape, bool)
        down, across = where[1:] != where[:-1], where[:, 1:] != where[:, :-1]
        found[1:] |= down
        found[:-1] |= down
        found[:, 1:] |= across
        found[:, :-1] |= across
        return found

    @cached_property
    def inside(self) -> np.ndarray:
        """Pixels of a thing farther than 2 from any other, bool, (H, W)."""
        return self.hit & ~grown(self.outline, 2)

    @cached_property
    def contours(self) -> Contours:
        """Outlines of every thing that stands before something else."""
        owner, at, towards = (np.concatenate(parts) for parts in zip(*(self._pairs(axis) for axis in (0, 1)), strict=True))
        pixel = np.rint(at - 0.25 * towards).astype(int)
        field = np.zeros((2, *self.where.shape), np.float32)
        np.add.at(field, (slice(None), pixel[:, 1], pixel[:, 0]), towards.T)
        field = uniform_filter(field, (0, 5, 5), mode="constant")  # the outline's direction over 5 pixels, not over 2
        normal = field[:, pixel[:, 1], pixel[:, 0]].T
        length = np.linalg.norm(normal, axis=1)
        straight = length > 1e-6
        owner, at, normal = owner[straight], at[straight], normal[straight] / length[straight, None]
        return self._sound(owner, at, normal)

    def _pairs(self, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Owner, place and direction of each change of thing along v (0) or u (1)."""
        first, second = (self.where[:-1], self.where[1:]) if axis == 0 else (self.where[:, :-1], self.where[:, 1:])
        row, column = np.nonzero(first != second)
        a, b = first[row, column], second[row, column]
        depth = np.minimum(self.observation.depth, 1e4)
        near, far = depth[row, column], depth[row + (axis == 0), column + (axis == 1)]
        level = np.abs(near - far) < STEP * np.minimum(near, far)
        first_owns = np.where(level, self.area[a] <= self.area[b], near < far)
        step = np.array([0.0, 1.0] if axis == 0 else [1.0, 0.0], np.float32)
        at = np.stack([column, row], axis=1).astype(np.float32) + 0.5 * step
        return np.where(first_owns, a, b), at, np.where(first_owns, 1, -1)[:, None] * step

    def _sound(self, owner: np.ndarray, at: np.ndarray, normal: np.ndarray) -> Contours:
        """Those whose near side shows the owner and whose far side another thing, thinned to `CONTOUR` a thing."""
        kept = self.things[owner] > 1
        for reach in REACH:
            kept &= (self._at(at - reach * normal) == owner) & (self._at(at + reach * normal) != owner)
        order = np.flatnonzero(kept)
        order = order[np.argsort(owner[order], kind="stable")]
        count = np.bincount(owner[order], minlength=len(self.things))
        rank = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
        size = np.maximum(count[owner[order]], 1)
        share = np.minimum(CONTOUR / size, 1)
        taken = order[np.floor((rank + 1) * share) > np.floor(rank * share)]
        return Contours(owner[taken].astype(np.int32), at[taken], normal[taken].astype(np.float32))

    def _at(self, points: np.ndarray) -> np.ndarray:
        """Thing at the nearest pixel; -1 outside the picture."""
        height, width = self.where.shape
        u, v = np.rint(points).astype(int).T
        within = (u >= 0) & (v >= 0) & (u < width) & (v < height)
        return np.where(within, self.where[np.clip(v, 0, height - 1), np.clip(u, 0, width - 1)], -1)


@lru_cache(maxsize=16)
def expectation(observation: Observation) -> Expectation:
    """Of an observation; the latest few are remembered, as one truth is often compared with several photographs."""
    return Expectation(observation)


def grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    """The mask and what lies within so many pixels of it along u and v, bool, (H, W)."""
    wide = mask.copy()
    for step in range(1, pixels + 1):
        wide[step:] |= mask[:-step]
        wide[:-step] |= mask[step:]
    out = wide.copy()
    for step in range(1, pixels + 1):
        out[:, step:] |= wide[:, :-step]
        out[:, :-step] |= wide[:, step:]
    return out
