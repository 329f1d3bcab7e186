"""How near two bodies are: distances between their triangles, by FCL (Pan, Chitta and Manocha, ICRA 2012)."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import fcl
import numpy as np
import trimesh
from scipy.spatial import QhullError

from simgen.geometry import Pose
from simgen.scenario.scene import BodyProperties
from simgen.scenario.surface import hull

SKIN = 0.001
"""Metres by which the smaller of two bodies may reach into the other where a scenario itself puts them."""


@dataclass(frozen=True, eq=False)
class Collider:
    """The triangles of one body in its own frame. A hollow body is hollow: what lies in a bin does not touch it."""

    mesh: trimesh.Trimesh

    @cached_property
    def hull(self) -> trimesh.Trimesh | None:
        """The convex hull; None for a body without thickness."""
        try:
            return self.mesh.convex_hull
        except QhullError:
            return None

    @cached_property
    def vertices(self) -> np.ndarray:
        """Corners of the convex hull, metres, float64, (V, 3): enough for bounds, footprints and lowest points."""
        return np.array((self.mesh if self.hull is None else self.hull).vertices)

    @cached_property
    def model(self) -> fcl.BVHModel:
        """The triangles as FCL wants them."""
        model = fcl.BVHModel()
        model.beginModel(len(self.mesh.vertices), len(self.mesh.faces))
        model.addSubModel(np.asarray(self.mesh.vertices), np.asarray(self.mesh.faces))
        model.endModel()
        return model

    @cached_property
    def corners(self) -> np.ndarray:
        """Vertices of each triangle, float64, (F, 3, 3)."""
        return np.asarray(self.mesh.triangles)

    @cached_property
    def core(self) -> "Collider":
        """The same body, SKIN thinner on every side."""
        low, high = self.mesh.bounds
        middle, extents = (low + high) / 2, high - low
        scale = np.maximum(1 - 2 * SKIN / np.maximum(extents, SKIN), 0.1)
        return Collider(trimesh.Trimesh(middle + (self.mesh.vertices - middle) * scale, self.mesh.faces, process=False))

    def bounds(self, pose: Pose) -> np.ndarray:
        """Lowest and highest x, y and z in the world, metres, float64, (2, 3)."""
        vertices = pose.apply(self.vertices)
        return np.stack([vertices.min(axis=0), vertices.max(axis=0)])

    def encloses(self, point: np.ndarray) -> bool:
        """Whether a point, (3,), of the body's frame lies in its matter.

        By the winding number, the sum of the solid angles of the triangles over 4 pi (Van Oosterom and Strackee, 1983).
        """
        a, b, c = np.moveaxis(self.corners - point, 1, 0)
        length_a, length_b, length_c = (np.linalg.norm(side, axis=1) for side in (a, b, c))
        volume = np.einsum("ij,ij->i", a, np.cross(b, c))
        dot_ab, dot_bc, dot_ca = (np.einsum("ij,ij->i", *pair) for pair in ((a, b), (b, c), (c, a)))
        below = length_a * length_b * length_c + dot_ab * length_c + dot_bc * length_a + dot_ca * length_b
        return float(np.sum(np.arctan2(volume, below))) / (2 * np.pi) > 0.5


def distance(a: Collider, world_T_a: Pose, b: Collider, world_T_b: Pose) -> float:
    """Metres between two bodies; 0 where they touch, cross, or one lies in the other's matter."""
    nearest = fcl.distance(_at(a, world_T_a), _at(b, world_T_b), fcl.DistanceRequest(), fcl.DistanceResult())
    if nearest <= 0 or _within(a, world_T_a, b, world_T_b) or _within(b, world_T_b, a, world_T_a):
        return 0.0
    return float(nearest)


def nearer_than(gap: float, a: Collider, world_T_a: Pose, b: Collider, world_T_b: Pose) -> bool:
    """Whether less than `gap` metres lie between two bodies."""
    (low_a, high_a), (low_b, high_b) = a.bounds(world_T_a), b.bounds(world_T_b)
    if np.any(np.maximum(low_a - high_b, low_b - high_a) > gap):
        return False
    nearest = distance(a, world_T_a, b, world_T_b)
    return nearest <= 0 or nearest < gap


def overlap(a: Collider, world_T_a: Pose, b: Collider, world_T_b: Pose) -> bool:
    """Whether two bodies share more room than touching needs: the smaller one, SKIN thinner, still meets the other."""
    if np.prod(np.ptp(a.vertices, axis=0)) < np.prod(np.ptp(b.vertices, axis=0)):
        return nearer_than(0.0, a.core, world_T_a, b, world_T_b)
    return nearer_than(0.0, a, world_T_a, b.core, world_T_b)


def _at(collider: Collider, pose: Pose) -> fcl.CollisionObject:
    return fcl.CollisionObject(collider.model, fcl.Transform(pose.rotation, pose.position))


def _within(a: Collider, world_T_a: Pose, b: Collider, world_T_b: Pose) -> bool:
    """Whether a, whose triangles do not cross b's, lies in b's matter: then so does any one of its points."""
    point = world_T_b.inverse().apply(world_T_a.apply(a.mesh.vertices[0]))
    low, high = b.mesh.bounds
    return bool(np.all((low < point) & (point < high))) and b.encloses(point)


def collider(body: BodyProperties, folder: Path | None) -> Collider:
    """The collider of a body whose numbers are fixed; equal shapes share one.

    Raises:
        AssetError: if its mesh or URDF is missing, empty or unreadable.
        UnknownName: if a joint is not in its URDF.
    """
    return _collider(body.model_dump_json(include={"shape", "joints"}), folder)


@lru_cache(maxsize=256)
def _collider(body: str, folder: Path | None) -> Collider:
    mesh = hull(BodyProperties.model_validate_json(body), folder)
    return Collider(trimesh.Trimesh(mesh.vertices, mesh.faces, process=True))
