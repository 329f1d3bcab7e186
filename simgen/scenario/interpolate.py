"""Between two conditions: every number moves continuously from the one to the other."""

import math
from typing import Any

from simgen.scenario.conditions import Conditions
from simgen.scenario.distribution import Model
from simgen.scenario.graded import Graded
from simgen.scenario.light import Lamp, Light

FLOOR = {"visibility_m": 0.0, "daylight": 1e-5, "flux_lm": 1.0, "environment_scale": 0.0, "temperature_k": 0.0, "white_balance_k": 0.0,
         "shutter_s": 1e-4, "f_number": 0.0, "shot_noise": 1e-4, "read_noise": 1e-4, "dead_pixels": 1e-6}  # fmt: skip
"""Quantities of which equal factors look like equal steps, and what is added before the logarithm so that 0 has one."""
ANGLES = ("azimuth_deg", "wind_azimuth_deg", "environment_yaw_deg")
"""Full circles, which are gone round the short way."""


def interpolate(a: Conditions, b: Conditions, share: float) -> Conditions:
    """What lies between two conditions.

    Every number moves steadily: in its logarithm where the eye counts factors, round the short way where it is an azimuth. Lamps are
    matched by order; one without a partner fades by its flux. Names (a preset, an environment image) are b's from half way on, a
    preset's only where it is the same in both or the end is reached.

    Args:
        a: what holds at 0; all numbers fixed.
        b: what holds at 1.
        share: 0 to 1; at the ends the result is exactly a or b.
    """
    if share <= 0.0:
        return a
    if share >= 1.0:
        return b
    return Conditions(_between(a.weather, b.weather, share), _light(a.light, b.light, share), _between(a.sensor, b.sensor, share))


def _light(a: Light, b: Light, share: float) -> Light:
    if a == b:
        return a
    count = max(len(a.lamps), len(b.lamps))
    lamps = zip(_faded(a.lamps, b.lamps, count), _faded(b.lamps, a.lamps, count), strict=True)
    between = tuple(_between(one, other, share) for one, other in lamps)
    return _between(a, b, share).model_copy(update={"lamps": between})


def _faded(lamps: tuple[Lamp, ...], others: tuple[Lamp, ...], count: int) -> tuple[Lamp, ...]:
    """As many lamps as asked, dark ones standing where the others' are."""
    return lamps + tuple(lamp.model_copy(update={"flux_lm": 0.0}) for lamp in others[len(lamps) : count])


def _between[M: Model](a: M, b: M, share: float) -> M:
    if a == b:
        return a
    numbers = [name for name in type(a).model_fields if name != "lamps" and name not in Graded.model_fields]
    fields = {name: _value(name, getattr(a, name), getattr(b, name), share) for name in numbers}
    if isinstance(a, Graded) and (a.preset, a.level) != (b.preset, b.level):
        fields |= {"preset": None, "level": None}
    return a.model_copy(update=fields)


def _value(name: str, a: Any, b: Any, share: float) -> Any:
    if a == b:
        return a
    if isinstance(a, tuple):
        return tuple(_value(name, one, other, share) for one, other in zip(a, b, strict=True))
    if not isinstance(a, float):
        return a if share < 0.5 else b
    if name in ANGLES:
        return a + share * ((b - a + 180.0) % 360.0 - 180.0)
    if name in FLOOR:
        floor = FLOOR[name]
        return max(0.0, math.exp((1.0 - share) * math.log(a + floor) + share * math.log(b + floor)) - floor)
    return (1.0 - share) * a + share * b
