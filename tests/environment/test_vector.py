"""Many environments around one world: each as it is alone, wherever its physics runs, and whatever becomes of a process."""

import os
import signal

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics, RescaleAction
from playground import Marker, alone, equal, gentle, many, read, tiny

from simgen.environment import VectorEnvironment, workers
from simgen.errors import InvalidValue, WorkerKeepsDying

MODES = list(AutoresetMode)


def run(env, actions, seed=0) -> list:
    """A reset and these steps."""
    return [env.reset(seed=seed), *(env.step(action) for action in actions)]


@pytest.mark.parametrize(("world", "processes"), [("raw", 0), ("neural", 2), pytest.param("preview", 2, marks=pytest.mark.slow)])
def test_a_row_is_the_same_alone_and_in_a_vector_of_eight_in_processes_or_not(world, processes):
    env = many(8, world=world, processes=processes)
    actions = gentle(env.action_space, 2)
    turns = run(env, actions, seed=10)
    env.close()
    for row in (0, 5):
        single = alone(world=world)
        (shown, _), *steps = run(single, actions[:, row], seed=10 + row)
        assert np.array_equal(turns[0][0]["pixels"]["front"][row], shown["pixels"]["front"])
        for together, step in zip(turns[1:], steps, strict=True):
            for camera in ("front", "wrist"):
                assert np.array_equal(together[0]["pixels"][camera][row], step[0]["pixels"][camera])
            assert np.array_equal(together[0]["agent_pos"][row], step[0]["agent_pos"]) and together[1][row] == step[1]
            assert np.array_equal(together[4]["privileged"][row], step[4]["privileged"])
        single.close()


@pytest.mark.parametrize("mode", MODES)
def test_autoreset_is_that_of_gymnasiums_own_vectors(mode):
    rules = {"max_steps": 3}
    ours, theirs = many(2, autoreset_mode=mode, **rules), SyncVectorEnv([lambda: alone(**rules)] * 2, autoreset_mode=mode)
    assert ours.metadata["autoreset_mode"] == theirs.metadata["autoreset_mode"] == mode
    steps = 3 if mode is AutoresetMode.DISABLED else 8
    for one, other in zip(run(ours, gentle(ours.action_space, steps)), run(theirs, gentle(ours.action_space, steps)), strict=True):
        assert all(equal(a, b) for a, b in zip(one, other, strict=True))
    ours.close(), theirs.close()


def test_some_rows_can_be_reset_while_others_go_on():
    ours, theirs = many(3), SyncVectorEnv([alone] * 3, autoreset_mode=AutoresetMode.DISABLED)
    actions, mask = gentle(ours.action_space, 4), np.array([False, True, False])
    for env in (ours, theirs):
        run(env, actions[:2])
    one, other = (env.reset(seed=[None, 7, None], options={"reset_mask": mask.copy()}) for env in (ours, theirs))
    assert all(equal(a, b) for a, b in zip(one, other, strict=True))
    one, other = (env.step(actions[2]) for env in (ours, theirs))
    assert equal(one[0], other[0])
    ours.close(), theirs.close()


def test_gymnasium_makes_the_vector_by_its_id():
    env = gymnasium.make_vec(
        "simgen/Scene-v0", num_envs=2, vectorization_mode="vector_entry_point", scene=tiny(), world="raw", render_mode="rgb_array"
    )
    observation, info = env.reset(seed=0)
    assert isinstance(env.unwrapped, VectorEnvironment) and env.observation_space.contains(observation)
    assert [picture.shape for picture in env.render()] == [(48, 96, 3)] * 2
    assert info["physics_seed"].tolist() == [0, 1] and info["_physics_seed"].all()
    env.close()


def test_gymnasiums_wrappers_count_episodes_and_normalise_actions():
    env = RecordEpisodeStatistics(RescaleAction(many(2, max_steps=3, reward="dense"), np.float32(-1), np.float32(1)))
    env.reset(seed=0)
    for _ in range(3):
        *_, info = env.step(np.zeros(env.action_space.shape, np.float32))
    assert info["episode"]["l"].tolist() == [3, 3] and np.isfinite(info["episode"]["r"]).all()
    env.close()


def test_gymnasiums_own_processes_hold_an_environment_too():
    env, ours = AsyncVectorEnv([alone], context="spawn", shared_memory=False), many(1)  # which reads texts but once
    actions = gentle(ours.action_space, 2)
    for one, other in zip(run(env, actions), run(ours, actions), strict=True):
        assert equal(one[0]["pixels"], other[0]["pixels"]) and one[0]["task"] == other[0]["task"]
    env.close(), ours.close()


def test_rows_may_have_weather_of_their_own():
    env, wet = many(2, world="preview", gate="off"), alone(world="preview", gate="off")
    observation, _ = env.reset(seed=3, options={"weather": [None, "rain:5"]})
    assert equal(observation["pixels"]["front"][1], wet.reset(seed=4, options={"weather": "rain:5"})[0]["pixels"]["front"])
    with pytest.raises(InvalidValue, match="number of weather options is 1"):
        env.reset(options={"weather": ["rain:5"]})
    env.close(), wet.close()


