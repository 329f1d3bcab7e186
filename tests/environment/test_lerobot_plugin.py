"""LeRobot evaluates a policy in SimGen's environments: suite by suite, with its own commands, and at the price of what the policy sees."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from lerobot.envs.utils import env_to_policy_features
from lerobot.policies import make_policy, make_pre_post_processors
from lerobot.policies.act.configuration_act import ACTConfig
from lerobot.scripts.lerobot_eval import eval_policy_all, rollout
from lerobot.utils.feature_utils import dataset_to_policy_features
from playground import equal, gentle, many, tiny

from simgen import dataset as datasets
from simgen.environment.lerobot import SimGenConfig
from simgen.environment.lerobot.suite import Stage, Suite, named
from simgen.errors import InvalidValue, UnknownName
from simgen.testing import check_dataset
from simgen.world.raw import Raw
from simgen.world.rows import Rows, one_by_one

SUITES = ["nominal", "weather=rain:4", "light=night,sensor=cheap:3"]
CHUNK = 4
BIN = Path(sys.executable).parent
SMALL = {"dim_model": 32, "n_heads": 2, "dim_feedforward": 32, "n_encoder_layers": 1, "use_vae": False, "push_to_hub": False}


def asked(**also) -> SimGenConfig:
    """What a short evaluation of the small scene is asked with."""
    return SimGenConfig(**({"task": tiny(), "world": "raw", "episode_length": 3, "processes": 0} | also))


def learner():
    """An ACT of random weights, which looks when `CHUNK` actions are done, with what LeRobot puts around it."""
    torch.manual_seed(0)
    config = ACTConfig(chunk_size=CHUNK, n_action_steps=CHUNK, pretrained_backbone_weights=None, device="cpu", **SMALL)
    policy = make_policy(config, env_cfg=asked()).eval()
    around = [*asked().get_env_processors(), *make_pre_post_processors(config)]
    return policy, dict(zip(("env_preprocessor", "env_postprocessor", "preprocessor", "postprocessor"), around, strict=True))


def stage(suites: int = 1, **rules) -> Stage:
    return Stage(partial(many, 2, autoreset_mode="Disabled", render_mode="rgb_array", **rules), count=2, suites=suites)


class Counting(Raw):
    """The simulator's own pictures, counted."""

    name = "counting"

    def __init__(self):
        self.drawn = 0

    def stream(self, views, appearances, *, seeds):
        return Rows(lambda *_: _Counted(self), one_by_one, views, appearances, seeds)


class _Counted:
    def __init__(self, world):
        self.world, self.memory = world, {}

    def see(self, shot):
        self.world.drawn += 1
        return shot.observation.rgb

    def develop(self, drawn):
        return drawn


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """LeRobot's own evaluation of three suites, recorded."""
    folder = tmp_path_factory.mktemp("evaluated")
    config = asked(suites=SUITES, world="preview", record=str(folder / "played"))
    policy, around = learner()
    envs = config.create_envs(2)
    info = eval_policy_all(
        envs, policy, **around, n_episodes=2, max_episodes_rendered=1, videos_dir=folder / "videos", start_seed=5, max_parallel_tasks=1
    )
    return folder, config, info


def test_every_suite_is_reported_by_its_name(evaluated):
    _, _, info = evaluated
    json.dumps(info)
    assert list(info["per_group"]) == SUITES
    assert [group["n_episodes"] for group in info["per_group"].values()] == [2, 2, 2]
    assert all(group["pc_success"] in (0, 50, 100) for group in info["per_group"].values())


def test_videos_of_a_suite_stand_in_a_folder_of_its_name(evaluated):
    folder, _, info = evaluated
    for suite in SUITES:
        (path,) = info["per_group"][suite]["video_paths"]
        assert Path(path) == folder / "videos" / f"{suite}_0" / "eval_episode_0.mp4" and Path(path).stat().st_size > 0


def test_what_all_suites_played_is_a_sound_dataset(evaluated):
    folder, _, _ = evaluated
    report = check_dataset(folder / "played")
    assert report.passed, str(report)
    played = datasets.open(folder / "played")
    assert len(played) == 2 * len(SUITES)
    weathers = [record.scene.weather for record in played]
    assert weathers[2:4] != weathers[:2] == weathers[4:]


