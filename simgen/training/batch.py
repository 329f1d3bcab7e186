"""Batches: random crops of packed pairs, with controls left out at random, so that the network learns to do without any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from simgen.randomness import stream
from simgen.training.packed import Packed, split
from simgen.world.neural.buffers import LIGHT_BASED, MODALITIES

DROPPED, DROPPED_LIGHT, DROPPED_HISTORY, DROPPED_VECTOR = 0.04, 0.06, 0.4, 0.05
"""How often one control is left out; all that come from light and colour at once; the frame before; the condition vector."""
FLOW_EVERY = 4
"""One batch in so many starts from a noisy photograph; the others from nothing."""


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step of training looks at."""

    controls: Mapping[str, Tensor]
    """Modality to map, (N, C, H, W)."""
    weights: Mapping[str, Tensor]
    """Modality to 1, or 0 where it is left out, (N, 1, 1, 1)."""
    vector: Tensor | None
    """(N, V); None where the condition is left out."""
    target: Tensor
    """Tones, (N, 3, H, W)."""
    noisy: Tensor | None
    """-1 to 1, (N, 3, H, W)."""
    time: Tensor | None
    """(N,)."""

    def to(self, device) -> "Batch":
        """On another device."""
        moved = (None if part is None else part.to(device) for part in (self.vector, self.target, self.noisy, self.time))
        maps = ({name: part.to(device) for name, part in parts.items()} for parts in (self.controls, self.weights))
        return Batch(*maps, *moved)


def batch(pairs: Sequence[Packed], *, size: int, crop: int, seed: int, step: int, one_pass: bool = False) -> Batch:
    """The batch of one step: the same for a seed and a step, whatever came before.

    Args:
        pairs: shards to draw from, every frame as likely as any other.
        size: crops in it.
        crop: width and height of each in pixels, a multiple of 16; smaller where frames are smaller.
        seed: root seed.
        step: number of the step.
        one_pass: nothing is noisy and nothing left out.
    """
    rng = stream(seed, step, "batch")
    ends = np.cumsum([len(part) for part in pairs])
    chosen = [_crop(pairs, ends, int(rng.integers(ends[-1])), crop, rng) for _ in range(size)]
    maps, vectors, targets, known = (np.stack(parts) for parts in zip(*chosen, strict=True))
    controls = split(maps.astype(np.float32))
    controls["history"] = worn(controls["history"], controls["cheap"], rng)
    target = _tensor(targets.astype(np.float32))
    tensors = {name: _tensor(part) for name, part in controls.items()}
    if one_pass:
        return Batch(tensors, _weights({"history": known}), torch.from_numpy(vectors), target, None, None)
    noisy, time = _noised(target, rng) if step % FLOW_EVERY == FLOW_EVERY - 1 else (None, None)
    vector = None if rng.random() < DROPPED_VECTOR else torch.from_numpy(vectors)
    return Batch(tensors, _weights(_kept(known, rng)), vector, target, noisy, time)


def worn(history: np.ndarray, cheap: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The frame before as the network itself may have drawn it: partly cheap, off in colour, blurred a little and noisy.

    Were it perfect, the network would copy it, and drift when it must live on its own.
    """
    count = len(history)
    share = rng.uniform(0, 0.7, (count, 1, 1, 1)).astype(np.float32)
    tint = rng.normal(0, 0.03, (count, 1, 1, 3)).astype(np.float32)
    grain = rng.standard_normal(history[..., :3].shape, dtype=np.float32) * rng.uniform(0, 0.03, (count, 1, 1, 1)).astype(np.float32)
    colour, valid = history[..., :3], history[..., 3:]
    soft = (colour + np.roll(colour, 1, 1) + np.roll(colour, 1, 2) + np.roll(colour, (1, 1), (1, 2))) * np.float32(0.25)
    blurred = np.where(rng.random((count, 1, 1, 1)) < 0.5, soft, colour)
    return np.concatenate([(blurred + (cheap - blurred) * share + tint + grain) * valid, valid], -1, dtype=np.float32)


def _crop(pairs: Sequence[Packed], ends: np.ndarray, number: int, crop: int, rng: np.random.Generator):
    part = int(np.searchsorted(ends, number, side="right"))
    shard, row = pairs[part], number - (int(ends[part - 1]) if part else 0)
    height, width = shard.target.shape[1:3]
    high, wide = min(crop, height), min(crop, width)
    top, left = int(rng.integers(height - high + 1)), int(rng.integers(width - wide + 1))
    window = row, slice(top, top + high), slice(left, left + wide)
    return shard.maps[window], shard.vector[row], shard.target[window], shard.known[row]


def _kept(known: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    count = len(known)
    kept = {name: rng.random(count) >= DROPPED for name in MODALITIES}
    lit = rng.random(count) >= DROPPED_LIGHT
    for name in LIGHT_BASED:
        kept[name] &= lit
    for name in ("albedo", "light"):  # a simulator that does not know one of these has no cheap photograph
        kept["cheap"] &= kept[name]
    kept["history"] = known & (rng.random(count) >= DROPPED_HISTORY)
    return kept


def _weights(kept: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(one.astype(np.float32)).reshape(-1, 1, 1, 1) for name, one in kept.items()}


def _noised(target: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Somewhere on the straight way from noise to the photograph; times are logit-normal, a quarter at the very beginning."""
    count = len(target)
    time = np.where(rng.random(count) < 0.25, 0.0, 1 / (1 + np.exp(-rng.normal(-0.3, 1.0, count)))).astype(np.float32)
    noise = torch.from_numpy(rng.standard_normal(tuple(target.shape), dtype=np.float32))
    share = torch.from_numpy(time).reshape(-1, 1, 1, 1)
    return (1 - share) * noise + share * (2 * target - 1), torch.from_numpy(time)


def _tensor(maps: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(maps)).permute(0, 3, 1, 2)
