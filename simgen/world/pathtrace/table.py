"""All surfaces of a scene as one material: a table of what each is like, and all their textures in one long row of texels.

Compiled variants of Mitsuba record every material anew for every frame, and take paths through them one after the other: one that
looks its numbers up costs a tenth of seventy that know them.
"""

from __future__ import annotations  # Mitsuba has no types before a variant is chosen

import sys
from collections.abc import Sequence
from functools import cache

import drjit as dr
import mitsuba as mi
import numpy as np

from simgen.scenario.surface import Surface
from simgen.world.pathtrace.material import COAT_GLOSS, ETA, SHEEN_TINT, SMOOTHEST, linear

COLOUR, ROUGHNESS, RELIEF = range(3)
"""Columns of the table of pictures."""
METALLIC, CLEARCOAT, SHEEN, TRANSMISSION, HEIGHT = range(5)
"""Columns of the table of numbers."""
PICTURES, NUMBERS = 3, 8
"""Columns of either table."""
TILT = 1e-4
"""Slope of what is level: Mitsuba's bump map makes NaN of a surface that is exactly so and whose u runs along the world's z."""


class Table:
    """Makes BSDFs, one for all that is alike in kind, and keeps what they look up."""

    def __init__(self, surfaces: Sequence[Surface]):
        colours, greys = _Row(), _Row()
        pictures = np.zeros((len(surfaces), PICTURES, 4), np.uint32)  # first texel, width, height, and nothing
        numbers = np.zeros((len(surfaces), NUMBERS), np.float32)
        for number, surface in enumerate(surfaces):
            finish = surface.finish
            pictures[number, COLOUR, :3] = _colour(colours, surface)
            pictures[number, ROUGHNESS, :3] = _roughness(greys, surface)
            if _raised(surface):
                pictures[number, RELIEF, :3] = greys.put(finish.height_map, 1.0, _bytes)
            numbers[number, :5] = finish.metallic, finish.clearcoat, finish.sheen, finish.transmission, finish.height_m
        self._relief = pictures[:, RELIEF]
        self.pictures, self.numbers = mi.UInt32(pictures.ravel()), mi.Float(numbers.ravel())
        self.colours = dr.float16_array_t(mi.Float)(colours.joined())
        self.greys_type = dr.uint8_array_t(mi.Float)
        self.greys = self.greys_type(greys.joined())

    def group(self, number: int, surface: Surface) -> tuple[bool, bool, bool]:
        """What surfaces must share to be one mesh: whether they are glass, have a coat (one of no weight would shine), have relief."""
        return surface.finish.transmission > 0, surface.finish.clearcoat > 0, _raised(surface)

    def bsdf(self, numbers: np.ndarray, surface: Surface) -> mi.BSDF:
        """The BSDF of a mesh.

        Args:
            numbers: of the surface that each triangle belongs to, (F,).
            surface: any of them.
        """
        faces = mi.UInt32(numbers.astype(np.uint32))

        def looked_up(column: int) -> mi.Texture:
            return _lookup(mi.variant())(self, faces, column)

        glass, coated, raised = self.group(0, surface)
        model = {"base_color": looked_up(COLOUR), "roughness": looked_up(ROUGHNESS)}
        if glass:
            model |= {"type": "principledthin", "spec_trans": looked_up(TRANSMISSION), "eta": ETA}
        else:
            model |= {"type": "principled", "metallic": looked_up(METALLIC)}
            model |= {"clearcoat": looked_up(CLEARCOAT), "clearcoat_gloss": COAT_GLOSS} if coated else {}
            model |= {"sheen": looked_up(SHEEN), "sheen_tint": SHEEN_TINT}
        if raised:
            model = {"type": "bumpmap", "relief": looked_up(RELIEF), "scale": 1.0, "nested": model}
        return mi.load_dict(model if glass else {"type": "twosided", "bsdf": model})

    def emboss(self, number: int, heights: np.ndarray) -> None:
        """Give one surface another relief, uint8, of the size of its height map."""
        first, width, height, _ = map(int, self._relief[number])
        texels = dr.arange(mi.UInt32, first, first + width * height)
        dr.scatter(self.greys, self.greys_type(np.ascontiguousarray(heights).ravel()), texels)


class _Row:
    """Pictures one behind the other; equal ones once."""

    def __init__(self):
        self._parts, self._length, self._known = [], 0, {}

    def put(self, image: np.ndarray, scale, encoded) -> tuple[int, int, int]:
        """First texel, width and height of a picture, (h, w, ...)."""
        key = id(image), scale, encoded
        if key not in self._known:
            texels = encoded(image, scale)
            self._known[key] = image, self._length  # the image must live as long as its id is a key
            self._length += image.shape[0] * image.shape[1]
            self._parts.append(texels.reshape(-1))
        return self._known[key][1], image.shape[1], image.shape[0]

    def even(self, value) -> tuple[int, int, int]:
        """The same of a single texel, already encoded."""
        key = np.asarray(value).tobytes()
        if key not in self._known:
            self._known[key] = None, self._length
            self._length += 1
            self._parts.append(np.atleast_1d(value))
        return self._known[key][1], 1, 1

    def joined(self) -> np.ndarray:
        return np.concatenate(self._parts)


