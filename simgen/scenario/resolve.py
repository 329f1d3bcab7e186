"""From distributions to numbers: every leaf of a model is drawn from a stream of its own."""

from functools import cache
from typing import Any

import numpy as np
from pydantic import BaseModel

from simgen.randomness import stream
from simgen.scenario.distribution import DISTRIBUTIONS, Choice
from simgen.scenario.graded import Graded
from simgen.scenario.orientation import UniformRotation

DRAWN = (*DISTRIBUTIONS, Choice, UniformRotation)


class Streams:
    """The generators of one attempt at one episode; asking twice for a name goes on with the same generator."""

    def __init__(self, seed: int, episode: int, attempt: int):
        self.seed, self.episode, self.attempt = seed, episode, attempt
        self._stream = cache(stream)

    def leaf(self, path: str) -> np.random.Generator:
        """Of one value of the scenario, the same in every attempt."""
        return self._stream(self.seed, self.episode, f"draw/{path}")

    def layout(self, path: str) -> np.random.Generator:
        """Of one value that says where a body stands, anew in every attempt."""
        return self.leaf(f"{path}/{self.attempt}" if self.attempt else path)

    def placement(self, body: str) -> np.random.Generator:
        """Of one body's search for a place."""
        return self._stream(self.seed, self.episode, f"placement/{self.attempt}/{body}")


def resolve(value: Any, path: str, leaf) -> Any:
    """Plain data in which every distribution is drawn.

    Args:
        value: a model, a collection or a constant.
        path: where it stands in the scenario, dotted.
        leaf: path to generator, such as `Streams.leaf`.
    """
    if isinstance(value, DRAWN):
        return resolve(value.sample(leaf(path)), path, leaf)
    if isinstance(value, Graded):
        value = value.settled(path, leaf)
    if isinstance(value, BaseModel):
        return {name: resolve(getattr(value, name), f"{path}.{name}", leaf) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {name: resolve(item, f"{path}.{name}", leaf) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, f"{path}.{number}", leaf) for number, item in enumerate(value)]
    return value
