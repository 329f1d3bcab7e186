"""What triangles are without light: colour, roughness and metal of many surfaces, flat or from textures, looked up at once."""

from collections.abc import Sequence

import numpy as np

from simgen.compiled import compiled
from simgen.scenario.surface import Surface


class Albedo:
    """Lookup by triangle and place on it, for the concatenated triangles of some surfaces.

    Texels lie end to end in one array, four bytes each, red, green, blue and roughness; every texture has a rim that repeats
    its opposite sides, so that neighbours need no wrapping.
    """

    def __init__(self, surfaces: Sequence[Surface]):
        self.surface_of_face = np.repeat(np.arange(len(surfaces), dtype=np.int32), [len(surface.faces) for surface in surfaces])
        self._tint = np.array([surface.colour for surface in surfaces], dtype=np.float32).reshape(-1, 3)
        rough = [round(255 * surface.finish.roughness) for surface in surfaces]
        self._flat = np.column_stack([np.rint(self._tint * 255), np.array(rough, dtype=np.float32)]).astype(np.uint8)
        self._metallic = np.array([round(255 * surface.finish.metallic) for surface in surfaces], dtype=np.uint8)
        self._uv = np.concatenate([np.zeros((0, 6), np.float32), *map(_uv, surfaces)])
        pictures = {_key(surface): surface for surface in surfaces if _key(surface) is not None}
        rimmed = {key: np.pad(_picture(surface), [(1, 1), (1, 1), (0, 0)], mode="wrap") for key, surface in pictures.items()}
        texels = [picture.reshape(-1, 4).view(np.uint32).reshape(-1) for picture in rimmed.values()]
        self._texels = np.concatenate([np.zeros(0, np.uint32), *texels])
        starts = dict(zip(rimmed, np.cumsum([0, *map(len, texels)]), strict=False))
        sizes = {key: (picture.shape[0] - 2, picture.shape[1] - 2) for key, picture in rimmed.items()}
        places = [(starts.get(_key(surface), 0), *sizes.get(_key(surface), (0, 0))) for surface in surfaces]
        self._place = np.array(places, dtype=np.int64).reshape(-1, 3)
        """Of every surface, where its texels start, and its texture's height and width, 0 without one."""

    def paint(self, face: np.ndarray, weights: np.ndarray, colour: np.ndarray, roughness: np.ndarray, metallic: np.ndarray):
        """Write what every triangle seen is; the outputs stay as they are where no triangle is seen.

        Args:
            face: index of the triangle among all, int32, (N,); -1 for none.
            weights: barycentric weights of its second and third corner, float32, (N, 2).
            colour: sRGB, uint8, (N, 3).
            roughness: over 255, uint8, (N,).
            metallic: over 255, uint8, (N,).
        """
        surface = self.surface_of_face
        textured = _find(face, weights, surface, self._flat, self._metallic, self._uv, self._place, colour, roughness, metallic)
        _mix(*textured, self._texels, face, surface, self._tint, colour, roughness)


@compiled
def _find(face, weights, surface_of_face, flat, metal, uv, place, colour, roughness, metallic):
    """Write metal, and flat colours and roughness; of textured pixels, their index, their first texel of four, the texels in a
    row, and the shares of the texels right and below."""
    pixel, texel, stride = np.empty(len(face), np.uint32), np.empty(len(face), np.uint32), np.empty(len(face), np.uint32)
    right, below, count = np.empty(len(face), np.uint64), np.empty(len(face), np.uint64), 0
    for n in range(len(face)):
        f = face[n]
        if f >= 0:
            surface = surface_of_face[f]
            height, width = place[surface, 1], place[surface, 2]
            metallic[n] = metal[surface]
            if width == 0:
                for i in range(3):
                    colour[n, i] = flat[surface, i]
                roughness[n] = flat[surface, 3]
            else:
                second, third = weights[n, 0], weights[n, 1]
                column, right[count] = _cell(uv[f, 0] + second * uv[f, 2] + third * uv[f, 4], width)
                row, below[count] = _cell(-(uv[f, 1] + second * uv[f, 3] + third * uv[f, 5]), height)
                pixel[count], stride[count] = n, width + 2
                texel[count] = place[surface, 0] + row * (width + 2) + column
                count += 1
    return pixel[:count], texel[:count], stride[:count], right[:count], below[:count]


@compiled
def _mix(pixel, texel, stride, right, below, texels, face, surface_of_face, tint, colour, roughness):
    for k in range(len(pixel)):  # memory is slow: a loop as short as this waits for many texels at once
        first, n = texel[k], pixel[k]
        above = _between(_lanes(texels[first]), _lanes(texels[first + np.uint32(1)]), right[k])
        first += stride[k]
        beneath = _between(_lanes(texels[first]), _lanes(texels[first + np.uint32(1)]), right[k])
        mixed = _between(above, beneath, below[k])
        for i in range(3):
            colour[n, i] = (mixed >> np.uint64(16 * i)) & np.uint64(255)
        roughness[n] = mixed >> np.uint64(48)
    for n in pixel:
        surface = surface_of_face[face[n]]
        for i in range(3):
            if tint[surface, i] != 1:
                colour[n, i] = np.rint(np.float32(colour[n, i]) * tint[surface, i])


@compiled
def _cell(coordinate, size):
    """Index, with the rim counted, of the texel before a coordinate that repeats every 1, and how far on it is in 256ths."""
    place = np.float64(coordinate - np.floor(coordinate)) * size + 0.5
    index = int(place)
    return index, int((place - index) * 256 + 0.5)


@compiled
def _lanes(texel):
    """Four bytes in 32 bits as four 16-bit lanes in 64."""
    wide = np.uint64(texel)
    wide = (wide | wide << np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return (wide | wide << np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)


@compiled
def _between(first, second, share):
    """All lanes mixed at once; `share` of the second, 0 to 256. A lane holds 255 * 256 without spilling."""
    mixed = first * (np.uint64(256) - share) + second * share + np.uint64(0x0080008000800080)
    return (mixed >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)


def _key(surface: Surface) -> tuple | None:
    """Tells textures apart by which arrays they are; None where a surface has neither texture nor roughness map."""
    texture, finish = surface.texture, surface.finish
    if surface.uv is None or (texture is None and finish.roughness_map is None):
        return None
    return id(texture), id(finish.roughness_map), finish.roughness


def _picture(surface: Surface) -> np.ndarray:
    """Texture and roughness of a surface, uint8, (h, w, 4), of the texture's size where it has one."""
    texture, finish = surface.texture, surface.finish
    if texture is None:
        texture = np.full((*finish.roughness_map.shape, 3), 255, np.uint8)
    (height, width), rough = texture.shape[:2], np.full((1, 1), 255, np.uint8) if finish.roughness_map is None else finish.roughness_map
    table = np.rint(np.arange(256) * finish.roughness).astype(np.uint8)
    rows, columns = np.arange(height) * rough.shape[0] // height, np.arange(width) * rough.shape[1] // width
    return np.concatenate([texture, table[rough[rows[:, None], columns]][..., None]], axis=2)


def _uv(surface: Surface) -> np.ndarray:
    """Texture coordinates of every triangle's first corner, and what they change by to the second and the third: (F, 6)."""
    if surface.uv is None:
        return np.zeros((len(surface.faces), 6), np.float32)
    first, second, third = np.moveaxis(surface.uv[surface.faces], 1, 0)
    return np.concatenate([first, second - first, third - first], axis=1).astype(np.float32)
