"""What the critic came to on pairs that it did not learn from."""

import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter

from simgen.dataset.durable import writing
from simgen.training.critic_pairs import Lessons
from simgen.verify.critic import read
from simgen.verify.critic.network import Critic

FRAMES, SHOWN = 48, 8
"""How many are looked at, spread evenly over the held-out shards, and how many of them are drawn."""
NEAR = 2
"""Pixels by which a boundary may be off."""
LIKELY = 0.2
"""Probability from which on a pixel counts as a boundary, where F1 is about best after some minutes of learning."""
WITHIN = 1.25
"""Ratio of depths up to which one is right (Eigen et al., 2014)."""


def critic_scores(critic: Critic, lessons: Iterable[Lessons], out: Path, step: int, frames: int = FRAMES) -> dict[str, float]:
    """Boundary F1, and the error of depth once medians agree, of photographs with all faults, and a sheet `validation/STEP.png`.

    Where nothing is held out, pairs that are trained on must do; the names of the numbers then say so.
    """
    lessons = list(lessons)
    held = [one for one in lessons if one.held_out]
    side, chosen = ("held_out", held) if held else ("trained_on", lessons)
    places = [(one, row) for one in chosen for row in range(len(one))]
    places = [places[number] for number in np.unique(np.linspace(0, len(places) - 1, frames).astype(int))]
    scores, rows = [], []
    for one, row in places:
        photograph, depth, outline = np.asarray(one.photographs[row, 0]), one.depth[row].astype(np.float32), one.outline[row]
        found = read(photograph, critic)
        scores.append([*boundaries_found(found.boundary > LIKELY, outline), *depth_error(found.log_depth, depth)])
        planes = (outline, found.boundary, _ramp(depth, depth), _ramp(found.log_depth, depth))
        rows.append(np.concatenate([photograph, *(_grey(plane) for plane in planes)], 1))
    with writing(out):
        (out / "validation").mkdir(exist_ok=True)
        rows = [row for row in rows if row.shape == rows[0].shape]
        shown = [rows[number] for number in np.unique(np.linspace(0, len(rows) - 1, SHOWN).astype(int))]
        Image.fromarray(np.concatenate(shown)).save(out / "validation" / f"{step:07d}.png")
    names = ("precision", "recall", "f1", "abs_rel", "delta1")
    with warnings.catch_warnings(category=RuntimeWarning, action="ignore"):  # where there is nothing to find in any
        mean = dict(zip(names, np.nanmean(scores, 0), strict=True))
    return {f"{side}_{name}": round(float(value), 4) for name, value in mean.items()} | {"frames": len(scores)}


def boundaries_found(named: np.ndarray, outline: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and F1 of pixels named as boundaries, `NEAR` pixels of tolerance; NaN where there is nothing to find."""
    if not outline.any():
        return (float("nan"),) * 3
    width = 2 * NEAR + 1
    precise = (named & maximum_filter(outline, width)).sum() / max(named.sum(), 1)
    recalled = (outline & maximum_filter(named, width)).sum() / outline.sum()
    return float(precise), float(recalled), float(2 * precise * recalled / max(precise + recalled, 1e-9))


def depth_error(log_depth: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Mean relative error, and share within `WITHIN`, of depth against a truth, both logarithms, (H, W), once their medians agree.

    Pixels at which the truth is no number do not count; NaN where none are left.
    """
    hit = np.isfinite(truth)
    if not hit.any():
        return (float("nan"),) * 2
    off = log_depth[hit] - truth[hit]
    ratio = np.exp(off - np.median(off))
    return float(np.abs(ratio - 1).mean()), float((np.maximum(ratio, 1 / ratio) < WITHIN).mean())


def _ramp(log_depth: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Depth as brightness, near is bright, over the range of the truth."""
    hit = np.isfinite(truth)
    low, high = np.quantile(truth[hit], [0.01, 0.99]) if hit.any() else (0, 1)
    shifted = log_depth - (np.median((log_depth - truth)[hit]) if hit.any() else 0)
    return np.nan_to_num(1 - (shifted - low) / max(high - low, 1e-3))


def _grey(plane: np.ndarray) -> np.ndarray:
    return np.repeat(np.rint(255 * np.clip(plane, 0, 1)).astype(np.uint8)[..., None], 3, -1)
