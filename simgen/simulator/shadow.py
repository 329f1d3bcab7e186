"""Shadows: which segments between two points may meet a moving thing, and the filter that makes shadows soft."""

import numpy as np

from simgen.compiled import compiled

PERIOD = 4
"""Pixels after which the pattern of a lamp's samples repeats both ways."""


@compiled
def near_ball(points, ways, open_, matrix, centre, radius):
    """Segments that pass a ball, and those segments in its frame.

    Args:
        points: starts, world frame, float32, (N, 3).
        ways: from start to end, float32, (N, 3).
        open_: which to look at, bool, (N,).
        matrix: world_T_ball, float64, (4, 4).
        centre: of the ball in its frame, (3,).
        radius: metres.

    Returns:
        Indices, int32, (M,), and start and way in the ball's frame, float32, (M, 6).
    """
    middle = np.empty(3)
    for i in range(3):
        middle[i] = matrix[i, 0] * centre[0] + matrix[i, 1] * centre[1] + matrix[i, 2] * centre[2] + matrix[i, 3]
    index, ray, count = np.empty(len(points), np.int32), np.empty((len(points), 6), np.float32), 0
    for n in range(len(points)):
        if not open_[n]:
            continue
        x, y, z = middle[0] - points[n, 0], middle[1] - points[n, 1], middle[2] - points[n, 2]
        a, b, c = np.float64(ways[n, 0]), np.float64(ways[n, 1]), np.float64(ways[n, 2])
        share = min(max((x * a + y * b + z * c) / max(a * a + b * b + c * c, 1e-300), 0.0), 1.0)
        x, y, z = x - share * a, y - share * b, z - share * c
        if x * x + y * y + z * z > radius * radius:
            continue
        for i in range(3):
            start, way = 0.0, 0.0
            for j in range(3):
                start += matrix[j, i] * (points[n, j] - matrix[j, 3])
                way += matrix[j, i] * ways[n, j]
            ray[count, i], ray[count, 3 + i] = start, way
        index[count] = n
        count += 1
    return index[:count], ray[:count]


def smoothed(layers: np.ndarray, depth: np.ndarray, normal: np.ndarray, reach: int) -> np.ndarray:
    """Layers averaged over neighbours of the same surface: across, then down, the nearer ones more.

    A neighbour counts the more the more alike its normal is, and where it lies in the same plane as far as depth can tell; a bevel
    one pixel wide has no neighbours but those beside it.

    Args:
        layers: float32, (H, W, C).
        depth: metres along the optical axis, float32, (H, W); inf where nothing was hit.
        normal: unit, camera frame, float32, (H, W, 3).
        reach: pixels at which a neighbour no longer counts. A pattern that repeats after as many is seen evenly.
    """
    across = _along(layers, depth, normal, reach, 0, 1)
    return _along(across, depth, normal, reach, 1, 0)


@compiled
def _along(layers, depth, normal, reach, down, right):
    height, width, count = layers.shape
    out, total = np.zeros_like(layers), np.empty(count, np.float32)
    for row in range(height):
        for column in range(width):
            here = depth[row, column]
            if not np.isfinite(here):
                continue
            total[:], weights = 0, np.float32(0)
            for step in range(1 - reach, reach):
                y, x = row + step * down, column + step * right
                if y < 0 or y >= height or x < 0 or x >= width:
                    continue
                alike = normal[row, column, 0] * normal[y, x, 0] + normal[row, column, 1] * normal[y, x, 1]
                alike += normal[row, column, 2] * normal[y, x, 2]
                slope = max(-normal[row, column, 2], np.float32(0.1))
                if alike < np.float32(0.3) or abs(depth[y, x] - here) > here * np.float32(0.004) * (1 + abs(step)) / slope:
                    continue
                weight = min((alike - np.float32(0.3)) / np.float32(0.6), np.float32(1)) ** 2
                weight *= np.float32(reach - abs(step))
                for c in range(count):
                    total[c] += weight * layers[y, x, c]
                weights += weight
            for c in range(count):
                out[row, column, c] = total[c] / weights
    return out
