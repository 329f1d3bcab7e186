"""PyBullet's own picture shows what the ray caster says is there."""

from dataclasses import replace

import numpy as np
import pytest
import scenery
from PIL import Image

from simgen.errors import UnknownName
from simgen.geometry import Pose
from simgen.scenario.scene import Camera, Light, Mount

EYE = {"position": (1.6, 1.2, 1.0), "look_at": (0.3, 0.0, 0.1), "near": 0.05, "far": 20.0}
BLOCK = scenery.body("block", {"box": {"size": (0.2, 0.2, 0.2)}}, (0.4, 0.0, 0.1), colour=(0.8, 0.2, 0.1), fixed=True)
FLOOR = scenery.GROUND | {"shape": {"box": {"size": (20.0, 20.0, 0.1)}}, "colour": (0.5, 0.5, 0.5)}


def watched(*bodies, robot=False, light=None, **camera):
    cameras = {"front": Camera(**({"width": 320, "height": 240, "fov_y_deg": 45.0} | EYE | camera))}
    return scenery.scene(*bodies, robot=robot, cameras=cameras, **({"light": light} if light else {}))


def agreement(simulator, camera="front"):
    """Share of pixels of one id, median and mean of the depth difference in metres where both agree."""
    seen = simulator.observe(camera)
    _, depth, ids = simulator.camera_image(camera)
    both = (ids == seen.instance) & (ids > 0)
    off = depth[both].astype(np.float64) - seen.depth[both]
    return float((ids == seen.instance).mean()), float(np.median(np.abs(off))), float(off.mean())


def test_tiny_renderer_and_the_ray_caster_see_one_scene(start):
    simulator, _ = start(watched(FLOOR, BLOCK), draws=True)
    same, median, bias = agreement(simulator)
    assert same >= 0.9999 and median < 1e-4 and abs(bias) < 1e-4


@pytest.mark.parametrize("size", [(161, 97), (64, 64)])
def test_they_agree_at_odd_sizes_and_from_the_hand(start, size):
    width, height = size
    hand = Camera(position=(0.05, 0, 0.04), look_at=(0, 0, 0.3), width=width, height=height, mount=Mount(body="robot", link="panda_hand"))
    scene = scenery.scene(FLOOR, BLOCK, robot=True, cameras={"hand": hand})
    simulator, _ = start(scene, draws=True)
    simulator.step(np.array([0.02, 0.01, -0.03, 0.1, 0, 0.1, 0.5]))
    same, median, _ = agreement(simulator, "hand")
    assert same > 0.998 and median < 1e-4


def test_they_agree_through_a_lens(start):
    lens = (-0.25, 0.06, 0.001, -0.002, 0.0)
    simulator, _ = start(watched(FLOOR, BLOCK, distortion=lens), draws=True)
    same, median, _ = agreement(simulator)
    assert same > 0.985 and median < 2e-2, "depth is taken from the nearest pixel"
    straight, _ = start(watched(FLOOR, BLOCK), draws=True)
    assert (straight.observe("front").instance != simulator.observe("front").instance).mean() > 0.005


def test_rgb_is_drawn_only_when_asked(start):
    assert start(watched(FLOOR))[0].observe("front").rgb is None
    seen = start(watched(FLOOR), draws=True)[0].observe("front")
    assert seen.rgb.dtype == np.uint8 and seen.rgb.shape == (240, 320, 3)


