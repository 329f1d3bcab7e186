"""Exact geometry buffers: depth, ids, normals and albedo against geometry and against another ray caster."""

import numpy as np
import pytest
from PIL import Image
from pyquaternion import Quaternion
from scipy.spatial import ConvexHull
from staging import Reference, ball, body, box, camera, hand_camera, kitchen, poses, scene
from trimesh.ray.ray_triangle import RayMeshIntersector as PythonRays

from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation
from simgen.scenario.classes import CLASSES
from simgen.scenario.surface import links
from simgen.simulator.raycast import RayCaster
from simgen.simulator.window import Casing, aim

FISHEYE = (-0.25, 0.08, 0.002, -0.003, -0.01)


def look(stage, view, link_pose=None) -> Observation:
    return RayCaster.of(stage).observe(view, poses(stage) if link_pose is None else link_pose, 0)


@pytest.fixture(scope="module")
def cook():
    """A kitchen, its ray caster and the poses of its links."""
    stage = kitchen()
    return stage, RayCaster.of(stage), poses(stage)


# -- depth


def test_depth_of_a_flat_wall_is_its_distance_everywhere():
    seen = look(scene(box(2, [0.1, 9, 9], (2.05, 0, 0))), camera((0, 0, 0), (1, 0, 0)))
    assert np.abs(seen.depth - 2).max() < 1e-6 and seen.depth.dtype == np.float32


def test_depth_of_a_sphere_is_the_quadratic_formulas():
    view = camera((1, 0.2, 0.3), (0, 0, 0), (128, 128), 20)
    seen = look(scene(ball(2, 0.1)), view)
    ray = view.intrinsics.rays()
    centre = view.world_T_camera.inverse().position
    a, b, c = (ray * ray).sum(-1), ray @ centre, centre @ centre - 0.01
    discriminant = b * b - a * c
    exact = np.where(discriminant > 0, (b - np.sqrt(np.maximum(discriminant, 0))) / a, np.inf)
    both = np.isfinite(exact) & np.isfinite(seen.depth)
    error = np.abs(seen.depth[both] - exact[both])
    incidence = np.sqrt(discriminant[both] / (a[both] * 0.01))  # facets lie within a thousandth of the radius, measured along the ray
    assert (error * incidence)[incidence > 0.3].max() < 1.2e-4 and np.median(error) < 1e-4
    assert (np.isfinite(exact) != np.isfinite(seen.depth)).mean() < 2e-3


def test_a_sphere_covers_its_pixels_symmetrically_about_the_optical_axis():
    seen = look(scene(ball(2, 0.1)), camera((0, 0, 1), (0, 0, 0), (65, 65), 15))
    covered = seen.instance == 2
    assert covered.any() and np.array_equal(covered, covered[:, ::-1]) and np.array_equal(covered, covered[::-1])


def test_nothing_nearer_than_near_or_farther_than_far_is_drawn():
    stage = scene(box(2, [0.1, 9, 9], (1, 0, 0)), box(3, [0.1, 9, 9], (3, 0, 0)))
    ids = {
        (near, far): np.unique(look(stage, camera((0, 0, 0), (1, 0, 0), near=near, far=far)).instance).tolist()
        for near, far in [(0.1, 20), (1.2, 20), (0.1, 0.5), (1.2, 2), (1.0, 20)]
    }
    assert ids == {(0.1, 20): [2], (1.2, 20): [3], (0.1, 0.5): [0], (1.2, 2): [0], (1.0, 20): [2]}


def test_a_camera_inside_a_body_sees_its_inside():
    seen = look(scene(box(2, [2, 2, 2])), camera((0, 0, 0), (1, 0, 0), near=0.01))
    assert np.abs(seen.depth - 1).max() < 1e-6 and (seen.normal[..., 2] < 0).all()


