"""Shutter: what moves while it is open is smeared along its motion."""

import numpy as np
from scipy.ndimage import distance_transform_edt, maximum_filter

from simgen.compiled import compiled, in_bands

LEAST = 0.5
"""Pixels of smear below which nothing is done."""
TAPS = 15
"""Most places looked at along a smear."""


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
    count = min(TAPS, 2 * int(np.ceil(speed.max() / 2)) + 1)
    out, steps = np.empty(light.shape, np.float32), np.linspace(-0.5, 0.5, count, dtype=np.float32)
    in_bands(_smear, len(light), np.ascontiguousarray(light, dtype=np.float32), depth, speed, fastest, steps, out)
    return out


@compiled
def _smear(first, end, light, depth, speed, fastest, steps, out):
    height, width = depth.shape
    for row in range(first, end):
        for column in range(width):
            across, down, here = fastest[row, column, 0], fastest[row, column, 1], depth[row, column]
            length = np.sqrt(across * across + down * down)
            if length < LEAST:
                for i in range(3):
                    out[row, column, i] = light[row, column, i]
                continue
            red, green, blue, weights = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for step in steps:
                v = min(max(np.float32(row) + down * step, np.float32(0)), np.float32(height - 1))
                u = min(max(np.float32(column) + across * step, np.float32(0)), np.float32(width - 1))
                y, x = int(np.rint(v)), int(np.rint(u))
                distance = length * abs(step) - np.float32(0.5)
                carried = speed[y, x] / 2 >= distance and depth[y, x] <= here * np.float32(1.01)
                revealed = speed[row, column] / 2 >= distance and depth[y, x] > here * np.float32(0.99)
                if carried or revealed:
                    top, left = min(int(v), max(height - 2, 0)), min(int(u), max(width - 2, 0))
                    low, right = v - np.float32(top), u - np.float32(left)
                    red += _between(light, top, left, low, right, 0)
                    green += _between(light, top, left, low, right, 1)
                    blue += _between(light, top, left, low, right, 2)
                    weights += np.float32(1)
            share = np.float32(1) / max(weights, np.float32(1))
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = red * share, green * share, blue * share


@compiled
def _between(light, top, left, low, right, i):
    """Light between four pixels."""
    bottom, after = min(top + 1, light.shape[0] - 1), min(left + 1, light.shape[1] - 1)
    above = light[top, left, i] + (light[top, after, i] - light[top, left, i]) * right
    below = light[bottom, left, i] + (light[bottom, after, i] - light[bottom, left, i]) * right
    return above + (below - above) * low


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
