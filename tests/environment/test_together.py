"""Rows whose simulators take their physics steps as one batch are what they are alone."""

from importlib.util import find_spec

import numpy as np
import pytest
from playground import alone, equal, gentle, many

from simgen import simulator as simulators
from simgen.environment.together import Together
from simgen.errors import InvalidValue
from simgen.testing.simulator import fingerprint, trial_actions, trial_scene

pytestmark = pytest.mark.skipif(find_spec("genesis") is None, reason="Genesis is not installed")
RULES = {"simulator": "genesis", "world": "preview", "gate": "off", "size": (32, 32), "max_steps": 4}


@pytest.fixture(scope="module")
def batch():
    env = many(3, **RULES, processes=None)
    yield env
    env.close()


@pytest.fixture(scope="module")
def single():
    env = alone(**RULES)
    yield env
    env.close()


def test_a_row_of_a_batch_is_the_same_alone_through_its_next_episode(batch, single):
    assert isinstance(batch._parts.loop._company, Together)
    observation, info = batch.reset(seed=[11, 22, 33])
    actions = gentle(batch.single_action_space, 3 * 6).reshape(6, 3, -1)
    seen = [(observation, info)] + [(stepped[0], stepped[4]) for stepped in map(batch.step, actions)]
    for row, seed in enumerate((11, 22, 33)):
        told = [single.reset(seed=seed)]
        for step in actions[:4]:
            observation, _, _, truncated, info = single.step(step[row])
            told.append((observation, info))
        assert truncated, "the fifth step begins the next episode"
        told += [single.reset(), single.step(actions[5][row])[::4]]
        for (pixels, facts), (observation, info) in zip(seen, told, strict=True):
            assert all(np.array_equal(pixels["pixels"][camera][row], observation["pixels"][camera]) for camera in observation["pixels"])
            assert equal(facts["privileged"][row], info["privileged"]) and facts["scene_sha256"][row] == info["scene_sha256"]


def test_a_row_begins_anew_or_goes_back_while_the_others_stand_still(batch):
    batch.reset(seed=[1, 2, 3])
    actions = gentle(batch.single_action_space, 3 * 3, seed=1).reshape(3, 3, -1)
    batch.step(actions[0])
    kept = [batch.snapshot(row) for row in range(3)]
    plain = [batch.step(action)[4]["privileged"].copy() for action in actions[1:]]
    for again in ({"seed": 9}, {"options": {"snapshot": [None, kept[1], None]}}):
        options = {"reset_mask": np.array([False, True, False])} | again.pop("options", {})
        batch.reset(options={"snapshot": kept})
        batch.reset(options=options, **again)
        other = [batch.step(action)[4]["privileged"] for action in actions[1:]]
        for now, then in zip(other, plain, strict=True):
            assert np.array_equal(now[[0, 2]], then[[0, 2]]), "the others were moved"
            assert np.array_equal(now[1], then[1]) == ("seed" not in again)


def test_a_wrong_action_of_one_row_moves_none():
    fleet = simulators.REGISTRY.load("genesis").fleet(2)
    scene = trial_scene()
    for row, simulator in enumerate(fleet.simulators):
        with fleet.sparing(row):
            simulator.build(scene)
            simulator.reset(0)
    actions = trial_actions(scene, 3)
    plain = [fingerprint(state) for action in actions for state in fleet.step({0: action, 1: action}).values()]
    for simulator in fleet.simulators:
        simulator.reset(0)
    with pytest.raises(InvalidValue):
        fleet.step({0: actions[2], 1: np.full(7, np.nan)})
    assert [fingerprint(state) for action in actions for state in fleet.step({0: action, 1: action}).values()] == plain
    assert plain[::2] == plain[1::2], "equal rows are equal"
    fleet.close()
