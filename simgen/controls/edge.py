"""Edges drawn from geometry, so that no simulated texture leaks into the photograph."""

from functools import lru_cache

import numpy as np

from simgen.controls.canny import hysteresis
from simgen.errors import InvalidValue
from simgen.geometry import Intrinsics, locked
from simgen.observation import Observation

FULL_STEP = 0.1
"""A step of this share of the distance to it is an edge of strength 1."""
_IN_FRONT = 0.1
"""From this strength of step on, one side counts as nearer."""
_NOWHERE = np.float32(1e6)
"""Stands for infinity where differences are taken, metres."""


def edge_map(observation: Observation, low: float = 0.1, high: float = 0.2) -> np.ndarray:
    """Edges of what stands before a camera, uint8, (H, W): 255 on an edge, one pixel wide; after Canny (1986).

    Between two neighbouring pixels the strength is 1 where body or link change, else the greater of
    - the step between them, taken along their mean normal: a plane has none however it slants, nor has a sphere; as a
      share of the distance, 1 at a tenth of it (`low` and `high` are thus steps of 1 % and 2 %);
    - the crease, 1 - cos of the angle between their normals (26 and 37 degrees).
    Strengths that are not the greatest of their row or column's neighbours are suppressed; weak edges stay where
    they hang together with strong ones. The line is drawn on the nearer side.

    Raises:
        InvalidValue: if not 0 < low <= high < 1.
    """
    if not 0 < low <= high < 1:
        raise InvalidValue("edge thresholds", (low, high), "two strengths, 0 < low <= high < 1")
    depth = np.minimum(observation.depth, _NOWHERE)
    rays = _rays(observation.view.intrinsics)
    normal = np.ascontiguousarray(np.moveaxis(observation.normal, -1, 0))
    points = depth * rays
    facing = -(normal * rays).sum(axis=0)
    pieces = observation.instance * 4096 + observation.link  # one number for each rigid piece
    strength = np.zeros_like(depth)
    for axis in (0, 1):
        first, second = _neighbours(axis)
        other = pieces[first] != pieces[second]
        step, crease = _step(depth, points, normal, first, second), 1 - (normal[:, *first] * normal[:, *second]).sum(axis=0)
        between = np.where(other, 1, np.maximum(step, crease) * (observation.instance[first] > 0))
        between = np.where(other | _peaks(between, axis), between, 0)
        # Where nothing is in front of anything, sides are told apart by what does not change along the line.
        order = np.where(other, pieces[first] > pieces[second], facing[first] > facing[second])
        in_front = np.where(step > _IN_FRONT, depth[first] < depth[second], order)
        np.maximum(strength[first], between * in_front, out=strength[first])
        np.maximum(strength[second], between * ~in_front, out=strength[second])
    return np.where(hysteresis(strength, low, high), np.uint8(255), np.uint8(0))


@lru_cache(maxsize=16)
def _rays(intrinsics: Intrinsics) -> np.ndarray:
    """Directions through every pixel centre with z = 1, float32, (3, H, W)."""
    return locked(np.ascontiguousarray(np.moveaxis(intrinsics.rays(), -1, 0), dtype=np.float32))


def _neighbours(axis: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Index of each pixel that has a neighbour after it along the axis, and of that neighbour."""
    rest, before, after = slice(None), slice(None, -1), slice(1, None)
    return ((before, rest), (after, rest)) if axis == 0 else ((rest, before), (rest, after))


def _step(depth, points, normal, first, second) -> np.ndarray:
    """How far one pixel's point lies off the other's surface, as a share of `FULL_STEP` of the distance, at most 1.

    Along the mean normal of both: the chord of a circle stands square on it, so that round bodies have no steps either.
    """
    apart = ((points[:, *second] - points[:, *first]) * (normal[:, *first] + normal[:, *second])).sum(axis=0)
    return np.minimum(np.abs(apart) * (0.5 / FULL_STEP) / np.minimum(depth[first], depth[second]), 1)


def _peaks(between: np.ndarray, axis: int) -> np.ndarray:
    """Where a strength is the greatest of itself and its two neighbours along the axis; of equals, the first."""
    before, after = _neighbours(axis)
    peak = np.ones_like(between, dtype=bool)
    peak[after] &= between[after] > between[before]
    peak[before] &= between[before] >= between[after]
    return peak
