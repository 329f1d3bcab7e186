"""Denoising: frames of buffers through the network, in one step or a few, alone or in a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from simgen.abreast import abreast
from simgen.compiled import compiled, in_bands
from simgen.errors import InvalidValue, ShapeMismatch, UnknownName
from simgen.world.neural.buffers import MODALITIES, Buffers
from simgen.world.neural.frozen import Frozen
from simgen.world.neural.network import STRIDE, NeuralShading

MOST = 32
"""Frames that go through the network together at most, so that its memory is bounded however many rows there are."""


@dataclass(frozen=True, eq=False)
class Sampling:
    """How the network is asked."""

    steps: int = 1
    """1 is a regression, without noise; more draw one of many photographs."""
    guidance: float = 1.0
    """How far the condition vector counts: classifier-free guidance, at twice the time where it is not 1."""
    weights: Mapping[str, float | np.ndarray] = field(default_factory=dict)
    """Modality to how far it counts: a number, or a map, (H, W); 1 where it is left out, 0 is as if it were not known."""

    def __post_init__(self):
        if self.steps < 1:
            raise InvalidValue("steps", self.steps, "at least 1")
        for name, weight in self.weights.items():
            if name not in MODALITIES:
                raise UnknownName("control", name, MODALITIES)
            if not np.isfinite(weight).all() or np.min(weight) < 0:
                raise InvalidValue(f"the weight of {name}", weight, "0 or more, a number or a map")


def denoised(
    network: NeuralShading | Frozen, frames: Sequence[Buffers], noise: Sequence[np.ndarray] | None, sampling: Sampling
) -> list[np.ndarray]:
    """Photographs in tone space, float32, (H, W, 3) each.

    On a CPU every frame goes by itself, several abreast, which gives each, bit for bit, what it would have got alone.

    Args:
        network: for inference.
        frames: what is seen; those of one size, of which the same is known, go together.
        noise: standard normal, float32, (H, W, 3) each; None where there is but one step.
        sampling: how the network is asked.

    Raises:
        ShapeMismatch: if a weight map is of another size.
    """
    groups = _groups(frames, 1 if network.device.type == "cpu" else MOST)

    def drawn(group: list[int]) -> list[np.ndarray]:
        part = None if noise is None else [noise[n] for n in group]
        with torch.inference_mode():
            return _together(network, [frames[n] for n in group], part, sampling, network.device)

    out: list[np.ndarray] = [None] * len(frames)
    for group, ready in zip(groups, abreast(drawn, groups) if network.device.type == "cpu" else map(drawn, groups), strict=True):
        for n, one in zip(group, ready, strict=True):
            out[n] = one
    return out


def _groups(frames: Sequence[Buffers], most: int) -> list[list[int]]:
    """Numbers of the frames that go through the network together."""
    alike: dict[tuple, list[int]] = {}
    for n, frame in enumerate(frames):
        alike.setdefault((tuple(frame.maps), next(iter(frame.maps.values())).shape[:2]), []).append(n)
    return [group[first : first + most] for group in alike.values() for first in range(0, len(group), most)]


def _together(network: NeuralShading | Frozen, frames, noise, sampling: Sampling, device) -> list[np.ndarray]:
    height, width = next(iter(frames[0].maps.values())).shape[:2]
    controls = {name: _padded(_stacked([frame.maps[name] for frame in frames], device)) for name in frames[0].maps}
    vector = torch.from_numpy(np.stack([frame.vector for frame in frames])).to(device)
    weights = {name: _weight(name, weight, (height, width), device) for name, weight in sampling.weights.items()}

    def photograph(noisy: Tensor | None, time: float) -> Tensor:
        when = vector.new_full((len(frames),), time)
        told = network(controls, vector, noisy=noisy, time=when, weights=weights)
        if sampling.guidance == 1.0:
            return told
        untold = network(controls, None, noisy=noisy, time=when, weights=weights)
        return untold + sampling.guidance * (told - untold)

    x = None if noise is None else _padded(_stacked(noise, device))
    clean = photograph(x, 0.0)
    for step in range(1, sampling.steps):
        before, now = (step - 1) / sampling.steps, step / sampling.steps
        x = x + (2 * clean - 1 - x) * ((now - before) / (1 - before))
        clean = photograph(x, now)
    return [np.ascontiguousarray(one[:, :height, :width].permute(1, 2, 0).cpu().numpy()) for one in clean]


def _stacked(maps: Sequence[np.ndarray], device) -> Tensor:
    """(N, C, H, W), channels last in memory."""
    return torch.from_numpy(np.stack(maps)).to(device).permute(0, 3, 1, 2)


def _padded(image: Tensor) -> Tensor:
    height, width = image.shape[-2:]
    below, beside = -height % STRIDE, -width % STRIDE
    return F.pad(image, (0, beside, 0, below), mode="replicate") if below or beside else image


def _weight(name: str, weight: float | np.ndarray, size: tuple[int, int], device) -> Tensor:
    array = torch.as_tensor(np.asarray(weight, dtype=np.float32), device=device)
    if array.ndim and tuple(array.shape) != size:
        raise ShapeMismatch(f"the weight of {name}", tuple(array.shape), "the picture", size)
    return _padded(array[None, None]) if array.ndim else array.reshape(1, 1, 1, 1)


def carried(last: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """The last frame carried along backward flow, and 1 where it is known, else zeros, float32, (H, W, C + 1).

    Args:
        last: float32, (H, W, C).
        flow: pixels, NaN where a point was not visible, float32, (H, W, 2).
    """
    moved = np.empty((*flow.shape[:2], last.shape[2] + 1), np.float32)
    in_bands(_carry, len(flow), np.ascontiguousarray(last), flow, moved)
    return moved


@compiled
def _carry(first, end, last, flow, moved):
    height, width, channels = last.shape
    one, none = np.float32(1), np.float32(0)
    for row in range(first, end):
        for column in range(width):
            along, down = flow[row, column, 0], flow[row, column, 1]
            if not (np.isfinite(along) and np.isfinite(down)):
                moved[row, column] = none
                continue
            x = min(max(np.float32(column) + along, none), np.float32(width - 1))
            y = min(max(np.float32(row) + down, none), np.float32(height - 1))
            left, above = int(x), int(y)
            right, below = min(left + 1, width - 1), min(above + 1, height - 1)
            beside, under = x - np.float32(left), y - np.float32(above)
            for i in range(channels):
                upper = last[above, left, i] * (one - beside) + last[above, right, i] * beside
                lower = last[below, left, i] * (one - beside) + last[below, right, i] * beside
                moved[row, column, i] = upper * (one - under) + lower * under
            moved[row, column, channels] = one