def test_the_features_are_those_of_the_datasets(evaluated):
    folder, config, _ = evaluated
    learnt = dataset_to_policy_features(datasets.open(folder / "played").lerobot.features)
    assert env_to_policy_features(config) == {name: learnt[name] for name in env_to_policy_features(config)}
    assert {name for name in learnt if name.startswith("observation.")} == env_to_policy_features(config).keys() - {"action"}


def test_the_state_is_the_one_that_is_recorded(evaluated):
    folder, config, _ = evaluated
    rows = datasets.open(folder / "played").lerobot.hf_dataset
    suite = asked().create_envs(2)["nominal"][0]
    observation, _ = suite.reset(seed=5)
    assert np.array_equal(rows[0]["observation.state"].numpy(), observation["agent_pos"][0])
    suite.close()


def test_episode_i_has_the_same_physics_in_every_suite():
    shared = stage(2, world="preview")
    bright, dark = Suite(shared, {}), Suite(shared, {"light": "night"})
    seen, known = bright.reset(seed=[7, 8])
    unlit, told = dark.reset(seed=[7, 8])
    assert np.array_equal(known["privileged"], told["privileged"]) and np.array_equal(seen["agent_pos"], unlit["agent_pos"])
    assert unlit["pixels"]["front"].mean() < seen["pixels"]["front"].mean()
    bright.close(), dark.close()


def test_a_chunking_policy_pays_for_no_photograph_that_it_does_not_look_at():
    policy, around = learner()
    found, drawn = {}, {}
    for every in (1, CHUNK, 2 * CHUNK):
        world = Counting()
        suite = Suite(stage(world=world, look_every=every, max_steps=10), {})
        found[every] = rollout(suite, policy, **around, seeds=[3, 4])
        drawn[every] = world.drawn
        suite.close()
    assert [drawn[every] / 4 for every in found] == [11, 4, 3]  # of two cameras of two rows: at looks, and at the end
    for name in ("action", "reward", "success", "done"):
        assert torch.equal(found[1][name], found[CHUNK][name])
    assert not torch.equal(found[1]["action"], found[2 * CHUNK]["action"])  # it does look, when it looks


def test_a_row_whose_episode_is_over_stays_as_it_is():
    suite = Suite(stage(max_steps=2, reward="dense"), {})
    actions = gentle(suite.action_space, 5)
    suite.reset(seed=1)
    suite.step(actions[0])
    end = suite.step(actions[1])
    assert end[3].all()
    for action in actions[2:]:
        later = suite.step(action)
        assert equal(end[0], later[0]) and equal(end[4], later[4])
        assert (later[1] == 0).all() and later[3].all()
    observation, info = suite.reset(seed=1)
    assert (info["control_steps"] == 0).all()
    assert not suite.step(actions[0])[3].any()
    suite.close()


def test_actions_out_of_bounds_are_clipped():
    suite = Suite(stage(), {})
    space = suite.action_space
    for wild, tame in ((space.high + 3, space.high), (space.low - 1e30, space.low)):
        suite.reset(seed=2)
        one = suite.step(wild)
        suite.reset(seed=2)
        assert equal(one[0], suite.step(tame)[0])
    suite.close()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_an_action_that_is_no_number_is_an_error(number):
    suite = Suite(stage(), {})
    suite.reset(seed=2)
    action = gentle(suite.action_space, 1)[0]
    action[1, 0] = number
    with pytest.raises(InvalidValue, match="finite"):
        suite.step(action)
    with pytest.raises(InvalidValue, match="number of actions is 1"):
        suite.step(action[:1])
    suite.close()


def test_suites_take_turns():
    shared = stage(2)
    one, other = Suite(shared, {}), Suite(shared, {"light": "night"})
    action = gentle(one.action_space, 1)[0]
    one.reset(seed=0), other.reset(seed=0)
    with pytest.raises(InvalidValue, match="suites share their environments"):
        one.step(action)
    other.step(action)
    other.close(), other.close()
    one.reset(seed=0)
    one.step(action)
    one.close()


def test_an_evaluation_that_never_begins_leaves_nothing(tmp_path):
    (suite,) = asked(record=str(tmp_path / "played")).create_envs(2)["nominal"].values()
    assert suite.num_envs == 2 and list(tmp_path.iterdir()) == []
    suite.close()
    assert list(tmp_path.iterdir()) == []


