"""How a body comes to rest on a level surface: which way it lies, and what it stands on."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pyquaternion import Quaternion
from scipy.spatial import ConvexHull, QhullError

from simgen.scenario.collider import Collider

LEVEL = 0.001
"""Metres below the highest point that still belong to a level top."""
ROUNDING = 1e-6
"""Metres; what is this near an edge is on it."""
TIP = np.deg2rad(8.0)
"""Radians that a body must be able to be tipped without falling over."""
AROUND = 16
"""Directions in which that is tried."""


def laid_down(collider: Collider, orientation: Quaternion) -> Quaternion:
    """The orientation, tipped as little as it takes to stand on a face that holds the body.

    An orientation that stands already comes back as it is, and so does one of a body that no face holds, such as a ball.
    """
    normals = standing(collider)
    if len(normals) == 0:
        return orientation
    down = orientation.inverse.rotate(np.array([0.0, 0.0, -1.0]))
    return orientation * _between(normals[np.argmax(normals @ down)], down)


@lru_cache(maxsize=256)
def standing(collider: Collider) -> np.ndarray:
    """Outward normals of the faces of the convex hull that hold the body, in its own frame, float64, (N, 3).

    A face holds it if the centre of mass is above that face, so that the plumb line from the centre leaves the hull
    through it, and if tipping the body by TIP in any direction does not lower the centre.
    """
    if collider.hull is None:
        return np.zeros((0, 3))
    centre = collider.mesh.center_mass if collider.mesh.is_volume else collider.hull.center_mass
    normals, corners = collider.hull.face_normals, collider.vertices - centre
    heights = np.einsum("ij,ij->i", normals, collider.hull.triangles[:, 0] - centre)

    def holds(normal: np.ndarray, height: float) -> bool:
        cosines = normals @ normal
        exits = np.where(cosines > 1e-9, heights / np.maximum(cosines, 1e-9), np.inf)
        return height <= exits.min() + ROUNDING and (corners @ _tipped(normal).T).max(axis=0).min() >= height - ROUNDING

    held = [holds(normal, height) for normal, height in zip(normals, heights, strict=True)]
    return normals[np.array(held, dtype=bool)]


def _tipped(normal: np.ndarray) -> np.ndarray:
    """Directions TIP away from one on every side, float64, (AROUND, 3)."""
    across = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))])
    across /= np.linalg.norm(across)
    angle = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)[:, None]
    sideways = np.cos(angle) * across + np.sin(angle) * np.cross(normal, across)
    return np.cos(TIP) * normal + np.sin(TIP) * sideways


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
