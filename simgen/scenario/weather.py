"""Weather: the state of air and ground, as physical numbers."""

from typing import ClassVar

from simgen.scenario.distribution import Fraction, NonNegative, Number, Positive
from simgen.scenario.graded import Graded
from simgen.scenario.presets import Kind


class Weather(Graded):
    """What falls, hangs and lies. The defaults are a clear, dry, calm day.

    In a scenario any number may be a distribution; in a Scene all are fixed.
    """

    kind: ClassVar[Kind] = "weather"

    rain_mm_h: NonNegative = 0.0
    """Falling rain, millimetres an hour: 2 is light, 10 moderate, 50 violent."""
    snow_mm_h: NonNegative = 0.0
    """Falling snow, millimetres of water an hour: 1 is light, 5 heavy."""
    visibility_m: Positive = 50_000.0
    """Meteorological optical range: where the contrast of a dark object has fallen to 2 % (Koschmieder, 1924)."""
    snow_cover: Fraction = 0.0
    """Share of what faces the sky that lies under snow."""
    wetness: Fraction = 0.0
    """Water on what faces the sky: 0 dry, 0.5 a closed film, 1 standing puddles."""
    ice: Fraction = 0.0
    """Share of what faces the sky that is glazed."""
    dust: Fraction = 0.0
    """Share of what faces the sky that lies under dust."""
    cloud_cover: Fraction = 0.0
    """Share of the sky that this weather clouds; where the light says more, that holds."""
    wind_m_s: NonNegative = 0.0
    """Wind speed."""
    wind_azimuth_deg: Number = 0.0
    """Where the wind blows to, from the world's x axis, counter-clockwise."""

    @property
    def extinction_per_m(self) -> float:
        """Share of light lost a metre, by Koschmieder's law: 3.912 / visibility."""
        return 3.912 / self.visibility_m
