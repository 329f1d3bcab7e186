"""Leaves of somebody else's observation, numpy's or torch's, read and replaced without asking whose they are."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from simgen.errors import InvalidValue, ShapeMismatch

Path = tuple[str, ...]
"""Keys from an observation down to one of its leaves; () is the observation itself."""


def array(leaf: Any) -> np.ndarray:
    """A leaf as numpy has it: a torch tensor, or what has one behind it, is taken off its device."""
    leaf = getattr(leaf, "torch", leaf)
    return np.asarray(leaf.detach().cpu() if hasattr(leaf, "detach") else leaf)


def at(observation: Any, path: Path) -> Any:
    """The leaf, or the dictionary, at the end of a path; works on spaces, too."""
    for key in path:
        observation = observation[key]
    return observation


def put(observation: Any, path: Path, leaf: Any) -> Any:
    """A copy of an observation with another leaf at the end of a path; all others are shared."""
    if not path:
        return leaf
    other = copy.copy(observation)
    other[path[0]] = put(observation[path[0]], path[1:], leaf)
    return other


def pictured(pictures: Sequence[np.ndarray], leaf: Any) -> Any:
    """Pictures, sRGB, uint8, (H, W, 3) each, in the shape, type and range of the leaf that they replace.

    A leaf is (H, W, C) or (C, H, W), with the rows before it or without where there is but one; bytes, or floats from 0 to 1; an alpha
    channel stays.

    Raises:
        InvalidValue: if the leaf is no picture.
        ShapeMismatch: if it is of another size.
    """
    old = array(leaf)
    if old.ndim not in (3, 4) or not {*old.shape[-3:]} & {3, 4}:
        raise InvalidValue("the place of a photograph in the observation", old.shape, "a picture: (H, W, 3) or (3, H, W), a row each")
    new = np.stack(pictures) if old.ndim == 4 else pictures[0]
    last = old.shape[-1] in (3, 4)
    channels = old.shape[-1] if last else old.shape[-3]
    if channels == 4:
        alpha = old[..., 3:] if last else np.moveaxis(old, -3, -1)[..., 3:]
        new = np.concatenate([new if old.dtype == np.uint8 else new / 255, alpha], -1)
    elif np.issubdtype(old.dtype, np.floating):
        new = new / 255
    new = new if last else np.moveaxis(new, -1, -3)
    if new.shape != old.shape:
        raise ShapeMismatch("a photograph", new.shape, "its place in the observation", old.shape)
    return leaf.new_tensor(new) if hasattr(leaf, "new_tensor") else np.ascontiguousarray(new, dtype=old.dtype)
