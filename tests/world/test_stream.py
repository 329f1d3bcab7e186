"""Worlds one frame at a time: a row is what the clip would have been, alone and beside others, and goes on from what it remembered."""

import numpy as np
import pytest
from staged import played

from simgen import world as worlds
from simgen.errors import InvalidValue, ShapeMismatch
from simgen.photography import lit_views
from simgen.scenario.schedule import conditions_at
from simgen.world import Appearance, ControlClip, Shot

NAMES = ("raw", "preview", "neural", "pathtrace")


@pytest.fixture(scope="module")
def run():
    """A Scene, its states and what its camera saw, with light and rgb."""
    scene, states, seen = played(frames=4)
    conditions = tuple(conditions_at(scene, state.time_ns) for state in states)
    return scene, states, lit_views(scene, states, seen, conditions)["front"], Appearance(conditions=conditions)


def shots(run):
    scene, states, seen, _ = run
    return [Shot(one, scene, state, conditions_at(scene, state.time_ns)) for one, state in zip(seen, states, strict=True)]


@pytest.mark.parametrize("name", NAMES)
def test_streamed_frames_are_those_of_the_clip(name, run):
    scene, states, seen, looks = run
    world = worlds.make(name)
    clip = world.render(ControlClip(seen, scene, states), looks, seed=5).frames
    stream = world.stream([seen[0].view] * 2, [Appearance()] * 2, seeds=[5, 6])
    frames = [stream.step([shot, shot]) for shot in shots(run)]
    assert np.array_equal(np.stack([frame[0] for frame in frames]), clip)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_goes_on_from_what_it_remembered(name, run):
    _, _, seen, _ = run
    stream = worlds.make(name).stream([seen[0].view] * 2, [Appearance()] * 2, seeds=[5, 6])
    *begun, last = shots(run)
    for shot in begun:
        stream.step([shot, shot])
    kept = stream.memory(1)
    expected = stream.step([last], [1])[0]
    stream.reset([1], [seen[0].view], [Appearance()], seeds=[6])
    stream.recall(1, kept)
    assert np.array_equal(stream.step([last], [1])[0], expected)


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_are_not_asked_stay_as_they_are(name, run):
    _, _, seen, _ = run
    first, second, *_ = shots(run)
    stream = worlds.make(name).stream([seen[0].view] * 2, [Appearance()] * 2, seeds=[5, 5])
    stream.step([first, first])
    alone = stream.step([second], [1])[0]
    assert np.array_equal(stream.step([second], [0])[0], alone)


def test_a_batch_that_does_not_fit_is_refused_before_anything_is_drawn(run):
    _, _, seen, _ = run
    stream = worlds.make("preview").stream([seen[0].view], [Appearance()], seeds=[5])
    first, second, *_ = shots(run)
    with pytest.raises(ShapeMismatch, match="a batch of shots"):
        stream.step([first, first])
    drawn = stream.step([first])[0]
    assert drawn.shape == (*seen[0].depth.shape, 3)
    with pytest.raises(InvalidValue, match="equally many"):
        stream.reset([0], [], [Appearance()], seeds=[1])


def test_pathtrace_says_that_it_needs_the_scene(run):
    _, _, seen, _ = run
    with pytest.raises(InvalidValue, match="pathtrace draws the Scene itself"):
        worlds.make("pathtrace").stream([seen[0].view], [Appearance()], seeds=[5]).step([Shot(seen[0])])
