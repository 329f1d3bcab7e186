"""One environment: Gymnasium's contract, exact truth, and a rollout that its seed and a snapshot bring back."""

import warnings
from itertools import pairwise

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from playground import Failing, alone, equal, gentle, tiny

from simgen.environment import IDS
from simgen.errors import InvalidScenario, InvalidValue, OffThePhysics, UnknownName
from simgen.generate import generate

MANIFOLD = {"chunk": 3, "execute": 2, "latency": (1, 3), "overdue": "dropped", "look_every": 2}
SNAPPED = [("raw", {}), ("raw", MANIFOLD), ("preview", MANIFOLD), ("neural", MANIFOLD), ("pathtrace", {})]
SMALL = {"size": (48, 48), "max_steps": 6}


def checked(env: gymnasium.Env) -> None:
    """Gymnasium's own checks, every warning of which is an error but for two that say what is meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for meant in ("Box observation space m(ax|in)imum value is (-)?infinity", "not within the observation space"):
            warnings.filterwarnings("ignore", message=f".*{meant}.*")
        check_env(env, skip_render_check=True)


def test_gymnasium_makes_an_environment_by_its_id():
    env = gymnasium.make("simgen/Reach-v0", world="raw", render_mode="rgb_array", **SMALL)
    checked(env.unwrapped)
    env.close()


@pytest.mark.parametrize("world", ["raw", "neural", pytest.param("pathtrace", marks=pytest.mark.slow)])
def test_gymnasiums_check_passes_for_every_world(world):
    env = alone(world=world, max_steps=6, render_mode="rgb_array")
    checked(env)
    env.close()


@pytest.mark.slow
@pytest.mark.parametrize("world", ["raw", "neural", "pathtrace"])
@pytest.mark.parametrize("name", [name for name in IDS if "Scene" not in name])
def test_gymnasiums_check_passes_for_every_id_in_every_world(name, world):
    env = gymnasium.make(name, world=world, render_mode="rgb_array", **SMALL)
    checked(env.unwrapped)
    env.close()


def test_an_experts_episode_in_the_loop_is_the_one_that_is_generated():
    episode = next(generate(tiny(), world="preview", seed=3, gate="flag"))
    env = alone(world="preview")
    observation, info = env.reset(seed=3)
    assert info["scene_sha256"] == episode.scene.sha256 and observation["task"] == episode.scene.instruction
    for now, action in enumerate(episode.trajectory.actions):
        for camera, clip in episode.clips.items():
            assert np.array_equal(observation["pixels"][camera], clip.frames[now])
        state = episode.trajectory.states[now]
        assert np.array_equal(observation["agent_pos"], np.float32([*state.joint_position, state.gripper]))
        assert info["progress"] == state.progress and info["is_success"] == state.success
        observation, reward, terminated, truncated, info = env.step(action)
        assert reward == float(terminated) and not truncated
        if terminated:  # the expert goes on for a few frames
            break
    assert terminated and info["is_success"] and info["success_once"]


def test_dense_rewards_add_up_to_the_progress_that_was_made():
    env = alone(reward="dense")
    _, info = env.reset(seed=0)
    first = info["progress"]
    total = sum(env.step(action)[1] for action in gentle(env.action_space, 10))
    _, reward, *_, info = env.step(gentle(env.action_space, 1)[0])
    assert total + reward == pytest.approx(info["progress"] - first, abs=1e-12)
    env.close()


def test_a_chunk_is_as_many_steps():
    one, four = alone(), alone(chunk=4)
    one.reset(seed=1), four.reset(seed=1)
    actions = gentle(one.action_space, 12)
    for chunk in actions.reshape(3, 4, -1):
        singly = [one.step(action) for action in chunk][-1]
        at_once = four.step(chunk)
        assert equal(singly[0], at_once[0]) and equal(singly[4]["privileged"], at_once[4]["privileged"])
    one.close(), four.close()


def test_a_chunk_ends_with_its_episode():
    env = alone(chunk=4, max_steps=6)
    env.reset(seed=0)
    chunks = gentle(env.action_space, 2)
    assert env.step(chunks[0])[3] is False
    _, _, terminated, truncated, info = env.step(chunks[1])
    assert truncated and not terminated and info["control_steps"] == 6
    with pytest.raises(InvalidValue, match="reset first"):
        env.step(chunks[0])
    env.close()


def test_only_part_of_a_chunk_may_be_carried_out():
    env, whole = alone(chunk=4, execute=2), alone(chunk=2)
    env.reset(seed=0), whole.reset(seed=0)
    for chunk in gentle(env.action_space, 3):
        assert equal(env.step(chunk)[0], whole.step(chunk[:2])[0])
    env.close(), whole.close()


def test_latency_is_the_same_actions_later():
    late, prompt = alone(latency=2), alone()
    late.reset(seed=0), prompt.reset(seed=0)
    actions, still = gentle(late.action_space, 6), np.zeros(7, np.float32)
    still[-1] = 1.0  # the hand is open, and holds still
    prompt_turns = [prompt.step(action) for action in [still, still, *actions[:4]]]
    for action, expected in zip(actions, prompt_turns, strict=True):
        observation, *_, info = late.step(action)
        assert info["latency_steps"] == 2 and np.allclose(observation["agent_pos"], expected[0]["agent_pos"], atol=1e-6)
    late.close(), prompt.close()


def test_drawn_latencies_keep_within_their_range_and_come_back_with_the_seed():
    env = alone(latency=(1, 4))
    drawn = []
    for _ in range(2):
        env.reset(seed=5)
        drawn.append([env.step(action)[4]["latency_steps"] for action in gentle(env.action_space, 12)])
    assert drawn[0] == drawn[1] and set(drawn[0]) <= {1, 2, 3, 4} and len(set(drawn[0])) > 1
    env.close()


def test_between_looks_the_last_photograph_is_shown_again():
    env, every = alone(world="preview", look_every=3), alone(world="preview", gate="off")
    shown, ages = [env.reset(seed=0)[0]["pixels"]["front"]], [0.0]
    every.reset(seed=0)
    for action in gentle(env.action_space, 7):
        observation, *_, info = env.step(action)
        shown.append(observation["pixels"]["front"])
        ages.append(round(info["age_s"]["front"], 6))
        assert np.array_equal(observation["agent_pos"], every.step(action)[0]["agent_pos"])
    assert ages == [0.0, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.05]
    changes = [not np.array_equal(one, other) for one, other in pairwise(shown)]
    assert changes == [False, False, True, False, False, True, False]
    env.close(), every.close()


def spoilt(space) -> dict[str, object]:
    good = gentle(space, 1)[0]
    nan, beyond = good.copy(), good.copy()
    nan[2], beyond[1] = np.nan, 7.0
    return {"finite": nan, "dy of an action is 7": beyond, "shape": good[:3], "array of numbers": "up"}


def test_a_bad_action_is_one_sentence_and_nothing_has_happened():
    env, other = alone(world="preview"), alone(world="preview")
    env.reset(seed=0), other.reset(seed=0)
    for sentence, action in spoilt(env.action_space).items():
        with pytest.raises(InvalidValue, match=sentence):
            env.step(action)
    for action in gentle(env.action_space, 2):
        assert equal(env.step(action)[0], other.step(action)[0])
    env.close(), other.close()


def test_what_is_asked_for_and_is_not_there_is_told_in_a_sentence():
    for error, match, asked in (
        (UnknownName, "Did you mean 'neural'", {"world": "neurl"}),
        (UnknownName, "No gate is called 'retry'", {"gate": "retry"}),
        (UnknownName, "No reward is called", {"reward": "much"}),
        (UnknownName, "No weather", {"weather": "rane:2"}),
        (InvalidValue, "chunk is 0", {"chunk": 0}),
        (InvalidValue, "execute is 3", {"chunk": 2, "execute": 3}),
        (InvalidValue, "latency", {"latency": (3, 1)}),
    ):
        with pytest.raises(error, match=match):
            alone(**asked)
    env = alone()
    with pytest.raises(InvalidValue, match="reset first"):
        env.step(gentle(env.action_space, 1)[0])
    for error, match, options in (
        (UnknownName, "No option of reset is called 'wether'", {"wether": "rain"}),
        (UnknownName, "No weather", {"weather": "rane"}),
        (InvalidScenario, "cannot be read", {"scene": "nowhere.yaml"}),
        (InvalidValue, "snapshot", {"snapshot": b"nothing"}),
        (InvalidValue, "snapshot", {"snapshot": "text"}),
    ):
        with pytest.raises((error, UnknownName) if "scene" in options else error, match=match if "scene" not in options else None):
            env.reset(seed=0, options=options)
    with pytest.raises(InvalidValue, match="seed"):
        env.reset(seed=-1)
    env.reset(seed=0)
    env.step(gentle(env.action_space, 1)[0])
    env.close()


def test_a_reset_without_a_seed_goes_on_to_the_next_episode():
    env = alone()
    told = [env.reset(seed=4)[1], env.reset()[1], env.reset()[1], env.reset(seed=4)[1]]
    assert [(one["physics_seed"], one["physics_episode"]) for one in told] == [(4, 0), (4, 1), (4, 2), (4, 0)]
    assert told[0]["scene_sha256"] == told[3]["scene_sha256"] != told[1]["scene_sha256"]
    env.close()


def test_the_weather_of_one_episode_can_be_chosen_and_leaves_its_physics_alone():
    env = alone(world="preview")
    clear, told = env.reset(seed=2)
    wet, other = env.reset(seed=2, options={"weather": "rain:4", "light": "night"})
    again, same = env.reset(seed=2)
    assert told["appearance_id"] == same["appearance_id"] != other["appearance_id"]
    assert equal(clear, again) and np.array_equal(clear["agent_pos"], wet["agent_pos"])
    assert np.array_equal(told["privileged"], other["privileged"])
    assert not np.array_equal(clear["pixels"]["front"], wet["pixels"]["front"])
    env.close()


@pytest.mark.parametrize(
    ("world", "rules"), [("raw", {}), ("raw", MANIFOLD), ("preview", MANIFOLD), ("neural", MANIFOLD), ("pathtrace", {})]
)
def test_going_on_from_a_snapshot_is_going_on(world, rules):
    env = alone(world=world, gate="off", **rules)
    env.reset(seed=6)
    actions = gentle(env.action_space, 7)
    before = [env.step(action) for action in actions[:4]][-1]
    kept = env.snapshot()
    expected = [env.step(action) for action in actions[4:]]
    other = alone(world=world, gate="off", **rules)
    for one in (env, other):
        shown, _ = one.reset(options={"snapshot": kept})
        assert equal(shown, before[0])
        for action, then in zip(actions[4:], expected, strict=True):
            now = one.step(action)
            assert equal(now[0], then[0]) and now[1:4] == then[1:4] and equal(now[4]["privileged"], then[4]["privileged"])
        one.close()


def test_a_snapshot_of_another_kind_of_environment_is_refused():
    env = alone(world="preview")
    env.reset(seed=0)
    with pytest.raises(InvalidValue, match="of an environment with"):
        alone().reset(options={"snapshot": env.snapshot()})
    env.close()


def test_privileged_truth_has_a_name_for_every_number():
    env = alone()
    _, info = env.reset(seed=0)
    known = dict(zip(env.privileged_names, info["privileged"].tolist(), strict=True))
    assert known["progress"] == pytest.approx(info["progress"]) and known["gripper"] > 0
    assert np.hypot(known["target.x"], known["target.y"]) > 0.1 and known["target.qw"] ** 2 <= 1
    env.close()


def test_pushing_into_the_table_costs():
    env = alone(max_steps=60)
    env.reset(seed=0)
    down = np.float32([0, 0, -0.04, 0, 0, 0, 1])
    told = [env.step(down)[4] for _ in range(40)]
    assert told[0]["cost"] == 0 and sum(one["cost"] for one in told) > 0
    assert max(one["contact_force_n"] for one in told) > 10 and max(one["contacts"] for one in told) > 0
    env.close()


# -- the gate


def judged(policy: str, fails: set[int], frames: int = 4):
    env = alone(world=Failing(fails), gate=policy)
    turns = [env.reset(seed=0)]
    turns += [(turn[0], turn[4]) for turn in (env.step(action) for action in gentle(env.action_space, frames))]
    env.close()
    return turns


def test_failed_frames_are_marked():
    turns = judged("flag", {2})
    assert [turn[1]["adherent"]["front"] for turn in turns] == [True, True, False, turns[3][1]["adherent"]["front"], True]
    assert turns[2][0]["pixels"]["front"].std() == 0


def test_failed_frames_are_replaced_by_an_exact_world():
    replaced, good = judged("replace", {2}), judged("flag", set())
    assert replaced[2][1]["source"]["front"] == "preview" and replaced[2][1]["refused"]["front"] and replaced[2][1]["adherent"]["front"]
    assert np.array_equal(replaced[2][0]["pixels"]["front"], good[2][0]["pixels"]["front"])
    assert replaced[3][1]["source"]["front"] == "failing" and replaced[3][1]["adherent"]["front"]


def test_the_last_good_frame_is_shown_again_and_its_age_is_told():
    turns = judged("repeat", {2})
    assert np.array_equal(turns[2][0]["pixels"]["front"], turns[1][0]["pixels"]["front"])
    assert turns[2][1]["age_s"]["front"] == pytest.approx(0.05) and turns[2][1]["refused"]["front"]
    assert turns[4][1]["age_s"]["front"] == 0


def test_the_environment_may_rather_raise_and_can_begin_anew():
    env = alone(world=Failing({2}), gate="raise")
    env.reset(seed=0)
    actions = gentle(env.action_space, 3)
    env.step(actions[0])
    with pytest.raises(OffThePhysics, match="'failing' drew camera 'front' off the physics"):
        env.step(actions[1])
    with pytest.raises(InvalidValue, match="reset first"):
        env.step(actions[2])
    env.reset(seed=0)
    env.step(actions[0])
    env.close()
