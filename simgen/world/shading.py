"""Shading: what a surface sends to the camera, from its direct light and how it takes light.

Diffuse and metallic-roughness gloss as real-time renderers do it: GGX highlights of sun and lamps, and the sky in the mirror
direction, blurred by roughness.
"""

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from simgen.compiled import compiled, in_bands
from simgen.geometry import locked
from simgen.scenario.colorimetry import LUMINANCE
from simgen.scenario.illumination import Illumination, cone_flux
from simgen.scenario.skylight import finer, harmonics, horizontal_illuminance

F0 = 0.04
"""Reflectance of plastics, lacquer and water, seen straight on."""
BLURS = (0.0, 2.5, 8.0)
"""Texels by which the reflected sky is blurred at roughness 0, 0.35 and 0.7; beyond, its irradiance serves."""
BOUNCE_OF_LAMPS, BOUNCE_OF_SKY, BOUNCE_OF_SUN = 0.0015, 0.045, 0.025
"""cd/m2 that walls, floor and what stands around send back in a room, of a lumen of its lamps and of a lux that sky and sun send
onto level ground: what fits path-traced rooms best, most of them to a factor of 1.5."""
SUN_CORE, SUN_RIM = np.radians(0.2), np.radians(0.55)
"""Radians from its middle up to which the sun's disc is full, and at which it has faded: wider than it is, so that pixels meet it."""
SUN_SIZE = np.float32(0.005)
"""Radians from its middle to its rim, for highlights."""
ARCTAN = (-0.0161657367, 0.0429096138, -0.07528964, 0.1065626393, -0.1420889944, 0.1999355085, -0.3333314528, 1.0)
"""Coefficients of `_angle` after the first."""
_0, _1, _2 = np.float32(0), np.float32(1), np.float32(2)
SUN_SR = np.pi * (SUN_CORE**2 + SUN_CORE * SUN_RIM + SUN_RIM**2) / 3


@dataclass(frozen=True, eq=False)
class Surfaces:
    """What is seen in N pixels."""

    albedo: np.ndarray
    """Linear sRGB, float32, (N, 3)."""
    roughness: np.ndarray
    """Perceptual, float32, (N,)."""
    metallic: np.ndarray
    """float32, (N,)."""
    normal: np.ndarray
    """Unit, world frame, facing the camera, float32, (N, 3)."""
    position: np.ndarray
    """World frame, metres, float32, (N, 3)."""
    view: np.ndarray
    """Unit vector towards the camera, world frame, float32, (N, 3)."""
    light: np.ndarray
    """Direct light, cd/m2 of a white matt surface, float32, (N, 3)."""


@dataclass(frozen=True, eq=False)
class Sky:
    """One sky, made ready for reflections and backgrounds."""

    fine: np.ndarray
    """Smoothly interpolated, for backgrounds, float32, (256, 512, 3)."""
    blurred: np.ndarray
    """By BLURS, float32, (64, 128, 3 for each)."""
    harmonics: np.ndarray
    """Of its irradiance, float32, (9, 3)."""
    sun: np.ndarray
    """Unit vector towards the sun, float32, (3,)."""
    lamps: np.ndarray
    """`Emitter.row` of every lamp, float32, (L, 11)."""
    colours: np.ndarray
    """Lux of the sun, then candela of the lamps along their axes, float32, (1 + L, 3)."""
    around: np.ndarray
    """What surroundings send back, cd/m2, float32, (3,)."""


@lru_cache(maxsize=64)
def prepared(illumination: Illumination) -> Sky:
    """The sky and lamps of an illumination, remembered."""
    sky, lamps = illumination.sky, illumination.emitters
    blurs = [sky, *(gaussian_filter(sky, (blur, blur, 0), mode=("nearest", "wrap", "nearest")) for blur in BLURS[1:])]
    colours = np.array([illumination.sun_illuminance, *(lamp.candela for lamp in lamps)])
    rows = np.array([lamp.row for lamp in lamps]).reshape(-1, 11)
    tables = finer(sky), np.concatenate(blurs, axis=-1), harmonics(sky), illumination.sun_direction, rows, colours, _sent_back(illumination)
    return Sky(*(locked(table.astype(np.float32)) for table in tables))


def background(illumination: Illumination, direction: np.ndarray) -> np.ndarray:
    """Sky and sun along unit vectors, world frame, float32, (N, 3): cd/m2, float32, (N, 3)."""
    out = np.empty((len(direction), 3), np.float32)
    fine, sun, disc = prepared(illumination).fine, illumination.sun_direction, illumination.sun_illuminance / SUN_SR
    in_bands(_behind, len(direction), direction, fine, sun.astype(np.float32), disc.astype(np.float32), out)
    return out


