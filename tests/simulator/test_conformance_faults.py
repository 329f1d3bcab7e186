"""Every check of a simulator finds the fault that it is there for."""

import os
import re
from dataclasses import replace

import numpy as np
import pytest
from faulty import Faulty, beside, bodies, contacts, moved, settings

from simgen.errors import InvalidValue
from simgen.report import name_of, run
from simgen.simulator.pybullet import PyBullet
from simgen.testing import check_agreement, check_simulator
from simgen.testing.simulator import CHECKS, contact, contract, control, dynamics, geometry, repeat, snapshot, weather
from simgen.testing.simulator.trial import Trial

FLOAT32 = lambda state, _: replace(state, mass=state.mass.astype(np.float32))  # noqa: E731
UNCOUPLED = {"scene": settings(coupled=False)}
MADE = []
"""Simulators of one test, in order."""


def jitter(of):
    """States that stray by 1e-12 m times a number that ought not to matter."""
    return {"state": lambda state, simulator: moved(state, 1e-12 * of(simulator))}


def order_of_making(simulator) -> int:
    if not any(one is simulator for one in MADE):
        MADE.append(simulator)
    return MADE.index(simulator)


def shaken_off(true, kept):
    """Restores all but what the arm was last told."""
    state = true.restore(kept)
    true._controller.memory = true._controller.memory + 1e-6
    return state


def stopped(true, kept):
    """Restores all but how fast the first free body is."""
    state = true.restore(kept)
    true._engine.resetBaseVelocity(true._bodies[1].uid, [0, 0, 0])
    return state


def credulous(true, kept):
    """Takes anything for a snapshot."""
    try:
        return true.restore(kept)
    except InvalidValue:
        return true.step(np.zeros(7))


def close_once(true):
    if not true._built:
        raise RuntimeError("closed already")
    true.close()


def far_contact(state, _):
    """What touches is told to be 3 mm apart."""
    return contacts(distance=lambda distance: distance + 0.003)(state, _)


def seen_with(**changes):
    """Observations that have maps changed, each from what it was."""

    def observe(true, camera):
        seen = true.observe(camera)
        return replace(seen, **{name: change(getattr(seen, name)) for name, change in changes.items()})

    return observe


def shifted(true, camera):
    rgb, depth, ids = true.camera_image(camera)
    return rgb, np.roll(depth, 1, axis=1), np.roll(ids, 1, axis=1)


def deeper(true, camera):
    rgb, depth, ids = true.camera_image(camera)
    return rgb, depth + np.float32(0.001), ids


def wound_up(action, step):
    """Pressed down, it stays so for a while whatever it is told."""
    return action if step <= 40 or step > 43 else np.append(-0.01 * np.array([0, 0, 1, 0, 0, 0]), 1.0)


