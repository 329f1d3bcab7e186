"""Weather as bodies feel it: wet, icy, snowy and dusty friction, and the push of the wind. For any simulator.

A Scene asks for it by `coupled`; without that no simulator looks at the weather. What changes within an episode is asked of
`conditions_at` once a control step.
"""

from collections.abc import Iterable

import numpy as np

from simgen.scenario.scene import PlacedBody
from simgen.scenario.surface import Surface
from simgen.scenario.weather import Weather

AIR = 1.204
"""Density of air at 20 C, kg/m3."""
DRAG = 1.05
"""Drag coefficient of a cube that faces the wind (Hoerner, Fluid-Dynamic Drag, 1965)."""
WET, SOAKED = 0.7, 0.6
"""Sliding friction under a film of water (wetness 0.5) and under standing water (wetness 1), over that when dry."""
DUSTY = 0.73
"""The same on loose grit."""
SNOWY = 0.2
"""The same on packed snow."""
ICY = 0.1
"""The same on ice."""


def friction_factor(weather: Weather) -> float:
    """What the coefficient of friction of two touching surfaces is multiplied by, 1 when dry and clean, down to 0.1 on ice.

    Ratios of average sliding coefficients of rubber on a road (Wong, Theory of Ground Vehicles, table of road adhesion): dry asphalt
    0.75, wet 0.45 to 0.6, gravel 0.55, packed snow 0.15, ice 0.07. Between dry, film and standing water the factor is linear in the
    wetness. Ice lies on top of snow, snow on top of dust and water, each with the share of the surface it covers; what is dusty and
    wet is as slippery as the worse of the two.
    """
    wet = float(np.interp(weather.wetness, [0.0, 0.5, 1.0], [1.0, WET, SOAKED]))
    bare = weather.dust * min(wet, DUSTY) + (1.0 - weather.dust) * wet
    snowed = weather.snow_cover * SNOWY + (1.0 - weather.snow_cover) * bare
    return weather.ice * ICY + (1.0 - weather.ice) * snowed


def body_factor(weather: Weather) -> float:
    """What each body's own coefficient is multiplied by where, as in PyBullet, a pair's is the product: the root of `friction_factor`."""
    return float(np.sqrt(friction_factor(weather)))


def wind(weather: Weather) -> np.ndarray:
    """Velocity of the air, m/s, world frame, float64, (3,); it blows level."""
    azimuth = np.deg2rad(weather.wind_azimuth_deg)
    return weather.wind_m_s * np.array([np.cos(azimuth), np.sin(azimuth), 0.0])


def extents(bodies: Iterable[PlacedBody], surfaces: Iterable[Surface]) -> dict[int, np.ndarray]:
    """Body id of everything that is not fixed to the sides of the box around its base link, in that link's axes, metres, float64, (3,).

    Of an articulated body the base link alone catches the wind.
    """
    corners: dict[int, list[np.ndarray]] = {body.id: [] for body in bodies if not body.fixed}
    for surface in surfaces:
        if surface.link == 0 and surface.body in corners:
            corners[surface.body] += [surface.vertices.min(axis=0), surface.vertices.max(axis=0)]
    return {number: np.ptp(np.stack(found), axis=0) for number, found in corners.items() if found}


def drag(air: np.ndarray, velocity: np.ndarray, rotation: np.ndarray, extent: np.ndarray, mass: float, seconds: float) -> np.ndarray:
    """Force of moving air on a body, newtons, world frame, float64, (3,): 1/2 rho C A v |v|, at its centre of mass.

    A is the area of the body's box seen along the relative wind v. Where that force would turn v round within one physics step, as
    it can for a sheet of paper, it is the force that takes the body along with the air.

    Args:
        air: velocity of the air, m/s, world frame, (3,).
        velocity: of the body, m/s, world frame, (3,).
        rotation: world_R_body, (3, 3).
        extent: sides of the body's box, metres, (3,).
        mass: kilograms.
        seconds: of one physics step.
    """
    relative = air - velocity
    speed = float(np.linalg.norm(relative))
    if speed == 0.0:
        return np.zeros(3)
    faces = extent[[1, 2, 0]] * extent[[2, 0, 1]]
    area = float(np.abs(rotation.T @ (relative / speed)) @ faces)
    return min(0.5 * AIR * DRAG * area * speed, mass / seconds) * relative
