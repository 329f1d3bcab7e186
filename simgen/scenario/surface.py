"""Links and triangles of a Scene: what any simulator, ray caster or path tracer must agree on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import trimesh

from simgen import shelves
from simgen.errors import AssetError, UnknownName
from simgen.geometry import Pose
from simgen.observation import Link
from simgen.scenario import solid
from simgen.scenario.articulation import Articulation, articulation
from simgen.scenario.classes import CLASSES
from simgen.scenario.colours import rgb
from simgen.scenario.finish import PLAIN, Finish
from simgen.scenario.material.clad import clad, look, printed
from simgen.scenario.mesh import Part, read_mesh, read_texture, scaling
from simgen.scenario.robot import RobotModel, robot_model, robots
from simgen.scenario.room.rooms import furnished
from simgen.scenario.room.shell import floor_slab
from simgen.scenario.scene import ROBOT_ID, PlacedBody, Scene
from simgen.scenario.shape import Box, Capsule, Cylinder, Mesh, Room, Shape, Sphere, Urdf
from simgen.scenario.skin import skin
from simgen.scenario.visual import link_parts

WHITE = (1.0, 1.0, 1.0)
GREY = (0.7, 0.7, 0.7)
"""Of what no file and no scenario gives a colour."""
BEVEL = 0.003, 0.03
"""Most metres by which a solid's edges are cut off for the eye, and most of its shortest edge; for physics they are sharp."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles of one material on one link."""

    body: int
    """SimGen body id."""
    link: int
    """Link index within the body."""
    vertices: np.ndarray
    """Link frame, metres, float64, (V, 3)."""
    faces: np.ndarray
    """int32, (F, 3), counter-clockwise from outside."""
    colour: tuple[float, float, float]
    """sRGB 0 to 1; the texture is multiplied by it."""
    uv: np.ndarray | None = None
    """Texture coordinates, float64, (V, 2): (0, 0) is the image's lower left corner, (1, 1) its upper right; repeats beyond."""
    texture: np.ndarray | None = None
    """sRGB, uint8, (h, w, 3)."""
    normals: np.ndarray | None = None
    """Unit vertex normals for smooth shading, link frame, float64, (V, 3); None where the asset has none."""
    finish: Finish = PLAIN
    """How it takes light."""


def links(scene: Scene) -> tuple[Link, ...]:
    """The link table of a scene, the same for every simulator: the robot's links first, then the bodies' by id.

    Raises:
        UnknownName: if a label is in no class table.
        AssetError: if a URDF is missing or malformed.
    """
    classes = CLASSES | scene.classes
    table = []
    if scene.robot is not None:
        model = robot_model(scene.robot.name)
        for index, name in enumerate(robot_articulation(scene.robot.name).links):
            table.append(Link(ROBOT_ID, index, _named("robot", index, name), classes[_robot_class(model, name)]))
    for body in scene.bodies:
        if body.label not in classes:
            raise UnknownName("class", body.label, classes)
        names = body_articulation(body.shape, _folder(scene)).links if isinstance(body.shape, Urdf) else (body.name,)
        for index, name in enumerate(names):
            label = name if isinstance(body.shape, Urdf) and name in classes else body.label
            table.append(Link(body.id, index, _named(body.name, index, name), classes[label]))
    return tuple(table)


def surfaces(scene: Scene) -> tuple[Surface, ...]:
    """Every visible triangle of a scene's robot and bodies, in the frames of their links.

    Raises:
        AssetError: if a mesh, URDF or texture is missing, empty or unreadable, or a texture is asked of a mesh without UVs.
    """
    found = []
    if scene.robot is not None:
        worn = skin(scene, robot_model(scene.robot.name), robot_articulation(scene.robot.name))
        found.extend(_surface(ROBOT_ID, link, part, finish) for link, part, finish in worn)
    for body in scene.bodies:
        found.extend(body_surfaces(body, _folder(scene)))
    return tuple(found)


def body_surfaces(body: PlacedBody, folder: Path | None) -> list[Surface]:
    """Every visible triangle of one body, in the frames of its links; `folder` is where the scenario file stands."""
    if isinstance(body.shape, Room):
        return [_surface(body.id, 0, part, finish) for part, finish in _room(body)]
    texture = None if body.texture is None else read_texture(shelves.asset(body.texture, folder))
    colour = rgb(body.colour) if isinstance(body.colour, str) else body.colour
    names = body_articulation(body.shape, folder).links if isinstance(body.shape, Urdf) else (None,)
    found = []
    for link, part in _drawn(body, folder):
        made = look(body.material, body.label, names[link], body.id)
        if texture is not None:
            if part.uv is None:
                problem = f"'{body.name}' has no texture coordinates to lay it on; unwrap its mesh or give it a colour."
                raise AssetError(body.texture, problem)
            part, made = replace(part, texture=texture, colour=WHITE), replace(made, chosen=False)
        found.append(_surface(body.id, link, *clad(part, made, colour, _around(body.shape))))
    return found


