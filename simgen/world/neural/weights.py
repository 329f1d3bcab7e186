"""Weights of the neural world: a folder in diffusers' format, found on the shelf or at a path."""

from pathlib import Path

import torch
from safetensors import SafetensorError

from simgen import shelves
from simgen.errors import SimGenError, UnknownName
from simgen.world.neural.buffers import MODALITIES, VECTOR
from simgen.world.neural.network import NeuralShading

CONFIG, WEIGHTS = "config.json", "diffusion_pytorch_model.safetensors"
USUAL = "neural"
"""On the shelf controlnets/."""


class UnusableWeights(SimGenError):
    """A folder of weights that is incomplete, damaged, or of another network."""

    def __init__(self, folder: object, problem: str):
        super().__init__(f"{folder}: {problem}. Restore it from a copy, or train anew with: simgen train world --data PAIRS --out DIR")


def untrained(**config) -> NeuralShading:
    """A network that gives the cheap photograph back; `config` as of NeuralShading."""
    return NeuralShading(modalities=list(MODALITIES.items()), vector_size=VECTOR, **config)


def load(name_or_path: str | Path = USUAL) -> NeuralShading:
    """A network with its weights, for inference.

    Raises:
        UnknownName: if nothing on the shelf is called so and there is no such folder.
        UnusableWeights: if a file is missing or damaged, or the weights are of another network.
    """
    folder = _folder(name_or_path)
    for file in (CONFIG, WEIGHTS):
        if not (folder / file).is_file():
            raise UnusableWeights(folder, f"it has no {file}")
    try:
        network, found = NeuralShading.from_pretrained(folder, local_files_only=True, low_cpu_mem_usage=False, output_loading_info=True)
    except (SafetensorError, OSError, ValueError, RuntimeError, TypeError, KeyError) as error:
        raise UnusableWeights(folder, f"its weights cannot be read ({str(error).splitlines()[0]})") from error
    wrong = [*found["missing_keys"], *found["unexpected_keys"], *found["mismatched_keys"]]
    if wrong or [tuple(one) for one in network.config.modalities] != list(MODALITIES.items()) or network.config.vector_size != VECTOR:
        raise UnusableWeights(folder, "its weights are those of another network")
    if not all(torch.isfinite(parameter).all() for parameter in network.parameters()):
        raise UnusableWeights(folder, "some of its weights are not numbers")
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _folder(name_or_path: str | Path) -> Path:
    if Path(name_or_path).is_dir():
        return Path(name_or_path)
    shelf = shelves.shelf("controlnets")
    if not (shelf / str(name_or_path)).is_dir():
        raise UnknownName("controlnet", str(name_or_path), (path.name for path in shelf.glob("*") if path.is_dir()))
    return shelf / str(name_or_path)
