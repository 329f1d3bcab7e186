"""The gate notices what is not so, lets pass what is, and mends what it can."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from studio import BALL, CUBE, observations, photographs, specimen, with_references

from simgen.errors import DamagedLimits, InvalidValue, ShapeMismatch
from simgen.verify import METRICS, Limits, Policy, adherence, gate, measure
from simgen.verify.calibrate import calibrate
from simgen.verify.faults import FAULTS, _filled, _shifted, encoded, touched
from simgen.verify.harmless import HARMLESS
from simgen.verify.photograph import LINEAR
from simgen.verify.surroundings import KINDS
from simgen.world import Appearance, Clip, ControlClip

GOOD = specimen(1)
"""What the painters of these tests draw where they do well."""


@pytest.fixture(scope="module")
def held_out(specimens):
    """Frames and truth of the clip that no limit was made from."""
    return specimens[5].frames["front"], specimens[5].observations["front"]


def judged(frames, seen, limits):
    return adherence(frames, seen, limits=limits)


def of_body(seen, body):
    return [one.instance == body for one in seen]


def test_good_frames_pass(held_out, limits):
    assert all(one.passed for one in judged(*held_out, limits))


@pytest.mark.parametrize("pixels", [8, 16])
def test_a_moved_object_is_noticed(held_out, limits, pixels):
    frames, seen = held_out
    moved = _shifted(frames, of_body(seen, CUBE), pixels, np.random.default_rng(0))
    found = judged(moved, seen, limits)
    assert not any(one.passed for one in found)
    # farther than is looked for it is gone from its place
    assert all(max(one.bodies[CUBE]["displaced"], one.bodies[CUBE]["gone"]) > 0.2 for one in found)


def test_a_vanished_object_is_noticed(held_out, limits):
    frames, seen = held_out
    rng = np.random.default_rng(0)
    gone = np.stack([_filled(frame, mask, rng) for frame, mask in zip(frames, of_body(seen, BALL), strict=True)])
    found = judged(gone, seen, limits)
    assert not any(one.passed for one in found)
    assert all(one.bodies[BALL]["gone"] > 0.4 for one in found)


def test_an_invented_object_is_noticed(held_out, limits):
    frames, seen = held_out
    spoiled = frames.copy()
    spoiled[:, 66:80, 24:38] = (20, 160, 60)
    assert not any(one.passed for one in judged(spoiled, seen, limits))


def test_a_recoloured_object_is_noticed_even_if_it_keeps_its_colour_all_along(held_out, limits):
    frames, seen = held_out
    spoiled = frames.copy()
    for frame, mask in zip(spoiled, of_body(seen, CUBE), strict=True):
        frame[mask] = frame[mask][:, ::-1]
    found = judged(spoiled, seen, limits)
    assert not any(one.passed for one in found)
    assert found[2].bodies[CUBE]["colour"] > 3 * judged(frames, seen, limits)[2].bodies[CUBE]["colour"]


@pytest.mark.parametrize("name", ["other_episode", "black", "nan"])
@pytest.mark.parametrize("strength", [1, 2])
def test_whole_frames_that_are_wrong_are_noticed(held_out, limits, name, strength):
    frames, seen = held_out
    donor = photographs(observations(0.0)[::-1])[:, :, ::-1]
    spoiled = FAULTS[name](frames, seen, np.random.default_rng(1), strength, donor)
    assert not any(one.passed for one in judged(spoiled, seen, limits))


def test_a_nan_frame_fails(held_out, limits):
    frames, seen = held_out
    spoiled = frames.astype(np.float32) / 255
    spoiled[2, 5, 5] = np.nan
    found = judged(spoiled, seen, limits)
    assert [one.passed for one in found] == [True, True, False, True, True]
    assert found[2].reasons[0] == "nonfinite"


def test_a_frozen_frame_is_noticed_and_its_neighbours_are_not_blamed(limits):
    seen = observations(0.5)
    frames = photographs(seen)
    frozen = frames.copy()
    frozen[3] = frames[2]
    values = [one.frame["frozen"] for one in measure(frozen, seen)]
    assert values[3] > 0.8 and not any(value > 0.5 for value in [*values[:3], values[4]])


def test_flicker_is_told_from_exposure(held_out):
    frames, seen = held_out
    brighter = np.stack([HARMLESS["brighter"](frames[t : t + 1], None, t % 3)[0] for t in range(len(frames))])
    spoiled = FAULTS["flicker"](frames, seen, np.random.default_rng(0), 2, frames)
    of = [[one.frame["flicker"] for one in measure(some, seen)] for some in (frames, brighter, spoiled)]
    assert max(of[1]) < 0.05 < min(of[2]) and max(of[0]) < 0.03


@pytest.mark.parametrize("name", ["brighter", "darker", "white_balance"])
def test_exposure_and_white_balance_are_no_faults(held_out, limits, name):
    frames, seen = held_out
    assert sum(one.passed for one in judged(HARMLESS[name](frames, np.random.default_rng(0), 1), seen, limits)) >= len(frames) - 1


def test_light_is_no_fault(limits):
    seen = observations(0.55)
    frames = photographs(seen, 9, sun=(-0.4, -0.5, -0.75), exposure=0.6)
    assert sum(one.passed for one in judged(frames, seen, limits)) >= len(frames) - 1


@pytest.fixture(scope="module")
def compared(specimens):
    """Frames, truth and references of the clip that no limit was made from."""
    held_out = with_references(specimens[5])
    return held_out.frames["front"], held_out.observations["front"], held_out.references["front"]


def test_good_frames_pass_beside_their_references(compared, limits_of_references):
    frames, seen, predicted = compared
    found = adherence(frames, seen, limits=limits_of_references, references=predicted)
    assert all(one.passed for one in found) and all(tuple(one.metrics) == METRICS for one in found)


def test_a_recoloured_body_is_noticed_against_a_reference(compared, limits_of_references):
    frames, seen, predicted = compared
    factor = np.array([1.6, 0.9, 0.5])
    masks = np.stack(of_body(seen, CUBE))[..., None]
    spoiled = np.where(masks, encoded(LINEAR[frames] * factor), frames)
    found = adherence(spoiled, seen, limits=limits_of_references, references=predicted)
    assert not any(one.passed for one in found)
    assert all(max(one.bodies, key=lambda body: one.bodies[body]["excess"]) == CUBE for one in found)


def test_shadows_that_a_reference_has_are_no_fault_and_others_are(compared, limits_of_references):
    frames, seen, predicted = compared
    v, u = np.mgrid[: frames.shape[1], : frames.shape[2]]
    shade = (1 - 0.75 * (np.hypot(u - 30, 1.5 * (v - 70)) < 16))[..., None]
    shaded, expected = (encoded(LINEAR[some] * shade) for some in (frames, predicted))
    assert all(one.passed for one in adherence(shaded, seen, limits=limits_of_references, references=expected))
    assert not any(one.passed for one in adherence(shaded, seen, limits=limits_of_references, references=predicted))


def test_a_reference_of_another_size_or_number_is_refused(compared):
    frames, seen, predicted = compared
    for wrong in (predicted[:-1], predicted[:, :-1]):
        with pytest.raises(ShapeMismatch, match="reference"):
            measure(frames, seen, references=wrong)


def test_every_metric_has_a_value_or_says_that_there_is_none(held_out):
    for one in measure(*held_out):
        assert (*one.frame, *one.parts[0].metrics) == METRICS
        assert any(np.isfinite(part.metrics["displaced"]) for part in one.parts)
        assert {part.kind for part in one.parts} <= {*KINDS}


def test_measuring_twice_gives_the_same(held_out):
    first, second = measure(*held_out), measure(*held_out)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal([*one.frame.values()], [*other.frame.values()])
        for part, again in zip(one.parts, other.parts, strict=True):
            np.testing.assert_array_equal([*part.metrics.values()], [*again.metrics.values()])


def test_every_fault_spoils_something_and_is_the_same_again(specimens):
    frames, seen = specimens[0].frames["front"], specimens[0].observations["front"]
    donor = specimens[1].frames["front"]
    for name, fault in FAULTS.items():
        once, again = (fault(frames, seen, np.random.default_rng(3), 2, donor) for _ in range(2))
        np.testing.assert_array_equal(once, again, err_msg=name)
        assert touched(frames, once).any(), name


def test_a_frame_of_another_size_is_refused(held_out):
    frames, seen = held_out
    with pytest.raises(ShapeMismatch):
        measure(frames[:, :-1], seen)
    with pytest.raises(ShapeMismatch):
        measure(frames[:-1], seen)


def test_a_picture_of_nothing_is_measured_without_complaint():
    seen = observations(0.5, 2)
    away = [type(one)(**(vars(one) | {"instance": np.zeros_like(one.instance), "depth": np.full_like(one.depth, np.inf)})) for one in seen]
    found = measure(photographs(seen), away)
    assert all(np.isnan(one.frame["missing_edges"]) and not one.parts for one in found)


def test_limits_survive_a_file_and_a_wrong_one_is_refused(limits, tmp_path):
    limits.write(tmp_path / "limits.json")
    assert Limits.read(tmp_path / "limits.json") == limits
    (tmp_path / "wrong.json").write_text('{"world": "x"}')
    for name in ("wrong.json", "missing.json"):
        with pytest.raises(DamagedLimits, match="simgen verify"):
            Limits.read(tmp_path / name)


def test_limits_come_with_the_package_for_every_world():
    assert Limits.of("pathtrace", referenced=True).world == "pathtrace"
    assert Limits.of("pathtrace", referenced=True).referenced and not Limits.of("pathtrace").referenced
    assert Limits.of("a world nobody knows", referenced=True) == Limits.of("pathtrace", referenced=True)
    assert Limits.of("a world nobody knows") == Limits.of("plain")
    assert {*Limits.of("preview").limit} == {"frame", *KINDS}


def test_too_few_clips_make_no_limits():
    with pytest.raises(InvalidValue, match="at least"):
        calibrate([], world="x", datasets={})


@dataclass
class Painter:
    """A world that draws well but for some frames, which it spoils at some of its attempts."""

    bad: tuple[tuple[int, ...], ...]
    """Frames it spoils at each attempt; nothing after the last."""
    name: str = "pathtrace"
    needs_rgb: bool = False
    needs_light: bool = False
    causal: bool = True
    seeds: list[int] = field(default_factory=list)

    def render(self, controls, appearance, *, seed):
        frames = GOOD.frames["front"].copy()
        for t in self.bad[len(self.seeds)] if len(self.seeds) < len(self.bad) else ():
            frames[t] = 0
        self.seeds.append(seed)
        return Clip(frames, self.name, (self.name,) * len(frames))


@dataclass
class AnchoredPainter(Painter):
    """One that can be held to a photograph it made."""

    anchors: list[int] = field(default_factory=list)

    def render_anchored(self, controls, appearance, *, seed, anchor, at):
        self.anchors.append(at)
        frames = GOOD.frames["front"]
        return Clip(frames, self.name, (self.name,) * len(frames))


def through(world, limits, **policy):
    return gate(world, ControlClip(GOOD.observations["front"]), Appearance(), seed=7, limits=limits, policy=Policy(**policy))


def test_the_gate_draws_a_good_clip_once(limits):
    world = Painter(())
    gated = through(world, limits)
    assert world.seeds == [7] and [one.way for one in gated.attempts] == ["first"]
    assert all(one.passed for one in gated.adherences)


def test_the_gate_draws_again_with_other_seeds_that_follow_from_the_first(limits):
    worlds = [Painter(((2,), (2,))) for _ in range(2)]
    gated = through(worlds[0], limits)
    assert [one.failed for one in gated.attempts] == [(2,), (2,), ()]
    assert len(set(worlds[0].seeds)) == 3
    through(worlds[1], limits)
    assert worlds[0].seeds == worlds[1].seeds


def test_the_gate_replaces_what_it_cannot_mend(limits):
    world, exact = Painter(((2,),) * 9), Painter((), name="exact")
    gated = through(world, limits, reseeds=1, fallback=exact)
    assert gated.clip.source == ("pathtrace", "pathtrace", "exact", "pathtrace", "pathtrace")
    assert [one.way for one in gated.attempts] == ["first", "reseeded", "replaced"]
    assert gated.clip.frames[2].max() > 0


def test_the_gate_marks_what_nobody_mends(limits):
    gated = through(Painter(((2,),) * 9), limits, reseeds=1)
    assert [one.passed for one in gated.adherences] == [True, True, False, True, True]
    assert gated.clip.source == ("pathtrace",) * 5


def test_a_world_that_takes_an_anchor_is_held_to_its_best_frame(limits):
    world = AnchoredPainter(((0, 1),) * 9)
    gated = through(world, limits, reseeds=1)
    assert [one.way for one in gated.attempts] == ["first", "reseeded", "anchored"]
    assert world.anchors[0] in (2, 3, 4) and gated.attempts[-1].failed == ()
