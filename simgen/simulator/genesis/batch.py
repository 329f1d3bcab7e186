"""A batch: worlds of one kind that Genesis steps at once, each in places, and with masses and friction, of its own.

Every batch has at least two rows, for Genesis compiles other code for one: so a run is the same, bit for bit, alone and beside others.
Shapes are handed over as MJCF, body by body. Genesis takes the larger of two coefficients of friction; between its search for contacts
and its solver the product is put in, and the damper that turns a pair that bounces round within one step.
"""

from collections.abc import Sequence
from functools import cache
from weakref import finalize

import numpy as np

import simgen.headless  # noqa: F401
from simgen.errors import InvalidValue, MissingExtra
from simgen.geometry import Pose
from simgen.observation import Contacts
from simgen.scenario.robot import robot_model
from simgen.scenario.scene import Scene
from simgen.scenario.surface import links
from simgen.simulator.assembly import Assembly
from simgen.simulator.mjcf.physics import HARD, MENDED, joint_name, lone
from simgen.simulator.motor import Motors
from simgen.simulator.quiet import quiet
from simgen.simulator.rigid import Motion
from simgen.simulator.touching import touching

try:
    with quiet():
        import genesis
        import torch
        from genesis.utils.array_class import DataKind, ScalarItem
        from genesis.utils.misc import data_to_array, qd_to_torch
except ImportError as error:
    raise MissingExtra("genesis-world", "genesis") from error

KEPT = frozenset({DataKind.STATE, DataKind.DERIVED})
"""What Genesis holds that a step begins from."""
SHARED = ("rigid_info.links_T", "dyn_state.fixed_verts.pos")
"""Arrays that all rows have in common."""
ELEMENT_AXES = {"Tensor": 0, "VectorTensor": 1, "MatrixTensor": 2}
"""How many axes of an array come after that of the rows."""
APART = 100.0
"""Metres between the bodies of a row that nobody uses."""
MOVES = ("qf_bias", "pos", "vel")
"""What motors look at beside the inertia."""
SLIPPERY = 1e-6
"""Least coefficient of friction of a pair: the solver divides by it."""


@cache
def started() -> None:
    """Genesis, once a process; it takes no seed, for nothing in it is left to chance."""
    backend = genesis.gpu if torch.cuda.is_available() else genesis.cpu
    with quiet():
        genesis.init(backend=backend, precision="64", logging_level="error")


