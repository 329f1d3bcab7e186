"""Frames that come one by one are judged at once, as the last of the clip so far, and the past takes no more room as it grows."""

import gc
import pickle
import weakref
from dataclasses import replace

import numpy as np
import pytest
from studio import CUBE, observations, photographs, specimen, with_references

from simgen.errors import InvalidValue, ShapeMismatch
from simgen.verify import METRICS, Watch, adherence
from simgen.verify.faults import _shifted, encoded
from simgen.verify.photograph import LINEAR
from simgen.verify.watch import OF_STEPS, REMEMBERED

NEED_MORE = {"still", "moving", "flicker", "identity"}
"""Metrics of which a clip takes the better of two neighbours, or compares with all of its frames."""


@pytest.fixture(scope="module")
def compared(specimens):
    """Frames, truth and references of the clip that no limit was made from."""
    held_out = with_references(specimens[5])
    return held_out.frames["front"], held_out.observations["front"], held_out.references["front"]


@pytest.fixture
def watch(limits_of_references) -> Watch:
    return Watch(limits_of_references)


def watched(watch, frames, seen, predicted):
    """What a watch says of frames that come one by one."""
    return [watch.judge(*one[:2], reference=one[2]) for one in zip(frames, seen, predicted, strict=True)]


def same(one, other, names=METRICS):
    np.testing.assert_array_equal([one.metrics[name] for name in names], [other.metrics[name] for name in names])


def recoloured(frame, seen):
    return np.where((seen.instance == CUBE)[..., None], encoded(LINEAR[frame] * np.array([1.6, 0.9, 0.5])), frame)


def shaded(frame):
    """With light that nothing predicts and that changes slowly over the picture."""
    v, u = np.mgrid[: frame.shape[0], : frame.shape[1]]
    return encoded(LINEAR[frame] * (1 + 0.2 * np.sin(u / 12) * np.sin(v / 14))[..., None])


def test_good_frames_pass_one_by_one(watch, compared):
    assert all(one.passed for one in watched(watch, *compared))


def test_what_needs_no_future_is_what_the_clip_says(watch, compared, limits_of_references):
    frames, seen, predicted = compared
    names = [name for name in METRICS if name not in NEED_MORE]
    clip = adherence(frames, seen, limits=limits_of_references, references=predicted)
    for one, other in zip(watched(watch, *compared), clip, strict=True):
        same(one, other, names)


def test_a_frame_is_judged_as_the_last_of_the_clip_so_far(watch, compared, limits_of_references):
    for count, one in enumerate(watched(watch, *compared), 1):
        last = adherence(*(part[:count] for part in compared[:2]), limits=limits_of_references, references=compared[2][:count])[-1]
        same(one, last)
        assert (one.passed, one.score, one.reasons) == (last.passed, last.score, last.reasons)


def test_without_references_it_is_the_same(limits, specimens):
    frames, seen = specimens[5].frames["front"], specimens[5].observations["front"]
    watch = Watch(limits)
    found = [watch.judge(*one) for one in zip(frames, seen, strict=True)]
    same(found[-1], adherence(frames, seen, limits=limits)[-1])
    assert all(one.passed for one in found)


def test_a_displaced_body_is_noticed_at_once(watch, compared):
    frames, seen, predicted = compared
    moved = _shifted(frames, [None, None, seen[2].instance == CUBE, None, None], 10, np.random.default_rng(0))
    found = watched(watch, moved, seen, predicted)
    assert [one.passed for one in found[:3]] == [True, True, False]


def test_a_repainted_body_is_noticed_at_once(watch, compared):
    frames, seen, predicted = compared
    found = watched(watch, [*frames[:2], recoloured(frames[2], seen[2])], seen[:3], predicted[:3])
    assert [one.passed for one in found] == [True, True, False]
    assert max(found[2].bodies, key=lambda body: found[2].bodies[body]["excess"]) == CUBE


def test_a_frozen_frame_is_noticed_at_once(limits):
    seen = observations(0.5)
    frames = photographs(seen)
    watch = Watch(limits)
    values = [watch.judge(frame, one).metrics["frozen"] for frame, one in zip([*frames[:3], frames[2]], seen[:4], strict=True)]
    assert values[3] > 0.8 > 0.5 > max(values[1:3])


def test_a_step_in_brightness_that_nothing_predicts_is_noticed_at_once(watch, compared):
    frames, seen, predicted = compared
    found = watched(watch, [*frames[:2], shaded(frames[2])], seen[:3], predicted[:3])
    assert found[1].metrics["flicker"] < 0.05 < found[2].metrics["flicker"]


