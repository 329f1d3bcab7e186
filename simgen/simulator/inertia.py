"""Mass, centre of mass and inertia of solid bodies of even density."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from pyquaternion import Quaternion
from scipy.spatial import QhullError

from simgen.errors import AssetError
from simgen.geometry import Pose
from simgen.scenario.scene import PlacedBody
from simgen.scenario.shape import Box, Capsule, Cylinder, Mesh, Sphere
from simgen.scenario.surface import hull


@dataclass(frozen=True, eq=False)
class Inertia:
    """How a rigid body resists being moved."""

    mass: float
    """Kilograms."""
    body_T_com: Pose
    """The centre of mass, with the principal axes."""
    diagonal: np.ndarray
    """Principal moments about the centre of mass, kg m2, float64, (3,)."""

    def scaled(self, factor: float) -> "Inertia":
        """Of so many times the density."""
        return Inertia(factor * self.mass, self.body_T_com, factor * self.diagonal)


def inertia(body: PlacedBody, folder: Path | None) -> Inertia:
    """Of a box, sphere, cylinder, capsule or mesh; a mesh that is not closed counts as its convex hull.

    Args:
        body: with its mass, or its density where the mass is None.
        folder: where the scenario file stands.

    Raises:
        AssetError: if a mesh encloses no volume.
    """
    volume, com, unit = _mesh(body, folder) if isinstance(body.shape, Mesh) else _primitive(body.shape)
    mass = body.density * volume if body.mass is None else body.mass
    return Inertia(mass, com, mass * unit)


def _primitive(shape: Box | Sphere | Cylinder | Capsule) -> tuple[float, Pose, np.ndarray]:
    """Volume, centre of mass, and moments for a mass of 1."""
    match shape:
        case Box():
            x, y, z = shape.box.size
            return x * y * z, Pose.identity(), np.array([y * y + z * z, x * x + z * z, x * x + y * y]) / 12
        case Sphere():
            r = shape.sphere.radius
            return 4 / 3 * np.pi * r**3, Pose.identity(), np.full(3, 0.4 * r * r)
        case Cylinder():
            r, h = shape.cylinder.radius, shape.cylinder.height
            across = (3 * r * r + h * h) / 12
            return np.pi * r * r * h, Pose.identity(), np.array([across, across, 0.5 * r * r])
        case Capsule():
            return _capsule(shape.capsule.radius, shape.capsule.height)


def _capsule(r: float, h: float) -> tuple[float, Pose, np.ndarray]:
    """A cylinder and two half spheres, each half sphere's own centre of mass 3/8 r beyond the cylinder's end."""
    cylinder, ends = np.pi * r * r * h, 4 / 3 * np.pi * r**3
    across = cylinder * (3 * r * r + h * h) / 12 + ends * (0.4 * r * r + 0.25 * h * h + 0.375 * h * r)
    along = cylinder * 0.5 * r * r + ends * 0.4 * r * r
    return cylinder + ends, Pose.identity(), np.array([across, across, along]) / (cylinder + ends)


def _mesh(body: PlacedBody, folder: Path | None) -> tuple[float, Pose, np.ndarray]:
    """Volume, centre of mass with principal axes, and moments for a mass of 1, of a body that is a mesh."""
    mesh = hull(body, folder)
    mesh = trimesh.Trimesh(mesh.vertices, mesh.faces, process=True)
    if not mesh.is_volume:
        mesh = _closed(mesh, body)
    moments, axes = np.linalg.eigh(mesh.moment_inertia / mesh.volume)
    if np.linalg.det(axes) < 0:
        axes = -axes
    com = Pose(mesh.center_mass, Quaternion(matrix=axes, rtol=1e-6, atol=1e-6))
    return float(mesh.volume), com, moments


def _closed(mesh: trimesh.Trimesh, body: PlacedBody) -> trimesh.Trimesh:
    """The convex hull of a mesh; AssetError where it is flat."""
    try:
        solid = mesh.convex_hull
    except QhullError as error:
        raise AssetError(body.shape.mesh.file, f"'{body.name}' is flat and cannot move; make it fixed or give it a thickness.") from error
    if solid.volume < 1e-12:
        raise AssetError(body.shape.mesh.file, f"'{body.name}' encloses no volume; make it fixed or enlarge it.")
    return solid
