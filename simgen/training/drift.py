"""Drift: does a photograph that knows the last one change on its own in a long run? The first frames are compared with the last."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from simgen import simulator as simulators
from simgen.dataset.durable import write_json, writing
from simgen.errors import InvalidValue
from simgen.generate import Job, arrange
from simgen.observation import Observation, State
from simgen.photography import world_seed
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.scenario.schedule import conditions_at
from simgen.simulator import Simulator
from simgen.training.methods import FAULTLESS
from simgen.training.scores import decibels, structure
from simgen.training.tables import drift_page
from simgen.training.wander import Instant, wander
from simgen.training.warping import changes, flicker
from simgen.world import Appearance, ControlClip, Shot, Stream, World
from simgen.world.preview import Preview
from simgen.world.tone import to_linear

PERIOD = 100
"""Frames of a round; the first and the last are compared, so that both show the same."""
EVERY = 10
"""Frames from one that the path tracer draws too to the next."""
DRAWS = 2000
"""Of the bootstrap."""
SETTLED = 10
"""Frames after which a stream that began anew should agree with one that never stopped."""
TOLERANCES = {
    "red": 0.5, "green": 0.5, "blue": 0.5, "sharpness": 0.01, "flicker": 0.05, "psnr_preview": 0.1, "ssim_preview": 0.002,
    "psnr_traced": 0.1, "ssim_traced": 0.002,
}  # fmt: skip
"""How far the last frames may be from the first and still count as equal: bytes, a share, bytes, decibels and shares of 1."""


@dataclass(frozen=True, eq=False)
class _Run:
    """One camera's frames of both rounds, the last after the first."""

    scene: Scene
    conditions: Conditions
    states: list[State]
    seen: list[Observation]
    drawn: np.ndarray
    """By the stream that began with the run, uint8, (2 * T, H, W, 3)."""
    anew: np.ndarray
    """The last round, by a stream that began with it, uint8, (T, H, W, 3)."""

    @property
    def period(self) -> int:
        """Frames of a round, T."""
        return len(self.anew)


def drift(
    job: Job,
    world: World,
    out: str | Path,
    *,
    frames: int = 1000,
    episode: int = 0,
    period: int = PERIOD,
    tracer: World | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict:
    """Stream a run without end, frame by frame, and compare its last round with its first.

    A robot's hand goes round and round, so that both show the same, and differences are the world's own; those of the preview, which
    remembers nothing, are given beside them. Written are `drift.json`, the same to be read as `drift.md`, and `drift.png`.

    Args:
        job: the scene, its pictures' size, weather and light.
        world: who is streamed; it must be causal.
        out: where the files go.
        frames: how many, whole rounds.
        episode: number of the scene's draw.
        period: frames of a round.
        tracer: the path tracer, which draws some frames of both rounds to compare with; None leaves that out.
        progress: told how many frames are done, and of how many.

    Raises:
        InvalidValue: if there are not at least three whole rounds.
        CannotWrite: if `out` cannot be written.
    """
    if frames < 3 * period or frames % period:
        raise InvalidValue("--frames", frames, f"whole rounds of {period} frames, at least 3 of them")
    engine, out = simulators.make(job.simulator), Path(out)
    try:
        scene = arrange(job, episode, engine)
        said = conditions_at(scene, 0)
        runs = _streamed(scene, engine, Conditions(said.weather, said.light, FAULTLESS), world, (frames, period), progress)
    finally:
        engine.close()
    drawn = {camera: _others(run, tracer) for camera, run in runs.items()}
    result = {"frames": frames, "scene": scene.name, "scene_sha256": scene.sha256, "cameras": {}}
    for camera, run in runs.items():
        result["cameras"][camera] = {"metrics": _compared(run, drawn[camera]), "began_anew": _anew(run)}
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "drift.json", result)
        (out / "drift.md").write_text(drift_page(result))
        Image.fromarray(np.concatenate([_strip(run, drawn[camera]) for camera, run in runs.items()])).save(out / "drift.png")
    return result


def _streamed(
    scene: Scene,
    engine: Simulator,
    conditions: Conditions,
    world: World,
    length: tuple[int, int],
    progress: Callable[[int, int], None],
) -> dict[str, _Run]:
    """Camera to its two rounds: two streams go through the run side by side, the second through the last round alone."""
    (frames, period), kept, drawn, anew, streams = length, list[Instant](), [], [], []
    for number, instant in zip(range(frames), wander(scene, engine, conditions, period=period), strict=False):
        progress(number, frames)
        if number in (0, frames - period):
            streams.append(_begun(world, instant, conditions, scene))
        pictures = [stream.step([Shot(seen, scene) for seen in instant.seen.values()]) for stream in streams]
        if number < period or number >= frames - period:
            kept.append(instant)
            drawn.append(pictures[0])
            anew += pictures[1:]
    return {
        camera: _Run(
            scene,
            conditions,
            [instant.state for instant in kept],
            [instant.seen[camera] for instant in kept],
            *(np.stack([rows[row] for rows in part]) for part in (drawn, anew)),
        )
        for row, camera in enumerate(scene.cameras)
    }


