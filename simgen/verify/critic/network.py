"""The network: a small one that looks at a photograph and says how far everything is and where one thing ends and another begins."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CELL = 4
"""Pixels a side of a cell, where all work is done."""
AROUND = 5
"""Cells across what a pixel's contrast is compared with."""
FAINT = 0.02
"""Spread of tones, white being 1, that counts as half a contrast."""
ANSWERS = 2
"""Of every pixel: logarithm of its depth, and logit of a boundary."""


class Critic(nn.Module):
    """Log depth and boundary logits of photographs.

    Beside its tones every pixel brings its contrast against its surroundings, which fog, night and exposure leave alone.
    """

    def __init__(self, width: Sequence[int] = (32, 64, 96, 96), depth: Sequence[int] = (1, 1, 2, 2)):
        """Make one.

        Args:
            width: channels at every level, each half as fine as the one before.
            depth: blocks at every level, before and, but for the last, after what is coarser.
        """
        super().__init__()
        self.config = {"width": list(width), "depth": list(depth)}
        self.enter = nn.Conv2d(6 * CELL * CELL, width[0], 3, padding=1)
        self.before = nn.ModuleList(_blocks(c, n) for c, n in zip(width, depth, strict=True))
        self.after = nn.ModuleList(_blocks(c, n) for c, n in zip(width[:-1], depth[:-1], strict=True))
        steps = list(zip(width[:-1], width[1:], strict=True))
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 3, 2, 1) for fine, coarse in steps)
        self.up = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in steps)
        self.whole = nn.Linear(width[-1], width[-1])
        self.answer = nn.Conv2d(width[0], ANSWERS * CELL * CELL, 3, padding=1)

    @property
    def stride(self) -> int:
        """Height and width of a picture are whole multiples of this."""
        return CELL * 2 ** len(self.down)

    def forward(self, tones: Tensor) -> tuple[Tensor, Tensor]:
        """Log depth but for a constant, and boundary logits, (N, H, W) each, of sRGB tones from 0 to 1, (N, 3, H, W)."""
        x, passed = self.enter(_cells(tones)), []
        for blocks, down in zip(self.before[:-1], self.down, strict=True):
            x = blocks(x)
            passed.append(x)
            x = down(x)
        x = self.before[-1](x)
        x = x + self.whole(x.mean((2, 3)))[:, :, None, None]
        for blocks, up, skip in zip(reversed(self.after), reversed(self.up), reversed(passed), strict=True):
            x = blocks(skip + F.interpolate(up(x), scale_factor=2.0, mode="nearest"))
        depth, boundary = F.pixel_shuffle(self.answer(_active(x)), CELL).unbind(1)
        return depth, boundary


class _Block(nn.Module):
    """A residual block that begins as nothing."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(_active(self.first(_active(x))))


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_Block(width) for _ in range(count)))


def _cells(tones: Tensor) -> Tensor:
    """Tones of the pixels of every cell, and what each has beyond the mean around it, over the spread there, (N, 6 * CELL**2, h, w)."""

    def mean(planes: Tensor) -> Tensor:
        return F.avg_pool2d(F.avg_pool2d(planes, CELL), AROUND, 1, AROUND // 2, count_include_pad=False)

    middle, pixels = mean(tones), F.pixel_unshuffle(tones, CELL)
    spread = (mean(tones * tones) - middle * middle).clamp_min(0).mean(1, keepdim=True).sqrt()
    return torch.cat([pixels - 0.45, (pixels - middle.repeat_interleave(CELL * CELL, 1)) / (spread + FAINT)], 1)


def _active(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.1)
