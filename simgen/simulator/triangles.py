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
        self.normal = np.concatenate([np.zeros((0, 3), np.float32), *map(_normals, self.surfaces)])
        """Unit geometric normals in the link frame, float32, (F, 3); zero where a triangle has no area."""

    def first(self, row: int) -> int:
        """Index of the first triangle of a link that has any."""
        return int(np.argmax(self.row == row))

    def of(self, rows: Collection[int], link_T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vertices, float64, (V, 3), moved by `link_T[row]`, (L, 4, 4), and faces, uint32, (F, 3), of some links, in their order here."""
        vertices, faces, count = [], [], 0
        for row, surface in zip(self.row_of_surface, self.surfaces, strict=True):
            if row in rows:
                vertices.append(surface.vertices @ link_T[row, :3, :3].T + link_T[row, :3, 3])
                faces.append(surface.faces + count)
                count += len(surface.vertices)
        return np.concatenate(vertices), np.concatenate(faces).astype(np.uint32)


def _normals(surface: Surface) -> np.ndarray:
    a, b, c = np.moveaxis(surface.vertices[surface.faces], 1, 0)
    normal = np.cross(b - a, c - a)
    return (normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)).astype(np.float32)
