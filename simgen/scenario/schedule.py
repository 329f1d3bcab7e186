"""Schedule: the conditions of any instant of an episode, where weather, light or sensor change."""

from typing import Any

from simgen.scenario.change import Change
from simgen.scenario.conditions import Conditions
from simgen.scenario.interpolate import interpolate
from simgen.scenario.light import Light
from simgen.scenario.scene import Scene


def conditions_at(scene: Scene, time_ns: int) -> Conditions:
    """Weather, light and sensor of a Scene at one instant; every number is fixed and moves continuously, but where a change takes 0 s.

    Changes act in the order of their beginnings, each on what those before it have left: a sun may set while rain begins.

    Args:
        scene: whose changes are asked.
        time_ns: simulated time in nanoseconds.
    """
    conditions = Conditions(scene.weather, scene.light, scene.sensor)
    for change in sorted(scene.changes, key=lambda change: change.at):
        share = _progress(change, 1e-9 * time_ns)
        if share > 0.0:
            conditions = interpolate(conditions, _after(conditions, change), share)
    return conditions


def _progress(change: Change, seconds: float) -> float:
    """0 before the change, 1 after it."""
    if seconds < change.at:
        return 0.0
    return 1.0 if seconds >= change.at + change.over else (seconds - change.at) / change.over


def _after(now: Conditions, change: Change) -> Conditions:
    return Conditions(_with(now.weather, change.weather), _lit(now.light, change.light), _with(now.sensor, change.sensor))


def _with(now: Any, said: Any) -> Any:
    """A model with the numbers that a change says; the preset's name goes with them."""
    if said is None:
        return now
    fields = {name: value for name in type(said).model_fields if (value := getattr(said, name)) is not None}
    return now.model_copy(update={"preset": None, "level": None} | fields)


def _lit(now: Light, said: Any) -> Light:
    if said is None or not isinstance(said.lamps, dict):
        return _with(now, said)
    lamps = list(now.lamps)
    for number, lamp in said.lamps.items():
        if number < len(lamps):
            fields = {name: value for name in type(lamp).model_fields if (value := getattr(lamp, name)) is not None}
            lamps[number] = lamps[number].model_copy(update=fields)
    return _with(now, said).model_copy(update={"lamps": tuple(lamps)})
