"""Depth that was kept in few levels: of all surfaces that would have come out so, the smoothest.

Seen as it is, such depth is a staircase, and light falls on its treads. But every level says between which two depths a surface lies.
Within them nearness, 1 / depth, is made as even as it can be (the membrane over an obstacle on either side, by projected successive
over-relaxation: Cryer 1971); that of a plane is linear in the picture, so that planes come out as planes.
"""

import numpy as np

from simgen.compiled import compiled

SWEEPS = 120
RELAXATION = 1.85
APART = 0.07
"""Share of their depth by which neighbouring pixels of one thing differ that are not of one surface."""


def smoothed(depth: np.ndarray, instance: np.ndarray, nearest: np.ndarray, farthest: np.ndarray) -> np.ndarray:
    """The smoothest depth within levels.

    Args:
        depth: along the axis, in the middle of its level, metres, (H, W); inf where nothing is.
        instance: ids, (H, W); surfaces end where things do.
        nearest: where its level begins, metres, above 0, (H, W).
        farthest: where its level ends, metres, (H, W).

    Returns:
        Depth, float32, (H, W), from `nearest` to `farthest`; inf where nothing is.
    """
    nearness = 1 / depth.astype(np.float64)
    _relax(nearness, 1 / farthest.astype(np.float64), 1 / nearest.astype(np.float64), instance, APART, SWEEPS, RELAXATION)
    with np.errstate(divide="ignore"):
        return (1 / nearness).astype(np.float32)


@compiled
def _relax(nearness, least, most, instance, apart, sweeps, relaxation):
    height, width = nearness.shape
    down, right = np.zeros((height, width), np.bool_), np.zeros((height, width), np.bool_)
    for row in range(height):
        for column in range(width):
            here = nearness[row, column]
            if here <= 0:
                continue
            if row + 1 < height and instance[row, column] == instance[row + 1, column] and nearness[row + 1, column] > 0:
                down[row, column] = abs(here - nearness[row + 1, column]) < apart * here
            if column + 1 < width and instance[row, column] == instance[row, column + 1] and nearness[row, column + 1] > 0:
                right[row, column] = abs(here - nearness[row, column + 1]) < apart * here
    for _ in range(sweeps):
        for row in range(height):
            for column in range(width):
                total, count = 0.0, 0
                if down[row, column]:
                    total, count = total + nearness[row + 1, column], count + 1
                if right[row, column]:
                    total, count = total + nearness[row, column + 1], count + 1
                if row > 0 and down[row - 1, column]:
                    total, count = total + nearness[row - 1, column], count + 1
                if column > 0 and right[row, column - 1]:
                    total, count = total + nearness[row, column - 1], count + 1
                if count:
                    better = nearness[row, column] + relaxation * (total / count - nearness[row, column])
                    nearness[row, column] = min(max(better, least[row, column]), most[row, column])
