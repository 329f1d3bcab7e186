"""Which pixels a body can cover: the outlines that keep ray casting to what can be hit."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import ConvexHull, HalfspaceIntersection

from simgen.compiled import compiled
from simgen.geometry import Intrinsics, locked

SIDES = np.array([[x, y, z] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) != (0, 0, 0)], dtype=np.float64)
SIDES /= np.linalg.norm(SIDES, axis=1, keepdims=True)
MARGIN = 1e-5
"""Metres by which a casing is larger than what it holds: rays in single precision start up to a fifth of this off."""
SLACK = 1e-6
"""Added to every side of an outline, at z = 1: rays in single precision point up to a tenth of this off."""


@dataclass(frozen=True, eq=False)
class Casing:
    """A convex body around others, of few corners."""

    corners: np.ndarray
    """Float64, (N, 3)."""
    edges: np.ndarray
    """Pairs of corners, int32, (M, 2)."""

    @classmethod
    def around(cls, points: np.ndarray) -> "Casing":
        """What lies no farther than `points`, (N, 3), along any of 26 directions (a 26-DOP: Klosowski et al. 1998)."""
        reach = (SIDES @ points.T).max(1) + MARGIN  # a row a side: a maximum down columns takes five times as long
        corners = HalfspaceIntersection(np.column_stack([SIDES, -reach]), points.mean(0)).intersections
        sides = ConvexHull(corners).simplices[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
        return cls(corners, np.unique(np.sort(sides, axis=1), axis=0))

    @property
    def ball(self) -> tuple[np.ndarray, float]:
        """Middle, float64, (3,), and radius of a ball around it."""
        middle = (self.corners.max(0) + self.corners.min(0)) / 2
        return middle, float(np.linalg.norm(self.corners - middle, axis=1).max())


@lru_cache(maxsize=64)
def rays(intrinsics: Intrinsics) -> np.ndarray:
    """`Intrinsics.rays()`, remembered: directions with z = 1, camera frame, float32, (H, W, 3)."""
    return locked(intrinsics.rays().astype(np.float32))


@lru_cache(maxsize=64)
def exact_rays(intrinsics: Intrinsics) -> np.ndarray:
    """The same rays in full precision, float64, (H * W, 3)."""
    return locked(intrinsics.rays().reshape(-1, 3))


@lru_cache(maxsize=64)
def _bands(intrinsics: Intrinsics) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Least and greatest ray x of every column, then ray y of every row, float64, ascending; equal where the lens does not distort."""
    x, y = exact_rays(intrinsics).reshape(intrinsics.height, -1, 3)[..., :2].transpose(2, 0, 1)
    bands = _ascending(x.min(0), x.max(0)) + _ascending(y.min(1), y.max(1))
    return tuple(locked(bound) for bound in bands)


def _ascending(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intervals widened until both their ends ascend."""
    return np.minimum.accumulate(low[::-1])[::-1].copy(), np.maximum.accumulate(high)


def aim(intrinsics: Intrinsics, near: float, casing: Casing, camera_T_casing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pixels that what is in a casing can cover, and their rays in its frame.

    What lies beyond `near` of a convex body is convex, and perspective keeps outlines; so in every row of pixels the images of
    the edges at z = 1 bound the body. Bounds are taken before the lens distorts, because a lens may fold what lies far
    outside the image back into it.

    Args:
        intrinsics: of the camera.
        near: metres.
        casing: holds what is to be hit.
        camera_T_casing: its pose, float64, (4, 4).

    Returns:
        Flat pixel indices, ascending, int32, (N,), and rays, float32, (N, 6): origin on the near plane, and direction, whose
        length takes z on by 1.
    """
    return _aim(casing.corners, casing.edges, camera_T_casing, near, rays(intrinsics), *_bands(intrinsics))


@compiled
def _aim(corners, edges, camera_T_casing, near, directions, x_low, x_high, y_low, y_high):
    turn, offset = np.empty((3, 3), np.float32), np.empty(3, np.float32)
    for i in range(3):
        turn[i] = camera_T_casing[i, :3]
        offset[i] = -(camera_T_casing[:3, i] * camera_T_casing[:3, 3]).sum()
    first, end = _spans(corners, edges, camera_T_casing, near, x_low, x_high, y_low, y_high)
    count = (end - first).sum()
    pixel, ray, n = np.empty(count, np.int32), np.empty((count, 6), np.float32), 0
    for row in range(len(first)):
        for column in range(first[row], end[row]):
            x, y = directions[row, column, 0], directions[row, column, 1]
            for i in range(3):
                direction = x * turn[0, i] + y * turn[1, i] + turn[2, i]
                ray[n, i] = np.float32(near) * direction + offset[i]
                ray[n, 3 + i] = direction
            pixel[n] = row * directions.shape[1] + column
            n += 1
    return pixel, ray


@compiled
def _spans(corners, edges, matrix, near, x_low, x_high, y_low, y_high):
    """First column, and last plus one, that a casing covers in each row of pixels; the same twice where it covers none."""
    points = np.empty((len(corners), 3))
    for n in range(len(corners)):
        for i in range(3):
            points[n, i] = matrix[i, 0] * corners[n, 0] + matrix[i, 1] * corners[n, 1] + matrix[i, 2] * corners[n, 2] + matrix[i, 3]
    left, right = np.full(len(y_low), np.inf), np.full(len(y_low), -np.inf)
    cut, cuts = np.empty((len(edges), 2)), 0
    for edge in range(len(edges)):
        a, b = edges[edge, 0], edges[edge, 1]
        if points[a, 2] < points[b, 2]:
            a, b = b, a
        ax, ay, az, bx, by, bz = points[a, 0], points[a, 1], points[a, 2], points[b, 0], points[b, 1], points[b, 2]
        if az >= near:
            if bz < near:
                share = (near - az) / (bz - az)
                bx, by, bz = ax + share * (bx - ax), ay + share * (by - ay), near
                cut[cuts, 0], cut[cuts, 1] = bx / near, by / near
                cuts += 1
            _cover(ax / az, ay / az, bx / bz, by / bz, y_low, y_high, left, right)
    for i in range(cuts):  # the section with the near plane has an edge between some of these, and none outside all of them
        for j in range(i):
            _cover(cut[i, 0], cut[i, 1], cut[j, 0], cut[j, 1], y_low, y_high, left, right)
    first = np.searchsorted(x_high, left)
    return first, np.maximum(np.searchsorted(x_low, right, side="right"), first)


@compiled
def _cover(xa, ya, xb, yb, y_low, y_high, left, right):
    """Widen what is covered of each row by the image of an edge."""
    if ya > yb:
        xa, ya, xb, yb = xb, yb, xa, ya
    row = np.searchsorted(y_high, ya - SLACK)
    while row < len(y_low) and y_low[row] <= yb + SLACK:
        start, stop = 0.0, 1.0
        if yb > ya:
            start = min(max((y_low[row] - SLACK - ya) / (yb - ya), 0.0), 1.0)
            stop = min(max((y_high[row] + SLACK - ya) / (yb - ya), 0.0), 1.0)
        one, other = xa + start * (xb - xa), xa + stop * (xb - xa)
        left[row] = min(left[row], one - SLACK, other - SLACK)
        right[row] = max(right[row], one + SLACK, other + SLACK)
        row += 1
