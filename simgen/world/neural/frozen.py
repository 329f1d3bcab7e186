"""The network as the CPU likes it best: its usual call recorded once a size, with everything that never changes worked out before."""

import warnings
from collections.abc import Mapping
from threading import Lock

import torch
from torch import Tensor, nn

from simgen.world.neural.network import NeuralShading


class Frozen:
    """Answers as the network does, within rounding; one pass over all that is known, under one condition, takes a tenth less time at
    256 pixels on two cores, a fifth less on one.

    Whatever else is asked (noise, weights, no condition), the network itself answers. Recorded by TorchScript, which needs no compiler.
    """

    def __init__(self, network: NeuralShading):
        """Take a network that is no longer trained."""
        self._network, self._recorded, self._recording = network, {}, Lock()

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self._network.device

    def __call__(self, controls: Mapping[str, Tensor], vector: Tensor | None, *, noisy=None, time=None, weights=None) -> Tensor:
        """As `NeuralShading.forward`."""
        if self.device.type != "cpu" or vector is None or noisy is not None or weights:
            return self._network(controls, vector, noisy=noisy, time=time, weights=weights)
        maps = tuple(controls.values())
        key = tuple(controls), maps[0].shape[0], maps[0].shape[-2:]
        with self._recording:
            if key not in self._recorded:
                self._recorded[key] = _recorded(self._network, tuple(controls), vector, maps)
        return self._recorded[key](vector, *maps)


def _recorded(network: NeuralShading, names: tuple[str, ...], vector: Tensor, maps: tuple[Tensor, ...]) -> torch.jit.ScriptModule:
    with torch.no_grad(), warnings.catch_warnings():
        # what PyTorch names instead needs a compiler on the machine, or is no faster than the network itself
        warnings.filterwarnings("ignore", message=".*torch.jit.* is deprecated", category=DeprecationWarning)
        return torch.jit.freeze(torch.jit.trace(_Positional(network, names).eval(), (vector, *maps), check_trace=False))


class _Positional(nn.Module):
    """The network with its controls one after the other, for a recording knows no names."""

    def __init__(self, network: NeuralShading, names: tuple[str, ...]):
        super().__init__()
        self.network, self.names = network, names

    def forward(self, vector: Tensor, *maps: Tensor) -> Tensor:
        return self.network(dict(zip(self.names, maps, strict=True)), vector)