_LINEAR = linear(np.arange(256) / 255).astype(np.float16)


def _colour(row: _Row, surface: Surface) -> tuple[int, int, int]:
    if surface.texture is None or surface.uv is None:
        return row.even(np.append(linear(surface.colour), 0).astype(np.float16))
    return row.put(surface.texture, tuple(surface.colour), _tinted)


def _tinted(image: np.ndarray, tint) -> np.ndarray:
    """Linear light, four numbers a texel: texture and colour are multiplied as they are encoded, as the albedo buffer does."""
    texels = np.zeros((*image.shape[:2], 4), np.float16)
    for channel, share in enumerate(tint):
        byte = np.clip(np.rint(np.arange(256, dtype=np.float32) * np.float32(share)), 0, 255).astype(np.uint8)
        texels[..., channel] = _LINEAR[byte][image[..., channel]]
    return texels


def _raised(surface: Surface) -> bool:
    return surface.uv is not None and surface.finish.height_map is not None and surface.finish.height_m > 0


def _roughness(row: _Row, surface: Surface) -> tuple[int, int, int]:
    finish = surface.finish
    if finish.roughness_map is None or surface.uv is None:
        return row.even(np.uint8(round(255 * min(max(finish.roughness, SMOOTHEST), 1.0))))
    return row.put(finish.roughness_map, finish.roughness, _rough)


def _rough(image: np.ndarray, scale) -> np.ndarray:
    byte = np.clip(np.maximum(np.arange(256) * scale, SMOOTHEST * 255), 0, 255).astype(np.uint8)
    return byte[image]


def _bytes(image: np.ndarray, _) -> np.ndarray:
    return np.asarray(image, np.uint8)


@cache
def _lookup(variant: str) -> type[mi.Texture]:
    """The texture of one column; a class of its own for every variant, for so are Mitsuba's."""
    four_halves = sys.modules[mi.Float.__module__].Array4f16

    class Lookup(mi.Texture):
        """A column of the table, wherever a ray meets the mesh; pictures repeat, and are smooth between texels."""

        def __init__(self, table: Table, faces: mi.UInt32, column: int):
            super().__init__(mi.Properties())
            self._table, self._faces, self._column = table, faces, column

        def eval(self, si, active=True):
            found, weights, _ = self._around(si, active)
            colour = mi.Color3f(0)
            for texel, weight in zip(found, weights, strict=True):
                red, green, blue, _ = dr.gather(four_halves, self._table.colours, texel, active)
                colour += mi.Color3f(red, green, blue) * weight
            return colour

        def eval_1(self, si, active=True):
            if self._column != ROUGHNESS:
                return self._number(si, active, self._column)
            found, weights, _ = self._around(si, active)
            return sum((grey * weight for grey, weight in zip(self._greys(found, active), weights, strict=True)), mi.Float(0))

        def eval_1_grad(self, si, active=True):
            found, _, (size, (x, y)) = self._around(si, active)
            a, b, c, d = self._greys(found, active)
            slope = mi.Vector2f(dr.lerp(b - a, d - c, y), dr.lerp(c - a, d - b, x))
            return slope * size * self._number(si, active, HEIGHT) + TILT

        def is_spatially_varying(self):
            return True

        def to_string(self):
            return f"Lookup[column={self._column}]"

        def _number(self, si, active, column):
            surface = dr.gather(mi.UInt32, self._faces, si.prim_index, active)
            return dr.gather(mi.Float, self._table.numbers, surface * NUMBERS + column, active)

        def _greys(self, found, active):
            return [mi.Float(dr.gather(self._table.greys_type, self._table.greys, texel, active)) / 255 for texel in found]

        def _around(self, si, active):
            """The four texels around a point, their weights, and the picture's size with where between them the point is."""
            surface = dr.gather(mi.UInt32, self._faces, si.prim_index, active)
            first, width, height, _ = dr.gather(mi.Vector4u, self._table.pictures, surface * PICTURES + self._column, active)
            size = mi.Vector2f(width, height)
            at = si.uv * size - 0.5
            low = dr.floor(at)
            x, y = at - low
            left, right = (mi.UInt32(_wrapped(low.x + step, size.x)) for step in (0, 1))
            top, bottom = (mi.UInt32(_wrapped(low.y + step, size.y)) * width + first for step in (0, 1))
            found = top + left, top + right, bottom + left, bottom + right
            return found, ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y), (size, (x, y))

    return Lookup


def _wrapped(texel, count):
    """Of a picture that repeats; rounding never leads out of it."""
    return dr.clip(texel - dr.floor(texel / count) * count, 0, count - 1)
