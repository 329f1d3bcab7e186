"""Backward flow: the previous picture, warped by it, is this picture wherever both show the same matter."""

from dataclasses import replace

import numpy as np
import pytest
from pyquaternion import Quaternion
from scipy.ndimage import map_coordinates, maximum_filter, minimum_filter
from staging import Reference, ball, box, camera, hand_camera, kitchen, poses, scene

from simgen.geometry import Pose
from simgen.scenario.robot import robot_model
from simgen.simulator.raycast import RayCaster

FISHEYE = (-0.25, 0.08, 0.002, -0.003, -0.01)


def turned(view, degrees, axis=(0, 1, 0), shift=(0, 0, 0)):
    """The same camera, turned about an axis of its own frame and shifted in it."""
    return replace(view, world_T_camera=view.world_T_camera @ Pose(shift, Quaternion(axis=axis, degrees=degrees)))


def two_frames(stage, views, link_poses):
    caster = RayCaster.of(stage)
    before = caster.observe(views[0], link_poses[0], 0)
    return before, caster.observe(views[1], link_poses[1], 1, before, link_poses[0])


def points_before(now, stage, link_poses, view_before):
    """Where the matter seen in each pixel was in the previous camera frame, by pose arithmetic alone: (N, 3), and its pixels."""
    hit = now.instance > 0
    world = now.view.world_T_camera.apply((now.view.intrinsics.rays() * np.where(hit, now.depth, 0)[..., None])[hit])
    rows = {(link.body, link.index): row for row, link in enumerate(RayCaster.of(stage).links)}
    row = np.array([rows[pair] for pair in zip(now.instance[hit].tolist(), now.link[hit].tolist(), strict=True)])
    for r in np.unique(row):
        then_T_now = Pose.from_row(link_poses[0][r]) @ Pose.from_row(link_poses[1][r]).inverse()
        world[row == r] = then_T_now.apply(world[row == r])
    return view_before.world_T_camera.inverse().apply(world), hit, world


def sources(flow):
    """Pixel (row, column) of the previous picture that each pixel with flow came from, and which pixels those are."""
    known = np.isfinite(flow).all(-1)
    v, u = np.nonzero(known)
    there = np.stack([u, v], 1) + 0.5 + flow[known]
    return there[:, 1].astype(int), there[:, 0].astype(int), known


def inner(ids):
    """Pixels whose neighbours all show the same."""
    return maximum_filter(ids, 3) == minimum_filter(ids, 3)


def kitchen_frames(kind):
    stage = kitchen()
    home = np.array(robot_model("panda").home)
    still, moved = poses(stage), poses(stage, home + 0.02, body10=Pose((0.67, -0.02, 0.11), Quaternion(axis=[0, 0, 1], degrees=5)))
    front = camera((1.3, 0.6, 0.8), (0.35, 0, 0.2), (128, 128))
    match kind:
        case "moving bodies":
            return stage, (front, front), (still, moved)
        case "moving camera":
            return stage, (front, turned(front, 1.5, (0.3, 1, 0.2), (0.02, 0.01, -0.02))), (still, still)
        case "wrist camera":
            return stage, (hand_camera(stage, still), hand_camera(stage, moved)), (still, moved)
        case "distorted":
            lens = replace(front, intrinsics=camera((1, 0, 0), (0, 0, 0), (128, 128), 60, FISHEYE).intrinsics)
            return stage, (lens, turned(lens, 2)), (still, moved)


@pytest.fixture(scope="module", params=["moving bodies", "moving camera", "wrist camera", "distorted"])
def frames(request):
    stage, views, link_poses = kitchen_frames(request.param)
    return stage, views, link_poses, *two_frames(stage, views, link_poses)


def test_flow_is_the_projection_of_the_matters_own_motion(frames):
    stage, views, link_poses, _, now = frames
    points, hit, _ = points_before(now, stage, link_poses, views[0])
    v, u = np.nonzero(hit)
    exact = views[0].intrinsics.project(points) - np.stack([u, v], 1) - 0.5
    known = np.isfinite(now.flow[hit]).all(-1)
    assert known.mean() > 0.8 and np.abs(now.flow[hit][known] - exact[known]).max() < 1e-3


def test_warping_the_previous_picture_by_the_flow_gives_this_one(frames):
    stage, views, link_poses, before, now = frames
    row, column, known = sources(now.flow)
    clear = inner(before.instance * 100 + before.link)[row, column]
    for name in ("instance", "link", "semantic"):
        assert (getattr(before, name)[row, column] == getattr(now, name)[known])[clear].mean() > 0.999, name
    points, hit, _ = points_before(now, stage, link_poses, views[0])
    expected = np.full(now.depth.shape, np.inf)
    expected[hit] = points[:, 2]
    solid = clear & hit[known]
    v, u = np.nonzero(known)
    place = np.stack([v + now.flow[known][:, 1], u + now.flow[known][:, 0]])[:, solid]
    inverse = map_coordinates(1 / before.depth, place, order=1)  # over a plane it is 1 / depth that is linear in the image
    error = np.abs(inverse * expected[known][solid] - 1)
    assert np.median(error) < 1e-4 and np.quantile(error, 0.95) < 5e-3  # relative