def hull(body, folder: Path | None) -> trimesh.Trimesh:
    """All visible triangles of one body as one mesh in its base frame, its joints where they start.

    Args:
        body: anything with a `shape` and `joints` whose numbers are fixed: a body of a Scenario or of a Scene.
        folder: where the scenario file stands.
    """
    poses = [Pose.identity()]
    if isinstance(body.shape, Urdf):
        poses = body_articulation(body.shape, folder).forward(body.joints)
    vertices, faces, count = [], [], 0
    for link, part in _parts(body.shape, folder):
        vertices.append(poses[link].apply(part.vertices))
        faces.append(part.faces + count)
        count += len(part.vertices)
    return trimesh.Trimesh(np.concatenate(vertices), np.concatenate(faces), process=False)


def robot_articulation(name: str) -> Articulation:
    """The links and joints of a robot on the assets shelf."""
    return articulation(shelves.asset(robot_model(name).urdf, robots()[name].parent))


def body_articulation(shape: Urdf, folder: Path | None) -> Articulation:
    """The links and joints of a URDF shape, at its scale; `folder` is where the scenario file stands."""
    return articulation(shelves.asset(shape.urdf.file, folder), shape.urdf.scale)


def _folder(scene: Scene) -> Path | None:
    return None if scene.folder is None else Path(scene.folder)


def _named(body: str, index: int, link: str) -> str:
    return body if index == 0 else f"{body}/{link}"


def _robot_class(model: RobotModel, link: str) -> str:
    return "gripper" if link in model.gripper_links else "robot"


def _surface(body: int, link: int, part: Part, finish: Finish) -> Surface:
    uv = None if part.texture is None else part.uv
    return Surface(body, link, part.vertices, part.faces, tuple(part.colour or GREY), uv, part.texture, part.normals, finish)


def _drawn(body: PlacedBody, folder: Path | None) -> tuple[tuple[int, Part], ...]:
    """(link index, triangles in the link's frame) as they look: solids bevelled, goods of the shelf labelled."""
    most, share = BEVEL
    match body.shape:
        case Box():
            size = body.shape.box.size
            return ((0, solid.box(size, min(most, share * min(size)))),)
        case Cylinder():
            radius, height = body.shape.cylinder.radius, body.shape.cylinder.height
            return ((0, solid.cylinder(radius, height, min(most, share * min(2 * radius, height)))),)
        case Mesh():
            seed = look(body.material, body.label, None, body.id).seed
            return tuple((link, printed(part, body.shape.mesh.file, seed)) for link, part in _parts(body.shape, folder))
    return _parts(body.shape, folder)


def _room(body: PlacedBody) -> tuple[tuple[Part, Finish], ...]:
    room, made = body.shape.room, look(body.material, body.label, None, body.id)
    return furnished(room.kind, room.size, room.clutter, made.seed if room.seed is None else int(room.seed), made.wear)


def _around(shape: Shape) -> tuple[float, float] | None:
    """Metres around a round solid and along its profile; None of what is not one."""
    match shape:
        case Sphere():
            return 2 * np.pi * shape.sphere.radius, np.pi * shape.sphere.radius
        case Cylinder():
            return 2 * np.pi * shape.cylinder.radius, shape.cylinder.height
        case Capsule():
            return 2 * np.pi * shape.capsule.radius, shape.capsule.height + np.pi * shape.capsule.radius
    return None


def _parts(shape: Shape, folder: Path | None) -> tuple[tuple[int, Part], ...]:
    """(link index, triangles in the link's frame) of any shape."""
    match shape:
        case Box():
            part = solid.box(shape.box.size)
        case Sphere():
            part = solid.sphere(shape.sphere.radius)
        case Cylinder():
            part = solid.cylinder(shape.cylinder.radius, shape.cylinder.height)
        case Capsule():
            part = solid.capsule(shape.capsule.radius, shape.capsule.height)
        case Mesh():
            scale = scaling(shape.mesh.scale)
            return tuple((0, part.moved(scale)) for part in read_mesh(shelves.asset(shape.mesh.file, folder)))
        case Room():
            part = floor_slab(shape.room.size)
        case Urdf():
            return link_parts(body_articulation(shape, folder))
    return ((0, part),)
