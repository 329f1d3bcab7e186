"""The air between things and the camera: fog with depth, rain, snow and splashes, on linear radiance."""

import numpy as np

from simgen.errors import ShapeMismatch
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Illumination
from simgen.world.atmosphere import rain, snow, splash
from simgen.world.atmosphere.fog import fogged
from simgen.world.atmosphere.grain import joined
from simgen.world.atmosphere.scatter import among
from simgen.world.atmosphere.streak import coverage

RAIN_FORWARDNESS = 0.4
"""Asymmetry of a drop: it shows mostly what lies behind it, bent over 165 degrees (Garg and Nayar, 2006)."""
SNOW_FORWARDNESS = 0.25
"""Asymmetry of a flake: nearly matt."""


def through_air(
    radiance: np.ndarray, observation: Observation, conditions: Conditions, illumination: Illumination, *, seed: int
) -> np.ndarray:
    """What reaches the camera through the weather.

    Drops and flakes live in the world: cameras that are given the same seed see the same ones, and a frame depends on no other.

    Args:
        radiance: what would be seen in a vacuum, cd/m2 in linear sRGB, float32, (H, W, 3); finite.
        observation: exact buffers of the same pixels.
        conditions: weather and sensor of this frame.
        illumination: what lights the scene.
        seed: one for all cameras and frames of an episode.

    Returns:
        float32, (H, W, 3); the very same array where the air is clear.

    Raises:
        ShapeMismatch: if the picture and the observation differ in size.
    """
    if radiance.shape != (*observation.depth.shape, 3):
        raise ShapeMismatch("the radiance", radiance.shape, "the observation", (*observation.depth.shape, 3))
    picture = fogged(radiance, observation, conditions.weather, illumination, seed=seed)
    air = observation, conditions.sensor, illumination.extinction_per_m
    if conditions.weather.rain_mm_h > 0:
        drops = joined(rain.falling(observation, conditions, seed=seed), *splash.flying(observation, conditions, seed=seed))
        picture = among(picture, coverage(drops, *air), observation, illumination, RAIN_FORWARDNESS)
    if conditions.weather.snow_mm_h > 0:
        flakes = snow.falling(observation, conditions, seed=seed)
        picture = among(picture, coverage(flakes, *air), observation, illumination, SNOW_FORWARDNESS)
    return picture
