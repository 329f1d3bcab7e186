"""How a body comes to rest: on a face that holds its centre of mass, tipped as little as that takes."""

import numpy as np
import pytest
import trimesh
from pyquaternion import Quaternion

from simgen.scenario.collider import Collider
from simgen.scenario.rest import laid_down, top

BOX = Collider(trimesh.creation.box((0.1, 0.2, 0.3)))


def lowest_points(collider: Collider, orientation: Quaternion) -> np.ndarray:
    vertices = collider.vertices @ orientation.rotation_matrix.T
    return vertices[vertices[:, 2] < vertices[:, 2].min() + 1e-9]


def test_a_box_turned_any_way_lies_on_a_side():
    rng = np.random.default_rng(0)
    for _ in range(50):
        tipped = Quaternion(rng.normal(size=4)).normalised
        assert len(lowest_points(BOX, laid_down(BOX, tipped))) == 4


def test_a_box_that_stands_stays_as_it_is():
    standing = Quaternion(axis=[0, 0, 1], degrees=33)
    assert laid_down(BOX, standing) == standing
    upside_down = Quaternion(axis=[1, 0, 0], degrees=180)
    assert laid_down(BOX, upside_down).rotate([0, 0, 1]) == pytest.approx([0, 0, -1])


def test_a_leaning_box_falls_back_onto_the_nearest_side():
    leaning = Quaternion(axis=[1, 0, 0], degrees=20)
    assert laid_down(BOX, leaning).rotate([0, 0, 1]) == pytest.approx([0, 0, 1])


def test_a_capsule_cannot_stand_on_its_end():
    capsule = Collider(trimesh.creation.capsule(height=0.1, radius=0.02))
    assert abs(laid_down(capsule, Quaternion()).rotate([0, 0, 1])[2]) < 0.05


def test_a_leaning_wedge_does_not_rest_on_a_face_that_its_weight_overhangs():
    corners = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0], [0.1, 0.1, 0], [1, 0, 1], [1.1, 0, 1], [1, 0.1, 1], [1.1, 0.1, 1]], float)
    wedge = Collider(trimesh.convex.convex_hull(corners))
    upright = laid_down(wedge, Quaternion())
    assert not np.allclose(upright.rotate([0, 0, 1]), [0, 0, 1])
    vertices = lowest_points(wedge, upright)
    centre = upright.rotate(wedge.mesh.center_mass)
    assert np.all(vertices[:, :2].min(axis=0) <= centre[:2]) and np.all(centre[:2] <= vertices[:, :2].max(axis=0))


def test_the_top_of_a_box_is_its_upper_side_and_a_cone_has_none():
    upper = top(BOX.vertices)
    assert upper.height == pytest.approx(0.15)
    assert upper.carries(np.array([[0.04, 0.09]]), 0.009)
    assert not upper.carries(np.array([[0.04, 0.09]]), 0.011)
    assert top(trimesh.creation.cone(0.1, 0.2).vertices) is None


def test_a_plank_is_not_left_standing_on_its_edge():
    plank = Collider(trimesh.creation.box((0.3, 0.01, 0.2)))
    assert abs(laid_down(plank, Quaternion()).rotate([0, 1, 0])[2]) == pytest.approx(1)


def test_half_a_cylinder_on_its_back_rolls_until_its_flat_side_is_nearly_level():
    angles = np.linspace(np.pi, 2 * np.pi, 97)
    rim = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 0.05
    ends = [np.insert(rim, 1, y, axis=1) for y in (-0.1, 0.1)]
    half = Collider(trimesh.convex.convex_hull(np.concatenate(ends)))
    for roll in (-40, 25, 60):
        rested = laid_down(half, Quaternion(axis=[0, 1, 0], degrees=roll))
        assert np.rad2deg(np.arccos(rested.rotate([0, 0, 1])[2])) < 6
