"""Depth between levels: a plane that was kept in few levels is a plane again, and nothing leaves its level."""

import numpy as np
import pytest

from simgen.arrays import normals
from simgen.geometry import Intrinsics
from simgen.importing.terraces import smoothed

LENS = Intrinsics.from_fov_y(96, 72, 0.9)
LEVEL = 1.03


def even(levels: np.ndarray, ids: np.ndarray) -> np.ndarray:
    return smoothed(levels, ids, levels / LEVEL**0.5, levels * LEVEL**0.5)


def plane(normal, distance: float) -> np.ndarray:
    """Depth of a plane, metres, (H, W); inf behind the camera and beyond 20 m."""
    depth = np.divide(normal[2] * distance, LENS.rays() @ normal)
    return np.where((depth > 0) & (depth < 20), depth, np.inf)


def kept(depth: np.ndarray) -> np.ndarray:
    """The same in levels, each in its middle."""
    return LEVEL ** (np.floor(np.log(depth) / np.log(LEVEL)) + 0.5)


@pytest.mark.parametrize("normal", [(0.0, 0.0, -1.0), (0.0, -0.9, -0.44), (0.6, -0.3, -0.74)])
def test_a_plane_is_a_plane_again(normal):
    normal = np.array(normal) / np.linalg.norm(normal)
    depth = plane(normal, 1.5)
    found = even(kept(depth), np.ones(depth.shape, np.int32))
    hit = np.isfinite(depth)
    off = np.degrees(np.arccos((normals(found, LENS) @ normal)[hit].clip(-1, 1)))
    assert np.array_equal(np.isfinite(found), hit) and np.median(off) < 0.5


def test_nothing_leaves_its_level_and_things_end_where_they_do():
    near, far = plane(np.array([0.0, 0.0, -1.0]), 1.0), plane(np.array([0.0, -0.6, -0.8]), 2.0)
    ids = np.ones(near.shape, np.int32)
    ids[20:50, 30:60] = 2
    depth = np.where(ids == 2, near, far)
    found = even(kept(depth), ids)
    hit = np.isfinite(depth)
    assert np.abs(np.log(found[hit] / kept(depth)[hit])).max() <= 0.5001 * np.log(LEVEL)
    assert np.ptp(found[ids == 2]) < 1e-3
