"""PyBullet: rigid bodies and arms on the CPU, with the engine's own picture.

PyBullet multiplies the friction, and the restitution, of two bodies that touch; a bounce may come out faster by up to
0.08 of the speed of impact, its cure for overlap. Every shape stands on a link of its own
(`collision`), the solver never stops early and pairs are sorted: what PyBullet's own file of a world needs to go on bit
for bit.
"""

import tempfile
from functools import partial

import numpy as np

from simgen.errors import UnusableLibrary
from simgen.observation import Contacts
from simgen.scenario.surface import surfaces
from simgen.scenario.weather import Weather
from simgen.simulator.bullet.loading import Loader
from simgen.simulator.bullet.painter import Painter
from simgen.simulator.bullet.reading import articulation, contacts, link_motion
from simgen.simulator.bullet.weathered import Weathered
from simgen.simulator.quiet import quiet
from simgen.simulator.rigid import Motion, RigidSimulator

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


class PyBullet(RigidSimulator):
    """The simulator contract on PyBullet; several may live in one process. Its own picture is TinyRenderer's, without shadows."""

    name = "pybullet"
    keeps = ("world", "touched")

    def __init__(self, *, draws: bool = False):
        """Start nothing yet; `draws` makes `observe` bring TinyRenderer's picture."""
        super().__init__(draws=draws)
        self._engine: Engine | None = None
        self._easel: Engine | None = None
        self._painter: Painter | None = None

    def _load(self) -> None:
        self._free()
        self._engine = Engine()
        self._rewind()

    def _rewind(self) -> None:
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
        self._row_of = {(actor.uid, index): row for actor in self._actors for index, row in actor.rows.items()}
        self._weathered = Weathered(engine, scene, self._actors) if scene.coupled else None
        if self._robot is not None:
            self._motorise()

    def _motorise(self) -> None:
        engine, model = self._engine, self._robot_model
        self._arm = [self._robot.joints[name] for name in model.arm]
        self._fingers = [self._robot.joints[name] for name in model.fingers]
        self._torque_limit = [engine.getJointInfo(self._robot.uid, joint)[10] for joint in self._arm]
        self._finger_speed = engine.getJointInfo(self._robot.uid, self._fingers[0])[11]
        self._gains = {"positionGains": [STIFFNESS] * len(self._arm), "velocityGains": [1.0] * len(self._arm)}

    def _go(self) -> None:
        if self._course is not None:
            self._grip(self._course[1])
        super()._go()

    def _grip(self, opening: float) -> None:
        """What the fingers aim at stays the same for a control step."""
        engine = self._engine
        for finger in self._fingers:
            engine.setJointMotorControl2(
                self._robot.uid,
                finger,
                engine.POSITION_CONTROL,
                targetPosition=0.5 * opening,
                force=self._robot_model.grip_force,
                positionGain=GRIP_STIFFNESS,
                velocityGain=1.0,
                maxVelocity=self._finger_speed,
            )

    def _command(self, position: np.ndarray, velocity: np.ndarray, opening: float) -> None:
        self._engine.setJointMotorControlArray(
            self._robot.uid,
            self._arm,
            self._engine.POSITION_CONTROL,
            position.tolist(),
            targetVelocities=velocity.tolist(),
            forces=self._torque_limit,
            **self._gains,
        )

    def _advance(self) -> None:
        if self._weathered is not None:
            self._weathered.blow()
        self._engine.stepSimulation()

    def _arm_torque(self) -> np.ndarray:
        return np.array([state[3] for state in self._engine.getJointStates(self._robot.uid, self._arm)])

    def _slow(self, number: int, linear: float, angular: float) -> None:
        uid = self._bodies[number].uid
        velocity = self._engine.getBaseVelocity(uid)
        slower = [(share * np.array(part)).tolist() for share, part in zip((linear, angular), velocity, strict=True)]
        self._engine.resetBaseVelocity(uid, *slower)

    def _take(self, weather: Weather) -> None:
        self._weathered.take(weather)

    def _friction_factor(self) -> float:
        return 1.0 if self._weathered is None else self._weathered.factor

    def _motion(self) -> Motion:
        engine = self._engine
        pose, velocity = link_motion(engine, self._actors, len(self.links))
        joints = np.zeros((0, 2))
        if self._robot is not None:
            joints = np.array([state[:2] for state in engine.getJointStates(self._robot.uid, [*self._arm, *self._fingers])])
        others = articulation(engine, self._bodies, [body.name for body in self.scene.bodies])
        return Motion(pose, velocity, joints[:, 0], joints[:, 1], others)

    def _contacts(self) -> Contacts:
        return contacts(self._engine, self._row_of, self._fixed_rows)

    def _mass(self) -> np.ndarray:
        return np.array([actor.mass for actor in self._bodies])

    def picture(self, camera: str) -> np.ndarray:
        """What PyBullet's TinyRenderer draws now, sRGB, uint8, (H, W, 3).

        Raises:
            UnknownName: if the scene has no such camera.
        """
        return self._draw().draw(self.view(camera), self._state.link_pose)[0]

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

    def _kept(self) -> dict[str, np.ndarray]:
        """PyBullet's own file of the world."""
        with tempfile.NamedTemporaryFile(suffix=".bullet") as file, quiet():
            self._engine.saveBullet(file.name)
            world = file.read()
        return {"world": np.frombuffer(world, np.uint8), "touched": np.array(len(self._engine.getContactPoints() or ()) > 0)}

    def _put_back(self, kept: dict[str, np.ndarray]) -> None:
        if not kept["touched"] and not self._fresh:  # PyBullet forgets the contacts of now only for others in the file
            self._rewind()
        with tempfile.NamedTemporaryFile(suffix=".bullet") as file, quiet():
            file.write(kept["world"].tobytes())
            file.flush()
            self._engine.restoreState(fileName=file.name)

    def _free(self) -> None:
        for engine in (self._engine, self._easel):
            if engine is not None:
                engine.disconnect()
        self._engine = self._easel = self._painter = None
