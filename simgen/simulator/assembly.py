"""Assemblies: what of a Scene a physics engine must know, before it is said in any engine's language."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import trimesh
from pyquaternion import Quaternion
from scipy.spatial import QhullError

from simgen.errors import AssetError, UnknownName
from simgen.geometry import Pose
from simgen.scenario.articulation import Articulation, Joint
from simgen.scenario.mesh import joined, read_mesh, scaling
from simgen.scenario.robot import robot_model
from simgen.scenario.scene import PlacedBody, Scene
from simgen.scenario.shape import FLOOR, Box, Capsule, Cylinder, Mesh, Room, Sphere, Urdf
from simgen.scenario.surface import body_articulation, hull, robot_articulation
from simgen.scenario.visual import mesh_file
from simgen.simulator.collision import convex_pieces
from simgen.simulator.inertia import Inertia, inertia
from simgen.simulator.kinematics import base_pose, start

SHEET = 5e-4
"""Metres that a flat piece is thickened by on either side, for engines collide with solids only."""
GROUND = 20.0
"""Metres that a room's floor reaches each way."""
PEBBLE = 0.01
"""Radius in metres of the ball that a robot's link without a shape counts as."""


@dataclass(frozen=True)
class Touch:
    """How a shape meets others."""

    friction: float
    """Coulomb coefficient; that of a pair is the product of the two."""
    rolling: float
    """Metres, times the other's coefficient of friction."""
    spinning: float
    """Metres, times the other's coefficient of friction."""
    restitution: float
    """That of a pair is the product of the two."""


@dataclass(frozen=True, eq=False)
class Geom:
    """One convex shape."""

    kind: Literal["box", "sphere", "cylinder", "capsule", "hull"]
    size: tuple[float, ...]
    """Metres: half edges of a box; radius; radius and half of the straight height along z; nothing of a hull."""
    link_T_geom: Pose
    touch: Touch
    corners: np.ndarray | None = None
    """Of a hull, in the geom's frame, float64, (P, 3)."""


@dataclass(frozen=True, eq=False)
class Piece:
    """One link."""

    name: str
    """In the link table."""
    parent: int | None
    """Place of the parent among the pieces of its assembly; None of a base."""
    joint: Joint | None
    """What lets it move against its parent; None of a base."""
    start: float
    """Where the joint stands at the beginning, radians or metres."""
    damping: float
    """Of the joint, N s/m or N m s/rad."""
    friction: float
    """Of the joint, N or N m."""
    effort: float
    """Most of the joint's motor, N or N m; inf where nobody says."""
    speed: float
    """Most of the joint, m/s or rad/s; inf where nobody says."""
    inertia: Inertia | None
    """None where nothing can move it."""
    geoms: tuple[Geom, ...]


@dataclass(frozen=True, eq=False)
class Assembly:
    """The robot or one body: links that hang together, the base first."""

    id: int | None
    """Place in `Scene.bodies`; None of the robot."""
    world_T_base: Pose
    fixed: bool
    pieces: tuple[Piece, ...]

    @property
    def mass(self) -> float:
        """Kilograms; inf where the base is fixed."""
        return np.inf if self.fixed else self.weight

    @property
    def weight(self) -> float:
        """Kilograms of all that can move."""
        return sum(piece.inertia.mass for piece in self.pieces if piece.inertia is not None)

    @property
    def kind(self) -> "Assembly":
        """The same at the origin, of one kilogram and all surfaces alike: what assemblies have in common that differ in no more."""
        alike = Touch(1.0, 0.0, 0.0, 0.0)
        scale = 1.0 / self.weight if self.weight else 1.0
        pieces = tuple(
            replace(
                piece,
                start=0.0,
                inertia=None if piece.inertia is None else piece.inertia.scaled(scale),
                geoms=tuple(replace(geom, touch=alike) for geom in piece.geoms),
            )
            for piece in self.pieces
        )
        return replace(self, world_T_base=Pose.identity(), pieces=pieces)


def assemblies(scene: Scene) -> tuple[Assembly, ...]:
    """The robot, if any, then the bodies in their order.

    Raises:
        AssetError: if a mesh or URDF is missing, empty, unreadable, or flat where it should move.
        UnknownName: if a joint is unknown.
    """
    folder = None if scene.folder is None else Path(scene.folder)
    robot = [] if scene.robot is None else [_robot(scene)]
    return (*robot, *(_body(place, body, folder) for place, body in enumerate(scene.bodies)))


def _robot(scene: Scene) -> Assembly:
    model, tree = robot_model(scene.robot.name), robot_articulation(scene.robot.name)
    stands = dict(zip(model.arm, start(scene), strict=True)) | dict.fromkeys(model.fingers, 0.5 * model.opening)
    return Assembly(None, base_pose(scene), True, _pieces(tree, "robot", stands, decompose=False, rough=_said(tree)))


