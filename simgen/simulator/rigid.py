"""What simulators of rigid bodies share: the order of calls, commands of the arm, weather, sight, and snapshots.

An engine adds how its world is loaded, stepped, read, kept and put back (`RigidSimulator`'s last section). What cameras see is
cast by one ray caster at the engine's poses, so that ids, depth and flow of all engines mean the same.
"""

import io
import zipfile
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simgen.errors import InvalidValue, UnknownName
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Contacts, Observation, State
from simgen.scenario.robot import RobotModel, robot_model
from simgen.scenario.scene import ROBOT_ID, Mount, Scene
from simgen.scenario.schedule import conditions_at
from simgen.scenario.surface import links
from simgen.scenario.weather import Weather
from simgen.simulator.control import Controller, action_names, check_action
from simgen.simulator.raycast import RayCaster

KEPT = ("scene", "ticks", "torque", "memory", "last_pose")
"""What a snapshot holds beside what the engine keeps."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Where everything is and how it moves."""

    link_pose: np.ndarray
    """float64, (L, 7), as in `State`."""
    link_velocity: np.ndarray
    """float64, (L, 6), as in `State`."""
    joint_position: np.ndarray
    """The arm's joints, then the fingers', float64, (J + F,); empty without a robot."""
    joint_velocity: np.ndarray
    """The same, a second."""
    articulation: dict[str, float]
    """As in `State`."""