def _sent_back(illumination: Illumination) -> np.ndarray:
    """The same for all that is seen, wherever the camera turns: how much light there is in a room says more of it than what is in view."""
    sun = illumination.sun_illuminance * max(float(illumination.sun_direction[2]), 0.0)
    back = BOUNCE_OF_SKY * horizontal_illuminance(illumination.sky) + BOUNCE_OF_SUN * sun
    for lamp in illumination.emitters:
        back = back + BOUNCE_OF_LAMPS * lamp.candela * cone_flux(np.arccos(lamp.cos_cone))
    return back


def shaded(seen: Surfaces, illumination: Illumination) -> np.ndarray:
    """What surfaces send to the camera, cd/m2, float32, (N, 3).

    Args:
        seen: the surfaces.
        illumination: of that instant.
    """
    out, sky = np.empty_like(seen.light), prepared(illumination)
    arrays = [np.ascontiguousarray(getattr(seen, field.name), dtype=np.float32) for field in fields(seen)]
    tables = sky.blurred, sky.harmonics, sky.sun, sky.lamps, sky.colours
    in_bands(_shade, len(out), *arrays, *tables, sky.around, out)
    return out


@compiled
def _behind(first, end, direction, sky, sun, disc, out):
    for n in range(first, end):
        way = _row(direction, n)
        seen = _look(sky, 0, _place(sky, way))
        x, y, z = way[0] - sun[0], way[1] - sun[1], way[2] - sun[2]
        share = _clipped((np.float32(SUN_RIM) - np.sqrt(x * x + y * y + z * z)) / np.float32(SUN_RIM - SUN_CORE))
        for i in range(3):
            out[n, i] = seen[i] + share * disc[i]


@compiled
def _shade(first, end, albedo, roughness, metallic, normal, position, view, light, blurred, basis, sun, lamps, colours, around, out):
    for n in range(first, end):  # triples are tuples: a view of an array costs more than what is done with it
        up, eye, paint, rough, metal = _row(normal, n), _row(view, n), _row(albedo, n), roughness[n], metallic[n]
        facing = min(max(_dot(up, eye), np.float32(0.02)), _1)
        mirror = (_2 * facing * up[0] - eye[0], _2 * facing * up[1] - eye[1], _2 * facing * up[2] - eye[2])
        bare = np.float32(F0) * (_1 - metal)
        gloss = (bare + paint[0] * metal, bare + paint[1] * metal, bare + paint[2] * metal)
        lit, open_ = _bright(_row(light, n)), _bright(_sent(basis, up))
        free = _clipped(lit / max(open_, np.float32(1e-9)))
        shine, (scale, offset) = _reflected(blurred, basis, mirror, rough), _environment(rough, facing)
        glare, full = (_0, _0, _0), np.float32(1e-9)
        for source in range(len(colours)):
            if source == 0:
                lux, size, towards = _1, SUN_SIZE, (sun[0], sun[1], sun[2])
            else:
                lux, size, towards = _met(lamps, source - 1, _row(position, n))
            lux *= max(_dot(up, towards), _0)
            if lux > 0:
                colour = _row(colours, source)
                full += lux * _bright(colour) * np.float32(1 / np.pi)
                even, rim = _glint(up, eye, towards, rough, size, facing)
                glare = (
                    glare[0] + lux * colour[0] * even * (gloss[0] + (_1 - gloss[0]) * rim),
                    glare[1] + lux * colour[1] * even * (gloss[1] + (_1 - gloss[1]) * rim),
                    glare[2] + lux * colour[2] * even * (gloss[2] + (_1 - gloss[2]) * rim),
                )
        direct = _clipped((lit - open_) / full)
        for i in range(3):
            sent = paint[i] * (_1 - metal) * (light[n, i] + around[i])
            out[n, i] = sent + (shine[i] * free + around[i]) * (gloss[i] * scale + offset) + glare[i] * direct


@compiled
def _row(array, n):
    return array[n, 0], array[n, 1], array[n, 2]


@compiled
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
def _clipped(share):
    return min(max(share, _0), _1)


@compiled
def _bright(colour):
    """Luminance."""
    return np.float32(LUMINANCE[0]) * colour[0] + np.float32(LUMINANCE[1]) * colour[1] + np.float32(LUMINANCE[2]) * colour[2]


@compiled
def _place(sky, direction):
    """Rows and columns of the four texels of a sky around a direction, and the shares of the lower and of the right ones."""
    rows, columns = sky.shape[:2]
    x, y, z = direction
    row = _angle(np.sqrt(x * x + y * y), z) * np.float32(rows / np.pi) - np.float32(0.5)
    row = min(max(row, _0), np.float32(rows - 1))
    column = _angle(y, x) * np.float32(columns / (2 * np.pi)) - np.float32(0.5)
    top, left = min(int(row), rows - 2), int(np.floor(column))
    down, right = row - np.float32(top), column - np.float32(left)
    left = left + columns if left < 0 else left
    return top, left, left + 1 if left + 1 < columns else 0, down, right


