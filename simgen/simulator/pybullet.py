"""PyBullet: rigid bodies and arms on the CPU, with the engine's own picture.

PyBullet multiplies the friction, and the restitution, of two bodies that touch; a bounce may come out faster by up to
0.08 of the speed of impact, its cure for overlap. Every shape stands on a link of its own
(`collision`), the solver never stops early and pairs are sorted: what PyBullet's own file of a world needs to go on bit
for bit.
"""

import io
import tempfile
import zipfile
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from simgen.errors import InvalidValue, UnknownName, UnusableLibrary
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation, State
from simgen.scenario.robot import robot_model
from simgen.scenario.scene import ROBOT_ID, Scene
from simgen.scenario.schedule import conditions_at
from simgen.scenario.surface import links, surfaces
from simgen.simulator.bullet.loading import Loader
from simgen.simulator.bullet.painter import Painter
from simgen.simulator.bullet.reading import articulation, contacts, link_motion
from simgen.simulator.bullet.weathered import Weathered
from simgen.simulator.control import Controller, action_names, check_action
from simgen.simulator.quiet import quiet
from simgen.simulator.raycast import RayCaster

try:
    with quiet():  # it prints the day it was built
        import pybullet
except ImportError as error:
    raise UnusableLibrary("pybullet", str(error)) from error

ITERATIONS = 60
"""Of the constraint solver, in every physics step."""
STIFFNESS = 0.1
"""Share of an arm joint's distance from its setpoint that its motor makes good in one physics step."""
GRIP_STIFFNESS = 0.3
"""The same of the fingers."""


class Engine:
    """PyBullet's functions bound to one private world, and its constants."""

    def __init__(self):
        """Start an empty world."""
        with quiet():
            self.client = pybullet.connect(pybullet.DIRECT)

    def __getattr__(self, name: str):
        found = getattr(pybullet, name)
        if callable(found):
            found = partial(found, physicsClientId=self.client)
        setattr(self, name, found)
        return found


