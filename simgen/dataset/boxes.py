"""Boxes around bodies: in the picture, from ids; in the world, from shapes and poses."""

from pathlib import Path

import numpy as np
from scipy.ndimage import find_objects

from simgen.geometry import CameraView, Pose
from simgen.scenario import Scene
from simgen.scenario.surface import hull


def boxes_2d(instance: np.ndarray, ids: tuple[int, ...]) -> np.ndarray:
    """Tight boxes around what is seen of each body.

    Args:
        instance: body ids, int, (H, W).
        ids: the bodies asked for, (B,).

    Returns:
        u_min, v_min, u_max, v_max in pixels, float32, (B, 4): pixel edges, so that one lone pixel is 1 wide; NaN of a
        body that is not seen.
    """
    found = find_objects(instance, max_label=max(ids, default=0))
    boxes = np.full((len(ids), 4), np.nan, np.float32)
    for row, number in enumerate(ids):
        if found[number - 1] is not None:
            v, u = found[number - 1]
            boxes[row] = u.start, v.start, u.stop, v.stop
    return boxes


def visible_pixels(instance: np.ndarray, ids: tuple[int, ...]) -> np.ndarray:
    """How many pixels of an id map, int, (H, W), show each body, int32, (B,)."""
    counts = np.bincount(instance.ravel(), minlength=max(ids, default=0) + 1)
    return counts[list(ids)].astype(np.int32)


def image_positions(view: CameraView, positions: np.ndarray) -> np.ndarray:
    """Where points of the world, (B, 3), appear, pixels, float64, (B, 2), inside the image or not; NaN behind the camera."""
    return view.intrinsics.project(view.world_T_camera.inverse().apply(positions))


def extents(scene: Scene) -> np.ndarray:
    """Lowest and highest corner of every body in its own frame, its joints where they start, metres, float64, (B, 2, 3)."""
    folder = None if scene.folder is None else Path(scene.folder)
    return np.array([hull(body, folder).bounds for body in scene.bodies]).reshape(-1, 2, 3)


def boxes_3d(extent: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """Oriented boxes in the world.

    Args:
        extent: lowest and highest corner of a body in its own frame, (2, 3).
        poses: world_T_body as rows, (T, 7).

    Returns:
        Corners, metres, float64, (T, 8, 3); corner i is high in x where i & 4, in y where i & 2, in z where i & 1.
    """
    high = (np.arange(8)[:, None] >> np.array([2, 1, 0])) & 1
    corners = np.where(high, extent[1], extent[0])
    return np.array([Pose.from_row(row).apply(corners) for row in poses]).reshape(-1, 8, 3)