@compiled
def _angle(y, x):
    """arctan2 to a millionth (Abramowitz and Stegun, 4.4.49), in a tenth of its time."""
    wide, high = abs(x), abs(y)
    slope = min(wide, high) / max(max(wide, high), np.float32(1e-30))
    square, angle = slope * slope, np.float32(0.0028662257)
    for factor in ARCTAN:
        angle = angle * square + np.float32(factor)
    angle *= slope
    angle = np.float32(np.pi / 2) - angle if high > wide else angle
    angle = np.float32(np.pi) - angle if x < 0 else angle
    return -angle if y < 0 else angle


@compiled
def _look(sky, layer, place):
    """What one of the maps of a sky shows there: `skylight.radiance`."""
    return _texel(sky, 3 * layer, place), _texel(sky, 3 * layer + 1, place), _texel(sky, 3 * layer + 2, place)


@compiled
def _texel(sky, channel, place):
    top, left, after, down, right = place
    upper = sky[top, left, channel] * (_1 - right) + sky[top, after, channel] * right
    lower = sky[top + 1, left, channel] * (_1 - right) + sky[top + 1, after, channel] * right
    return upper * (_1 - down) + lower * down


@compiled
def _sent(basis, normal):
    """What the open sky makes a white matt surface send: `skylight.lit_by` over pi."""
    return _sent_of(basis, 0, normal), _sent_of(basis, 1, normal), _sent_of(basis, 2, normal)


@compiled
def _sent_of(basis, i, normal):
    x, y, z = normal
    sent = basis[0, i] + y * basis[1, i] + z * basis[2, i] + x * basis[3, i] + x * y * basis[4, i] + y * z * basis[5, i]
    sent += (np.float32(3) * z * z - _1) * basis[6, i] + x * z * basis[7, i] + (x * x - y * y) * basis[8, i]
    return max(sent, _0) * np.float32(1 / np.pi)


@compiled
def _reflected(blurred, basis, mirror, roughness):
    """The sky in the mirror direction, blurred by roughness: between two of the maps, the last of which is its irradiance."""
    level = min(max(roughness / np.float32(0.35), _0), np.float32(2.999))
    low = int(level)
    share, place = level - np.float32(low), _place(blurred, mirror)
    a = _look(blurred, low, place)
    b = _look(blurred, low + 1, place) if low + 1 < len(BLURS) else _sent(basis, mirror)
    return a[0] * (_1 - share) + b[0] * share, a[1] * (_1 - share) + b[1] * share, a[2] * (_1 - share) + b[2] * share


@compiled
def _environment(roughness, facing):
    """Share of an even surround that gloss reflects, as a factor and a summand (Karis, "Physically based shading on mobile", 2014)."""
    x, y = _1 - roughness, np.float32(0.0425) - np.float32(0.0275) * roughness
    z, w = np.float32(1.04) - np.float32(0.572) * roughness, np.float32(0.022) * roughness - np.float32(0.04)
    rim = min(x * x, np.float32(np.exp2(np.float32(-9.28) * facing))) * x + y
    return z - np.float32(1.04) * rim, w + np.float32(1.04) * rim


@compiled
def _met(lamps, k, position):
    """A lamp's share of its candela over the squared distance, its size as seen from there in radians, and the way to it."""
    x, y, z = lamps[k, 0] - position[0], lamps[k, 1] - position[1], lamps[k, 2] - position[2]
    square = x * x + y * y + z * z
    distance = max(np.sqrt(square), np.float32(1e-6))
    towards = (x / distance, y / distance, z / distance)
    cosine, fade = -(lamps[k, 3] * towards[0] + lamps[k, 4] * towards[1] + lamps[k, 5] * towards[2]), _1
    if cosine < lamps[k, 8]:  # as `Emitter.intensity` has it
        fade = _clipped((lamps[k, 9] - np.float32(np.arccos(max(cosine, -_1)))) / lamps[k, 10])
    return max(cosine, _0) * fade / (square + lamps[k, 6]), np.sqrt(lamps[k, 6]) / distance, towards


@compiled
def _glint(normal, view, towards, roughness, size, facing):
    """Reflected radiance over irradiance, GGX (Walter et al., 2007), widened by the size of the source (Karis, 2013): that of a
    perfect mirror, and the share of it by which even dark gloss shines at this angle."""
    half = (towards[0] + view[0], towards[1] + view[1], towards[2] + view[2])
    length = max(np.sqrt(_dot(half, half)), np.float32(1e-6))
    own = max(roughness * roughness, np.float32(2e-3))
    wide = min(own + np.float32(0.5) * size, _1)
    peak, cosine, square = _dot(normal, half) / length, max(_dot(normal, towards), _0), wide * wide
    flat = peak * peak * (square - _1) + _1
    spread = square / (np.float32(np.pi) * flat * flat) * (own / wide) * (own / wide)
    k = own / _2
    masked = np.float32(0.25) / ((facing * (_1 - k) + k) * (cosine * (_1 - k) + k))
    grazing = _1 - _clipped(_dot(towards, half) / length)
    return spread * masked, grazing * grazing * grazing * grazing * grazing
