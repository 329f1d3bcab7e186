"""A body's bearing: what stays of its pose wherever it is put."""

from dataclasses import dataclass

import numpy as np
from pyquaternion import Quaternion

from simgen.geometry import Pose
from simgen.scenario.orientation import yaw

LIFT = 1e-4
"""Metres between a body and what it stands on, so that no simulator begins with an overlap."""


class Refused(Exception):
    """A place that will not do; says why, for the histogram."""


@dataclass(frozen=True, eq=False)
class Stance:
    """How a body stands wherever it is put: turned so much, or towards a point."""

    vertices: np.ndarray
    """Corners of its convex hull in its own frame, turned but for the heading, metres, float64, (V, 3)."""
    upright: Quaternion
    """Its orientation but for the heading."""
    turn: float
    """Heading added to that, radians."""
    target: np.ndarray | None
    """World x and y in metres that its x axis points at, (2,)."""

    def at(self, xy: np.ndarray, level: float) -> Pose:
        """The pose in which its origin is above `xy` and its lowest point LIFT above `level`."""
        return Pose((*xy, level + LIFT - self.vertices[:, 2].min()), self.orientation(xy))

    def orientation(self, xy: np.ndarray) -> Quaternion:
        return yaw(self.heading(xy)) * self.upright

    def heading(self, xy: np.ndarray) -> float:
        if self.target is None:
            return self.turn
        x_axis, towards = self.upright.rotate(np.array([1.0, 0.0, 0.0]))[:2], self.target - xy
        if np.linalg.norm(x_axis) < 1e-6 or np.linalg.norm(towards) < 1e-6:
            raise Refused("cannot face what is right above or below it, or with its x axis upright")
        return self.turn + np.arctan2(towards[1], towards[0]) - np.arctan2(x_axis[1], x_axis[0])

    def footprint(self, xy: np.ndarray) -> np.ndarray:
        """World x and y of its corners in metres, float64, (V, 2)."""
        return (self.vertices @ yaw(self.heading(xy)).rotation_matrix.T)[:, :2] + xy
