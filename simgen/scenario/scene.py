"""Scene: one concrete draw of a Scenario. Every number is fixed; it is all a simulator needs."""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, model_validator

from simgen.errors import UnknownName
from simgen.geometry import Pose
from simgen.scenario.change import Change, check_lamps
from simgen.scenario.colours import COLOURS
from simgen.scenario.distribution import (
    DISTRIBUTIONS,
    Choice,
    FieldOfView,
    Finite,
    Fraction,
    Model,
    NonNegative,
    Number,
    Positive,
    Vector,
)
from simgen.scenario.light import Light
from simgen.scenario.material.material import Material
from simgen.scenario.sensor import Sensor
from simgen.scenario.shape import Shape
from simgen.scenario.weather import Weather

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""A name that can be a key of a dataset: lower case letters, digits and underscores."""
ControlMode = Literal["joint_position", "joint_velocity", "ee_delta"]
ROBOT_ID = 1
"""The robot's body id in every scene; the bodies follow from 2 in the order of the file."""


def _colour_kind(value: Any) -> str:
    return "name" if isinstance(value, str) else "choice" if isinstance(value, dict | Choice) else "channels"


def _known_colour(value: Any) -> Any:
    named = value.get("choice", []) if isinstance(value, dict) else [value]
    for name in named if isinstance(named, list) else []:
        if isinstance(name, str) and name not in COLOURS:
            raise ValueError(str(UnknownName("colour", name, COLOURS)))
    return value


Colour = Annotated[
    Annotated[tuple[Fraction, Fraction, Fraction], Tag("channels")]
    | Annotated[Choice[str], Tag("choice")]
    | Annotated[str, Tag("name")],
    Discriminator(_colour_kind),
    BeforeValidator(_known_colour),
]
"""sRGB 0 to 1, a colour's name, or a choice of names. In a Scene it is three floats or a name."""


class Paint(Model):
    """What a surface looks like without light."""

    colour: Colour | None = None
    """A texture is multiplied by it. None keeps the asset's own."""
    texture: str | None = None
    """An image file, looked up as a mesh is. Boxes, cylinders and spheres carry UVs; a mesh must bring its own."""
    material: Material = Material()
    """What it is made of; a texture that is given stays, and takes only the finish."""


class Physics(Model):
    """What a body does when touched."""

    mass: Positive | None = None
    """Kilograms; None takes `density` times the volume (of a URDF: what the file says)."""
    density: Positive = 500.0
    """kg/m3."""
    friction: NonNegative = 0.8
    """Coulomb coefficient; the coefficient of a pair is the product of the two."""
    rolling_friction: NonNegative = 0.0
    spinning_friction: NonNegative = 0.001
    restitution: Fraction = 0.0
    """The restitution of a pair is the product of the two."""
    linear_damping: Fraction = 0.0
    """Share of velocity lost a second."""
    angular_damping: Fraction = 0.01


class BodyProperties(Paint, Physics):
    """What Scenario and Scene say of a body alike."""

    shape: Shape
    label: str = "object"
    """A class of the global class table or of the scenario's `classes`."""
    fixed: bool = False
    """Does not move whatever touches it."""
    joints: dict[str, Number] = {}
    """Initial positions of the joints of a URDF or MJCF, radians or metres."""
    joint_damping: NonNegative = 0.0
    joint_friction: NonNegative = 0.0


class PlacedBody(BodyProperties):
    """A body of a Scene: one shape, one place."""

    id: int
    name: Identifier
    position: tuple[Finite, Finite, Finite]
    """Metres, world frame, of the body's frame."""
    orientation_wxyz: tuple[Finite, Finite, Finite, Finite]

    @property
    def pose(self) -> Pose:
        """world_T_body."""
        return Pose.from_wxyz(self.position, self.orientation_wxyz)

    def moved(self, pose: Pose) -> "PlacedBody":
        """The same body elsewhere."""
        return self.model_copy(update={"position": tuple(map(float, pose.position)), "orientation_wxyz": tuple(map(float, pose.wxyz))})


class Mount(Model):
    """What a camera is fixed to."""

    body: str
    """`robot` or a body's name."""
    link: str | None = None
    """A link's name; None is the base."""


