"""Normals of what a depth map shows."""

import numpy as np

from simgen.geometry import Intrinsics

MIDDLE = 2.0
"""How many times as much as the smoother side the surface may bend in a pixel that is still no fold or edge."""


def normals(depth: np.ndarray, lens: Intrinsics) -> np.ndarray:
    """Unit normals of what a depth map shows, camera frame, facing the camera, float32, (H, W, 3); zeros where nothing was hit.

    Differences are taken to the side on which the surface goes on smoothly, so that outlines and folds stay sharp (essentially
    non-oscillatory stencils: Harten, Engquist, Osher and Chakravarthy 1987); over a plane it is 1 / depth that is linear in the image.
    """
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
