"""Grains in the air: drops and flakes on their way through one exposure."""

from dataclasses import dataclass, fields

import numpy as np

from simgen.compiled import compiled
from simgen.geometry import CameraView

BOX_M = 4.0
"""Edge of the cube of air that repeats through the world."""
CLOSEST_M = 0.08
"""Nearer to the camera its housing keeps everything off."""
WIDE_M, HIGH_M = 0.05, 0.2
"""Metres beside and above the picture from which a grain may yet come into it."""


@dataclass(frozen=True, eq=False)
class Grains:
    """N grains during one exposure."""

    start: np.ndarray
    """Where they are when the shutter opens, camera frame, metres, float64, (N, 3)."""
    end: np.ndarray
    """Where they are when it closes, (N, 3)."""
    diameter: np.ndarray
    """Metres, (N,)."""
    opacity: np.ndarray
    """Share of the light behind a grain that it replaces, (N,)."""
    flicker: np.ndarray
    """Oscillations of its brightness during the exposure, (N,); 0 is steady."""
    phase: np.ndarray
    """Of that oscillation at the start, radians, (N,)."""


def joined(*some: Grains) -> Grains:
    """All of them."""
    return Grains(*(np.concatenate([getattr(grains, field.name) for grains in some]) for field in fields(Grains)))


def arrived(place: np.ndarray, sinking: np.ndarray, wind: np.ndarray, time: float, view: CameraView) -> tuple[np.ndarray, np.ndarray]:
    """Which grains a camera may see at a time, and where.

    Every grain stands for itself and for its copies BOX_M apart along each axis; of these the one nearest to the air before the
    camera is taken, so that all cameras look at the same grains.

    Args:
        place: at time 0, world frame, metres, (N, 3).
        sinking: m/s, (N,).
        wind: m/s, (3,).
        time: seconds.
        view: the camera.

    Returns:
        Indices, (S,), and positions in the camera frame, (S, 3).
    """
    pose = view.world_T_camera
    return _arrive(place, sinking, wind, time, pose.apply([0, 0, 0.45 * BOX_M]) - 0.5 * BOX_M, pose.position, pose.rotation, _cone(view))


@compiled
def _arrive(place, sinking, wind, time, low, origin, rotation, cone):
    index, point, here, count = np.empty(len(place), np.int64), np.empty((len(place), 3)), np.empty(3), 0
    for n in range(len(place)):
        for i in range(3):
            ahead = place[n, i] + time * (wind[i] - sinking[n] if i == 2 else wind[i]) - low[i]
            here[i] = ahead - np.floor(ahead / BOX_M) * BOX_M + low[i] - origin[i]
        z = rotation[0, 2] * here[0] + rotation[1, 2] * here[1] + rotation[2, 2] * here[2]
        if z <= CLOSEST_M:
            continue
        x = rotation[0, 0] * here[0] + rotation[1, 0] * here[1] + rotation[2, 0] * here[2]
        y = rotation[0, 1] * here[0] + rotation[1, 1] * here[1] + rotation[2, 1] * here[2]
        if abs(x) < cone[0] * z + WIDE_M and abs(y) < cone[1] * z + HIGH_M:
            index[count], point[count, 0], point[count, 1], point[count, 2] = n, x, y, z
            count += 1
    return index[:count], point[:count]


def in_front(point: np.ndarray, view: CameraView) -> np.ndarray:
    """Whether points in the camera frame, (N, 3), may be seen in a picture, bool, (N,): generously, for the sake of blur and streaks."""
    (wide, high), (x, y, z) = _cone(view), point.T
    return (z > CLOSEST_M) & (np.abs(x) < wide * z + WIDE_M) & (np.abs(y) < high * z + HIGH_M)


def _cone(view: CameraView) -> tuple[float, float]:
    """How far from the axis what is seen may lie at z = 1, across and down, and a fifth more."""
    camera = view.intrinsics
    wide, high = max(camera.cx, camera.width - camera.cx) / camera.fx, max(camera.cy, camera.height - camera.cy) / camera.fy
    return 1.2 * wide, 1.2 * high
