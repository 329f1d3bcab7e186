"""Backward flow: where every visible point was in the previous picture, from rigid motion alone."""

import numpy as np

from simgen.observation import Observation
from simgen.simulator.window import rays

TOLERANCE = 1e-3
"""Share of its depth by which a point may lie behind the surface drawn there before and still be that surface."""


def backward_flow(previous: Observation, pixels: np.ndarray, points: np.ndarray, at_infinity: int) -> np.ndarray:
    """Previous position minus this one in pixels, float32, (N, 2); NaN where the point was not visible.

    Args:
        previous: the previous picture of the same camera.
        pixels: centres of the pixels that show the points now, (u, v), float64, (N, 2).
        points: the same points of matter in the previous camera frame, where their links were then, float64, (N, 3).
        at_infinity: the first so many points are background: directions rather than positions.
    """
    then = previous.view.intrinsics.project(points)
    seen = np.empty(len(points), dtype=bool)
    inside, index = _inside(previous, then)
    depth = previous.depth.reshape(-1)[index]
    ray = rays(previous.view.intrinsics).reshape(-1, 3)
    if previous.view.intrinsics.distorted:  # a folded lens maps far-off points into the image: their rays are not that pixel's
        inside &= _near(ray[index], points, previous)
    background, solid = slice(0, at_infinity), slice(at_infinity, None)
    seen[background] = inside[background] & np.isinf(depth[background])
    z = points[solid, 2]
    drawn = inside[solid] & (z >= previous.view.near) & (z <= previous.view.far)
    seen[solid] = drawn & (z <= depth[solid] * (1 + TOLERANCE))
    doubtful = at_infinity + np.flatnonzero(drawn & ~seen[solid])
    seen[doubtful] = _on_surface(points[doubtful], depth[doubtful], ray[index[doubtful]], previous.normal.reshape(-1, 3)[index[doubtful]])
    return np.where(seen[:, None], then - pixels, np.nan).astype(np.float32)


def _inside(previous: Observation, then: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether positions lie in the image, and the flat index of the pixel they lie in (0 outside)."""
    height, width = previous.depth.shape
    u, v = then[:, 0], then[:, 1]
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    column, row = np.where(inside, u, 0.0).astype(np.int64), np.where(inside, v, 0.0).astype(np.int64)
    return inside, row * width + column


def _near(ray: np.ndarray, points: np.ndarray, previous: Observation) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = np.abs(points[:, :2] / points[:, 2:] - ray[:, :2])
    return (offset * [previous.view.intrinsics.fx, previous.view.intrinsics.fy] < 4).all(axis=1)


def _on_surface(points: np.ndarray, depth: np.ndarray, ray: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Whether points behind a pixel's depth are its slanted surface seen off the pixel's centre, rather than hidden by it.

    The surface is continued as a plane from the pixel's centre to the ray through the point; as much again as the plane
    falls away is granted to curvature.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.einsum("ni,ni->n", normal, points / points[:, 2:])
        plane = np.where(slope < 0, depth * np.einsum("ni,ni->n", normal, ray) / slope, np.inf)
    return points[:, 2] <= plane + np.maximum(plane - depth, 0) + TOLERANCE * depth
