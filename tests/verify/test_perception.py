"""The critic sees what is there: it notices what moved, vanished or was invented, and nothing in harmless changes."""

import numpy as np
import pytest
from studio import BALL, CUBE, specimen, with_references

from simgen import shelves
from simgen.errors import ShapeMismatch
from simgen.verify import critic
from simgen.verify.critic import UnusableCritic, read, weights
from simgen.verify.expectation import Expectation
from simgen.verify.faults import _filled, _shifted
from simgen.verify.harmless import HARMLESS
from simgen.verify.perception import Perception
from simgen.verify.photograph import Photograph
from simgen.verify.shading import Shading

ONE = with_references(specimen(2))
FRAME, SEEN, REFERENCE = ONE.frames["front"][2], ONE.observations["front"][2], ONE.references["front"][2]


def perceived(frame, reference=REFERENCE) -> Perception:
    return Perception(Shading(Photograph.of(frame), Expectation(SEEN), reference))


def unseen(frame, body, reference=REFERENCE) -> float:
    found = perceived(frame, reference)
    return float(found.unseen[list(found.shading.expectation.things).index(2 * body)])


def test_outlines_are_more_likely_where_they_are():
    outline = Expectation(SEEN).outline
    boundary = read(FRAME).boundary
    assert boundary[outline].mean() > 3 * boundary[Expectation(SEEN).inside].mean()


@pytest.mark.parametrize("reference", [REFERENCE, None])
def test_a_moved_body_leaves_an_outline_unseen(reference):
    moved = _shifted(FRAME[None], [SEEN.instance == CUBE], 10, np.random.default_rng(0))[0]
    assert unseen(moved, CUBE, reference) > 1.3 * unseen(FRAME, CUBE, reference) + 0.05


def test_a_vanished_body_leaves_an_outline_unseen_and_the_others_alone():
    gone = _filled(FRAME, SEEN.instance == BALL, np.random.default_rng(0))
    assert unseen(gone, BALL) > 0.3 > 0.1 > unseen(gone, CUBE)


def test_an_invented_body_has_outlines_that_nothing_foresaw():
    invented = FRAME.copy()
    invented[66:80, 24:38] = (20, 160, 60)
    assert perceived(invented).unforeseen > 2 * perceived(FRAME).unforeseen
    assert np.isnan(perceived(invented, None).unforeseen)  # paint has outlines too


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_changes_are_overlooked(name):
    changed = HARMLESS[name](FRAME[None], np.random.default_rng(0), 0)[0]
    assert max(unseen(changed, body) for body in (CUBE, BALL)) < 0.15
    assert perceived(changed).unforeseen < 0.1


def test_equal_photographs_give_equal_readings_whatever_was_read_between():
    first = read(FRAME)
    read(255 - FRAME)
    again = read(FRAME.copy(), weights.load())
    np.testing.assert_array_equal(first.boundary, again.boundary)
    np.testing.assert_array_equal(first.log_depth, again.log_depth)


def test_any_size_is_read_and_what_is_no_picture_is_refused():
    assert read(FRAME[:33, :45]).boundary.shape == (33, 45)
    for wrong in (FRAME[..., 0], FRAME.astype(np.float32), FRAME[:0]):
        with pytest.raises(ShapeMismatch, match="photograph"):
            read(wrong)


def test_weights_that_are_missing_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(shelves, "shelf", lambda name: tmp_path)
    weights.shipped.cache_clear()
    with pytest.raises(UnusableCritic, match="it has no config.json. Restore it .* simgen train critic"):
        critic.read(255 - FRAME[::-1])
    weights.shipped.cache_clear()
