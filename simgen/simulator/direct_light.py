"""Direct light: what sun, lamps and sky send onto every visible surface, with shadows, cheaply.

One shadow ray a pixel goes to the sun, and one to a place on each lamp that changes from pixel to pixel in a pattern of four by
four; an average over as many pixels of the same surface makes the shadow as soft as the lamp is large. The sky's own shadow comes
from two rays a pixel to fixed places of the sky in the same way, in a pattern of eight by eight. Nothing is random.
"""

from dataclasses import replace

import numpy as np

from simgen.observation import Observation
from simgen.scenario import skylight
from simgen.scenario.colorimetry import luminance
from simgen.scenario.illumination import Emitter, Illumination
from simgen.simulator.raycast import RayCaster
from simgen.simulator.shadow import PERIOD, smoothed
from simgen.simulator.window import rays

BEYOND_M = 100.0
"""How far off things may cast the sun's and the sky's shadow."""
OFFSET = 5e-4
"""Metres by which a shadow ray starts off its surface, and the share of depth added to that: single precision."""
SKY_RAYS, SKY_PERIOD = 2, 8
"""Rays a pixel, and pixels after which the pattern of their directions repeats."""
PLASTIC = 1.32471795724474602596
"""x^3 = x + 1: for two dimensions what the golden ratio is for one."""
GOLDEN = np.pi * (3 - np.sqrt(5))


def lit(observation: Observation, caster: RayCaster, link_pose: np.ndarray, illumination: Illumination) -> Observation:
    """The same observation with its `light`: irradiance of sun, lamps and sky over pi, cd/m2.

    Args:
        observation: what `caster.observe` gave.
        caster: the scene's triangles.
        link_pose: the poses `observe` was given, float64, (L, 7).
        illumination: of that instant.
    """
    seen = np.isfinite(observation.depth)
    points, normals = _surface(observation, seen)
    sources = [(*_from_sun(normals, illumination), 2)] if illumination.sun_illuminance.any() else []
    pattern = _pattern(seen, PERIOD)
    lamps = [emitter for emitter in illumination.emitters if emitter.radiance.any()]
    sources += [(*_from_lamp(points, normals, lamp, pattern), PERIOD) for lamp in lamps]
    total = np.zeros((len(points), 3), np.float32)
    for ways, light, reach in sources:
        free = _unoccluded(caster, link_pose, points, ways, light.any(-1))
        total += light * _spread(free.astype(np.float32)[:, None], observation, seen, reach)
    total += _from_sky(observation, seen, points, normals, caster, link_pose, illumination.sky)
    light = np.zeros((*seen.shape, 3), np.float32)
    light[seen] = total * np.float32(1 / np.pi)
    return replace(observation, light=light)