def _body(place: int, body: PlacedBody, folder: Path | None) -> Assembly:
    touch = Touch(body.friction, body.rolling_friction, body.spinning_friction, body.restitution)
    if isinstance(body.shape, Urdf):
        return _urdf(place, body, body_articulation(body.shape, folder), touch)
    mass = None if body.fixed else inertia(body, folder)
    piece = Piece(body.name, None, None, 0.0, 0.0, 0.0, np.inf, np.inf, mass, _geoms(body, folder, touch))
    return Assembly(place, body.pose, body.fixed, (piece,))


def _urdf(place: int, body: PlacedBody, tree: Articulation, touch: Touch) -> Assembly:
    moving = {joint.name for joint in tree.joints if joint.type != "fixed"}
    for name in body.joints:
        if name not in moving:
            raise UnknownName(f"joint of {body.name}", name, moving)
    pieces = _pieces(tree, body.name, body.joints, decompose=True, rough=dict.fromkeys(tree.links, touch), body=body)
    return Assembly(place, body.pose, body.fixed, pieces)


def _geoms(body: PlacedBody, folder: Path | None, touch: Touch) -> tuple[Geom, ...]:
    shape, here = body.shape, Pose.identity()
    match shape:
        case Box():
            return (Geom("box", tuple(0.5 * length for length in shape.box.size), here, touch),)
        case Sphere():
            return (Geom("sphere", (shape.sphere.radius,), here, touch),)
        case Cylinder():
            return (Geom("cylinder", (shape.cylinder.radius, 0.5 * shape.cylinder.height), here, touch),)
        case Capsule():
            return (Geom("capsule", (shape.capsule.radius, 0.5 * shape.capsule.height), here, touch),)
        case Room():  # whatever its size, what flies over its walls does not fall for ever
            return (Geom("box", (GROUND, GROUND, 0.5 * FLOOR), Pose([0.0, 0.0, -0.5 * FLOOR], here.orientation), touch),)
        case Mesh():
            mesh = hull(body, folder)
            return _hulls(Path(shape.mesh.file), np.asarray(mesh.vertices), np.asarray(mesh.faces), here, touch, decompose=True)


def _hulls(file: Path, vertices, faces, pose: Pose, touch: Touch, *, decompose: bool) -> tuple[Geom, ...]:
    """Convex pieces of a mesh; one that is a sheet gets a thickness."""
    try:
        corners = convex_pieces(vertices, faces) if decompose else (np.asarray(trimesh.convex.convex_hull(vertices).vertices),)
    except QhullError:
        corners = (_thickened(file, vertices),)
    return tuple(Geom("hull", (), pose, touch, piece) for piece in corners)


def _thickened(file: Path, vertices: np.ndarray) -> np.ndarray:
    """Corners of a flat mesh, moved to both of its sides."""
    across = np.linalg.svd(vertices - vertices.mean(0))[2][-1]
    try:
        return np.asarray(trimesh.convex.convex_hull(np.concatenate([vertices + SHEET * across, vertices - SHEET * across])).vertices)
    except QhullError as error:
        raise AssetError(file, "is a line or a point and cannot collide; give it an area.") from error


def _pieces(
    tree: Articulation, name: str, stands: dict[str, float], *, decompose: bool, rough: dict[str, Touch], body: PlacedBody | None = None
) -> tuple[Piece, ...]:
    """Links of a URDF.

    Args:
        tree: the URDF.
        name: of the body; link tables name its base so.
        stands: joint to where it stands; others stand at 0.
        decompose: whether meshes are taken apart into convex pieces.
        rough: link to how it meets others.
        body: the body, whose mass and joint friction come before the file's; None of a robot, whose links weigh as solids of their
            shapes, for robots' files are kept for their looks.
    """
    links = {link.name: link for link in tree.robot.links}
    said = {joint.name: joint for joint in tree.robot.joints}
    masses = [_mass(links[link]) for link in tree.links]
    scale = 1.0 if body is None or body.mass is None else body.mass / sum(masses)
    immovable = {tree.links[0]} if body is None or body.fixed else set()
    found = []
    for index, link in enumerate(tree.links):
        joint = tree.joints[index - 1] if index else None
        if joint is not None and joint.type == "fixed" and joint.parent in immovable:
            immovable.add(link)
        geoms = _link_geoms(tree, link, decompose, rough[link])
        weight = None
        if link not in immovable:
            made = _solid(geoms, masses[index]) if body is None else _stated(links[link], masses[index], tree.scale)
            weight = made.scaled(scale)
        limit, dynamics = (getattr(said[joint.name], what) if joint else None for what in ("limit", "dynamics"))
        found.append(
            Piece(
                name=name if index == 0 else f"{name}/{link}",
                parent=None if joint is None else tree.links.index(joint.parent),
                joint=joint,
                start=0.0 if joint is None else float(stands.get(joint.name, 0.0)),
                damping=_either(body and body.joint_damping, dynamics and dynamics.damping, 0.0),
                friction=_either(body and body.joint_friction, dynamics and dynamics.friction, 0.0),
                effort=_either(limit and limit.effort, None, np.inf),
                speed=_either(limit and limit.velocity, None, np.inf),
                inertia=weight,
                geoms=geoms,
            )
        )
    return tuple(found)


