"""Control maps say what the geometry says, and nothing else."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from analytic import Solid, camera, episode, observe
from pyquaternion import Quaternion
from scipy.ndimage import binary_dilation, binary_erosion, label

from simgen.controls import (
    clip_controls,
    depth_map,
    depth_range,
    edge_map,
    flow_map,
    image_edges,
    normal_map,
    segmentation_colours,
    shaded_segmentation,
)
from simgen.controls.canny import hysteresis
from simgen.errors import InvalidValue
from simgen.geometry import Pose

WALL = Solid(2, 0, (1.0, 20.0, 20.0), Pose((2.5, 0, 0), Quaternion()))
FLAT = camera()


def turned(axis, degrees):
    return Quaternion(axis=axis, degrees=degrees)


def near(mask, pixels=1):
    return binary_dilation(mask, np.ones((3, 3)), iterations=pixels)


# Depth


def test_near_is_bright_far_is_dark_and_nothing_is_black():
    for mode in ("linear", "inverse"):
        np.testing.assert_allclose(depth_map(np.array([[0.5, 4.0, np.inf, 0.1, 9.0]]), 0.5, 4.0, mode), [[1, 0, 0, 1, 0]], atol=1e-6)


def test_depth_falls_monotonically_in_both_modes():
    depth = np.linspace(0.5, 4.0, 500, dtype=np.float32)[None]
    for mode in ("linear", "inverse"):
        assert np.all(np.diff(depth_map(depth, 0.5, 4.0, mode)) < 0)


def test_linear_is_even_in_depth_and_inverse_in_disparity():
    assert depth_map(np.array([[1.5]]), 1.0, 2.0, "linear")[0, 0] == pytest.approx(0.5)
    assert depth_map(np.array([[2 / 1.5]]), 1.0, 2.0, "inverse")[0, 0] == pytest.approx(0.5)  # half way between 1/1 and 1/2


def test_a_clips_scale_is_its_nearest_and_farthest_hit():
    depths = [np.array([[1.0, np.inf]]), np.array([[0.4, 3.0]])]
    assert depth_range(depths) == (0.4, 3.0)


def test_a_clip_of_one_depth_and_an_empty_clip_still_have_a_scale():
    wall, nothing = np.full((2, 2), 2.0), np.full((2, 2), np.inf)
    assert np.allclose(depth_map(wall, *depth_range([wall])), 1)
    assert np.all(depth_map(nothing, *depth_range([nothing])) == 0)


@pytest.mark.parametrize("near, far", [(0, 1), (2, 1), (1, 1), (-1, 1), (1, np.inf), (np.nan, 1)])
def test_an_impossible_depth_scale_is_refused(near, far):
    with pytest.raises(InvalidValue, match="0 < near < far"):
        depth_map(np.ones((2, 2)), near, far)


def test_an_unknown_mode_and_a_depth_that_is_no_number_are_refused():
    with pytest.raises(InvalidValue, match="linear, inverse"):
        depth_map(np.ones((2, 2)), 1, 2, "logarithmic")
    with pytest.raises(InvalidValue, match="NaN|nan"):
        depth_map(np.array([[np.nan]]), 1, 2)


# Segmentation


def test_an_id_has_the_same_colour_in_every_process():
    code = "from simgen.controls import segmentation_colours as c; print(c(list(range(200))).tolist())"
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert elsewhere.strip() == str(segmentation_colours(np.arange(200)).tolist())


def test_the_colours_of_datasets_already_written_never_change():
    assert segmentation_colours(np.array([0, 1, 2, 64, 65])).tolist() == [
        [0, 0, 0],
        [240, 120, 45],
        [105, 120, 135],
        [150, 210, 195],
        [(65 * 0x9E3779 & 0xFFFFFF) >> 16, (65 * 0x9E3779 & 0xFFFF) >> 8, 65 * 0x9E3779 & 0xFF],
    ]


def test_background_is_black_and_no_two_ids_share_a_colour():
    colours = segmentation_colours(np.arange(5000))
    assert not colours[0].any()
    assert len(np.unique(colours, axis=0)) == 5000


def test_the_first_colours_are_well_apart():
    colours = segmentation_colours(np.arange(65)).astype(float)
    distance = np.linalg.norm(colours[:, None] - colours, axis=-1) + 1e3 * np.eye(65)
    assert distance.min() > 40
    assert distance[:17, :17].min() > 65


def test_a_negative_id_is_refused():
    with pytest.raises(InvalidValue, match="-1"):
        segmentation_colours(np.array([[0, -1]]))


def test_shading_darkens_what_turns_away_and_leaves_what_faces_the_camera():
    facing, aside = np.array([[[0, 0, -1.0]]]), np.array([[[1.0, 0, 0]]])
    colour = segmentation_colours(np.array([[3]]))
    np.testing.assert_array_equal(shaded_segmentation(np.array([[3]]), facing), colour)
    np.testing.assert_array_equal(shaded_segmentation(np.array([[3]]), aside), np.rint(colour / 2))


# Edges


def test_a_flat_wall_has_no_edges():
    assert not edge_map(observe([WALL], FLAT)).any()


@pytest.mark.parametrize("degrees", [10, 45, 75, 85])
def test_a_slanted_plane_has_no_edges(degrees):
    slanted = Solid(2, 0, (1.0, 80.0, 80.0), Pose((6.0, 0, 0), turned((0, 1, 0), degrees)))
    seen = observe([slanted], FLAT)
    assert np.isfinite(seen.depth).mean() > 0.5
    inside = binary_erosion(np.isfinite(seen.depth), np.ones((5, 5)), border_value=1)
    assert not (edge_map(seen) & inside).any()


def test_a_box_before_a_wall_is_drawn_by_its_silhouette():
    box = Solid(3, 0, (0.3, 0.3, 0.3), Pose((1.5, 0.1, 0.05), Quaternion()))
    seen = observe([WALL, box], FLAT)
    mask = seen.instance == 3
    silhouette = mask & ~binary_erosion(mask)
    edges = edge_map(seen) > 0
    assert np.all(near(edges)[silhouette])
    assert np.all(near(mask)[edges])
    faces = binary_erosion(mask, iterations=3) & ~near(edges, 1)
    assert faces.any()


def test_a_step_within_one_body_is_an_edge():
    ledge = Solid(2, 0, (0.2, 4.0, 4.0), Pose((1.8, 2.0, 0), Quaternion()))  # the left half stands 0.3 m before the wall
    seen = observe([WALL, ledge], FLAT)
    edges = edge_map(seen) > 0
    boundary = np.abs(np.diff(seen.depth, axis=1)) > 0.1
    assert np.all(edges.sum(axis=1) >= 1)
    assert np.all(near(np.pad(boundary, ((0, 0), (0, 1))))[edges])


def test_a_step_smaller_than_the_threshold_is_none():
    def ledge(step):
        return Solid(2, 0, (0.2, 4.0, 4.0), Pose((2.1 - step, 2.0, 0), Quaternion()))

    assert not edge_map(observe([WALL, ledge(0.008)], FLAT)).any()
    assert edge_map(observe([WALL, ledge(0.08)], FLAT)).any()


def test_the_edges_of_a_box_are_creases_and_a_ball_has_none_but_its_outline():
    box = Solid(3, 0, (0.4, 0.4, 0.4), Pose((1.5, 0, 0), turned((0, 0, 1), 45)))
    seen = observe([box], FLAT)
    inside = binary_erosion(seen.instance == 3, iterations=4)
    assert 1 <= (edge_map(seen) > 0)[inside].sum() <= 2 * seen.depth.shape[0]
    ball = observe([Solid(3, 0, (0.3,), Pose((1.5, 0, 0), Quaternion()))], FLAT)
    assert not (edge_map(ball) > 0)[binary_erosion(ball.instance == 3, iterations=3)].any()


def test_two_links_of_one_body_are_parted_by_an_edge():
    left, right = Pose((2.5, 5.0, 0), Quaternion()), Pose((2.5, -5.0, 0), Quaternion())
    halves = [Solid(1, number, (1.0, 10.0, 20.0), pose) for number, pose in enumerate((left, right))]
    edges = edge_map(observe(halves, FLAT)) > 0
    assert np.all(edges.sum(axis=1) == 1)


def test_lines_are_thin():
    edges = edge_map(episode(2, (128, 96)).trajectory.observations["front"][1]) > 0
    assert edges.any()
    assert not binary_erosion(edges, np.ones((3, 3))).any()
    blocks = edges[:-1, :-1] & edges[1:, :-1] & edges[:-1, 1:] & edges[1:, 1:]
    assert blocks.sum() < 0.03 * edges.sum()  # full 2x2 blocks stand only where lines meet


def test_texture_leaves_the_edges_unchanged():
    seen = observe([WALL, Solid(3, 0, (0.2,), Pose((1.5, 0, 0), Quaternion()))], FLAT)
    noise = np.random.default_rng(0).integers(0, 256, seen.albedo.shape, dtype=np.uint8)
    np.testing.assert_array_equal(edge_map(replace(seen, albedo=noise, rgb=noise)), edge_map(seen))
    assert image_edges(noise).any()


def test_hysteresis_keeps_weak_edges_only_where_they_touch_strong_ones():
    strength = np.zeros((7, 9))
    strength[1, 1:8], strength[1, 4] = 0.15, 0.5  # weak, with one strong pixel
    strength[5, 1:8] = 0.15  # weak alone
    strength[2, 8] = 0.15  # touches by a corner
    kept = hysteresis(strength, 0.1, 0.2)
    assert kept[1, 1:8].all() and kept[2, 8] and not kept[5].any() and kept.sum() == 8


def test_raising_the_thresholds_only_removes_edges():
    seen = episode(2, (128, 96)).trajectory.observations["front"][1]
    fewer, more = edge_map(seen, 0.4, 0.8) > 0, edge_map(seen, 0.05, 0.1) > 0
    assert not (fewer & ~more).any()


@pytest.mark.parametrize("low, high", [(0, 0.2), (0.3, 0.2), (0.1, 1.0), (np.nan, 0.2)])
def test_edge_thresholds_out_of_order_are_refused(low, high):
    with pytest.raises(InvalidValue, match="low"):
        edge_map(observe([WALL], FLAT), low, high)


def test_image_edges_find_a_painted_square_and_nothing_in_a_plain_picture():
    picture = np.zeros((40, 50, 3), dtype=np.uint8)
    assert not image_edges(picture).any()
    picture[10:30, 15:35, 1] = 200
    edges = image_edges(picture) > 0
    square = np.zeros((40, 50), dtype=bool)
    square[10:30, 15:35] = True
    outline = near(square) & ~binary_erosion(square)
    assert np.all(outline[edges]) and np.all(near(edges)[square & ~binary_erosion(square)])
    assert label(edges, np.ones((3, 3)))[1] == 1
    with pytest.raises(InvalidValue, match="low <= high"):
        image_edges(picture, 200, 100)


# Normals and flow


def test_a_wall_that_faces_the_camera_is_blue_and_a_floor_is_green():
    wall = normal_map(np.array([[[0, 0, -1]]], dtype=np.float32))
    floor = normal_map(np.array([[[0, -1, 0]]], dtype=np.float32))
    right = normal_map(np.array([[[1, 0, 0]]], dtype=np.float32))
    assert wall.tolist() == [[[128, 128, 255]]] and floor.tolist() == [[[128, 255, 128]]] and right.tolist() == [[[255, 128, 128]]]
    assert not normal_map(np.zeros((1, 1, 3), dtype=np.float32)).any()


def test_rest_is_white_the_unknown_black_and_each_direction_has_its_hue():
    flow = np.array([[[0, 0], [np.nan, 0], [2, 0], [-2, 0], [0, 2]]], dtype=np.float32)
    rest, unknown, right, left, down = flow_map(flow, 2.0)[0]
    assert rest.tolist() == [255] * 3 and unknown.tolist() == [0] * 3
    assert right.tolist() == [255, 0, 0]
    assert left[0] < 5 and left[2] == 255
    assert down[0] == 255 and down[1] > 200 and down[2] == 0


def test_faster_is_more_saturated():
    flow = np.stack([np.linspace(0, 3, 20), np.zeros(20)], axis=-1)[None].astype(np.float32)
    assert np.all(np.diff(flow_map(flow, 3.0)[0, :, 1].astype(int)) < 0)


def test_a_frame_without_any_flow_is_black():
    assert not flow_map(np.full((3, 4, 2), np.nan, dtype=np.float32)).any()


# All together


def test_a_clip_has_one_depth_scale_and_every_map_one_size():
    seen = episode(4).trajectory.observations["wrist"]
    maps = clip_controls(seen)
    assert max(one.depth.max() for one in maps) == pytest.approx(1) and min(one.depth.min() for one in maps) == 0
    for one in maps:
        assert one.depth.dtype == np.float32 and one.segmentation.dtype == one.edge.dtype == one.normal.dtype == np.uint8
        assert one.depth.shape == one.edge.shape == one.segmentation.shape[:2] == one.normal.shape[:2] == one.flow.shape[:2]


def test_the_same_body_has_the_same_colour_in_every_camera_and_frame():
    run = episode(3).trajectory.observations
    for seen in run.values():
        for observation, maps in zip(seen, clip_controls(seen), strict=True):
            cube = observation.instance == 3
            assert cube.any() and np.all(maps.segmentation[cube] == segmentation_colours(np.array(3)))
