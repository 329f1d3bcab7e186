"""Conditions: weather, light and sensor together, at one instant."""

from dataclasses import dataclass, field

from simgen.scenario.light import Light
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather


@dataclass(frozen=True)
class Conditions:
    """What surrounds the scene and the camera. All numbers are fixed."""

    weather: Weather = field(default_factory=Weather)
    light: Light = field(default_factory=Light)
    sensor: Sensor = field(default_factory=Sensor)
