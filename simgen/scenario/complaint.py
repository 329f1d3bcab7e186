"""Pydantic's first complaint in plain words: which key, what is wrong, what would have worked."""

from typing import Any

from pydantic import ValidationError

from simgen.errors import InvalidScenario

PLAIN = {
    "missing": "is missing; add it.",
    "finite_number": "must be a finite number.",
    "string_pattern_mismatch": "is not a name; use lower case letters, digits and underscores, a letter first.",
    "dict_type": "must be a mapping of keys to values.",
    "model_type": "must be a mapping of keys to values.",
    "model_attributes_type": "must be a mapping of keys to values.",
    "int_type": "must be a whole number.",
    "int_parsing": "must be a whole number.",
    "int_from_float": "must be a whole number.",
    "list_type": "must be a list.",
    "tuple_type": "must be a list.",
}
"""What to say where pydantic's own words speak of Python."""
SAY_NOTHING = {"missing", "unknown_key", "value_error"}
"""Complaints that already say what came, or that nothing did."""


def invalid(file: object, data: Any, error: ValidationError) -> InvalidScenario:
    """The error to raise for data that pydantic refused."""
    first = error.errors(include_url=False)[0]
    key = _key(data, first)
    problem = PLAIN.get(first["type"]) or first["msg"].removeprefix("Value error, ").replace("Input should", "must").replace("\n", " ")
    if first["type"] not in SAY_NOTHING:
        problem = f"{problem.rstrip('.')}, got {_short(first['input'])}."
    return InvalidScenario(file, key, problem if problem.endswith(".") else f"{problem}.")


def _key(data: Any, complaint: dict[str, Any]) -> str:
    """The dotted key as it stands in the file: pydantic's path without the tags of its unions."""
    parts = _found(data, complaint["loc"])[1]
    if complaint["type"] == "missing":
        parts.append(complaint["loc"][-1])
    if complaint["type"] == "unknown_key":
        parts.append(complaint["ctx"]["key"])
    return ".".join(map(str, parts))


def _found(data: Any, loc: tuple) -> tuple[int, list]:
    """The parts of a path that are keys of the data, and how far down the path the last of them stands.

    A tag may equal a key beside the one that is meant, so both readings are tried and the one that reaches further wins.
    """
    if not loc:
        return 0, []
    reached, parts = _found(data, loc[1:])
    skipped = (reached + 1 if parts else 0, parts)
    if not (isinstance(data, dict) and loc[0] in data or isinstance(data, list | tuple) and loc[0] in range(len(data))):
        return skipped
    reached, parts = _found(data[loc[0]], loc[1:])
    return max((reached + 1, [loc[0], *parts]), skipped, key=lambda found: found[0])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
