"""Evaluation of the neural world on held-out pairs, beside what can be had without it, as JSON and as a sheet of pictures."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from simgen.dataset.durable import write_json, writing
from simgen.errors import InvalidValue
from simgen.scenario.conditions import Conditions
from simgen.scenario.sensor import Sensor
from simgen.scenario.sky import illuminate
from simgen.training.scores import decibels, discrepancy, edges_found, flicker, looks, recoloured, structure
from simgen.training.shard import Pair, Shard, shards
from simgen.world.atmosphere import through_air
from simgen.world.develop import Developer, metered
from simgen.world.neural.buffers import buffers
from simgen.world.neural.denoise import Sampling, carried, denoised
from simgen.world.neural.network import NeuralShading
from simgen.world.neural.row import corrected

STEPS = 4
"""Of the denoiser that draws one of many photographs."""
SHOWN = 12
"""Rows of the sheet."""
COLUMNS = ("simulator", "cheap", "neural", f"neural_{STEPS}_steps", "path_traced")
METHODS = ("simulator", "recoloured", "cheap", "neural", "neural_geometry_only", f"neural_{STEPS}_steps")
"""Flat colour; the same with the colour statistics of path-traced pictures under that light; the preview; the network in one step;
in one step from geometry, weather and light alone; and as a denoiser."""
NEURAL = {
    "neural": Sampling(),
    f"neural_{STEPS}_steps": Sampling(steps=STEPS),
    "neural_geometry_only": Sampling(weights=dict.fromkeys(("cheap", "albedo", "light", "material"), 0.0)),
}
FAULTLESS = Sensor(shot_noise=0.0, read_noise=0.0)
DRAWS = 1000
"""Of the bootstrap over scenes."""


@dataclass
class _Tally:
    scores: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    looks: list[np.ndarray] = field(default_factory=list)


def evaluate(
    data: str | Path,
    network: NeuralShading,
    out: str | Path,
    *,
    frames: int | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict:
    """Numbers of every method on held-out pairs, written as `evaluation.json`, and a sheet, `evaluation.png`.

    All are seen through the same air by the same quiet camera, which meters each by itself.

    Args:
        data: a folder of pairs.
        network: with its weights.
        out: where the files go.
        frames: at most so many are looked at, spread evenly; None is all.
        progress: told how many frames are done, and of how many.

    Raises:
        InvalidValue: if fewer than two frames are held out.
        CannotWrite: if `out` cannot be written.
    """
    held, out = [shard for shard in map(Shard, shards(data)) if shard.held_out], Path(out)
    places = [(shard, row) for shard in held for row in range(len(shard)) if shard.meta["frames"][row]["previous"] < 0]
    if len(places) < 2:
        raise InvalidValue("the number of held-out frames", len(places), "at least 2; make more with: simgen pairs")
    places = [places[n] for n in np.unique(np.linspace(0, len(places) - 1, min(frames or len(places), len(places))).astype(int))]
    statistics = _statistics(data)
    tallies, sheet, scenes, weathers = {name: _Tally() for name in (*METHODS, "path_traced")}, [], [], []
    for number, (shard, row) in enumerate(places):
        progress(number, len(places))
        drawn = _drawn(shard[row], network, statistics)
        for name, tally in tallies.items():
            _score(tally, drawn[name], drawn["path_traced"])
        scenes.append(shard.folder.name)
        weathers.append(shard.meta["weather"].partition(":")[0])
        if number * SHOWN // len(places) == len(sheet):
            sheet.append(np.concatenate([drawn[name] for name in COLUMNS], 1))
    result = _result(tallies, np.array(scenes), np.array(weathers)) | {"flicker": _flickers(held, network, frames)}
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "evaluation.json", result)
        Image.fromarray(np.concatenate(sheet)).save(out / "evaluation.png")
    return result


def _drawn(pair: Pair, network: NeuralShading, statistics: dict) -> dict[str, np.ndarray]:
    mean, spread = statistics.get(pair.light.partition(":")[0], statistics[""])
    pictures = {"simulator": pair.observation.albedo, "recoloured": recoloured(pair.observation.albedo, mean, spread)}
    for name, sampling in NEURAL.items():
        pictures[name] = photographs([pair], neural_light([pair], network, sampling))[0]
    return pictures | {"cheap": photographs([pair], [pair.cheap])[0], "path_traced": photographs([pair], [pair.target])[0]}


def neural_light(pairs: Sequence[Pair], network: NeuralShading, sampling: Sampling) -> list[np.ndarray]:
    """What the network makes of frames that follow each other, cd/m2 before the air, float32, (H, W, 3) each."""
    gain, found, last = metered(pairs[0].cheap), [], None
    for number, pair in enumerate(pairs):
        seen, now = pair.observation, pair.conditions
        frame = buffers(seen, pair.cheap, now, illuminate(now.weather, now.light), gain=gain, focus_m=pairs[0].focus_m)
        if last is not None:
            frame.maps["history"] = carried(last, seen.flow)
        noise = None
        if sampling.steps > 1:
            noise = [np.random.default_rng(number).standard_normal(pair.cheap.shape, dtype=np.float32)]
        tone = denoised(network, [frame], noise, sampling)[0]
        last = np.clip(tone, 0, 1)
        found.append(corrected(pair.cheap, tone, ~np.isfinite(seen.depth), gain))
    return found


def photographs(pairs: Sequence[Pair], lights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Light before the air as frames of one clip: through the air, by a camera of no faults that meters the first, sRGB, uint8."""
    camera, frames = None, []
    for number, (pair, light) in enumerate(zip(pairs, lights, strict=True)):
        seen, now = pair.observation, Conditions(pair.conditions.weather, pair.conditions.light, FAULTLESS)
        illumination = illuminate(now.weather, now.light)
        hdr = through_air(light, seen, now, illumination, seed=0)
        camera = camera or Developer(hdr, seen.view, now, illumination, seed=0, interval_s=0.0)
        frames.append(camera.develop(number, hdr, seen, now, illumination))
    return frames


