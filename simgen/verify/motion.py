"""Motion: what one frame shows must be what the frame before showed, carried along the exact flow."""

from dataclasses import dataclass

import numpy as np

from simgen.verify.photograph import blocks
from simgen.verify.shading import Shading

MOVES = 0.5
"""Pixels a frame from which a pixel counts as moving."""
PIXELS = 6000
"""Still pixels, and moving ones, that are compared, at most."""
TILE = 24
"""Pixels across the tiles in which brightness is compared from frame to frame."""
FEWEST_TILES = 7
"""Tiles without which nothing can be said of flicker."""
PATCH = 12
"""Pixels across the patches in which still pixels are compared."""
SPREAD = np.array([0.06, 0.03, 0.03], np.float32)[:, None, None]
"""In `opponent`: changes from frame to frame that say little, of lightness and of both colours."""
DOUBT = 300.0
"""Squared spreads, summed over the frame, that the prediction must change for half of it to be believed."""


@dataclass(frozen=True, eq=False)
class Motion:
    """How one frame follows from another; NaN where nothing can be told. All numbers are in `opponent`."""

    still: float
    """Nine tenths of the still patches changed by less than this in the mean, beyond a change of exposure."""
    moving: float
    """Median change of the moving pixels, along the flow."""
    frozen: float
    """Share of the change from frame to frame that is predicted and did not come."""
    flicker: float
    """Change of brightness beyond what is predicted, of most tiles of the frame against their median."""


@dataclass(frozen=True, eq=False)
class Earlier:
    """What a frame leaves for the next one to be compared with."""

    log: np.ndarray
    """`Photograph.log`, float32, (3, H, W)."""
    predicted: np.ndarray
    """`Shading.predicted`, float32, (3, H, W)."""
    grain: tuple[float, float, float]
    """`Shading.grain`."""
    inside: np.ndarray
    """`Expectation.inside`, bool, (H, W)."""
    bodies: np.ndarray
    """Body ids, int32, (H, W)."""

    @classmethod
    def of(cls, shading: Shading) -> "Earlier":
        """Of a frame; nothing else of it is held on to."""
        expected = shading.expectation
        return cls(shading.photograph.log, shading.predicted, shading.grain, expected.inside, expected.observation.instance)


UNKNOWN = Motion(*[float("nan")] * 4)
"""Where there is nothing to compare."""


def motion(now: Shading, before: Earlier) -> Motion:
    """How `now` follows from `before`, the frame that its flow leads to."""
    at, fast = _carried(now, before)
    if len(at) < 100:
        return UNKNOWN
    width = now.expectation.where.shape[1]
    v, u = np.divmod(at, width)
    flow = now.expectation.observation.flow.reshape(-1, 2)[at]
    seen = now.photograph.log.reshape(3, -1)[:, at]
    change = seen - _bilinear(before.log, u + flow[:, 0], v + flow[:, 1])
    gain, grain = np.median(change, axis=1, keepdims=True), 0.56 * (np.mean(now.grain) + np.mean(before.grain))
    size = np.maximum(np.abs(change - gain).mean(axis=0) - grain, 0)
    return Motion(
        still=_still(change[:, ~fast] - gain, u[~fast], v[~fast]),
        moving=float(np.median(size[fast])) if fast.sum() > 60 else float("nan"),
        frozen=_frozen(now, before),
        flicker=_flicker(now, before),
    )


def _carried(now: Shading, before: Earlier) -> tuple[np.ndarray, np.ndarray]:
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
    bodies, earlier = now.expectation.observation.instance.ravel(), before.bodies.ravel()
    kept = before.inside.ravel()[then] & (bodies[at] == earlier[then])
    return at[kept], fast[kept]


def _frozen(now: Shading, before: Earlier) -> float:
    """By how the photograph's change goes with the prediction's, or by how large it is, where it changes otherwise than predicted."""
    seen = _spreads(now.photograph.log - before.log)
    expected = _spreads(now.predicted - before.predicted)
    whole = float((expected**2).sum())
    came = max(float((seen * expected).sum()), float((seen**2).sum()))
    return max(whole - came, 0.0) / (whole + DOUBT)


def _spreads(change: np.ndarray) -> np.ndarray:
    """A change beyond that of exposure, in `SPREAD`, at most 6."""
    middle = np.median(change.reshape(3, -1)[:, ::3], axis=1)[:, None, None]
    return ((change - middle) / SPREAD).clip(-6, 6)


def _still(change: np.ndarray, u: np.ndarray, v: np.ndarray) -> float:
    """By patches, in which noise averages out."""
    _, patch = np.unique((v // PATCH) * 4096 + u // PATCH, return_inverse=True)
    count = np.bincount(patch)
    mean = np.stack([np.bincount(patch, np.clip(row, -1, 1)) / count for row in change])[:, count >= 8]
    return float(np.quantile(np.abs(mean).mean(axis=0), 0.9)) if mean.shape[1] >= 10 else float("nan")


def _flicker(now: Shading, before: Earlier) -> float:
    """Along the flow, to the nearest pixel: brightness is compared in tiles."""
    height, width = now.expectation.where.shape
    flow = now.expectation.observation.flow
    asked = now.expectation.inside & ~now.photograph.clipped & np.isfinite(flow[..., 0]) & ~_mirror(now)
    v, u = np.nonzero(asked)
    back = np.rint(flow[v, u]).astype(int)
    then = np.clip(v + back[:, 1], 0, height - 1), np.clip(u + back[:, 0], 0, width - 1)
    change = np.zeros((2, height, width), np.float32)
    lighter, was = now.photograph.log[0] - now.predicted[0], before.log[0] - before.predicted[0]
    change[0, v, u] = (lighter[v, u] - was[then]).clip(-0.5, 0.5)
    change[1, v, u] = 1
    total, share = blocks(change, TILE)
    mean = total[share > 0.3] / share[share > 0.3]
    return float(np.quantile(np.abs(mean - np.median(mean)), 0.7)) if len(mean) >= FEWEST_TILES else float("nan")


def _mirror(now: Shading) -> np.ndarray:
    """Where the rest is mirrored, bool, (H, W): what is seen there moves with the camera, not with the surface."""
    metallic = now.expectation.observation.metallic
    return np.zeros(now.expectation.where.shape, bool) if metallic is None else metallic > 127


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
