"""Distances between bodies: against geometry that can be worked out by hand."""

import numpy as np
import pytest
from furniture import tray
from pyquaternion import Quaternion

from simgen.geometry import Pose
from simgen.scenario.collider import collider, distance, nearer_than, overlap
from simgen.scenario.scene import BodyProperties


def shaped(shape: dict):
    return collider(BodyProperties(shape=shape), None)


def at(*position, turned: Quaternion | None = None) -> Pose:
    return Pose(position, turned or Quaternion())


BOX = {"box": {"size": [1.0, 1.0, 1.0]}}
SMALL = {"box": {"size": [0.1, 0.1, 0.1]}}


def test_two_boxes_are_apart_by_the_gap_between_their_sides():
    assert distance(shaped(BOX), at(0, 0, 0), shaped(BOX), at(1.25, 0.3, 0.1)) == pytest.approx(0.25)


def test_a_turned_box_comes_nearer_by_its_diagonal():
    quarter = Quaternion(axis=[0, 0, 1], degrees=45)
    expected = 2.0 - 0.5 - 0.5 * 2**0.5
    assert distance(shaped(BOX), at(0, 0, 0), shaped(BOX), at(2, 0, 0, turned=quarter)) == pytest.approx(expected)


def test_two_balls_are_apart_by_their_centres_less_their_radii():
    ball = shaped({"sphere": {"radius": 0.1}})
    rng = np.random.default_rng(0)
    for _ in range(10):
        offset = rng.normal(size=3)
        offset *= 0.3 / np.linalg.norm(offset)
        assert distance(ball, at(0, 0, 0), ball, at(*offset)) == pytest.approx(0.1, abs=3e-4)


def test_a_body_wholly_in_the_matter_of_another_has_no_distance_from_it():
    assert distance(shaped(SMALL), at(0.2, 0.1, 0), shaped(BOX), at(0, 0, 0)) == 0
    assert distance(shaped(BOX), at(0, 0, 0), shaped(SMALL), at(0.2, 0.1, 0)) == 0
    assert nearer_than(0.0, shaped(SMALL), at(0.2, 0.1, 0), shaped(BOX), at(0, 0, 0))


def test_a_body_in_the_hollow_of_another_is_free():
    hollow = collider(BodyProperties(**tray()), None)
    cube = shaped({"box": {"size": [0.04, 0.04, 0.04]}})
    assert distance(cube, at(0, 0, 0.05), hollow, at(0, 0, 0)) > 0.01


def test_touching_is_no_overlap_and_reaching_in_is():
    assert not overlap(shaped(SMALL), at(0, 0, 0.55), shaped(BOX), at(0, 0, 0))
    assert not overlap(shaped(BOX), at(0, 0, 0), shaped(SMALL), at(0, 0, 0.5495))
    assert overlap(shaped(SMALL), at(0, 0, 0.545), shaped(BOX), at(0, 0, 0))
    assert overlap(shaped(BOX), at(0, 0, 0), shaped(SMALL), at(0.1, 0, 0))
