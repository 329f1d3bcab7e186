"""Footage: pairs from a dataset's own photographs, whoever took them, so that the network can be tuned to a camera or a look."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from simgen import dataset
from simgen.dataset.durable import writing
from simgen.dataset.reader import Record
from simgen.errors import InvalidValue
from simgen.photography import lit_views
from simgen.scenario.colorimetry import luminance
from simgen.scenario.schedule import conditions_at
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.training.plan import is_held, materials_of, room_of
from simgen.training.shard import Pair, shards, write_shard
from simgen.world.develop import metered, white_balance
from simgen.world.focus import focus_distance
from simgen.world.preview import photometric, smooth_edges
from simgen.world.tone import WHITE, film, to_linear

EVERY = 10
"""Frames from one that is taken, with the frame before it, to the next."""
_EXPOSURE = np.linspace(0, np.sqrt(WHITE), 4096) ** 2
_DISPLAY = film(_EXPOSURE)


def pairs_from(root: str | Path, out: str | Path, *, every: int = EVERY, progress: Callable[[int, int], None] = lambda *_: None) -> Path:
    """Turn photographs of a dataset into pairs, a shard an episode; those that are there already are left as they are.

    Air stays in them: take footage of clear air, or the network will learn to draw fog that is then drawn again.

    Args:
        root: a dataset of SimGen, with its physics truth.
        out: folder of the pairs.
        every: frames from one that is taken to the next.
        progress: told how many episodes are done, and of how many.

    Raises:
        DamagedDataset: if the dataset is not whole.
        InvalidValue: if `every` is less than 1.
        CannotWrite: if `out` cannot be written.
    """
    if every < 1:
        raise InvalidValue("every", every, "at least 1 frame")
    episodes, out = dataset.open(root), Path(out)
    with writing(out):
        (out / "shards").mkdir(parents=True, exist_ok=True)
    there = {path.name for path in shards(out)}
    for number in range(len(episodes)):
        progress(number, len(episodes))
        place = out / "shards" / f"footage_{number:06d}"
        if place.name not in there:
            with episodes[number] as record:
                write_shard(place, _pairs(record, every), _meta(record, number))
    progress(len(episodes), len(episodes))
    return out


def _meta(record: Record, number: int) -> dict:
    scene = record.scene
    split = "held-out" if is_held(scene.sha256, ()) else "train"
    facts = {"number": number, "seed": scene.seed, "episode": scene.episode, "scenario": scene.name, "scene_sha256": scene.sha256}
    facts |= {"room": room_of(scene), "materials": materials_of(scene), "weather": scene.weather.preset or ""}
    return facts | {"sensor": scene.sensor.preset or "", "split": split, "held": ()}


def _pairs(record: Record, every: int) -> list[Pair]:
    taken = [0, *(t for instant in range(every, len(record), every) for t in (instant - 1, instant))]
    states = [record.trajectory.states[t] for t in taken]
    conditions = [conditions_at(record.scene, state.time_ns) for state in states]
    views = {camera: [seen[t] for t in taken] for camera, seen in record.trajectory.observations.items()}
    pairs: list[Pair] = []
    for camera, seen in lit_views(record.scene, states, views, conditions).items():
        frames, begin = record.clips[camera].frames, len(pairs)
        for place, (t, observation, now) in enumerate(zip(taken, seen, conditions, strict=True)):
            light = illuminate(now.weather, now.light, None if record.scene.folder is None else Path(record.scene.folder))
            cheap = smooth_edges(photometric(observation, Weather(), light), observation)
            target = undeveloped(frames[t], cheap, white_balance(now.sensor, light))
            before = begin + place - 1 if place and taken[place - 1] == t - 1 else -1
            pairs.append(Pair(observation, now, cheap, target, metered(cheap), focus_distance(now.sensor, seen[0]), before))
    return pairs


def undeveloped(picture: np.ndarray, cheap: np.ndarray, balance: np.ndarray) -> np.ndarray:
    """The light of a photograph, cd/m2, float32, (H, W, 3): its tone curve and white balance undone, and as bright as the cheap light.

    Args:
        picture: sRGB, uint8, (H, W, 3).
        cheap: light of the same instant, cd/m2, (H, W, 3): nobody knows how a camera was exposed.
        balance: from the colours of the scene to those of the picture, (3, 3).
    """
    exposure = np.interp(to_linear(picture), _DISPLAY, _EXPOSURE)
    light = np.maximum(exposure @ np.linalg.inv(balance).T, 0)
    ours, theirs = luminance(light), luminance(cheap)
    clear = (ours > 0.02) & (ours < 2) & (theirs > 0)
    scale = np.median(theirs[clear] / ours[clear]) if clear.any() else 1.0
    return (light * scale).astype(np.float32)

