"""Every engine that is installed keeps the contract, and its physics says what the Scene says."""

from importlib.util import find_spec

import pytest

from simgen import simulator as simulators
from simgen.errors import UnknownName
from simgen.report import run
from simgen.testing import check_agreement, check_simulator
from simgen.testing.simulator import GROUPS, control, geometry, repeat, snapshot
from simgen.testing.simulator.trial import Trial

ENGINES = [name for name in ("pybullet", "mujoco", "genesis") if name in simulators.REGISTRY.built_in and find_spec(name)]
PROMPT = {"pybullet", "mujoco"}
"""Engines that build a scene at once; the others are tried by hand."""
LONG = {repeat.check_process, repeat.check_grasp, snapshot.check_elsewhere, snapshot.check_grasp, snapshot.check_storm}
LONG |= {geometry.check_shelf_picture, control.check_rest, control.check_grip}
"""Checks in other processes and long runs."""

def cases():
    for engine in ENGINES:
        for group, checks in GROUPS.items():
            for check in checks:
                marks = [pytest.mark.slow] if engine not in PROMPT or check in LONG else []
                yield pytest.param(engine, check, marks=marks, id=f"{engine}-{group}-{check.__name__}")


@pytest.fixture(scope="module")
def trials():
    made = {engine: Trial(lambda engine=engine: simulators.make(engine)) for engine in ENGINES}
    yield made
    for trial in made.values():
        trial.forget()


@pytest.mark.parametrize(("name", "check"), list(cases()))
def test_it_keeps_the_contract(trials, name, check):
    row = run(check, trials[name])
    assert row.passed is not False, row


@pytest.mark.slow
@pytest.mark.parametrize("name", [engine for engine in ENGINES if engine != "pybullet"])
def test_it_shows_the_same_world_as_pybullet(name):
    report = check_agreement(lambda: simulators.make("pybullet"), lambda: simulators.make(name))
    assert report.passed, report


def test_an_unknown_group_is_named():
    with pytest.raises(UnknownName, match="contract"):
        check_simulator(lambda: simulators.make("pybullet"), groups=["contracts"])