def test_a_bad_action_of_one_row_is_told_and_no_row_has_moved():
    env, other = many(2), many(2)
    env.reset(seed=0), other.reset(seed=0)
    actions = gentle(env.action_space, 2)
    for spoil, match in (((1, 2, np.nan), "the action of environment 1"), ((1, 0, 9.0), "dx of the action of environment 1 is 9")):
        bad = actions[0].copy()
        bad[spoil[:2]] = spoil[2]
        with pytest.raises(InvalidValue, match=match):
            env.step(bad)
    with pytest.raises(InvalidValue, match="number of actions is 1"):
        env.step(actions[0][:1])
    for action in actions:
        assert equal(env.step(action)[0], other.step(action)[0])
    env.close(), other.close()


def test_a_killed_worker_is_replaced_and_nothing_of_the_rollout_changes(monkeypatch):
    monkeypatch.setattr(workers, "KEPT_EVERY", 6)
    rules = {"world": "preview", "gate": "off", "look_every": 2, "latency": (0, 2)}
    env, other = many(2, processes=2, **rules), many(2, **rules)
    env.reset(seed=0), other.reset(seed=0)
    for number, action in enumerate(gentle(env.action_space, 12)):
        if number in (3, 9):  # before a snapshot was taken, and after one
            os.kill(env._parts.loop._company._workers[number % 2].pid, signal.SIGKILL)
        one, theirs = env.step(action), other.step(action)
        assert equal(one[0], theirs[0]) and equal(one[4]["privileged"], theirs[4]["privileged"])
    assert env.restarts == 2
    env.close(), other.close()


def test_workers_that_die_of_the_same_request_are_given_up(monkeypatch):
    monkeypatch.setattr(workers, "TRIES", 2)
    env = many(2, processes=1)
    env.reset(seed=0)
    company = env._parts.loop._company
    again = company._again
    monkeypatch.setattr(company, "_again", lambda *asked: again(*asked) and None)
    os.kill(company._workers[0].pid, signal.SIGKILL)
    with pytest.raises(WorkerKeepsDying, match="2 worker processes died"):
        env.step(gentle(env.action_space, 1)[0])
    env.close()


def test_a_row_goes_on_from_a_snapshot_in_another_vector():
    env, other = many(2, world="preview", gate="off"), many(3, world="preview", gate="off", processes=1)
    actions = gentle(env.action_space, 4)
    run(env, actions[:2])
    kept = env.snapshot(1)
    expected = env.step(actions[2])
    other.reset(seed=50)
    other.reset(options={"snapshot": [None, None, kept], "reset_mask": np.array([False, False, True])})
    now = other.step(np.concatenate([actions[2], actions[2][1:]]))
    assert np.array_equal(now[0]["pixels"]["front"][2], expected[0]["pixels"]["front"][1])
    assert np.array_equal(now[4]["privileged"][2], expected[4]["privileged"][1])
    env.close(), other.close()


def follows(steps: int) -> None:
    """Whether pixels stay with their states: every frame says its Scene's seed and its instant."""
    env = many(4, world=Marker(), processes=2, gate="off", max_steps=70)
    _, info = env.reset(seed=100)
    space, rng = env.single_action_space, np.random.default_rng(0)
    for _ in range(steps):
        actions = np.stack([0.1 * rng.uniform(space.low, space.high) for _ in range(4)]).astype(np.float32)
        observation, *_, info = env.step(actions)
        for camera in ("front", "wrist"):
            for row, picture in enumerate(observation["pixels"][camera]):
                seed, time_ns = read(picture)
                assert seed == info["physics_seed"][row] and abs(time_ns * 1e-9 - info["time_s"][row]) < 1e-5
                assert round(info["time_s"][row] * 20) == info["control_steps"][row]
    env.close()


def test_every_frame_shows_the_state_it_comes_with():
    follows(50)


@pytest.mark.slow
def test_every_frame_shows_the_state_it_comes_with_over_ten_thousand_steps():
    follows(2_500)  # of four rows


def test_what_is_asked_of_a_vector_and_makes_no_sense_is_told():
    with pytest.raises(InvalidValue, match="num_envs is 0"):
        many(0)
    env = many(2)
    with pytest.raises(InvalidValue, match="reset first"):
        env.step(gentle(env.action_space, 1)[0])
    with pytest.raises(InvalidValue, match="number of seeds is 3"):
        env.reset(seed=[1, 2, 3])
    with pytest.raises(InvalidValue, match="reset_mask"):
        env.reset(options={"reset_mask": [1, 0, 1]})
    with pytest.raises(InvalidValue, match="row is 5"):
        env.snapshot(5)
    env.close()
    env.close()
