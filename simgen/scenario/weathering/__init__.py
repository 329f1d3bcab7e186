"""Weather on surfaces: what rain, snow, frost and dust make of everything that faces the sky.

The exact buffers keep showing the dry scene; this is for photographs only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.geometry import Pose
from simgen.randomness import stream
from simgen.scenario.scene import ROBOT_ID
from simgen.scenario.surface import Surface
from simgen.scenario.weather import Weather
from simgen.scenario.weathering.film import ice, puddles
from simgen.scenario.weathering.ripple import frozen
from simgen.scenario.weathering.ripple import ripples as ripples
from simgen.scenario.weathering.sheet import face_slopes, part, sheet_of
from simgen.scenario.weathering.shelter import Shelter
from simgen.scenario.weathering.snowfall import DEEPEST_M, blanket
from simgen.scenario.weathering.wet import dusted, wetted

SLOPES = -0.3, 0.25, 0.55, 0.85
"""Cosines to the way up: below the first nothing gets wet, and dust lies thinner the steeper it is."""
DUST_OF_BAND = 0.0, 0.0, 0.35, 0.7, 1.0
"""Share of the dust that lies between them."""
SNOW_SLOPE, ICE_SLOPE, PUDDLE_SLOPE = 0.55, 0.4, 0.995
"""Least slopes on which they stay."""
SMALLEST_M2, SMALLEST_PUDDLE_M2 = 1e-4, 0.02
"""Areas below which there is no snow or ice, and no puddle."""
SURROUNDINGS_M = 3.0
"""A body with a larger surface is a room or a floor."""
FINEST_M = 0.012, 0.035
"""Edges of the triangles of snow on things, and on surroundings."""
RIPPLED = 2
"""Puddles, the largest, whose rings move: each costs some hundredths of a second a frame."""
STRUCK = 6
"""Puddles, the largest, that show rings at all."""
ROBOT_SNOW = 0.35
"""Depth of snow on a machine that moves and is warm, of that on the ground."""


@dataclass(frozen=True, eq=False)
class Weathered:
    """Surfaces under weather."""

    surfaces: tuple[Surface, ...]
    """All to be drawn: those given, the very same objects where weather does nothing to them, and the snow, water and ice on them."""
    puddles: tuple[int, ...]
    """Which of them have a height map that moves while rain falls: `ripples`."""


def weathered(surfaces: Sequence[Surface], poses: Mapping[tuple[int, int], Pose], weather: Weather, *, seed: int) -> Weathered:
    """Lay weather on surfaces; what lies stays with its link from then on.

    Args:
        surfaces: everything that is to be drawn.
        poses: world_T_link by body and link at the first instant of an episode.
        weather: wetness, snow cover, ice and dust.
        seed: of the scene.
    """
    if not (weather.wetness or weather.snow_cover or weather.ice or weather.dust):
        return Weathered(tuple(surfaces), ())
    shelter = Shelter(surfaces, poses)
    around = {surface.body for surface in surfaces if np.ptp(surface.vertices, axis=0).max() > SURROUNDINGS_M}
    below, water, above = [], [], []
    for number, surface in enumerate(surfaces):
        pose = poses[surface.body, surface.link]
        slopes = face_slopes(surface, pose)
        below += _covered(surface, slopes, weather)
        rngs = [stream(seed, number, name) for name in ("puddles", "ice", "snow")]
        if surface.body != ROBOT_ID and (level := _open(surface, slopes, PUDDLE_SLOPE, SMALLEST_PUDDLE_M2)):
            water.append(puddles(level, pose, shelter, weather.wetness, rngs[0]))
        if weather.ice and (level := _open(surface, slopes, ICE_SLOPE, SMALLEST_M2)):
            above.append(ice(wetted(level, weather.wetness), pose, shelter, weather.ice, rngs[1]))
        if level := _open(surface, slopes, SNOW_SLOPE, SMALLEST_M2):
            depth = DEEPEST_M * (ROBOT_SNOW if surface.body == ROBOT_ID else 1.0)
            finest_m = FINEST_M[surface.body in around]
            above.append(blanket(level, pose, shelter, weather.snow_cover, depth, finest_m, rngs[2]))
    water = sorted((some for some in water if some), key=lambda some: -sheet_of(some).areas().sum())
    if weather.rain_mm_h:  # those that will not move show how they lay at first
        water[RIPPLED:STRUCK] = [frozen(some, weather, seed) for some in water[RIPPLED:STRUCK]]
    found = *below, *water, *(some for some in above if some)
    return Weathered(found, tuple(range(len(below), len(below) + min(len(water), RIPPLED))))


def _open(surface: Surface, slopes: np.ndarray, least: float, smallest_m2: float) -> Surface | None:
    """The part of a surface that is no steeper than allowed; None where it is too small to matter."""
    chosen = slopes > least
    if not chosen.any():
        return None
    level = part(surface, chosen)
    return level if sheet_of(level).areas().sum() > smallest_m2 else None


def _covered(surface: Surface, slopes: np.ndarray, weather: Weather) -> list[Surface]:
    """A surface as it is where it faces down, wet elsewhere, and dusty where it faces up."""
    band = np.digitize(slopes, SLOPES)
    wet, dust = weather.wetness * (band > 0), weather.dust * np.array(DUST_OF_BAND)[band]
    pieces = []
    for wetness, share in sorted(set(zip(wet.tolist(), dust.tolist(), strict=True))):
        piece = part(surface, (wet == wetness) & (dust == share))
        piece = wetted(piece, wetness) if wetness else piece
        pieces.append(dusted(piece, share) if share else piece)
    return pieces
