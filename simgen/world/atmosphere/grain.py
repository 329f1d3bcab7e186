"""Grains in the air: drops and flakes on their way through one exposure."""

from dataclasses import dataclass

import numpy as np

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


def nearest_copies(position: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Positions in the cube around `centre` of points that repeat every BOX_M along each axis, (N, 3)."""
    return position - BOX_M * np.floor((position - centre) / BOX_M + 0.5)


def in_front(camera_point: np.ndarray, view) -> np.ndarray:
    """Whether points in the camera frame may be seen in a picture, bool, (N,): generously, for the sake of blur and streaks."""
    camera = view.intrinsics
    x, y, z = camera_point.T
    wide = 1.2 * max(camera.cx, camera.width - camera.cx) / camera.fx
    high = 1.2 * max(camera.cy, camera.height - camera.cy) / camera.fy
    return (z > CLOSEST_M) & (np.abs(x) < wide * z + 0.05) & (np.abs(y) < high * z + 0.2)
