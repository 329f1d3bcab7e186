"""Sheets of several links bundled into one mesh, with what tells where each vertex goes when links move."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from simgen.geometry import Pose
from simgen.world.pathtrace.mesh import Sheet


class Bundle:
    """One mesh; sheets without normals are flat, those without texture coordinates lie at (0, 0)."""

    def __init__(self, members: Sequence[tuple[int, int, Sheet]]):
        """Join (number of the surface, row of its link, its triangles)."""
        sheets = [_shaded(sheet) for _, _, sheet in members]
        starts = np.cumsum([0, *(len(sheet.vertices) for sheet in sheets)])
        self.faces = np.concatenate([sheet.faces + start for sheet, start in zip(sheets, starts[:-1], strict=True)]).astype(np.uint32)
        """Vertices of every triangle, uint32, (F, 3)."""
        self.surface = np.repeat([number for number, _, _ in members], [len(sheet.faces) for sheet in sheets])
        """Number of the surface of every triangle, (F,)."""
        self.vertices = np.concatenate([sheet.vertices for sheet in sheets]).astype(np.float32)
        """In the frames of their links, metres, float32, (V, 3)."""
        self.uv = np.concatenate([np.zeros((len(s.vertices), 2)) if s.uv is None else s.uv for s in sheets]).astype(np.float32)
        """Texture coordinates, v down, float32, (V, 2)."""
        self.rows = {row for _, row, _ in members}
        """Of the links."""
        pieces = [slice(*ends) for ends in pairwise(starts)]
        self._pieces = [(row, sheet, piece) for (_, row, _), sheet, piece in zip(members, sheets, pieces, strict=True)]

    def placed(self, link_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vertices and normals in the world, float32, (V, 3) each, when links are at `link_pose`, float64, (L, 7)."""
        vertices, normals = np.empty_like(self.vertices), np.empty_like(self.vertices)
        for row, sheet, piece in self._pieces:
            pose = Pose.from_row(link_pose[row])
            vertices[piece] = pose.apply(sheet.vertices)
            normals[piece] = sheet.normals @ pose.rotation.T
        return vertices, normals


def grouped(members: Iterable, key: Callable[..., Hashable]) -> list[list]:
    """Members of equal key together, in the order of the first of each."""
    groups: dict[Hashable, list] = {}
    for member in members:
        groups.setdefault(key(member), []).append(member)
    return list(groups.values())


def _shaded(sheet: Sheet) -> Sheet:
    """The same triangles with normals: flat ones get corners of their own."""
    if sheet.normals is not None:
        return sheet
    corners = sheet.vertices[sheet.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    uv = None if sheet.uv is None else sheet.uv[sheet.faces].reshape(-1, 2)
    count = 3 * len(sheet.faces)
    return Sheet(corners.reshape(-1, 3), np.arange(count, dtype=np.int32).reshape(-1, 3), np.repeat(across, 3, axis=0), uv)
