"""The network: a small few-step denoiser of photographs, steered by zero-initialised controls, in diffusers' format.

A ControlNet (Zhang et al., 2023) adds to a denoiser what its controls say through layers that begin at zero. Here the denoiser
itself is small: it predicts the photograph from a noisy one (flow matching with the end point as target), as a correction of the
cheap photograph, so that one that was never trained gives the cheap photograph back. All work is done on a grid of 4 x 4 pixels.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional as F

CELL = 4
"""Pixels a side of a cell, where all work is done."""
STRIDE = 4 * CELL
"""Height and width of a picture are whole multiples of this."""
TERMS = 9
"""What is predicted of a pixel: per channel a gain of the cheap photograph, a share of the albedo, and an offset."""


class NeuralShading(ModelMixin, ConfigMixin):
    """The photograph in tone space from a noisy one, controls and a condition vector."""

    @register_to_config
    def __init__(
        self,
        modalities: Sequence[tuple[str, int]],
        vector_size: int,
        width: tuple[int, int, int] = (48, 96, 192),
        depth: tuple[int, int, int] = (1, 1, 3),
        control_width: int = 32,
        embedding_width: int = 128,
    ):
        """Make a network whose output is the cheap photograph.

        Args:
            modalities: names of the controls and their channels, in order, which a mapping would lose in JSON; `cheap` and `albedo`
                have 3.
            vector_size: length of the condition vector.
            width: channels at every level, each half as fine as the one before.
            depth: blocks at every level, before and, but for the last, after what is coarser.
            control_width: channels of a control before it is injected.
            embedding_width: of condition and time.
        """
        super().__init__()
        self.controls = nn.ModuleDict({name: nn.Linear(size * CELL * CELL, control_width) for name, size in modalities})
        self.inject = _zero(nn.Linear(control_width * len(modalities), width[0], bias=False))
        self.noisy = nn.Conv2d(3 * CELL * CELL, width[0], 3, padding=1)
        self.time = nn.Sequential(nn.Linear(embedding_width, embedding_width), nn.SiLU(), nn.Linear(embedding_width, embedding_width))
        self.condition = nn.Sequential(nn.Linear(vector_size, embedding_width), nn.SiLU(), nn.Linear(embedding_width, embedding_width))
        self.unconditional = nn.Parameter(torch.zeros(embedding_width))
        self.before = nn.ModuleList(_blocks(c, n, embedding_width) for c, n in zip(width, depth, strict=True))
        self.after = nn.ModuleList(_blocks(c, n + (c == width[0]), embedding_width) for c, n in zip(width[:-1], depth[:-1], strict=True))
        steps = list(zip(width[:-1], width[1:], strict=True))
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 3, 2, 1) for fine, coarse in steps)
        self.up = nn.ModuleList(nn.Linear(coarse, fine) for fine, coarse in steps)
        self.terms = _zero(nn.Linear(width[0], TERMS * CELL * CELL))

    def forward(
        self,
        controls: Mapping[str, Tensor],
        vector: Tensor | None,
        *,
        noisy: Tensor | None = None,
        time: Tensor | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """The photograph in tone space, (N, 3, H, W).

        Args:
            controls: modality to map, (N, C, H, W); what is left out is not there.
            vector: condition, (N, V); None is no condition, as classifier-free guidance needs it.
            noisy: what is denoised, in tone space shifted to -1 to 1, (N, 3, H, W); None is nothing, which goes with time 0.
            time: of the noisy picture, 0 noise to 1 photograph, (N,); None is 0.
            weights: modality to how far its control counts, (N, 1, 1, 1) or (N, 1, H, W); 1 where it is left out.
        """
        count, _, height, width = next(iter(controls.values())).shape
        embedding = self._embedding(vector, time, count)
        grid = count, height // CELL, width // CELL, self.config.control_width
        weights = {} if weights is None else weights
        features = torch.cat([self._control(name, controls, weights, grid) for name in self.controls], -1)
        x = self.inject(features).permute(0, 3, 1, 2)  # a product over channels that lie last is quicker than a 1 x 1 convolution
        x = x + self.noisy.bias[:, None, None] if noisy is None else x + self.noisy(_cells(noisy).permute(0, 3, 1, 2))
        x = self._trunk(x, embedding)
        gain, share, offset = _shuffle(self.terms(_active(x).permute(0, 2, 3, 1))).chunk(3, 1)
        cheap, albedo = (_weighted(name, controls, weights) for name in ("cheap", "albedo"))
        out = offset
        if cheap is not None:
            out = out + cheap * (1 + gain)
        return out if albedo is None else out + albedo * share

    def _embedding(self, vector: Tensor | None, time: Tensor | None, count: int) -> Tensor:
        said = self.unconditional.expand(count, -1) if vector is None else self.condition(vector)
        like = self.unconditional
        time = like.new_zeros(count) if time is None else time
        half = self.config.embedding_width // 2
        rate = torch.exp(torch.arange(half, device=like.device, dtype=like.dtype) * (-math.log(1000.0) / half))
        angle = 100.0 * time[:, None] * rate
        return F.silu(said + self.time(torch.cat([angle.sin(), angle.cos()], 1)))

    def _control(self, name: str, controls: Mapping[str, Tensor], weights: Mapping[str, Tensor], grid: tuple) -> Tensor:
        if name not in controls:
            return self.unconditional.new_zeros(grid)
        features = _active(self.controls[name](_cells(controls[name])))
        if name not in weights:
            return features
        weight = weights[name]
        return features * (F.avg_pool2d(weight, CELL) if weight.shape[-1] > 1 else weight).permute(0, 2, 3, 1)

    def _trunk(self, x: Tensor, embedding: Tensor) -> Tensor:
        passed = []
        for blocks, down in zip(self.before[:-1], self.down, strict=True):
            for block in blocks:
                x = block(x, embedding)
            passed.append(x)
            x = down(x)
        for block in self.before[-1]:
            x = block(x, embedding)
        for blocks, up, skip in zip(reversed(self.after), reversed(self.up), reversed(passed), strict=True):
            x = skip + F.interpolate(up(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), scale_factor=2.0, mode="nearest")
            for block in blocks:
                x = block(x, embedding)
        return x


class Block(nn.Module):
    """A residual block that begins as nothing; the condition scales and shifts its channels in place of a norm, which is slow on a CPU."""

    def __init__(self, width: int, embedding_width: int):
        super().__init__()
        self.film = _zero(nn.Linear(embedding_width, 2 * width))
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = _zero(nn.Conv2d(width, width, 3, padding=1))

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        scale, shift = self.film(embedding)[:, :, None, None].chunk(2, 1)
        inside = self.first(_active(torch.addcmul(shift, x, 1 + scale)))
        return x + self.second(_active(inside))


def _blocks(width: int, count: int, embedding_width: int) -> nn.ModuleList:
    return nn.ModuleList(Block(width, embedding_width) for _ in range(count))


def _zero(layer: nn.Module) -> nn.Module:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def _weighted(name: str, controls: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> Tensor | None:
    if name not in controls or name not in weights:
        return controls.get(name)
    return controls[name] * weights[name]


def _active(x: Tensor) -> Tensor:
    """Cheaper than SiLU, which took a tenth of the time on a CPU."""
    return F.leaky_relu(x, 0.1)


def _cells(image: Tensor) -> Tensor:
    """(N, C, H, W) to cells, (N, H / 4, W / 4, 16 * C)."""
    count, channels, height, width = image.shape
    rows = image.permute(0, 2, 3, 1).reshape(count, height // CELL, CELL, width // CELL, CELL * channels)
    return rows.transpose(2, 3).reshape(count, height // CELL, width // CELL, CELL * CELL * channels)


def _shuffle(cells: Tensor) -> Tensor:
    """Cells, (N, h, w, 16 * C), to (N, C, H, W), channels last in memory."""
    count, height, width, channels = cells.shape
    pixels = cells.reshape(count, height, width, CELL, CELL, channels // CELL**2).transpose(2, 3)
    return pixels.reshape(count, height * CELL, width * CELL, -1).permute(0, 3, 1, 2)
