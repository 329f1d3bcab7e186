"""Direct light: what sun, lamps and sky send onto every visible surface, with shadows, cheaply.

One shadow ray a pixel goes to the sun, and one to a place on each lamp that changes from pixel to pixel in a pattern of four by
four; an average over as many pixels of the same surface makes the shadow as soft as the lamp is large. The sky's own shadow comes
from two rays a pixel to fixed places of the sky in the same way, in a pattern of eight by eight. Nothing is random.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from simgen.compiled import compiled, in_bands
from simgen.geometry import locked
from simgen.observation import Observation
from simgen.scenario import skylight
from simgen.scenario.colorimetry import luminance
from simgen.scenario.illumination import Emitter, Illumination
from simgen.simulator.raycast import UNKNOWN, RayCaster
from simgen.simulator.shadow import smoothed
from simgen.simulator.window import rays

BEYOND_M = np.float32(100.0)
"""How far off things may cast the sun's and the sky's shadow."""
OFFSET = 5e-4
"""Metres by which a shadow ray starts off its surface, and the share of depth added to that: single precision."""
SUN_PERIOD, LAMP_PERIOD, SKY_PERIOD = 2, 4, 8
"""Pixels after which the pattern of a source's rays repeats both ways; the sun's has but one, whose edge is spread over a pixel."""
SKY_RAYS = 2
"""Rays a pixel to the sky."""
PLASTIC = 1.32471795724474602596
"""x^3 = x + 1: for two dimensions what the golden ratio is for one."""
GOLDEN = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True, eq=False)
class Sources:
    """An illumination as tables: of suns, of which there is one or none, then lamps, and of the sky."""

    suns: np.ndarray
    """Towards the sun, float32, (0 or 1, 3)."""
    lamps: np.ndarray
    """`Emitter.row` of each, float32, (L, 11)."""
    places: np.ndarray
    """Offsets from a lamp's middle to places on its disc, float32, (L, 16, 3)."""
    colours: np.ndarray
    """Of suns, lux; of lamps, candela along the axis, float32, (S, 3)."""
    sky: np.ndarray
    """Directions to places of the sky and its luminance there, float32, (SKY_RAYS, SKY_PERIOD squared, 4)."""
    harmonics: np.ndarray
    """Of the sky's irradiance, float32, (9, 3)."""

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """Of suns, of lamps and of the sky's rays, what tells where they lead."""
        lamps = [lamp[:3].tobytes() + places.tobytes() for lamp, places in zip(self.lamps, self.places, strict=True)]
        return *(sun.tobytes() for sun in self.suns), *lamps, *(part[:, :3].tobytes() for part in self.sky)


class Shade:
    """What is remembered of one camera's pictures: which rays fixed things hid. A ray that starts and leads where it did need not
    be cast into them anew, which changes no bit of the light."""

    def __init__(self):
        """Remember nothing yet."""
        self._of: tuple | None = None

    def recall(self, caster: RayCaster, standing: bytes, sources: Sources, points: np.ndarray) -> np.ndarray:
        """Whether fixed things hide the ray of every source, 0 or 1, or UNKNOWN, uint8, (S, H, W), to be filled in.

        Args:
            caster: the scene's triangles.
            standing: where its fixed links are.
            sources: of light.
            points: where rays start, float32, (H, W, 3).
        """
        known, keys = self._of, sources.keys
        if known is None or known[0] is not caster or known[1] != standing or known[3].shape != points.shape:
            fixed = np.full((len(keys), *points.shape[:2]), UNKNOWN, np.uint8)
        else:
            last = dict(zip(known[2], known[4], strict=True))
            fixed = (
                known[4] if keys == known[2] else np.stack([last.get(key, np.full(points.shape[:2], UNKNOWN, np.uint8)) for key in keys])
            )
            in_bands(_forget, len(points), points, known[3], fixed)
        self._of = caster, standing, keys, points, fixed
        return fixed


def lit(
    observation: Observation, caster: RayCaster, link_pose: np.ndarray, illumination: Illumination, shade: Shade | None = None
) -> Observation:
    """The same observation with its `light`: irradiance of sun, lamps and sky over pi, cd/m2.

    Args:
        observation: what `caster.observe` gave.
        caster: the scene's triangles.
        link_pose: the poses `observe` was given, float64, (L, 7).
        illumination: of that instant.
        shade: what is remembered of that camera's last picture; None is nothing.
    """
    sources, (height, width) = _sources(illumination), observation.depth.shape
    points, normals = np.empty((height, width, 3), np.float32), np.empty((3, height, width), np.float32)
    slope, amount = np.empty((height, width), np.float32), np.empty((len(sources.colours) + SKY_RAYS, height, width), np.float32)
    asked = np.empty(amount.shape[:2], np.int64)
    pose, depth, given = observation.view.world_T_camera, observation.depth, (sources.suns, sources.lamps)
    eye = depth, observation.normal, rays(observation.view.intrinsics), pose.rotation, pose.position
    in_bands(_face, height, *eye, points, normals, slope)
    in_bands(_weigh, height, points, normals, *given, sources.sky, SKY_ORDER, amount, asked)
    ends = np.cumsum(asked).reshape(asked.shape)
    ray, starts, known = np.empty((ends[-1, -1], 6), np.float32), ends - asked, np.empty(ends[-1, -1], np.uint8)
    fixed = (shade or Shade()).recall(caster, caster.standing(link_pose), sources, points)
    in_bands(_aim, height, points, amount, *given, sources.places, sources.sky, LAMP_ORDER, SKY_ORDER, starts, fixed, ray, known)
    hidden = caster.shadowed(ray, link_pose, known)
    layers = np.empty((len(sources.colours) + 2, height, width), np.float32)
    in_bands(_uncover, height, amount, starts, hidden, known, len(sources.colours), layers, fixed)
    reach = [SUN_PERIOD] * len(sources.suns) + [LAMP_PERIOD] * len(sources.lamps) + [SKY_PERIOD] * 2
    soft = smoothed(layers, depth, normals, slope, np.array(reach), 1 / observation.view.intrinsics.fx)
    light = np.empty((height, width, 3), np.float32)
    in_bands(_sum, height, depth, normals, amount, soft, sources.colours, sources.harmonics, light)
    return replace(observation, light=light)