def _surface(observation: Observation, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where shadow rays start and the normals there, world frame, float32, (N, 3)."""
    pose = observation.view.world_T_camera
    depth = observation.depth[seen].astype(np.float64)[:, None]
    normals = observation.normal[seen].astype(np.float64)
    ray = rays(observation.view.intrinsics)[seen].astype(np.float64)
    points = ray * depth + (normals - ray) * OFFSET * (1 + depth)  # also back along the ray, out of grooves between doubled shells
    return (points @ pose.rotation.T + pose.position).astype(np.float32), (normals @ pose.rotation.T).astype(np.float32)


def _pattern(seen: np.ndarray, period: int) -> np.ndarray:
    """Which of `period` squared samples each visible pixel takes: an ordered dither (Bayer, 1973), so that neighbours take far-off
    ones, (N,)."""
    order = np.zeros((1, 1), dtype=np.int64)
    while len(order) < period:
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    row, column = np.nonzero(seen)
    return order[row % period, column % period]


def _on_disc(pattern: np.ndarray, axis: np.ndarray, radius: float) -> np.ndarray:
    """Offsets, float32, (N, 3), of 16 places spread evenly over a disc (Vogel's spiral)."""
    helper = np.array([1.0, 0, 0]) if abs(axis[0]) < 0.9 else np.array([0, 1.0, 0])
    first = np.cross(axis, helper)
    first /= np.linalg.norm(first)
    number = np.arange(16)
    out, angle = radius * np.sqrt((number + 0.5) / 16)[:, None], (number * GOLDEN)[:, None]
    places = out * (np.cos(angle) * first + np.sin(angle) * np.cross(axis, first))
    return places.astype(np.float32)[pattern]


def _from_sun(normals: np.ndarray, illumination: Illumination) -> tuple[np.ndarray, np.ndarray]:
    """Ways to the sun, float32, (N, 3), and lux it sends onto the surface, were nothing between, float32, (N, 3)."""
    sun = illumination.sun_direction.astype(np.float32)
    cosine = np.maximum(normals @ sun, 0)[:, None]
    return np.tile(sun * np.float32(BEYOND_M), (len(normals), 1)), cosine * illumination.sun_illuminance.astype(np.float32)


def _from_lamp(points: np.ndarray, normals: np.ndarray, emitter: Emitter, pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of a lamp: its intensity over the squared distance, which counts from the disc's rim so that it stays finite."""
    way = emitter.position.astype(np.float32) - points
    distance = np.maximum(np.linalg.norm(way, axis=1), 1e-6)[:, None]
    towards = way / distance
    cosine = np.maximum((normals * towards).sum(1), 0)[:, None]
    candela = emitter.intensity(-(towards @ emitter.direction.astype(np.float32)))
    ways = way + _on_disc(pattern, emitter.direction, emitter.radius) * np.float32(0.98)
    return ways, (candela * cosine / (distance**2 + emitter.radius**2)).astype(np.float32)


def _from_sky(observation, seen, points, normals, caster: RayCaster, link_pose: np.ndarray, sky: np.ndarray) -> np.ndarray:
    """Lux from the sky: of the open sky by the normal, times the share of it that is not hidden, float32, (N, 3)."""
    towards = _over_sphere(SKY_PERIOD**2 * SKY_RAYS).reshape(SKY_RAYS, -1, 3)
    pattern, sums = _pattern(seen, SKY_PERIOD), np.zeros((len(points), 2), np.float32)
    for directions in towards:
        way = directions[pattern]
        weight = np.maximum((normals * way).sum(1), 0) * luminance(skylight.radiance(sky, directions))[pattern]
        free = _unoccluded(caster, link_pose, points, way * np.float32(BEYOND_M), weight > 0)
        sums += np.stack([weight * free, weight], axis=1)
    sums = _spread(sums, observation, seen, SKY_PERIOD)
    return skylight.irradiance(sky, normals) * (sums[:, :1] / np.maximum(sums[:, 1:], 1e-12))


def _over_sphere(count: int) -> np.ndarray:
    """Directions spread evenly over the sphere, and so are any few in a row, float32, (count, 3): Roberts' R2 sequence (2018)."""
    number = np.arange(count)
    height, angle = 1 - 2 * ((0.5 + number * PLASTIC**-1) % 1), 2 * np.pi * ((0.5 + number * PLASTIC**-2) % 1)
    around = np.sqrt(1 - height**2)
    return np.stack([around * np.cos(angle), around * np.sin(angle), height], axis=1).astype(np.float32)


def _unoccluded(caster: RayCaster, link_pose: np.ndarray, points: np.ndarray, ways: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Which ways are free, bool, (N,); those not asked for count as free."""
    free = np.ones(len(points), dtype=bool)
    free[asked] = ~caster.occluded(points[asked], ways[asked], link_pose)
    return free


def _spread(values: np.ndarray, observation: Observation, seen: np.ndarray, reach: int) -> np.ndarray:
    """Values of visible pixels, (N, C), averaged over their neighbourhood on the same surface."""
    layers = np.zeros((*seen.shape, values.shape[1]), np.float32)
    layers[seen] = values
    return smoothed(layers, observation.depth, observation.normal, reach)[seen]
