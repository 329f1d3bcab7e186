"""Presets: weathers, lights and sensors by name, in levels from 0 (none of it: the defaults) to 5 (the worst).

Every level but 0 gives each number it touches an interval, and the intervals move one way from level to level. The tables stand in
`weather_presets`, `light_presets` and `sensor_presets`.
"""

from collections.abc import Iterator
from typing import Any, Literal

from simgen.errors import InvalidValue, UnknownName
from simgen.scenario.light_presets import LIGHTS
from simgen.scenario.sensor_presets import SENSORS
from simgen.scenario.span import WORST, Span
from simgen.scenario.weather_presets import WEATHERS

Kind = Literal["weather", "light", "sensor"]
PRESETS: dict[str, dict[str, dict[str, Any]]] = {"weather": WEATHERS, "light": LIGHTS, "sensor": SENSORS}
"""Kind to name to field to Span; `lamps` is a tuple of such tables."""


def names(kind: Kind) -> tuple[str, ...]:
    """Every preset of a kind."""
    return tuple(PRESETS[kind])


def preset(kind: Kind, name: str) -> dict[str, Any]:
    """The table of one preset.

    Raises:
        UnknownName: if there is none of that name.
    """
    if name not in PRESETS[kind]:
        raise UnknownName(kind, name, PRESETS[kind])
    return PRESETS[kind][name]


def distributions(kind: Kind, name: str, level: int) -> dict[str, Any]:
    """The fields that a level touches, each a constant or a distribution, as a scenario would write them; none at level 0.

    Raises:
        UnknownName: if there is no such preset.
    """
    table = preset(kind, name)
    return {} if level == 0 else _drawn(table, level)


def _drawn(part: Any, level: int) -> Any:
    if isinstance(part, Span):
        return part.drawn(level)
    if isinstance(part, dict):
        return {name: _drawn(item, level) for name, item in part.items()}
    return tuple(_drawn(item, level) for item in part)


def intervals(kind: Kind, name: str, level: int) -> dict[str, tuple[float, float]]:
    """Dotted field to the lowest and highest value a level draws, such as `lamps.0.flux_lm`; empty at level 0, which is the defaults.

    Raises:
        UnknownName: if there is no such preset.
        InvalidValue: if the level is not one of 0 to 5.
    """
    if level not in range(WORST + 1):
        raise InvalidValue("a level", level, f"a whole number from 0 to {WORST}")
    return {} if level == 0 else {field: span.at(level) for field, span in _leaves(preset(kind, name))}


def _leaves(part: Any, path: str = "") -> Iterator[tuple[str, Span]]:
    if isinstance(part, Span):
        yield path, part
        return
    for name, item in part.items() if isinstance(part, dict) else enumerate(part):
        yield from _leaves(item, f"{path}.{name}".lstrip("."))


def table(kind: Kind) -> str:
    """Every preset of a kind as a Markdown table: a row a field, a column a level from 1 to 5. Level 0 is the defaults."""
    head = f"| {kind} | field | " + " | ".join(f"level {level}" for level in range(1, WORST + 1)) + " |"
    rows = [head, "|" + "---|" * (WORST + 2)]
    for name in names(kind):
        for field, span in _leaves(preset(kind, name)):
            cells = [_cell(*span.at(level)) for level in range(1, WORST + 1)]
            rows.append(f"| {name} | {field} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _cell(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
