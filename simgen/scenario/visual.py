"""What the links of a URDF look like: its `<visual>` elements as triangles."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import yourdfpy

from simgen.errors import AssetError
from simgen.scenario import solid
from simgen.scenario.articulation import Articulation
from simgen.scenario.mesh import Part, read_mesh, read_texture, scaling


def mesh_file(urdf: Path, reference: str) -> Path:
    """The file that a URDF's `filename="..."` means: beside the URDF or, as ROS packages are laid out, below a folder above it.

    Raises:
        AssetError: if there is no such file.
    """
    inside = reference.removeprefix("package://").removeprefix("file://")
    for folder in urdf.resolve().parents:
        if (folder / inside).is_file():
            return folder / inside
    raise AssetError(urdf, f"names the file '{reference}', which is neither beside it nor below a folder above it; put it there.")


@lru_cache(maxsize=64)
def link_parts(tree: Articulation) -> tuple[tuple[int, Part], ...]:
    """(link index, triangles in that link's frame) of every visual, at the articulation's scale."""
    by_name = {link.name: link for link in tree.robot.links}
    materials = _materials(tree.robot)
    found = []
    for index, name in enumerate(tree.links):
        for visual in by_name[name].visuals:
            origin = np.eye(4) if visual.origin is None else visual.origin
            found.extend((index, part.moved(scaling(tree.scale) @ origin)) for part in _parts(tree.file, visual, materials))
    return tuple(found)


def _materials(robot: yourdfpy.Robot) -> dict[str, yourdfpy.Material]:
    """Materials by name: a visual may state one in full, or name one that the file stated before."""
    stated = [*robot.materials, *(visual.material for link in robot.links for visual in link.visuals if visual.material)]
    known = {}
    for material in stated:
        if material.color is not None or material.texture is not None:
            known.setdefault(material.name, material)
    return known


def _parts(urdf: Path, visual: yourdfpy.Visual, materials: dict[str, yourdfpy.Material]) -> list[Part]:
    """Parts in the visual's own frame. A mesh with several materials or a texture of its own keeps them; else the URDF's counts."""
    parts = _shape(urdf, visual.geometry)
    if len(parts) > 1 or parts[0].texture is not None or visual.material is None:
        return parts
    stated = visual.material if visual.material.color is not None else materials.get(visual.material.name, visual.material)
    if stated.color is not None:
        parts = [replace(part, colour=tuple(map(float, stated.color.rgba[:3]))) for part in parts]
    if stated.texture is not None and parts[0].uv is not None:
        parts = [replace(part, texture=read_texture(mesh_file(urdf, stated.texture.filename))) for part in parts]
    return parts


def _shape(urdf: Path, shape: yourdfpy.Geometry) -> list[Part]:
    if shape.mesh is not None:
        scale = scaling(1.0 if shape.mesh.scale is None else shape.mesh.scale)
        return [part.moved(scale) for part in read_mesh(mesh_file(urdf, shape.mesh.filename))]
    if shape.box is not None:
        return [solid.box(shape.box.size)]
    if shape.sphere is not None:
        return [solid.sphere(shape.sphere.radius)]
    if shape.cylinder is not None:
        return [solid.cylinder(shape.cylinder.radius, shape.cylinder.length)]
    raise AssetError(urdf, "has a visual without a box, sphere, cylinder or mesh; give it one.")
