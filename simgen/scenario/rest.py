"""How a body comes to rest on a level surface: which way it lies, and what it stands on."""

from dataclasses import dataclass

import numpy as np
from pyquaternion import Quaternion
from scipy.spatial import ConvexHull, QhullError

from simgen.scenario.collider import Collider

LEVEL = 0.001
"""Metres below the highest point that still belong to a level top."""
ROUNDING = 1e-6
"""Metres; what is this near an edge is on it."""


def laid_down(collider: Collider, orientation: Quaternion) -> Quaternion:
    """The orientation, tipped as little as it takes to stand on a face that holds the body.

    A face of the convex hull holds the body if the centre of mass is above that face: the plumb line from the centre
    leaves the hull through it. An orientation that stands already comes back as it is.
    """
    mesh, hull = collider.mesh, collider.hull
    if hull is None:
        return orientation
    centre = mesh.center_mass if mesh.is_volume else hull.center_mass
    normals = hull.face_normals
    heights = np.einsum("ij,ij->i", normals, hull.triangles[:, 0] - centre)
    down = orientation.inverse.rotate(np.array([0.0, 0.0, -1.0]))
    for face in np.argsort(-(normals @ down), kind="stable"):
        cosines = normals @ normals[face]
        exits = np.where(cosines > 1e-9, heights / np.maximum(cosines, 1e-9), np.inf)
        if heights[face] <= exits.min() + ROUNDING:
            return orientation * _between(normals[face], down)
    return orientation


def _between(a: np.ndarray, b: np.ndarray) -> Quaternion:
    """The shortest rotation that turns unit vector a into b."""
    axis, cosine = np.cross(a, b), float(np.dot(a, b))
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9 and cosine > 0:
        return Quaternion()
    if sine < 1e-9:
        axis = np.eye(3)[np.argmin(np.abs(a))] - a * a[np.argmin(np.abs(a))]
    return Quaternion(axis=axis, radians=np.arctan2(sine, cosine))


@dataclass(frozen=True, eq=False)
class Top:
    """The level top of a body, as a convex polygon."""

    height: float
    """Metres, world frame."""
    corners: np.ndarray
    """World x and y in metres, float64, (V, 2)."""
    edges: np.ndarray
    """Unit outward normals and offsets, float64, (E, 3): a point is on the top where normal . point + offset <= 0."""

    def carries(self, footprint: np.ndarray, margin: float) -> bool:
        """Whether world points, (N, 2), all lie on the top, at least `margin` metres from its edge."""
        return bool(np.all(footprint @ self.edges[:, :2].T + self.edges[:, 2] <= ROUNDING - margin))


def top(vertices: np.ndarray) -> Top | None:
    """The top of a body whose corners, (V, 3), are given in the world frame; None where it has no level face up there."""
    height = float(vertices[:, 2].max())
    corners = vertices[vertices[:, 2] > height - LEVEL, :2]
    try:
        return Top(height, corners, ConvexHull(corners).equations)
    except (QhullError, ValueError):  # fewer than three corners, or all in one line
        return None