class Batch:
    """Worlds of one kind that are stepped together."""

    def __init__(self, scene: Scene, made: Sequence[Assembly], rows: int):
        """Build them.

        Args:
            scene: one of the kind.
            made: its assemblies.
            rows: how many; at least two are made.
        """
        started()
        self.rows, self.rate = max(rows, 2), scene.physics_rate
        self.motors = motors_of(scene, made)
        self._world = genesis.Scene(
            show_viewer=False,
            sim_options=genesis.options.SimOptions(dt=1.0 / scene.physics_rate, substeps=1, gravity=scene.gravity),
            rigid_options=genesis.options.RigidOptions(
                enable_self_collision=False,
                friction_cone=genesis.friction_cone.elliptic,
                enable_torsional_friction=True,
                enable_rolling_friction=True,
                constraint_timeconst=None,  # as hard as a step allows
                batch_links_info=True,
                tolerance=1e-10,
            ),
            profiling_options=genesis.options.ProfilingOptions(show_FPS=False),
        )
        self._entities = [self._world.add_entity(_morph(one, self.motors), material=genesis.materials.Rigid()) for one in made]
        with quiet():
            self._world.build(n_envs=self.rows)
        self._solver = solver = self._world.rigid_solver
        self._number(scene, made)
        self._friction = torch.ones((3, solver.n_geoms, self.rows), dtype=torch.float64, device=genesis.device)
        self._dry, self._bounce = torch.ones_like(self._friction[0]), torch.zeros_like(self._friction[0])
        self._meet()
        self._goal = [np.zeros((self.rows, len(self._driven))) for _ in range(2)]
        self._torque = np.zeros_like(self._goal[0])
        self._seen = self._views()
        self._dynamics = [self._seen[f"RigidSolver.{name}"] for name in ("rigid_info.mass_mat", *(f"dyn_state.dofs.{n}" for n in MOVES))]
        self._blank = self.kept(0)
        for row in range(self.rows):
            self.park(row)
        self._end = finalize(self, self._world.destroy)

    def _number(self, scene: Scene, made: Sequence[Assembly]) -> None:
        """Genesis' numbers of links, joints and shapes."""
        link_of = {link.name: link.idx for entity in self._entities for link in entity.links}
        self._link_of = link_of
        self._link = np.array([link_of[link.name] for link in links(scene)])
        self._row_of_link = np.full(self._solver.n_links, -1)
        self._row_of_link[self._link] = np.arange(len(self._link))
        self._base = {one.id: entity.base_link.idx for one, entity in zip(made, self._entities, strict=True)}
        self._dof_of = {one.id: entity.dof_start for one, entity in zip(made, self._entities, strict=True)}
        self._geoms = [(geom.link.name, geom.idx) for entity in self._entities for geom in entity.geoms]
        joints = {joint.name: joint for entity in self._entities for joint in entity.joints}
        moving = [(one, piece) for one in made for piece in one.pieces if piece.joint is not None and piece.joint.type != "fixed"]
        self.joints = {joint_name(one, piece): joints[joint_name(one, piece)].dofs_idx[0] for one, piece in moving}
        self._place_of = {name: joints[name].qs_idx[0] for name in self.joints}
        self._driven = [] if self.motors is None else [self.joints[f"robot/{name}"] for name in self.motors.names]

    def _meet(self) -> None:
        """Have the solver find its contacts with the friction and bounce of both bodies."""
        collider, data = self._solver.collider, self._solver.collider.collider_state.contact_data
        first, second, slide, spin, roll, meeting = (
            qd_to_torch(array, copy=False)
            for array in (data.geom_a, data.geom_b, data.friction, data.friction_torsional, data.friction_rolling, data.sol_params)
        )
        plain, every, step = collider.detection, torch.arange(first.shape[1], device=first.device), 1.0 / self.rate
        (rub, twist, turn), hard = self._friction, torch.tensor(HARD, dtype=meeting.dtype, device=meeting.device)

        def detection() -> None:
            plain()
            one, other = (first.long(), every), (second.long(), every)  # stale places are worked out too, and never read
            slide.copy_((rub[one] * rub[other]).clamp(min=SLIPPERY))
            spin.copy_(twist[one] * rub[other] + twist[other] * rub[one])
            roll.copy_(turn[one] * rub[other] + turn[other] * rub[one])
            # a = -b v - k r with b = (1 + e) / h and hardly a spring, said as time constant and damping ratio
            damping = 1.0 + self._bounce[one] * self._bounce[other]
            meeting[..., 0] = 2.0 * step / (damping * HARD[1])
            meeting[..., 1] = damping / (2.0 * MENDED**0.5)
            meeting[..., 2:] = hard

        collider.detection = detection

    def _views(self) -> dict[str, torch.Tensor]:
        """Everything that a step begins from and that every row has its own of, the rows first, as views of Genesis' memory."""
        found = {}
        for item in self._world.sim.data(KEPT):
            if isinstance(item, ScalarItem) or item.name.endswith(SHARED):
                continue
            array = data_to_array(item.array, to_torch=True, copy=False)
            axis = array.ndim - 1 - ELEMENT_AXES[type(item.array).__name__]
            if array.ndim:
                found[item.name] = array.movedim(axis, 0)
        return found

    def kept(self, row: int) -> dict[str, np.ndarray]:
        """All that going on with one row needs."""
        state = {name: array[row].cpu().numpy().copy() for name, array in self._seen.items()}
        return state | {"torque": self._torque[row].copy()}

    def put_back(self, row: int, kept: dict[str, np.ndarray]) -> None:
        """One row to what `kept` said of it, or of one in another batch of the same kind.

        Raises:
            InvalidValue: if it is of another kind, or of another version of Genesis.
        """
        if any(name not in kept or kept[name].shape != tuple(array[row].shape) for name, array in self._seen.items()):
            raise InvalidValue("a snapshot", "of other arrays", f"one that Genesis {genesis.__version__} gave of the same shapes")
        for name, array in self._seen.items():
            array[row] = torch.as_tensor(kept[name], dtype=array.dtype, device=array.device)
        self._torque[row] = kept["torque"]
        self._forget()

    def _forget(self) -> None:
        """Genesis remembers what it was asked last."""
        self._solver.collider._contact_data_cache.clear()
        self._solver.constraint_solver._eq_const_info_cache.clear()

    def park(self, row: int) -> None:
        """A row that nobody uses: nothing falls or touches, so that it costs little."""
        solver = self._solver
        self.put_back(row, self._blank)
        for number, entity in enumerate(self._entities):
            place = torch.tensor([[[APART * number, 0.0, 0.0]]], dtype=torch.float64, device=genesis.device)
            solver.set_base_links_pos(place, [entity.base_link.idx], envs_idx=[row])
        solver.set_gravity(np.zeros((1, 3)), envs_idx=[row])
        self._forget()

    def place(self, row: int, scene: Scene, made: Sequence[Assembly]) -> None:
        """Everything in one row where a Scene of this kind and its assemblies say, dry and at rest."""
        solver = self._solver
        self.put_back(row, self._blank)
        solver.set_gravity(np.array([scene.gravity]), envs_idx=[row])
        positions = solver.get_qpos(envs_idx=[row])
        for one, entity in zip(made, self._entities, strict=True):
            pose = torch.as_tensor(one.world_T_base.row, device=genesis.device)
            if one.fixed:
                solver.set_base_links_pos(pose[None, None, :3], [entity.base_link.idx], envs_idx=[row])
                solver.set_base_links_quat(pose[None, None, 3:], [entity.base_link.idx], envs_idx=[row])
            else:
                positions[0, entity.q_start : entity.q_start + 7] = pose
        for one in made:
            for piece in one.pieces:
                if piece.joint is not None and piece.joint.type != "fixed":
                    positions[0, self._place_of[joint_name(one, piece)]] = piece.start
        solver.set_qpos(positions, envs_idx=[row])
        self._weigh(row, made)
        self._rub(row, made)
        self._goal[0][row], self._goal[1][row] = 0.0, 0.0
        solver._func_forward_dynamics()
        solver.collider.detection()
        self._forget()

    def _weigh(self, row: int, made: Sequence[Assembly]) -> None:
        for one in made:
            moving = [piece for piece in one.pieces if piece.inertia is not None and piece.inertia.mass > 0.0]
            if moving:
                numbers = [self._link_of[piece.name] for piece in moving]
                masses = torch.tensor([[piece.inertia.mass for piece in moving]], dtype=torch.float64, device=genesis.device)
                self._solver.set_links_mass(masses, numbers, envs_idx=[row], scale_inertia=True)

    def _rub(self, row: int, made: Sequence[Assembly]) -> None:
        touch = {piece.name: geom.touch for one in made for piece in one.pieces for geom in piece.geoms}
        for name, number in self._geoms:
            said = touch[name]
            self._dry[number, row], self._bounce[number, row] = said.friction, said.restitution
            self._friction[:, number, row] = torch.tensor([said.friction, said.spinning, said.rolling], dtype=torch.float64)

    def wet(self, row: int, factor: float) -> None:
        """Make every coefficient of friction of a row so many times that when dry."""
        self._friction[0, :, row] = factor * self._dry[:, row]

    def aim(self, row: int, position: np.ndarray, velocity: np.ndarray, opening: float) -> None:
        """Where a row's arm shall be before the coming physics step, (J,), how fast, (J,), and metres between its fingers."""
        self._goal[0][row], self._goal[1][row] = self.motors.goal(position, velocity, opening)

    def push(self, row: int, body: int, force: np.ndarray) -> None:
        """Push a body at its centre of mass through the coming physics step, newtons, world frame, (3,)."""
        self._solver.apply_links_external_wrench(
            force=force[None, None], links_idx=[self._base[body]], envs_idx=[row], ref=genesis.link_ref_frame.link_COM
        )

    def advance(self) -> None:
        """One physics step of all rows."""
        if self.motors is not None:
            self._drive()
        self._world.step()

    def _drive(self) -> None:
        solver, dofs = self._solver, self._driven
        inertia, bias, position, velocity = (array[:, dofs].cpu().numpy() for array in self._dynamics)
        self._torque = self.motors.torque(self._goal, position, velocity, inertia[:, :, dofs], bias)
        solver.control_dofs_force(self._torque, dofs)

    def torque(self, row: int) -> np.ndarray:
        """Of a row's motors in the last physics step, N m or N, (J + F,)."""
        return self._torque[row].copy()

    def motion(self, row: int) -> Motion:
        """Where everything of a row is."""
        solver, link = self._solver, self._link
        said = (solver.get_links_pos, solver.get_links_quat, solver.get_links_vel, solver.get_links_ang)
        place, turn, speed, spin = (ask(envs_idx=[row])[0].cpu().numpy()[link].astype(np.float64) for ask in said)
        position, velocity = (ask(envs_idx=[row])[0].cpu().numpy() for ask in (solver.get_dofs_position, solver.get_dofs_velocity))
        others = {name: float(position[dof]) for name, dof in self.joints.items() if not name.startswith("robot/")}
        pose, moves = np.concatenate([place, turn], axis=1), np.concatenate([speed, spin], axis=1)
        return Motion(pose, moves, position[self._driven], velocity[self._driven], others)

    def contacts(self, row: int, fixed: set[int]) -> Contacts:
        """What of a row touched in the last physics step."""
        every = self._solver.collider.get_contacts(as_tensor=True, to_torch=True)
        found = {name: array[row].cpu().numpy() for name, array in every.items()}
        there = found["link_a"] >= 0
        first, second = (self._row_of_link[found[name][there]] for name in ("link_a", "link_b"))
        normal, force = found["normal"][there], found["force"][there]
        pressing = -(force * normal).sum(-1)  # what is told is the force on the second, the normal from it to the first
        friction = -(force + pressing[:, None] * normal)
        return touching(first, second, found["position"][there], normal, pressing, friction, -found["penetration"][there], fixed)

    def centre(self, row: int, body: int) -> tuple[np.ndarray, np.ndarray]:
        """World_R_body, (3, 3), and velocity of the centre of mass, m/s, (3,), of a free body."""
        link, solver = self._base[body], self._solver
        turn = solver.get_links_quat(links_idx=[link], envs_idx=[row])[0, 0].cpu().numpy()
        speed = solver.get_links_vel(links_idx=[link], envs_idx=[row], ref=genesis.link_ref_frame.link_COM)[0, 0].cpu().numpy()
        return Pose.from_wxyz(np.zeros(3), turn).rotation, speed

    def slow(self, row: int, body: int, linear: float, angular: float) -> None:
        """Leave a free body so much of the velocity of its centre of mass and of its angular velocity."""
        link, solver = self._base[body], self._solver
        dofs = list(range(self._dof_of[body], self._dof_of[body] + 6))
        at = {"links_idx": [link], "envs_idx": [row]}
        origin, spin = (ask(**at)[0, 0].cpu().numpy() for ask in (solver.get_links_vel, solver.get_links_ang))
        lever = solver.get_links_vel(**at, ref=genesis.link_ref_frame.link_COM)[0, 0].cpu().numpy() - origin  # spin x (centre - origin)
        now = solver.get_dofs_velocity(dofs, envs_idx=[row])[0].cpu().numpy()  # linear in the world, angular in the body
        slower = np.append(linear * (origin + lever) - angular * lever, angular * now[3:])
        solver.set_dofs_velocity(slower[None], dofs, envs_idx=[row])

    def close(self) -> None:
        """Free it; closing twice is harmless."""
        self._end()


def _morph(one: Assembly, motors: Motors | None):
    text = lone(one.kind, motors if one.id is None else None)
    said = {"convexify": False, "decimate": False, "watertighten": None, "align": False, "default_armature": None}
    return genesis.morphs.MJCF(file=text, visualization=False, batch_fixed_verts=True, **said)


def motors_of(scene: Scene, made: Sequence[Assembly]) -> Motors | None:
    """Of a Scene's robot, if it has one."""
    return None if scene.robot is None else Motors.of(made[0], robot_model(scene.robot.name), scene.physics_rate)


def kind_of(scene: Scene, made: Sequence[Assembly]) -> tuple:
    """What Scenes have in common whose worlds can be stepped in one batch: all but places, masses, friction, bounce and looks."""
    motors = motors_of(scene, made)
    return scene.gravity, scene.physics_rate, *(lone(one.kind, motors if one.id is None else None) for one in made)
