"""A policy in somebody else's environment sees photographs, and everything else as it was."""

import sys
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from strangers import (
    SIZE,
    STEP_S,
    STEPS,
    VIEW,
    LikeGymnasiumsMuJoCo,
    LikeIsaacLab,
    LikeManiSkill,
    LikeManiSkillVector,
    LikeRobosuite,
    Pushing,
    looked,
)

import simgen
from simgen.arrays import Frame
from simgen.environment.wrap.isaaclab import IsaacLab
from simgen.environment.wrap.maniskill import ManiSkill
from simgen.environment.wrap.mujoco import MuJoCo
from simgen.environment.wrap.robosuite import Robosuite
from simgen.errors import InvalidValue, ShapeMismatch, UnknownName

PUSH = np.array([1.0], np.float32)


def rgb(observation):
    return observation["cameras"]["front"]["rgb"]


def played(env, seed, steps=STEPS, **options):
    """Pictures of one episode, and the last info."""
    observation, info = env.reset(seed=seed, **options)
    pictures = [rgb(observation)]
    for _ in range(steps):
        observation, *_, info = env.step(PUSH)
        pictures.append(rgb(observation))
    return np.stack(pictures), info


def test_the_raw_world_shows_the_environments_own_pictures():
    own, _ = played(Pushing(), 3)
    shown, _ = played(simgen.wrap(Pushing(), world="raw"), 3)
    assert (own == shown).all()


def test_only_the_pictures_are_others():
    env, own = simgen.wrap(Pushing(), world="preview", weather="rain:4"), Pushing()
    assert env.observation_space == own.observation_space and env.action_space == own.action_space
    seen, info = env.reset(seed=0)
    theirs, _ = own.reset(seed=0)
    assert env.observation_space.contains(seen) and info["who"] == "theirs"
    for _ in range(2):
        assert (rgb(seen) != rgb(theirs)).mean() > 0.5
        for name in ("depth", "instance", "K", "world_T_camera"):
            assert (seen["cameras"]["front"][name] == theirs["cameras"]["front"][name]).all()
        assert seen["place"] == theirs["place"]
        (seen, *rest, _), (theirs, *others, _) = env.step(PUSH), own.step(PUSH)
        assert rest == others


def test_a_wrapped_environment_is_a_sound_one():
    check_env(simgen.wrap(Pushing(), world="preview", weather="fog:2"), skip_render_check=True)


def test_the_seed_decides_the_photographs():
    env = simgen.wrap(Pushing(), world="preview", weather="rain:4", sensor="rainy_lens:4")
    first, info = played(env, 5)
    again, same = played(env, 5)
    other, _ = played(env, 6)
    assert (first == again).all() and info["simgen"] == same["simgen"] and (first != other).any()


def test_every_episode_draws_its_own_weather_and_a_record_draws_it_again():
    env = simgen.wrap(Pushing(), world="preview", weather="rain", light="overcast")
    _, first = played(env, 5)
    env.unwrapped.reset(seed=8)
    pictures, second = played(env, None)
    assert (second["simgen"]["seed"], second["simgen"]["episode"]) == (5, 1)
    assert second["simgen"]["conditions"] != first["simgen"]["conditions"]
    env.unwrapped.reset(seed=8)
    again, told = played(env, None, options={"simgen": second["simgen"]})
    assert told["simgen"] == second["simgen"] and (again == pictures).all()


def test_an_episode_may_have_its_own_weather():
    env = simgen.wrap(Pushing(), world="preview")
    _, info = env.reset(seed=0, options={"simgen": {"weather": "fog:5"}})
    assert info["simgen"]["weather"] == "fog:5" and env.reset()[1]["simgen"]["weather"] is None
    with pytest.raises(UnknownName, match="wether"):
        env.reset(options={"simgen": {"wether": "fog"}})
    with pytest.raises(UnknownName, match="frog"):
        env.reset(options={"simgen": {"weather": "frog"}})


def vector(rows=3, mode=AutoresetMode.NEXT_STEP):
    return SyncVectorEnv([Pushing] * rows, autoreset_mode=mode)