def test_a_camera_looking_at_the_sky_sees_only_background():
    seen = look(kitchen(), camera((0, 0, 3), (0, 0.1, 9)))
    assert np.isinf(seen.depth).all() and not seen.instance.any() and (seen.link == -1).all() and not seen.semantic.any()
    assert not seen.normal.any() and not seen.albedo.any() and np.isnan(seen.flow).all()


def test_a_scene_without_triangles_is_all_background():
    seen = RayCaster((), ()).observe(camera((0, 0, 0), (1, 0, 0)), np.zeros((0, 7)), 0)
    assert np.isinf(seen.depth).all() and seen.flow.shape == (64, 64, 2)


# -- ids


def test_ids_say_which_body_which_link_and_which_class(cook):
    stage, caster, link_pose = cook
    seen = caster.observe(camera((1.3, 0.6, 0.8), (0.35, 0, 0.2), (128, 128)), link_pose, 7)
    table = {(link.body, link.index): link.semantic for link in links(stage)} | {(0, -1): 0}
    pixels = np.unique(np.stack([seen.instance, seen.link, seen.semantic], -1).reshape(-1, 3), axis=0)
    assert all(table[body, link] == semantic for body, link, semantic in pixels.tolist())
    assert {0, 1, 2} <= set(pixels[:, 0].tolist()) and CLASSES["gripper"] in pixels[:, 2] and seen.time_ns == 7


def test_of_two_links_equally_near_the_lower_row_is_seen():
    stage = scene(box(2, [0.2, 0.2, 0.2]), box(3, [0.2, 0.2, 0.2]))
    assert set(np.unique(look(stage, camera((1, 0, 0), (0, 0, 0))).instance)) == {0, 2}


def test_instance_ids_and_depth_agree_with_pure_python_rays():
    stage = scene(box(2, [1, 1, 0.02], fixed=True), box(3, [0.1, 0.2, 0.1], (0, 0.1, 0.1)), box(4, [0.3, 0.05, 0.2], (0.1, -0.2, 0.2)))
    view = camera((1, 0.7, 0.8), (0, 0, 0.1), (48, 40))
    seen = look(stage, view)
    depth, instance = Reference(stage, poses(stage), PythonRays).look(view)
    hit = np.isfinite(depth) & np.isfinite(seen.depth)
    assert np.array_equal(seen.instance, instance) and np.abs(seen.depth[hit] - depth[hit]).max() < 1e-5


@pytest.mark.parametrize("where", ["front", "wrist", "fisheye"])
def test_instance_ids_and_depth_agree_with_another_ray_caster(cook, where):
    stage, caster, link_pose = cook
    views = {
        "front": camera((1.3, 0.6, 0.8), (0.35, 0, 0.2), (192, 144)),
        "wrist": hand_camera(stage, link_pose),
        "fisheye": camera((0.9, 0.3, 0.5), (0.4, 0, 0.1), (160, 120), 70, FISHEYE),
    }
    seen = caster.observe(views[where], link_pose, 0)
    depth, instance = Reference(stage, link_pose).look(views[where])
    both = np.isfinite(depth) & np.isfinite(seen.depth)
    assert (seen.instance == instance).mean() >= 0.9999
    assert np.median(np.abs(seen.depth[both] - depth[both])) < 1e-5 and both.mean() > 0.3


@pytest.mark.slow
def test_instance_ids_and_depth_agree_with_another_ray_caster_from_everywhere(cook):
    stage, caster, _ = cook
    rng = np.random.default_rng(0)
    wrong = pixels = 0
    errors = []
    for _ in range(20):
        link_pose = poses(stage, rng.uniform([-1, -1, -1, -2.6, -1, 1, -1], [1, 0.5, 1, -1.5, 1, 2.5, 1]))
        eye = rng.uniform([0.6, -1, 0.2], [1.6, 1, 1.4])
        view = camera(eye, rng.uniform([0.2, -0.3, 0], [0.6, 0.3, 0.4]), (256, 256), rng.uniform(30, 90))
        seen = caster.observe(view, link_pose, 0)
        depth, instance = Reference(stage, link_pose).look(view)
        both = np.isfinite(depth) & np.isfinite(seen.depth)
        wrong, pixels = wrong + (seen.instance != instance).sum(), pixels + instance.size
        errors.append(np.abs(seen.depth[both] - depth[both]))
    assert wrong / pixels <= 1e-4 and np.median(np.concatenate(errors)) < 1e-5


