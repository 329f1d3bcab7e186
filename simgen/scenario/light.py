"""Light: sun, sky and lamps, as physical numbers."""

from typing import ClassVar

from simgen.scenario.distribution import ConeAngle, Elevation, Fraction, Model, NonNegative, Number, Positive, Vector
from simgen.scenario.graded import Graded
from simgen.scenario.presets import Kind


class Lamp(Model):
    """A round lamp that shines one way."""

    position: Vector
    """Metres, world frame, of the middle of its disc."""
    look_at: Vector = (0.45, 0.0, 0.0)
    """A point on its axis."""
    radius: Positive = 0.15
    """Metres."""
    flux_lm: NonNegative = 1500.0
    """Luminous flux; a desk lamp gives 500, a workshop tube 4000, a dead lamp 0."""
    temperature_k: Positive = 4000.0
    """Correlated colour temperature: 2700 is warm, 6500 is daylight."""
    cone_deg: ConeAngle = 180.0
    """Full opening angle; 180 shines like a matt disc (Lambert), less is a spot."""


class Light(Graded):
    """Where light comes from. The defaults are a clear day's late morning, outdoors.

    In a scenario any number may be a distribution; in a Scene all are fixed.
    """

    kind: ClassVar[Kind] = "light"
    elevation_deg: Elevation = 55.0
    """Of the sun above the horizon; below -6 it is night."""
    azimuth_deg: Number = 30.0
    """Of the sun, from the world's x axis, counter-clockwise."""
    ambient: Fraction = 0.5
    """Share of the light that comes from everywhere: only the simulator's own picture asks."""
    turbidity: Positive = 3.0
    """Haze of the sky: 2 is mountain air, 10 is murk (Preetham, 1999)."""
    cloud_cover: Fraction = 0.1
    """Share of the sky that is clouded; 1 is overcast and hides the sun."""
    daylight: Fraction = 1.0
    """Share of sun and sky that comes in: 1 outdoors, 0.05 in a hall with windows."""
    lamps: tuple[Lamp, ...] = ()
    """Artificial light."""
    environment: str | None = None
    """An equirectangular HDR image (.hdr or .exr) that stands in for sun and sky, looked up as an asset is; z is up."""
    environment_yaw_deg: Number = 0.0
    """Turns that image around z."""
    environment_scale: Positive = 1.0
    """cd/m2 that one unit of that image stands for, in thousands."""
