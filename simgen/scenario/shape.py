"""The shapes a body can have. In YAML: `shape: {box: {size: [0.05, 0.05, 0.05]}}`."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Discriminator, Tag

from simgen.errors import UnknownName
from simgen.scenario.distribution import Choice, Fraction, Model, Number, Positive, Size
from simgen.scenario.mjcf_files import SUFFIXES, is_mjcf


class BoxParameters(Model):
    size: Size
    """Full edge lengths along x, y and z, metres."""


class Box(Model):
    """A box centred on its frame."""

    box: BoxParameters


class SphereParameters(Model):
    radius: Positive
    """Metres."""


class Sphere(Model):
    """A sphere centred on its frame."""

    sphere: SphereParameters


class RoundParameters(Model):
    radius: Positive
    """Metres."""
    height: Positive
    """Metres along z; of a capsule, the length of its straight part."""


class Cylinder(Model):
    """A cylinder along z, centred on its frame."""

    cylinder: RoundParameters


class Capsule(Model):
    """A cylinder along z with half spheres on both ends, centred on its frame."""

    capsule: RoundParameters


class FileParameters(Model):
    file: str
    """Beside the scenario file, on the assets shelf, `package://NAME/PATH` or absolute."""
    scale: Positive = 1.0


class Mesh(Model):
    """Triangles of any file trimesh reads, in metres after `scale`; a dynamic one collides as its convex decomposition."""

    mesh: FileParameters


class Urdf(Model):
    """An articulated or compound body; its frame is its base link's."""

    urdf: FileParameters
    """Of a URDF, or of an MJCF, whose name ends in .xml or .mjcf."""


class Mjcf(Model):
    """The same said by an MJCF, MuJoCo's XML; once read it is a Urdf.

    Its frame is that of the one body at the top, wherever the file puts it, if that is free or nothing else is there; else it is
    the file's world, which must be `fixed`. Joints count as in the file, and one that the scenario does not name stands at 0, whatever
    its `ref`. Its looks are the geoms of groups 0 to 2, as MuJoCo shows it.
    """

    mjcf: FileParameters


def _as_urdf(shape: Mjcf) -> Urdf:
    if not is_mjcf(shape.mjcf.file):
        raise ValueError(f"the file of an mjcf ends in {' or '.join(SUFFIXES)}, got '{shape.mjcf.file}'")
    return Urdf(urdf=shape.mjcf)


RoomKind = Literal["workshop", "kitchen", "laboratory", "warehouse", "office", "yard"]
ROOM_KINDS: tuple[str, ...] = RoomKind.__args__


def _room_tag(value: Any) -> str:
    return "choice" if isinstance(value, dict | BaseModel) else "name"


def _known_room(value: Any) -> Any:
    named = value.get("choice", []) if isinstance(value, dict) else [value]
    for name in named if isinstance(named, list) else []:
        if isinstance(name, str) and name not in ROOM_KINDS:
            raise ValueError(str(UnknownName("room", name, ROOM_KINDS)))
    return value


class RoomParameters(Model):
    kind: Annotated[
        Annotated[Choice[RoomKind], Tag("choice")] | Annotated[RoomKind, Tag("name")],
        Discriminator(_room_tag),
        BeforeValidator(_known_room),
    ]
    size: Size = (4.6, 4.4, 2.8)
    """Metres along x, y and z; four tenths of x lie behind the robot, 0.45 of y on its left."""
    clutter: Fraction = 0.6
    """How much stands and lies about."""
    seed: Number | None = None
    """Which of the many rooms; None takes the seed of the body's material, which is drawn for every body of a Scene."""


class Room(Model):
    """What stands around a robot, for the eye: floor, walls and furniture; only its floor collides.

    Its frame is on the floor, below the robot. It has no ceiling, so that sun and lamps light it, and no wall towards -y.
    """

    room: RoomParameters


FLOOR = 0.02
"""Thickness of a room's floor, metres."""
KINDS = {"box": Box, "sphere": Sphere, "cylinder": Cylinder, "capsule": Capsule, "mesh": Mesh, "urdf": Urdf, "mjcf": Mjcf, "room": Room}


def _kind(value: Any) -> str:
    keys = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, BaseModel) else ()
    return next((kind for kind in (*KINDS, "choice") if kind in keys), "box")


def _known_kind(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value
    if not isinstance(value, dict) or not any(kind in value for kind in (*KINDS, "choice")):
        named = repr(next(iter(value), "")) if isinstance(value, dict) else repr(value)
        raise ValueError(f"no shape is called {named}; known: {', '.join(KINDS)}")
    return value


AnyShape = Annotated[
    Annotated[Box, Tag("box")]
    | Annotated[Sphere, Tag("sphere")]
    | Annotated[Cylinder, Tag("cylinder")]
    | Annotated[Capsule, Tag("capsule")]
    | Annotated[Mesh, Tag("mesh")]
    | Annotated[Urdf, Tag("urdf")]
    | Annotated[Annotated[Mjcf, AfterValidator(_as_urdf)], Tag("mjcf")]
    | Annotated[Room, Tag("room")],
    Discriminator(_kind),
    BeforeValidator(_known_kind),
]

Shape = Annotated[
    Annotated[Box, Tag("box")]
    | Annotated[Sphere, Tag("sphere")]
    | Annotated[Cylinder, Tag("cylinder")]
    | Annotated[Capsule, Tag("capsule")]
    | Annotated[Mesh, Tag("mesh")]
    | Annotated[Urdf, Tag("urdf")]
    | Annotated[Annotated[Mjcf, AfterValidator(_as_urdf)], Tag("mjcf")]
    | Annotated[Room, Tag("room")]
    | Annotated[Choice[AnyShape], Tag("choice")],
    Discriminator(_kind),
    BeforeValidator(_known_kind),
]
"""One shape, or a choice of shapes. In a Scene it is always one shape."""
