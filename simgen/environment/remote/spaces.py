"""Spaces in words that travel, and whether what travels is an action."""

from collections import OrderedDict
from typing import Any

import numpy as np
from gymnasium import Space
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple

from simgen.errors import BadMessage, CannotTravel, InvalidValue

ARRAYS = (Box, MultiDiscrete, MultiBinary)
"""Spaces whose elements are arrays."""


def described(space: Space) -> dict[str, Any]:
    """What a message says of a space.

    Raises:
        CannotTravel: it is made of other spaces than Box, Dict, Tuple, Text, Discrete, MultiDiscrete and MultiBinary.
    """
    match space:
        case Box():
            low, high = _bound(space.low), _bound(space.high)
            return {"kind": "box", "low": low, "high": high, "shape": list(space.shape), "dtype": space.dtype.name}
        case Dict():
            return {"kind": "dict", "spaces": {name: described(part) for name, part in space.spaces.items()}}
        case Tuple():
            return {"kind": "tuple", "spaces": [described(part) for part in space.spaces]}
        case Text():
            return {"kind": "text", "shortest": space.min_length, "longest": space.max_length, "letters": "".join(space.character_list)}
        case Discrete():
            return {"kind": "discrete", "n": int(space.n), "start": int(space.start), "dtype": space.dtype.name}
        case MultiDiscrete():
            return {"kind": "multi_discrete", "n": space.nvec, "start": space.start, "dtype": space.dtype.name}
        case MultiBinary():
            return {"kind": "multi_binary", "shape": list(space.shape)}
    raise CannotTravel(f"A space of type {type(space).__name__}")


def _bound(bound: np.ndarray) -> np.ndarray:
    """One number where all are the same: pictures have many."""
    first = bound.reshape(-1)[:1]
    return first.reshape(()) if first.size and (bound == first).all() else bound


def rebuilt(said: dict[str, Any]) -> Space:
    """The space that `described` says.

    Raises:
        BadMessage: it says none.
    """
    match said:
        case {"kind": "box", "low": low, "high": high, "shape": shape, "dtype": dtype}:
            return Box(np.broadcast_to(low, shape), np.broadcast_to(high, shape), tuple(shape), np.dtype(dtype).type)
        case {"kind": "dict", "spaces": dict(parts)}:
            return Dict(OrderedDict((name, rebuilt(part)) for name, part in parts.items()))
        case {"kind": "tuple", "spaces": list(parts)}:
            return Tuple([rebuilt(part) for part in parts])
        case {"kind": "text", "shortest": shortest, "longest": longest, "letters": letters}:
            return Text(longest, min_length=shortest, charset=letters)
        case {"kind": "discrete", "n": n, "start": start, "dtype": dtype}:
            return Discrete(n, start=start, dtype=np.dtype(dtype).type)
        case {"kind": "multi_discrete", "n": n, "start": start, "dtype": dtype}:
            return MultiDiscrete(n, np.dtype(dtype).type, start=start)
        case {"kind": "multi_binary", "shape": shape}:
            return MultiBinary(shape)
    raise BadMessage("describes no space")


def as_action(space: Space, action: Any) -> Any:
    """An action as arrays of the space's types, where nothing but precision is lost; its shape and values are the environment's to judge.

    Raises:
        InvalidValue: it has not the structure of the space, or numbers of another kind.
    """
    if isinstance(space, Dict):
        if not isinstance(action, dict) or set(action) != set(space.spaces):
            raise InvalidValue("actions", type(action).__name__, f"a dict of {', '.join(space.spaces)}")
        return {name: as_action(part, action[name]) for name, part in space.spaces.items()}
    if isinstance(space, Tuple):
        if not isinstance(action, list | tuple) or len(action) != len(space.spaces):
            raise InvalidValue("actions", type(action).__name__, f"a tuple of {len(space.spaces)}")
        return tuple(as_action(part, one) for part, one in zip(space.spaces, action, strict=True))
    if not isinstance(space, ARRAYS):
        return action
    array = np.asarray(action)
    if not np.can_cast(array.dtype, space.dtype, "same_kind"):
        raise InvalidValue("the type of actions", array.dtype.name, space.dtype.name)
    return array.astype(space.dtype)


def check_action(space: Space, action: Any) -> None:
    """Whether an action from afar has the structure, type and shape of the space; its values are the environment's to judge.

    Raises:
        InvalidValue: it has not.
    """
    if isinstance(space, Dict):
        if not isinstance(action, dict) or set(action) != set(space.spaces):
            raise InvalidValue("actions", type(action).__name__, f"a dict of {', '.join(space.spaces)}")
        for name, part in space.spaces.items():
            check_action(part, action[name])
    elif isinstance(space, Tuple):
        if not isinstance(action, tuple) or len(action) != len(space.spaces):
            raise InvalidValue("actions", type(action).__name__, f"a tuple of {len(space.spaces)}")
        for part, one in zip(space.spaces, action, strict=True):
            check_action(part, one)
    elif isinstance(space, ARRAYS):
        if not isinstance(action, np.ndarray) or action.dtype != space.dtype:
            raise InvalidValue("the type of actions", str(getattr(action, "dtype", type(action).__name__)), space.dtype.name)
        if action.shape != space.shape:
            raise InvalidValue("the shape of actions", action.shape, space.shape)
    elif not space.contains(action):
        raise InvalidValue("actions", type(action).__name__, str(space))
