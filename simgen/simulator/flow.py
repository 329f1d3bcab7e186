"""Backward flow: where every visible point was in the previous picture, from rigid motion alone."""

import numpy as np

from simgen.observation import Observation
from simgen.simulator.window import ray_planes

TOLERANCE = 1e-3
"""Share of its depth by which a point may lie behind the surface drawn there before and still be that surface."""


def backward_flow(previous: Observation, pixels: np.ndarray, points: np.ndarray, at_infinity: int) -> np.ndarray:
    """Previous position minus this one in pixels, float32, (N, 2); NaN where the point was not visible.

    Args:
        previous: the previous picture of the same camera.
        pixels: centres of the pixels that show the points now, u then v, float64, (2, N).
        points: the same points of matter in the previous camera frame, where their links were then, float64, (3, N).
        at_infinity: the first so many points are background: directions rather than positions.
    """
    then = previous.view.intrinsics.project(points.T).T
    inside, index = _inside(previous, then)
    depth = previous.depth.reshape(-1)[index]
    if previous.view.intrinsics.distorted:  # a folded lens maps far-off points into the image: their rays are not that pixel's
        inside &= _beside(_ray(previous, index), points, previous)
    background, solid = slice(0, at_infinity), slice(at_infinity, None)
    z = points[2]
    seen = inside & (z >= previous.view.near) & (z <= previous.view.far) & (z <= depth * (1 + TOLERANCE))
    seen[background] = inside[background] & np.isinf(depth[background])
    doubtful = at_infinity + np.flatnonzero((inside & ~seen & (z <= previous.view.far))[solid])
    place = index[doubtful]
    normal = previous.normal.reshape(-1, 3)[place].T
    seen[doubtful] = _on_surface(points[:, doubtful], depth[doubtful], _ray(previous, place), normal)
    then -= pixels
    then[:, ~seen] = np.nan
    return then.T.astype(np.float32)


def _inside(previous: Observation, then: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether positions lie in the image, and the flat index of the pixel they lie in (0 outside)."""
    height, width = previous.depth.shape
    u, v = then
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    column, row = np.where(inside, u, 0.0).astype(np.int64), np.where(inside, v, 0.0).astype(np.int64)
    return inside, row * width + column


def _ray(previous: Observation, index: np.ndarray) -> np.ndarray:
    return ray_planes(previous.view.intrinsics).take(index, axis=1)


def _beside(ray: np.ndarray, points: np.ndarray, previous: Observation) -> np.ndarray:
    """Whether points lie within a few pixels of the rays that they should lie on."""
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = np.abs(points[:2] / points[2] - ray[:2])
    return (offset[0] * previous.view.intrinsics.fx < 4) & (offset[1] * previous.view.intrinsics.fy < 4)


def _on_surface(points: np.ndarray, depth: np.ndarray, ray: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Whether points behind a pixel's depth are its slanted surface seen off the pixel's centre, rather than hidden by it.

    The surface is continued as a plane from the pixel's centre to the ray through the point; as much again as the plane
    falls away is granted to curvature.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (normal * points).sum(0) / points[2]
        plane = np.where(slope < 0, depth * (normal * ray).sum(0) / slope, np.inf)
    return points[2] <= plane + np.maximum(plane - depth, 0) + TOLERANCE * depth
