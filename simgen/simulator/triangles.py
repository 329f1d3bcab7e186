"""All triangles of a scene end to end: which link each belongs to, its normal and its place in the textures."""

from collections.abc import Collection, Sequence

import numpy as np

from simgen.observation import Link
from simgen.scenario.surface import Surface
from simgen.simulator.albedo import Albedo


class Triangles:
    """The triangles of moving links by row of the link table, then those of fixed links by row."""

    def __init__(self, surfaces: Sequence[Surface], links: Sequence[Link], fixed: Collection[int]):
        rows = {(link.body, link.index): row for row, link in enumerate(links)}
        placed = sorted(((rows[surface.body, surface.link], surface) for surface in surfaces), key=lambda pair: (pair[0] in fixed, pair[0]))
        self.surfaces = tuple(surface for _, surface in placed)
        self.row_of_surface = np.array([row for row, _ in placed], dtype=np.int16)
        self.albedo = Albedo(self.surfaces)
        self.row = np.append(self.row_of_surface[self.albedo.surface_of_face], np.int16(-1))
        """Row of the link table of every triangle, int16, (F + 1,); the last is -1, so that triangle -1 is on no link."""
        self._plane = np.concatenate([np.zeros((0, 4), np.float32), *map(_planes, self.surfaces)])
        self._starts = np.flatnonzero(np.diff(self.row, prepend=np.int16(-1)))
        self._turned = np.zeros((len(self.row), 3), np.float32)

    def first(self, row: int) -> int:
        """Index of the first triangle of a link that has any."""
        return int(np.argmax(self.row == row))

    def normals(self, face: np.ndarray, camera_T: np.ndarray) -> np.ndarray:
        """Unit geometric normals in the camera frame, facing the camera, float32, (..., 3); zeros for triangle -1.

        A camera sees all of a triangle from one side, so normals are turned once a triangle in view, not once a pixel.

        Args:
            face: index of the triangle among all, int32, (...).
            camera_T: camera_T_link of every row of the link table, float64, (L + 1, 4, 4).
        """
        used = np.zeros(len(self.row), dtype=bool)
        used[face] = True
        used = np.flatnonzero(used[:-1])
        x, y, z, offset = self._plane.take(used, axis=0).T.copy()
        normal = np.empty((3, len(used)), np.float32)
        ends = np.searchsorted(used, self._starts)
        for first, start, end in zip(self._starts[:-1], ends[:-1], ends[1:], strict=True):
            rotation, position = camera_T[self.row[first], :3, :3], camera_T[self.row[first], :3, 3]
            part, eye = slice(start, end), -(position @ rotation).astype(np.float32)
            # term by term: a library's matrix product may round differently with the number of triangles in view
            behind = x[part] * eye[0] + y[part] * eye[1] + z[part] * eye[2] < offset[part]
            side = np.where(behind, np.float32(-1), np.float32(1))
            for out, (a, b, c) in zip(normal, rotation.astype(np.float32), strict=True):
                out[part] = (x[part] * a + y[part] * b + z[part] * c) * side
        self._turned[used] = normal.T
        return self._turned.take(face, axis=0)

    def of(self, rows: Collection[int], link_T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vertices, float64, (V, 3), moved by `link_T[row]`, (L, 4, 4), and faces, uint32, (F, 3), of some links, in their order here."""
        vertices, faces, count = [], [], 0
        for row, surface in zip(self.row_of_surface, self.surfaces, strict=True):
            if row in rows:
                vertices.append(surface.vertices @ link_T[row, :3, :3].T + link_T[row, :3, 3])
                faces.append(surface.faces + count)
                count += len(surface.vertices)
        return np.concatenate(vertices), np.concatenate(faces).astype(np.uint32)


def _planes(surface: Surface) -> np.ndarray:
    """Unit geometric normal and distance from the origin along it of every triangle, link frame, float32, (F, 4)."""
    a, b, c = np.moveaxis(surface.vertices[surface.faces], 1, 0)
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    return np.concatenate([normal, (normal * a).sum(1, keepdims=True)], axis=1).astype(np.float32)
