"""Backward flow: where every visible point was in the previous picture, from rigid motion alone."""

import numpy as np

from simgen.geometry import CameraView
from simgen.observation import Observation
from simgen.simulator.window import ray_planes

TOLERANCE = 1e-3
"""Share of its depth by which a point may lie behind the surface drawn there before and still be that surface."""
STILL = 1e-9
"""Radians or metres of motion that move nothing by a thousandth of a thousandth of a pixel."""


def backward_flow(view: CameraView, depth: np.ndarray, row: np.ndarray, motion: np.ndarray, previous: Observation) -> np.ndarray:
    """Previous position minus this one in pixels, float32, (H, W, 2); NaN where the point was not visible.

    Args:
        view: the camera now.
        depth: metres, float32, (H, W); inf where nothing is seen.
        row: row of the link table, int16, (H, W); -1 where nothing is seen.
        motion: takes points of every link, and last of the world, from this camera frame to where they were in the previous
            one, float64, (L + 1, 4, 4).
        previous: the previous picture of the same camera.
    """
    flow = np.zeros((row.size, 2), np.float32)
    flow[~(depth <= previous.depth * np.float32(1 + TOLERANCE)).reshape(-1)] = np.nan  # right for all that stands still
    pixel = np.flatnonzero(_moves(view, motion, previous.view).take(row))
    if len(pixel):
        link = row.reshape(-1).take(pixel)
        order = np.argsort(link, kind="stable")  # link by link, so that each costs one matrix product
        pixel, link = pixel[order], link[order]
        flow[pixel] = _flow(view, depth.reshape(-1).take(pixel), pixel, link, motion, previous)
    return flow.reshape(*row.shape, 2)


def _moves(view: CameraView, motion: np.ndarray, before: CameraView) -> np.ndarray:
    """Which links move in the camera's frame, bool, (L + 1,); the last is the background, which only a turning camera moves."""
    if (view.intrinsics, view.near, view.far) != (before.intrinsics, before.near, before.far):
        return np.ones(len(motion), dtype=bool)
    change = np.abs(motion - np.eye(4))
    change[-1, :, 3] = 0
    return change.max((1, 2)) > STILL


def _flow(
    view: CameraView, depth: np.ndarray, pixel: np.ndarray, link: np.ndarray, motion: np.ndarray, previous: Observation
) -> np.ndarray:
    """Flow of some pixels, float32, (N, 2): flat indices `pixel` that show rows `link`, which ascend from -1, the background."""
    at_infinity = int(np.searchsorted(link, 0))
    depth = depth.astype(np.float64)
    depth[:at_infinity] = 1.0
    points = ray_planes(view.intrinsics).take(pixel, axis=1) * depth
    ends = [*(np.flatnonzero(np.diff(link)) + 1), len(link)]
    for start, end in zip([0, *ends], ends, strict=False):
        matrix = motion[link[start]]
        points[:, start:end] = matrix[:3, :3] @ points[:, start:end]
        if link[start] >= 0:
            points[:, start:end] += matrix[:3, 3:]
    then = previous.view.intrinsics.project(points.T).T
    hidden = ~_seen(previous, then, points, at_infinity)
    v, u = np.divmod(pixel, view.intrinsics.width)
    then[0] -= u + 0.5
    then[1] -= v + 0.5
    then[:, hidden] = np.nan
    return then.T.astype(np.float32)


def _seen(previous: Observation, then: np.ndarray, points: np.ndarray, at_infinity: int) -> np.ndarray:
    """Whether points, (3, N), at pixel positions `then`, (2, N), were what the previous picture shows there, bool, (N,)."""
    inside, index = _inside(previous, then)
    depth = previous.depth.reshape(-1).take(index)
    if previous.view.intrinsics.distorted:  # a folded lens maps far-off points into the image: their rays are not that pixel's
        inside &= _beside(_ray(previous, index), points, previous)
    z = points[2]
    drawn = inside & (z >= previous.view.near) & (z <= previous.view.far)
    seen = drawn & (z <= depth * (1 + TOLERANCE))
    drawn[:at_infinity] = False
    seen[:at_infinity] = (inside & np.isinf(depth))[:at_infinity]
    doubtful = np.flatnonzero(drawn & ~seen)
    place = index[doubtful]
    normal = previous.normal.reshape(-1, 3).take(place, axis=0).T
    seen[doubtful] = _on_surface(points[:, doubtful], depth[doubtful], _ray(previous, place), normal)
    return seen


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
