"""Poses form a group, cameras are OpenCV's, and a pixel's ray projects back onto its centre."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyquaternion import Quaternion

from simgen.errors import InvalidValue
from simgen.geometry import Intrinsics, Pose

metres = st.floats(-10, 10)
vectors = st.tuples(metres, metres, metres)
quaternions = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 1e-3)
poses = st.builds(Pose.from_wxyz, vectors, quaternions)
LENS = (-0.12, 0.03, 0.001, -0.0007, 0.002)


def close(a: Pose, b: Pose) -> bool:
    return np.allclose(a.matrix, b.matrix, atol=1e-9)


@given(poses, poses, poses)
def test_composition_is_associative(a, b, c):
    assert close((a @ b) @ c, a @ (b @ c))


@given(poses)
def test_identity_changes_nothing(a):
    assert close(a @ Pose.identity(), a) and close(Pose.identity() @ a, a)


@given(poses)
def test_a_pose_undone_is_identity(a):
    assert close(a @ a.inverse(), Pose.identity()) and close(a.inverse() @ a, Pose.identity())


@given(poses, poses)
def test_composition_is_matrix_multiplication(a, b):
    assert np.allclose((a @ b).matrix, a.matrix @ b.matrix, atol=1e-9)


@given(poses, poses, vectors)
def test_composing_is_applying_one_after_the_other(a, b, point):
    assert np.allclose((a @ b).apply(point), a.apply(b.apply(point)), atol=1e-8)


@given(poses, vectors, vectors)
def test_distances_are_kept(a, p, q):
    assert np.linalg.norm(a.apply(p) - a.apply(q)) == pytest.approx(np.linalg.norm(np.subtract(p, q)), abs=1e-9)


@given(poses)
def test_a_pose_survives_every_form_it_is_written_in(a):
    assert close(Pose.from_row(a.row), a)
    assert close(Pose.from_matrix(a.matrix), a)
    assert close(Pose.from_wxyz(a.position, a.wxyz), a)
    assert close(Pose.from_xyzw(a.position, a.xyzw), a)


@given(poses)
def test_a_row_read_back_is_bit_for_bit_the_same(a):
    assert Pose.from_row(a.row).row.tobytes() == a.row.tobytes()


def test_the_quaternion_order_is_w_x_y_z():
    quarter_about_z = Pose.from_wxyz((0, 0, 0), (np.sqrt(0.5), 0, 0, np.sqrt(0.5)))
    assert np.allclose(quarter_about_z.apply((1, 0, 0)), (0, 1, 0))
    assert np.allclose(quarter_about_z.xyzw, (0, 0, np.sqrt(0.5), np.sqrt(0.5)))
    assert np.allclose(quarter_about_z.row[3:], quarter_about_z.wxyz)


def test_points_of_any_shape_are_taken_along():
    pose = Pose((1, 2, 3), Quaternion())
    assert pose.apply(np.zeros((4, 5, 3))).shape == (4, 5, 3)
    assert np.array_equal(pose.apply(np.zeros(3)), (1, 2, 3))


@given(quaternions, st.floats(0.1, 100))
def test_the_length_of_a_quaternion_does_not_matter(q, scale):
    assert close(Pose.from_wxyz((0, 0, 0), q), Pose.from_wxyz((0, 0, 0), np.multiply(q, scale)))


@pytest.mark.parametrize("position", [(0, 0), (0, 0, np.nan), (np.inf, 0, 0), (1, 2, 3, 4)])
def test_a_position_is_three_finite_numbers(position):
    with pytest.raises(InvalidValue, match="three finite numbers"):
        Pose(position, Quaternion())


@pytest.mark.parametrize("wxyz", [(0, 0, 0, 0), (np.nan, 0, 0, 1)])
def test_an_orientation_has_a_length(wxyz):
    with pytest.raises(InvalidValue, match="non-zero length"):
        Pose.from_wxyz((0, 0, 0), wxyz)


def test_a_pose_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        Pose.identity().position[0] = 1.0


@given(vectors, vectors)
def test_a_camera_looks_at_its_target_with_the_sky_above(eye, target):
    forward = np.subtract(target, eye)
    assume(np.linalg.norm(forward) > 0.01 and np.linalg.norm(forward[:2]) > 0.01 * np.linalg.norm(forward))
    camera = Pose.looking(eye, target)
    assert np.allclose(camera.inverse().apply(target), (0, 0, np.linalg.norm(forward)), atol=1e-7)
    right, down, _ = camera.rotation.T
    assert right[2] == pytest.approx(0, abs=1e-7) and down[2] < 0
    assert np.linalg.det(camera.rotation) == pytest.approx(1)


@pytest.mark.parametrize("height", [2.0, -2.0])
def test_a_camera_may_look_straight_down_and_straight_up(height):
    camera = Pose.looking((0, 0, height), (0, 0, 0))
    assert np.allclose(camera.rotation[:, 2], (0, 0, -np.sign(height)))
    assert np.linalg.det(camera.rotation) == pytest.approx(1)


def test_a_camera_must_look_somewhere_else():
    with pytest.raises(InvalidValue, match="a point away from the camera"):
        Pose.looking((1, 2, 3), (1, 2, 3))


def test_image_axes_are_right_and_down():
    camera = Pose.looking((0, -2, 1), (0, 0, 1))  # from the south, looking north: east is right
    view = Intrinsics.from_fov_y(64, 48, 1.0)
    (u, v), (east, _), (_, above) = (view.project(camera.inverse().apply(p)) for p in [(0, 0, 1), (0.3, 0, 1), (0, 0, 1.3)])
    assert (u, v) == pytest.approx((32, 24))
    assert east > u and above < v


@pytest.mark.parametrize("distortion", [(0.0,) * 5, LENS])
def test_the_ray_of_a_pixel_projects_onto_its_centre(distortion):
    view = Intrinsics(31, 23, 40.0, 42.0, 15.2, 11.9, distortion)
    v, u = np.mgrid[:23, :31] + 0.5
    assert np.allclose(view.project(view.rays() * 3.0), np.stack([u, v], axis=-1), atol=1e-8)
    assert np.all(view.rays()[..., 2] == 1)


@given(st.floats(-0.2, 0.2), st.floats(-0.02, 0.02), st.floats(-0.005, 0.005), st.floats(-0.005, 0.005))
def test_weak_lenses_can_be_undone(k1, k2, p1, p2):
    view = Intrinsics.from_fov_y(16, 12, np.deg2rad(50), (k1, k2, p1, p2, 0.0))
    v, u = np.mgrid[:12, :16] + 0.5
    assert np.allclose(view.project(view.rays()), np.stack([u, v], axis=-1), atol=1e-7)


def test_barrel_distortion_pulls_points_to_the_middle():
    straight, barrel = Intrinsics.from_fov_y(64, 64, 1.0), Intrinsics.from_fov_y(64, 64, 1.0, (-0.2, 0, 0, 0, 0))
    corner = np.array([0.4, 0.4, 1.0])
    assert np.all(barrel.project(corner) < straight.project(corner)) and np.all(barrel.project(corner) > 32)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_lens_that_folds_the_image_is_refused():
    with pytest.raises(InvalidValue, match="fold the image"):
        Intrinsics.from_fov_y(64, 64, 2.0, (-1.5, 0, 0, 0, 0)).rays()


def test_the_field_of_view_spans_the_height():
    view = Intrinsics.from_fov_y(100, 50, np.deg2rad(60))
    edge = view.project(np.array([0.0, np.tan(np.deg2rad(30)), 1.0]))
    assert edge == pytest.approx((50, 50))
    assert view.K @ (0, 0, 1) == pytest.approx((50, 25, 1))


def test_what_is_behind_the_camera_has_no_pixel():
    view = Intrinsics.from_fov_y(8, 8, 1.0)
    assert np.isnan(view.project(np.array([[0, 0, -1.0], [0, 0, 0]]))).all()


@pytest.mark.parametrize("size", [(0, 8), (8, -1)])
def test_an_image_has_pixels(size):
    with pytest.raises(InvalidValue, match="at least one pixel"):
        Intrinsics.from_fov_y(*size, 1.0)


@pytest.mark.parametrize("focal", [0.0, -5.0, np.nan])
def test_a_focal_length_is_positive(focal):
    with pytest.raises(InvalidValue, match="greater than 0"):
        Intrinsics(8, 8, focal, focal, 4, 4)