def _begun(world: World, instant: Instant, conditions: Conditions, scene: Scene) -> Stream:
    views, count = [seen.view for seen in instant.seen.values()], len(instant.seen)
    return world.stream(views, [Appearance(conditions=(conditions,))] * count, seeds=[world_seed(scene)] * count)


def _others(run: _Run, tracer: World | None) -> dict[str, dict[int, np.ndarray]]:
    """World to the number of a frame of both rounds to its photograph, metered on the first of the run as the stream is."""
    appearance, found = Appearance(conditions=(run.conditions,)), {}
    for name, other, rows in (("preview", Preview(), range(len(run.seen))), ("traced", tracer, range(0, len(run.seen), EVERY))):
        if other is not None:
            clip = ControlClip(tuple(run.seen[row] for row in rows), run.scene, tuple(run.states[row] for row in rows))
            found[name] = dict(zip(rows, other.render(clip, appearance, seed=world_seed(run.scene)).frames, strict=True))
    return found


def _compared(run: _Run, others: dict[str, dict[int, np.ndarray]]) -> dict[str, dict]:
    """Name of a metric to its mean in both rounds, the difference with its interval, and the preview's own difference."""
    previews, known = list(others["preview"].values()), {name: drawn for name, drawn in others.items() if name != "preview"}
    ours, theirs = _metrics(run, run.drawn, others), _metrics(run, previews, known)
    return {name: _difference(values) | {"preview": _difference(theirs[name]) if name in theirs else None, "within": TOLERANCES[name]}
            for name, values in ours.items()}  # fmt: skip


def _metrics(run: _Run, frames: Sequence[np.ndarray], others: dict[str, dict[int, np.ndarray]]) -> dict[str, np.ndarray]:
    """Name of a metric to its values in both rounds, (2, N)."""
    found = defaultdict(list)
    for row, picture in enumerate(frames):
        for channel, value in zip(("red", "green", "blue"), picture.mean((0, 1)), strict=True):
            found[channel].append(float(value))
        found["sharpness"].append(_sharpness(picture))
        if row % run.period:
            found["flicker"].append(flicker(changes(frames[row - 1], picture, run.seen[row].flow)))
        for name, drawn in others.items():
            if row in drawn:
                found[f"psnr_{name}"].append(decibels(picture, drawn[row]))
                found[f"ssim_{name}"].append(structure(picture, drawn[row]))
    return {name: np.array(values).reshape(2, -1) for name, values in found.items()}


def _sharpness(picture: np.ndarray) -> float:
    """Mean steepness of the brightness, as seen, over its mean."""
    grey = np.sqrt(to_linear(picture).mean(-1))
    return float(np.hypot(*np.gradient(grey)).mean() / max(float(grey.mean()), 1e-6))


def _difference(values: np.ndarray) -> dict:
    """Means of both rounds, and of what changed between frames that show the same, with 95 % of it by a bootstrap over those."""
    off = values[1] - values[0]
    picked = np.random.default_rng(0).integers(len(off), size=(DRAWS, len(off)))
    low, high = np.percentile(off[picked].mean(1), [2.5, 97.5])
    return {
        "first": round(float(values[0].mean()), 4),
        "last": round(float(values[1].mean()), 4),
        "difference": round(float(off.mean()), 5),
        "difference_95": [round(float(low), 5), round(float(high), 5)],
    }


def _anew(run: _Run) -> dict[str, float]:
    """How far the stream that began with the last round is from the one that never stopped, once it has settled."""
    pairs = list(zip(run.anew, run.drawn[run.period :], strict=True))[SETTLED:]
    apart = [float(np.abs(one.astype(np.float32) - other).mean()) for one, other in pairs]
    found = [decibels(one, other) for one, other in pairs]
    return {"mean_difference": round(float(np.mean(apart)), 4), "psnr": round(float(np.mean(found)), 2), "least_psnr": round(min(found), 2)}


def _strip(run: _Run, others: dict[str, dict[int, np.ndarray]]) -> np.ndarray:
    """The first frame of both rounds as streamed, as path-traced (or the preview's), and what changed in the stream, eightfold."""
    other = others.get("traced", others["preview"])
    change = np.abs(run.drawn[run.period].astype(np.int16) - run.drawn[0]) * 8
    return np.concatenate([run.drawn[0], run.drawn[run.period], other[0], other[run.period], np.clip(change, 0, 255).astype(np.uint8)], 1)
