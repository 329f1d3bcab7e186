"""Packed shards: what the network sees of every pair and what it should say, computed once, mapped from disk ever after."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simgen.dataset.durable import publish, writing
from simgen.errors import DamagedDataset
from simgen.randomness import stream
from simgen.scenario.sky import illuminate
from simgen.training.shard import META, Pair, Shard, shards
from simgen.world.neural.buffers import MODALITIES, VECTOR, buffers
from simgen.world.neural.denoise import carried
from simgen.world.neural.toning import toned

ARRAYS = ("maps", "vector", "target", "known")
JITTER_STOPS = 0.4
"""Standard deviation of the exposure at which a pair is shown: a camera meters once, and then light or view change."""
FORMAT = 1
"""Goes up whenever what is packed changes, beside the modalities themselves."""


@dataclass(frozen=True, eq=False)
class Packed:
    """One shard, every array mapped from disk."""

    name: str
    held_out: bool
    maps: np.ndarray
    """Modalities one after the other, float16, (F, H, W, sum of MODALITIES); history is the target of the frame before, carried along."""
    vector: np.ndarray
    """Conditions, float32, (F, VECTOR)."""
    target: np.ndarray
    """Tones of the path tracer's light, float16, (F, H, W, 3)."""
    known: np.ndarray
    """Whether there is a frame before, bool, (F,)."""
    meta: dict

    def __len__(self) -> int:
        return len(self.target)


def packed(folder: Path, cache: Path) -> Packed:
    """A shard as the network sees it, from the cache or made for it.

    Raises:
        DamagedDataset: if the shard is not whole.
        CannotWrite: if the cache cannot be written.
    """
    said = json.dumps([FORMAT, MODALITIES, VECTOR, str(folder.resolve())])
    place = cache / f"{folder.name}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"
    if not place.exists():
        _pack(Shard(folder), place)
    meta = json.loads((folder / META).read_text())
    try:
        arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    except (OSError, ValueError) as error:
        raise DamagedDataset(place, f"not a whole packed shard ({error})") from error
    return Packed(folder.name, meta["split"] == "held-out", **arrays, meta=meta)


def packed_below(data: Path, cache: Path, known: dict[str, Packed]) -> dict[str, Packed]:
    """Every finished shard of a folder of pairs; those already known are taken as they are."""
    return {path.name: known.get(path.name) or packed(path, cache) for path in shards(data)}


def split(maps: np.ndarray) -> dict[str, np.ndarray]:
    """Modality to its channels, (..., C), of maps one after the other."""
    ends = np.cumsum(list(MODALITIES.values()))
    return {name: maps[..., end - size : end] for (name, size), end in zip(MODALITIES.items(), ends, strict=True)}


def _pack(shard: Shard, place: Path) -> None:
    rows = [_seen(shard, row, _gain(shard, row)) for row in range(len(shard))]
    arrays = {name: np.stack([row[number] for row in rows]) for number, name in enumerate(ARRAYS)}
    aside = place.with_name(f".{place.name}.writing")
    with writing(place):
        aside.mkdir(parents=True, exist_ok=True)
        for name, array in arrays.items():
            np.save(aside / f"{name}.npy", array)
        publish(aside, place)


def _gain(shard: Shard, row: int) -> float:
    """A camera meters on the first frame of a clip, here the one before; jittered, alike for both frames of a pair."""
    first = shard.meta["frames"][row]["previous"]
    first = row if first < 0 else first
    stops = stream(shard.meta["seed"], shard.meta["number"], f"exposure {first}").normal(0, JITTER_STOPS)
    return shard.meta["frames"][first]["gain"] * (1.0 if shard.held_out else 2.0 ** float(stops))


def _seen(shard: Shard, row: int, gain: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    pair = shard[row]
    light = illuminate(pair.conditions.weather, pair.conditions.light)
    seen = buffers(pair.observation, pair.cheap, pair.conditions, light, gain=gain, focus_m=pair.focus_m)
    before = np.zeros((*pair.observation.depth.shape, 4), np.float32)
    if pair.previous >= 0:
        before = carried(toned(shard[pair.previous].target * np.float32(gain)), pair.observation.flow)
    maps = seen.maps | {"history": before}
    whole = np.concatenate([maps[name] for name in MODALITIES], -1).astype(np.float16)
    return whole, seen.vector, _target(pair, gain), pair.previous >= 0


def _target(pair: Pair, gain: float) -> np.ndarray:
    return toned(pair.target * np.float32(gain)).astype(np.float16)
