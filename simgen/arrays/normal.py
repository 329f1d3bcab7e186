"""Normals of what a depth map shows."""

import numpy as np
from scipy.ndimage import correlate1d

from simgen.geometry import Intrinsics

MIDDLE = 2.0
"""How many times as much as the smoother side the surface may bend in a pixel that is still no fold or edge."""
REACH = 2
"""Pixels to either side of a window's middle."""
ACROSS = 2 * REACH + 1
"""Pixels of a window each way."""


def normals(depth: np.ndarray, lens: Intrinsics, step: float = 0.0) -> np.ndarray:
    """Unit normals of what a depth map shows, camera frame, facing the camera, float32, (H, W, 3); zeros where nothing was hit.

    Differences are taken to the side on which the surface goes on smoothly, so that outlines and folds stay sharp (essentially
    non-oscillatory stencils: Harten, Engquist, Osher and Chakravarthy 1987); over a plane it is 1 / depth that is linear in the image.

    A depth that comes in steps would make stairs of every slope. There a plane is laid through the `ACROSS` pixels each way that it fits
    best of those around a pixel (Kuwahara et al. 1976), which keeps outlines and folds as sharp.

    Args:
        depth: metres, (H, W); inf where nothing is.
        lens: of the camera.
        step: metres from one value of depth to the next: 0.001 of whole millimetres; 0 of depth that is continuous.
    """
    if step > 0:
        return _fitted(depth.astype(np.float64), lens, step)
    return normals_along(depth, lens.rays())


def normals_along(depth: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """The same of a part of a picture, by its rays with z = 1, (H, W, 3)."""
    hit = np.isfinite(depth)
    points = rays * np.where(hit, depth, np.nan).astype(np.float64)[..., None]
    nearness = 1 / points[..., 2]
    normal = np.cross(_along(points, nearness, 1), _along(points, nearness, 0))
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    towards = -np.sign((normal * points).sum(-1, keepdims=True))
    fallback = -points / np.linalg.norm(points, axis=-1, keepdims=True)  # of a pixel that stands alone
    normal = np.where(length > 1e-12, normal * towards / np.maximum(length, 1e-12), fallback)
    return np.where(hit[..., None], normal, 0.0).astype(np.float32)


def _fitted(depth: np.ndarray, lens: Intrinsics, step: float) -> np.ndarray:
    """Normals of planes through windows of pixels."""
    hit = np.isfinite(depth)
    nearness = np.where(hit, 1 / depth, 0.0)
    right, down, off = _planes(nearness)
    noise = step * nearness**2  # what a step of depth is in nearness
    best, choice = np.where(off <= noise, -1.0, np.inf), (right, down)
    for rows in (0, -REACH, REACH):
        for columns in (0, -REACH, REACH):
            other = [_window(part, rows, columns) for part in (off, right, down)]
            better = other[0] < best
            best = np.where(better, other[0], best)
            choice = tuple(np.where(better, new, old) for new, old in zip(other[1:], choice, strict=True))
    # nearness n = a x + b y + c over x, y at z = 1 is the plane a X + b Y + c Z = 1
    ray = lens.rays()
    a, b = choice[0] * lens.fx, choice[1] * lens.fy
    normal = -np.stack([a, b, nearness - a * ray[..., 0] - b * ray[..., 1]], -1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    return np.where(hit[..., None], normal, 0.0).astype(np.float32)


def _planes(nearness: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the window around every pixel: how nearness grows to the right and down, and how far it is from that plane, root mean square."""
    arm = np.arange(ACROSS) - REACH
    spread = float((arm**2).sum()) * ACROSS

    def summed(array: np.ndarray, over_rows: np.ndarray, over_columns: np.ndarray) -> np.ndarray:
        return correlate1d(correlate1d(array, over_rows, 0, mode="nearest"), over_columns, 1, mode="nearest")

    ones = np.ones(ACROSS)
    mean = summed(nearness, ones, ones) / ACROSS**2
    right, down = summed(nearness, ones, arm) / spread, summed(nearness, arm, ones) / spread
    square = summed(nearness**2, ones, ones) / ACROSS**2 - mean**2
    return right, down, np.sqrt(np.maximum(square - (right**2 + down**2) * spread / ACROSS**2, 0.0))


def _window(array: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """What stands so many pixels on; infinite beyond the border."""
    return np.nan_to_num(_shifted(_shifted(array, rows, 0), columns, 1), nan=np.inf)


def _along(points: np.ndarray, nearness: np.ndarray, axis: int) -> np.ndarray:
    """What the surface does from pixel to pixel along an axis, (H, W, 3); NaN where there is no neighbour."""
    back, forth = (_shifted(points, step, axis) for step in (-1, 1))
    before, after, before2, after2 = (_shifted(nearness, step, axis) for step in (-1, 1, -2, 2))
    bends = [before - 2 * nearness + after, before2 - 2 * before + nearness, after2 - 2 * after + nearness]
    middle, left, right = (np.where(np.isnan(bend), np.inf, np.abs(bend)) for bend in bends)
    rounding = 1e-6 * nearness  # of single precision, by which planes seem to bend
    central = middle <= MIDDLE * np.minimum(left, right) + rounding
    backward = np.isnan(after) | (~np.isnan(before) & (left < right))
    sides = np.where(backward[..., None], points - back, forth - points)
    return np.where(central[..., None], (forth - back) / 2, sides)


def _shifted(array: np.ndarray, step: int, axis: int) -> np.ndarray:
    """The neighbour `step` pixels on; NaN beyond the border."""
    moved = np.full_like(array, np.nan)
    count = array.shape[axis]
    here, there = slice(max(-step, 0), count - max(step, 0)), slice(max(step, 0), count + min(step, 0))
    if count > abs(step):
        index = (slice(None),) * axis
        moved[(*index, here)] = array[(*index, there)]
    return moved
