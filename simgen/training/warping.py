"""Warping: how much surfaces change from one frame to the next, along the exact flow, where both frames show them."""

import numpy as np

from simgen.world.neural.denoise import carried


def changes(before: np.ndarray, after: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Change of every surface that both pictures show, bytes, float32, (H, W, 3); NaN where the earlier one does not.

    Args:
        before: sRGB, uint8, (H, W, 3).
        after: the same, a frame later.
        flow: backward, pixels, NaN where a point was not visible, float32, (H, W, 2).
    """
    moved = carried(before.astype(np.float32), flow)
    return np.where(moved[..., 3:] > 0, after - moved[..., :3], np.float32(np.nan))


def warping_error(change: np.ndarray) -> float:
    """Mean square of what changed, bytes squared; 0 where nothing is known. After Lai et al. (2018), but along the exact flow."""
    known = np.isfinite(change)
    return float(np.mean(np.square(change[known], dtype=np.float64))) if known.any() else 0.0


def flicker(change: np.ndarray) -> float:
    """Mean size of what changed, bytes."""
    known = np.isfinite(change)
    return float(np.abs(change[known]).mean()) if known.any() else 0.0
