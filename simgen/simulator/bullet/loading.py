"""Bodies of a Scene as PyBullet holds them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simgen.errors import UnknownName
from simgen.geometry import Pose
from simgen.scenario.robot import robot_model
from simgen.scenario.scene import PlacedBody, Scene
from simgen.scenario.shape import Box, Capsule, Cylinder, Mesh, Room, Sphere, Urdf
from simgen.scenario.surface import body_articulation, hull, robot_articulation
from simgen.simulator.collision import collision_urdf, convex_pieces, inset, obj_file, owner
from simgen.simulator.inertia import inertia
from simgen.simulator.kinematics import base_pose, start

BASE = -1
"""PyBullet's index of a base."""
GEAR_FORCE = 50.0
"""Newtons that keep the fingers mirrored."""
DYNAMIC, EVERYTHING = 1, -1
"""Collision group and mask of what moves. PyBullet takes massless links for static ones, which do not touch static bodies."""
FORESEEN = 1e-4
"""Metres before touching at which a body that bounces meets the solver."""
STILL = [0.0, 0.0, 0.0]
UPRIGHT = [0.0, 0.0, 0.0, 1.0]


@dataclass(frozen=True, eq=False)
class Actor:
    """One body as PyBullet holds it."""

    uid: int
    row: int
    """Row of the link table of its base; its links' rows follow."""
    com_T_base: Pose
    """The base link's frame in the frame PyBullet reports, which is at the centre of mass."""
    links: tuple[int, ...]
    """PyBullet's index of the link of each row after the base's."""
    rows: dict[int, int]
    """PyBullet's index of a link to its row, further convex pieces included."""
    joints: dict[str, int]
    """Joints that move, by name, to PyBullet's index."""
    mass: float
    """Kilograms; inf for a body that is fixed."""