def test_flow_is_missing_just_where_another_ray_caster_says_the_matter_was_hidden(frames):
    stage, views, link_poses, before, now = frames
    points, hit, world = points_before(now, stage, link_poses, views[0])
    width, height = views[0].intrinsics.width, views[0].intrinsics.height
    u, v = views[0].intrinsics.project(points).T
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    hidden = Reference(stage, link_poses[0]).hidden(views[0].world_T_camera.position, world, 2e-3)
    missing = np.isnan(now.flow[hit]).any(-1)
    assert missing[~inside].all()
    clear = np.zeros_like(inside)
    clear[inside] = inner(before.instance * 100 + before.link)[v[inside].astype(int), u[inside].astype(int)]
    assert (missing == hidden)[inside].mean() > 0.98 and (missing == hidden)[clear].mean() > 0.995


def test_without_a_previous_frame_no_flow_is_known():
    stage = scene(ball(2, 0.3))
    assert np.isnan(RayCaster.of(stage).observe(camera((1, 0, 0), (0, 0, 0)), poses(stage), 0).flow).all()


def test_in_a_still_world_flow_is_zero_everywhere_even_at_edges_and_on_slants():
    stage, view = kitchen(), camera((1.3, 0.6, 0.8), (0.35, 0, 0.2), (128, 128))
    _, now = two_frames(stage, (view, view), (poses(stage), poses(stage)))
    assert np.isfinite(now.flow).all() and np.abs(now.flow).max() < 1e-4


def test_background_moves_as_infinity_does_when_the_camera_turns():
    view = camera((0, 0, 0), (1, 0, 0), (96, 64))
    before, now = two_frames(scene(), (view, turned(view, 3)), (np.zeros((0, 7)),) * 2)
    ray = now.view.intrinsics.rays()
    relative = view.world_T_camera.rotation.T @ now.view.world_T_camera.rotation
    exact = view.intrinsics.project(ray @ relative.T) - view.intrinsics.project(ray)
    known = np.isfinite(now.flow).all(-1)
    assert np.abs(now.flow - exact)[known].max() < 1e-4
    left = np.tan(np.deg2rad(3)) * view.intrinsics.fx
    assert known.mean() == pytest.approx(1 - left / 96, abs=0.03)


def test_background_does_not_move_when_the_camera_only_shifts():
    view = camera((0, 0, 0), (1, 0, 0))
    _, now = two_frames(scene(), (view, turned(view, 0, shift=(0.5, 0, 0))), (np.zeros((0, 7)),) * 2)
    assert np.abs(now.flow).max() < 1e-6


def test_a_shifted_body_flows_by_its_shift_and_uncovers_what_was_not_seen():
    stage, view = scene(box(2, [0.1, 1, 1])), camera((2.05, 0, 0), (0, 0, 0), (128, 128), 60)
    before, now = two_frames(stage, (view, view), (poses(stage), poses(stage, body2=Pose((0, 0.1, 0), Quaternion()))))
    front = now.instance == 2
    pixels = 0.1 * view.intrinsics.fx / 2
    assert np.allclose(now.flow[front & (np.abs(now.normal[..., 2] + 1) < 1e-6)], [-pixels, 0], atol=1e-4)
    uncovered = (before.instance == 2) & (now.instance == 0)
    assert uncovered.any() and np.isnan(now.flow[uncovered]).all()
    assert np.abs(now.flow[(before.instance == 0) & (now.instance == 0)]).max() < 1e-6


def test_what_was_behind_the_camera_or_beyond_its_far_plane_has_no_flow():
    stage, view = scene(box(2, [0.1, 9, 9])), camera((2.05, 0, 0), (0, 0, 0), near=0.1, far=5)
    for was in (3.0, -4.0, 2.0):
        _, now = two_frames(stage, (view, view), (poses(stage, body2=Pose((was, 0, 0), Quaternion())), poses(stage)))
        assert (now.instance == 2).all() and np.isnan(now.flow).all(), was


def test_a_strong_lens_does_not_fold_far_off_points_back_into_the_picture():
    lens = camera((0, 0, 0), (1, 0, 0), (64, 64), 60, (-0.2, 0.0, 0.0, 0.0, 0.0))
    stage = scene(box(2, [0.1, 0.6, 0.6], (1, 0, 0)))
    away = Pose((1, 2.2, 0), Quaternion())  # projected by the lens's polynomial alone, this would land inside the picture
    u = lens.intrinsics.project(lens.world_T_camera.inverse().apply([[1, 2.2, 0]]))[0, 0]
    _, now = two_frames(stage, (lens, lens), (poses(stage, body2=away), poses(stage)))
    assert 0 <= u < 64 and np.isnan(now.flow[now.instance == 2]).all()