class RigidSimulator(ABC):
    """The simulator contract, but for the engine."""

    name: str
    keeps: tuple[str, ...]
    """Names of what the engine keeps in a snapshot."""

    def __init__(self, *, draws: bool = False):
        """Start nothing yet.

        Args:
            draws: whether `observe` brings the engine's own picture, too.
        """
        self._draws = draws
        self._caster: RayCaster | None = None
        self._state: State | None = None
        self._built = False

    def build(self, scene: Scene) -> None:
        """Load a Scene into an empty world; anything built before is gone.

        Raises:
            AssetError: if a mesh, URDF or texture is missing, empty or unreadable.
            UnknownName: if a label, robot, joint, colour or camera's mount is unknown.
        """
        self._caster = self._state = None
        self._built = False
        self.scene, self.links = scene, links(scene)
        self._folder = None if scene.folder is None else Path(scene.folder)
        self._rows = {link.name: row for row, link in enumerate(self.links)}
        for name, camera in scene.cameras.items():
            if camera.mount is not None and _mounted_on(camera.mount) not in self._rows:
                raise UnknownName(f"link for the camera '{name}'", _mounted_on(camera.mount), self._rows)
        fixed = {ROBOT_ID, *(body.id for body in scene.bodies if body.fixed)}
        self._fixed_rows = {row for row, link in enumerate(self.links) if link.index == 0 and link.body in fixed}
        self._robot_model: RobotModel | None = None
        if scene.robot is not None:
            self._robot_model = robot_model(scene.robot.name)
            self._tcp_row = self._rows[f"robot/{self._robot_model.tcp_link}"]
            self._tcp = Pose(self._robot_model.tcp_position, Pose.identity().orientation)
        self._dry_friction = np.array([body.friction for body in scene.bodies], dtype=np.float64)
        self._load()
        self._built = self._fresh = True

    def reset(self, seed: int) -> State:
        """Put everything where the Scene says, at rest, time 0. Nothing in an engine is left to chance: all seeds are alike."""
        if not self._built:
            raise InvalidValue("the order of calls", "reset", "build, reset, then the others")
        if not self._fresh:
            self._rewind()
            self._fresh = True
        self._ticks, self._last_pose, self._seen = 0, None, {}
        self._controller = None if self._robot_model is None else Controller(self.scene)
        self._torque = np.zeros(0 if self._robot_model is None else len(self._robot_model.arm))
        self._feel()
        self._state = self._read()
        return self._state

    def step(self, action: np.ndarray) -> State:
        """One control step of 1 / scene.control_rate seconds; `action` is float, (A,), in the scene's control mode.

        Raises:
            InvalidValue: on a wrong shape or a number that is not finite; the world is then unchanged.
        """
        self._begin_step(self._checked(action))
        self._go()
        return self._end_step()

    def _checked(self, action: np.ndarray) -> np.ndarray:
        """An action as float64, (A,)."""
        self._need_reset("step")
        return check_action(action, len(action_names(self.scene)))

    def _begin_step(self, action: np.ndarray) -> None:
        """Set out for where a checked action leads."""
        self._fresh = False
        self._course = None if self._controller is None else self._controller.command(action, self._state.joint_position)

    def _go(self) -> None:
        """The physics steps of one control step."""
        for number in range(self._physics_steps):
            self._head(number)
            self._advance()

    @property
    def _physics_steps(self) -> int:
        return self.scene.physics_rate // self.scene.control_rate

    def _head(self, number: int) -> None:
        """Set out for the setpoint after the coming physics step, one of those of a control step."""
        if self._course is not None:
            setpoints, opening = self._course
            velocity = (setpoints[number + 1] - setpoints[number]) * self.scene.physics_rate
            self._command(setpoints[number], velocity, opening)

    def _end_step(self) -> State:
        """What has come of it."""
        if self._robot_model is not None:
            self._torque = self._arm_torque()
        self._damp()
        self._ticks, self._last_pose = self._ticks + 1, self._state.link_pose
        self._feel()
        self._state = self._read()
        return self._state

    def _damp(self) -> None:
        """Take away the share of velocity that a body loses in one control step."""
        for number, body in enumerate(self.scene.bodies):
            if not body.fixed and (body.linear_damping or body.angular_damping):
                left = ((1.0 - damping) ** (1.0 / self.scene.control_rate) for damping in (body.linear_damping, body.angular_damping))
                self._slow(number, *left)

    def _feel(self) -> None:
        """Take on the weather of now, until the next control step."""
        if self.scene.coupled:
            self._take(conditions_at(self.scene, self._time_ns).weather)

    @property
    def _time_ns(self) -> int:
        return self._ticks * 10**9 // self.scene.control_rate

    def _read(self) -> State:
        moves = self._motion()
        arm = 0 if self._robot_model is None else len(self._robot_model.arm)
        tcp, opening = Pose.identity(), 0.0
        if self._robot_model is not None:
            tcp = Pose.from_row(moves.link_pose[self._tcp_row]) @ self._tcp
            opening = float(moves.joint_position[arm:].sum())
        return State(
            time_ns=self._time_ns,
            link_pose=moves.link_pose,
            link_velocity=moves.link_velocity,
            joint_position=moves.joint_position[:arm].copy(),
            joint_velocity=moves.joint_velocity[:arm].copy(),
            joint_torque=self._torque.copy(),
            tcp=tcp,
            gripper=opening,
            articulation=moves.articulation,
            contacts=self._contacts(),
            mass=self._mass(),
            friction=self._dry_friction * self._friction_factor(),
        )

    def jacobian(self) -> np.ndarray:
        """Of the tool centre point in the arm's joints, world frame, linear rows then angular, float64, (6, J)."""
        self._need_reset("jacobian")
        return np.zeros((6, 0)) if self._controller is None else self._controller.arm.jacobian(self._state.joint_position)

    def view(self, camera: str) -> CameraView:
        """Where a camera is now.

        Raises:
            UnknownName: if the scene has no such camera.
        """
        self._need_reset("view")
        return self._view(camera, self._state.link_pose)

    def _view(self, camera: str, link_pose: np.ndarray) -> CameraView:
        if camera not in self.scene.cameras:
            raise UnknownName("camera", camera, self.scene.cameras)
        said = self.scene.cameras[camera]
        intrinsics = Intrinsics.from_fov_y(said.width, said.height, np.deg2rad(said.fov_y_deg), said.distortion)
        mount = Pose.identity() if said.mount is None else Pose.from_row(link_pose[self._rows[_mounted_on(said.mount)]])
        return CameraView(camera, intrinsics, mount @ said.parent_T_camera, said.near, said.far)

    def observe(self, camera: str) -> Observation:
        """What a camera sees now: exact geometry buffers, and rgb where the simulator was made to draw.

        Raises:
            UnknownName: if the scene has no such camera.
        """
        view = self.view(camera)
        if self._caster is None:
            self._caster = RayCaster.shared(self.scene)
        seen = self._seen.get(camera)
        if seen is None or seen.time_ns != self._state.time_ns:
            seen = self._cast(view, seen)
            if self._draws:
                seen = replace(seen, rgb=self.picture(camera))
            self._seen[camera] = seen
        return seen

    def _cast(self, view: CameraView, last: Observation | None) -> Observation:
        """Cast rays; flow needs the last frame, which is cast anew where nobody looked at it."""
        if self._ticks > 0:
            then = (self._ticks - 1) * 10**9 // self.scene.control_rate
            if last is None or last.time_ns != then:
                last = self._caster.observe(self._view(view.name, self._last_pose), self._last_pose, then)
        return self._caster.observe(view, self._state.link_pose, self._state.time_ns, last, self._last_pose)

    def visible_fraction(self, camera: str) -> dict[int, float]:
        """Body id to the share of its outline, as this camera would see the body alone, in which it is seen now; 0 out of view.

        Raises:
            UnknownName: if the scene has no such camera.
        """
        return self._caster.visible_fraction(self.observe(camera), self._state.link_pose)

    def snapshot(self) -> bytes:
        """The exact state: what the engine needs to go on, and what SimGen keeps beside it.

        Going on from it, in this process or another with the same build, is bit for bit going on as if it had never been taken.
        """
        self._need_reset("snapshot")
        beside = {
            "scene": np.frombuffer(bytes.fromhex(self.scene.sha256), np.uint8),
            "ticks": np.array(self._ticks),
            "torque": self._torque,
            "memory": np.zeros(0) if self._controller is None else self._controller.memory,
            "last_pose": np.zeros((0, 7)) if self._last_pose is None else self._last_pose,
        }
        content = io.BytesIO()
        np.savez_compressed(content, **beside, **self._kept())
        return content.getvalue()

    def restore(self, snapshot: bytes) -> State:
        """Back to a snapshot taken of the same Scene, in this process or another.

        Raises:
            InvalidValue: if it is not a snapshot, or one of another Scene; the world is then unchanged.
        """
        if not self._built:
            raise InvalidValue("the order of calls", "restore", "build, then restore")
        kept = self._opened(snapshot)
        self._put_back(kept)
        self._fresh, self._seen = False, {}
        self._ticks, self._torque = int(kept["ticks"]), kept["torque"]
        self._last_pose = kept["last_pose"] if self._ticks else None
        self._controller = None
        if self._robot_model is not None:
            self._controller = Controller(self.scene)
            self._controller.memory = kept["memory"]
        self._feel()
        self._state = self._read()
        return self._state

    def _opened(self, snapshot: bytes) -> dict[str, np.ndarray]:
        try:
            with np.load(io.BytesIO(snapshot), allow_pickle=False) as stored:
                kept = {name: stored[name] for name in (*KEPT, *self.keeps)}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidValue("a snapshot", f"{len(snapshot)} bytes", f"what {self.name}'s snapshot() gave, unchanged") from error
        if kept["scene"].tobytes().hex() != self.scene.sha256:
            raise InvalidValue("a snapshot", f"of scene {kept['scene'].tobytes().hex()[:12]}", f"of this scene, {self.scene.sha256[:12]}")
        return kept

    def close(self) -> None:
        """Free the engine; closing twice is harmless."""
        self._free()
        self._caster = self._state = None
        self._built = False

    def _need_reset(self, call: str) -> None:
        if self._state is None:
            raise InvalidValue("the order of calls", call, "build, reset, then the others")

    # What an engine adds.

    @abstractmethod
    def _load(self) -> None:
        """The Scene into an empty world, whatever was there before, everything in its place, at rest."""

    @abstractmethod
    def _rewind(self) -> None:
        """A world that has moved back to how `_load` left it."""

    @abstractmethod
    def _command(self, position: np.ndarray, velocity: np.ndarray, opening: float) -> None:
        """Where the arm shall be before the coming physics step, (J,), how fast it shall go, (J,), and metres between the fingers."""

    @abstractmethod
    def _advance(self) -> None:
        """One physics step, under wind where there is any."""

    @abstractmethod
    def _arm_torque(self) -> np.ndarray:
        """Of the arm's motors in the last physics step, newton metres, float64, (J,)."""

    @abstractmethod
    def _slow(self, number: int, linear: float, angular: float) -> None:
        """Leave the body of this place in the Scene so much of its velocity at its centre of mass, and of its angular velocity."""

    @abstractmethod
    def _take(self, weather: Weather) -> None:
        """Make this the weather that is felt."""

    @abstractmethod
    def _friction_factor(self) -> float:
        """What every body's dry coefficient is multiplied by now."""

    @abstractmethod
    def _motion(self) -> Motion:
        """Read where everything is."""

    @abstractmethod
    def _contacts(self) -> Contacts:
        """Read what touches."""

    @abstractmethod
    def _mass(self) -> np.ndarray:
        """Of every body, kilograms, float64, (B,); inf for a fixed one."""

    @abstractmethod
    def picture(self, camera: str) -> np.ndarray:
        """What the engine itself draws now, sRGB, uint8, (H, W, 3)."""

    @abstractmethod
    def _kept(self) -> dict[str, np.ndarray]:
        """All that the engine needs to go on bit for bit, by the names in `keeps`."""

    @abstractmethod
    def _put_back(self, kept: dict[str, np.ndarray]) -> None:
        """The engine to what `_kept` said."""

    @abstractmethod
    def _free(self) -> None:
        """End the engine, if there is one."""


def _mounted_on(mount: Mount) -> str:
    """Name in the link table of what a camera is fixed to."""
    return mount.body if mount.link is None else f"{mount.body}/{mount.link}"
