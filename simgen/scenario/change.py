"""Changes: what a scenario says of weather, light and sensor that do not stay as they are."""

from typing import Annotated, Any, ClassVar, get_type_hints

from pydantic import Discriminator, Field, Tag, create_model, model_validator

from simgen.scenario.distribution import Model, NonNegative
from simgen.scenario.graded import Graded
from simgen.scenario.light import Lamp, Light
from simgen.scenario.presets import Kind
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather


def _partial(model: type[Model], base: type[Model], **others: Any) -> type[Model]:
    """A model of the same numbers, each of which may be left out; None leaves it as it is."""
    hints = get_type_hints(model, include_extras=True)
    fields = {name: (others.get(name, hints[name]) | None, None) for name in model.model_fields if name not in base.model_fields}
    said = f"What becomes of a {model.__name__}; None leaves a number as it is."
    return create_model(f"{model.__name__}Change", __base__=base, __module__=__name__, __doc__=said, **fields)


class _GradedChange(Graded):
    """A preset gives every number: what it does not touch goes to the default."""

    whole: ClassVar[type[Graded]]

    @classmethod
    def plain(cls) -> dict[str, Any]:
        return cls.whole.plain()


class _WeatherChange(_GradedChange):
    kind: ClassVar[Kind] = "weather"
    whole: ClassVar[type[Graded]] = Weather


class _LightChange(_GradedChange):
    kind: ClassVar[Kind] = "light"
    whole: ClassVar[type[Graded]] = Light


class _SensorChange(_GradedChange):
    kind: ClassVar[Kind] = "sensor"
    whole: ClassVar[type[Graded]] = Sensor


LampChange = _partial(Lamp, Model)
WeatherChange = _partial(Weather, _WeatherChange)
LampNumber = Annotated[int, Field(ge=0)]
LampChanges = Annotated[
    Annotated[tuple[Lamp, ...], Tag("all")] | Annotated[dict[LampNumber, LampChange], Tag("numbered")],
    Discriminator(lambda said: "numbered" if isinstance(said, dict) else "all"),
]
LightChange = _partial(Light, _LightChange, lamps=LampChanges)
"""`lamps` is a list that takes the place of all lamps, or a mapping from a lamp's number, from 0, to what becomes of it."""
SensorChange = _partial(Sensor, _SensorChange)


class Change(Model):
    """From one instant on something becomes otherwise: at once, or little by little."""

    at: NonNegative
    """Seconds of simulated time at which it begins."""
    over: NonNegative = 0.0
    """Seconds it takes."""
    weather: WeatherChange | None = None
    """What the weather comes to; a number that is left out stays."""
    light: LightChange | None = None
    sensor: SensorChange | None = None

    @model_validator(mode="after")
    def _something(self):
        if self.weather is None and self.light is None and self.sensor is None:
            raise ValueError("a change must name weather, light or sensor")
        return self


def check_lamps(light: Light, changes: tuple[Change, ...]) -> None:
    """Refuse a change of a lamp that is not there. What lamps a preset brings that is yet to be drawn is not known, and passes.

    Raises:
        ValueError: if a change names one.
    """
    lights = [light, *(change.light for change in changes if change.light is not None)]
    if any(said.preset is not None and not isinstance(said.preset, str) for said in lights):
        return
    there = max(len(said.lamps) for said in lights if isinstance(said.lamps, tuple))
    for number, change in enumerate(changes):
        named = change.light.lamps if change.light is not None else None
        for lamp in named if isinstance(named, dict) else ():
            if lamp not in range(there):
                raise ValueError(f"changes.{number} names lamp {lamp}, but there are {there} lamps, numbered from 0")
