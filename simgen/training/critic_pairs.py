"""What the critic learns from: photographs of pairs, with the exact depth and the outlines of what they show."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from simgen.dataset.durable import publish, writing
from simgen.errors import DamagedDataset
from simgen.randomness import stream
from simgen.scenario.conditions import Conditions
from simgen.scenario.sensor import Sensor
from simgen.scenario.sky import illuminate
from simgen.training.shard import META, Pair, Shard, shards
from simgen.verify.expectation import Expectation
from simgen.verify.faults import STRENGTHS
from simgen.verify.harmless import HARMLESS
from simgen.world.atmosphere import through_air
from simgen.world.develop import Developer, metered

ARRAYS = ("photographs", "depth", "outline")
KINDS = ("faulty", "clean", "cheap")
"""Photographs of a pair: the path tracer's light through the pair's own sensor, the same through one without faults, and the cheap
light through the pair's own sensor, as the gate's references are."""
SHARES = (0.5, 0.25, 0.25)
"""How often each is shown."""
CHANGED = 0.6
"""How often a harmless change is made."""
MIRRORED = 0.5
"""How often left and right change places."""
FAULTLESS = Sensor(shot_noise=0.0, read_noise=0.0)
FORMAT = 1
"""Goes up whenever what is packed changes."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """One shard, every array mapped from disk. F frames."""

    name: str
    held_out: bool
    photographs: np.ndarray
    """`KINDS`, sRGB, uint8, (F, 3, H, W, 3)."""
    depth: np.ndarray
    """Logarithm of metres, float16, (F, H, W); NaN where nothing was hit."""
    outline: np.ndarray
    """Pixels beside another thing, bool, (F, H, W)."""

    def __len__(self) -> int:
        return len(self.depth)


@dataclass(frozen=True, eq=False)
class CriticBatch:
    """What one step of training looks at."""

    tones: Tensor
    """sRGB from 0 to 1, (N, 3, H, W)."""
    depth: Tensor
    """(N, H, W); NaN where nothing was hit."""
    outline: Tensor
    """0 or 1, (N, H, W)."""

    def to(self, device) -> "CriticBatch":
        """On another device."""
        return CriticBatch(*(part.to(device) for part in (self.tones, self.depth, self.outline)))


def lessons_below(data: Path, cache: Path, known: dict[str, Lessons]) -> dict[str, Lessons]:
    """Every finished shard of a folder of pairs; those already known are taken as they are.

    Raises:
        DamagedDataset: if a shard is not whole.
        CannotWrite: if the cache cannot be written.
    """
    return {path.name: known.get(path.name) or _lessons(path, cache) for path in shards(data)}


def critic_batch(lessons: Sequence[Lessons], *, size: int, crop: int, seed: int, step: int) -> CriticBatch:
    """The batch of one step: the same for a seed and a step, whatever came before.

    Args:
        lessons: shards to draw from, every frame as likely as any other.
        size: crops in it.
        crop: width and height of each in pixels, a multiple of the network's stride; smaller where frames are smaller.
        seed: root seed.
        step: number of the step.
    """
    rng = stream(seed, step, "critic batch")
    ends = np.cumsum([len(part) for part in lessons])
    chosen = [_crop(lessons, ends, int(rng.integers(ends[-1])), crop, rng) for _ in range(size)]
    tones, depth, outline = (torch.from_numpy(np.stack(parts)) for parts in zip(*chosen, strict=True))
    return CriticBatch(tones.permute(0, 3, 1, 2).float() / 255, depth.float(), outline.float())


def _lessons(folder: Path, cache: Path) -> Lessons:
    said = json.dumps([FORMAT, KINDS, str(folder.resolve())])
    place = cache / f"{folder.name}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"
    if not place.exists():
        _pack(Shard(folder), place)
    try:
        arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        held_out = json.loads((folder / META).read_text())["split"] == "held-out"
    except (OSError, ValueError) as error:
        raise DamagedDataset(place, f"not a whole packed shard ({error})") from error
    return Lessons(folder.name, held_out, **arrays)


def _pack(shard: Shard, place: Path) -> None:
    rows = [_lesson(shard, row) for row in range(len(shard))]
    aside = place.with_name(f".{place.name}.writing")
    with writing(place):
        aside.mkdir(parents=True, exist_ok=True)
        for name, parts in zip(ARRAYS, zip(*rows, strict=True), strict=True):
            np.save(aside / f"{name}.npy", np.stack(parts))
        publish(aside, place)


def _lesson(shard: Shard, row: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pair, seed = shard[row], int(stream(shard.meta["seed"], shard.meta["number"], f"critic {row}").integers(2**63))
    interval_s = 0.0 if pair.previous < 0 else (pair.observation.time_ns - shard.meta["frames"][pair.previous]["time_ns"]) / 1e9
    own, depth = pair.conditions.sensor, pair.observation.depth
    shown = ((pair.target, own), (pair.target, FAULTLESS), (pair.cheap, own))
    photographs = np.stack([_photograph(pair, light, sensor, seed, interval_s) for light, sensor in shown])
    log_depth = np.where(np.isfinite(depth), np.log(np.maximum(np.where(np.isfinite(depth), depth, 1), 1e-3)), np.nan)
    return photographs, log_depth.astype(np.float16), Expectation(pair.observation).outline


def _photograph(pair: Pair, light: np.ndarray, sensor: Sensor, seed: int, interval_s: float) -> np.ndarray:
    """Light before the air as this sensor shows it, sRGB, uint8, (H, W, 3)."""
    seen, now = pair.observation, Conditions(pair.conditions.weather, pair.conditions.light, sensor)
    illumination = illuminate(now.weather, now.light)
    hdr = through_air(light, seen, now, illumination, seed=seed)
    return Developer(metered(hdr), seen.view, seed=seed, interval_s=interval_s).develop(0, hdr, seen, now, illumination)


def _crop(lessons: Sequence[Lessons], ends: np.ndarray, number: int, crop: int, rng: np.random.Generator):
    part = int(np.searchsorted(ends, number, side="right"))
    shard, row = lessons[part], number - (int(ends[part - 1]) if part else 0)
    height, width = shard.depth.shape[1:]
    high, wide = min(crop, height), min(crop, width)
    top, left = int(rng.integers(height - high + 1)), int(rng.integers(width - wide + 1))
    window = slice(top, top + high), slice(left, left + wide)
    photograph = shard.photographs[row, rng.choice(len(KINDS), p=SHARES)][window]
    if rng.random() < CHANGED:
        change = HARMLESS[str(rng.choice(list(HARMLESS)))]
        photograph = change(photograph[None], rng, int(rng.integers(STRENGTHS)))[0]
    parts = photograph, shard.depth[row][window], shard.outline[row][window]
    return [np.ascontiguousarray(plane[:, ::-1]) for plane in parts] if rng.random() < MIRRORED else parts
