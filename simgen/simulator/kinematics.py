"""The arm as a chain of joints: forward kinematics, Jacobian and inverse kinematics, in numpy alone."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pyquaternion import Quaternion

from simgen.geometry import Pose, locked
from simgen.scenario.robot import robot_model
from simgen.scenario.scene import Scene
from simgen.scenario.surface import robot_articulation

DAMPING = 0.02
"""Of the least squares, in metres and radians alike: how near a singularity a joint may be asked to run."""
ITERATIONS = 40
REACH = np.array([0.1, 0.5])
"""Metres and radians that one iteration may ask for, where the linear picture still holds."""
CLOSE = 1e-7
"""Metres and radians at which an iteration has arrived."""


def rotation_vector(orientation: Quaternion) -> np.ndarray:
    """Axis times angle, radians, float64, (3,), the shorter way round."""
    w, vector = orientation.normalised.scalar, orientation.normalised.vector
    length = np.linalg.norm(vector)
    if length < 1e-12:
        return 2.0 * vector * np.copysign(1.0, w)
    return 2.0 * np.arctan2(length, abs(w)) * np.copysign(1.0, w) * vector / length


def from_rotation_vector(vector: np.ndarray) -> Quaternion:
    """The rotation about a vector's direction by its length, radians."""
    angle = float(np.linalg.norm(vector))
    return Quaternion() if angle < 1e-12 else Quaternion(axis=vector / angle, radians=angle)


def pose_error(target: Pose, pose: Pose) -> np.ndarray:
    """From a pose to a target, world frame: metres, then a rotation vector in radians, float64, (6,)."""
    return np.concatenate([target.position - pose.position, rotation_vector(target.orientation * pose.orientation.inverse)])


def clipped(error: np.ndarray, position: float, rotation: float) -> np.ndarray:
    """The same direction, no longer than so many metres and radians, float64, (6,)."""
    error = np.array(error, dtype=np.float64)
    for part, most in ((slice(0, 3), position), (slice(3, 6), rotation)):
        length = np.linalg.norm(error[part])
        if length > most:
            error[part] *= most / length
    return error


def joint_step(jacobian: np.ndarray, error: np.ndarray, homeward: np.ndarray | None = None) -> np.ndarray:
    """Joint motion towards a hand motion, float64, (J,), by damped least squares.

    Nakamura and Hanafusa (1986); what the hand leaves free is spent on `homeward`, (J,), projected into the null space
    (Buss 2004, section 7).
    """
    inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + DAMPING**2 * np.eye(6))
    step = inverse @ error
    return step if homeward is None else step + homeward - inverse @ (jacobian @ homeward)


