"""Harmless changes, at three strengths each: what a gate must accept."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from simgen.verify.faults import encoded
from simgen.verify.photograph import LINEAR

Harmless = Callable[[np.ndarray, np.random.Generator, int], np.ndarray]
"""Takes frames, uint8, (T, H, W, 3), a generator and the strength, 0 to 2; gives as many frames."""


def brighter(frames, rng, strength):
    """Exposed a third, two thirds or a whole stop longer."""
    return encoded(LINEAR[frames] * 2 ** ((strength + 1) / 3))


def darker(frames, rng, strength):
    """Exposed a third, two thirds or a whole stop shorter."""
    return encoded(LINEAR[frames] * 2 ** (-(strength + 1) / 3))


def white_balance(frames, rng, strength):
    """Red against blue by 8, 15 or 25 %, either way."""
    tilt = (0.08, 0.15, 0.25)[strength] * rng.choice([-1, 1]) / 2
    return encoded(LINEAR[frames] * np.array([1 + tilt, 1, 1 - tilt]))


def noise(frames, rng, strength):
    """Grain of 1, 2 or 4 % of white, more in the dark than a camera's own."""
    grain = rng.normal(size=frames.shape) * 255 * (0.01, 0.02, 0.04)[strength]
    return np.clip(np.rint(frames + grain), 0, 255).astype(np.uint8)


def jpeg(frames, rng, strength):
    """Packed as JPEG of quality 90, 70 or 50."""
    return np.stack([_packed(frame, (90, 70, 50)[strength]) for frame in frames])


def blur(frames, rng, strength):
    """Out of focus by 0.4, 0.7 or 1 pixel (standard deviation)."""
    sigma = (0.4, 0.7, 1.0)[strength]
    return np.rint(gaussian_filter(frames.astype(np.float32), (0, sigma, sigma, 0))).astype(np.uint8)


HARMLESS: dict[str, Harmless] = {
    "brighter": brighter,
    "darker": darker,
    "white_balance": white_balance,
    "noise": noise,
    "jpeg": jpeg,
    "blur": blur,
}
"""Every harmless change by name. Weather and light are harmless too: those are other renders, not changes of a finished picture."""


def _packed(frame: np.ndarray, quality: int) -> np.ndarray:
    buffer = BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))
