"""Named random streams: one root seed, one independent stream for each thing that is drawn."""

import hashlib

import numpy as np


def stream(seed: int, episode: int, name: str) -> np.random.Generator:
    """The generator of one named draw of one episode.

    Streams are keyed by name, not by order, so that adding, removing or fixing one draw leaves every other unchanged,
    and episode i of seed s is the same alone, in a batch and on any worker.
    """
    digest = hashlib.sha256(f"{seed}/{episode}/{name}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))
