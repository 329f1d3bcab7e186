"""The arm goes where it is told, in each control mode, and never where it must not."""

import numpy as np
import pytest
import scenery
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.errors import InvalidValue
from simgen.geometry import Pose
from simgen.scenario.scene import RobotPlacement
from simgen.simulator.control import Controller, action_bounds, action_names, check_action, hold, to_action
from simgen.simulator.kinematics import arm, clipped, from_rotation_vector, pose_error, rotation_vector

ENGINES = ("pybullet", "mujoco")
MODES = ("joint_position", "joint_velocity", "ee_delta")
SPEED = 0.05
DOWN = (0.0, 1.0, 0.0, 0.0)


def lone(mode="ee_delta", **settings):
    return scenery.scene(robot=True, control=mode, **settings)


def follow(simulator, state, targets, gripper=1.0):
    """Distances, metres and radians, to each target after the step that was to reach it."""
    errors = []
    for target in targets:
        state = simulator.step(to_action(target, gripper, state, simulator.jacobian(), simulator.scene))
        error = pose_error(target, state.tcp)
        errors.append((np.linalg.norm(error[:3]), np.linalg.norm(error[3:])))
    return np.array(errors).T, state


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("direction", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, 0.0, -0.8)])
def test_a_straight_line_is_tracked_within_a_tenth_of_a_millimetre(start, mode, direction):
    simulator, state = start(lone(mode))
    there = [Pose(state.tcp.position + np.array(direction) * SPEED * k / 20, state.tcp.orientation) for k in range(1, 41)]
    (metres, radians), _ = follow(simulator, state, there)
    assert metres.max() < 1e-4 and radians.max() < 1e-3


@pytest.mark.parametrize("mode", MODES)
def test_a_held_pose_does_not_creep(start, mode):
    simulator, state = start(lone(mode))
    here, action = state.tcp.position, hold(simulator.scene, state)
    for _ in range(100):
        state = simulator.step(action)
    assert np.linalg.norm(state.tcp.position - here) < 1e-4


@pytest.mark.parametrize("mode", MODES)
def test_a_far_pose_is_reached(start, mode):
    simulator, state = start(lone(mode))
    target = Pose.from_wxyz((0.5, 0.25, 0.15), (0.0, 0.92387953, 0.38268343, 0.0))
    (metres, radians), _ = follow(simulator, state, [target] * 60)
    assert metres[-1] < 5e-4 and radians[-1] < 2e-3
    assert np.diff(metres).max() < 1e-2, "it shoots past"


def test_ee_delta_is_in_the_world_frame_however_the_robot_stands(start):
    simulator, state = start(scenery.scene().model_copy(update={"robot": RobotPlacement(position=(0.2, -0.1, 0.3), yaw_deg=70)}))
    before = state.tcp
    for _ in range(8):
        state = simulator.step(np.array([0.0, 0.01, 0.0, 0.0, 0.0, 0.05, 1.0]))
    assert pose_error(state.tcp, before) == pytest.approx([0, 0.08, 0, 0, 0, 0.4], abs=1e-3)


def test_a_large_motion_is_shortened_not_refused(start):
    simulator, state = start(lone())
    before = state.tcp.position
    state = simulator.step(np.array([0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 1.0]))
    assert 0.03 < state.tcp.position[1] - before[1] < 0.051 and abs(state.tcp.position[2] - before[2]) < 0.005


@pytest.mark.parametrize("mode", ["joint_position", "joint_velocity"])
def test_joints_stop_at_their_limits_and_keep_their_speed(start, mode):
    simulator, state = start(lone(mode))
    chain = arm(simulator.scene)
    for sign in (1.0, -1.0):
        for _ in range(40):
            before = state.joint_position
            state = simulator.step(np.append(sign * np.full(7, 100.0), 1.0))
            assert (state.joint_position < chain.upper + 5e-3).all() and (state.joint_position > chain.lower - 5e-3).all()
            assert (np.abs(state.joint_position - before) < chain.speed / 20 + 0.05).all()


def test_a_blocked_arm_winds_up_no_spring(start):
    """Pressed against the floor for two seconds, the hand rises at once when told to."""
    simulator, state = start(scenery.scene(scenery.GROUND, robot=True))
    for _ in range(40):
        state = simulator.step(np.array([0, 0, -0.03, 0, 0, 0, 1]))
    assert state.tcp.position[2] > -0.01, "it went through the floor"
    low = state.tcp.position[2]
    for _ in range(3):
        state = simulator.step(np.array([0, 0, 0.03, 0, 0, 0, 1]))
    assert state.tcp.position[2] > low + 0.02


@pytest.mark.parametrize("opening", [0.0, 0.3, 1.0])
def test_the_gripper_opens_as_far_as_told_and_stays_in_the_middle(start, opening):
    simulator, state = start(lone())
    for _ in range(20):
        state = simulator.step(np.array([0, 0, 0, 0, 0, 0, opening]))
    assert state.gripper == pytest.approx(0.08 * opening, abs=5e-4)
    fingers = [row for row, link in enumerate(simulator.links) if "finger" in link.name]
    middle = state.link_pose[fingers, :2].mean(axis=0)
    assert middle == pytest.approx(state.tcp.position[:2], abs=5e-4)