def _either(first: float | None, second: float | None, otherwise: float) -> float:
    """The first of two numbers that is given and not 0."""
    return float(first or second or otherwise)


def _mass(link) -> float:
    """Kilograms that a URDF gives a link; 1, as PyBullet takes it, where it is silent."""
    return 1.0 if link.inertial is None or link.inertial.mass is None else float(link.inertial.mass)


def _stated(link, mass: float, scale: float) -> Inertia:
    """As the URDF says."""
    origin = np.eye(4) if link.inertial is None or link.inertial.origin is None else link.inertial.origin
    matrix = np.eye(3) if link.inertial is None or link.inertial.inertia is None else np.asarray(link.inertial.inertia, np.float64)
    return _principal(mass, scale * origin[:3, 3], origin[:3, :3], scale**2 * matrix)


def _solid(geoms: tuple[Geom, ...], mass: float) -> Inertia:
    """Of the convex hull of some hulls, as if it were of even density."""
    corners = [geom.link_T_geom.apply(geom.corners) for geom in geoms if geom.corners is not None]
    if not corners:
        return Inertia(mass, Pose.identity(), np.full(3, 0.4 * mass * PEBBLE**2))
    solid = trimesh.convex.convex_hull(np.concatenate(corners))
    return _principal(mass, solid.center_mass, np.eye(3), solid.moment_inertia * mass / solid.volume)


def _principal(mass: float, centre: np.ndarray, turn: np.ndarray, matrix: np.ndarray) -> Inertia:
    """From a centre of mass and a matrix about it in axes turned against the link's."""
    moments, axes = np.linalg.eigh(turn @ matrix @ turn.T)
    if np.linalg.det(axes) < 0:
        axes = -axes
    return Inertia(mass, Pose(centre, Quaternion(matrix=axes, rtol=1e-6, atol=1e-6)), moments)


@lru_cache(maxsize=64)
def _said(tree: Articulation) -> dict[str, Touch]:
    """How a robot's links meet others, by its URDF's `<contact>`; what it leaves open is 0.5 and 0, as PyBullet takes it."""
    found = {}
    for link in ElementTree.parse(tree.file).getroot().findall("link"):
        told = {one.tag: float(one.get("value")) for contact in link.findall("contact") for one in contact if one.get("value")}
        friction, rolling = told.get("lateral_friction", 0.5), told.get("rolling_friction", 0.0)
        found[link.get("name")] = Touch(friction, rolling, told.get("spinning_friction", 0.0), told.get("restitution", 0.0))
    return found


def _link_geoms(tree: Articulation, link: str, decompose: bool, touch: Touch) -> tuple[Geom, ...]:
    found = []
    for collision in next(one for one in tree.robot.links if one.name == link).collisions:
        origin = Pose.identity() if collision.origin is None else Pose.from_matrix(collision.origin)
        pose = Pose(tree.scale * origin.position, origin.orientation)
        found += _collision(tree, collision.geometry, pose, decompose, touch)
    return tuple(found)


def _collision(tree: Articulation, shape, pose: Pose, decompose: bool, touch: Touch) -> tuple[Geom, ...]:
    scale = tree.scale
    if shape.box is not None:
        return (Geom("box", tuple(0.5 * scale * float(length) for length in shape.box.size), pose, touch),)
    if shape.sphere is not None:
        return (Geom("sphere", (scale * float(shape.sphere.radius),), pose, touch),)
    if shape.cylinder is not None:
        return (Geom("cylinder", (scale * float(shape.cylinder.radius), 0.5 * scale * float(shape.cylinder.length)), pose, touch),)
    file = mesh_file(tree.file, shape.mesh.filename)
    matrix = scaling(scale) @ scaling(1.0 if shape.mesh.scale is None else shape.mesh.scale)
    vertices, faces = joined([part.moved(matrix) for part in read_mesh(file)])
    return _hulls(file, vertices, faces, pose, touch, decompose=decompose)