def test_a_row_of_a_vector_is_the_same_as_alone():
    settings = {"world": "preview", "weather": "rain:3", "sensor": "rainy_lens:3"}
    envs = simgen.wrap(vector(), **settings)
    observation, info = envs.reset(seed=4)
    rows = [rgb(observation)]
    for _ in range(STEPS):
        observation, *_, info = envs.step(np.tile(PUSH, (3, 1)))
        rows.append(rgb(observation))
    assert [one["seed"] for one in info["simgen"]] == [4, 5, 6] and info["_simgen"].all()
    for row in range(3):
        alone, _ = played(simgen.wrap(Pushing(), **settings), 4 + row)
        assert (np.stack(rows)[:, row] == alone).all()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_rows_that_a_vector_resets_begin_new_photographs(mode):
    envs = simgen.wrap(vector(2, mode), world="preview", weather="rain")
    envs.reset(seed=0)
    late = STEPS + (mode is AutoresetMode.NEXT_STEP)
    for number in range(late):
        *_, truncated, info = envs.step(np.tile(PUSH, (2, 1)))
        assert [one["episode"] for one in info["simgen"]] == [int(number + 1 == late)] * 2


def test_what_an_episode_showed_last_is_a_photograph_too():
    envs, next_step = (
        simgen.wrap(vector(2, mode), world="preview", weather="rain:4") for mode in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP)
    )
    envs.reset(seed=0), next_step.reset(seed=0)
    for _ in range(STEPS):
        observation, *_, info = envs.step(np.tile(PUSH, (2, 1)))
        last, *_ = next_step.step(np.tile(PUSH, (2, 1)))
    assert (np.stack([rgb(one) for one in info["final_obs"]]) == rgb(last)).all() and (rgb(observation) != rgb(last)).any()


def test_rows_that_are_not_reset_stay_as_they_are_shown():
    envs = simgen.wrap(vector(2, AutoresetMode.DISABLED), world="preview", weather="rain")
    envs.reset(seed=0)
    before, *_ = envs.step(np.tile(PUSH, (2, 1)))
    after, info = envs.reset(options={"reset_mask": np.array([True, False])})
    assert (rgb(before)[1] == rgb(after)[1]).all() and [one["episode"] for one in info["simgen"]] == [1, 0]


def test_the_gate_says_what_it_sees_where_it_is_asked():
    _, told = played(simgen.wrap(Pushing(), world="preview", gate="flag"), 0)
    assert 0 < told["simgen"]["adherence"]["front"] <= 1 and told["simgen"]["adherent"]["front"] is True
    _, silent = played(simgen.wrap(Pushing(), world="preview"), 0)
    assert "adherence" not in silent["simgen"]


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        ({"world": "previw"}, UnknownName, "Did you mean 'preview'"),
        ({"weather": "rain:9"}, InvalidValue, "level"),
        ({"gate": "replace"}, UnknownName, "No gate is called 'replace'"),
        ({"cameras": ["wrist"]}, UnknownName, "No camera is called 'wrist'. Known: front"),
        ({"adapter": "maniscill"}, UnknownName, "Did you mean 'maniskill'"),
    ],
)
def test_what_cannot_be_wrapped_is_refused_in_one_sentence(asked, error, sentence):
    with pytest.raises(error, match=sentence):
        simgen.wrap(Pushing(), **{"world": "raw"} | asked)


def test_an_environment_that_nobody_recognises_asks_for_an_adapter():
    with pytest.raises(InvalidValue, match="pass adapter="):
        simgen.wrap(gymnasium.make("CartPole-v1"), world="raw")


def test_a_world_that_needs_a_scene_says_so():
    env = simgen.wrap(Pushing(), world="pathtrace")
    with pytest.raises(InvalidValue, match="scene"):
        env.reset(seed=0)


@pytest.mark.parametrize(
    ("broken", "error", "sentence"),
    [
        ({"depth": np.full((SIZE, SIZE), np.nan, np.float32)}, InvalidValue, "depth of camera 'front' is nan"),
        ({"depth": np.ones((SIZE, 8), np.float32)}, ShapeMismatch, "rgb of camera 'front'"),
        ({"instance": np.ones((SIZE, SIZE), np.int64)}, InvalidValue, "must be int32"),
    ],
)
def test_what_an_environment_gives_is_checked(broken, error, sentence):
    with pytest.raises(error, match=sentence):
        simgen.wrap(Pushing(broken), world="raw").reset(seed=0)