@pytest.mark.parametrize("friction", [0.5, 0.8])
def test_a_grasped_cube_does_not_slip_when_it_is_lifted_and_shaken(start, friction):
    cube = scenery.body("cube", scenery.BOX, (0.45, 0.0, 0.025), mass=0.1, friction=friction)
    simulator, state = start(scenery.scene(scenery.GROUND, cube, robot=True))
    row = len(simulator.links) - 1
    at = [((0.45, 0.0, 0.1), 1.0, 15), ((0.45, 0.0, 0.025), 1.0, 15), ((0.45, 0.0, 0.025), 0.0, 12), ((0.45, 0.0, 0.25), 0.0, 12)]
    for place, gripper, steps in at:
        _, state = follow(simulator, state, [Pose.from_wxyz(place, DOWN)] * steps, gripper)
    grip, worst = state.tcp.inverse() @ state.pose(row), 0.0
    assert state.pose(row).position[2] > 0.2, "it was not lifted"
    for k in range(40):  # 3 cm to and fro at 2.5 Hz: 4 m/s2
        swing = 0.015 * np.sin(2 * np.pi * 2.5 * k / 20)
        _, state = follow(simulator, state, [Pose.from_wxyz((0.45 + swing, swing, 0.25 - swing), DOWN)], 0.0)
        worst = max(worst, np.linalg.norm((state.tcp.inverse() @ state.pose(row)).position - grip.position))
    assert worst < 2e-3
    assert state.gripper == pytest.approx(0.05, abs=2e-3)


def test_wrong_actions_are_refused_in_one_sentence():
    for wrong in (np.zeros(6), np.zeros((1, 7)), [0, 0, 0, np.nan, 0, 0, 0], [np.inf] + [0] * 6):
        with pytest.raises(InvalidValue, match="must be"):
            check_action(wrong, 7)


def test_actions_have_the_precision_of_a_dataset():
    """Stored as float32 and played again, an action is the same."""
    action = np.random.default_rng(0).normal(size=7)
    assert (check_action(action, 7) == check_action(action.astype(np.float32), 7)).all()


def test_names_and_bounds_fit_each_other():
    for mode in MODES:
        low, high = action_bounds(lone(mode))
        assert len(action_names(lone(mode))) == len(low) == len(high) and (low < high).all()
    assert action_names(scenery.scene()) == () and action_bounds(scenery.scene())[0].shape == (0,)


def test_without_a_robot_there_is_nothing_to_command(start):
    simulator, state = start(scenery.scene(scenery.GROUND))
    assert hold(simulator.scene, state).shape == (0,) and simulator.jacobian().shape == (6, 0)
    with pytest.raises(InvalidValue):
        simulator.step(np.zeros(7))


joints = st.lists(st.floats(-0.8, 0.8), min_size=7, max_size=7).map(np.array)


@settings(max_examples=40, deadline=None)
@given(joints, joints)
def test_inverse_kinematics_undoes_forward_kinematics(start, other):
    chain = arm(lone())
    goal = chain.tool(np.clip(chain.home + 0.5 * other, chain.lower + 0.1, chain.upper - 0.1))
    found = chain.solve(goal, np.clip(chain.home + 0.2 * start, chain.lower, chain.upper))
    assert np.abs(pose_error(goal, chain.tool(found))).max() < 1e-5
    assert (found >= chain.lower).all() and (found <= chain.upper).all()


@settings(max_examples=20, deadline=None)
@given(joints)
def test_the_jacobian_is_the_derivative_of_forward_kinematics(offset):
    chain, h = arm(lone()), 1e-6
    q = chain.home + offset
    numeric = [pose_error(chain.tool(q + h * side), chain.tool(q - h * side)) / (2 * h) for side in np.eye(7)]
    assert np.abs(chain.jacobian(q) - np.array(numeric).T).max() < 1e-8


@given(st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=3).map(np.array))
def test_a_rotation_vector_survives_its_quaternion(vector):
    assert rotation_vector(from_rotation_vector(vector)) == pytest.approx(vector, abs=1e-9)
    assert rotation_vector(-from_rotation_vector(vector)) == pytest.approx(vector, abs=1e-9)


def test_an_unreachable_pose_is_approached_within_the_limits():
    chain = arm(lone())
    found = chain.solve(Pose.from_wxyz((3.0, 0.0, 0.5), DOWN), chain.home)
    assert np.isfinite(found).all() and (found >= chain.lower).all() and (found <= chain.upper).all()


def test_a_controller_goes_on_from_its_memory():
    first, second = Controller(lone()), Controller(lone())
    q, action = first.arm.home, np.array([0.01, 0.02, 0.0, 0.1, 0.0, 0.0, 1.0])
    for _ in range(3):
        q = first.command(action, q)[0][-1]
    second.memory = first.memory
    assert (first.command(action, q)[0] == second.command(action, q)[0]).all()


def test_clipping_keeps_the_direction():
    assert clipped([3.0, 4.0, 0.0, 0.0, 0.0, 0.1], 0.05, 0.25) == pytest.approx([0.03, 0.04, 0, 0, 0, 0.1])
