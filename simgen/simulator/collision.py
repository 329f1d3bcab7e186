"""Shapes to collide with: convex pieces of meshes, and URDFs with one convex shape a link, kept in a cache folder.

One shape a link is not for speed: PyBullet saves one contact patch for each pair of colliders, so that a collider made
of several shapes could not be put back exactly. Every further piece therefore becomes a link of its own, fixed to the
first.
"""

import hashlib
import os
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

import numpy as np
import trimesh
import vhacdx
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, HalfspaceIntersection, QhullError

from simgen import shelves
from simgen.errors import AssetError
from simgen.geometry import locked
from simgen.scenario.articulation import Articulation
from simgen.scenario.mesh import joined, read_mesh, scaling
from simgen.scenario.visual import mesh_file

PIECES = 16
"""Most convex pieces of one mesh."""
CONVEX = 0.97
"""A mesh that fills so much of its convex hull collides as the hull."""
FLAT = 1e-6
"""Metres across that a solid must have."""
MARGIN = 1e-3
"""Metres beyond their corners at which hulls collide that PyBullet is handed as corners; those it reads from files do not."""
MARK = "__piece_"
"""Between a link's name and the number of a further piece of it."""


def _cache() -> Path:
    """The folder for shapes that can be made again."""
    path = shelves.cache() / "collision"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _write(path: Path, text: str) -> Path:
    """Write a file whole or not at all, so that workers may share the folder."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=path.suffix, delete=False) as file:
        file.write(text)
    os.replace(file.name, path)
    return path


def _digest(*parts: object) -> str:
    """A name for content: SHA-256, hexadecimal, shortened."""
    content = hashlib.sha256()
    for part in parts:
        content.update(np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return content.hexdigest()[:32]


def convex_pieces(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, ...]:
    """Corners of convex pieces, float64, (P, 3) each, that together fill a mesh; remembered in the cache folder.

    A mesh that is nearly convex, or not closed, is its own hull; others are decomposed by V-HACD (Mamou 2016).
    """
    path = _cache() / f"{_digest('pieces', PIECES, CONVEX, FLAT, vertices, faces)}.npz"
    if not path.is_file():
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
            np.savez_compressed(file, *_pieces(vertices, faces))
        os.replace(file.name, path)
    with np.load(path) as stored:
        return tuple(stored[name] for name in stored.files)


def _pieces(vertices: np.ndarray, faces: np.ndarray) -> list[np.ndarray]:
    mesh = trimesh.Trimesh(vertices, faces, process=True)
    hull = mesh.convex_hull
    if not mesh.is_volume or mesh.volume > CONVEX * hull.volume:
        return [np.asarray(hull.vertices)]
    pieces = vhacdx.compute_vhacd(
        np.asarray(mesh.vertices, np.float64),
        np.insert(np.asarray(mesh.faces), 0, 3, axis=1).ravel().astype(np.uint32),
        maxConvexHulls=PIECES,
        resolution=60_000,
        maxRecursionDepth=6,
        maxNumVerticesPerCH=48,
        asyncACD=False,
    )
    return [np.asarray(trimesh.convex.convex_hull(corners).vertices) for corners, _ in pieces if _thick(corners)]


def _thick(corners: np.ndarray) -> bool:
    """Whether points span a solid; decomposing leaves slivers."""
    return bool(np.linalg.svd(corners - corners.mean(0), compute_uv=False)[-1] > FLAT)


def inset(corners: np.ndarray) -> np.ndarray:
    """Corners of the convex hull of some points, (P, 3), less PyBullet's margin on every side; as they are where that leaves nothing."""
    return _inset(np.ascontiguousarray(corners, np.float64).tobytes())


@lru_cache(maxsize=1024)
def _inset(content: bytes) -> np.ndarray:
    corners = np.frombuffer(content).reshape(-1, 3)
    try:
        planes = ConvexHull(corners).equations  # outward unit normal n and offset d of every side: n x + d = 0
    except QhullError:  # flat
        return corners
    # the largest ball inside (Boyd and Vandenberghe, Convex Optimization, 8.5.1)
    within = np.column_stack([planes[:, :3], np.ones(len(planes))])
    *middle, radius = linprog([0, 0, 0, -1], A_ub=within, b_ub=-planes[:, 3], bounds=[(None, None)] * 3 + [(0, None)]).x
    if radius < 2.0 * MARGIN:
        return corners
    planes[:, 3] += MARGIN
    return locked(np.unique(HalfspaceIntersection(planes, np.array(middle)).intersections.round(9), axis=0))


