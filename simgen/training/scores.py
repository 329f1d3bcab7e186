"""Scores of photographs against those of the path tracer, learned by nobody: error, structure, edges and looks."""

import numpy as np
from scipy.ndimage import gaussian_filter, maximum_filter

from simgen.controls import edge_map
from simgen.controls.canny import image_edges
from simgen.observation import Observation
from simgen.world.tone import to_linear

NEAR = 1
"""Pixels by which an edge may be off."""
LOOKS = 44
"""Numbers that say what a picture looks like."""


def decibels(drawn: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio of pictures, uint8."""
    error = np.mean((drawn.astype(np.float32) - truth) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-3)))


def structure(drawn: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity (Wang et al., 2004) of pictures, uint8, Gaussian window of 1.5 pixels, mean of channels."""
    x, y = drawn.astype(np.float64), truth.astype(np.float64)

    def mean(image: np.ndarray) -> np.ndarray:
        return gaussian_filter(image, (1.5, 1.5, 0), truncate=3.5)

    mx, my = mean(x), mean(y)
    sx, sy, sxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    small, less = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + small) * (2 * sxy + less)) / ((mx * mx + my * my + small) * (sx + sy + less))).mean())


def edges_found(drawn: np.ndarray, truth: np.ndarray) -> float:
    """F1 of Canny's edges of pictures, uint8, a pixel of tolerance; 1 where neither has any."""
    return _together(_canny(drawn), _canny(truth))


def outlines_found(drawn: np.ndarray, observation: Observation) -> float:
    """The same against the exact outlines and folds of what stands there, which pictures full of texture can only miss in part."""
    return _together(_canny(drawn), edge_map(observation) > 0)


def _canny(picture: np.ndarray) -> np.ndarray:
    return image_edges(picture, 60, 120) > 0


def _together(ours: np.ndarray, theirs: np.ndarray) -> float:
    if not ours.any() and not theirs.any():
        return 1.0
    width = 2 * NEAR + 1
    precise = (ours & maximum_filter(theirs, width)).sum() / max(ours.sum(), 1)
    found = (theirs & maximum_filter(ours, width)).sum() / max(theirs.sum(), 1)
    return float(2 * precise * found / max(precise + found, 1e-9))


def looks(picture: np.ndarray) -> np.ndarray:
    """What a picture looks like, whatever it shows: colour and its spread, contrast and texture at four scales, float64, (LOOKS,)."""
    linear = np.sqrt(to_linear(picture).astype(np.float64))
    grey = linear.mean(-1)
    colour = np.stack([grey, linear[..., 0] - linear[..., 1], linear[..., 2] - linear[..., 1]], -1).reshape(-1, 3)
    levels, together = np.percentile(colour, [5, 25, 50, 75, 95], axis=0), np.cov(colour.T)[[0, 0, 1], [1, 2, 2]]
    parts = [colour.mean(0), colour.std(0), levels, together]
    soft = {scale: gaussian_filter(grey, scale) for scale in (0.5, 1, 2, 4, 8)}
    for scale in (1, 2, 4, 8):
        band = soft[scale / 2] - soft[scale]
        strength = np.abs(band)
        steep = np.hypot(*np.gradient(soft[scale / 2]))
        parts.append([band.std(), strength.mean(), np.percentile(strength, 90), steep.mean(), np.percentile(steep, 95)])
    return np.concatenate([np.ravel(part) for part in parts])


def discrepancy(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Squared maximum mean discrepancy (Gretton et al., 2012), unbiased, of looks, (N, D) and (M, D): about 0 where they are alike.

    Features are scaled by their spread in `theirs`; Gaussian kernel, as wide as the median distance there.
    """
    spread = theirs.std(0) + 1e-6
    ours, theirs = ours / spread, theirs / spread

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.maximum((a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T, 0)

    width = np.median(apart(theirs, theirs)[np.triu_indices(len(theirs), 1)]) + 1e-9
    one, two, both = (np.exp(-apart(a, b) / width) for a, b in ((ours, ours), (theirs, theirs), (ours, theirs)))
    count, other = len(ours), len(theirs)
    within = (one.sum() - np.trace(one)) / (count * (count - 1)) + (two.sum() - np.trace(two)) / (other * (other - 1))
    return float(within - 2 * both.mean())


def recoloured(picture: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """A picture, uint8, with another mean and spread of every channel: transfer of colour statistics (Reinhard et al., 2001)."""
    own = picture.reshape(-1, 3).astype(np.float64)
    moved = (picture - own.mean(0)) / (own.std(0) + 1e-6) * spread + mean
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8)