# -- normals


def test_normals_are_unit_and_face_the_camera(cook):
    stage, caster, link_pose = cook
    view = camera((1.3, 0.6, 0.8), (0.35, 0, 0.2), (128, 128))
    seen = caster.observe(view, link_pose, 0)
    hit = seen.instance > 0
    assert np.abs(np.linalg.norm(seen.normal[hit], axis=1) - 1).max() < 1e-5
    assert ((seen.normal * view.intrinsics.rays()).sum(-1)[hit] <= 1e-6).all() and not seen.normal[~hit].any()


def test_the_normal_of_a_floor_points_up_in_the_world():
    view = camera((1, 0.5, 1), (0, 0, 0))
    seen = look(scene(box(2, [9, 9, 0.1], wxyz=(0, 1, 0, 0))), view)
    hit = seen.instance == 2
    assert np.allclose(seen.normal[hit] @ view.world_T_camera.rotation.T, [0, 0, 1], atol=1e-6)


def test_the_normal_of_a_turned_body_turns_with_it():
    turned = Quaternion(axis=[0, 0, 1], degrees=30)
    view = camera((2, 0, 0), (0, 0, 0))
    seen = look(scene(box(2, [1, 1, 1], wxyz=tuple(turned))), view)
    world = seen.normal[seen.instance == 2] @ view.world_T_camera.rotation.T
    sides = np.stack([turned.rotate([1, 0, 0]), turned.rotate([0, -1, 0])])
    straight = np.abs(world @ sides.T).max(1) > 1 - 1e-6
    assert straight.mean() > 0.95  # but for the cut edges


# -- albedo


def checker(folder):
    Image.fromarray(np.uint8([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 0]]]), "RGB").save(folder / "checker.png")
    return str(folder / "checker.png")


def test_a_texture_lies_the_right_way_up_on_a_wall(tmp_path):
    seen = look(scene(box(2, [1, 1, 1], texture=checker(tmp_path))), camera((2, 0, 0), (0, 0, 0), (256, 256), 60))
    height, width = np.where(seen.instance == 2)
    rows, columns = np.linspace(height.min(), height.max(), 5).astype(int), np.linspace(width.min(), width.max(), 5).astype(int)
    corners = seen.albedo[np.ix_(rows[[1, 3]], columns[[1, 3]])]  # a quarter in from each side: the middle of a texel
    assert np.abs(corners.astype(int) - [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 0]]]).max() <= 6
    assert np.abs(seen.albedo[rows[2], columns[2]].astype(int) - [128, 128, 64]).max() <= 6


def test_a_colour_multiplies_a_texture_and_stands_alone_without_one(tmp_path):
    tint = (0.5, 1.0, 0.2)
    view, texture = camera((2, 0, 0), (0, 0, 0)), checker(tmp_path)
    plain, tinted = (look(scene(box(2, [1, 1, 1], texture=texture, colour=colour)), view) for colour in (None, tint))
    assert np.abs(tinted.albedo - plain.albedo * np.array(tint)).max() <= 1
    flat = look(scene(box(2, [1, 1, 1], colour=tint)), view)
    assert (flat.albedo[flat.instance == 2] == [128, 255, 51]).all()


