"""A message: one safetensors blob, which holds arrays, and says in JSON what they are part of. Nothing in it can be executed."""

import json
import re
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from simgen.errors import BadMessage, CannotTravel

KINDS = frozenset("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split())
"""Of arrays that travel, beside those of text and of objects."""
DEPTH = 64
"""Of brackets in the JSON."""
SAY = "say"
"""The tensor that is the JSON."""
OPENS = np.array([(byte in b"[{") - (byte in b"]}") for byte in range(256)], np.int8)
"""What a byte adds to the depth."""
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)


def packed(value: Any) -> bytes:
    """A value as a message.

    What travels, bit for bit: None, bool, int of 64 bits, float, str, bytes, lists, tuples, dicts with str keys, numpy numbers, and
    numpy arrays of numbers, bools, text, or of any of these as objects.

    Raises:
        CannotTravel: something else is in it.
    """
    tensors: dict[str, np.ndarray] = {}
    say = json.dumps(_said(value, tensors, 0), separators=(",", ":")).encode()
    if _depth(say) > DEPTH:
        raise CannotTravel("A value that is nested so deeply")
    return save({SAY: np.frombuffer(say, np.uint8), **tensors})


def unpacked(blob: bytes, words: int) -> Any:
    """The value of a message, in arrays of its own.

    Args:
        blob: The message.
        words: The most bytes that its JSON, and the table of its arrays, may have each.

    Raises:
        BadMessage: it is none that `packed` makes.
    """
    if len(blob) < 8 or int.from_bytes(blob[:8], "little") > words:
        raise BadMessage("has no table of arrays, or one that is too long")
    try:
        tensors = load(blob)
    except (SafetensorError, KeyError, ValueError, OverflowError, MemoryError) as error:
        raise BadMessage("is no safetensors blob, or damaged") from error
    say = tensors.pop(SAY, None)
    if say is None or say.dtype != np.uint8 or say.ndim != 1 or say.size > words:
        raise BadMessage("does not say what it is, or says too much")
    for tensor in tensors.values():
        if tensor.dtype.name not in KINDS:
            raise BadMessage("holds an array of a type that does not travel")
        if tensor.dtype == bool and (tensor.view(np.uint8) > 1).any():  # numpy counts on it, and would write beyond its memory
            raise BadMessage("holds a truth value that is neither true nor false")
    return _value(_parsed(say.tobytes()), tensors)


def _said(value: Any, tensors: dict[str, np.ndarray], depth: int) -> Any:
    """The value as JSON can say it; its arrays go to `tensors`."""
    if depth > DEPTH:
        raise CannotTravel("A value that is nested so deeply")
    match value:
        case str():
            return str(value)
        case np.generic():
            return {"number": _put(np.asarray(value), tensors)}
        case None | bool() | float():
            return value
        case int() if -(2**63) <= value < 2**64:
            return value
        case bytes():
            return {"bytes": _put(np.frombuffer(value, np.uint8), tensors)}
        case list():
            return [_said(one, tensors, depth + 1) for one in value]
        case tuple():
            return {"tuple": [_said(one, tensors, depth + 1) for one in value]}
        case dict() if all(isinstance(key, str) for key in value):
            return {"dict": {str(key): _said(one, tensors, depth + 1) for key, one in value.items()}}
        case np.ndarray() if value.dtype == object:
            return {"objects": [_said(one, tensors, depth + 1) for one in value.flat], "shape": list(value.shape)}
        case np.ndarray() if value.dtype.kind == "U":
            return {"text": _put(_points(value), tensors)}
        case np.ndarray():
            return {"array": _put(value, tensors)}
    raise CannotTravel(f"A value of type {type(value).__name__}")


def _put(array: np.ndarray, tensors: dict[str, np.ndarray]) -> str:
    if array.dtype.name not in KINDS:
        raise CannotTravel(f"An array of type {array.dtype}")
    name = str(len(tensors))
    tensors[name] = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    return name


def _points(text: np.ndarray) -> np.ndarray:
    """Code points uint32, shape (*text.shape, width)."""
    width = max(text.dtype.itemsize // 4, 1)
    flat = np.array(text, dtype=f"<U{width}", order="C").reshape(-1)
    return flat.view(np.uint32).reshape(*text.shape, width)


def _depth(say: bytes) -> int:
    """The deepest nesting of brackets, in time linear in the length: the parser is recursive."""
    return int(OPENS[np.frombuffer(STRING.sub(b"", say), np.uint8)].cumsum(dtype=np.int64).max(initial=0))


def _parsed(say: bytes) -> Any:
    if _depth(say) > DEPTH:
        raise BadMessage("is nested too deeply")
    try:
        return json.loads(say)
    except ValueError as error:
        raise BadMessage("says something that is not JSON") from error


def _value(said: Any, tensors: dict[str, np.ndarray]) -> Any:
    """The reverse of `_said`; every array is taken once."""
    match said:
        case list():
            return [_value(one, tensors) for one in said]
        case {"dict": dict(entries), **rest} if not rest:
            return {key: _value(one, tensors) for key, one in entries.items()}
        case {"tuple": list(entries), **rest} if not rest:
            return tuple(_value(one, tensors) for one in entries)
        case {"objects": list(entries), "shape": list(shape), **rest} if not rest:
            return _objects([_value(one, tensors) for one in entries], shape)
        case {"array": str(name), **rest} if not rest and name in tensors:
            return tensors.pop(name)
        case {"number": str(name), **rest} if not rest and name in tensors and tensors[name].ndim == 0:
            return tensors.pop(name)[()]
        case {"bytes": str(name), **rest} if not rest and name in tensors and tensors[name].dtype == np.uint8:
            return tensors.pop(name).tobytes()
        case {"text": str(name), **rest} if not rest and name in tensors:
            return _text(tensors.pop(name))
        case dict():
            raise BadMessage("says something of no known kind")
    return said


def _objects(values: list, shape: list) -> np.ndarray:
    array = np.empty(len(values), object)
    for number, value in enumerate(values):
        array[number] = value
    try:
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError
        return array.reshape(shape)
    except (ValueError, OverflowError) as error:
        raise BadMessage("holds an array of objects of another shape than it says") from error


def _text(points: np.ndarray) -> np.ndarray:
    if points.dtype != np.uint32 or points.ndim == 0 or points.shape[-1] == 0 or (points > 0x10FFFF).any():
        raise BadMessage("holds text that is none")
    return np.ascontiguousarray(points).reshape(-1).view(f"<U{points.shape[-1]}").reshape(points.shape[:-1])
