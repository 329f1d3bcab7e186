"""Laying a material on triangles: texture coordinates in metres."""

from dataclasses import replace

import numpy as np

from simgen.scenario.mesh import Part


def boxed(part: Part, span: float, offset: np.ndarray) -> Part:
    """Projected from the six sides, `span` metres to a texture, the grain along the longer edge of each side.

    Every triangle is seen from the axis its normal is nearest to; vertices where two such regions meet are doubled.

    Args:
        part: any triangles.
        span: metres that a texture covers.
        offset: where on the texture it begins, (2,), 0 to 1, so that two pieces of one material differ.
    """
    corners = part.vertices[part.faces]
    side = np.abs(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])).argmax(1)
    key, place = np.unique(part.faces.astype(np.int64) * 3 + side[:, None], return_inverse=True)
    vertex, axis = key // 3, key % 3
    vertices = part.vertices[vertex]
    u_of, v_of = _axes(np.ptp(part.vertices, axis=0))
    low = part.vertices.min(0)
    rows = np.arange(len(vertices))
    uv = np.stack([(vertices - low)[rows, u_of[axis]], (vertices - low)[rows, v_of[axis]]], 1) / span
    uv += (offset + 0.37 * axis[:, None]) % 1.0
    normals = None if part.normals is None else part.normals[vertex]
    return replace(part, vertices=vertices, faces=place.reshape(-1, 3).astype(np.int32), normals=normals, uv=uv)


def _axes(extent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every axis a triangle may face: the axis along which u runs, the longer of the other two, and that of v."""
    others = np.array([[1, 2], [0, 2], [0, 1]])
    swap = extent[others[:, 1]] > extent[others[:, 0]]
    return np.where(swap, others[:, 1], others[:, 0]), np.where(swap, others[:, 0], others[:, 1])


def rolled(part: Part, around: float, along: float, span: float, offset: np.ndarray) -> Part:
    """A round solid of the scene by its own texture coordinates, in metres; its level ends as seen from above.

    Args:
        part: from `solid`.
        around: metres of its circumference.
        along: metres of its profile.
        span: metres that a texture covers.
        offset: as in `boxed`.
    """
    level = np.abs(part.normals[:, 2]) > 0.999
    uv = part.uv * (around, along)
    uv[level] = part.vertices[level, :2] - part.vertices[:, :2].min(0)
    return replace(part, uv=uv / span + offset)
