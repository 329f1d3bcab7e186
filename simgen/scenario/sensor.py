"""Sensor: what a camera makes of the light that reaches it, as physical numbers."""

from typing import ClassVar

from simgen.scenario.distribution import Fraction, NonNegative, Number, Positive
from simgen.scenario.graded import Graded
from simgen.scenario.presets import Kind


class Sensor(Graded):
    """The response of every camera of a scene. The defaults are a good camera, clean and in focus.

    In a scenario any number may be a distribution; in a Scene all are fixed.
    """

    kind: ClassVar[Kind] = "sensor"
    exposure_ev: Number = 0.0
    """Stops brighter (+) or darker (-) than the camera's own metering, which is done once an episode."""
    white_balance_k: Positive = 5500.0
    """Colour temperature that comes out neutral."""
    auto_white_balance: Fraction = 0.65
    """How far the camera instead adapts to the light it meets: 0 not at all, 1 wholly."""
    shutter_s: NonNegative = 0.0
    """Exposure time; what moves meanwhile is smeared along its motion."""
    f_number: Positive = 16.0
    """Aperture: small numbers blur what is out of focus."""
    focus_m: NonNegative = 0.0
    """Distance in focus; 0 focuses on the middle of the first picture."""
    shot_noise: NonNegative = 0.01
    """Standard deviation of a white pixel over its value, from the count of photons; grows as the root of the signal."""
    read_noise: NonNegative = 0.002
    """Standard deviation of a black pixel, share of white."""
    bloom: Fraction = 0.03
    """Share of the light that the lens scatters around what is bright."""
    glare: Fraction = 0.0
    """Veil and streaks from a strong light in or near the picture."""
    lens_drops: Fraction = 0.0
    """Share of the lens under water drops."""
    lens_smear: Fraction = 0.0
    """How greasy the lens is."""
    vignetting: Fraction = 0.15
    """Light lost in the corners."""
    dead_pixels: Fraction = 0.0
    """Share of pixels that are stuck, black or white, always the same ones of a camera."""
