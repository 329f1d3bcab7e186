"""Which pixels a box can cover: the rectangles that keep ray casting to what can be hit."""

from functools import lru_cache

import numpy as np

from simgen.geometry import Intrinsics, locked

CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float64)
EDGES = np.array([(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(CORNERS[a] - CORNERS[b]).sum() == 1])
SLACK = 1e-6
"""Added to every side in units of the image plane at z = 1: rounding must never cost a pixel."""


@lru_cache(maxsize=64)
def rays(intrinsics: Intrinsics) -> np.ndarray:
    """`Intrinsics.rays()`, remembered: directions with z = 1, camera frame, float32, (H, W, 3)."""
    return locked(intrinsics.rays().astype(np.float32))


@lru_cache(maxsize=64)
def ray_planes(intrinsics: Intrinsics) -> np.ndarray:
    """The same rays in full precision, one component after the other, float64, (3, H * W)."""
    return locked(np.ascontiguousarray(intrinsics.rays().reshape(-1, 3).T))


@lru_cache(maxsize=64)
def _spans(intrinsics: Intrinsics) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Least and greatest ray x of every column, then ray y of every row; equal where the lens does not distort."""
    x, y = rays(intrinsics)[..., 0], rays(intrinsics)[..., 1]
    return x.min(0), x.max(0), y.min(1), y.max(1)


def corners(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The corners of boxes from `low` to `high`, (..., 3): float64, (..., 8, 3)."""
    return low[..., None, :] + CORNERS * (high - low)[..., None, :]


def windows(intrinsics: Intrinsics, boxes: np.ndarray, near: float) -> list[tuple[slice, slice] | None]:
    """The pixel rectangle (rows, columns) that each box can cover, None where it is out of view.

    What lies beyond `near` of a convex box is the hull of its corners beyond and of its edges' crossings with the plane
    z = near, and perspective keeps hulls; so the bounds of those points' images at z = 1 bound the box. Bounds are taken
    before the lens distorts, because a lens may fold what lies far outside the image back into it.

    Args:
        intrinsics: of the camera.
        boxes: corners in the camera frame, float64, (N, 8, 3).
        near: metres.
    """
    a, b = boxes[:, EDGES[:, 0]], boxes[:, EDGES[:, 1]]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (near - a[..., 2:]) / (b[..., 2:] - a[..., 2:])
        crossing = np.where((share > 0) & (share < 1), a + share * (b - a), np.nan)
        beyond = np.where(boxes[..., 2:] >= near, boxes, np.nan)
        points = np.concatenate([beyond, crossing], axis=1)
        flat = points[..., :2] / points[..., 2:]
    low = np.where(np.isnan(flat), np.inf, flat).min(1) - SLACK
    high = np.where(np.isnan(flat), -np.inf, flat).max(1) + SLACK
    x_low, x_high, y_low, y_high = _spans(intrinsics)
    columns = (x_high >= low[:, :1]) & (x_low <= high[:, :1])
    rows = (y_high >= low[:, 1:]) & (y_low <= high[:, 1:])
    return [_window(row, column) for row, column in zip(rows, columns, strict=True)]


def _window(rows: np.ndarray, columns: np.ndarray) -> tuple[slice, slice] | None:
    if not (rows.any() and columns.any()):
        return None
    return _extent(rows), _extent(columns)


def _extent(covered: np.ndarray) -> slice:
    return slice(int(covered.argmax()), len(covered) - int(covered[::-1].argmax()))