def test_evaluations_of_one_training_are_recorded_side_by_side(tmp_path):
    config = asked(record=str(tmp_path / "played"))
    policy, around = learner()
    for _ in range(2):
        eval_policy_all(config.create_envs(1), policy, **around, n_episodes=1, start_seed=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["played", "played-2"]
    with pytest.raises(InvalidValue, match="a folder that is not there yet"):
        asked(record=str(tmp_path / "played"))


def test_blanks_in_a_suites_name_mean_nothing():
    assert named(["weather=rain:4, light = night"]) == {"weather=rain:4,light=night": {"weather": "rain:4", "light": "night"}}


@pytest.mark.parametrize(
    ("words", "kind", "sentence"),
    [
        ({"suites": ["wether=rain"]}, UnknownName, "No axis of a suite is called 'wether'. Did you mean 'weather'?"),
        ({"suites": ["rain"]}, UnknownName, "No axis of a suite is called 'rain'"),
        ({"suites": ["weather=rian"]}, UnknownName, "No weather is called 'rian'. Did you mean 'rain'?"),
        ({"suites": ["weather=rain:9"]}, InvalidValue, "0 to 5"),
        ({"suites": ["light="]}, InvalidValue, "a preset and its level"),
        ({"suites": ["light=night,light=noon"]}, InvalidValue, "every axis once"),
        ({"suites": []}, InvalidValue, "one or more"),
        ({"suites": ["nominal", "nominal"]}, InvalidValue, "each once"),
        ({"task": "pick_plaec"}, UnknownName, "Did you mean 'pick_place'?"),
        ({"width": 64}, InvalidValue, "given together"),
        ({"max_parallel_tasks": 2}, InvalidValue, "--eval.batch_size"),
        ({"world": "nural"}, UnknownName, "Did you mean 'neural'?"),
        ({"simulator": "bullet"}, UnknownName, "Did you mean 'pybullet'?"),
        ({"gate": "flg"}, UnknownName, "Did you mean 'flag'?"),
        ({"look_every": 0}, InvalidValue, "at least 1"),
        ({"fps": 7}, InvalidValue, "20, the control rate"),
    ],
)
def test_what_is_not_possible_is_told_before_anything_starts(words, kind, sentence):
    with pytest.raises(kind) as caught:
        asked(**words)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def run(name: str, *words: str, folder: Path) -> None:
    """A command in a process of its own, without a network."""
    done = subprocess.run([BIN / name, *words], cwd=folder, capture_output=True, text=True, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_lerobots_own_commands_train_and_evaluate(tmp_path):
    here = {"folder": tmp_path}
    run("simgen", "generate", tiny(), "--out", "data", "--world", "raw", "--episodes", "2", "--workers", "1", **here)
    small = [f"--policy.{name}={str(value).lower()}" for name, value in SMALL.items()]
    act = ["--policy.type=act", "--policy.device=cpu", "--policy.pretrained_backbone_weights=null", *small]
    act += [f"--policy.chunk_size={CHUNK}", f"--policy.n_action_steps={CHUNK}"]
    data = ["--dataset.repo_id=local/data", "--dataset.root=data", "--dataset.video_backend=pyav", "--num_workers=0"]
    env = ["--env.discover_packages_path=simgen.environment.lerobot", "--env.type=simgen", f"--env.task={tiny()}", "--env.world=preview"]
    env += ["--env.episode_length=6", f"--env.look_every={CHUNK}", f"--env.suites={json.dumps(SUITES)}"]
    env += ["--eval.n_episodes=2", "--eval.batch_size=2"]
    steps = ["--steps=2", "--env_eval_freq=1", "--save_freq=2", "--batch_size=2", "--eval_steps=0"]
    run("lerobot-train", *data, *act, *env, *steps, "--output_dir=out", "--env.record=while_learning", **here)
    assert check_dataset(tmp_path / "while_learning").passed and check_dataset(tmp_path / "while_learning-2").passed

    policy = ["--policy.path=out/checkpoints/last/pretrained_model", "--policy.device=cpu"]
    run("lerobot-eval", *policy, *env, "--output_dir=told", "--env.record=played", **here)
    info = json.loads((tmp_path / "told/eval_info.json").read_text())
    assert list(info["per_group"]) == SUITES
    assert all(len(group["video_paths"]) == 2 for group in info["per_group"].values())
    assert all((tmp_path / path).stat().st_size > 0 for path in info["overall"]["video_paths"])
    assert check_dataset(tmp_path / "played").passed