def test_a_texture_repeats_beyond_its_edges(tmp_path):
    checker(tmp_path)
    (tmp_path / "wall.mtl").write_text("newmtl a\nmap_Kd checker.png\n")
    corners = "v 0 -1 -1\nv 0 1 -1\nv 0 1 1\nv 0 -1 1\nvt -1 0\nvt 2 0\nvt 2 3\nvt -1 3\n"
    (tmp_path / "wall.obj").write_text(f"mtllib wall.mtl\n{corners}usemtl a\nf 1/1 2/2 3/3\nf 1/1 3/3 4/4\n")
    wall = body(2, {"mesh": {"file": str(tmp_path / "wall.obj")}})
    seen = look(scene(wall), CameraView("c", Intrinsics(192, 192, 192, 192, 96, 96), Pose.looking((2, 0, 0), (0, 0, 0))))
    tile = seen.albedo[:64, :64]
    assert (seen.instance == 2).all() and len(np.unique(tile.reshape(-1, 3), axis=0)) > 4
    for row, column in np.ndindex(3, 3):
        again = seen.albedo[64 * row : 64 * row + 64, 64 * column : 64 * column + 64]
        assert np.abs(again.astype(int) - tile).max() <= 2


# -- roughness and metal


def test_roughness_and_metal_are_those_of_the_finish_and_background_is_matt_and_none():
    steel, plain = box(2, [0.3, 0.3, 0.3], (0, -0.4, 0), material="metal"), box(3, [0.3, 0.3, 0.3], (0, 0.4, 0))
    seen = look(scene(steel, plain), camera((2, 0, 0), (0, 0, 0), (128, 128), 60))
    assert seen.roughness.dtype == seen.metallic.dtype == np.uint8
    assert (seen.metallic == np.where(seen.instance == 2, 255, 0)).all()
    assert (seen.roughness[seen.instance == 3] == 128).all() and (seen.roughness[seen.instance == 0] == 255).all()
    brushed = seen.roughness[seen.instance == 2]
    assert 30 < brushed.mean() < 140 and brushed.std() > 1


def test_roughness_is_looked_up_where_the_colour_is():
    seen = look(scene(box(2, [1, 1, 1], material={"kind": "tiles", "seed": 3})), camera((2, 0, 0), (0, 0, 0), (256, 256), 30))
    grout = np.abs(seen.albedo.astype(int) - np.median(seen.albedo, axis=(0, 1))).sum(-1) > 60
    assert 0.001 < grout.mean() < 0.2 and seen.roughness[grout].mean() > seen.roughness[~grout].mean() + 40


# -- cameras


def test_the_corners_of_a_box_land_where_the_lens_projects_them():
    for distortion in ((0.0,) * 5, FISHEYE):
        view = camera((0, 0, 2), (0, 0, 0), (301, 301), 60, distortion)
        covered = look(scene(box(2, [1.4, 1.0, 1e-4])), view).instance == 2
        corner = view.intrinsics.project(view.world_T_camera.inverse().apply([[0.7, 0.5, 0], [0.7, -0.5, 0], [-0.7, 0.5, 0]]))
        for inward in (0.97, 1.03):
            u, v = (150.5 + (corner - 150.5) * inward).T.astype(int)
            assert covered[v, u].all() == (inward < 1) == covered[v, u].any()


def test_two_cameras_see_the_same_point_of_the_world(cook):
    stage, caster, link_pose = cook
    first, second = camera((1.2, -0.7, 0.7), (0.4, 0, 0.1), (96, 96)), camera((1.2, 0.7, 0.7), (0.4, 0, 0.1), (96, 96), 45, FISHEYE)
    one, two = (caster.observe(view, link_pose, 0) for view in (first, second))
    points = second.world_T_camera.inverse().apply(
        first.world_T_camera.apply(first.intrinsics.rays() * np.where(np.isfinite(one.depth), one.depth, 0)[..., None])
    )
    u, v = np.moveaxis(second.intrinsics.project(points), -1, 0)
    inside = (one.instance > 0) & (u >= 0) & (u < 96) & (v >= 0) & (v < 96)
    row, column = v[inside].astype(int), u[inside].astype(int)
    gap = points[inside][:, 2] - two.depth[row, column]
    seen = np.abs(gap) < 0.02
    assert seen.mean() > 0.5 and (one.instance[inside] == two.instance[row, column])[seen].mean() > 0.97
    assert (gap < -0.05).mean() < 0.03  # a point in front of what the second camera sees there would be a contradiction