class Own:
    """An adapter of ten lines."""

    cameras = ("front",)

    def __init__(self, env):
        self.env = env

    def frames(self, observation, info):
        seen = looked(self.env.place)
        return {"front": [Frame(VIEW, round(1e9 * STEP_S * self.env.steps), seen.rgb, seen.depth, seen.instance)]}

    def shown(self, observation, pictures):
        return {"state": observation["place"], "image": pictures["front"][0]}

    def space(self, space):
        return Dict({"state": space["place"], "image": Box(0, 255, (SIZE, SIZE, 3), np.uint8)})


def test_an_adapter_of_ones_own_may_show_pictures_where_there_were_none():
    env = Pushing()
    wrapped = simgen.wrap(env, adapter=Own(env), world="preview")
    check_env(wrapped, skip_render_check=True)


def less_their_mean(colour):
    share = colour.float() / 255
    return share - share.mean(dim=(1, 2), keepdim=True)


def test_maniskills_dictionaries_are_read_as_they_are():
    env = LikeManiSkill()
    adapter = ManiSkill(env)
    assert ManiSkill.recognises(env) and adapter.cameras == ("base_camera",)
    for frame, truth in zip(adapter.frames(env.reset()[0], {})["base_camera"], env.seen(), strict=True):
        hit = np.isfinite(truth.depth)
        assert (np.isfinite(frame.depth) == hit).all() and np.abs(frame.depth[hit] - truth.depth[hit]).max() < 1.1e-3
        assert (frame.instance == truth.instance).all() and (frame.rgb == truth.rgb).all()
        assert np.allclose(frame.view.world_T_camera.matrix, VIEW.world_T_camera.matrix, atol=1e-5)
        assert np.allclose(frame.view.intrinsics.K, VIEW.intrinsics.K)


@pytest.mark.parametrize(("colorize", "version"), [(False, 2), (True, 2), (False, 3)])
def test_isaac_labs_sensors_are_read_as_they_are(colorize, version):
    env = LikeIsaacLab(colorize=colorize, version=version)
    adapter = IsaacLab(env)
    assert IsaacLab.recognises(env) and adapter.cameras == ("tiled",)
    for frame, truth in zip(adapter.frames(env.reset()[0], {})["tiled"], env.seen(), strict=True):
        assert (frame.depth == truth.depth).all() and (frame.rgb == truth.rgb).all()
        assert (frame.instance == np.where(truth.instance == 2, 14, 0)).all()
        assert np.allclose(frame.view.world_T_camera.matrix, VIEW.world_T_camera.matrix)  # of the row's own origin


@pytest.mark.parametrize(
    ("env", "path"),
    [
        (LikeManiSkill(), ("sensor_data", "base_camera", "rgb")),
        (LikeIsaacLab(), ("policy", "image")),
        (LikeIsaacLab(version=3), ("policy", "image")),
        (LikeIsaacLab(lambda colour: colour / 255), ("policy", "image")),
        (LikeIsaacLab(less_their_mean), ("policy", "image")),
        (LikeIsaacLab(lambda colour: colour.movedim(-1, 1)), ("policy", "image")),
    ],
    ids=["maniskill", "isaaclab bytes", "isaaclab 3", "isaaclab shares", "isaaclab less their mean", "isaaclab channels first"],
)
def test_photographs_of_batches_are_tensors_of_the_same_kind(env, path):
    def leaf(observation):
        for key in path:
            observation = observation[key]
        return observation

    raw, wrapped = simgen.wrap(env, world="raw"), simgen.wrap(env, world="preview", weather="rain:3")
    own = leaf(env.reset()[0])
    assert torch.allclose(leaf(raw.reset(seed=0)[0]).float(), own.float(), atol=1e-5)
    shown = leaf(wrapped.reset(seed=0)[0])
    assert shown.dtype == own.dtype and shown.shape == own.shape and (shown != own).float().mean() > 0.5
    if env.__class__ is LikeIsaacLab and env.encode is less_their_mean:
        assert shown.mean(dim=(1, 2)).abs().max() < 1e-5


