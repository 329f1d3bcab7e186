"""How far a photograph is from the path tracer's, in tones: colour, edges at three scales, and how much texture there is."""

import torch
from torch import Tensor
from torch.nn import functional as F

EDGES, TEXTURE = 0.5, 0.1
"""Weights beside that of colour, 1."""
SCALES = 3


def distance(drawn: Tensor, target: Tensor) -> Tensor:
    """Of every picture, (N,), of tones, (N, 3, H, W)."""
    each = (drawn - target).abs().mean((1, 2, 3))
    return each + EDGES * _edges(drawn, target) + TEXTURE * _texture(drawn, target)


def flow_weight(time: Tensor | None) -> Tensor | float:
    """Of a picture that was denoised from a time: late ones are easy and small, (N,)."""
    return 1.0 if time is None else 1 / (0.25 + (1 - time) ** 2)


def _edges(drawn: Tensor, target: Tensor) -> Tensor:
    total = drawn.new_zeros(len(drawn))
    for scale in range(SCALES):
        if scale:
            drawn, target = F.avg_pool2d(drawn, 2), F.avg_pool2d(target, 2)
        off = drawn - target
        total = total + (off[..., 1:] - off[..., :-1]).abs().mean((1, 2, 3)) + (off[..., 1:, :] - off[..., :-1, :]).abs().mean((1, 2, 3))
    return total / SCALES


def _texture(drawn: Tensor, target: Tensor) -> Tensor:
    """Difference of the magnitudes of spectra, whatever their phases."""
    ours, theirs = (torch.fft.rfft2(picture.mean(1), norm="ortho").abs() for picture in (drawn, target))
    return (ours - theirs).abs().mean((1, 2))
