"""Weights of the critic: a folder with its sizes and its numbers, found on the shelf or at a path."""

import json
from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from simgen import shelves
from simgen.errors import SimGenError
from simgen.verify.critic.network import Critic

CONFIG, WEIGHTS = "config.json", "model.safetensors"
USUAL = "critic"
"""On the shelf controlnets/."""


class UnusableCritic(SimGenError):
    """A folder of weights that is incomplete, damaged, or of another network."""

    def __init__(self, folder: object, problem: str):
        super().__init__(f"{folder}: {problem}. Restore it from a copy, or train anew with: simgen train critic --data PAIRS --out DIR")


def load(name_or_path: str | Path = USUAL) -> Critic:
    """A critic with its weights, for inference, from the shelf controlnets/ or a folder.

    Raises:
        UnusableCritic: if a file is missing or damaged, or the weights are of another network.
    """
    folder = Path(name_or_path) if Path(name_or_path).is_dir() else shelves.shelf("controlnets") / name_or_path
    for file in (CONFIG, WEIGHTS):
        if not (folder / file).is_file():
            raise UnusableCritic(folder, f"it has no {file}")
    try:
        critic = Critic(**json.loads((folder / CONFIG).read_text()))
        critic.load_state_dict({name: part.float() for name, part in load_file(folder / WEIGHTS).items()})
    except (SafetensorError, OSError, ValueError, RuntimeError, TypeError, KeyError) as error:
        raise UnusableCritic(folder, f"its weights cannot be read ({str(error).splitlines()[0]})") from error
    if not all(torch.isfinite(parameter).all() for parameter in critic.parameters()):
        raise UnusableCritic(folder, "some of its weights are not numbers")
    return critic.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def save(critic: Critic, folder: Path) -> None:
    """Write a critic as `load` reads it, its weights in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(critic.config, indent=1, sort_keys=True) + "\n")
    save_file({name: part.detach().cpu().half().contiguous() for name, part in critic.state_dict().items()}, folder / WEIGHTS)


@cache
def shipped() -> Critic:
    """The one on the shelf, loaded once.

    Raises:
        UnusableCritic: if a file is missing or damaged.
    """
    return load()