def test_rows_of_a_batch_begin_anew_when_their_clock_does():
    env = simgen.wrap(LikeIsaacLab(), world="preview", weather="rain")
    env.reset(seed=0)
    episodes = [[one["episode"] for one in env.step(np.zeros((2, 1)))[4]["simgen"]] for _ in range(STEPS)]
    assert episodes == [[0, 0], [0, 1], [1, 1]]


def test_what_maniskills_rows_showed_last_are_photographs_too():
    envs = simgen.wrap(LikeManiSkillVector(), world="preview", weather="rain:3")
    envs.reset(seed=0)
    envs.step(torch.zeros(2, 1))
    observation, *_, over, _, info = envs.step(torch.zeros(2, 1))
    assert over.tolist() == [False, True] and [one["episode"] for one in info["simgen"]] == [0, 1]
    last, now = (one["sensor_data"]["base_camera"]["rgb"] for one in (info["final_observation"], observation))
    assert (last[0] == now[0]).all() and (last[1] != now[1]).any()
    assert (last[1] != torch.from_numpy(looked(0.05 + 2 * 0.02).rgb)).float().mean() > 0.5


def test_isaac_labs_observation_without_a_picture_is_refused():
    with pytest.raises(InvalidValue, match="picture of camera 'tiled' in the observation"):
        simgen.wrap(LikeIsaacLab(lambda colour: colour[:, :4]), world="raw").reset(seed=0)


@pytest.fixture
def mujoco_is_loaded(monkeypatch):
    """As it is where such an environment is."""
    monkeypatch.setitem(sys.modules, "mujoco", SimpleNamespace(mjtRndFlag=SimpleNamespace(mjRND_SEGMENT=0, mjRND_IDCOLOR=1)))


@pytest.mark.parametrize(
    ("env", "adapter", "camera"), [(LikeRobosuite(), Robosuite, "agentview"), (LikeGymnasiumsMuJoCo(), MuJoCo, "render")]
)
def test_mujocos_buffers_are_read_as_they_are_and_its_bodies_move_exactly(env, adapter, camera, mujoco_is_loaded):
    assert adapter.recognises(env)
    (frame,) = adapter(env).frames(env.reset()[0], {})[camera]
    truth = looked(0.0)
    hit = np.isfinite(truth.depth)
    assert (frame.rgb == truth.rgb).all() and np.abs(frame.depth[hit] - truth.depth[hit]).max() < 1e-3 and np.isinf(frame.depth[~hit]).all()
    assert np.allclose(frame.view.world_T_camera.matrix, VIEW.world_T_camera.matrix)
    assert np.allclose(frame.view.intrinsics.K, VIEW.intrinsics.K)
    cube = np.unique(frame.instance[truth.instance == 2]).item()
    assert len(np.unique(frame.instance[:4])) == len(np.unique(truth.instance[:4]))  # not the site
    assert np.allclose(frame.body_pose[cube].position, (0.4, 0, 0.1))


def test_where_there_were_no_pictures_photographs_come_beside_what_there_was(mujoco_is_loaded):
    env = simgen.wrap(LikeGymnasiumsMuJoCo(), adapter="mujoco", world="preview", cameras=["render", "wrist"])
    seen, _ = env.reset(seed=0)
    assert env.observation_space.contains(seen) and {*seen["pixels"]} == {"render", "wrist"} and seen["state"] == [0.0]
    seen, *_ = env.step(env.action_space.sample())
    assert seen["state"] == [0.02] and (seen["pixels"]["render"] != looked(0.02).rgb).mean() > 0.5


def test_robosuites_pictures_stay_upside_down():
    env = LikeRobosuite()
    shown, _ = simgen.wrap(env, world="raw").reset(seed=0)
    assert (shown["agentview_image"] == env.reset()[0]["agentview_image"]).all()
    drawn, _ = simgen.wrap(env, world="preview").reset(seed=0)
    upright, own = drawn["agentview_image"][::-1].astype(float), looked(0.0).rgb
    red = looked(0.0).instance == 2
    assert (upright[red][:, 0] - upright[red][:, 2]).mean() > 20 and (own[red][:, 0] > own[red][:, 2]).all()