@lru_cache(maxsize=64)
def _sources(illumination: Illumination) -> Sources:
    lamps = [emitter for emitter in illumination.emitters if emitter.radiance.any()]
    sunny = bool(illumination.sun_illuminance.any())
    towards = _over_sphere(SKY_PERIOD**2 * SKY_RAYS)
    bright = luminance(skylight.radiance(illumination.sky, towards))
    tables = (
        np.array([illumination.sun_direction] * sunny).reshape(-1, 3),
        np.array([lamp.row for lamp in lamps]).reshape(-1, 11),
        np.array([_on_disc(lamp) for lamp in lamps]).reshape(-1, 16, 3),
        np.array([illumination.sun_illuminance] * sunny + [lamp.candela for lamp in lamps]).reshape(-1, 3),
        np.column_stack([towards, bright]).reshape(SKY_RAYS, -1, 4),
        skylight.harmonics(illumination.sky),
    )
    return Sources(*(locked(table.astype(np.float32)) for table in tables))


def _on_disc(lamp: Emitter) -> np.ndarray:
    """Offsets, (16, 3), of places spread evenly over a lamp's disc (Vogel's spiral), hardly up to its rim; a spot shines from its middle,
    as the path tracer's do."""
    if lamp.cos_cone > 0:
        return np.zeros((16, 3))
    helper = np.array([1.0, 0, 0]) if abs(lamp.direction[0]) < 0.9 else np.array([0, 1.0, 0])
    first = np.cross(lamp.direction, helper)
    first /= np.linalg.norm(first)
    number = np.arange(16)
    out, angle = 0.98 * lamp.radius * np.sqrt((number + 0.5) / 16)[:, None], (number * GOLDEN)[:, None]
    return out * (np.cos(angle) * first + np.sin(angle) * np.cross(lamp.direction, first))


def _over_sphere(count: int) -> np.ndarray:
    """Directions spread evenly over the sphere, and so are any few in a row, float32, (count, 3): Roberts' R2 sequence (2018)."""
    number = np.arange(count)
    height, angle = 1 - 2 * ((0.5 + number * PLASTIC**-1) % 1), 2 * np.pi * ((0.5 + number * PLASTIC**-2) % 1)
    around = np.sqrt(1 - height**2)
    return np.stack([around * np.cos(angle), around * np.sin(angle), height], axis=1).astype(np.float32)


def _order(period: int) -> np.ndarray:
    """Which of `period` squared samples each pixel takes: an ordered dither (Bayer, 1973), so that neighbours take far-off ones."""
    order = np.zeros((1, 1), dtype=np.int64)
    while len(order) < period:
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    return locked(order)


LAMP_ORDER, SKY_ORDER = _order(LAMP_PERIOD), _order(SKY_PERIOD)


@compiled
def _face(first, end, depth, normal, ray, rotation, position, points, normals, slope):
    """Write where shadow rays start, (H, W, 3), and normals, (3, H, W), in the world frame, and how steeply surfaces are seen."""
    for row in range(first, end):
        for column in range(depth.shape[1]):
            here, seen = np.float64(depth[row, column]), depth[row, column] < np.inf
            off = OFFSET * (1 + here)
            for i in range(3):
                point, turned = 0.0, 0.0
                for j in range(3):
                    n, way = np.float64(normal[row, column, j]), np.float64(ray[row, column, j])
                    # also back along the ray, out of grooves between doubled shells
                    point += rotation[i, j] * (way * here + (n - way) * off)
                    turned += rotation[i, j] * n
                points[row, column, i] = point + position[i] if seen else np.nan
                normals[i, row, column] = turned
            slope[row, column] = max(-normal[row, column, 2], np.float32(0.1))


