"""The left half of the arrow in memory: a name becomes episodes whose halves agree."""

import numpy as np
import pytest
from plain import plain

import simgen
from simgen.errors import InvalidValue, UnknownName
from simgen.generate import generate
from simgen.scenario import load
from simgen.shelves import scene

SMALL = (64, 64)


@pytest.fixture(scope="module")
def episode():
    return next(generate("pick_place", world="raw", size=SMALL, seed=3))


def test_every_frame_has_a_state_an_action_and_a_picture_from_every_camera(episode):
    frames = len(episode)
    assert episode.trajectory.actions.shape == (frames, len(episode.action_names))
    assert set(episode.clips) == set(episode.scene.cameras) == set(episode.trajectory.observations)
    for camera, clip in episode.clips.items():
        assert clip.frames.shape == (frames, 64, 64, 3) and len(clip.source) == frames
        assert [o.time_ns for o in episode.trajectory.observations[camera]] == [s.time_ns for s in episode.trajectory.states]


def test_time_goes_on_at_the_control_rate(episode):
    times = [state.time_ns for state in episode.trajectory.states] + [episode.final.time_ns]
    assert times[0] == 0 and set(np.diff(times)) == {10**9 // episode.scene.control_rate}


def test_captions_cover_every_frame_once(episode):
    assert episode.subtasks[0].start == 0 and episode.subtasks[-1].stop == len(episode)
    assert all(a.stop == b.start for a, b in zip(episode.subtasks, episode.subtasks[1:], strict=False))


def test_the_expert_succeeds_and_progress_says_so(episode):
    assert episode.success and episode.final.progress == 1.0
    assert episode.progress[0] < 0.5 and np.isfinite(episode.progress).all()
    assert not episode.trajectory.states[0].success


def test_the_instruction_names_what_is_in_the_scene(episode):
    assert episode.scene.instruction and "{" not in episode.scene.instruction


def test_the_raw_world_shows_the_simulators_pixels(episode):
    for camera, clip in episode.clips.items():
        assert all((frame == o.rgb).all() for frame, o in zip(clip.frames, episode.trajectory.observations[camera], strict=True))


def test_the_package_offers_generate_as_a_function(tmp_path):
    assert next(iter(simgen.generate(plain(tmp_path), world="raw", episodes=1, seed=0))).scene.name == "tiny"


def test_where_nobody_names_a_world_the_neural_one_draws_and_the_gate_looks(tmp_path):
    episode = next(generate(plain(tmp_path)))
    assert {source for clip in episode.clips.values() for source in clip.source} == {"neural"}
    assert {camera: len(judged) for camera, judged in episode.adherence.items()} == dict.fromkeys(episode.clips, len(episode))


def test_a_control_mode_can_be_asked_for(tmp_path):
    episode = next(generate(plain(tmp_path), world="raw", control="joint_position"))
    assert episode.success and episode.action_names == (*episode.joint_names, "gripper")


def test_the_same_number_of_the_same_seed_is_the_same_episode(tmp_path):
    scene = plain(tmp_path)
    (alone,) = generate(scene, world="raw", seed=5, start=2)
    *_, third = generate(scene, world="raw", seed=5, episodes=3)
    assert alone.scene.sha256 == third.scene.sha256
    assert (alone.trajectory.actions == third.trajectory.actions).all()
    assert all((a.link_pose == b.link_pose).all() for a, b in zip(alone.trajectory.states, third.trajectory.states, strict=True))


@pytest.mark.parametrize("wrong", [{"world": "rawr"}, {"simulator": "bullet"}])
def test_an_unknown_name_is_refused_before_anything_starts(wrong):
    with pytest.raises(UnknownName, match="Known"):
        next(generate("reach", **wrong))


def test_a_scene_without_a_task_has_nothing_to_demonstrate():
    scenario = load(scene("reach")).model_copy(update={"task": None})
    with pytest.raises(InvalidValue, match="task"):
        next(generate(scenario))
