"""Judging: every score of what the methods made of one clip of held-out frames."""

from collections.abc import Mapping, Sequence

import numpy as np

from simgen.training.critic_scores import LIKELY, boundaries_found, depth_error
from simgen.training.known import PROBES
from simgen.training.methods import TRACED, Drawing
from simgen.training.recognition import Classifier
from simgen.training.scores import decibels, edges_found, outlines_found, structure
from simgen.training.shard import Pair
from simgen.training.warping import changes, flicker, warping_error
from simgen.verify.critic import read
from simgen.verify.critic.network import Critic
from simgen.verify.expectation import Expectation


def judged(
    made: Mapping[str, Drawing],
    pairs: Sequence[Pair],
    truths: Mapping[str, str],
    classifiers: Mapping[str, Classifier],
    critic: Critic | None = None,
) -> dict[str, dict[str, float]]:
    """Method to name of a score to its value.

    Args:
        made: what every method made of the frames.
        pairs: the frames: one, or two that follow each other.
        truths: name of a classifier to the true class of the first.
        classifiers: who tells weather and light.
        critic: who tells depth and boundaries; None leaves them out.
    """
    scores: dict[str, dict[str, float]] = {name: {} for name in made}
    told = {name: _told(drawing, classifiers) for name, drawing in made.items()}
    true = made[TRACED].frames
    for name, drawing in made.items():
        scores[name] |= _still(drawing.frames[0], true[0], pairs[0])
        scores[name] |= _recognised(told[name], told[TRACED], truths, classifiers)
        if critic is not None:
            scores[name] |= _read(drawing.frames[0], pairs[0], critic)
        if len(pairs) > 1:
            scores[name] |= _moving(drawing.frames, true, pairs[1])
    return scores


def _still(picture: np.ndarray, true: np.ndarray, pair: Pair) -> dict[str, float]:
    return {
        "psnr": decibels(picture, true),
        "ssim": structure(picture, true),
        "edge_f1": edges_found(picture, true),
        "outline_f1": outlines_found(picture, pair.observation),
    }


def _moving(frames: Sequence[np.ndarray], true: Sequence[np.ndarray], last: Pair) -> dict[str, float]:
    """Of the second frame, which knows the first."""
    change, truly = (changes(*pictures, last.observation.flow) for pictures in (frames, true))
    return {
        "streamed_psnr": decibels(frames[1], true[1]),
        "change": flicker(change),
        "warping": warping_error(change),
        "unlike": warping_error(change - truly),
    }


def _read(picture: np.ndarray, pair: Pair, critic: Critic) -> dict[str, float]:
    """What the critic reads in a picture, against the truth."""
    depth, found = pair.observation.depth, read(picture, critic)
    truth = np.where(np.isfinite(depth), np.log(np.clip(depth, 1e-3, 1e6)), np.nan)
    error, _ = depth_error(found.log_depth, truth)
    _, _, both = boundaries_found(found.boundary > LIKELY, Expectation(pair.observation).outline)
    return {"depth_error": error, "boundary_f1": both}


def _told(drawing: Drawing, classifiers: Mapping[str, Classifier]) -> dict[str, str]:
    """Name of a classifier to the class it tells."""
    return {name: str(classifier.told(getattr(drawing, PROBES[name])[None])[0]) for name, classifier in classifiers.items()}


def _recognised(
    told: Mapping[str, str], of_true: Mapping[str, str], truths: Mapping[str, str], classifiers: Mapping[str, Classifier]
) -> dict[str, float]:
    """Whether the class told is the true one, and that told of the path-traced picture; of classes that somebody learned."""
    scores = {}
    for name, classifier in classifiers.items():
        if truths[name] in classifier.names:
            scores |= {f"{name}_told": told[name] == truths[name], f"{name}_alike": told[name] == of_true[name]}
    return scores