@compiled
def _weigh(first, end, points, normals, suns, lamps, sky, order, amount, asked):
    """Write what every source would send onto every pixel, were nothing between: the cosine to the sun, a lamp's share of its
    candela over the squared distance, which counts from the disc's rim so that it stays finite, and luminance times cosine of a
    place of the sky; and how many pixels of every row each source reaches."""
    none = np.float32(0)
    for row in range(first, end):
        asked[:, row] = 0
        for column in range(points.shape[1]):
            x, y, z = points[row, column, 0], points[row, column, 1], points[row, column, 2]
            a, b, c = normals[0, row, column], normals[1, row, column], normals[2, row, column]
            if np.isnan(x):
                amount[:, row, column] = 0
                continue
            for k in range(len(suns)):
                amount[k, row, column] = max(a * suns[k, 0] + b * suns[k, 1] + c * suns[k, 2], none)
            for k in range(len(lamps)):
                lamp = lamps[k]
                i, j, k_ = lamp[0] - x, lamp[1] - y, lamp[2] - z
                square = i * i + j * j + k_ * k_
                distance = max(np.sqrt(square), np.float32(1e-6))
                cosine = max(a * i + b * j + c * k_, none) / distance
                axis = -(i * lamp[3] + j * lamp[4] + k_ * lamp[5]) / distance
                amount[len(suns) + k, row, column] = _shining(axis, lamp) * cosine / (square + lamp[6])
            for k in range(len(sky)):
                place = sky[k, order[row % SKY_PERIOD, column % SKY_PERIOD]]
                amount[len(suns) + len(lamps) + k, row, column] = max(a * place[0] + b * place[1] + c * place[2], none) * place[3]
            for k in range(len(amount)):
                asked[k, row] += amount[k, row, column] > 0


@compiled
def _shining(cosine, lamp):
    """`Emitter.intensity` over that along its axis."""
    if cosine >= lamp[8]:
        return max(cosine, np.float32(0))
    if cosine <= lamp[7]:
        return np.float32(0)
    return cosine * min((lamp[9] - np.float32(np.arccos(cosine))) / lamp[10], np.float32(1))


@compiled
def _forget(first, end, points, last, fixed):
    """Write that nothing is known of rays which start elsewhere than they did."""
    for row in range(first, end):
        for column in range(points.shape[1]):
            for i in range(3):
                if points[row, column, i] != last[row, column, i]:
                    fixed[:, row, column] = UNKNOWN
                    break


@compiled
def _aim(first, end, points, amount, suns, lamps, places, sky, lamp_order, sky_order, starts, fixed, ray, known):
    """Write start and way of the rays to everything that may send light, source by source and row by row, and what is known of
    each."""
    for source in range(len(amount)):
        for row in range(first, end):
            n, lamp, part = starts[source, row], source - len(suns), source - len(suns) - len(lamps)
            for column in range(points.shape[1]):
                if amount[source, row, column] > 0:
                    known[n] = fixed[source, row, column]
                    for i in range(3):
                        ray[n, i] = points[row, column, i]
                        if lamp < 0:
                            ray[n, 3 + i] = suns[source, i] * BEYOND_M
                        elif part < 0:
                            place = places[lamp, lamp_order[row % LAMP_PERIOD, column % LAMP_PERIOD], i]
                            ray[n, 3 + i] = lamps[lamp, i] - points[row, column, i] + place
                        else:
                            ray[n, 3 + i] = sky[part, sky_order[row % SKY_PERIOD, column % SKY_PERIOD], i] * BEYOND_M
                    n += 1


@compiled
def _uncover(first, end, amount, starts, hidden, known, sources, layers, fixed):
    """Write whether every source is free, 1 where nobody asked, and last what is free of the sky and the whole of it; and what is
    known of every ray now."""
    layers[sources:, first:end] = 0
    for source in range(len(amount)):
        for row in range(first, end):
            n = starts[source, row]
            for column in range(amount.shape[2]):
                free, here = np.float32(1), amount[source, row, column]
                if here > 0:
                    free = np.float32(0) if hidden[n] else free
                    fixed[source, row, column] = known[n]
                    n += 1
                if source < sources:
                    layers[source, row, column] = free
                else:
                    layers[sources, row, column] += here * free
                    layers[sources + 1, row, column] += here


@compiled
def _sum(first, end, depth, normals, amount, soft, colours, harmonics, light):
    """Write the light of all sources together: what each would send, times the share of it that is not hidden."""
    sources = len(colours)
    for row in range(first, end):
        for column in range(depth.shape[1]):
            x, y, z = normals[0, row, column], normals[1, row, column], normals[2, row, column]
            open_ = soft[sources, row, column] / max(soft[sources + 1, row, column], np.float32(1e-12))
            for i in range(3):
                sent = harmonics[0, i] + y * harmonics[1, i] + z * harmonics[2, i] + x * harmonics[3, i] + x * y * harmonics[4, i]
                sent += y * z * harmonics[5, i] + (np.float32(3) * z * z - np.float32(1)) * harmonics[6, i]
                sent += x * z * harmonics[7, i] + (x * x - y * y) * harmonics[8, i]
                total = max(sent, np.float32(0)) * open_
                for source in range(sources):
                    total += amount[source, row, column] * soft[source, row, column] * colours[source, i]
                light[row, column, i] = total * np.float32(1 / np.pi) if depth[row, column] < np.inf else np.float32(0)
