"""Triangles a path tracer can be trusted with.

Why pictures had NaN pixels: texture coordinates that are not finite, as unwrapping leaves them at poles and on slivers. A
texture looked up there is NaN, and so is every path that meets it, by a bounce too, which is why more pixels of the
photograph were spoilt than of its guide images. (Reproduced with one NaN or inf among the coordinates of a grid, in scalar
and LLVM variants alike. A NaN in the sky does the same. Normals or vertices that are not finite, normals of no length,
triangles without area and coordinates without area give no NaN, but swallow light: their pixels are too dark, by half under a bump map.)
All of them are mended here, before a picture is drawn.
"""

from dataclasses import dataclass

import numpy as np

from simgen.scenario.surface import Surface

NO_AREA = 1e-14
"""Square metres, or squares of texture coordinates, below which a triangle is none."""
GRAZING = 0.01
"""Cosine between a vertex normal and its triangle below which it says nothing of that triangle."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Sound triangles, in the frame of their link."""

    vertices: np.ndarray
    """Metres, float64, (V, 3)."""
    faces: np.ndarray
    """int32, (F, 3)."""
    normals: np.ndarray | None
    """Unit vectors, float64, (V, 3); None is flat."""
    uv: np.ndarray | None
    """Texture coordinates, v down, float64, (V, 2)."""


def sound(surface: Surface) -> Sheet:
    """The triangles of a surface without those that have no area, and with normals and texture coordinates that make sense.

    A triangle with a senseless normal becomes flat there; one whose texture coordinates are not finite or span no area gets
    coordinates that do, about where its sound corners are.
    """
    corners, faces = _with_area(surface)
    uv = None if surface.uv is None else np.asarray(surface.uv, np.float64)[faces] * [1, -1] + [0, 1]
    normals = None if surface.normals is None else np.asarray(surface.normals, np.float64)[faces]
    spoilt = np.zeros(len(faces), dtype=bool)
    if normals is not None:
        normals, mended = _mended_normals(normals, corners)
        spoilt |= mended
    if uv is not None:
        uv, mended = _mended_uv(uv, corners)
        spoilt |= mended
    return _joined(surface, faces, corners, normals, uv, spoilt)


def _with_area(surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    """Corners, (F, 3, 3), and vertex indices of the triangles that are any."""
    corners = np.asarray(surface.vertices, np.float64)[surface.faces]
    with np.errstate(invalid="ignore", over="ignore"):
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=-1) / 2
        kept = np.isfinite(area) & (area > NO_AREA)
    return corners[kept], np.asarray(surface.faces)[kept]


def _mended_normals(normals: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit normals of every corner, and which triangles were mended."""
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    face /= np.linalg.norm(face, axis=-1, keepdims=True)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = normals / length
        if np.median(np.einsum("fci,fi->fc", unit, face)) < 0:  # wound the other way round throughout
            face = -face
        sane = np.einsum("fci,fi->fc", unit, face) > GRAZING
    return np.where(sane[..., None], unit, face[:, None]), ~sane.all(1)


def _mended_uv(uv: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Texture coordinates of every corner, and which triangles were mended."""
    finite = np.isfinite(uv).all(-1)
    (a, b), (c, d) = (np.moveaxis(uv[:, i] - uv[:, 0], -1, 0) for i in (1, 2))
    with np.errstate(invalid="ignore"):
        sane = finite.all(1) & (np.abs(a * d - b * c) > NO_AREA)
    if sane.all():
        return uv, ~sane
    first = np.where(finite.any(1), finite.argmax(1), 0)
    anchor = np.nan_to_num(uv[np.arange(len(uv)), first], nan=0.0, posinf=0.0, neginf=0.0)
    along = corners[:, 1] - corners[:, 0]
    along /= np.linalg.norm(along, axis=-1, keepdims=True)
    across = np.cross(np.cross(along, corners[:, 2] - corners[:, 0]), along)
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    beside = corners - corners[:, :1]
    flat = np.stack([np.einsum("fci,fi->fc", beside, axis) for axis in (along, across)], axis=-1)  # metres
    return np.where(sane[:, None, None], uv, anchor[:, None] + flat), ~sane


def _joined(surface: Surface, faces, corners, normals, uv, spoilt: np.ndarray) -> Sheet:
    """Sound triangles keep sharing their vertices; each mended one gets three of its own, after all others."""
    count = len(surface.vertices)
    indices = faces.astype(np.int64).copy()
    indices[spoilt] = count + np.arange(3 * spoilt.sum()).reshape(-1, 3)

    def of_vertices(own, of_corners, width):
        if of_corners is None:
            return None
        own = np.zeros((count, width)) if own is None else np.nan_to_num(np.asarray(own, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        joined = np.concatenate([own, of_corners[spoilt].reshape(-1, width)])
        joined[indices[~spoilt]] = of_corners[~spoilt]
        return joined

    arrays = of_vertices(surface.vertices, corners, 3), of_vertices(surface.normals, normals, 3), of_vertices(surface.uv, uv, 2)
    used, indices = np.unique(indices, return_inverse=True)
    vertices, normals, uv = (None if array is None else array[used] for array in arrays)
    return Sheet(vertices, indices.reshape(-1, 3).astype(np.int32), normals, uv)
