"""What a MuJoCo renderer drew, as a Frame: its camera, its depth buffer, and whose every pixel is. MuJoCo is the caller's, never ours."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pyquaternion import Quaternion

from simgen.arrays import Frame
from simgen.geometry import CameraView, Intrinsics, Pose

GEOM, SITE = 5, 6
"""`mjtObj.mjOBJ_GEOM` and `mjtObj.mjOBJ_SITE`."""
PLANE = 0
"""`mjtGeom.mjGEOM_PLANE`."""


def view_of(name: str, cameras: Sequence[Any], size: tuple[int, int]) -> CameraView:
    """The camera with which a `mjvScene` was drawn last.

    Args:
        name: what it is called.
        cameras: the scene's two `mjvGLCamera`, left and right eye, whose middle it is.
        size: height and width in pixels.
    """
    left, right = cameras
    height, width = size
    forward, up = (np.array(getattr(left, axis), np.float64) for axis in ("forward", "up"))
    place = (np.array(left.pos, np.float64) + np.array(right.pos, np.float64)) / 2
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = np.stack([np.cross(forward, up), -up, forward], 1), place
    low, high = float(left.frustum_bottom), float(left.frustum_top)
    half = float(left.frustum_width) or 0.5 * (high - low) * width / height
    middle, near = (float(left.frustum_center) + float(right.frustum_center)) / 2, float(left.frustum_near)
    fx, fy = near * width / (2 * half), near * height / (high - low)
    lens = Intrinsics(width, height, fx, fy, width * (half - middle) / (2 * half), height * high / (high - low))
    return CameraView(name, lens, Pose.from_matrix(matrix), near=near, far=float(left.frustum_far))


def drawn_by(draw: Callable[[], tuple[np.ndarray, np.ndarray]], options: Any, model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Kind of object, `mjtObj`, and its id in every pixel, int32, (H, W, 2), -1 where nothing is, and the depth buffer, float32, (H, W).

    Both are of one drawing, in ids and without smoothing: the depth buffer of the coloured picture is a millimetre off. MuJoCo draws
    sites in it even where they are invisible, as those that robosuite fastens to a gripper are; what is behind these is drawn anew.

    Args:
        draw: draws them.
        options: `mjvOption` that it draws by.
        model: `mjModel`, or what wraps one.
    """
    drawn, buffer = draw()
    kind, number = drawn[..., 0], drawn[..., 1]
    site = kind == SITE
    invisible = site & (np.asarray(model.site_rgba)[np.where(site, number, 0), 3] <= 0) if site.any() else site
    if not invisible.any():
        return drawn, buffer
    groups = np.array(options.sitegroup)
    options.sitegroup[:] = 0
    try:
        behind, beyond = draw()
    finally:
        options.sitegroup[:] = groups
    return np.where(invisible[..., None], behind, drawn), np.where(invisible, beyond, buffer)


def frame_of(view: CameraView, model: Any, data: Any, rgb: np.ndarray, buffer: np.ndarray, drawn: np.ndarray) -> Frame:
    """A Frame of what was drawn, whose things move as MuJoCo says.

    A moving body is one thing; of what is fixed to the world every geom is, but planes, which are background.

    Args:
        view: the camera.
        model: `mjModel`, or what wraps one.
        data: `mjData`, or what wraps one.
        rgb: uint8, (H, W, 3), the upper row first, as are the others.
        buffer: depth buffer, 0 to 1, float32, (H, W).
        drawn: kind of object, `mjtObj`, and its id, int32, (H, W, 2); -1 where nothing is.
    """
    depth = view.near / (1.0 - buffer.astype(np.float64) * (1.0 - view.near / view.far))
    kind, number = drawn[..., 0], drawn[..., 1]
    depth = np.where((kind < 0) | (buffer >= 1.0), np.inf, depth).astype(np.float32)
    geom = kind == GEOM
    chosen = np.where(geom, number, 0)
    body = np.asarray(model.geom_bodyid)[chosen]
    plane = np.asarray(model.geom_type)[chosen] == PLANE
    bodies, geoms = len(model.body_parentid), len(model.geom_bodyid)
    fixed = np.where(plane, 0, bodies + chosen)
    other = bodies + geoms + np.maximum(number, 0)  # sites, tendons, decoration: whether they move nobody says
    instance = np.where(geom, np.where(body > 0, body, fixed), np.where(kind < 0, 0, other)).astype(np.int32)
    poses = _poses(instance, bodies, geoms, data)
    return Frame(view, round(1e9 * float(data.time)), np.ascontiguousarray(rgb), depth, instance, body_pose=poses)


def _poses(instance: np.ndarray, bodies: int, geoms: int, data: Any) -> dict[int, Pose]:
    """Of what is seen: of bodies as they are, of what is fixed always the same."""
    seen = np.unique(instance).tolist()
    place, turn = np.asarray(data.xpos), np.asarray(data.xquat)
    moving = {number: Pose(place[number], Quaternion(turn[number])) for number in seen if 0 < number < bodies}
    return moving | {number: Pose.identity() for number in seen if bodies <= number < bodies + geoms}
