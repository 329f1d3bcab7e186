"""A training run on disk: checkpoints that survive a kill, a log, and weights in diffusers' format."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import nn

from simgen.dataset.durable import writing
from simgen.errors import SimGenError

CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"


class OtherRun(SimGenError):
    """A checkpoint of another run than the one that is asked for."""

    def __init__(self, path: object, key: str, there: object, here: object):
        super().__init__(f"{path} holds a run with {key} {there}, not {here}. Finish it with its own command, or choose another --out.")


class DamagedCheckpoint(SimGenError):
    """A checkpoint that cannot be read."""

    def __init__(self, path: object, problem: str):
        super().__init__(f"{path}: {problem}. Delete it to begin anew, or restore it from a copy.")


@dataclass
class State:
    """All that a run needs to go on as if it had never stopped."""

    network: nn.Module
    average: nn.Module
    """The running average of the weights, which is what is kept in the end."""
    optimizer: torch.optim.Optimizer
    said: dict
    """What was asked for; a run only goes on as what it began."""
    step: int = 0
    seconds: float = 0.0
    """Of training, over all processes."""
    shards: list[str] = field(default_factory=list)
    """Names of those trained on."""

    def save(self, out: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        aside = out / f".{CHECKPOINT}.{os.getpid()}"
        parts = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimizer")}
        facts = {name: getattr(self, name) for name in ("said", "step", "seconds", "shards")}
        with writing(out):
            torch.save(parts | facts, aside)
            os.replace(aside, out / CHECKPOINT)

    def restore(self, out: Path) -> None:
        """Go on from a checkpoint, if there is one.

        Raises:
            DamagedCheckpoint: if it cannot be read.
            OtherRun: if it is of another run.
        """
        path = out / CHECKPOINT
        if not path.exists():
            return
        try:
            there = torch.load(path, map_location="cpu", weights_only=True)
            for key, value in self.said.items():
                if there["said"].get(key) != value:
                    raise OtherRun(path, key, there["said"].get(key), value)
            for name in ("network", "average", "optimizer"):
                getattr(self, name).load_state_dict(there[name])
            self.step, self.seconds, self.shards = there["step"], there["seconds"], there["shards"]
        except (OSError, RuntimeError, ValueError, KeyError, EOFError, UnpicklingError) as error:
            raise DamagedCheckpoint(path, f"it cannot be read ({str(error).splitlines()[0]})") from error

    def follow(self, share: float) -> None:
        """Move the average towards the weights; at first faster, for it begins where they began."""
        share = min(share, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, 1 - share)


def log(out: Path, facts: dict) -> None:
    """Add a line to the log."""
    with writing(out), (out / LOG).open("a") as file:
        file.write(json.dumps(facts) + "\n")
