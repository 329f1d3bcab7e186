"""Orientations: the forms agree with each other, and a uniform rotation favours none."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from simgen.scenario.orientation import Orientation, UniformRotation, quaternion


@pytest.mark.parametrize(
    "written",
    [
        {"wxyz": [2.0, 0.0, 0.0, 2.0]},
        {"yaw_deg": 90.0},
        {"rpy_deg": [0.0, 0.0, 90.0]},
        {"axis_angle_deg": {"axis": [0.0, 0.0, 5.0], "angle": 90.0}},
    ],
)
def test_every_form_of_a_quarter_turn_takes_x_to_y(written):
    form = TypeAdapter(Orientation).validate_python(written)
    assert quaternion(form.model_dump()).rotate([1.0, 0.0, 0.0]) == pytest.approx([0.0, 1.0, 0.0])


def test_roll_is_turned_before_pitch_and_pitch_before_yaw():
    turned = quaternion({"rpy_deg": [90.0, 0.0, 90.0]})
    assert turned.rotate([0.0, 1.0, 0.0]) == pytest.approx([0.0, 0.0, 1.0])
    assert turned.rotate([0.0, 0.0, 1.0]) == pytest.approx([1.0, 0.0, 0.0])


def test_uniform_rotations_have_the_moments_of_so3():
    """E[R] = 0, E[R_ij^2] = 1/3, E[R_ij^4] = 1/5, and E[tr(R)^2] = 1, for the Haar measure."""
    rng, form = np.random.default_rng(0), UniformRotation(uniform_rotation=True)
    rotations = np.array([quaternion(form.sample(rng).model_dump()).rotation_matrix for _ in range(5000)])
    assert np.abs(rotations.mean(axis=0)).max() < 4 / (3 * 5000) ** 0.5
    assert (rotations**2).mean(axis=0) == pytest.approx(np.full((3, 3), 1 / 3), abs=0.02)
    assert (rotations**4).mean(axis=0) == pytest.approx(np.full((3, 3), 1 / 5), abs=0.02)
    assert (np.trace(rotations, axis1=1, axis2=2) ** 2).mean() == pytest.approx(1.0, abs=0.08)
