"""MuJoCo: rigid bodies and arms by a convex solver on the CPU; its own picture needs OpenGL (EGL on a machine without a display).

The Scene is handed over as MJCF (`mjcf.physics`). Which shapes may touch, and how, is said pair by pair, so that friction and restitution
of two bodies multiply as in every engine; contacts are as stiff as a physics step allows. Meshes collide as their convex pieces, fixed ones
too. After every control step all that follows from positions and velocities is worked out for the reader; the solver then goes on from
where it was, so that reading changes nothing. Contacts are those of the last physics step, whose forces made it what it was.
"""

from dataclasses import fields, replace

import numpy as np

import simgen.headless  # noqa: F401
from simgen.errors import InvalidValue, MissingExtra
from simgen.observation import Contacts
from simgen.scenario.surface import surfaces
from simgen.scenario.weather import Weather
from simgen.simulator.assembly import assemblies
from simgen.simulator.mjcf.painter import Painter
from simgen.simulator.mjcf.physics import joint_name, whole
from simgen.simulator.motor import Motors
from simgen.simulator.rigid import Motion, RigidSimulator
from simgen.simulator.touching import touching
from simgen.simulator.weather import body_factor, drag, extents, wind

try:
    import mujoco
except ImportError as error:
    raise MissingExtra("mujoco", "mujoco") from error

STATE = mujoco.mjtState.mjSTATE_INTEGRATION
"""All that a step begins from, the solver's guess included."""
CONTACTS = tuple(f"contact_{column.name}" for column in fields(Contacts))


SLOW = 0.002
"""m/s below which a contact that slips is left to the solver."""
EXCESS = 2.0
"""Times the softness of friction, so much more braking is wanted of it than it has: all of it is used, and little more is asked."""