def _statistics(data: str | Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Light to mean and spread of what is trained on, path-traced; of everything under the empty name."""
    sums: dict[str, list] = defaultdict(list)
    for shard in (shard for shard in map(Shard, shards(data)) if not shard.held_out):
        for row in range(0, len(shard), 4):
            pair = shard[row]
            pixels = photographs([pair], [pair.target])[0].reshape(-1, 3).astype(np.float64)
            for name in ("", pair.light.partition(":")[0]):
                sums[name].append((pixels.mean(0), pixels.std(0)))
    if not sums:
        raise InvalidValue("the number of shards to train on", 0, "at least 1; make some with: simgen pairs")
    return {name: tuple(np.mean(parts, 0)) for name, parts in sums.items()}


def _score(tally: _Tally, drawn: np.ndarray, truth: np.ndarray) -> None:
    tally.looks.append(looks(drawn))
    for name, score in (("psnr", decibels), ("ssim", structure), ("edge_f1", edges_found)):
        tally.scores[name].append(score(drawn, truth))


def _result(tallies: dict[str, _Tally], scenes: np.ndarray, weathers: np.ndarray) -> dict:
    truth = np.stack(tallies["path_traced"].looks)
    methods, by_weather = {}, {}
    for name in METHODS:
        scores = {key: np.array(values) for key, values in tallies[name].scores.items()}
        methods[name] = {key: round(float(values.mean()), 4) for key, values in scores.items()}
        methods[name]["psnr_95"] = [round(end, 2) for end in _interval(scores["psnr"], scenes)]
        methods[name]["mmd2"] = round(discrepancy(np.stack(tallies[name].looks), truth), 4)
        for weather in np.unique(weathers):
            part = {key: round(float(values[weathers == weather].mean()), 4) for key, values in scores.items()}
            by_weather.setdefault(str(weather), {"frames": int((weathers == weather).sum())})[name] = part
    halves = discrepancy(truth[::2], truth[1::2]) if len(truth) > 3 else 0.0
    counts = {"frames": len(truth), "scenes": len(np.unique(scenes)), "mmd2_of_halves": round(halves, 4)}
    return counts | {"methods": methods, "weathers": by_weather}


def _interval(values: np.ndarray, scenes: np.ndarray) -> tuple[float, float]:
    """95 % of the mean, by a bootstrap over scenes."""
    rng, groups = np.random.default_rng(0), [values[scenes == name] for name in np.unique(scenes)]
    means = [np.concatenate([groups[n] for n in rng.integers(len(groups), size=len(groups))]).mean() for _ in range(DRAWS)]
    return tuple(float(end) for end in np.percentile(means, [2.5, 97.5]))


def _flickers(held: Sequence[Shard], network: NeuralShading, frames: int | None) -> dict[str, float]:
    """Mean change along the exact flow from one frame to the next, bytes; what is above the path tracer's own is flicker."""
    found = defaultdict(list)
    for number, both in enumerate(_followed(held)):
        if frames is not None and number >= frames:
            break
        lights = {name: neural_light(both, network, sampling) for name, sampling in NEURAL.items()}
        lights |= {"cheap": [pair.cheap for pair in both], "path_traced": [pair.target for pair in both]}
        for name, light in lights.items():
            found[name].append(flicker(*photographs(both, light), both[1].observation.flow))
    return {name: round(float(np.mean(values)), 3) for name, values in found.items()}


def _followed(held: Sequence[Shard]) -> Iterator[tuple[Pair, Pair]]:
    for shard in held:
        for row, frame in enumerate(shard.meta["frames"]):
            if frame["previous"] >= 0:
                yield shard[frame["previous"]], shard[row]
