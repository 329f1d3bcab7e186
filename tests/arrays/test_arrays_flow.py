"""Flow from depth and ids alone is the exact flow of our own ray caster, or is not known."""

from dataclasses import replace

import numpy as np
import pytest
from analytic import camera
from pyquaternion import Quaternion

from simgen.arrays import Frame, observed
from simgen.arrays.flow import backward_flow
from simgen.geometry import Pose
from simgen.scenario import Scene
from simgen.simulator.raycast import RayCaster

TABLE, CUBE, BALL, BOOK = 2, 3, 4, 5
BODIES = {
    TABLE: ({"box": {"size": [1.2, 1.2, 0.04]}}, (0.4, 0, -0.02)),
    CUBE: ({"box": {"size": [0.06, 0.06, 0.06]}}, (0.4, 0, 0.03)),
    BALL: ({"sphere": {"radius": 0.04}}, (0.5, 0.15, 0.04)),
    BOOK: ({"box": {"size": [0.1, 0.06, 0.04]}}, (0.3, -0.2, 0.02)),
}
FRONT = camera(128, 128, (1.0, 0.4, 0.5), (0.4, 0, 0))
ABOVE = camera(128, 128, (0.4, 0, 0.8), (0.4, 0, 0))
WALKED = replace(FRONT, world_T_camera=FRONT.world_T_camera @ Pose((0.02, 0.01, -0.02), Quaternion(axis=(0.3, 1, 0.2), degrees=1.5)))
STILL = {number: Pose(position, Quaternion()) for number, (_, position) in BODIES.items()}
PUSHED = STILL | {
    CUBE: Pose((0.41, 0.012, 0.03), Quaternion(axis=(0, 0, 1), degrees=4)),
    BALL: Pose((0.52, 0.15, 0.04), Quaternion(axis=(0, 1, 0), degrees=28)),
    BOOK: Pose((0.3, -0.17, 0.02), Quaternion()),
}


@pytest.fixture(scope="module")
def caster():
    bodies = [
        {"id": number, "name": f"body{number}", "shape": shape, "position": position, "orientation_wxyz": (1, 0, 0, 0)}
        for number, (shape, position) in BODIES.items()
    ]
    data = {"schema_version": 1, "name": "test", "robot": None, "cameras": {}, "seed": 0, "episode": 0, "bodies": bodies}
    return RayCaster.of(Scene.model_validate(data))


def looked(caster, views, poses):
    """Two observations, the second with exact flow."""
    rows = [np.array([pose[number].row for number in BODIES]) for pose in poses]
    before = caster.observe(views[0], rows[0], 0)
    return before, caster.observe(views[1], rows[1], 1, before, rows[0])


def frame(seen, poses=None, step=0.0) -> Frame:
    """What another simulator would have told of it; depth in whole steps, as integers have it."""
    depth = np.round(seen.depth / step).astype(np.float32) * np.float32(step) if step else seen.depth
    return Frame(seen.view, seen.time_ns, seen.albedo, depth, seen.instance, body_pose=poses or {})


def errors(flow, now) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels of error where both are known, which were told, and which exactly are."""
    told, exact = np.isfinite(flow).all(-1), np.isfinite(now.flow).all(-1)
    return np.linalg.norm(flow - now.flow, axis=-1), told, exact


@pytest.mark.parametrize("views", [(FRONT, FRONT), (FRONT, WALKED), (ABOVE, ABOVE)], ids=["still", "walking", "above"])
def test_flow_by_known_poses_is_exact(caster, views):
    before, now = looked(caster, views, (STILL, PUSHED))
    error, told, exact = errors(backward_flow(frame(now, PUSHED), frame(before, STILL)), now)
    assert error[told & exact].max() < 2e-3
    assert (told & ~exact).mean() < 1e-3 and (exact & ~told).mean() < 5e-3


def test_a_world_that_stands_still_flows_as_the_camera_goes(caster):
    before, now = looked(caster, (FRONT, WALKED), (STILL, STILL))
    error, told, exact = errors(backward_flow(frame(now), frame(before)), now)
    assert error[told & exact].max() < 2e-3
    assert (told & ~exact).mean() < 5e-3 and (exact & ~told).mean() < 5e-3


@pytest.mark.parametrize("step", [0.0, 0.001], ids=["exact", "millimetres"])
@pytest.mark.parametrize("views", [(FRONT, FRONT), (FRONT, WALKED), (ABOVE, ABOVE)], ids=["still", "walking", "above"])
def test_things_whose_poses_nobody_tells_are_found_where_they_were(caster, views, step):
    before, now = looked(caster, views, (STILL, PUSHED))
    error, told, exact = errors(backward_flow(frame(now, step=step), frame(before, step=step)), now)
    for number in (CUBE, BOOK):
        own = (now.instance == number) & exact
        assert np.median(np.linalg.norm(now.flow[own], axis=-1)) > 1.5  # pixels
        assert (told & own).sum() > 0.75 * own.sum() and error[told & own].mean() < 0.5


def test_of_a_ball_that_rolls_nobody_knows_where_its_points_were(caster):
    before, now = looked(caster, (FRONT, FRONT), (STILL, PUSHED))
    assert np.isnan(backward_flow(frame(now), frame(before))[now.instance == BALL]).all()


def test_what_is_seen_for_the_first_time_has_no_flow(caster):
    before, now = looked(caster, (FRONT, FRONT), (STILL, PUSHED))
    hidden = replace(before, instance=np.where(before.instance == CUBE, 9, before.instance))
    assert np.isnan(backward_flow(frame(now), hidden)[now.instance == CUBE]).all()


def test_a_body_that_changes_its_shape_has_no_flow(caster):
    """Two things that go their own ways under one id, as an arm's links do."""
    seen = looked(caster, (FRONT, FRONT), (STILL, PUSHED))
    before, now = (replace(one, instance=np.where(one.instance == BOOK, np.int32(CUBE), one.instance)) for one in seen)
    assert np.isnan(backward_flow(frame(now), frame(before))[now.instance == CUBE]).all()


def test_emptiness_moves_as_infinity_does():
    view = camera(96, 64)
    turned = replace(view, world_T_camera=view.world_T_camera @ Pose((0, 0, 0), Quaternion(axis=(0, 1, 0), degrees=3)))
    blank = (np.zeros((64, 96, 3), np.uint8), np.full((64, 96), np.inf, np.float32), np.zeros((64, 96), np.int32))
    flow = observed(Frame(turned, 1, *blank), Frame(view, 0, *blank)).flow
    ray = view.intrinsics.rays()
    relative = view.world_T_camera.rotation.T @ turned.world_T_camera.rotation
    exact = view.intrinsics.project(ray @ relative.T) - view.intrinsics.project(ray)
    told = np.isfinite(flow).all(-1)
    assert told.mean() > 0.9 and np.abs(flow - exact)[told].max() < 1e-4
