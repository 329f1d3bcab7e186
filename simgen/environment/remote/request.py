"""What a client may ask for: whatever a message holds beyond it is refused before the environment hears of it."""

import re
from typing import Any

import numpy as np

from simgen.environment.remote.seal import Seal
from simgen.errors import BadMessage, InvalidValue, UnknownName

VERBS = {
    "describe": {"protocol"},
    "reset": {"seed", "options"},
    "step": {"actions"},
    "render": set(),
    "snapshot": {"row"},
}
"""Each with its arguments, no more and no fewer."""
NAME = re.compile(r"[a-z0-9_]{1,64}")
PRESET = re.compile(r"[a-z0-9_]{1,64}(:[0-9]{1,2})?")
NAMED = {"scene": NAME, "weather": PRESET, "light": PRESET, "sensor": PRESET}
"""Options that are names from a shelf or table, never paths; one for all rows or one a row."""
OPTIONS = (*NAMED, "snapshot", "reset_mask")


def understood(message: Any) -> tuple[str, dict[str, Any]]:
    """The verb of a message and its arguments.

    Raises:
        BadMessage: it is no dict, or has other arguments than its verb.
        UnknownName: there is no such verb.
    """
    if not isinstance(message, dict) or not isinstance(message.get("verb"), str):
        raise BadMessage("asks for nothing")
    verb = message.pop("verb")
    if verb not in VERBS:
        raise UnknownName("verb", verb[:64], VERBS)
    if set(message) != VERBS[verb]:
        raise BadMessage(f"has other arguments than {verb} takes")
    return verb, message


def seed_of(seed: Any, rows: int) -> int | list[int | None] | None:
    """The seed of a reset: None, a number from 0 up to 64 bits, or a list of `rows` of these.

    Raises:
        InvalidValue: it is anything else.
    """
    each = seed if isinstance(seed, list) else [seed]
    if not all(one is None or (type(one) is int and 0 <= one < 2**64) for one in each) or len(each) != (rows if each is seed else 1):
        raise InvalidValue("seed", _short(seed), f"None, a whole number from 0 that fits 64 bits, or a list of {rows} of these")
    return seed


def options_of(options: Any, rows: int, seal: Seal) -> dict[str, Any] | None:
    """The options of a reset, snapshots without their seals.

    Raises:
        InvalidValue: one of them is of a wrong kind, a path instead of a name, or a snapshot of another server.
        UnknownName: there is no such option.
    """
    if options is None:
        return None
    if not isinstance(options, dict):
        raise InvalidValue("options", _short(options), "None or a dict")
    return {name: _option(name, value, rows, seal) for name, value in options.items()}


def _option(name: str, value: Any, rows: int, seal: Seal) -> Any:
    if name in NAMED:
        each = value if isinstance(value, list) else [value]
        if len(each) != (rows if each is value else 1) or not all(_named(NAMED[name], one) for one in each):
            must = f"a name (small letters, digits, _), None, or a list of {rows} of these"
            raise InvalidValue(f"options['{name}']", _short(value), must)
        return value
    if name == "snapshot":
        if not isinstance(value, list) or len(value) != rows or not all(one is None or isinstance(one, bytes) for one in value):
            raise InvalidValue("options['snapshot']", _short(value), f"a list of {rows}, each bytes or None")
        return [None if one is None else seal.opened(one) for one in value]
    if name == "reset_mask":
        if not isinstance(value, np.ndarray) or value.dtype != bool or value.shape != (rows,):
            raise InvalidValue("options['reset_mask']", _short(value), f"an array of bool, shape ({rows},)")
        return value
    raise UnknownName("option", name[:64], OPTIONS)


def _named(pattern: re.Pattern, one: Any) -> bool:
    return one is None or (isinstance(one, str) and pattern.fullmatch(one) is not None)


def row_of(row: Any, rows: int) -> int:
    """The number of a row.

    Raises:
        InvalidValue: there is no such row.
    """
    if type(row) is not int or not 0 <= row < rows:
        raise InvalidValue("row", _short(row), f"a whole number from 0 to {rows - 1}")
    return row


def _short(value: Any) -> Any:
    """What an error may quote of a hostile value."""
    if isinstance(value, str):
        return value[:64]
    short = value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**64)
    return value if short else type(value).__name__
