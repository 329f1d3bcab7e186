"""Canny's edge detector on images, and the hysteresis it shares with edges drawn from geometry."""

import numpy as np
from scipy.ndimage import label

from simgen.errors import InvalidValue

_EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)


def hysteresis(strength: np.ndarray, low: float, high: float) -> np.ndarray:
    """Canny's (1986) second threshold: bool, (H, W), of the pixels above `low` that hang together with one above `high`."""
    groups, count = label(strength > low, _EIGHT_NEIGHBOURS)
    strong = np.zeros(count + 1, dtype=bool)
    strong[groups[strength > high]] = True
    strong[0] = False
    return strong[groups]


def image_edges(rgb: np.ndarray, low: float = 100, high: float = 200) -> np.ndarray:
    """Edges of a picture after Canny (1986), uint8, (H, W): 255 on an edge. For world models trained on image edges.

    The gradient is Sobel's, its length |dx| + |dy|, of the channel where that is greatest, on the 0 to 255 scale of
    uint8 (H, W, 3): the thresholds mean what they mean to OpenCV's detector, from which these models learned.

    Raises:
        InvalidValue: if not 0 <= low <= high.
    """
    if not 0 <= low <= high:
        raise InvalidValue("edge thresholds", (low, high), "two gradients, 0 <= low <= high")
    dx, dy = _sobel(rgb.astype(np.int32))
    strongest = (np.abs(dx) + np.abs(dy)).argmax(axis=-1)[..., None]
    dx, dy = np.take_along_axis(dx, strongest, -1)[..., 0], np.take_along_axis(dy, strongest, -1)[..., 0]
    strength = _thin(np.abs(dx) + np.abs(dy), dx, dy)
    return np.where(hysteresis(strength, low, high), np.uint8(255), np.uint8(0))


def _sobel(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives along x and y, (H, W, C) each, with the border pixels repeated outwards."""
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")
    down = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    across = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    return down[:, 2:] - down[:, :-2], across[2:] - across[:-2]


def _thin(length: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Non-maximum suppression: the gradient's length where it peaks along the gradient, else 0."""
    around = np.pad(length, 1)
    here = around[1:-1, 1:-1]
    steep, flat = np.tan(np.pi * 3 / 8), np.tan(np.pi / 8)
    along_x, along_y = np.abs(dy) < flat * np.abs(dx), np.abs(dy) > steep * np.abs(dx)
    peak_x = (here > around[1:-1, :-2]) & (here >= around[1:-1, 2:])
    peak_y = (here > around[:-2, 1:-1]) & (here >= around[2:, 1:-1])
    peak_down = (here > around[:-2, :-2]) & (here > around[2:, 2:])
    peak_up = (here > around[:-2, 2:]) & (here > around[2:, :-2])
    diagonal = np.where((dx < 0) == (dy < 0), peak_down, peak_up)
    return here * np.where(along_x, peak_x, np.where(along_y, peak_y, diagonal))