def test_two_casts_are_equal_bit_for_bit(cook):
    stage, caster, link_pose = cook
    view = hand_camera(stage, link_pose)
    moved = poses(stage, np.array([0.1, -0.5, 0.0, -2.3, 0.0, 1.8, 0.7]))
    first = caster.observe(view, link_pose, 0)
    twice = [caster.observe(view, moved, 1, first, link_pose), RayCaster.of(stage).observe(view, moved, 1, first, link_pose)]
    for name in ("depth", "instance", "link", "semantic", "normal", "flow", "albedo", "roughness", "metallic"):
        assert getattr(twice[0], name).tobytes() == getattr(twice[1], name).tobytes(), name


def test_what_is_remembered_of_a_camera_that_stands_still_changes_no_bit(cook):
    stage, _, link_pose = cook
    caster, view = RayCaster.of(stage), camera((1.3, 0.6, 0.8), (0.35, 0, 0.2), (128, 128))
    moved = poses(stage, np.array([0.1, -0.5, 0.0, -2.3, 0.0, 1.8, 0.7]))
    elsewhere = camera((1.2, 0.6, 0.8), (0.35, 0, 0.2), (128, 128))
    caster.observe(view, link_pose, 0), caster.observe(view, link_pose, 0)
    for now, link_now in [(view, moved), (elsewhere, link_pose), (view, link_pose), (view, moved), (view, moved)]:
        remembering, fresh = caster.observe(now, link_now, 1), RayCaster.of(stage).observe(now, link_now, 1)
        for name in ("depth", "instance", "link", "semantic", "normal", "albedo", "roughness", "metallic"):
            assert getattr(remembering, name).tobytes() == getattr(fresh, name).tobytes(), name


# -- where rays are cast


@pytest.mark.parametrize("where", ["front", "wrist", "among them", "fisheye"])
def test_casting_rays_only_where_a_link_can_be_changes_no_bit(cook, where, monkeypatch):
    stage, caster, link_pose = cook
    view = {
        "front": camera((1.3, 0.6, 0.8), (0.35, 0, 0.2), (192, 144)),
        "wrist": hand_camera(stage, link_pose),
        "among them": camera((0.3, 0.05, 0.3), (0.5, 0, 0.1), (128, 96), 100, near=0.15),
        "fisheye": camera((0.9, 0.3, 0.5), (0.4, 0, 0.1), (160, 120), 70, FISHEYE),
    }[where]
    everywhere = Casing.around(np.array([[x, y, z] for x in (-9, 9) for y in (-9, 9) for z in (-9, 9)], dtype=float))
    monkeypatch.setattr(Casing, "around", lambda points: everywhere)
    thorough = RayCaster.of(stage)
    assert len(aim(view.intrinsics, view.near, everywhere, np.eye(4))[0]) == view.intrinsics.width * view.intrinsics.height
    sparing, full = caster.observe(view, link_pose, 0), thorough.observe(view, link_pose, 0)
    for name in ("depth", "instance", "link", "semantic", "normal", "albedo", "roughness", "metallic"):
        assert getattr(sparing, name).tobytes() == getattr(full, name).tobytes(), name
    assert caster.visible_fraction(sparing, link_pose) == thorough.visible_fraction(full, link_pose)


