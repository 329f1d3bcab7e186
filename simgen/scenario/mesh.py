"""Triangles from mesh files, with the colours and textures their materials give them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial

from simgen import shelves
from simgen.errors import AssetError
from simgen.geometry import locked


@dataclass(frozen=True, eq=False)
class Part:
    """Triangles of one material, in whatever frame they were made in."""

    vertices: np.ndarray
    """Metres, float64, (V, 3)."""
    faces: np.ndarray
    """int32, (F, 3)."""
    normals: np.ndarray | None = None
    """Unit vertex normals for smooth shading, float64, (V, 3); None where the file gives none."""
    uv: np.ndarray | None = None
    """Texture coordinates, float64, (V, 2); v points up in the image."""
    texture: np.ndarray | None = None
    """sRGB, uint8, (h, w, 3)."""
    colour: tuple[float, float, float] | None = None
    """sRGB 0 to 1; a texture is multiplied by it. None where the file gives none."""

    def moved(self, matrix: np.ndarray) -> "Part":
        """The same triangles under an affine map, (4, 4)."""
        linear = matrix[:3, :3]
        vertices = self.vertices @ linear.T + matrix[:3, 3]
        faces = self.faces if np.linalg.det(linear) > 0 else np.ascontiguousarray(self.faces[:, ::-1])  # mirrored: keep outside out
        normals = self.normals
        if normals is not None:
            normals = normals @ np.linalg.inv(linear)
            normals = locked(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))
        return replace(self, vertices=locked(vertices), faces=faces, normals=normals)


def scaling(scale) -> np.ndarray:
    """The affine map, (4, 4), that scales all axes alike, or each by its own factor, (3,)."""
    return np.diag([*np.broadcast_to(np.asarray(scale, dtype=np.float64), 3), 1.0])


def read_mesh(path: Path) -> tuple[Part, ...]:
    """Every triangle of a mesh file, one part a material, in the file's own units; remembered until the file changes.

    An MTL texture replaces the material's diffuse colour, as exporters mean it; a glTF texture is multiplied by its
    base colour, as glTF says. Colours of vertices become one colour a triangle.

    Raises:
        AssetError: if the file cannot be read, holds no triangle, or a vertex is not finite.
    """
    return _read_mesh(path, shelves.sha256(path))


def joined(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray]:
    """Vertices, float64, (V, 3), and faces, int, (F, 3), of several parts as one mesh."""
    counts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    faces = [part.faces + count for part, count in zip(parts, counts, strict=False)]
    return np.concatenate([part.vertices for part in parts]), np.concatenate(faces)


@lru_cache(maxsize=256)
def _read_mesh(path: Path, digest: str) -> tuple[Part, ...]:
    try:
        scene = trimesh.load_scene(path, process=False)
        nodes = [scene.graph[node] for node in scene.graph.nodes_geometry]
    except Exception as error:  # trimesh's readers raise whatever the malformed bytes led them to
        raise AssetError(path, f"cannot be read as a mesh ({type(error).__name__}: {error}); export it again.") from error
    placed = [(matrix, scene.geometry[name]) for matrix, name in nodes]
    placed = [(matrix, mesh) for matrix, mesh in placed if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces)]
    if not placed:
        raise AssetError(path, "holds no triangle; export it again as a triangle mesh.")
    if not all(np.isfinite(mesh.vertices).all() for _, mesh in placed):
        raise AssetError(path, "has a vertex that is not a finite number; export it again.")
    return tuple(_part(path, mesh).moved(matrix) for matrix, mesh in placed)


def _part(path: Path, mesh: trimesh.Trimesh) -> Part:
    if mesh.visual.defined and mesh.visual.kind in {"vertex", "face"}:
        return _painted_by_face(mesh)
    # a Trimesh makes up vertex normals when asked; only those that were in the file are in its cache beforehand
    normals = np.array(mesh.vertex_normals, np.float64) if "vertex_normals" in mesh._cache else None
    part = Part(np.array(mesh.vertices, np.float64), np.array(mesh.faces, np.int32), normals)
    material = getattr(mesh.visual, "material", None)
    if material is None:
        return part
    physical = isinstance(material, PBRMaterial)
    image = material.baseColorTexture if physical else material.image
    colour = _linear_to_srgb(material.baseColorFactor) if physical else np.asarray(material.diffuse[:3]) / 255
    if image is None or mesh.visual.uv is None:
        return replace(part, colour=tuple(map(float, colour)))
    colour = colour if physical else (1.0, 1.0, 1.0)
    uv = np.array(mesh.visual.uv, np.float64)
    if uv.shape != (len(part.vertices), 2) or not np.isfinite(uv).all():
        raise AssetError(path, "has texture coordinates that are not two finite numbers a vertex; export it again.")
    return replace(part, uv=locked(uv), texture=_pixels(image), colour=tuple(map(float, colour)))


def _painted_by_face(mesh: trimesh.Trimesh) -> Part:
    """A palette as texture: every triangle has its own three vertices, all on one palette entry."""
    palette, entry = np.unique(np.asarray(mesh.visual.face_colors)[:, :3], axis=0, return_inverse=True)
    vertices = np.array(mesh.vertices, np.float64)[mesh.faces.reshape(-1)]
    faces = np.arange(len(vertices), dtype=np.int32).reshape(-1, 3)
    u = (np.repeat(entry.reshape(-1), 3) + 0.5) / len(palette)
    uv = np.stack([u, np.full_like(u, 0.5)], axis=1)
    return Part(vertices, faces, None, uv, palette[None].astype(np.uint8), (1.0, 1.0, 1.0))


def _linear_to_srgb(factor) -> np.ndarray:
    """glTF's base colour factor is linear light; None is white."""
    if factor is None:
        return np.ones(3)
    linear = np.asarray(factor, dtype=np.float64)[:3] / (255 if np.asarray(factor).dtype.kind in "iu" else 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def _pixels(image: Image.Image) -> np.ndarray:
    return locked(np.array(image.convert("RGB"), dtype=np.uint8))


def read_texture(path: Path) -> np.ndarray:
    """An image file as sRGB, uint8, (h, w, 3); remembered until the file changes.

    Raises:
        AssetError: if it is not an image.
    """
    return _read_texture(path, shelves.sha256(path))


@lru_cache(maxsize=64)
def _read_texture(path: Path, digest: str) -> np.ndarray:
    try:
        with Image.open(path) as image:
            return _pixels(image)
    except (OSError, ValueError) as error:
        raise AssetError(path, f"cannot be read as an image ({error}); export it again as PNG or JPEG.") from error