def _obj_text(vertices: np.ndarray, faces: np.ndarray) -> str:
    """A mesh as a Wavefront OBJ."""
    corners = "".join(f"v {x!r} {y!r} {z!r}\n" for x, y, z in vertices.tolist())
    return corners + "".join(f"f {a} {b} {c}\n" for a, b, c in (faces + 1).tolist())


def obj_file(vertices: np.ndarray, faces: np.ndarray) -> Path:
    """A mesh as an OBJ file in the cache folder."""
    path = _cache() / f"{_digest('mesh', vertices, faces)}.obj"
    return path if path.is_file() else _write(path, _obj_text(vertices, faces))


def hull_file(corners: np.ndarray) -> Path:
    """The convex hull of some points as an OBJ file in the cache folder."""
    path = _cache() / f"{_digest('hull', corners)}.obj"
    if path.is_file():
        return path
    hull = trimesh.convex.convex_hull(corners)
    return _write(path, _obj_text(np.asarray(hull.vertices), np.asarray(hull.faces)))


def collision_urdf(tree: Articulation, *, decompose: bool) -> Path:
    """The same URDF for a physics engine: no visuals, every link with at most one, convex, shape; in the cache folder.

    Further shapes of a link stand on massless links of their own, fixed to it, whose names tell (`owner`).

    Args:
        tree: the URDF as read; its scale is left to the engine.
        decompose: take meshes apart into convex pieces; else each mesh is its convex hull, as robots are made for.

    Raises:
        AssetError: if a mesh is missing, empty or flat.
    """
    root = ElementTree.parse(tree.file).getroot()
    for link in root.findall("link"):
        for visual in link.findall("visual"):
            link.remove(visual)
        shapes = [shape for collision in link.findall("collision") for shape in _convex(tree.file, collision, decompose)]
        for collision in link.findall("collision"):
            link.remove(collision)
        link.extend(shapes[:1])
        for number, shape in enumerate(shapes[1:], start=1):
            root.extend(_fixed(link, f"{link.get('name')}{MARK}{number}", shape))
    for joint in root.findall("joint"):
        for mimic in joint.findall("mimic"):  # PyBullet knows none and warns
            joint.remove(mimic)
    text = ElementTree.tostring(root, encoding="unicode")
    path = _cache() / f"{_digest('urdf', text)}.urdf"
    return path if path.is_file() else _write(path, text)


def owner(link: str) -> str:
    """The link of the original URDF that a link of the converted one belongs to."""
    return link.partition(MARK)[0]


def _convex(urdf: Path, collision: ElementTree.Element, decompose: bool) -> Iterator[ElementTree.Element]:
    mesh = collision.find("geometry/mesh")
    if mesh is None:
        yield collision
        return
    file = mesh_file(urdf, mesh.get("filename"))
    matrix = scaling([float(number) for number in mesh.get("scale", "1 1 1").split()])
    vertices, faces = joined([part.moved(matrix) for part in read_mesh(file)])
    try:
        pieces = convex_pieces(vertices, faces) if decompose else (vertices,)
        files = [hull_file(piece) for piece in pieces]
    except QhullError as error:
        raise AssetError(file, "is flat and cannot collide; give it a thickness.") from error
    for path in files:
        piece = deepcopy(collision)
        piece.find("geometry").clear()
        ElementTree.SubElement(piece.find("geometry"), "mesh", filename=str(path))
        yield piece


def _fixed(link: ElementTree.Element, name: str, shape: ElementTree.Element) -> list[ElementTree.Element]:
    """A massless link with one shape, and the joint that fixes it to another link."""
    piece, joint = ElementTree.Element("link", name=name), ElementTree.Element("joint", name=name, type="fixed")
    inertial = ElementTree.SubElement(piece, "inertial")
    ElementTree.SubElement(inertial, "mass", value="0")
    ElementTree.SubElement(inertial, "inertia", **dict.fromkeys(("ixx", "ixy", "ixz", "iyy", "iyz", "izz"), "0"))
    piece.extend(deepcopy(contact) for contact in link.findall("contact"))
    piece.append(shape)
    ElementTree.SubElement(joint, "parent", link=link.get("name"))
    ElementTree.SubElement(joint, "child", link=name)
    return [piece, joint]
