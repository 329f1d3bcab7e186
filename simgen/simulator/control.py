"""From actions to joint setpoints: the three control modes, the same in every simulator."""

import numpy as np

from simgen.errors import InvalidValue
from simgen.geometry import Pose
from simgen.observation import State
from simgen.scenario.robot import robot_model
from simgen.scenario.scene import Scene
from simgen.simulator.kinematics import Arm, arm, clipped, from_rotation_vector, joint_step, pose_error, start

REACH = 0.05
"""Metres the hand may be asked to go in one control step; a longer `ee_delta` is shortened to it."""
TURN = 0.25
"""Radians the hand may be asked to turn in one control step; a larger `ee_delta` is shortened to it."""
LAG = 0.05
"""Radians (or metres) a commanded joint may run ahead of the real one, so that a blocked arm winds up no spring."""
HOMEWARD = 0.5
"""Share of the way back to the home posture, a second, in motions that leave the hand where it is."""
HAND = ("dx", "dy", "dz", "rx", "ry", "rz")


def action_names(scene: Scene) -> tuple[str, ...]:
    """What each number of an action means, (A,).

    joint_position: the arm's joints in radians; joint_velocity: the same in rad/s; ee_delta: metres along the world's
    axes and a rotation vector in radians about them, from where the hand was last told to be. Then the gripper, 0
    closed to 1 open. Without a robot there is nothing to command.
    """
    if scene.robot is None:
        return ()
    return (*(HAND if scene.control == "ee_delta" else robot_model(scene.robot.name).arm), "gripper")


def action_bounds(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of each number of an action, float64, (A,) each; what lies beyond is clipped."""
    if scene.robot is None:
        return np.zeros(0), np.zeros(0)
    chain = arm(scene)
    most = {"joint_position": chain.upper, "joint_velocity": chain.speed, "ee_delta": np.repeat([REACH, TURN], 3)}[scene.control]
    least = chain.lower if scene.control == "joint_position" else -most
    return np.append(least, 0.0), np.append(most, 1.0)


def check_action(action: np.ndarray, n: int) -> np.ndarray:
    """An action as float64, (n,), of float32 precision, so that what a dataset stores replays exactly.

    Raises:
        InvalidValue: on a wrong shape or a number that is not finite.
    """
    array = np.asarray(action, dtype=np.float32)
    if array.shape != (n,):
        raise InvalidValue("an action's shape", array.shape, f"({n},), one number for each of simgen.simulator.control.action_names")
    if not np.isfinite(array).all():
        raise InvalidValue("an action", array.tolist(), "finite numbers only")
    return array.astype(np.float64)


def hold(scene: Scene, state: State) -> np.ndarray:
    """The action that keeps the arm where it is, gripper and all, float32, (A,)."""
    if scene.robot is None:
        return np.zeros(0, dtype=np.float32)
    still = state.joint_position if scene.control == "joint_position" else np.zeros(len(action_names(scene)) - 1)
    opening = state.gripper / robot_model(scene.robot.name).opening
    return np.append(still, opening).clip(*action_bounds(scene)).astype(np.float32)


def to_action(target: Pose, gripper: float, state: State, jacobian: np.ndarray, scene: Scene) -> np.ndarray:
    """The action, float32, (A,), that brings the hand towards a wanted pose, in the scene's control mode.

    Args:
        target: world_T_tcp wanted after the next control step; farther than one step may go, it is approached straight.
        gripper: opening wanted, 0 closed to 1 open.
        state: the world now.
        jacobian: of the tool centre point now, (6, J), as `Simulator.jacobian` gives it.
        scene: the Scene, for its control mode, control rate and robot.
    """
    error = clipped(pose_error(target, state.tcp), REACH, TURN)
    if scene.control == "ee_delta":
        return np.append(error, gripper).clip(*action_bounds(scene)).astype(np.float32)
    homeward = HOMEWARD / scene.control_rate * (np.array(robot_model(scene.robot.name).home) - state.joint_position)
    step = _slowed(joint_step(jacobian, error, homeward), arm(scene).speed / scene.control_rate)
    motion = state.joint_position + step if scene.control == "joint_position" else step * scene.control_rate
    return np.append(motion, gripper).clip(*action_bounds(scene)).astype(np.float32)


def _slowed(step: np.ndarray, most: np.ndarray) -> np.ndarray:
    """A joint motion in the same direction, no joint farther than `most`."""
    return step * min(1.0, float(np.min(most / np.maximum(np.abs(step), 1e-12))))


class Controller:
    """What the arm was last told, and what an action makes of it.

    Setpoints move on from what was last commanded, not from where the arm is, so that its errors do not add up; where
    the arm is held back, they stay close to it (anti-windup). No joint is asked to run faster than its limit: a motion
    that would is shortened.
    """

    def __init__(self, scene: Scene):
        self.arm: Arm = arm(scene)
        self._mode = scene.control
        self._period = 1.0 / scene.control_rate
        self._substeps = scene.physics_rate // scene.control_rate
        self._opening = robot_model(scene.robot.name).opening
        self._joints = start(scene)

    @property
    def memory(self) -> np.ndarray:
        """All that one step hands to the next: the joints last commanded, float64, (J,)."""
        return self._joints

    @memory.setter
    def memory(self, memory: np.ndarray):
        self._joints = np.array(memory, dtype=np.float64)

    def command(self, action: np.ndarray, joints: np.ndarray) -> tuple[np.ndarray, float]:
        """Setpoints for one control step.

        Args:
            action: a checked action, (A,).
            joints: where the arm is, (J,).

        Returns:
            Joint setpoints now and after each of S physics steps, float64, (S + 1, J), on a straight line; and the
            opening between the fingers in metres.
        """
        last = np.clip(self._joints, joints - LAG, joints + LAG)
        step = self._wanted(action[:-1], last) - last
        self._joints = np.clip(last + _slowed(step, self._period * self.arm.speed), self.arm.lower, self.arm.upper)
        share = np.arange(self._substeps + 1)[:, None] / self._substeps
        return last + share * (self._joints - last), self._opening * float(np.clip(action[-1], 0.0, 1.0))

    def _wanted(self, motion: np.ndarray, last: np.ndarray) -> np.ndarray:
        if self._mode == "joint_position":
            return np.clip(motion, self.arm.lower, self.arm.upper)
        if self._mode == "joint_velocity":
            return np.clip(last + self._period * motion, self.arm.lower, self.arm.upper)
        hand, motion = self.arm.tool(last), clipped(motion, REACH, TURN)
        goal = Pose(hand.position + motion[:3], from_rotation_vector(motion[3:]) * hand.orientation)
        return self.arm.solve(goal, last, homeward=HOMEWARD * self._period)
