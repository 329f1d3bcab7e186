"""Evaluation of the neural world on held-out pairs, beside what can be had without it: numbers, tables by group, and pictures."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from simgen.dataset.durable import write_json, writing
from simgen.errors import InvalidValue
from simgen.training.known import PROBES, Known, known, truths
from simgen.training.ledger import Ledger
from simgen.training.methods import STEPS, TRACED, Networks, drawn, networks, photographs
from simgen.training.outcome import outcome
from simgen.training.recognition import Classifier, traits
from simgen.training.scores import decibels, edges_found, outlines_found, structure
from simgen.training.shard import Pair, Shard, shards
from simgen.training.tables import page
from simgen.training.warping import changes, flicker, warping_error
from simgen.world.neural.network import NeuralShading

SHOWN = 12
"""Rows of the sheet."""
COLUMNS = ("simulator", "cheap", "neural", f"neural_{STEPS}_steps", TRACED)


def evaluate(
    data: str | Path,
    network: NeuralShading,
    out: str | Path,
    *,
    beside: Mapping[str, NeuralShading] | None = None,
    frames: int | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict:
    """Score every method on held-out pairs.

    Written are `evaluation.json`, the same to be read as `evaluation.md`, the scores of every single frame as `frames.json`, and
    pictures as `evaluation.png` and `worst.png`. All methods are seen through the same air by the same quiet camera, which meters
    each by itself. What classifiers learn from is kept in `known/`.

    Args:
        data: a folder of pairs.
        network: with its weights.
        out: where the files go.
        beside: other networks by name, asked for one step.
        frames: at most so many are looked at, spread evenly, and the frames that follow them; None is all.
        progress: told how many frames are done, and of how many.

    Raises:
        InvalidValue: if fewer than two frames are held out, nothing is to train on, or a name is taken.
        CannotWrite: if `out` cannot be written.
    """
    every, out = [Shard(path) for path in shards(data)], Path(out)
    asked = networks(network, beside or {})
    clips = _chosen([shard for shard in every if shard.held_out], frames)
    learned = known([shard for shard in every if not shard.held_out], out / "known")
    ledger, pictures, features = _scored(clips, asked, learned, progress)
    result = outcome(ledger, features)
    with writing(out):
        write_json(out / "evaluation.json", result)
        write_json(out / "frames.json", ledger.json())
        (out / "evaluation.md").write_text(page(result))
        for name, rows in _sheets(ledger, pictures).items():
            Image.fromarray(np.concatenate(rows)).save(out / f"{name}.png")
    return result


def _chosen(held: list[Shard], frames: int | None) -> list[tuple[Shard, tuple[int, ...]]]:
    """Frames that begin a clip, each with the frame that follows it, where there is one."""
    clips = []
    for shard in held:
        after = {frame["previous"]: row for row, frame in enumerate(shard.meta["frames"])}
        fresh = [row for row, frame in enumerate(shard.meta["frames"]) if frame["previous"] < 0]
        clips += [(shard, (row, after[row]) if row in after else (row,)) for row in fresh]
    if len(clips) < 2:
        raise InvalidValue("the number of held-out frames", len(clips), "at least 2; make more with: simgen pairs")
    picked = np.linspace(0, len(clips) - 1, min(frames or len(clips), len(clips)))
    return [clips[number] for number in np.unique(picked.astype(int))]


def _scored(
    clips: list[tuple[Shard, tuple[int, ...]]], asked: Networks, learned: Known, progress: Callable[[int, int], None]
) -> tuple[Ledger, list[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Scores, pictures and features of what every method makes of the first frame of every clip."""
    ledger, pictures, features = Ledger(), [], {}
    statistics, classifiers = learned.statistics(), learned.classifiers()
    for number, (shard, rows) in enumerate(clips):
        progress(number, len(clips))
        pairs = [shard[row] for row in rows]
        made = drawn(pairs, asked, statistics)
        seen = {name: traits(photographs[0]) for name, photographs in made.items()}
        scores = {name: _score(photographs, made[TRACED], pairs) for name, photographs in made.items()}
        ledger.add(_facts(shard, rows[0]), scores)
        pictures.append({name: photographs[0] for name, photographs in made.items()})
        for name, row in seen.items():
            features.setdefault(name, []).append(row)
    return ledger, pictures, {name: np.stack(rows) for name, rows in features.items()}
