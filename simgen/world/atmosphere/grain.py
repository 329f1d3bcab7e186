"""Grains in the air: drops and flakes on their way through one exposure."""

from dataclasses import dataclass

import numpy as np

from simgen.geometry import CameraView

BOX_M = 4.0
"""Edge of the cube of air that repeats through the world."""
CLOSEST_M = 0.08
"""Nearer to the camera its housing keeps everything off."""


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


def arrived(place: np.ndarray, velocity: np.ndarray, time: float, view: CameraView) -> tuple[np.ndarray, np.ndarray]:
    """Which grains a camera may see at a time, and where.

    Every grain stands for itself and for its copies BOX_M apart along each axis; of these the one nearest to the air before the
    camera is taken, so that all cameras look at the same grains.

    Args:
        place: at time 0, world frame, metres, (3, N).
        velocity: m/s, (3, N) or (3, 1).
        time: seconds.
        view: the camera.

    Returns:
        Indices, (S,), and positions in the camera frame, (S, 3).
    """
    pose = view.world_T_camera
    low = pose.apply([0, 0, 0.45 * BOX_M]) - 0.5 * BOX_M
    rows = [np.mod(start + (time * speed - corner), BOX_M) for start, speed, corner in zip(place, velocity, low, strict=True)]
    point = pose.rotation.T @ (np.stack(rows) + (low - pose.position)[:, None])
    seen = np.flatnonzero(in_front(point, view))
    return seen, point[:, seen].T


def in_front(point: np.ndarray, view: CameraView) -> np.ndarray:
    """Whether points in the camera frame, (3, N), may be seen in a picture, bool, (N,): generously, for the sake of blur and streaks."""
    camera, (x, y, z) = view.intrinsics, point
    wide = 1.2 * max(camera.cx, camera.width - camera.cx) / camera.fx
    high = 1.2 * max(camera.cy, camera.height - camera.cy) / camera.fy
    return (z > CLOSEST_M) & (np.abs(x) < wide * z + 0.05) & (np.abs(y) < high * z + 0.2)
