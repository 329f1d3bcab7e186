"""Depth as an image: near is bright, as the depth networks that ControlNets were trained on draw it."""

from collections.abc import Iterable
from typing import Literal, get_args

import numpy as np

from simgen.errors import InvalidValue

DepthMode = Literal["linear", "inverse"]


def depth_range(depths: Iterable[np.ndarray]) -> tuple[float, float]:
    """The nearest and the farthest depth of a clip's frames, in metres: one scale for all of them.

    A clip of one single depth gets a far end 1 % behind it; a clip in which nothing was hit has no scale, is black
    under any, and gets (1, 2).
    """
    hits = (depth[np.isfinite(depth)] for depth in depths)
    ends = [(float(hit.min()), float(hit.max())) for hit in hits if hit.size]
    if not ends:
        return 1.0, 2.0
    near, far = min(low for low, _ in ends), max(high for _, high in ends)
    return near, max(far, 1.01 * near)


def depth_map(depth: np.ndarray, near: float, far: float, mode: DepthMode = "inverse") -> np.ndarray:
    """Nearness, float32 in [0, 1], (H, W): 1 at `near`, 0 at `far`, clipped beyond; 0 where nothing was hit.

    `linear` falls evenly with depth. `inverse` falls evenly with 1 / depth, as the disparity that MiDaS (Ranftl et al.
    2020) and Depth Anything give, which the depth branches of ControlNet and Cosmos Transfer expect.

    Raises:
        InvalidValue: if not 0 < near < far, the mode is unknown, or a depth is NaN.
    """
    if not 0 < near < far < np.inf:
        raise InvalidValue("a depth range", (near, far), "two lengths in metres, 0 < near < far")
    if mode not in get_args(DepthMode):
        raise InvalidValue("a depth mode", mode, f"one of {', '.join(get_args(DepthMode))}")
    if np.isnan(depth).any():
        raise InvalidValue("a depth", float("nan"), "a distance in metres, or inf where nothing was hit")
    # An empty pixel is infinitely far: both modes clip it to 0, so the background is black.
    clipped = np.clip(depth, near, far).astype(np.float32)
    if mode == "linear":
        return (np.float32(far) - clipped) / np.float32(far - near)
    return np.maximum((1 / clipped - np.float32(1 / far)) / np.float32(1 / near - 1 / far), 0).clip(max=1)
