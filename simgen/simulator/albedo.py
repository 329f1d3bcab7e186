"""Colours of triangles without light: flat colours and textures of many surfaces looked up at once."""

from collections.abc import Sequence

import numpy as np

from simgen.scenario.surface import Surface


class Albedo:
    """Colour lookup by triangle and place on it, for the concatenated triangles of some surfaces."""

    def __init__(self, surfaces: Sequence[Surface]):
        self.surface_of_face = np.repeat(np.arange(len(surfaces), dtype=np.int32), [len(surface.faces) for surface in surfaces])
        self.colour = np.array([surface.colour for surface in surfaces], dtype=np.float32).reshape(-1, 3) * 255
        self.uv = np.concatenate([np.zeros((0, 3, 2), np.float32), *map(_corner_uv, surfaces)])
        self._pack({id(surface.texture): surface.texture for surface in surfaces if surface.texture is not None}, surfaces)

    def _pack(self, textures: dict[int, np.ndarray], surfaces: Sequence[Surface]) -> None:
        """All textures end to end, four bytes a texel, so that one gather reads texels of any of them."""
        sizes = {key: texture.shape[:2] for key, texture in textures.items()}
        starts = dict(zip(textures, np.cumsum([0, *(h * w for h, w in sizes.values())]), strict=False))
        texels = [np.pad(texture.reshape(-1, 3), [(0, 0), (0, 1)]).view(np.uint32).reshape(-1) for texture in textures.values()]
        self.texels = np.concatenate([np.zeros(0, np.uint32), *texels])
        keys = [id(surface.texture) for surface in surfaces]
        self.size = np.array([sizes.get(key, (0, 0)) for key in keys], dtype=np.int32).reshape(-1, 2)
        self.start = np.array([starts.get(key, 0) for key in keys], dtype=np.int64)

    def __call__(self, face: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """sRGB, uint8, (N, 3).

        Args:
            face: index of the triangle among all, int, (N,).
            weights: barycentric weights of its second and third corner, float32, (N, 2).
        """
        surface = self.surface_of_face[face]
        colour = self.colour[surface]
        textured = np.flatnonzero(self.size[surface, 0])
        if len(textured):
            corner, weight = self.uv[face[textured]], weights[textured]
            uv = corner[:, 0] + weight[:, :1] * (corner[:, 1] - corner[:, 0]) + weight[:, 1:] * (corner[:, 2] - corner[:, 0])
            colour[textured] *= self._bilinear(surface[textured], uv)
        return np.rint(np.clip(colour, 0, 255)).astype(np.uint8)

    def _bilinear(self, surface: np.ndarray, uv: np.ndarray) -> np.ndarray:
        """Texture colour 0 to 1, float32, (N, 3), at texture coordinates (u right, v up), repeating beyond 0 and 1."""
        height, width = self.size[surface].T
        x = uv[:, 0] % 1 * width - np.float32(0.5)
        y = (1 - uv[:, 1]) % 1 * height - np.float32(0.5)
        column, row = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
        fx, fy = (x - column)[:, None].astype(np.float32), (y - row)[:, None].astype(np.float32)
        left, right, start = column % width, (column + 1) % width, self.start[surface]
        above, below = start + row % height * width, start + (row + 1) % height * width
        top = self._texel(above + left) * (1 - fx) + self._texel(above + right) * fx
        bottom = self._texel(below + left) * (1 - fx) + self._texel(below + right) * fx
        return (top * (1 - fy) + bottom * fy) * np.float32(1 / 255)

    def _texel(self, index: np.ndarray) -> np.ndarray:
        return self.texels[index].view(np.uint8).reshape(-1, 4)[:, :3].astype(np.float32)


def _corner_uv(surface: Surface) -> np.ndarray:
    if surface.uv is None:
        return np.zeros((len(surface.faces), 3, 2), np.float32)
    return surface.uv[surface.faces].astype(np.float32)
