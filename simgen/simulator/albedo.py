"""Colours of triangles without light: flat colours and textures of many surfaces looked up at once."""

from collections.abc import Sequence

import numpy as np

from simgen.scenario.surface import Surface


class Albedo:
    """Colour lookup by triangle and place on it, for the concatenated triangles of some surfaces."""

    def __init__(self, surfaces: Sequence[Surface]):
        self.surface_of_face = np.repeat(np.arange(len(surfaces), dtype=np.int32), [len(surface.faces) for surface in surfaces])
        self._colour = np.array([surface.colour for surface in surfaces], dtype=np.float32).reshape(-1, 3) * 255
        self._uv = np.concatenate([np.zeros((0, 6), np.float32), *map(_uv, surfaces)])
        textures = {id(surface.texture): surface.texture for surface in surfaces if surface.texture is not None}
        starts = dict(zip(textures, np.cumsum([0, *(texture.size // 3 for texture in textures.values())]), strict=False))
        sizes = [(0, 0) if surface.texture is None else surface.texture.shape[:2] for surface in surfaces]
        self._height, self._width = np.array(sizes, dtype=np.int64).reshape(-1, 2).T.copy()
        self._start = np.array([starts.get(id(surface.texture), 0) for surface in surfaces], dtype=np.int64)
        texels = np.concatenate([np.zeros((0, 3), np.uint8), *(texture.reshape(-1, 3) for texture in textures.values())])
        self._texels = np.ascontiguousarray(texels.T)  # all textures end to end, so that one gather reads any of them

    def __call__(self, face: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """sRGB, uint8, (N, 3).

        Args:
            face: index of the triangle among all, int, (N,).
            weights: barycentric weights of its second and third corner, float32, (N, 2).
        """
        surface = self.surface_of_face[face]
        colour = self._colour.take(surface, axis=0)
        textured = np.flatnonzero(self._width[surface])
        if len(textured):
            uv, weight = self._uv.take(face[textured], axis=0).T, weights[textured].T
            u, v = (uv[i] + weight[0] * uv[i + 2] + weight[1] * uv[i + 4] for i in range(2))
            colour[textured] *= self._bilinear(surface[textured], u, v).T
        return np.rint(np.clip(colour, 0, 255)).astype(np.uint8)

    def _bilinear(self, surface: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Texture colour 0 to 1, float32, (3, N), at texture coordinates (u right, v up), repeating beyond 0 and 1."""
        height, width, start = self._height[surface], self._width[surface], self._start[surface]
        x, y = u % 1 * width - 0.5, (1 - v) % 1 * height - 0.5
        column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        right, below = (x - column).astype(np.float32), (y - row).astype(np.float32)
        columns = ((column % width, 1 - right), ((column + 1) % width, right))
        rows = ((start + row % height * width, 1 - below), (start + (row + 1) % height * width, below))
        colour = np.zeros((3, len(u)), np.float32)
        for from_row, row_share in rows:
            for in_row, column_share in columns:
                texel, share = from_row + in_row, row_share * column_share * np.float32(1 / 255)
                for channel, plane in zip(colour, self._texels, strict=True):
                    channel += plane[texel] * share
        return colour


def _uv(surface: Surface) -> np.ndarray:
    """Texture coordinates of every triangle's first corner, and what they change by to the second and the third: (F, 6)."""
    if surface.uv is None:
        return np.zeros((len(surface.faces), 6), np.float32)
    first, second, third = np.moveaxis(surface.uv[surface.faces], 1, 0)
    return np.concatenate([first, second - first, third - first], axis=1).astype(np.float32)