@pytest.mark.parametrize("lens", [(0.0,) * 5, (-0.2, 0.03, 0.001, -0.001, 0.0)], ids=["pinhole", "lens"])
def test_what_is_remembered_or_left_out_changes_no_bit(start, lens):
    """Still and moving cameras; an arm that moves, stops and moves again; a ball that only later begins to roll."""
    scene = scenery.table(light=Light(elevation_deg=40.0, ambient=0.3))
    front = scene.cameras["front"].model_copy(update={"distortion": lens})
    simulator, _ = start(scene.model_copy(update={"cameras": scene.cameras | {"front": front}}), draws=True)
    motions = [[0.02, 0.0, -0.03, 0.0, 0.1, 0.0, 1.0]] * 4 + [[0.0] * 6 + [1.0]] * 3 + [[0.02, 0.03, -0.05, 0.0, 0.0, 0.2, 0.0]] * 8
    for motion in motions:
        for camera in ("wrist", "front"):
            assert (simulator.observe(camera).rgb == simulator.camera_image(camera)[0]).all()
        simulator.step(np.array(motion))
    simulator.reset(0)
    for camera in ("wrist", "front"):
        assert (simulator.observe(camera).rgb == simulator.camera_image(camera)[0]).all()


def calls(simulator, monkeypatch):
    """Counts the surfaces drawn by each call of getCameraImage from now on."""
    painter, counted = simulator._draw(), []
    render = painter._render
    monkeypatch.setattr(painter, "_render", lambda view, pose, shown: counted.append(int(shown.sum())) or render(view, pose, shown))
    return counted


def test_what_stands_still_is_drawn_once_until_it_moves(start, monkeypatch):
    """Poses are made by hand, so that what stands still does so to the last bit."""
    simulator, state = start(watched(FLOOR, BLOCK, BLOCK | {"name": "other", "position": (0.4, 0.5, 0.1)}), draws=True)
    painter, view, pose = simulator._draw(), simulator.view("front"), state.link_pose.copy()
    drawn = calls(simulator, monkeypatch)

    def moved(row, by):
        nonlocal pose
        pose = pose.copy()
        pose[row, 0] += by
        drawn.clear()
        picture, counts = painter.draw(view, pose), tuple(drawn)
        assert all(np.array_equal(a, b) for a, b in zip(picture, painter.whole(view, pose), strict=True))
        return counts

    assert moved(1, 0.0) == (3,), "seen for the first time"
    assert moved(1, 0.01) == (2, 1), "the still ones once, and what moves"
    assert moved(1, 0.01) == (1,)
    assert moved(2, 0.01) == (1, 2), "formerly still"
    assert moved(2, 0.01) == (2,)


@pytest.mark.parametrize("row", [1, 2])
def test_surfaces_equally_near_are_left_to_pybullet(start, monkeypatch, row):
    """Two blocks in one place: which of them is seen depends on PyBullet's order, so the layers are not merged."""
    twin = BLOCK | {"name": "twin", "colour": (0.1, 0.2, 0.9)}
    simulator, state = start(watched(FLOOR, BLOCK, twin), draws=True)
    painter, view, away = simulator._draw(), simulator.view("front"), state.link_pose.copy()
    away[row, 2] += 1.0
    for pose in (state.link_pose, away):
        painter.draw(view, pose)
    drawn = calls(simulator, monkeypatch)
    picture = painter.draw(view, state.link_pose)
    assert drawn == [1, 3], "what moves, then all in one call"
    assert all(np.array_equal(a, b) for a, b in zip(picture, painter.whole(view, state.link_pose), strict=True))


def test_what_is_behind_is_left_out_until_it_could_be_seen(start, monkeypatch):
    """A moving camera before a wall, then beside it."""
    wall = scenery.body("wall", {"box": {"size": (0.05, 0.5, 3.0)}}, (1.0, 0.0, 0.0), fixed=True)
    simulator, state = start(watched(BLOCK, wall, position=(2.5, 0.0, 0.1), look_at=(0.0, 0.0, 0.1)), draws=True)
    painter, before = simulator._draw(), simulator.view("front")
    drawn, counts = calls(simulator, monkeypatch), []
    for aside in np.linspace(0.0, 1.0, 11):
        view = replace(before, world_T_camera=Pose((0.0, aside, 0.0), Pose.identity().orientation) @ before.world_T_camera)
        drawn.clear()
        picture = painter.draw(view, state.link_pose)
        counts.append(tuple(drawn))
        assert all(np.array_equal(a, b) for a, b in zip(picture, painter.whole(view, state.link_pose), strict=True))
    assert counts[:2] == [(2,), (1,)] and counts.count((1, 1)) == 1 and counts[-1] == (2,)
    assert {2, 3} <= set(np.unique(picture[2])), "the block has come out from behind"


