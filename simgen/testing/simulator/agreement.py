"""Do two simulators show the same world? One is led through a run, and both are put where it came to."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from simgen.observation import State
from simgen.report import Report, Row, expect, run
from simgen.scenario.scene import Scene
from simgen.simulator import Simulator
from simgen.testing.simulator.geometry import DEPTH, LINKS, SAME, alike, drawn, observed
from simgen.testing.simulator.stage import grasp, household, row_of
from simgen.testing.simulator.trial import Trial


def frozen(scene: Scene, simulator: Simulator, state: State) -> Scene:
    """The Scene that begins where a run has come to; the gripper begins open."""
    bodies = []
    for body in scene.bodies:
        joints = {name.partition("/")[2]: value for name, value in state.articulation.items() if name.partition("/")[0] == body.name}
        placed = body if body.fixed else body.moved(state.pose(row_of(simulator, body.name)))
        bodies.append(placed.model_copy(update={"joints": joints}))
    robot = scene.robot.model_copy(update={"joints": state.joint_position.tolist()})
    return scene.model_copy(update={"bodies": tuple(bodies), "robot": robot})


def check_agreement(
    make_one: Callable[[], Simulator], make_other: Callable[[], Simulator], report: Callable[[Row], None] | None = None
) -> Report:
    """Put two simulators into the same states of a household and compare what they say and show.

    Args:
        make_one: makes the one that is led through a run.
        make_other: makes the other.
        report: called with each row as soon as it is known.
    """
    one, other = Trial(make_one), Trial(make_other)
    rows = []
    for check in CHECKS:
        rows.append(run(check, one, other, _states_of(one), group="agreement"))
        if report is not None:
            report(rows[-1])
    with suppress(Exception):  # closing has a check of its own
        one.forget()
        other.forget()
    return Report(tuple(rows))


def _states_of(trial: Trial) -> Callable[[], list[Scene]]:
    """A household at the beginning and after its cube was grasped."""

    def states() -> list[Scene]:
        stage = household()
        simulator, state = trial.start(stage)
        return [frozen(stage, simulator, one) for one in (state, grasp(simulator, state))]

    return states


def check_poses(one: Trial, other: Trial, states: Callable[[], list[Scene]]) -> str:
    """Both say the same poses of all links"""
    worst = 0.0
    for stage in states():
        first, second = one.start(stage)[1], other.start(stage)[1]
        expect(first.link_pose.shape == second.link_pose.shape, f"{len(first.link_pose)} and {len(second.link_pose)} links")
        sign = np.sign((first.link_pose[:, 3:] * second.link_pose[:, 3:]).sum(axis=1, keepdims=True))
        worst = max(
            worst,
            float(np.abs(first.link_pose[:, :3] - second.link_pose[:, :3]).max()),
            float(np.abs(first.link_pose[:, 3:] - sign * second.link_pose[:, 3:]).max()),
        )
    expect(worst < LINKS, f"off by {worst:.1e} m")
    return f"within {worst:.1e} m"


def _shown(show: Callable, one: Trial, other: Trial, states: Callable[[], list[Scene]]) -> str:
    told = []
    for stage in states():
        for camera in stage.cameras:
            first, second = (show(trial.start(stage)[0], camera) for trial in (one, other))
            same, depth = alike(first, second)
            told.append(f"{camera} {same:.3%}, {1000 * depth:.3f} mm")
            expect(same >= SAME and depth < DEPTH, f"off by {told[-1]}")
    return "; ".join(told)


def check_observed(one: Trial, other: Trial, states: Callable[[], list[Scene]]) -> str:
    """Both observe the same ids and depth"""
    return _shown(observed, one, other, states)


def check_drawn(one: Trial, other: Trial, states: Callable[[], list[Scene]]) -> str:
    """Both draw the same ids and depth themselves"""
    return _shown(drawn, one, other, states)


CHECKS = (check_poses, check_observed, check_drawn)
