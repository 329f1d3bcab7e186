"""All triangles of a scene end to end: which link each belongs to, its normal and its place in the textures."""

from collections.abc import Collection, Sequence

import numpy as np

from simgen.compiled import compiled
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
        self.row = self.row_of_surface[self.albedo.surface_of_face]
        """Row of the link table of every triangle, int16, (F,)."""
        self._plane = np.concatenate([np.zeros((0, 4), np.float32), *map(_planes, self.surfaces)])

    def first(self, row: int) -> int:
        """Index of the first triangle of a link that has any."""
        return int(np.argmax(self.row == row))

    def normals(self, face: np.ndarray, camera_T: np.ndarray, out: np.ndarray):
        """Write unit geometric normals in the camera frame, facing the camera.

        Args:
            face: index of the triangle seen among all, int32, (N,); -1 for none.
            camera_T: camera_T_link of every row of the link table, float64, (L + 1, 4, 4).
            out: float32, (N, 3); left as it is where no triangle is seen.
        """
        rotation, position = camera_T[:, :3, :3], camera_T[:, :3, 3]
        eye = -(position[:, None] @ rotation)[:, 0].astype(np.float32)
        _turn(face, self.row, self._plane, rotation.astype(np.float32), eye, out)

    def of(self, rows: Collection[int], link_T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vertices, float64, (V, 3), moved by `link_T[row]`, (L, 4, 4), and faces, uint32, (F, 3), of some links, in their order here."""
        vertices, faces, count = [], [], 0
        for row, surface in zip(self.row_of_surface, self.surfaces, strict=True):
            if row in rows:
                vertices.append(surface.vertices @ link_T[row, :3, :3].T + link_T[row, :3, 3])
                faces.append(surface.faces + count)
                count += len(surface.vertices)
        return np.concatenate(vertices), np.concatenate(faces).astype(np.uint32)


@compiled
def _turn(face, row, planes, rotations, eyes, out):
    for n in range(len(face)):
        if face[n] >= 0:
            plane, link = planes[face[n]], row[face[n]]
            rotation, eye = rotations[link], eyes[link]
            behind = plane[0] * eye[0] + plane[1] * eye[1] + plane[2] * eye[2] < plane[3]
            side = np.float32(-1) if behind else np.float32(1)
            for i in range(3):
                out[n, i] = (plane[0] * rotation[i, 0] + plane[1] * rotation[i, 1] + plane[2] * rotation[i, 2]) * side


def _planes(surface: Surface) -> np.ndarray:
    """Unit geometric normal and distance from the origin along it of every triangle, link frame, float32, (F, 4)."""
    a, b, c = np.moveaxis(surface.vertices[surface.faces], 1, 0)
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    return np.concatenate([normal, (normal * a).sum(1, keepdims=True)], axis=1).astype(np.float32)
