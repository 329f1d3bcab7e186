"""Normals of a depth map are those of the surface, up to its very edge."""

import numpy as np
from analytic import Solid, camera, observe

from simgen.arrays import normals
from simgen.geometry import Intrinsics, Pose


def test_normals_of_a_slanted_wall_are_its_own():
    lens = Intrinsics.from_fov_y(40, 40, 1.0)
    normal = np.array([0.6, 0.0, -0.8])
    depth = (normal[2] * 2.0) / (lens.rays() @ normal)
    assert np.allclose(normals(depth.astype(np.float32), lens), normal, atol=1e-3)


def test_normals_stay_sharp_at_outlines_and_folds():
    floor = Solid(1, 0, (4, 4, 0.1), Pose.from_wxyz((0, 0, -0.05), (1, 0, 0, 0)))
    cube = Solid(2, 0, (0.3, 0.3, 0.3), Pose.from_wxyz((0, 0, 0.15), (0.95, 0, 0, 0.3)))
    seen = observe((floor, cube), camera(96, 96, (1.0, 0.6, 0.8), (0, 0, 0.1)))
    cosine = (normals(seen.depth, seen.view.intrinsics) * seen.normal).sum(-1)[np.isfinite(seen.depth)]
    assert (cosine > 0.999).mean() > 0.97


def test_normals_of_a_ball_point_away_from_its_middle():
    seen = observe((Solid(1, 0, (0.3,), Pose.from_wxyz((1, 0, 0), (1, 0, 0, 0))),), camera(96, 96))
    cosine = (normals(seen.depth, seen.view.intrinsics) * seen.normal).sum(-1)[np.isfinite(seen.depth)]
    assert np.quantile(cosine, 0.05) > 0.98


def test_a_pixel_alone_faces_the_camera_and_emptiness_has_no_normal():
    depth = np.full((5, 5), np.inf, np.float32)
    depth[2, 2] = 1.0
    found = normals(depth, Intrinsics.from_fov_y(5, 5, 1.0))
    assert np.allclose(found[2, 2], (0, 0, -1)) and not found[0].any()


def test_depth_in_whole_millimetres_makes_no_stairs():
    floor = Solid(1, 0, (4, 4, 0.1), Pose.from_wxyz((0, 0, -0.05), (1, 0, 0, 0)))
    cube = Solid(2, 0, (0.2, 0.2, 0.2), Pose.from_wxyz((0, 0, 0.1), (0.95, 0, 0, 0.3)))
    ball = Solid(3, 0, (0.1,), Pose.from_wxyz((0.2, 0.25, 0.1), (1, 0, 0, 0)))
    seen = observe((floor, cube, ball), camera(128, 128, (0.6, 0.4, 0.6), (0, 0, 0.1)))
    stairs = np.round(1000 * seen.depth).astype(np.float32) / np.float32(1000)
    hit = np.isfinite(seen.depth)

    def off(step: float) -> np.ndarray:
        """Degrees between the normals found and the true ones."""
        cosine = (normals(stairs, seen.view.intrinsics, step) * seen.normal).sum(-1)[hit]
        return np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))

    blind, aware = (np.quantile(off(step), [0.5, 0.9, 0.95]) for step in (0.0, 0.001))
    assert (aware < blind / 2).all() and aware[2] < 2.5