FAULTS = {
    contract.check_links: {"links": ()},
    contract.check_state: {"state": FLOAT32},
    contract.check_places: {"state": lambda state, _: moved(state, 1e-3)},
    contract.check_time: {"state": lambda state, _: replace(state, time_ns=state.time_ns + 1)},
    contract.check_actions: {"action": lambda action, _: np.nan_to_num(action, posinf=1.0)},
    contract.check_limits: {"state": lambda state, _: replace(state, joint_position=1.05 * state.joint_position)},
    contract.check_observation: {"observe": lambda true, camera: replace(true.observe(camera), instance=0 * true.observe(camera).instance)},
    contract.check_camera: {
        "observe": lambda true, camera: replace(true.observe(camera), depth=true.observe(camera).depth + np.float32(0.01))
    },
    contract.check_unknown_camera: {"observe": lambda true, camera: true.observe("front")},
    contract.check_jacobian: {"jacobian": lambda true: 1.01 * true.jacobian()},
    contract.check_close: {"close": close_once},
    geometry.check_seen: {"state": lambda state, _: moved(state, 0.02)},
    geometry.check_links: {"state": lambda state, _: beside(state, 1e-4)},
    geometry.check_picture: {"camera_image": shifted},
    geometry.check_shelf_picture: {"camera_image": deeper},
    dynamics.check_fall: {"scene": settings(gravity=(0.0, 0.0, -9.7))},
    dynamics.check_slide: {"scene": bodies(friction=np.sqrt)},
    dynamics.check_hold: {"scene": bodies(friction=lambda mu: 0.9 * mu)},
    dynamics.check_roll: {"scene": bodies(friction=lambda _: 0.05)},
    dynamics.check_spin: {"scene": bodies(angular_damping=lambda _: 0.3)},
    dynamics.check_angular_damping: {"scene": bodies(angular_damping=lambda _: 0.0)},
    dynamics.check_linear_damping: {"scene": bodies(linear_damping=lambda _: 0.0)},
    dynamics.check_collision: {"state": lambda state, _: replace(state, link_velocity=state.link_velocity * [[1.001], [1.0], [1.0]])},
    dynamics.check_bounce: {"scene": bodies(restitution=np.sqrt)},
    dynamics.check_drawer: {"scene": bodies(joint_damping=lambda damping: 1.2 * damping)},
    contact.check_weight: {"state": contacts(force=lambda force: 1.05 * force)},
    contact.check_shelf_weight: {"state": lambda state, _: replace(state, mass=1.1 * state.mass)},
    contact.check_resting: {"state": lambda state, _: replace(state, link_pose=state.link_pose + [0, 0, 0.005, 0, 0, 0, 0])},
    contact.check_stack: {"state": contacts(normal=lambda normal: -normal)},
    contact.check_order: {"state": contacts(normal=np.abs)},
    contact.check_balance: {"state": contacts(friction=lambda friction: 0.5 * friction)},
    contact.check_cone: {"state": contacts(friction=lambda friction: 1.2 * friction)},
    contact.check_apart: {"state": far_contact},
    contact.check_first: {"state": contacts(force=lambda force: force + 1.0)},
    control.check_line: {"action": lambda action, _: 0.999 * action},
    control.check_reach: {"action": lambda action, _: 0.99 * action},
    control.check_rest: {"action": lambda action, _: action + 0.001},
    control.check_joints: {"action": lambda action, _: 0.97 * action},
    control.check_gripper: {"action": lambda action, _: 0.95 * action},
    control.check_blocked: {"action": wound_up},
    control.check_speed: {"state": lambda state, _: replace(state, joint_position=3 * state.joint_position)},
    control.check_grip: {"scene": bodies(friction=lambda _: 0.05)},
    weather.check_slippery: UNCOUPLED,
    weather.check_states: UNCOUPLED,
    weather.check_braking: UNCOUPLED,
    weather.check_wind: UNCOUPLED,
    weather.check_uncoupled: {"scene": settings(coupled=True)},
    repeat.check_twice: jitter(lambda simulator: simulator.calls),
    repeat.check_second: jitter(order_of_making),
    repeat.check_process: jitter(lambda _: os.getpid()),
    repeat.check_seeds: jitter(lambda simulator: simulator.calls),
    repeat.check_other_scene: jitter(lambda simulator: simulator.builds),
    repeat.check_grasp: jitter(lambda _: os.getpid()),
    snapshot.check_snapshot: {"restore": shaken_off},
    snapshot.check_second: {"restore": shaken_off},
    snapshot.check_grasp: {"restore": stopped},
    snapshot.check_elsewhere: {"restore": stopped},
    snapshot.check_over_contacts: {"restore": stopped},
    snapshot.check_storm: {"restore": shaken_off},
    snapshot.check_refused: {"restore": credulous},
}
"""Check to a fault that it must find."""
LONG = {repeat.check_process, repeat.check_grasp, snapshot.check_elsewhere, snapshot.check_grasp, geometry.check_shelf_picture}
"""Those of other processes and large scenes."""
RAISED = {contract.check_close}
"""Where what is raised is the fault."""


def test_every_check_has_a_fault_to_find():
    assert set(FAULTS) == set(CHECKS) and len({name_of(check) for check in CHECKS}) == len(CHECKS)


def cases():
    for check in FAULTS:
        marks = [pytest.mark.slow] if check in LONG else []
        yield pytest.param(check, marks=marks, id=f"{check.__module__.rpartition('.')[2]}-{check.__name__}")


@pytest.mark.parametrize("check", list(cases()))
def test_a_check_finds_its_fault(check):
    MADE.clear()
    trial = Trial(lambda: Faulty(**FAULTS[check]))
    row = run(check, trial)
    assert row.passed is False, row
    assert check in RAISED or not re.match(r"\w+(Error|Exception|Iteration):", row.figure), f"it fails by accident: {row.figure}"


def test_an_engine_without_a_picture_of_its_own_has_neither_passed_nor_failed():
    class Blind(PyBullet):
        camera_image = property()

    report = check_simulator(Blind, groups=["geometry"])
    assert [row.passed for row in report.rows] == [True, True, None, None] and report.passed
    assert "not offered" in str(report) and str(report).count("absent") == 2


def test_a_simulator_that_cannot_be_made_fails_every_check():
    def make():
        raise OSError("no engine")

    report = check_simulator(make)
    assert len(report.rows) == len(CHECKS) == len(report.failed) and "no engine" in str(report)


@pytest.mark.slow
def test_two_that_do_not_agree_are_told_apart():
    report = check_agreement(PyBullet, lambda: Faulty(state=lambda state, _: moved(state, 1e-3), camera_image=shifted))
    assert [row.passed for row in report.rows] == [False, True, False]


def test_a_check_that_breaks_the_engine_spoils_no_other():
    made = []

    def make():
        made.append(Faulty(jacobian=lambda true: true._engine.disconnect()))
        return made[-1]

    rows = check_simulator(make, groups=["contract", "closing"]).rows
    assert [row.check for row in rows if not row.passed] == [name_of(contract.check_jacobian)] and len(made) == 2
