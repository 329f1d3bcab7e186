"""Shutter: what moves while it is open is smeared along its motion."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates, maximum_filter

from simgen.observation import Observation

LEAST = 0.5
"""Pixels of smear below which nothing is done."""
TAPS = 15
"""Most places looked at along a smear."""


def clip_interval_s(observations: Sequence[Observation]) -> float:
    """Seconds from a clip's first frame to its second; 0 where there is but one."""
    return (observations[1].time_ns - observations[0].time_ns) * 1e-9 if len(observations) > 1 else 0.0


def smeared(light: np.ndarray, flow: np.ndarray, depth: np.ndarray, share: float) -> np.ndarray:
    """A picture, float32, (H, W, 3), exposed for a share of the time between two frames, half before and half after its instant.

    Every pixel is the mean along the fastest motion near it, over those places whose own motion carries them across it and, where the
    pixel itself moves away, over what lies behind it (after McGuire et al., "A reconstruction filter for plausible motion
    blur", 2012). What moves evenly is thus smeared evenly.

    Args:
        light: linear.
        flow: backward flow, pixels, float32, (H, W, 2); NaN where the point was not visible, which takes its nearest neighbour's.
        depth: metres along the optical axis, float32, (H, W).
        share: of the interval that the flow spans.
    """
    motion = _filled(flow) * np.float32(share)
    speed = np.linalg.norm(motion, axis=-1)
    if speed.max() < LEAST:
        return light
    reach = int(np.ceil(speed.max() / 2)) + 1
    fastest = _fastest(motion, speed, reach)
    row, column = np.nonzero(np.linalg.norm(fastest, axis=-1) >= LEAST)
    way, here = fastest[row, column], depth[row, column]
    count = min(TAPS, 2 * int(np.ceil(speed.max() / 2)) + 1)
    total, weights = np.zeros((len(row), 3), np.float32), np.zeros((len(row), 1), np.float32)
    for step in np.linspace(-0.5, 0.5, count, dtype=np.float32):
        v, u = row + way[:, 1] * step, column + way[:, 0] * step
        y, x = np.clip(np.rint(v), 0, light.shape[0] - 1).astype(np.int32), np.clip(np.rint(u), 0, light.shape[1] - 1).astype(np.int32)
        distance = np.linalg.norm(way, axis=1) * abs(step) - np.float32(0.5)
        carried = (speed[y, x] / 2 >= distance) & (depth[y, x] <= here * np.float32(1.01))
        revealed = (speed[row, column] / 2 >= distance) & (depth[y, x] > here * np.float32(0.99))
        weight = (carried | revealed).astype(np.float32)[:, None]
        total += weight * np.stack([map_coordinates(light[..., c], [v, u], order=1, mode="nearest") for c in range(3)], axis=-1)
        weights += weight
    out = light.copy()
    out[row, column] = total / np.maximum(weights, 1)
    return out


def _filled(flow: np.ndarray) -> np.ndarray:
    unknown = np.isnan(flow).any(-1)
    if unknown.all():
        return np.zeros_like(flow)
    if not unknown.any():
        return flow
    row, column = distance_transform_edt(unknown, return_distances=False, return_indices=True)
    return flow[row, column]


def _fastest(motion: np.ndarray, speed: np.ndarray, reach: int) -> np.ndarray:
    """The motion of the fastest pixel within reach of each, (H, W, 2)."""
    rank = np.empty(speed.size, np.int32)
    order = np.argsort(speed, axis=None, kind="stable")
    rank[order] = np.arange(speed.size, dtype=np.int32)
    winner = order[maximum_filter(rank.reshape(speed.shape), 2 * reach + 1, mode="nearest")]
    return motion.reshape(-1, 2)[winner]
