"""The critic as the CPU likes it best: recorded once a size of picture."""

import warnings
from functools import lru_cache
from threading import Lock

import torch

from simgen.verify.critic.network import Critic

_RECORDING = Lock()
"""PyTorch records one at a time."""
SIZES = 8
"""Recordings that are kept: cameras come in few sizes."""


def recorded(critic: Critic, height: int, width: int) -> torch.jit.ScriptModule:
    """Answers as a critic that is no longer trained does, in a seventh less time; one picture at a time, of this size.

    Args:
        critic: on the CPU.
        height: a whole multiple of its stride.
        width: the same.
    """
    with _RECORDING:
        return _recorded(critic, height, width)


@lru_cache(maxsize=SIZES)
def _recorded(critic: Critic, height: int, width: int) -> torch.jit.ScriptModule:
    tones = torch.zeros(1, 3, height, width).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
        # what PyTorch names instead needs a compiler on the machine, or is no faster than the network itself
        warnings.filterwarnings("ignore", message=".*torch.jit.* is deprecated", category=DeprecationWarning)
        return torch.jit.freeze(torch.jit.trace(critic, tones, check_trace=False))