@dataclass(frozen=True, eq=False)
class Arm:
    """From the world to the tool centre point over J joints; revolute and prismatic ones may mix."""

    offsets: np.ndarray
    """Transform before each joint's motion, and the last one to the tool, float64, (J + 1, 4, 4); the first holds world_T_base."""
    axes: np.ndarray
    """Unit axis of each joint in its own frame, float64, (J, 3)."""
    slides: np.ndarray
    """Whether a joint is prismatic, bool, (J,)."""
    lower: np.ndarray
    """Radians or metres, float64, (J,)."""
    upper: np.ndarray
    """Radians or metres, float64, (J,)."""
    speed: np.ndarray
    """Most, rad/s or m/s, float64, (J,)."""
    home: np.ndarray
    """The robot's own posture, float64, (J,)."""

    def frames(self, joints: np.ndarray) -> np.ndarray:
        """world_T_joint of every joint, then world_T_tool, float64, (J + 1, 4, 4)."""
        frames = np.empty_like(self.offsets)
        frames[0] = self.offsets[0]
        motions = self._motions(joints)
        for index in range(len(joints)):
            frames[index + 1] = frames[index] @ motions[index] @ self.offsets[index + 1]
        return frames

    def _motions(self, joints: np.ndarray) -> np.ndarray:
        """joint_T_child of every joint, float64, (J, 4, 4); a turn by Rodrigues' formula (1840)."""
        x, y, z = self.axes.T
        zero = np.zeros_like(x)
        cross = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]).transpose(2, 0, 1)
        turn = np.where(self.slides, 0.0, joints)[:, None, None]
        motions = np.tile(np.eye(4), (len(joints), 1, 1))
        motions[:, :3, :3] += np.sin(turn) * cross + (1.0 - np.cos(turn)) * (cross @ cross)
        motions[:, :3, 3] = np.where(self.slides, joints, 0.0)[:, None] * self.axes
        return motions

    def tool(self, joints: np.ndarray) -> Pose:
        """world_T_tcp."""
        return Pose.from_matrix(self.frames(joints)[-1])

    def jacobian(self, joints: np.ndarray) -> np.ndarray:
        """Of the tool centre point, world frame, linear rows then angular, float64, (6, J)."""
        return self._jacobian(self.frames(joints))

    def _jacobian(self, frames: np.ndarray) -> np.ndarray:
        axes = np.einsum("jab,jb->ja", frames[:-1, :3, :3], self.axes)
        levers = np.cross(axes, frames[-1, :3, 3] - frames[:-1, :3, 3])
        slides = self.slides[:, None]
        return np.concatenate([np.where(slides, axes, levers).T, np.where(slides, 0.0, axes).T])

    def solve(self, target: Pose, joints: np.ndarray, *, homeward: float = 0.0) -> np.ndarray:
        """Joints that bring the tool to a target, within the limits and near those given; as near as can be where none do.

        Newton's method on damped least squares. `homeward` is the share of the way back to the home posture to go in
        the null space.
        """
        pull = homeward * (self.home - joints)
        for iteration in range(ITERATIONS):
            frames = self.frames(joints)
            error = pose_error(target, Pose.from_matrix(frames[-1]))
            if iteration > 0 and np.abs(error).max() < CLOSE:
                break
            step = joint_step(self._jacobian(frames), clipped(error, *REACH), pull if iteration == 0 else None)
            joints = np.clip(joints + step, self.lower, self.upper)
        return joints


def arm(scene: Scene) -> Arm:
    """The arm of a scene's robot, standing where the scene says."""
    return _arm(scene.robot.name, scene.robot.position, scene.robot.yaw_deg)


@lru_cache(maxsize=64)
def _arm(robot: str, position: tuple[float, float, float], yaw_deg: float) -> Arm:
    model, tree = robot_model(robot), robot_articulation(robot)
    above = {joint.child: joint for joint in tree.joints}
    chain, link = [], model.tcp_link
    while link in above:
        chain.insert(0, above[link])
        link = above[link].parent
    offsets, moving = [_base(position, yaw_deg).matrix], []
    for joint in chain:
        offsets[-1] = offsets[-1] @ joint.origin.matrix
        if joint.name in model.arm:
            moving.append(joint)
            offsets.append(np.eye(4))
    offsets[-1] = offsets[-1] @ Pose(model.tcp_position, Quaternion()).matrix
    limits = {joint.name: joint.limit for joint in tree.robot.joints}
    return Arm(
        offsets=locked(np.array(offsets)),
        axes=locked(np.array([joint.axis for joint in moving])),
        slides=locked(np.array([joint.type == "prismatic" for joint in moving])),
        lower=locked(np.array([joint.limits[0] for joint in moving])),
        upper=locked(np.array([joint.limits[1] for joint in moving])),
        speed=locked(np.array([limits[joint.name].velocity for joint in moving])),
        home=locked(np.array(model.home)),
    )


def base_pose(scene: Scene) -> Pose:
    """world_T_base of a scene's robot."""
    return _base(scene.robot.position, scene.robot.yaw_deg)


def _base(position: tuple[float, float, float], yaw_deg: float) -> Pose:
    return Pose(position, Quaternion(axis=[0.0, 0.0, 1.0], degrees=yaw_deg))


def start(scene: Scene) -> np.ndarray:
    """The arm's joints when a scene begins, float64, (J,)."""
    joints = scene.robot.joints if scene.robot.joints is not None else robot_model(scene.robot.name).home
    return np.array(joints, dtype=np.float64)
