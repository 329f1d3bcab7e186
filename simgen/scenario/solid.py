"""Triangles of boxes, spheres, cylinders and capsules, with normals and texture coordinates."""

import numpy as np

from simgen.scenario.mesh import Part

AROUND = 96
"""Facets around a round shape: chords lie within 0.06 % of the radius."""


def box(size, bevel: float = 0.0) -> Part:
    """A box with full edge lengths `size`, (3,), centred on its frame; a texture covers each side once.

    With a `bevel` of so many metres its edges are cut off and shaded round; its sides stay where they are, and level.
    """
    if bevel > 0:
        return _bevelled(np.asarray(size, dtype=np.float64), bevel)
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


def _bevelled(size: np.ndarray, bevel: float) -> Part:
    """Every corner stands on three sides, each time with that side's normal; edges and corners lie between those."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
    inner = signs * (0.5 * size - bevel)
    vertices = np.concatenate([inner + bevel * signs * np.eye(3)[axis] for axis in range(3)])
    normals = np.concatenate([signs * np.eye(3)[axis] for axis in range(3)])
    faces = [[corner, 8 + corner, 16 + corner] for corner in range(8)]
    for axis in range(3):
        step = 4 >> axis
        b, c = (4 >> (axis + 1) % 3), (4 >> (axis + 2) % 3)
        for start in (0, step):  # the two sides across this axis
            quad = [8 * axis + start + offset for offset in (0, b, b + c, c)]
            faces += [[quad[0], quad[1], quad[2]], [quad[0], quad[2], quad[3]]]
        for start in (0, b, c, b + c):  # the four edges along this axis
            one, other = 8 * ((axis + 1) % 3) + start, 8 * ((axis + 2) % 3) + start
            faces += [[one, one + step, other + step], [one, other + step, other]]
    faces = np.array(faces, dtype=np.int32)
    corners = vertices[faces]
    inwards = (np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) * corners.sum(1)).sum(1) < 0
    faces[inwards] = faces[inwards][:, ::-1]
    share = vertices / size + 0.5
    across = [(1, 2), (2, 0), (0, 1)]
    uv = np.concatenate([share[8 * axis : 8 * axis + 8][:, list(across[axis])] for axis in range(3)])
    first = normals.sum(1) < 0
    uv[first, 0] = 1 - uv[first, 0]  # seen from outside, u runs to the right on both of two opposite sides
    return Part(vertices, faces, normals, uv)


def cylinder(radius: float, height: float, bevel: float = 0.0, around: int = AROUND) -> Part:
    """A cylinder along z, centred on its frame; a texture covers the side once and each cap once, as a disc.

    With a `bevel` of so many metres its rims are cut off and shaded round; side and caps stay where they are.
    """
    radii, heights, profile = np.full(2, radius), height * np.array([-0.5, 0.5]), np.array([[1.0, 0.0]] * 2)
    if bevel > 0:
        radii = np.array([radius - bevel, radius, radius, radius - bevel])
        heights = np.array([-0.5 * height, bevel - 0.5 * height, 0.5 * height - bevel, 0.5 * height])
        profile = np.array([[0.0, -1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    side = _round(radii, heights, profile, around)
    return joined(side, _cap(radius - bevel, 0.5 * height, 1.0, around), _cap(radius - bevel, 0.5 * height, -1.0, around))


def capsule(radius: float, height: float) -> Part:
    """A cylinder along z with half spheres on both ends, centred on its frame, `height` without the ends."""
    below, above = _arc(radius, -0.5 * height, -0.5 * np.pi, 0.0), _arc(radius, 0.5 * height, 0.0, 0.5 * np.pi)
    return _round(*(np.concatenate(pair) for pair in zip(below, above, strict=True)))


def turned(profile, around: int = AROUND) -> Part:
    """A surface of revolution about z, shaded round about the axis and sharp at the corners of its profile.

    Args:
        profile: radius and height of every corner, metres, from the lowest outside upwards, (N, 2).
        around: facets around it.
    """
    profile = np.asarray(profile, dtype=np.float64)
    along = np.diff(profile, axis=0)
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    bands = zip(profile[:-1], profile[1:], normals, strict=True)
    return joined(*(_round(np.array([a[0], b[0]]), np.array([a[1], b[1]]), np.array([n, n]), around) for a, b, n in bands))


def swept(path, radius: float, around: int = 8) -> Part:
    """A tube without ends along a line of points, metres, (N, 3); its texture coordinates are in metres."""
    path = np.asarray(path, dtype=np.float64)
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    aside = np.cross(ahead, np.where(np.abs(ahead[:, 2:]) < 0.9, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    angle = np.linspace(0.0, 2 * np.pi, around + 1)
    normals = np.cos(angle)[None, :, None] * aside[:, None] + np.sin(angle)[None, :, None] * np.cross(ahead, aside)[:, None]
    vertices = path[:, None] + radius * normals
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays(length[:, None], radius * angle[None]), axis=-1)
    grid = np.arange(vertices.shape[0] * vertices.shape[1]).reshape(vertices.shape[:2])
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
    faces = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)]).astype(np.int32)
    return Part(vertices.reshape(-1, 3), faces, normals.reshape(-1, 3), uv.reshape(-1, 2))


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


def _round(radii: np.ndarray, heights: np.ndarray, profile: np.ndarray, around: int = AROUND) -> Part:
    """A surface of revolution about z; the seam's vertices are doubled so that a texture can close."""
    angle = np.linspace(0.0, 2 * np.pi, around + 1)
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


def _cap(radius: float, z: float, sign: float, around: int = AROUND) -> Part:
    angle = sign * 2 * np.pi * np.arange(around) / around
    rim = np.concatenate([[[0.0, 0.0]], np.stack([np.cos(angle), np.sin(angle)], axis=1)])
    vertices = np.concatenate([radius * rim, np.full((len(rim), 1), sign * z)], axis=1)
    rim_index = 1 + np.arange(around)
    faces = np.stack([np.zeros(around, int), rim_index, 1 + (rim_index % around)], axis=1).astype(np.int32)
    return Part(vertices, faces, np.tile([0.0, 0.0, sign], (len(rim), 1)), 0.5 * (rim + 1))
