"""Conditions: weather, light and sensor together, at one instant."""

from dataclasses import dataclass, field

from simgen.errors import InvalidValue
from simgen.scenario.graded import Graded
from simgen.scenario.light import Light
from simgen.scenario.presets import preset
from simgen.scenario.resolve import Streams, resolve
from simgen.scenario.sensor import Sensor
from simgen.scenario.span import USUAL, WORST
from simgen.scenario.weather import Weather


@dataclass(frozen=True)
class Conditions:
    """What surrounds the scene and the camera. All numbers are fixed."""

    weather: Weather = field(default_factory=Weather)
    light: Light = field(default_factory=Light)
    sensor: Sensor = field(default_factory=Sensor)


CLEAR = Conditions()
"""Every default: a clear day and a good camera."""


def conditions_of(
    weather: str | None = None,
    light: str | None = None,
    sensor: str | None = None,
    *,
    seed: int,
    episode: int,
    base: Conditions = CLEAR,
) -> Conditions:
    """One draw of presets written as on a command line: `rain`, or `rain:4` for level 4 of 0 to 5.

    What is drawn is what a scenario with these presets draws for the same seed and episode.

    Args:
        weather: a preset and its level; None keeps `base`'s.
        light: the same.
        sensor: the same.
        seed: the root seed.
        episode: number of the episode.
        base: what holds where nothing is written.

    Raises:
        UnknownName: if there is no such preset.
        InvalidValue: if a level is not one of 0 to 5.
    """
    leaf = Streams(seed, episode, 0).leaf
    return Conditions(
        base.weather if weather is None else _drawn(Weather, weather, leaf),
        base.light if light is None else _drawn(Light, light, leaf),
        base.sensor if sensor is None else _drawn(Sensor, sensor, leaf),
    )


def _drawn[M: Graded](model: type[M], text: str, leaf) -> M:
    name, colon, level = text.partition(":")
    preset(model.kind, name)
    if colon and level not in map(str, range(WORST + 1)):
        raise InvalidValue(f"the level of {model.kind} {name}", level, f"a whole number from 0 to {WORST}, as in {name}:{USUAL}")
    said = model.model_validate({"preset": name, "level": int(level) if colon else USUAL})
    return model.model_validate(resolve(said, model.kind, leaf))
