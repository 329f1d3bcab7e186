"""Evaluation of the neural world on held-out pairs, beside what can be had without it: numbers, tables by group, and pictures."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from simgen.dataset.durable import write_json, writing
from simgen.errors import InvalidValue
from simgen.training.judging import judged
from simgen.training.known import Known, known, truths
from simgen.training.ledger import Ledger
from simgen.training.methods import STEPS, TRACED, Networks, drawings, networks
from simgen.training.outcome import outcome, worst
from simgen.training.scores import LOOKS
from simgen.training.shard import Shard, shards
from simgen.training.tables import page
from simgen.verify.critic.network import Critic
from simgen.world.neural.network import NeuralShading

SHOWN = 12
"""Rows of the sheet."""
Clip = tuple[Shard, tuple[int, ...]]
"""Rows of a shard that follow each other."""
COLUMNS = ("simulator", "cheap", "neural", f"neural_{STEPS}_steps", TRACED)


def evaluate(
    data: str | Path,
    network: NeuralShading,
    out: str | Path,
    *,
    beside: Mapping[str, NeuralShading] | None = None,
    critic: Critic | None = None,
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
        critic: who reads depth and boundaries in the photographs; None leaves them out.
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
    ledger, pictures, seen = _scored(clips, asked, learned, critic, progress)
    result = outcome(ledger, seen, learned)
    with writing(out):
        write_json(out / "evaluation.json", result)
        write_json(out / "frames.json", ledger.json())
        (out / "evaluation.md").write_text(page(result))
        for name, rows in _sheets(ledger, pictures).items():
            Image.fromarray(np.concatenate(rows)).save(out / f"{name}.png")
    return result


def _chosen(held: list[Shard], frames: int | None) -> list[Clip]:
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
    clips: list[Clip], asked: Networks, learned: Known, critic: Critic | None, progress: Callable[[int, int], None]
) -> tuple[Ledger, list[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Scores of every clip, and pictures and looks of its first frame as every method drew it."""
    ledger, pictures, seen = Ledger(), [], defaultdict(list)
    statistics, classifiers = learned.statistics(), learned.classifiers()
    for number, (shard, rows) in enumerate(clips):
        progress(number, len(clips))
        pairs = [shard[row] for row in rows]
        made = drawings(pairs, asked, statistics)
        facts = _facts(shard, rows[0])
        ledger.add(facts, judged(made, pairs, facts["truths"], classifiers, critic))
        pictures.append({name: drawing.frames[0] for name, drawing in made.items()})
        for name, drawing in made.items():
            seen[name].append(drawing.traits[:LOOKS])
    return ledger, pictures, {name: np.stack(rows) for name, rows in seen.items()}


def _facts(shard: Shard, row: int) -> dict:
    """What is known of a frame."""
    meta, frame = shard.meta, shard.meta["frames"][row]
    weather, _, level = meta["weather"].partition(":")
    light, camera = frame["light_name"].partition(":")[0] or "default", frame["camera"]
    return {
        "scene": shard.folder.name,
        "row": row,
        "weather": weather,
        "level": level,
        "light": light,
        "camera": "stray" if camera.startswith("stray") else camera,
        "room": meta.get("room") or "none",
        "truths": truths(shard, row),
        "held_out": list(meta.get("held") or ["scene only"]),
    }


def _sheets(ledger: Ledger, pictures: list[dict[str, np.ndarray]]) -> dict[str, list[np.ndarray]]:
    """Name of a sheet to its rows: frames spread evenly, and those in which the network does least."""
    spread = np.unique(np.linspace(0, len(pictures) - 1, SHOWN).astype(int))
    picked = {"evaluation": spread, "worst": [frame["number"] for frame in worst(ledger)]}
    return {name: [np.concatenate([pictures[n][column] for column in COLUMNS], 1) for n in rows] for name, rows in picked.items()}
