"""Low-rank adapters: a little beside every weight is trained, and added to it in the end (LoRA, Hu et al., 2021)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from simgen.world.neural.network import NeuralShading


class LowRank(nn.Module):
    """A weight plus the product of two thin matrices, the first of which begins at zero."""

    def __init__(self, weight: Tensor, rank: int):
        super().__init__()
        rows, columns = weight.shape[0], weight[0].numel()
        rank = min(rank, rows, columns)
        self.left = nn.Parameter(weight.new_zeros(rows, rank))
        self.right = nn.Parameter(torch.randn(rank, columns, device=weight.device) / columns**0.5)

    def forward(self, weight: Tensor) -> Tensor:
        return weight + (self.left @ self.right).reshape(weight.shape)


def adapted[N: nn.Module](network: N, rank: int) -> N:
    """The same network, of which only adapters of that rank are trained; with rank 0 nothing is changed."""
    if rank:
        network.requires_grad_(False)
        for layer in [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]:
            parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank))
    return network


def merged(network: NeuralShading, config: Mapping) -> NeuralShading:
    """A network of its own, on the CPU, with the same weights, what adapters add to them included.

    Args:
        network: whose weights; a copy will do.
        config: as the network was made with, for copies lose it.
    """
    plain = NeuralShading.from_config(dict(config))
    with torch.no_grad():
        for name, parameter in plain.named_parameters():
            layer, _, last = name.rpartition(".")
            parameter.copy_(getattr(network.get_submodule(layer), last))
    return plain.to(memory_format=torch.channels_last)