class MuJoCo(RigidSimulator):
    """The simulator contract on MuJoCo; several may live in one process."""

    name = "mujoco"
    keeps = ("state", *CONTACTS)

    def __init__(self, *, draws: bool = False):
        """Start nothing yet; `draws` makes `observe` bring the engine's own picture."""
        super().__init__(draws=draws)
        self._model: mujoco.MjModel | None = None
        self._painter: Painter | None = None

    def _load(self) -> None:
        self._free()
        scene, made = self.scene, assemblies(self.scene)
        self._motors = None if scene.robot is None else Motors.of(made[0], self._robot_model, scene.physics_rate)
        self._model = model = mujoco.MjModel.from_xml_string(whole(scene, made, self._motors))
        self._data, self._state_now = mujoco.MjData(model), np.zeros(mujoco.mj_stateSize(model, STATE))
        self._body = np.array([model.body(link.name).id for link in self.links])
        self._row_of_geom = np.array([self._rows[model.body(body).name] for body in model.geom_bodyid])
        self._masses = np.array([one.mass for one in made if one.id is not None])
        self._unfixed = {one.id: model.body(one.pieces[0].name) for one in made if one.id is not None and not one.fixed}
        moving = [(one, piece) for one in made for piece in one.pieces if piece.joint is not None and piece.joint.type != "fixed"]
        self._starts = [(model.joint(joint_name(one, piece)).qposadr[0], piece.start) for one, piece in moving]
        named = {joint_name(one, piece): piece for one, piece in moving if one.id is not None}
        self._articulated = {name: model.joint(name).qposadr[0] for name in named}
        self._limited = np.flatnonzero(model.jnt_limited)
        self._factor, self._dry, self._air = 1.0, model.pair_friction.copy(), np.zeros(3)
        self._extents = extents(scene.bodies, surfaces(scene)) if scene.coupled else {}
        if self._motors is not None:
            joints = [model.joint(f"robot/{name}") for name in self._motors.names]
            self._place, self._dof = (np.array([getattr(joint, what)[0] for joint in joints]) for what in ("qposadr", "dofadr"))
            self._inertia = np.zeros((model.nv, model.nv))
        self._rewind()

    def _rewind(self) -> None:
        mujoco.mj_resetData(self._model, self._data)
        for place, start in self._starts:
            self._data.qpos[place] = start
        self._goal = self._torques = None
        self._work_out()
        met = self._met()
        self._touching = replace(met, force=np.zeros_like(met.force), friction=np.zeros_like(met.friction))  # nothing has pushed yet

    def _work_out(self) -> None:
        """What follows from positions and velocities; the solver's guess for the next step stays what it was."""
        mujoco.mj_getState(self._model, self._data, self._state_now, STATE)
        self._foresee()
        mujoco.mj_forward(self._model, self._data)

    def _foresee(self) -> None:
        """A joint meets its limit in the step that would take it across."""
        self._model.jnt_margin[self._limited] = np.abs(self._data.qvel[self._model.jnt_dofadr[self._limited]]) / self.scene.physics_rate

    def _go(self) -> None:
        mujoco.mj_setState(self._model, self._data, self._state_now, STATE)
        super()._go()
        self._touching = self._met()
        mujoco.mj_kinematics(self._model, self._data)  # damping asks where bodies are; the rest is worked out after it

    def _command(self, position: np.ndarray, velocity: np.ndarray, opening: float) -> None:
        self._goal = self._motors.goal(position, velocity, opening)

    def _advance(self) -> None:
        model, data = self._model, self._data
        self._foresee()
        mujoco.mj_step1(model, data)
        if self._goal is not None:
            self._drive()
        self._blow()
        self._let_slide()
        mujoco.mj_step2(model, data)

    def _let_slide(self) -> None:
        """Let what slides be braked no harder than friction can.

        MuJoCo's solver would have it stop within this step and, where friction is too weak for that, buy more of it with normal force:
        what slides fast takes off. So it is asked first what normal forces there are without, then what full friction does with them, and
        hardly more is wanted.
        """
        model, data = self._model, self._data
        rubs = (data.contact.dim > 1) & (data.contact.efc_address >= 0)
        if not rubs.any():
            return
        row, friction = data.contact.efc_address[rubs], data.contact.friction[rubs, 0]
        across = np.stack([row + 1, row + 2])
        velocity = data.efc_vel[across]
        speed = np.linalg.norm(velocity, axis=0)
        fast = speed > SLOW
        if not fast.any():
            return
        row, across, friction, speed = row[fast], across[:, fast], friction[fast], speed[fast]
        along, usual = velocity[:, fast] / speed, data.efc_aref[across].copy()
        data.efc_aref[across] = 0.0
        mujoco.mj_fwdActuation(model, data)
        mujoco.mj_fwdAcceleration(model, data)
        mujoco.mj_fwdConstraint(model, data)
        force, most = data.efc_force.copy(), friction * data.efc_force[row]
        force[across] = -most * along
        gained = (self._acceleration(force)[across] * along).sum(axis=0)
        slides = speed * self.scene.physics_rate + gained > 0.0
        data.efc_aref[across] = np.where(slides, (gained - EXCESS * most * data.efc_R[row + 1]) * along, usual)

    def _acceleration(self, force: np.ndarray) -> np.ndarray:
        """Of all constraints under these forces of theirs, in their own units, (E,)."""
        model, data = self._model, self._data
        torque, moved, found = np.zeros(model.nv), np.zeros((1, model.nv)), np.zeros(data.nefc)
        mujoco.mj_mulJacTVec(model, data, torque, force)
        mujoco.mj_solveM(model, data, moved, torque[None])
        mujoco.mj_mulJacVec(model, data, found, data.qacc_smooth + moved[0])
        return found

    def _drive(self) -> None:
        """Computed torque: M a + bias, as far as the motors are strong enough."""
        model, data, dof = self._model, self._data, self._dof
        mujoco.mj_fullM(model, data, self._inertia)
        inertia, position, velocity = self._inertia[np.ix_(dof, dof)], data.qpos[self._place], data.qvel[dof]
        self._torques = self._motors.torque(self._goal, position, velocity, inertia, data.qfrc_bias[dof])
        data.qfrc_applied[dof] = self._torques

    def _blow(self) -> None:
        """Push every free body through the coming physics step."""
        data, seconds = self._data, 1.0 / self.scene.physics_rate
        for number, extent in self._extents.items():
            place = number - self.scene.bodies[0].id
            body = self._unfixed[place].id
            linear, angular = self._speed(place)
            velocity = linear + np.cross(angular, data.xipos[body] - data.xpos[body])
            turn = data.xmat[body].reshape(3, 3)
            data.xfrc_applied[body, :3] = drag(self._air, velocity, turn, extent, self._masses[place], seconds)

    def _speed(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Of a free body's frame: m/s and rad/s, world frame."""
        joint = self._unfixed[place].jntadr[0]
        dof = self._model.jnt_dofadr[joint]
        velocity = self._data.qvel[dof : dof + 6]
        return velocity[:3], self._data.xmat[self._unfixed[place].id].reshape(3, 3) @ velocity[3:]

    def _slow(self, number: int, linear: float, angular: float) -> None:
        data, body = self._data, self._unfixed[number].id
        speed, spin = self._speed(number)
        lever = data.xipos[body] - data.xpos[body]
        slower = linear * (speed + np.cross(spin, lever)) - angular * np.cross(spin, lever)
        dof = self._model.jnt_dofadr[self._unfixed[number].jntadr[0]]
        data.qvel[dof : dof + 3], data.qvel[dof + 3 : dof + 6] = slower, angular * data.qvel[dof + 3 : dof + 6]

    def _damp(self) -> None:
        super()._damp()
        self._work_out()  # the last that happens in a control step

    def _arm_torque(self) -> np.ndarray:
        return self._torques[: self._motors.arm].copy()

    def _take(self, weather: Weather) -> None:
        self._air, self._factor = wind(weather), body_factor(weather)
        # sliding is of two bodies' coefficients; spinning and rolling of one body's and the other's length
        self._model.pair_friction[:, :2] = self._dry[:, :2] * self._factor**2
        self._model.pair_friction[:, 2:] = self._dry[:, 2:] * self._factor

    def _friction_factor(self) -> float:
        return self._factor

    def _motion(self) -> Motion:
        model, data, body = self._model, self._data, self._body
        pose = np.concatenate([data.xpos[body], data.xquat[body]], axis=1)
        spin, speed = data.cvel[body, :3], data.cvel[body, 3:]  # of matter that would be at the tree's centre of mass
        speed = speed + np.cross(spin, data.xpos[body] - data.subtree_com[model.body_rootid[body]])
        joints = np.zeros(0), np.zeros(0)
        if self._motors is not None:
            joints = data.qpos[self._place], data.qvel[self._dof]
        others = {name: float(data.qpos[place]) for name, place in self._articulated.items()}
        return Motion(pose, np.concatenate([speed, spin], axis=1), *joints, others)

    def _contacts(self) -> Contacts:
        return self._touching

    def _met(self) -> Contacts:
        """What the solver has worked out last."""
        model, data = self._model, self._data
        count = data.ncon
        force = np.zeros((count, 6))
        for number in range(count):
            mujoco.mj_contactForce(model, data, number, force[number])
        found = data.contact
        frame = found.frame.reshape(count, 3, 3)  # rows: the normal, from the first to the second, and two tangents
        rows = self._row_of_geom[found.geom.reshape(count, 2)]
        friction = force[:, 1, None] * frame[:, 1] + force[:, 2, None] * frame[:, 2]
        # what is told is the force on the second
        return touching(rows[:, 1], rows[:, 0], found.pos, frame[:, 0], force[:, 0], friction, found.dist, self._fixed_rows)

    def _mass(self) -> np.ndarray:
        return self._masses.copy()

    def picture(self, camera: str) -> np.ndarray:
        """What MuJoCo's renderer draws now, sRGB, uint8, (H, W, 3).

        Raises:
            UnknownName: if the scene has no such camera.
            UnusableLibrary: if the machine has no OpenGL.
        """
        view = self.view(camera)
        return self._draw().rgb(view, self._state.link_pose)

    def camera_image(self, camera: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What MuJoCo's renderer says: rgb, uint8, (H, W, 3); depth in metres along the optical axis, float32, (H, W), inf where nothing
        was hit; body ids, int32, (H, W), 0 for background.

        Raises:
            UnknownName: if the scene has no such camera.
            UnusableLibrary: if the machine has no OpenGL.
        """
        view = self.view(camera)
        return self._draw().whole(view, self._state.link_pose)

    def _draw(self) -> Painter:
        """The painter, built when it is first needed."""
        if self._painter is None:
            self._painter = Painter(mujoco, surfaces(self.scene), self.links, self.scene.light)
        return self._painter

    def _kept(self) -> dict[str, np.ndarray]:
        return {"state": self._state_now} | {f"contact_{name}": column for name, column in vars(self._touching).items()}

    def _put_back(self, kept: dict[str, np.ndarray]) -> None:
        if kept["state"].shape != self._state_now.shape:
            raise InvalidValue("a snapshot", f"{len(kept['state'])} numbers", f"{len(self._state_now)}, as this MuJoCo keeps of the scene")
        mujoco.mj_setState(self._model, self._data, kept["state"], STATE)
        self._touching = Contacts(*(kept[name] for name in CONTACTS))
        self._work_out()

    def _free(self) -> None:
        if self._painter is not None:
            self._painter.close()
        self._model = self._data = self._painter = None
