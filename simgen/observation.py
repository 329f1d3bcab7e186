"""What a simulator says about one instant: Observation (what a camera saw) and State (the physics truth)."""

from dataclasses import dataclass, field

import numpy as np

from simgen.errors import ShapeMismatch
from simgen.geometry import CameraView, Pose


@dataclass(frozen=True, eq=False)
class Observation:
    """What one camera saw at one instant. Every array is (H, W, ...) of one size."""

    view: CameraView
    """The camera: name, intrinsics and pose at this instant."""
    time_ns: int
    """Simulated time in nanoseconds."""
    depth: np.ndarray
    """Distance along the optical axis in metres, float32, (H, W); inf where nothing was hit."""
    instance: np.ndarray
    """Body ids, int32, (H, W); 0 is background."""
    link: np.ndarray
    """Link index within the body, int32, (H, W); 0 for single rigid bodies and for an articulated body's base; -1 is background."""
    semantic: np.ndarray
    """Class ids of the global class table, int32, (H, W); 0 is background."""
    normal: np.ndarray
    """Unit surface normals in the camera frame, facing the camera, float32, (H, W, 3); zeros where nothing was hit."""
    flow: np.ndarray
    """Backward flow in pixels, float32, (H, W, 2): previous position (u, v) minus this one; NaN where the point was not visible."""
    albedo: np.ndarray
    """Surface colour without light, sRGB, uint8, (H, W, 3); zeros where nothing was hit."""
    rgb: np.ndarray | None = None
    """The simulator's own picture, sRGB, uint8, (H, W, 3); None where it was not asked to draw."""
    roughness: np.ndarray | None = None
    """Perceptual roughness over 255, uint8, (H, W); 255 where nothing was hit; None where nobody knows."""
    metallic: np.ndarray | None = None
    """Share of metal over 255, uint8, (H, W); 0 where nothing was hit; None where nobody knows."""
    light: np.ndarray | None = None
    """What a white matt surface would send to the camera, cd/m2 in linear sRGB, float32, (H, W, 3): direct light of sun, sky and lamps
    with shadows; zeros where nothing was hit; None where it was not asked for."""

    @classmethod
    def blank(cls, view: CameraView, time_ns: int) -> "Observation":
        """Of a camera before which nothing stands, or of which nobody asks what does."""
        size = view.intrinsics.height, view.intrinsics.width
        ids = np.zeros(size, np.int32), np.full(size, -1, np.int32), np.zeros(size, np.int32)
        vectors = np.zeros((*size, 3), np.float32), np.full((*size, 2), np.nan, np.float32), np.zeros((*size, 3), np.uint8)
        return cls(view, time_ns, np.full(size, np.inf, np.float32), *ids, *vectors)

    def __post_init__(self):
        size = self.depth.shape
        maps = {"instance": (), "link": (), "semantic": (), "normal": (3,), "flow": (2,), "albedo": (3,), "rgb": (3,)}
        maps |= {"roughness": (), "metallic": (), "light": (3,)}
        for name, channels in maps.items():
            array = getattr(self, name)
            if array is not None and array.shape != size + channels:
                raise ShapeMismatch(name, array.shape, f"depth {size}", size + channels)


@dataclass(frozen=True)
class Link:
    """One rigid piece of a Scene. Rows of `State.link_pose` and `State.link_velocity` follow the order of the link table."""

    body: int
    """SimGen body id, from 1."""
    index: int
    """Link index within the body; 0 is the base."""
    name: str
    """`body` for a single rigid body and a base, `body/link` for the others."""
    semantic: int
    """Class id of the global class table."""


@dataclass(frozen=True, eq=False)
class Contacts:
    """Touching pairs at one instant; C may be 0. Rows are sorted by body, link and position, so that order never carries chance."""

    link_a: np.ndarray
    """Row of the link table, int32, (C,)."""
    link_b: np.ndarray
    """Row of the link table, int32, (C,); link_a <= link_b."""
    position: np.ndarray
    """Midpoint of contact, world frame, metres, float64, (C, 3)."""
    normal: np.ndarray
    """Unit normal from b towards a, world frame, float64, (C, 3)."""
    force: np.ndarray
    """Normal force on a along `normal`, newtons, float64, (C,)."""
    friction: np.ndarray
    """Friction force on a, world frame, newtons, float64, (C, 3)."""
    distance: np.ndarray
    """Separation in metres, negative where the bodies overlap, float64, (C,)."""

    @classmethod
    def none(cls) -> "Contacts":
        rows, vectors, scalars = np.zeros(0, np.int32), np.zeros((0, 3)), np.zeros(0)
        return cls(rows, rows, vectors, vectors, scalars, vectors, scalars)

    def __len__(self) -> int:
        return len(self.force)


@dataclass(frozen=True, eq=False)
class State:
    """The physics truth at one instant: L links in the order of the link table, B bodies in the order of `Scene.bodies`
    (the robot is not among them), J joints of the robot's arm."""

    time_ns: int
    """Simulated time in nanoseconds; 0 at reset."""
    link_pose: np.ndarray
    """world_T_link of every link: position in metres, quaternion w, x, y, z, float64, (L, 7)."""
    link_velocity: np.ndarray
    """Linear velocity of the link frame's origin in m/s, then angular velocity in rad/s, world frame, float64, (L, 6)."""
    joint_position: np.ndarray
    """The robot's arm joints in radians, float64, (J,); (0,) without a robot."""
    joint_velocity: np.ndarray
    """rad/s, float64, (J,)."""
    joint_torque: np.ndarray
    """Torque the motors applied in the last physics step, newton metres, float64, (J,)."""
    tcp: Pose
    """world_T_tcp of the tool centre point between the fingertips; identity without a robot."""
    gripper: float
    """Opening between the fingers in metres; 0 is closed and also what a scene without a robot says."""
    articulation: dict[str, float]
    """Positions of the joints of the other articulated bodies, `body/joint` to radians or metres."""
    contacts: Contacts
    """Touching pairs."""
    mass: np.ndarray
    """Mass of every body in kilograms, float64, (B,); inf for a fixed body."""
    friction: np.ndarray
    """Coefficient of lateral friction of every body as it is now, wet or icy where the scene couples it to its weather, float64, (B,)."""
    progress: float = float("nan")
    """How far the task has come, 0 to 1; NaN where no task was asked."""
    success: bool = False
    """Whether the task is done; False where no task was asked."""

    def pose(self, row: int) -> Pose:
        """world_T_link of one row of the link table."""
        return Pose.from_row(self.link_pose[row])


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A robot's run through a scene: T instants, one action after each."""

    states: tuple[State, ...]
    """(T,)."""
    actions: np.ndarray
    """What was commanded after each instant, float32, (T, A), in the scene's control mode."""
    observations: dict[str, tuple[Observation, ...]] = field(default_factory=dict)
    """Camera name to its (T,) observations."""
