"""Motion: what one frame shows must be what the frame before showed, carried along the exact flow."""

from dataclasses import dataclass

import numpy as np

from simgen.verify.shading import Shading

MOVES = 0.5
"""Pixels a frame from which a pixel counts as moving."""
PIXELS = 6000
"""Still pixels, and moving ones, that are compared, at most."""
TILE = 32
"""Pixels across the tiles in which brightness is compared from frame to frame."""
PATCH = 12
"""Pixels across the patches in which still pixels are compared."""
_CHANGE = 0.04
"""In `opponent`: what motion must have changed in a pixel for it to tell a frozen frame from a true one."""


@dataclass(frozen=True, eq=False)
class Motion:
    """How one frame follows from another; NaN where nothing can be told. All numbers are in `opponent`."""

    still: float
    """Nine tenths of the still patches changed by less than this in the mean, beyond a change of exposure."""
    moving: float
    """Median change of the moving pixels, along the flow."""
    frozen: float
    """Logarithm of how much worse the flow explains the frame than no motion at all; negative where all is well."""
    flicker: float
    """Spread of the change of brightness over the tiles of the frame."""


UNKNOWN = Motion(*[float("nan")] * 4)
"""Where there is nothing to compare."""


def motion(now: Shading, before: Shading) -> Motion:
    """How `now` follows from `before`, the frame one step earlier."""
    at, fast = _carried(now, before)
    if len(at) < 100:
        return UNKNOWN
    width = now.expectation.where.shape[1]
    v, u = np.divmod(at, width)
    flow = now.expectation.observation.flow.reshape(-1, 2)[at]
    seen = now.photograph.log.reshape(3, -1)[:, at]
    change = seen - _bilinear(before.photograph.log, u + flow[:, 0], v + flow[:, 1])
    gain, grain = np.median(change, axis=1, keepdims=True), 0.56 * (np.mean(now.grain) + np.mean(before.grain))
    size = np.maximum(np.abs(change - gain).mean(axis=0) - grain, 0)
    return Motion(
        still=_still(change[:, ~fast] - gain, u[~fast], v[~fast]),
        moving=float(np.median(size[fast])) if fast.sum() > 60 else float("nan"),
        frozen=_frozen(now, before, at[fast], size[fast], seen[:, fast] - gain, grain),
        flicker=_flicker(change[0] - gain[0], u, v),
    )


def _carried(now: Shading, before: Shading) -> tuple[np.ndarray, np.ndarray]:
    """Some pixels that can be followed back to the same body, as indices into H*W, (N,), and whether each moves."""
    height, width = now.expectation.where.shape
    flow = now.expectation.observation.flow.reshape(-1, 2)
    asked = np.flatnonzero((now.expectation.inside & ~now.photograph.clipped).ravel() & np.isfinite(flow[:, 0]))
    fast = np.hypot(flow[asked, 0], flow[asked, 1]) > MOVES
    parts = [part[:: max(1, len(part) // PIXELS)] for part in (asked[~fast], asked[fast])]
    at, fast = np.concatenate(parts), np.repeat([False, True], [len(part) for part in parts])
    v, u = np.divmod(at, width)
    u, v = np.rint(u + flow[at, 0]).astype(int), np.rint(v + flow[at, 1]).astype(int)
    within = (u > 0) & (v > 0) & (u < width - 1) & (v < height - 1)
    at, fast, then = at[within], fast[within], (v * width + u)[within]
    bodies, earlier = now.expectation.observation.instance.ravel(), before.expectation.observation.instance.ravel()
    kept = before.expectation.inside.ravel()[then] & (bodies[at] == earlier[then])
    return at[kept], fast[kept]


def _frozen(now: Shading, before: Shading, at: np.ndarray, size: np.ndarray, seen: np.ndarray, grain: float) -> float:
    """From the pixels that motion should have changed, as the prediction has it."""
    expected = np.abs(now.predicted.reshape(3, -1)[:, at] - before.predicted.reshape(3, -1)[:, at]).mean(axis=0)
    telling = expected > _CHANGE
    if telling.sum() < 25:
        return float("nan")
    stood = np.abs(seen[:, telling] - before.photograph.log.reshape(3, -1)[:, at[telling]]).mean(axis=0)
    return float(np.log((size[telling].mean() + 0.01) / (np.maximum(stood - grain, 0).mean() + 0.01)))


def _still(change: np.ndarray, u: np.ndarray, v: np.ndarray) -> float:
    """By patches, in which noise averages out."""
    _, patch = np.unique((v // PATCH) * 4096 + u // PATCH, return_inverse=True)
    count = np.bincount(patch)
    mean = np.stack([np.bincount(patch, np.clip(row, -1, 1)) / count for row in change])[:, count >= 8]
    return float(np.quantile(np.abs(mean).mean(axis=0), 0.9)) if mean.shape[1] >= 10 else float("nan")


def _flicker(change: np.ndarray, u: np.ndarray, v: np.ndarray) -> float:
    _, tile = np.unique((v // TILE) * 4096 + u // TILE, return_inverse=True)
    count = np.bincount(tile)
    mean = (np.bincount(tile, np.clip(change, -0.5, 0.5)) / count)[count >= 20]
    return float(np.quantile(np.abs(mean - np.median(mean)), 0.8)) if len(mean) >= 4 else float("nan")


def _bilinear(planes: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Values of (C, H, W) between pixel centres, (C, N)."""
    width = planes.shape[2]
    left, top = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    right, low = (u - left).astype(np.float32), (v - top).astype(np.float32)
    flat, corner = planes.reshape(len(planes), -1), top * width + left
    return (
        (flat[:, corner] * (1 - right) + flat[:, corner + 1] * right) * (1 - low)
        + (flat[:, corner + width] * (1 - right) + flat[:, corner + width + 1] * right) * low
    )
