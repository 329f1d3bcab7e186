"""Backward flow: where every visible point was in the previous picture, from rigid motion alone."""

import numpy as np

from simgen.compiled import compiled
from simgen.geometry import CameraView
from simgen.observation import Observation
from simgen.simulator.window import exact_rays

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
    depth, row, before, rays = depth.reshape(-1), row.reshape(-1), previous.depth.reshape(-1), exact_rays(view.intrinsics)
    flow, pixel, points = _carry(depth, row, _moves(view, motion, previous.view), motion, rays, before)
    if len(pixel):
        then = previous.view.intrinsics.project(points)
        _trace(pixel, points, then, row, view.intrinsics.width, *_picture(previous), flow)
    return flow.reshape(view.intrinsics.height, view.intrinsics.width, 2)


def _moves(view: CameraView, motion: np.ndarray, before: CameraView) -> np.ndarray:
    """Which links move in the camera's frame, bool, (L + 1,); the last is the background, which only a turning camera moves."""
    if (view.intrinsics, view.near, view.far) != (before.intrinsics, before.near, before.far):
        return np.ones(len(motion), dtype=bool)
    change = np.abs(motion - np.eye(4))
    change[-1, :, 3] = 0
    return change.max((1, 2)) > STILL


@compiled
def _carry(depth, row, moves, motion, rays, before):
    """Flow of what stands still; pixels of what moves and where they were, as directions for the background."""
    flow, pixel, points, count = np.zeros((len(row), 2), np.float32), np.empty(len(row), np.int32), np.empty((len(row), 3)), 0
    for n in range(len(row)):
        if moves[row[n]]:
            matrix, far = motion[row[n]], row[n] < 0
            z = 1.0 if far else np.float64(depth[n])
            for i in range(3):
                point = (matrix[i, 0] * rays[n, 0] + matrix[i, 1] * rays[n, 1] + matrix[i, 2]) * z
                points[count, i] = point if far else point + matrix[i, 3]
            pixel[count] = n
            count += 1
        elif not depth[n] <= before[n] * np.float32(1 + TOLERANCE):
            flow[n] = np.nan
    return flow, pixel[:count], points[:count]


def _picture(seen: Observation) -> tuple:
    """What `_trace` asks of a picture. The margin is how far beside the ray of its pixel a point may lie at z = 1: a folded lens
    maps far-off points into the image."""
    lens = seen.view.intrinsics
    margin = 4 / min(lens.fx, lens.fy) if lens.distorted else np.inf
    size, limits = (lens.height, lens.width), (seen.view.near, seen.view.far)
    return seen.depth.reshape(-1), seen.normal.reshape(-1, 3), exact_rays(lens), size, limits, margin


@compiled
def _trace(pixel, points, then, row, width, before, normal, rays, size, limits, margin, flow):
    """Write the flow of points, (N, 3), seen in pixels `pixel` now, that lay at positions `then`, (N, 2), of the picture before."""
    for n in range(len(pixel)):
        u, v, now = then[n, 0], then[n, 1], pixel[n]
        flow[now, 0], flow[now, 1] = np.nan, np.nan
        if u >= 0 and u < size[1] and v >= 0 and v < size[0]:
            place = int(v) * size[1] + int(u)
            x, y, z, depth = points[n, 0], points[n, 1], points[n, 2], np.float64(before[place])
            if row[now] < 0:
                seen = np.isinf(depth)
            else:
                seen = z >= limits[0] and z <= limits[1]
                if seen and z > depth * (1 + TOLERANCE):
                    a, b, c = normal[place, 0], normal[place, 1], normal[place, 2]
                    slope, facing = a * x + b * y + c * z, a * rays[place, 0] + b * rays[place, 1] + c
                    seen = _on_surface(z, depth, slope / z, facing)
            if seen and margin < np.inf:
                seen = abs(x / z - rays[place, 0]) < margin and abs(y / z - rays[place, 1]) < margin
            if seen:
                flow[now, 0], flow[now, 1] = u - (now % width + 0.5), v - (now // width + 0.5)


@compiled
def _on_surface(z, depth, slope, facing):
    """Whether a point behind a pixel's depth is its slanted surface seen off the pixel's centre, rather than hidden by it.

    The surface is continued as a plane from the pixel's centre to the ray through the point; as much again as the plane
    falls away is granted to curvature.

    Args:
        z: depth of the point.
        depth: of the pixel.
        slope: of the pixel's normal along the point's ray.
        facing: of the pixel's normal along the pixel's ray.
    """
    plane = depth * facing / slope if slope < 0 else np.inf
    return z <= plane + max(plane - depth, 0.0) + TOLERANCE * depth
