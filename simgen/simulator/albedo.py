"""Colours of triangles without light: flat colours and textures of many surfaces, looked up at once."""

from collections.abc import Sequence

import numpy as np

from simgen.scenario.surface import Surface
from simgen.simulator.compiled import compiled


class Albedo:
    """Colour lookup by triangle and place on it, for the concatenated triangles of some surfaces.

    Texels lie end to end in one array; every texture has a rim that repeats its opposite sides, so that neighbours need no
    wrapping.
    """

    def __init__(self, surfaces: Sequence[Surface]):
        self.surface_of_face = np.repeat(np.arange(len(surfaces), dtype=np.int32), [len(surface.faces) for surface in surfaces])
        self._tint = np.array([surface.colour for surface in surfaces], dtype=np.float32).reshape(-1, 3)
        self._flat = np.rint(self._tint * 255).astype(np.uint8)
        self._uv = np.concatenate([np.zeros((0, 6), np.float32), *map(_uv, surfaces)])
        textures = {id(surface.texture): surface.texture for surface in surfaces if surface.texture is not None}
        rimmed = {key: np.pad(texture, [(1, 1), (1, 1), (0, 0)], mode="wrap") for key, texture in textures.items()}
        texels = [_packed(texture) for texture in rimmed.values()]
        self._texels = np.concatenate([np.zeros(0, np.uint32), *texels])
        starts = dict(zip(rimmed, np.cumsum([0, *map(len, texels)]), strict=False))
        places = [(starts.get(id(surface.texture), 0), *_size(surface.texture)) for surface in surfaces]
        self._place = np.array(places, dtype=np.int64).reshape(-1, 3)
        """Of every surface, where its texels start, and its texture's height and width, 0 without one."""

    def paint(self, face: np.ndarray, weights: np.ndarray, out: np.ndarray):
        """Write the colour of every triangle seen.

        Args:
            face: index of the triangle among all, int32, (N,); -1 for none.
            weights: barycentric weights of its second and third corner, float32, (N, 2).
            out: sRGB, uint8, (N, 3); left as it is where no triangle is seen.
        """
        textured = _find(face, weights, self.surface_of_face, self._flat, self._uv, self._place, out)
        _mix(*textured, self._texels, face, self.surface_of_face, self._tint, out)


@compiled
def _find(face, weights, surface_of_face, flat, uv, place, out):
    """Write flat colours; of textured pixels, their index, their first texel of four, the texels in a row, and the shares of the
    texels right and below."""
    pixel, texel, stride = np.empty(len(face), np.uint32), np.empty(len(face), np.uint32), np.empty(len(face), np.uint32)
    right, below, count = np.empty(len(face), np.uint64), np.empty(len(face), np.uint64), 0
    for n in range(len(face)):
        f = face[n]
        if f >= 0:
            surface = surface_of_face[f]
            height, width = place[surface, 1], place[surface, 2]
            if width == 0:
                for i in range(3):
                    out[n, i] = flat[surface, i]
            else:
                second, third = weights[n, 0], weights[n, 1]
                column, right[count] = _cell(uv[f, 0] + second * uv[f, 2] + third * uv[f, 4], width)
                row, below[count] = _cell(-(uv[f, 1] + second * uv[f, 3] + third * uv[f, 5]), height)
                pixel[count], stride[count] = n, width + 2
                texel[count] = place[surface, 0] + row * (width + 2) + column
                count += 1
    return pixel[:count], texel[:count], stride[:count], right[:count], below[:count]


@compiled
def _mix(pixel, texel, stride, right, below, texels, face, surface_of_face, tint, out):
    for k in range(len(pixel)):  # memory is slow: a loop as short as this waits for many texels at once
        first, n = texel[k], pixel[k]
        above = _between(_lanes(texels[first]), _lanes(texels[first + np.uint32(1)]), right[k])
        first += stride[k]
        beneath = _between(_lanes(texels[first]), _lanes(texels[first + np.uint32(1)]), right[k])
        colour = _between(above, beneath, below[k])
        for i in range(3):
            out[n, i] = (colour >> np.uint64(16 * i)) & np.uint64(255)
    for n in pixel:
        surface = surface_of_face[face[n]]
        for i in range(3):
            if tint[surface, i] != 1:
                out[n, i] = np.rint(np.float32(out[n, i]) * tint[surface, i])


@compiled
def _cell(coordinate, size):
    """Index, with the rim counted, of the texel before a coordinate that repeats every 1, and how far on it is in 256ths."""
    place = np.float64(coordinate - np.floor(coordinate)) * size + 0.5
    index = int(place)
    return index, int((place - index) * 256 + 0.5)


@compiled
def _lanes(texel):
    """Three bytes in 32 bits as three 16-bit lanes in 64."""
    wide = np.uint64(texel)
    return wide & np.uint64(255) | (wide & np.uint64(0xFF00)) << np.uint64(8) | (wide & np.uint64(0xFF0000)) << np.uint64(16)


@compiled
def _between(first, second, share):
    """All lanes mixed at once; `share` of the second, 0 to 256. A lane holds 255 * 256 without spilling."""
    mixed = first * (np.uint64(256) - share) + second * share + np.uint64(0x0080008000800080)
    return (mixed >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)


def _packed(texture: np.ndarray) -> np.ndarray:
    """Colours, uint8, (..., 3), one after the other as four bytes in uint32, (N,)."""
    return np.pad(texture.reshape(-1, 3), [(0, 0), (0, 1)]).view(np.uint32).reshape(-1)


def _size(texture: np.ndarray | None) -> tuple[int, int]:
    return (0, 0) if texture is None else texture.shape[:2]


def _uv(surface: Surface) -> np.ndarray:
    """Texture coordinates of every triangle's first corner, and what they change by to the second and the third: (F, 6)."""
    if surface.uv is None:
        return np.zeros((len(surface.faces), 6), np.float32)
    first, second, third = np.moveaxis(surface.uv[surface.faces], 1, 0)
    return np.concatenate([first, second - first, third - first], axis=1).astype(np.float32)