class PyBullet:
    """The simulator contract on PyBullet; several may live in one process."""

    name = "pybullet"

    def __init__(self, renderer: Literal["tiny", "none"] = "none"):
        """Start nothing yet.

        Args:
            renderer: `tiny` makes `observe` draw rgb with PyBullet's software renderer, without shadows; `none` leaves rgb out.

        Raises:
            UnknownName: if it is neither.
        """
        if renderer not in ("tiny", "none"):
            raise UnknownName("renderer", renderer, ("tiny", "none"))
        self._draws = renderer == "tiny"
        self._engine: Engine | None = None
        self._easel: Engine | None = None
        self._painter: Painter | None = None
        self._caster: RayCaster | None = None
        self._state: State | None = None

    def build(self, scene: Scene) -> None:
        """Load a Scene into an empty world; anything built before is gone.

        Raises:
            AssetError: if a mesh, URDF or texture is missing, empty or unreadable.
            UnknownName: if a label, robot, joint, colour or camera's mount is unknown.
        """
        self.close()
        self.scene, self.links = scene, links(scene)
        self._rows = {link.name: row for row, link in enumerate(self.links)}
        for name, camera in scene.cameras.items():
            if camera.mount is not None and _mounted_on(camera.mount) not in self._rows:
                raise UnknownName(f"link for the camera '{name}'", _mounted_on(camera.mount), self._rows)
        self._engine = Engine()
        self._load()

    def _load(self) -> None:
        engine, scene = self._engine, self.scene
        with quiet():  # PyBullet prints warnings about links without mass
            engine.resetSimulation()
            engine.setGravity(*scene.gravity)
            engine.setPhysicsEngineParameter(
                fixedTimeStep=1.0 / scene.physics_rate,
                numSubSteps=0,
                numSolverIterations=ITERATIONS,
                solverResidualThreshold=0.0,  # stopping early would depend on what else is in the world
                deterministicOverlappingPairs=1,
            )
            loader = Loader(engine, scene, self._rows)
            self._robot = None if scene.robot is None else loader.robot()
            self._bodies = [loader.body(body) for body in scene.bodies]
            engine.performCollisionDetection()
        self._actors = [actor for actor in (self._robot, *self._bodies) if actor is not None]
        fixed = {ROBOT_ID, *(body.id for body in scene.bodies if body.fixed)}
        self._fixed_rows = {row for row, link in enumerate(self.links) if link.index == 0 and link.body in fixed}
        self._row_of = {(actor.uid, index): row for actor in self._actors for index, row in actor.rows.items()}
        self._fresh = True
        self._weathered = Weathered(engine, scene, self._actors) if scene.coupled else None
        if self._robot is not None:
            self._motorise()

    def _motorise(self) -> None:
        engine, model = self._engine, robot_model(self.scene.robot.name)
        self._arm = [self._robot.joints[name] for name in model.arm]
        self._fingers = [self._robot.joints[name] for name in model.fingers]
        self._torque_limit = [engine.getJointInfo(self._robot.uid, joint)[10] for joint in self._arm]
        self._finger_speed = engine.getJointInfo(self._robot.uid, self._fingers[0])[11]
        self._grip_force, self._tcp = model.grip_force, Pose(model.tcp_position, Pose.identity().orientation)
        self._tcp_row = self._rows[f"robot/{model.tcp_link}"]

    def reset(self, seed: int) -> State:
        """Put everything where the Scene says, at rest, time 0. Nothing in PyBullet is left to chance: all seeds are alike."""
        if self._engine is None:
            raise InvalidValue("the order of calls", "reset", "build, reset, then the others")
        if not self._fresh:
            self._load()
        self._ticks, self._last_pose, self._seen = 0, None, {}
        self._torque = np.zeros(0 if self._robot is None else len(self._arm))
        self._controller = None if self._robot is None else Controller(self.scene)
        self._feel()
        self._state = self._read()
        return self._state

    def step(self, action: np.ndarray) -> State:
        """One control step of 1 / scene.control_rate seconds; `action` is float, (A,), in the scene's control mode.

        Raises:
            InvalidValue: on a wrong shape or a number that is not finite; the world is then unchanged.
        """
        self._need_reset("step")
        action = check_action(action, len(action_names(self.scene)))
        self._fresh = False
        if self._robot is None:
            for _ in range(self.scene.physics_rate // self.scene.control_rate):
                self._advance()
        else:
            self._drive(*self._controller.command(action, self._state.joint_position))
        self._damp()
        self._ticks, self._last_pose = self._ticks + 1, self._state.link_pose
        self._feel()
        self._state = self._read()
        return self._state

    def _advance(self) -> None:
        """One physics step."""
        if self._weathered is not None:
            self._weathered.blow()
        self._engine.stepSimulation()

    def _feel(self) -> None:
        """Take on the weather of now, until the next control step."""
        if self._weathered is not None:
            self._weathered.take(conditions_at(self.scene, self._time_ns).weather)

    @property
    def _time_ns(self) -> int:
        return self._ticks * 10**9 // self.scene.control_rate

    def _drive(self, setpoints: np.ndarray, opening: float) -> None:
        """Physics steps along setpoints, (S + 1, J): each starts at one of them and, by velocity, aims at the next."""
        engine, uid, arm = self._engine, self._robot.uid, self._arm
        for finger in self._fingers:
            engine.setJointMotorControl2(
                uid,
                finger,
                engine.POSITION_CONTROL,
                targetPosition=0.5 * opening,
                force=self._grip_force,
                positionGain=GRIP_STIFFNESS,
                velocityGain=1.0,
                maxVelocity=self._finger_speed,
            )
        velocities = (np.diff(setpoints, axis=0) * self.scene.physics_rate).tolist()
        gains = {"positionGains": [STIFFNESS] * len(arm), "velocityGains": [1.0] * len(arm)}
        for setpoint, velocity in zip(setpoints[:-1].tolist(), velocities, strict=True):
            engine.setJointMotorControlArray(
                uid, arm, engine.POSITION_CONTROL, setpoint, targetVelocities=velocity, forces=self._torque_limit, **gains
            )
            self._advance()
        self._torque = np.array([state[3] for state in engine.getJointStates(uid, arm)])

    def _damp(self) -> None:
        """Take away the share of velocity that a body loses in one control step."""
        for actor, body in zip(self._bodies, self.scene.bodies, strict=True):
            if not body.fixed and (body.linear_damping or body.angular_damping):
                velocity = self._engine.getBaseVelocity(actor.uid)
                kept = ((1.0 - damping) ** (1.0 / self.scene.control_rate) for damping in (body.linear_damping, body.angular_damping))
                slower = [(share * np.array(part)).tolist() for share, part in zip(kept, velocity, strict=True)]
                self._engine.resetBaseVelocity(actor.uid, *slower)

    def _read(self) -> State:
        engine, scene = self._engine, self.scene
        pose, velocity = link_motion(engine, self._actors, len(self.links))
        arm = np.zeros((0, 2))
        tcp, opening = Pose.identity(), 0.0
        if self._robot is not None:
            states = engine.getJointStates(self._robot.uid, [*self._arm, *self._fingers])
            moving = np.array([state[:2] for state in states])
            arm, opening = moving[: len(self._arm)], float(moving[len(self._arm) :, 0].sum())
            tcp = Pose.from_row(pose[self._tcp_row]) @ self._tcp
        return State(
            time_ns=self._time_ns,
            link_pose=pose,
            link_velocity=velocity,
            joint_position=arm[:, 0].copy(),
            joint_velocity=arm[:, 1].copy(),
            joint_torque=self._torque.copy(),
            tcp=tcp,
            gripper=opening,
            articulation=articulation(engine, self._bodies, [body.name for body in scene.bodies]),
            contacts=contacts(engine, self._row_of, self._fixed_rows),
            mass=np.array([actor.mass for actor in self._bodies]),
            friction=self._friction(),
        )

    def _friction(self) -> np.ndarray:
        """Coefficient of every body as it is now, float64, (B,)."""
        dry = np.array([body.friction for body in self.scene.bodies], dtype=np.float64)
        return dry if self._weathered is None else dry * self._weathered.factor

    def jacobian(self) -> np.ndarray:
        """Of the tool centre point in the arm's joints, world frame, linear rows then angular, float64, (6, J)."""
        self._need_reset("jacobian")
        return np.zeros((6, 0)) if self._robot is None else self._controller.arm.jacobian(self._state.joint_position)

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
        """What a camera sees now: exact geometry buffers, and rgb where the renderer is `tiny`.

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

    def picture(self, camera: str) -> np.ndarray:
        """What PyBullet's TinyRenderer draws now, sRGB, uint8, (H, W, 3).

        Raises:
            UnknownName: if the scene has no such camera.
        """
        return self._draw().draw(self.view(camera), self._state.link_pose)[0]

    def visible_fraction(self, camera: str) -> dict[int, float]:
        """Body id to the share of its outline, as this camera would see the body alone, in which it is seen now; 0 out of view.

        Raises:
            UnknownName: if the scene has no such camera.
        """
        return self._caster.visible_fraction(self.observe(camera), self._state.link_pose)

    def _cast(self, view: CameraView, last: Observation | None) -> Observation:
        """Cast rays; flow needs the last frame, which is cast anew where nobody looked at it."""
        if self._ticks > 0:
            then = (self._ticks - 1) * 10**9 // self.scene.control_rate
            if last is None or last.time_ns != then:
                last = self._caster.observe(self._view(view.name, self._last_pose), self._last_pose, then)
        return self._caster.observe(view, self._state.link_pose, self._state.time_ns, last, self._last_pose)

    def camera_image(self, camera: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One call of PyBullet's getCameraImage with TinyRenderer, its half-pixel bias corrected.

        Returns:
            rgb, uint8, (H, W, 3); depth in metres along the optical axis, float32, (H, W), inf where nothing was hit;
            body ids, int32, (H, W), 0 for background.
        """
        return self._draw().whole(self.view(camera), self._state.link_pose)

    def _draw(self) -> Painter:
        """The painter, built when it is first needed."""
        if self._painter is None:
            self._easel = Engine()
            with quiet():
                self._painter = Painter(self._easel, surfaces(self.scene), self.links, self.scene.light)
        return self._painter

    def snapshot(self) -> bytes:
        """The exact state: PyBullet's own file of the world, and what SimGen keeps beside it.

        Going on from it, in this process or another with the same build, is bit for bit going on as if it had never been taken.
        """
        self._need_reset("snapshot")
        with tempfile.NamedTemporaryFile(suffix=".bullet") as file, quiet():
            self._engine.saveBullet(file.name)
            world = file.read()
        beside = {
            "scene": np.frombuffer(bytes.fromhex(self.scene.sha256), np.uint8),
            "world": np.frombuffer(world, np.uint8),
            "touched": np.array(len(self._engine.getContactPoints() or ()) > 0),
            "ticks": np.array(self._ticks),
            "torque": self._torque,
            "memory": np.zeros(0) if self._controller is None else self._controller.memory,
            "last_pose": np.zeros((0, 7)) if self._last_pose is None else self._last_pose,
        }
        content = io.BytesIO()
        np.savez_compressed(content, **beside)
        return content.getvalue()

    def restore(self, snapshot: bytes) -> State:
        """Back to a snapshot taken of the same Scene, in this process or another.

        Raises:
            InvalidValue: if it is not a snapshot, or one of another Scene; the world is then unchanged.
        """
        if self._engine is None:
            raise InvalidValue("the order of calls", "restore", "build, then restore")
        kept = self._opened(snapshot)
        if not kept["touched"] and not self._fresh:  # PyBullet forgets the contacts of now only for others in the file
            self._load()
        with tempfile.NamedTemporaryFile(suffix=".bullet") as file, quiet():
            file.write(kept["world"].tobytes())
            file.flush()
            self._engine.restoreState(fileName=file.name)
        self._fresh, self._seen = False, {}
        self._ticks, self._torque = int(kept["ticks"]), kept["torque"]
        self._last_pose = kept["last_pose"] if self._ticks else None
        if self._robot is not None:
            self._controller = Controller(self.scene)
            self._controller.memory = kept["memory"]
        self._feel()
        self._state = self._read()
        return self._state

    def _opened(self, snapshot: bytes) -> dict[str, np.ndarray]:
        try:
            with np.load(io.BytesIO(snapshot), allow_pickle=False) as stored:
                kept = {name: stored[name] for name in ("scene", "world", "touched", "ticks", "torque", "memory", "last_pose")}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidValue("a snapshot", f"{len(snapshot)} bytes", "what snapshot() gave, unchanged") from error
        if kept["scene"].tobytes().hex() != self.scene.sha256:
            raise InvalidValue("a snapshot", f"of scene {kept['scene'].tobytes().hex()[:12]}", f"of this scene, {self.scene.sha256[:12]}")
        return kept

    def close(self) -> None:
        """Free the engine; closing twice is harmless."""
        for engine in (self._engine, self._easel):
            if engine is not None:
                engine.disconnect()
        self._engine = self._easel = self._painter = self._caster = self._state = None

    def _need_reset(self, call: str) -> None:
        if self._state is None:
            raise InvalidValue("the order of calls", call, "build, reset, then the others")


def _mounted_on(mount) -> str:
    """Name in the link table of what a camera is fixed to."""
    return mount.body if mount.link is None else f"{mount.body}/{mount.link}"
