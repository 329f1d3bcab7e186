"""Sheets: the part of a surface that faces the sky, cut finer, cut along a line, and lifted."""

from dataclasses import dataclass, replace

import numpy as np

from simgen.geometry import Pose
from simgen.scenario.surface import Surface


@dataclass(frozen=True, eq=False)
class Sheet:
    """Triangles with what varies over them."""

    columns: np.ndarray
    """Position, normal and, where the surface has them, texture coordinates of every vertex, float64, (V, 6) or (V, 8)."""
    faces: np.ndarray
    """int32, (F, 3)."""

    @property
    def vertices(self) -> np.ndarray:
        return self.columns[:, :3]

    @property
    def normals(self) -> np.ndarray:
        return self.columns[:, 3:6]

    @property
    def uv(self) -> np.ndarray | None:
        return self.columns[:, 6:8] if self.columns.shape[1] == 8 else None

    def areas(self) -> np.ndarray:
        """Of every triangle, m2, (F,)."""
        crosses = _crosses(self.vertices, self.faces)
        return 0.5 * np.sqrt(np.einsum("fi,fi->f", crosses, crosses))

    def vertex_areas(self) -> np.ndarray:
        """A third of the triangles around every vertex, m2, (V,)."""
        return np.bincount(self.faces.ravel(), np.repeat(self.areas() / 3, 3), len(self.columns))


def face_slopes(surface: Surface, pose: Pose) -> np.ndarray:
    """Cosine between every triangle's normal and the way up, (F,)."""
    crosses = _crosses(surface.vertices, surface.faces)
    return crosses @ pose.rotation[2] / np.maximum(np.linalg.norm(crosses, axis=1), 1e-18)


def part(surface: Surface, chosen: np.ndarray) -> Surface:
    """Some triangles of a surface; the very same one where all are chosen."""
    if chosen.all():
        return surface
    used, faces = np.unique(surface.faces[chosen], return_inverse=True)
    return replace(
        surface,
        vertices=surface.vertices[used],
        faces=faces.reshape(-1, 3).astype(np.int32),
        uv=None if surface.uv is None else surface.uv[used],
        normals=None if surface.normals is None else surface.normals[used],
    )


def sheet_of(surface: Surface) -> Sheet:
    """All of a surface."""
    normals = surface.normals if surface.normals is not None else smooth_normals(surface.vertices, surface.faces)
    return Sheet(np.concatenate([surface.vertices, normals, *([] if surface.uv is None else [surface.uv])], axis=1), surface.faces)


def welded(surface: Surface) -> Sheet:
    """All of a surface without its seams: one vertex at one place, and no texture coordinates."""
    micrometres = np.rint(1e6 * surface.vertices).astype(np.int64) + 2**40
    key = (micrometres[:, 0] * 1_000_003 + micrometres[:, 1]) * 998_244_353 + micrometres[:, 2]  # wraps: a hash of the place
    _, first, index = np.unique(key, return_index=True, return_inverse=True)
    places, faces = surface.vertices[first], index.reshape(-1)[surface.faces]
    faces = faces[(faces != np.roll(faces, 1, axis=1)).all(1)].astype(np.int32)
    return Sheet(np.concatenate([places, smooth_normals(places, faces)], axis=1), faces)


