"""What path-traced photographs of the training side look like: what colour statistics and classifiers of an evaluation learn from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simgen.dataset.durable import writing
from simgen.errors import InvalidValue
from simgen.training.methods import photographs
from simgen.training.recognition import Classifier, learned, light_kind, lying_in, traits, weather_kind
from simgen.training.shard import Shard

EACH, MOST = 5, 120
"""Frames that are looked at of every shard, and shards."""
FORMAT = 1
"""Goes up whenever what is looked at changes."""
PROBES = {"weather": "traits", "lying": "bare_traits", "light": "traits"}
"""Name of what a classifier tells to the features it sees: `bare_traits` are of pictures before the air, which all worlds share."""


@dataclass(frozen=True, eq=False)
class Known:
    """Path-traced photographs, N of them."""

    mean: np.ndarray
    """Of colours, bytes, (N, 3)."""
    spread: np.ndarray
    """(N, 3)."""
    traits: np.ndarray
    """(N, D)."""
    bare_traits: np.ndarray
    """Of the same pictures before the air, (N, D)."""
    labels: Mapping[str, np.ndarray]
    """Name of each of `PROBES` to the true class, (N,)."""
    scene: np.ndarray
    """Name of the shard, (N,)."""

    def statistics(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Kind of light to mean and spread of colours, (3,) each; of everything under the empty name."""
        groups = {"": np.ones(len(self.mean), bool)}
        groups |= {str(name): self.labels["light"] == name for name in np.unique(self.labels["light"])}
        return {name: (self.mean[where].mean(0), self.spread[where].mean(0)) for name, where in groups.items()}

    def classifiers(self) -> dict[str, Classifier]:
        """Of each of `PROBES` of which there are two classes to tell apart."""
        found = {}
        for name, features in PROBES.items():
            if len(np.unique(self.labels[name])) > 1:
                found[name] = learned(getattr(self, features), self.labels[name], self.scene)
        return found


def truths(shard: Shard, row: int) -> dict[str, str]:
    """Name of each of `PROBES` to the true class of a frame."""
    light = light_kind(shard.meta["frames"][row]["light_name"])
    return {"weather": weather_kind(shard.meta["weather"]), "lying": lying_in(shard.conditions[row]), "light": light}


def known(trained_on: Sequence[Shard], cache: Path) -> Known:
    """Look at photographs spread over the shards, or remember what was seen there before.

    Args:
        trained_on: shards of the training side.
        cache: a folder, where what is seen is kept.

    Raises:
        InvalidValue: if there are no shards.
        CannotWrite: if the cache cannot be written.
    """
    if not trained_on:
        raise InvalidValue("the number of shards to train on", 0, "at least 1; make some with: simgen pairs")
    trained_on = [trained_on[n] for n in np.unique(np.linspace(0, len(trained_on) - 1, MOST).astype(int))]
    parts = [_seen(shard, cache) for shard in trained_on]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in ("mean", "spread", "traits", "bare_traits")}
    labels, scene = defaultdict(list), []
    for shard, part in zip(trained_on, parts, strict=True):
        for row in part["row"]:
            scene.append(shard.folder.name)
            for name, label in truths(shard, int(row)).items():
                labels[name].append(label)
    return Known(**arrays, labels={name: np.array(found) for name, found in labels.items()}, scene=np.array(scene))


def _seen(shard: Shard, cache: Path) -> dict[str, np.ndarray]:
    place = cache / f"{shard.folder.name}-{shard.meta.get('scene_sha256', '')[:8]}-{FORMAT}.npz"
    rows = np.unique(np.linspace(0, len(shard) - 1, EACH).astype(int))
    if place.exists():
        with np.load(place) as file:
            return {name: file[name] for name in file.files}
    found = [_look(shard, int(row)) for row in rows]
    arrays = {name: np.stack([one[name] for one in found]) for name in found[0]} | {"row": rows}
    with writing(cache):
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(place, **arrays)
    return arrays


def _look(shard: Shard, row: int) -> dict[str, np.ndarray]:
    pair = shard[row]
    seen, bare = (photographs([pair], [pair.target], air=air)[0] for air in (True, False))
    pixels = seen.reshape(-1, 3).astype(np.float64)
    return {"mean": pixels.mean(0), "spread": pixels.std(0), "traits": traits(seen), "bare_traits": traits(bare)}
