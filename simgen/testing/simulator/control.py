"""The arm goes where it is told, in every control mode, and the gripper holds what it grips."""

from typing import get_args

import numpy as np

from simgen.geometry import Pose
from simgen.report import expect
from simgen.scenario.robot import robot_model
from simgen.scenario.scene import ControlMode
from simgen.simulator.control import hold, to_action
from simgen.simulator.kinematics import arm, pose_error
from simgen.testing.simulator.stage import BOX, DOWN, GROUND, body, lead, row_of, scene
from simgen.testing.simulator.trial import Trial

MODES = get_args(ControlMode)
NEAR, TURNED = 5e-4, 5e-3
"""Metres and radians by which the hand may be off: what a camera does not see."""
SPEED = 0.05
"""m/s of the lines that are followed."""
SLIP = 2e-3
"""Metres a thing may move in the gripper while it is shaken."""


def check_line(trial: Trial) -> str:
    """A straight line is followed in every control mode."""
    told = []
    for mode in MODES:
        simulator, state = trial.start(scene(robot=True, control=mode))
        start, worst = state.tcp, np.zeros(2)
        for direction in ((1.0, 0.0, 0.0), (-0.6, 0.8, 0.0), (0.0, -0.6, -0.8)):
            for _ in range(20):
                start = Pose(start.position + np.array(direction) * SPEED / 20, start.orientation)
                state = simulator.step(to_action(start, 1.0, state, simulator.jacobian(), simulator.scene))
                error = pose_error(start, state.tcp)
                worst = np.maximum(worst, [np.linalg.norm(error[:3]), np.linalg.norm(error[3:])])
        told.append(f"{mode} {1000 * worst[0]:.3f} mm, {1000 * worst[1]:.3f} mrad")
        # where a line turns off, a control step at 5 cm/s is 2.5 mm long, of which a tenth may be lacking
        expect(worst[0] < NEAR and worst[1] < TURNED, f"off by {told[-1]}")
    return "; ".join(told)


def check_reach(trial: Trial) -> str:
    """A far pose is reached in every control mode, and not shot past."""
    target, told = Pose.from_wxyz((0.5, 0.25, 0.15), (0.0, 0.92387953, 0.38268343, 0.0)), []
    for mode in MODES:
        simulator, state = trial.start(scene(robot=True, control=mode))
        metres = []
        for _ in range(60):
            state = lead(simulator, state, target, 1.0, 1)
            metres.append(np.linalg.norm(state.tcp.position - target.position))
        radians = float(np.linalg.norm(pose_error(target, state.tcp)[3:]))
        past = float(max(0.0, np.diff(metres).max()))
        told.append(f"{mode} {1000 * metres[-1]:.3f} mm, {1000 * radians:.3f} mrad")
        expect(metres[-1] < NEAR and radians < TURNED and past < 0.01, f"off by {told[-1]}; {1000 * past:.1f} mm past it")
    return "; ".join(told)


def check_rest(trial: Trial) -> str:
    """A held pose does not creep, in any control mode."""
    told = []
    for mode in MODES:
        simulator, state = trial.start(scene(robot=True, control=mode))
        here, action = state.tcp.position, hold(simulator.scene, state)
        for _ in range(100):
            state = simulator.step(action)
        off = float(np.linalg.norm(state.tcp.position - here))
        told.append(f"{mode} {1000 * off:.3f} mm")
        expect(off < NEAR, f"after 5 s off by {told[-1]}")
    return "; ".join(told)


def check_joints(trial: Trial) -> str:
    """Joints take the angles and the speeds that they are told."""
    simulator, state = trial.start(scene(robot=True, control="joint_position"))
    wanted = state.joint_position + np.array([0.2, 0.15, -0.2, 0.2, -0.2, 0.2, 0.3])
    for _ in range(40):
        state = simulator.step(np.append(wanted, 1.0))
    angle = float(np.abs(state.joint_position - wanted).max())
    simulator, state = trial.start(scene(robot=True, control="joint_velocity"))
    speeds, rate = np.array([0.2, 0.15, -0.2, 0.2, -0.2, 0.2, 0.3]), simulator.scene.control_rate
    for _ in range(rate):
        state = simulator.step(np.append(speeds, 1.0))
    speed = float(np.abs(state.joint_velocity - speeds).max())
    told = f"angles within {1000 * angle:.3f} mrad, speeds within {1000 * speed:.3f} mrad/s"
    expect(angle < TURNED and speed < 0.05 * np.abs(speeds).max(), told)
    return told


