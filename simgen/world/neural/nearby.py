"""Neighbourhoods: where bodies end and surfaces fold, and how deep in a hollow a point lies."""

import numpy as np
from scipy.ndimage import uniform_filter

from simgen.compiled import compiled, in_bands
from simgen.geometry import Intrinsics
from simgen.observation import Observation

GRAIN = 4
"""Pixels a side of a cell in which hollows are looked for: contact shadows are wider."""
REACH_M = 0.05
"""How far off things close a hollow."""
WAYS = [(np.cos(angle) * out, np.sin(angle) * out) for out, turn in ((0.45, 0.0), (1.0, 0.4)) for angle in np.arange(6) * np.pi / 3 + turn]
"""Where a cell looks for what rises around it, shares of REACH_M."""


def edges(observation: Observation) -> np.ndarray:
    """Outlines of bodies and links, and folds of surfaces, 0 to 1, on both sides, float32, (H, W, 2)."""
    out = np.empty((*observation.depth.shape, 2), np.float32)
    in_bands(_edges, len(out), observation.instance, observation.link, observation.normal, out)
    return out


@compiled
def _edges(first, end, instance, link, normal, out):
    height, width = instance.shape
    for row in range(first, end):
        for column in range(width):
            outline, fold = np.float32(0), np.float32(0)
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                y, x = row + down, column + right
                if 0 <= y < height and 0 <= x < width:
                    if instance[y, x] != instance[row, column] or link[y, x] != link[row, column]:
                        outline = np.float32(1)
                    alike = normal[row, column, 0] * normal[y, x, 0] + normal[row, column, 1] * normal[y, x, 1]
                    alike += normal[row, column, 2] * normal[y, x, 2]
                    fold = max(fold, min(np.float32(1) - alike, np.float32(1)))
            out[row, column, 0], out[row, column, 1] = outline, fold


def hollows(depth: np.ndarray, lens: Intrinsics) -> np.ndarray:
    """How far a point is closed in by what rises nearer to the camera around it, 0 to 1, float32, (H, W).

    Screen-space obscurance (after Mittring, 2007), on a coarse grid: places are compared with a plane laid through opposite sides.

    Args:
        depth: metres, finite, float32, (H, W).
        lens: of the camera.
    """
    height, width = depth.shape
    coarse = depth[GRAIN // 2 :: GRAIN, GRAIN // 2 :: GRAIN] if min(height, width) > GRAIN else depth[:1, :1]
    reach = np.clip(np.float32(REACH_M * lens.fx / GRAIN) / coarse, 1, 16)
    v, u = np.indices(coarse.shape, dtype=np.float32)
    closed = np.zeros(coarse.shape, np.float32)
    for x, y in WAYS:
        here = [
            coarse[
                np.clip(np.rint(v + sign * np.float32(y) * reach), 0, coarse.shape[0] - 1).astype(np.int32),
                np.clip(np.rint(u + sign * np.float32(x) * reach), 0, coarse.shape[1] - 1).astype(np.int32),
            ]
            for sign in (1, -1)
        ]
        rises = coarse - (here[0] + here[1]) * np.float32(0.5)
        closed += np.clip(rises * np.float32(1 / (0.3 * REACH_M)), 0, 1) * (rises < REACH_M * 2)
    soft = uniform_filter(closed * np.float32(1 / len(WAYS)), 3, mode="nearest")
    fine = np.repeat(np.repeat(soft, GRAIN, 0), GRAIN, 1)[:height, :width]
    if fine.shape != (height, width):
        fine = np.pad(fine, ((0, height - fine.shape[0]), (0, width - fine.shape[1])), mode="edge")
    return fine
