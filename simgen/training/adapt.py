"""Low-rank adapters: a little beside every weight is trained, and added to it in the end (LoRA, Hu et al., 2021)."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


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


def merged[N: nn.Module](network: N) -> N:
    """The same network with its adapters added to its weights."""
    for module in list(network.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
    return network