class Camera(Model):
    """A pinhole camera. Its pose is in the world, or in the frame of what it is mounted on."""

    width: Annotated[int, Field(ge=8, le=8192)] = 256
    height: Annotated[int, Field(ge=8, le=8192)] = 256
    fov_y_deg: FieldOfView = 50.0
    """Vertical field of view."""
    position: Vector
    """Metres."""
    look_at: Vector | None = None
    """A point the optical axis meets; give this or orientation_wxyz."""
    orientation_wxyz: tuple[Number, Number, Number, Number] | None = None
    """Camera to parent; x right, y down, z forward."""
    mount: Mount | None = None
    distortion: tuple[Number, Number, Number, Number, Number] = (0.0, 0.0, 0.0, 0.0, 0.0)
    """Brown-Conrady k1, k2, p1, p2, k3, as in OpenCV."""
    near: Positive = 0.01
    """Metres."""
    far: Positive = 20.0
    """Metres."""

    @model_validator(mode="after")
    def _aimed_once(self):
        if (self.look_at is None) == (self.orientation_wxyz is None):
            raise ValueError("give either look_at or orientation_wxyz")
        if self.look_at == self.position:
            raise ValueError("look_at must be a point away from position")
        return self

    @model_validator(mode="after")
    def _sees_something(self):
        if isinstance(self.near, float) and isinstance(self.far, float) and self.near >= self.far:
            raise ValueError(f"near must be less than far, got {self.near:g} and {self.far:g}")
        return self

    @property
    def parent_T_camera(self) -> Pose:
        """Of a camera whose numbers are fixed."""
        if self.look_at is not None:
            return Pose.looking(self.position, self.look_at)
        return Pose.from_wxyz(self.position, self.orientation_wxyz)


class RobotPlacement(Model):
    """Which robot stands where."""

    name: str = "panda"
    """A folder of the assets shelf with a robot.yaml."""
    position: Vector = (0.0, 0.0, 0.0)
    """Metres, of the base, world frame."""
    yaw_deg: Number = 0.0
    joints: list[Number] | None = None
    """Arm joints at the start, radians; None is the robot's own home."""


class Task(Model):
    """What is to be done. Which roles and settings a task knows is the task's own affair."""

    name: str
    roles: dict[str, str] = {}
    """What part each body plays, for example {object: cube, target: bin}."""
    settings: dict[str, Number] = {}
    instructions: list[str] | None = None
    """Phrasings, with roles in braces ("put the {object} into the {target}"); None takes the task's own."""


class Stage(Model):
    """What Scenario and Scene say of the whole alike."""

    schema_version: Literal[1]
    name: Identifier
    description: str = ""
    duration: Positive = 10.0
    """Seconds of simulated time before an episode is given up."""
    control_rate: Annotated[int, Field(ge=1, le=240)] = 20
    """Control steps, and frames, a second."""
    physics_rate: Annotated[int, Field(ge=60, le=10000)] = 240
    """Physics steps a second; a whole multiple of control_rate."""
    control: ControlMode = "ee_delta"
    gravity: Vector = (0.0, 0.0, -9.81)
    """m/s2."""
    classes: dict[str, Annotated[int, Field(ge=200, le=254)]] = {}
    """Semantic classes beyond the global table."""
    robot: RobotPlacement | None = RobotPlacement()
    cameras: dict[Identifier, Camera]
    weather: Weather = Weather()
    light: Light = Light()
    sensor: Sensor = Sensor()
    """Of every camera."""
    changes: tuple[Change, ...] = ()
    """What becomes of weather, light and sensor within an episode."""
    coupled: bool = False
    """Whether bodies feel the weather: wet and icy friction, and the wind."""
    task: Task | None = None

    @model_validator(mode="after")
    def _known_lamps(self):
        check_lamps(self.light, self.changes)
        return self

    @model_validator(mode="after")
    def _whole_steps(self):
        if self.physics_rate % self.control_rate:
            raise ValueError(f"physics_rate must be a whole multiple of control_rate, got {self.physics_rate} and {self.control_rate}")
        return self


def undrawn(value: Any, path: str = "") -> str | None:
    """The path of the first number that is still a distribution, if any."""
    if isinstance(value, (*DISTRIBUTIONS, Choice)):
        return path
    items: Any = ()
    if isinstance(value, BaseModel):
        items = ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    return next((found for name, item in items if (found := undrawn(item, f"{path}.{name}".lstrip(".")))), None)


class Scene(Stage):
    """One concrete draw of a Scenario."""

    seed: int
    episode: int
    attempt: int = 0
    """How many arrangements of this episode were rejected before this one."""
    bodies: tuple[PlacedBody, ...]
    """In order of id, from 2."""
    instruction: str = ""
    """The task in words."""
    assets: dict[str, str] = {}
    """Every file the scene refers to, by its reference, with its SHA-256."""
    folder: str | None = Field(default=None, exclude=True)
    """Where the scenario file stands, for files named beside it; not part of the scene's identity."""

    @model_validator(mode="after")
    def _nothing_left_to_chance(self):
        if path := undrawn(self):
            raise ValueError(f"{path} is still a distribution; draw the scenario first")
        return self

    @property
    def json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, shortest floats that read back exactly."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal."""
        return hashlib.sha256(self.json.encode()).hexdigest()

    def body(self, name: str) -> PlacedBody:
        """The body of that name."""
        return next(body for body in self.bodies if body.name == name)
