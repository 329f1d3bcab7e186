"""Shelter: what hangs over a place keeps rain, snow and dust off it."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.ndimage import maximum_filter

from simgen.geometry import Pose
from simgen.scenario.surface import Surface

CELL_M = 0.012
"""Edge of a cell of the map."""
HEADROOM_M = 0.04
"""What lies less than this above a place belongs to it."""
DRIFT_M = 0.012
"""How far aside what falls may come from."""
DIRECTIONS = 8
"""Ways in which the sky is looked for."""


class Shelter:
    """A map of the highest point over every place."""

    def __init__(self, surfaces: Sequence[Surface], poses: Mapping[tuple[int, int], Pose]):
        """Look down on all surfaces where their links are."""
        points = np.concatenate([np.zeros((0, 3)), *(_sampled(surface, poses[surface.body, surface.link]) for surface in surfaces)])
        self._low = points[:, :2].min(0, initial=0) - 2 * CELL_M
        self._size = np.ceil((points[:, :2].max(0, initial=0) + 2 * CELL_M - self._low) / CELL_M).astype(int) + 1
        top = np.full(self._size, -np.inf)
        np.maximum.at(top, self._cells(points), points[:, 2])
        self._top = maximum_filter(top, 3)  # closes the gaps between samples

    def open(self, points: np.ndarray) -> np.ndarray:
        """Share of the sky that is free over points in the world frame, (N, 3): 0 to 1, (N,)."""
        angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
        free = np.zeros(len(points))
        for dx, dy in zip(DRIFT_M * np.cos(angle), DRIFT_M * np.sin(angle), strict=True):
            free += self._top[self._cells(points + (dx, dy, 0.0))] < points[:, 2] + HEADROOM_M
        return free / DIRECTIONS

    def _cells(self, points: np.ndarray) -> tuple[np.ndarray, ...]:
        index = np.floor((points[:, :2] - self._low) / CELL_M).astype(int)
        return tuple(np.clip(index, 0, self._size - 1).T)


def _sampled(surface: Surface, pose: Pose) -> np.ndarray:
    """Points spread evenly over a surface, world frame, (N, 3), as the R2 sequence (Roberts, 2018) places them."""
    corners = pose.apply(surface.vertices)[surface.faces]
    edge_a, edge_b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    flat = 0.5 * np.abs(edge_a[:, 0] * edge_b[:, 1] - edge_a[:, 1] * edge_b[:, 0])
    count = 1 + np.ceil(2 * flat / CELL_M**2).astype(int)
    owner = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(owner))
    u, v = (0.5 + step * 0.7548776662466927) % 1, (0.5 + step * 0.5698402909980532) % 1
    u, v = np.where(u + v > 1, 1 - u, u)[:, None], np.where(u + v > 1, 1 - v, v)[:, None]
    return corners[owner, 0] + u * edge_a[owner] + v * edge_b[owner]
