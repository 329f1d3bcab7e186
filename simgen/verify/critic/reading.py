"""Reading: what the critic makes of one photograph."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch.nn import functional as F

from simgen.errors import ShapeMismatch
from simgen.geometry import locked
from simgen.verify.critic.network import Critic
from simgen.verify.critic.recorded import recorded
from simgen.verify.critic.weights import shipped


@dataclass(frozen=True, eq=False)
class Reading:
    """What a photograph shows, without any truth."""

    log_depth: np.ndarray
    """Logarithm of the distance along the optical axis, but for a constant that no picture tells, float32, (H, W)."""
    boundary: np.ndarray
    """Probability that a pixel lies beside another thing, 0 to 1, float32, (H, W)."""


def read(photograph: np.ndarray, critic: Critic | None = None) -> Reading:
    """What the critic makes of one photograph; equal pictures give equal readings, and the latest few are remembered.

    To compare depth with a truth, take away the median of their difference first: one picture does not tell how large the world is.

    Args:
        photograph: sRGB, uint8, (H, W, 3).
        critic: with its weights; None takes the one that is shipped.

    Raises:
        ShapeMismatch: if it is no picture.
        UnusableCritic: if the shipped weights are missing or damaged.
    """
    if photograph.ndim != 3 or photograph.shape[2] != 3 or photograph.dtype != np.uint8 or 0 in photograph.shape:
        raise ShapeMismatch("the photograph", (*photograph.shape, photograph.dtype.name), "sRGB in bytes", ("H", "W", 3, "uint8"))
    return _remembered(np.ascontiguousarray(photograph).tobytes(), photograph.shape) if critic is None else _read(photograph, critic)


@lru_cache(maxsize=32)
def _remembered(pixels: bytes, shape: tuple[int, int, int]) -> Reading:
    return _read(np.frombuffer(pixels, np.uint8).reshape(shape), shipped(), quick=recorded)


def _read(photograph: np.ndarray, critic: Critic, quick: Callable | None = None) -> Reading:
    height, width, _ = photograph.shape
    tones = torch.from_numpy(photograph.astype(np.float32) / 255).permute(2, 0, 1)[None].to(next(critic.parameters()).device)
    right, low = -width % critic.stride, -height % critic.stride
    with torch.inference_mode():
        tones = F.pad(tones, (0, right, 0, low), mode="replicate").contiguous(memory_format=torch.channels_last)
        depth, boundary = (quick(critic, *tones.shape[2:]) if quick else critic)(tones)
        found = depth[0, :height, :width], boundary[0, :height, :width].sigmoid()
    return Reading(*(locked(part.cpu().numpy().copy()) for part in found))
