"""Environments: HDR panoramas as a map of the sky and a sun."""

import numpy as np
from scipy.ndimage import label

from simgen.scenario.colorimetry import luminance
from simgen.scenario.skylight import COLUMNS, ROWS, solid_angle

SUN_OVER_MEAN = 20.0
"""Times the mean luminance of a panorama from which its brightest spot counts as a sun."""
SUN_SR = 0.03
"""Largest solid angle of that spot, 5.6 degrees in radius; what is wider is a window or a softbox and stays in the map."""


def split_sun(panorama: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take the sun out of a panorama, so that shadows are sharp; no light is lost.

    The sun is the connected spot of more than 20 times the mean around the brightest pixel; what it has above that threshold
    leaves the picture.

    Args:
        panorama: linear, (H, W, 3), the middle column along the world's x axis.

    Returns:
        The panorama without it, (H, W, 3); unit vector towards it, world frame, (3,), straight up where there is none; what it sends
        onto a plane that faces it, in the panorama's unit times steradian, (3,).
    """
    height, width = panorama.shape[:2]
    light, share = luminance(panorama.astype(np.float64)), solid_angle(height, width)
    threshold = SUN_OVER_MEAN * (light * share).sum() / (4 * np.pi)
    row, column = np.unravel_index(np.argmax(light), light.shape)
    if light[row, column] <= threshold:
        return panorama, np.array([0.0, 0.0, 1.0]), np.zeros(3)
    spots, _ = label(np.tile(light > threshold, (1, 2)), np.ones((3, 3)))  # twice, for a spot across the seam
    spot = spots == spots[row, column + (width if column < width // 2 else 0)]
    spot = spot[:, :width] | spot[:, width:]
    if (spot * share).sum() > SUN_SR:
        return panorama, np.array([0.0, 0.0, 1.0]), np.zeros(3)
    kept = np.where(spot, threshold / np.maximum(light, 1e-300), 1.0)[..., None]
    taken = panorama * (1 - kept) * share[..., None]
    towards = (_directions(height, width) * luminance(taken)[..., None]).sum((0, 1))
    return panorama * kept, towards / np.linalg.norm(towards), taken.sum((0, 1))


def sky_map(panorama: np.ndarray, yaw_deg: float) -> np.ndarray:
    """A panorama, (H, W, 3), turned counter-clockwise and averaged onto the texels of a sky map, float64, (64, 128, 3)."""
    height, width = panorama.shape[:2]
    return np.einsum("rh,hwk,cw->rck", _row_shares(height), panorama, _column_shares(width, yaw_deg), optimize=True)


def _directions(height: int, width: int) -> np.ndarray:
    """Seen from inside, a panorama runs clockwise from left to right; its middle is ahead."""
    polar, azimuth = (np.arange(height) + 0.5) / height * np.pi, np.pi - (np.arange(width) + 0.5) / width * 2 * np.pi
    around = np.sin(polar)[:, None]
    level = np.broadcast_to(np.cos(polar)[:, None], (height, width))
    return np.stack([around * np.cos(azimuth), around * np.sin(azimuth), level], axis=-1)


def _row_shares(height: int) -> np.ndarray:
    """What every row of a panorama gives to every row of the map, by overlap in solid angle, (64, H); rows sum to 1."""
    ours, theirs = -np.cos(np.linspace(0, np.pi, ROWS + 1)), -np.cos(np.linspace(0, np.pi, height + 1))
    overlap = np.minimum(ours[1:, None], theirs[1:]) - np.maximum(ours[:-1, None], theirs[:-1])
    overlap = np.maximum(overlap, 0)
    return overlap / overlap.sum(1, keepdims=True)


def _column_shares(width: int, yaw_deg: float) -> np.ndarray:
    """What every column of a panorama gives to every column of the map, by overlap in azimuth, (128, W); rows sum to 1."""
    start = (0.5 - np.arange(1, width + 1) / width + yaw_deg / 360) % 1.0 * COLUMNS
    ours = np.arange(COLUMNS)[:, None]
    shares = np.zeros((COLUMNS, width))
    for turn in (0, COLUMNS):  # a column of theirs may reach across the seam
        low, high = np.maximum(ours, start - turn), np.minimum(ours + 1, start - turn + COLUMNS / width)
        shares += np.maximum(high - low, 0)
    return shares / shares.sum(1, keepdims=True)