def smooth_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals of vertices from the triangles around them, weighed by area, (V, 3)."""
    crosses = np.repeat(_crosses(vertices, faces), 3, axis=0)
    total = np.stack([np.bincount(faces.ravel(), crosses[:, axis], len(vertices)) for axis in range(3)], axis=1)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 1e-18, total / np.maximum(length, 1e-18), (0.0, 0.0, 1.0))


def refined(sheet: Sheet, longest_m: float | np.ndarray) -> Sheet:
    """The same sheet with no edge longer: long edges are halved until none is left, and no vertex lies on a neighbour's edge.

    Args:
        sheet: any.
        longest_m: one length, or one for the surroundings of every vertex, (V,).
    """
    columns, faces = np.column_stack([sheet.columns, np.broadcast_to(longest_m, len(sheet.columns))]), sheet.faces
    done = []
    while len(faces):
        places, longest = columns[:, :3][faces], columns[:, -1][faces]
        away = places - places[:, (1, 2, 0)]
        long = np.einsum("fij,fij->fi", away, away) > np.minimum(longest, longest[:, (1, 2, 0)]) ** 2
        edges = np.stack([faces, faces[:, (1, 2, 0)]], axis=-1)
        fine = ~long.any(1)
        done.append(faces[fine])  # whose neighbours cut none of its edges later either
        pairs, index = _unique_edges(np.sort(edges[long], axis=1), len(columns))
        middle = np.full(faces.shape, -1)
        middle[long] = len(columns) + index
        columns = np.concatenate([columns, 0.5 * (columns[pairs[:, 0]] + columns[pairs[:, 1]])])
        faces = _halved(faces[~fine], middle[~fine]).astype(np.int32)
    return Sheet(columns[:, :-1], np.concatenate([*done, faces]))


def _halved(faces: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Triangles cut at the middles of their edges, -1 for edges that stay whole, (F', 3)."""
    count = (middle >= 0).sum(1)
    first = np.where(count == 1, np.argmax(middle >= 0, axis=1), (np.argmax(middle < 0, axis=1) + 1) % 3)  # the cut edges come first
    order = (first[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(faces, order, 1).T
    ab, bc, ca = np.take_along_axis(middle, order, 1).T
    one, two, three = count == 1, count == 2, count == 3
    found = [faces[count == 0]]
    found += [np.stack(corners, 1)[one] for corners in ((a, ab, c), (ab, b, c))]
    found += [np.stack(corners, 1)[two] for corners in ((a, ab, c), (ab, bc, c), (ab, b, bc))]
    found += [np.stack(corners, 1)[three] for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return np.concatenate(found)


def clipped(sheet: Sheet, level: np.ndarray) -> tuple[Sheet, np.ndarray]:
    """The part of a sheet where a number given at its vertices, (V,), is positive, cut straight through triangles, and that number."""
    inside = level > 0
    count = inside[sheet.faces].sum(1)
    odd = np.where(count == 1, np.argmax(inside[sheet.faces], axis=1), np.argmin(inside[sheet.faces], axis=1))  # the corner on its own
    a, b, c = np.take_along_axis(sheet.faces, (odd[:, None] + np.arange(3)) % 3, 1).T
    cut = (count == 1) | (count == 2)
    edges = np.sort(np.stack([np.stack([a, b], 1), np.stack([c, a], 1)], axis=1)[cut], axis=-1)
    pairs, index = _unique_edges(edges.reshape(-1, 2), len(sheet.columns))
    share = (level[pairs[:, 0]] / (level[pairs[:, 0]] - level[pairs[:, 1]]))[:, None]
    columns = np.concatenate([sheet.columns, sheet.columns[pairs[:, 0]] * (1 - share) + sheet.columns[pairs[:, 1]] * share])
    level = np.concatenate([level, np.zeros(len(pairs))])
    ab, ca = np.full(len(a), -1), np.full(len(a), -1)
    ab[cut], ca[cut] = len(sheet.columns) + index.reshape(-1, 2).T
    one, two = count == 1, count == 2
    found = [sheet.faces[count == 3], np.stack([a, ab, ca], 1)[one], np.stack([ab, b, c], 1)[two], np.stack([ab, c, ca], 1)[two]]
    used, faces = np.unique(np.concatenate(found), return_inverse=True)
    return Sheet(columns[used], faces.reshape(-1, 3).astype(np.int32)), level[used]


def rim(faces: np.ndarray) -> np.ndarray:
    """Vertices on edges that belong to one triangle only, (R,)."""
    edges = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    pairs, index = _unique_edges(edges, int(faces.max(initial=0)) + 1)
    return np.unique(pairs[np.bincount(index, minlength=len(pairs)) == 1])


def fineness(area_m2: float, finest_m: float, coarsest_m: float, triangles: int) -> float:
    """Length of edges, metres, with which a sheet of some area has about so many triangles."""
    return float(np.clip(np.sqrt(8 * area_m2 / triangles), finest_m, coarsest_m))


def _unique_edges(edges: np.ndarray, vertices: int) -> tuple[np.ndarray, np.ndarray]:
    """Different edges, (E, 2), of sorted pairs, (N, 2), and which of them each pair is, (N,)."""
    key, index = np.unique(edges[:, 0].astype(np.int64) * vertices + edges[:, 1], return_inverse=True)
    return np.stack([key // vertices, key % vertices], axis=1), index.reshape(-1)


def _crosses(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    first = vertices[faces[:, 0]]
    (a, b, c), (d, e, f) = (vertices[faces[:, 1]] - first).T, (vertices[faces[:, 2]] - first).T
    return np.stack([b * f - c * e, c * d - a * f, a * e - b * d], axis=1)