def check_gripper(trial: Trial) -> str:
    """The gripper opens as far as it is told and stays in the middle."""
    stage, worst = scene(robot=True), 0.0
    for share in (0.0, 0.3, 1.0):
        simulator, state = trial.start(stage)
        for _ in range(20):
            state = simulator.step(np.array([0, 0, 0, 0, 0, 0, share]))
        fingers = [row_of(simulator, f"robot/{name}") for name in robot_model("panda").gripper_links if "finger" in name]
        aside = float(np.abs(state.link_pose[fingers, :2].mean(axis=0) - state.tcp.position[:2]).max())
        off = abs(state.gripper - robot_model("panda").opening * share)
        expect(max(off, aside) < NEAR, f"told {share:g}, it opens {1000 * state.gripper:.2f} mm, {1000 * aside:.2f} mm off the middle")
        worst = max(worst, off, aside)
    return f"within {1000 * worst:.3f} mm"


def check_blocked(trial: Trial) -> str:
    """A blocked arm winds up no spring: it rises as soon as it is told."""
    simulator, state = trial.start(scene(GROUND, robot=True))
    for _ in range(40):
        state = simulator.step(np.array([0, 0, -0.03, 0, 0, 0, 1]))
    low = float(state.tcp.position[2])
    expect(low > -0.01, f"told to go down it is {-1000 * low:.1f} mm below the floor")
    for _ in range(3):
        state = simulator.step(np.array([0, 0, 0.03, 0, 0, 0, 1]))
    risen = float(state.tcp.position[2]) - low
    expect(risen > 0.02, f"{1000 * risen:.1f} mm of 90 in three steps")
    return f"{1000 * risen:.0f} mm of 90 in three steps, after two seconds on the floor"


def check_speed(trial: Trial) -> str:
    """No joint runs faster than it may, whatever it is told."""
    simulator, state = trial.start(scene(robot=True, control="joint_velocity"))
    most, worst = arm(simulator.scene).speed, 0.0
    for sign in (1.0, -1.0):
        for _ in range(15):
            before = state.joint_position
            state = simulator.step(np.append(sign * np.full(7, 100.0), 1.0))
            worst = max(worst, float((np.abs(state.joint_position - before) * simulator.scene.control_rate / most).max()))
    # what lags behind may make it good within a step, by what the controller lets it lag: 0.05 rad
    allowed = 1.0 + float((0.05 * simulator.scene.control_rate / most).max())
    expect(worst < allowed, f"{worst:.2f} times its most")
    return f"{worst:.2f} times its most"


def check_grip(trial: Trial) -> str:
    """A cube that is lifted and shaken stays in the gripper."""
    cube = body("cube", BOX, (0.45, 0.0, 0.025), mass=0.1, friction=0.8)
    simulator, state = trial.start(scene(GROUND | {"friction": 1.0}, cube, robot=True))
    row = row_of(simulator, "cube")
    for height, gripper, steps in ((0.1, 1.0, 15), (0.025, 1.0, 15), (0.025, 0.0, 12), (0.25, 0.0, 12)):
        state = lead(simulator, state, Pose.from_wxyz((0.45, 0.0, height), DOWN), gripper, steps)
    lifted = float(state.pose(row).position[2])
    expect(lifted > 0.2, f"it is not lifted: {lifted:.3f} m")
    held, worst = state.tcp.inverse() @ state.pose(row), 0.0
    for k in range(40):  # 3 cm to and fro at 2.5 Hz: 4 m/s2
        swing = 0.015 * np.sin(2 * np.pi * 2.5 * k / 20)
        state = lead(simulator, state, Pose.from_wxyz((0.45 + swing, swing, 0.25 - swing), DOWN), 0.0, 1)
        worst = max(worst, float(np.linalg.norm((state.tcp.inverse() @ state.pose(row)).position - held.position)))
    told = f"it slips {1000 * worst:.2f} mm in two seconds, the fingers {1000 * state.gripper:.1f} mm apart"
    expect(worst < SLIP and abs(state.gripper - 0.05) < SLIP, told)
    return told


CHECKS = (check_line, check_reach, check_rest, check_joints, check_gripper, check_blocked, check_speed, check_grip)