class Loader:
    """Puts the bodies of one Scene into an empty engine."""

    def __init__(self, engine, scene: Scene, rows: dict[str, int]):
        """Take the engine, the Scene, and rows of the link table by name."""
        self._engine, self._scene, self._rows = engine, scene, rows
        self._folder = None if scene.folder is None else Path(scene.folder)

    def robot(self) -> Actor:
        """The robot, its joints at the start and without motors, its fingers open and mirrored."""
        engine, scene, model = self._engine, self._scene, robot_model(self._scene.robot.name)
        file = collision_urdf(robot_articulation(scene.robot.name), decompose=False)
        actor = self._file(file, base_pose(scene), 1.0, True, "robot")
        for name, position in zip(model.arm, start(scene), strict=True):
            engine.resetJointState(actor.uid, actor.joints[name], position)
        for name in model.fingers:
            engine.resetJointState(actor.uid, actor.joints[name], 0.5 * model.opening)
        left, right = (actor.joints[name] for name in model.fingers)
        gear = engine.createConstraint(actor.uid, left, actor.uid, right, engine.JOINT_GEAR, [1, 0, 0], STILL, STILL)
        engine.changeConstraint(gear, gearRatio=-1, erp=0.1, maxForce=GEAR_FORCE)
        return actor

    def body(self, body: PlacedBody) -> Actor:
        """A body, at rest where the Scene says."""
        actor = self._urdf(body) if isinstance(body.shape, Urdf) else self._solid(body)
        for index in actor.rows:
            self._engine.changeDynamics(
                actor.uid,
                index,
                lateralFriction=body.friction,
                rollingFriction=body.rolling_friction,
                spinningFriction=body.spinning_friction,
                restitution=body.restitution,
                linearDamping=0.0,  # PyBullet's own grows with the speed; the simulator applies what the Scene means
                angularDamping=0.0,
            )
            if body.restitution > 0:  # contacts that PyBullet foresees brake a body before it can bounce
                self._engine.changeDynamics(actor.uid, index, contactProcessingThreshold=FORESEEN)
        return actor

    def _urdf(self, body: PlacedBody) -> Actor:
        engine, tree = self._engine, body_articulation(body.shape, self._folder)
        actor = self._file(collision_urdf(tree, decompose=True), body.pose, tree.scale, body.fixed, body.name)
        for name, position in body.joints.items():
            if name not in actor.joints:
                raise UnknownName(f"joint of {body.name}", name, actor.joints)
            engine.resetJointState(actor.uid, actor.joints[name], position)
        for joint in actor.joints.values():
            info = engine.getJointInfo(actor.uid, joint)
            engine.changeDynamics(actor.uid, joint, jointDamping=body.joint_damping or info[6])
            # a motor that wants standstill and is only as strong as the friction
            friction = body.joint_friction or info[7]
            engine.setJointMotorControl2(actor.uid, joint, engine.VELOCITY_CONTROL, targetVelocity=0.0, force=friction)
        if body.mass is not None and not body.fixed:
            self._weigh(actor, body.mass)
        return actor if body.mass is None or body.fixed else replace(actor, mass=body.mass)

    def _file(self, file: Path, place: Pose, scale: float, fixed: bool, name: str) -> Actor:
        """A converted URDF; its joints stand at 0 and have no motors."""
        engine = self._engine
        # robots' files are kept for their looks: the Panda's gives its lightest links the inertia of a car wheel
        flags = 0 if name == "robot" else engine.URDF_USE_INERTIA_FROM_FILE
        uid = engine.loadURDF(str(file), place.position.tolist(), place.xyzw.tolist(), useFixedBase=fixed, globalScaling=scale, flags=flags)
        infos = [engine.getJointInfo(uid, index) for index in range(engine.getNumJoints(uid))]
        dynamics = [engine.getDynamicsInfo(uid, index) for index in range(BASE, len(infos))]
        joints = {info[1].decode(): info[0] for info in infos if info[2] != engine.JOINT_FIXED}
        for joint in joints.values():
            engine.setJointMotorControl2(uid, joint, engine.VELOCITY_CONTROL, force=0.0)
        for index, one in enumerate(dynamics[1:]):
            if one[0] == 0.0:
                engine.setCollisionFilterGroupMask(uid, index, DYNAMIC, EVERYTHING)
        names = [info[12].decode() for info in infos]
        row = self._rows[name]
        rows = {BASE: row} | {index: self._rows.get(f"{name}/{owner(link)}", row) for index, link in enumerate(names)}
        own = {rows[index]: index for index, link in enumerate(names) if link == owner(link)}
        mass = np.inf if fixed else sum(one[0] for one in dynamics)
        com_T_base = Pose.from_xyzw(dynamics[0][3], dynamics[0][4]).inverse()
        return Actor(uid, row, com_T_base, tuple(own[row] for row in sorted(own)), rows, joints, mass)

    def _weigh(self, actor: Actor, mass: float) -> None:
        """Scale all masses and moments of a URDF to a total in kilograms."""
        for index in actor.rows:
            own, _, moments, *_ = self._engine.getDynamicsInfo(actor.uid, index)
            factor = mass / actor.mass
            self._engine.changeDynamics(actor.uid, index, mass=factor * own)
            self._engine.changeDynamics(actor.uid, index, localInertiaDiagonal=[factor * moment for moment in moments])

    def _solid(self, body: PlacedBody) -> Actor:
        """A body of one link; its further convex pieces are massless links fixed to it."""
        engine = self._engine
        made = None if body.fixed else inertia(body, self._folder)
        body_T_com = Pose.identity() if body.fixed else made.body_T_com
        first, *others = self._shapes(body, body_T_com)
        place, count = body.pose @ body_T_com, len(others)
        uid = engine.createMultiBody(
            0.0 if body.fixed else made.mass,
            first,
            basePosition=place.position.tolist(),
            baseOrientation=place.xyzw.tolist(),
            linkMasses=[0.0] * count,
            linkCollisionShapeIndices=others,
            linkVisualShapeIndices=[-1] * count,
            linkPositions=[STILL] * count,
            linkOrientations=[UPRIGHT] * count,
            linkInertialFramePositions=[STILL] * count,
            linkInertialFrameOrientations=[UPRIGHT] * count,
            linkParentIndices=[0] * count,
            linkJointTypes=[engine.JOINT_FIXED] * count,
            linkJointAxis=[STILL] * count,
        )
        if not body.fixed:
            engine.changeDynamics(uid, BASE, localInertiaDiagonal=made.diagonal.tolist())
        for index in range(count):
            engine.setCollisionFilterGroupMask(uid, index, DYNAMIC, EVERYTHING)
        row = self._rows[body.name]
        mass = np.inf if body.fixed else made.mass
        return Actor(uid, row, body_T_com.inverse(), (), dict.fromkeys(range(BASE, count), row), {}, mass)

    def _shapes(self, body: PlacedBody, body_T_com: Pose) -> list[int]:
        """Collision shapes in the frame of the centre of mass, which only of a mesh is not the body's own."""
        engine, shape = self._engine, body.shape
        match shape:
            case Box():
                return [engine.createCollisionShape(engine.GEOM_BOX, halfExtents=[0.5 * length for length in shape.box.size])]
            case Sphere():
                return [engine.createCollisionShape(engine.GEOM_SPHERE, radius=shape.sphere.radius)]
            case Cylinder():
                sizes = shape.cylinder
                return [engine.createCollisionShape(engine.GEOM_CYLINDER, radius=sizes.radius, height=sizes.height)]
            case Capsule():
                sizes = shape.capsule
                return [engine.createCollisionShape(engine.GEOM_CAPSULE, radius=sizes.radius, height=sizes.height)]
            case Room():
                low, high = hull(body, self._folder).bounds
                half, middle = (0.5 * (high - low)).tolist(), (0.5 * (high + low)).tolist()
                return [engine.createCollisionShape(engine.GEOM_BOX, halfExtents=half, collisionFramePosition=middle)]
            case Mesh():
                mesh = hull(body, self._folder)
                vertices, faces = np.asarray(mesh.vertices), np.asarray(mesh.faces)
                if body.fixed:
                    file, flags = str(obj_file(vertices, faces)), engine.GEOM_FORCE_CONCAVE_TRIMESH
                    return [engine.createCollisionShape(engine.GEOM_MESH, fileName=file, flags=flags)]
                com_T_body = body_T_com.inverse()
                pieces = [com_T_body.apply(inset(piece)).tolist() for piece in convex_pieces(vertices, faces)]
                return [engine.createCollisionShape(engine.GEOM_MESH, vertices=piece) for piece in pieces]