def test_colours_are_the_bodies_own(start):
    red, green = BLOCK, BLOCK | {"name": "other", "position": (0.4, 0.5, 0.1), "colour": "green"}
    simulator, _ = start(watched(FLOOR, red, green, light=Light(ambient=1.0)), draws=True)
    seen = simulator.observe("front")
    for body in (2, 3, 4):
        shown = seen.instance == body
        assert np.abs(seen.rgb[shown].mean(0) - seen.albedo[shown].mean(0)).max() < 12, "full ambient light shows the albedo"


def test_light_is_the_scenes_and_does_not_stick(start):
    """PyBullet remembers the light of the last call that named it."""
    high, low = Light(elevation_deg=80.0, ambient=0.2), Light(elevation_deg=10.0, azimuth_deg=200.0, ambient=0.2)
    first = start(watched(FLOOR, BLOCK, light=high), draws=True)[0].camera_image("front")[0]
    other = start(watched(FLOOR, BLOCK, light=low), draws=True)[0].camera_image("front")[0]
    again = start(watched(FLOOR, BLOCK, light=high), draws=True)[0].camera_image("front")[0]
    assert (first == again).all() and np.abs(first.astype(int) - other).mean() > 10


def test_a_texture_lies_as_the_albedo_says(start, tmp_path):
    squares = np.kron(np.indices((4, 4)).sum(0) % 2, np.ones((16, 16)))[..., None] * [200, 120, 40] + [30, 30, 90]
    Image.fromarray(squares.clip(0, 255).astype(np.uint8)).save(tmp_path / "squares.png")
    block = BLOCK | {"texture": str(tmp_path / "squares.png"), "colour": None}
    simulator, _ = start(watched(FLOOR, block, light=Light(ambient=1.0), look_at=(0.4, 0.0, 0.1), fov_y_deg=12.0), draws=True)
    seen = simulator.observe("front")
    shown = seen.instance == 3
    assert shown.sum() > 5000 and np.median(np.abs(seen.rgb[shown].astype(int) - seen.albedo[shown])) < 15


def test_what_is_seen_once_is_not_drawn_twice_and_flow_needs_no_earlier_look(start):
    simulator, _ = start(scenery.table())
    for _ in range(2):
        simulator.step(np.array([0.02, 0, 0, 0, 0, 0, 1]))
    seen = simulator.observe("wrist")
    assert simulator.observe("wrist") is seen
    watching, _ = start(scenery.table())
    for _ in range(2):
        watching.observe("wrist")
        watching.step(np.array([0.02, 0, 0, 0, 0, 0, 1]))
    assert np.isfinite(seen.flow).any() and np.array_equal(watching.observe("wrist").flow, seen.flow, equal_nan=True)


def test_flow_survives_a_snapshot(start):
    simulator, _ = start(scenery.table())
    for _ in range(2):
        simulator.step(np.array([0.02, 0, 0, 0, 0, 0, 1]))
    kept, plain = simulator.snapshot(), simulator.observe("front")
    simulator.step(np.zeros(7))
    simulator.restore(kept)
    again = simulator.observe("front")
    assert again.time_ns == plain.time_ns and np.array_equal(again.flow, plain.flow, equal_nan=True)


def test_an_unknown_camera_or_mount_is_named(start):
    simulator, _ = start(watched(FLOOR))
    with pytest.raises(UnknownName, match="front"):
        simulator.camera_image("frnt")
    with pytest.raises(UnknownName, match="panda_hand"):
        start(watched(FLOOR, robot=True, mount=Mount(body="robot", link="panda_hnd")))
