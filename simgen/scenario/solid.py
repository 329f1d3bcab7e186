"""Triangles of boxes, spheres, cylinders and capsules, with normals and texture coordinates."""

import numpy as np

from simgen.scenario.mesh import Part

AROUND = 96
"""Facets around a round shape: chords lie within 0.06 % of the radius."""


def box(size) -> Part:
    """A box with full edge lengths `size`, (3,), centred on its frame; a texture covers each side once."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=np.float64)
    vertices, normals = [], []
    for axis in range(3):
        for sign in (1.0, -1.0):
            side = np.empty((4, 3))
            side[:, axis] = sign
            side[:, (axis + 1) % 3], side[:, (axis + 2) % 3] = corners[:, 0] * sign, corners[:, 1]
            vertices.append(side)
            normals.append(np.eye(3)[[axis] * 4] * sign)
    quads = np.arange(24).reshape(6, 4)
    return Part(
        np.concatenate(vertices) * 0.5 * np.asarray(size, dtype=np.float64),
        np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32),
        np.concatenate(normals),
        np.tile(0.5 * (corners + 1), (6, 1)),
    )


def sphere(radius: float) -> Part:
    """A sphere centred on its frame; a texture is wrapped around it by longitude and latitude."""
    return _round(*_arc(radius, 0.0, -0.5 * np.pi, 0.5 * np.pi))


def cylinder(radius: float, height: float) -> Part:
    """A cylinder along z, centred on its frame; a texture covers the side once and each cap once, as a disc."""
    side = _round(np.full(2, radius), height * np.array([-0.5, 0.5]), np.array([[1.0, 0.0]] * 2))
    return joined(side, _cap(radius, 0.5 * height, 1.0), _cap(radius, 0.5 * height, -1.0))


def capsule(radius: float, height: float) -> Part:
    """A cylinder along z with half spheres on both ends, centred on its frame, `height` without the ends."""
    below, above = _arc(radius, -0.5 * height, -0.5 * np.pi, 0.0), _arc(radius, 0.5 * height, 0.0, 0.5 * np.pi)
    return _round(*(np.concatenate(pair) for pair in zip(below, above, strict=True)))


def joined(*parts: Part) -> Part:
    """Parts of one material as one."""
    offsets = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    faces = np.concatenate([part.faces + offset for part, offset in zip(parts, offsets, strict=True)]).astype(np.int32)
    return Part(
        np.concatenate([part.vertices for part in parts]),
        faces,
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.uv for part in parts]),
    )


def _arc(radius: float, z: float, low: float, high: float):
    """Radii, heights and profile normals along a meridian from latitude `low` to `high`."""
    latitude = np.linspace(low, high, int(np.ceil(AROUND / 2 * (high - low) / np.pi)) + 1)
    normals = np.stack([np.cos(latitude), np.sin(latitude)], axis=1)
    return np.abs(radius * normals[:, 0]), z + radius * normals[:, 1], normals


def _round(radii: np.ndarray, heights: np.ndarray, profile: np.ndarray) -> Part:
    """A surface of revolution about z; the seam's vertices are doubled so that a texture can close."""
    angle = np.linspace(0.0, 2 * np.pi, AROUND + 1)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    vertices = np.concatenate([ring[None] * radii[:, None, None], np.broadcast_to(heights[:, None, None], (len(radii), len(ring), 1))], -1)
    normals = np.concatenate([ring[None] * profile[:, :1, None], np.broadcast_to(profile[:, 1:, None], (len(radii), len(ring), 1))], -1)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(radii), np.diff(heights)))])
    u, v = np.broadcast_arrays(angle[None] / (2 * np.pi), (length / length[-1])[:, None])
    grid = np.arange(len(radii) * len(ring)).reshape(len(radii), len(ring))
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    vertices = vertices.reshape(-1, 3)
    corners = vertices[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    faces = faces[area > 1e-9 * area.max()]  # at a pole one triangle of each quadrilateral has no area
    return Part(vertices, faces.astype(np.int32), normals.reshape(-1, 3), np.stack([u.reshape(-1), v.reshape(-1)], axis=1))


def _cap(radius: float, z: float, sign: float) -> Part:
    angle = sign * 2 * np.pi * np.arange(AROUND) / AROUND
    rim = np.concatenate([[[0.0, 0.0]], np.stack([np.cos(angle), np.sin(angle)], axis=1)])
    vertices = np.concatenate([radius * rim, np.full((len(rim), 1), sign * z)], axis=1)
    rim_index = 1 + np.arange(AROUND)
    faces = np.stack([np.zeros(AROUND, int), rim_index, 1 + (rim_index % AROUND)], axis=1).astype(np.int32)
    return Part(vertices, faces, np.tile([0.0, 0.0, sign], (len(rim), 1)), 0.5 * (rim + 1))
