"""What is recorded is what the policy did and saw."""

import numpy as np
import pytest
from playground import alone, gentle, many

from simgen import dataset as datasets
from simgen.errors import OutputExists
from simgen.testing import check_dataset


def played(env, steps: int, seed: int = 0) -> list:
    """Whole episodes of one environment: a list of (observation shown, action taken) for each."""
    episodes, observation = [[]], env.reset(seed=seed)[0]
    for action in gentle(env.action_space, steps):
        episodes[-1].append((observation, action))
        observation, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            observation = env.reset()[0]
            episodes.append([])
    return episodes[:-1]


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Decibels."""
    return 10 * np.log10(255**2 / max(np.square(one.astype(float) - other).mean(), 1e-9))


def test_a_recorded_rollout_is_a_dataset_of_what_was_seen_and_done(tmp_path):
    env = alone(world="preview", record=tmp_path / "data", max_steps=8)
    episodes = played(env, 20)
    env.close()
    report = check_dataset(tmp_path / "data")
    assert report.passed, report
    dataset = datasets.open(tmp_path / "data")
    assert len(dataset) == len(episodes) == 2 and dataset.columns["simgen/episode"].tolist() == [0, 1]
    for record, steps in zip(dataset, episodes, strict=True):
        assert len(record) == len(steps) == 8
        for now, (shown, action) in enumerate(steps):
            assert np.array_equal(record.trajectory.actions[now], action)
            joints = np.float32([*record.trajectory.states[now].joint_position, record.trajectory.states[now].gripper])
            assert np.array_equal(joints, shown["agent_pos"])
            for camera, clip in record.clips.items():
                assert alike(clip.frames[now], shown["pixels"][camera]) > 30
        assert {*record.clips["front"].source} == {"preview"} and len(record.adherence["front"]) == 8


def test_rows_at_which_nobody_looked_hold_the_last_photograph_and_say_so(tmp_path):
    env = alone(world="preview", record=tmp_path / "data", max_steps=8, chunk=4)
    episodes = played(env, 2)
    env.close()
    assert check_dataset(tmp_path / "data").passed
    record = datasets.open(tmp_path / "data")[0]
    assert record.clips["front"].source == ("preview", "held", "held", "held") * 2
    valid = [one.passed for one in record.adherence["front"]]
    assert not any(valid[1:4]) and not any(valid[5:])
    for now in range(8):
        assert alike(record.clips["front"].frames[now], episodes[0][now // 4][0]["pixels"]["front"]) > 30
        assert np.array_equal(record.trajectory.actions[now], episodes[0][now // 4][1][now % 4])
    times = [seen.time_ns for seen in record.trajectory.observations["front"]]
    assert times == [50_000_000 * now for now in range(8)]  # the truth is that of every row


def test_what_is_broken_off_is_left_out_and_the_same_environment_goes_on(tmp_path):
    env = many(2, record=tmp_path / "data", max_steps=3)
    env.reset(seed=0)
    for action in gentle(env.action_space, 5):
        env.step(action)
    env._parts.loop._recorder.close = lambda: None  # as if it had been killed
    env.close()
    assert not (tmp_path / "data").exists()
    again = many(2, record=tmp_path / "data", max_steps=3)
    again.reset(seed=7)
    for action in gentle(again.action_space, 3):
        again.step(action)
    again.close()
    dataset = datasets.open(tmp_path / "data")
    assert sorted(dataset.columns["simgen/seed"]) == [0, 1, 7, 8] and check_dataset(tmp_path / "data").passed
    with pytest.raises(OutputExists):
        many(1, record=tmp_path / "data")


def test_an_environment_in_which_nothing_was_finished_leaves_nothing(tmp_path):
    env = alone(record=tmp_path / "data")
    env.reset(seed=0)
    env.step(gentle(env.action_space, 1)[0])
    env.close()
    assert not list(tmp_path.iterdir())