def test_a_frame_that_was_drawn_again_leaves_no_trace(watch, compared, limits_of_references):
    frames, seen, predicted = compared
    expected = watched(Watch(limits_of_references), *compared)
    watched(watch, [*frames[:2], np.roll(frames[2], 12, axis=1)], seen[:3], predicted[:3])
    same(watch.retake(frames[2], reference=predicted[2]), expected[2])
    for t in (3, 4):
        same(watch.judge(frames[t], seen[t], reference=predicted[t]), expected[t])


def test_the_next_frame_is_compared_with_the_one_that_was_taken_last(watch, compared):
    frames, seen, predicted = compared
    watched(watch, *(part[:3] for part in compared))
    assert {*watch.retake(shaded(frames[2]), reference=predicted[2]).reasons} <= OF_STEPS
    assert watch.judge(shaded(frames[3]), seen[3], reference=predicted[3]).metrics["flicker"] < 0.01
    assert watch.retake(frames[3], reference=predicted[3]).metrics["flicker"] > 0.05


def test_a_good_frame_after_a_bad_one_that_was_shown_is_not_blamed(watch, compared):
    frames, seen, predicted = compared
    for bad in (np.zeros_like(frames[2]), np.roll(frames[2], 12, axis=1)):
        found = watched(watch, [*frames[:2], bad, frames[3]], seen[:4], predicted[:4])
        assert [one.passed for one in found] == [True, True, False, True]
        assert np.isnan(found[3].metrics["still"])


def test_a_frame_may_be_taken_again_as_often_as_one_likes(watch, compared, limits_of_references):
    frames, seen, predicted = compared
    first = [watch.judge(frames[0], seen[0], reference=predicted[0])]
    first += [watch.retake(frames[0], reference=predicted[0]) for _ in range(3)]
    for one in first:
        same(one, first[0])
    same(watch.judge(frames[1], seen[1], reference=predicted[1]), watched(Watch(limits_of_references), *(p[:2] for p in compared))[1])


def test_a_stand_in_of_another_world_is_judged_by_itself_and_so_is_the_next(watch, compared, limits):
    frames, seen, predicted = compared
    found = watched(watch, [frames[0], 255 - frames[1]], seen[:2], predicted[:2])
    assert [one.passed for one in found] == [True, False]
    stand_in = watch.retake(photographs(seen[1:2])[0], limits=limits)
    assert stand_in.passed and np.isnan(stand_in.metrics["still"])
    after = [watch.judge(frames[t], seen[t], reference=predicted[t]) for t in (2, 3)]
    assert all(one.passed for one in after)
    assert [np.isnan(one.metrics["still"]) for one in after] == [True, False]


def test_nothing_can_be_taken_again_before_a_frame_was_judged(watch, compared):
    with pytest.raises(InvalidValue, match="at least 1"):
        watch.retake(compared[0][0])


def test_a_picture_of_another_size_is_refused_and_leaves_no_trace(watch, compared, limits_of_references):
    frames, seen, predicted = compared
    watched(watch, *(part[:2] for part in compared))
    for frame, reference in ((frames[2][:-1], predicted[2]), (frames[2], predicted[2][:, :-1]), (frames[2][..., 0], predicted[2])):
        with pytest.raises(ShapeMismatch):
            watch.judge(frame, seen[2], reference=reference)
        with pytest.raises(ShapeMismatch):
            watch.retake(frame, reference=reference)
    same(watch.judge(frames[2], seen[2], reference=predicted[2]), watched(Watch(limits_of_references), *(p[:3] for p in compared))[2])


def test_frames_that_are_gone_are_not_held_on_to(compared, limits):
    frames, seen, _ = compared
    watch, held = Watch(limits), []
    for t in range(4):
        frame, one = frames[t].copy(), replace(seen[t])
        watch.judge(frame, one)
        held.append((weakref.ref(frame), weakref.ref(one)))
        del frame, one
    gc.collect()
    assert [picture() is None and truth() is None for picture, truth in held[:3]] == [True] * 3


def test_a_long_episode_takes_no_more_room_than_a_short_one(limits):
    """Small frames, many of them."""
    one = specimen(0)
    frame, seen = one.frames["front"][0], one.observations["front"]
    small = [replace(part, **{name: array[30:62, 40:72] for name, array in vars(part).items() if _plane(array)}) for part in seen]
    watch, sizes = Watch(limits), []
    for number in range(REMEMBERED + 40):
        watch.judge(frame[30:62, 40:72], small[number % 2])
        sizes.append(len(pickle.dumps(watch)))
    assert max(sizes[-20:]) <= max(sizes[REMEMBERED : REMEMBERED + 20])


def _plane(array) -> bool:
    return isinstance(array, np.ndarray) and array.ndim >= 2
