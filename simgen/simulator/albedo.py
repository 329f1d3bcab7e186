"""Colours of triangles without light: flat colours and textures of many surfaces looked up at once."""

from collections.abc import Sequence

import numpy as np

from simgen.scenario.surface import Surface

LANES = np.uint64(0x00FF00FF00FF00FF)
"""Of four 16-bit lanes in 64 bits, the lower halves."""


class Albedo:
    """Colour lookup by triangle and place on it, for the concatenated triangles of some surfaces.

    Texels lie end to end in one array, four bytes each, so that one gather reads any texture; every texture has a rim
    that repeats its opposite sides, so that neighbours need no wrapping.
    """

    def __init__(self, surfaces: Sequence[Surface]):
        self.surface_of_face = np.repeat(np.arange(len(surfaces), dtype=np.int32), [len(surface.faces) for surface in surfaces])
        self._colour = np.array([surface.colour for surface in surfaces], dtype=np.float32).reshape(-1, 3)
        self._flat = _texels(np.rint(self._colour * 255).astype(np.uint8))
        self._tinted = (self._colour != 1).any(1)
        self._uv = np.concatenate([np.zeros((0, 6), np.float32), *map(_uv, surfaces)])
        textures = {id(surface.texture): surface.texture for surface in surfaces if surface.texture is not None}
        rimmed = {key: np.pad(texture, [(1, 1), (1, 1), (0, 0)], mode="wrap") for key, texture in textures.items()}
        texels = [_texels(texture) for texture in rimmed.values()]
        self._texels = np.concatenate([np.zeros(0, np.uint32), *texels])
        starts = dict(zip(rimmed, np.cumsum([0, *map(len, texels)]), strict=False))
        sizes = [(0, 0) if surface.texture is None else surface.texture.shape[:2] for surface in surfaces]
        self._height, self._width = np.array(sizes, dtype=np.int32).reshape(-1, 2).T.copy()
        self._start = np.array([starts.get(id(surface.texture), 0) for surface in surfaces], dtype=np.int32)

    def __call__(self, face: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """sRGB, uint8, (N, 3).

        Args:
            face: index of the triangle among all, int, (N,).
            weights: barycentric weights, complex64, (N,): of its second corner the real part, of its third the imaginary.
        """
        surface = self.surface_of_face.take(face)
        colour = self._flat.take(surface)
        textured = np.flatnonzero(self._width.take(surface))
        surface = surface.take(textured)
        colour[textured] = self._texture(surface, self._uv.take(face.take(textured), axis=0).T, weights.take(textured))
        colour = colour.view(np.uint8).reshape(-1, 4)[:, :3]
        tinted = np.flatnonzero(self._tinted.take(surface))
        texel, tint = colour.take(textured.take(tinted), axis=0), self._colour.take(surface.take(tinted), axis=0)
        colour[textured.take(tinted)] = np.rint(texel * tint)
        return colour

    def _texture(self, surface: np.ndarray, uv: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Texture colour, four bytes in uint32, (N,), between the four nearest texels, repeating beyond the edges.

        Args:
            surface: index of the surface, int32, (N,).
            uv: rows of `_uv`, transposed, float32, (6, N).
            weights: barycentric weights, complex64, (N,).
        """
        width, height = self._width.take(surface), self._height.take(surface)
        column, right = _cell(uv[0] + weights.real * uv[2] + weights.imag * uv[4], width)
        row, below = _cell(-(uv[1] + weights.real * uv[3] + weights.imag * uv[5]), height)
        stride = width + 2
        texel = self._start.take(surface) + row * stride + column
        above = _between(_lanes(self._texels.take(texel)), _lanes(self._texels.take(texel + 1)), right)
        texel += stride
        beneath = _between(_lanes(self._texels.take(texel)), _lanes(self._texels.take(texel + 1)), right)
        return _packed(_between(above, beneath, below))


def _cell(coordinate: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index, with the rim counted, of the texel before a coordinate that repeats every 1, and how far on it is in 256ths."""
    place = (coordinate - np.floor(coordinate)) * size
    place += np.float32(0.5)
    index = place.astype(np.int32)
    return index, ((place - index) * np.float32(256) + np.float32(0.5)).astype(np.uint64)


def _lanes(texel: np.ndarray) -> np.ndarray:
    """Four bytes in 32 bits as four 16-bit lanes in 64."""
    wide = texel.astype(np.uint64)
    wide = (wide | wide << np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return (wide | wide << np.uint64(8)) & LANES


def _packed(lanes: np.ndarray) -> np.ndarray:
    """The inverse of `_lanes`."""
    half = (lanes | lanes >> np.uint64(8)) & np.uint64(0x0000FFFF0000FFFF)
    return (half | half >> np.uint64(16)).astype(np.uint32)


def _between(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """All four lanes mixed at once; `share` of the second, 0 to 256. A lane holds 255 * 256 without spilling."""
    return (first * (np.uint64(256) - share) + second * share + np.uint64(0x0080008000800080) >> np.uint64(8)) & LANES


def _texels(texture: np.ndarray) -> np.ndarray:
    """Colours, uint8, (..., 3), one after the other as four bytes in uint32, (N,)."""
    return np.pad(texture.reshape(-1, 3), [(0, 0), (0, 1)]).view(np.uint32).reshape(-1)


def _uv(surface: Surface) -> np.ndarray:
    """Texture coordinates of every triangle's first corner, and what they change by to the second and the third: (F, 6)."""
    if surface.uv is None:
        return np.zeros((len(surface.faces), 6), np.float32)
    first, second, third = np.moveaxis(surface.uv[surface.faces], 1, 0)
    return np.concatenate([first, second - first, third - first], axis=1).astype(np.float32)