@pytest.mark.parametrize("distortion", [(0.0,) * 5, FISHEYE])
def test_no_ray_that_would_hit_a_convex_body_is_left_out(distortion):
    rng, lens = np.random.default_rng(0), camera((0, 0, 0), (1, 0, 0), (80, 60), 60, distortion).intrinsics
    shares = []
    for _ in range(60):
        points = rng.normal(size=(12, 3)) * rng.uniform(0.001, 0.6, 3)
        pose = Pose(rng.normal(size=3) * [0.5, 0.5, 1.0], Quaternion(rng.normal(size=4)).normalised)  # often across the near plane
        pixel, _ = aim(lens, 0.1, Casing.around(points), pose.matrix)
        planes = ConvexHull(pose.apply(points)).equations
        ray = lens.rays().reshape(-1, 3)
        falling, height = ray @ planes[:, :3].T, planes[:, 3]
        depth = -height / falling
        enter = np.where(falling < 0, depth, -np.inf).max(1)
        leave = np.where(falling > 0, depth, np.inf).min(1)
        hit = np.flatnonzero(np.maximum(enter, 0.1) < leave)
        assert np.isin(hit, pixel).all()
        shares += [len(hit) / len(pixel)] if len(pixel) else []
    assert len(shares) > 20 and np.mean(shares) > 0.5


def test_hardly_more_rays_are_cast_than_hit():
    view, stage = camera((1, 0.2, 0.3), (0, 0, 0), (128, 128), 20), scene(ball(2, 0.1))
    hit = int((look(stage, view).instance == 2).sum())
    surface = np.random.default_rng(0).normal(size=(5000, 3))
    surface *= 0.1 / np.linalg.norm(surface, axis=1, keepdims=True)
    pixel, _ = aim(view.intrinsics, view.near, Casing.around(surface), view.world_T_camera.inverse().matrix)
    assert hit < len(pixel) < 1.2 * hit  # a bounding rectangle takes 1.27


@pytest.mark.parametrize("flat", [[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]])
def test_a_casing_holds_what_it_is_put_around_even_if_that_is_flat(flat):
    points = np.random.default_rng(0).normal(size=(60, 3)) * flat + [0.3, -2, 5]
    along = np.random.default_rng(1).normal(size=(3, 100))
    assert ((Casing.around(points).corners @ along).max(0) > (points @ along).max(0)).all()


# -- bodies that move


def test_a_moved_body_is_seen_where_it_went_and_a_fixed_one_too_if_it_is_moved_after_all():
    stage = scene(box(2, [0.2, 0.2, 0.2], fixed=True), box(3, [0.1, 0.1, 0.1], (0, 0.5, 0)))
    caster, view = RayCaster.of(stage), camera((2, 0, 0), (0, 0, 0))
    caster.observe(view, poses(stage), 0)
    for name in ("body2", "body3"):
        moved = poses(stage, **{name: Pose((0, -0.4, 0.1), Quaternion(axis=[1, 0, 0], degrees=45))})
        depth, instance = Reference(stage, moved).look(view)
        assert np.array_equal(caster.observe(view, moved, 0).instance, instance)


def test_links_behind_the_camera_cost_nothing_and_show_nothing():
    stage = scene(box(2, [0.2, 0.2, 0.2], (-1, 0, 0)), box(3, [3, 0.2, 0.2], (0, 0, -0.5)))
    view = camera((0, 0, 0), (1, 0, 0))
    depth, instance = Reference(stage, poses(stage)).look(view)
    assert np.array_equal(look(stage, view).instance, instance) and set(np.unique(instance)) == {0, 3}


def test_a_body_half_covered_is_half_visible():
    stage = scene(box(2, [0.1, 0.4, 0.4], fixed=True), box(3, [0.1, 0.4, 0.4], (0.2, 0.2, 0)), box(4, [0.05] * 3, (0, -0.3, 0)))
    caster, view = RayCaster.of(stage), camera((20, 0, 0), (0, 0, 0), (256, 256), 2)
    share = caster.visible_fraction(caster.observe(view, poses(stage), 0), poses(stage))
    assert share[2] == pytest.approx(0.5, abs=0.02) and share[3] == 1 and share[4] == 1
    behind = camera((20, 0, 0), (40, 0, 0))
    assert set(caster.visible_fraction(caster.observe(behind, poses(stage), 0), poses(stage)).values()) == {0.0}
