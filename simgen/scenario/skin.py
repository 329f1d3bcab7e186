"""Skin: what a robot's links are made of, told from their colours: shells, joints, fingertips and lights."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from simgen.randomness import stream
from simgen.scenario.articulation import Articulation
from simgen.scenario.finish import Finish
from simgen.scenario.material.casing import SPAN, casing
from simgen.scenario.material.families import sheet_for
from simgen.scenario.material.layout import boxed
from simgen.scenario.material.sheet import Sheet
from simgen.scenario.mesh import Part
from simgen.scenario.robot import RobotModel
from simgen.scenario.scene import Scene
from simgen.scenario.visual import link_parts

WEAR = 0.25, 0.6
"""Least and greatest of a robot in use."""
CREAM = (0.885, 0.880, 0.855)
"""What white plastic is, sRGB: never pure white."""
DARKER = 0.62
"""Factor of grey joints and rings, which are drawn lighter than they are made."""
CREASE = np.deg2rad(40.0)
"""Radians between two triangles from which on the edge between them is one; flatter ones are shaded as one round surface."""
LIGHTS = Finish(roughness=0.15, clearcoat=1.0)
"""Of coloured buttons and lamps."""


def skin(scene: Scene, model: RobotModel, tree: Articulation) -> list[tuple[int, Part, Finish]]:
    """(link index, triangles with colour and texture, finish) of a scene's robot, a little worn, differently in every episode."""
    rng = stream(scene.seed, scene.episode, "robot/skin")
    seed, wear = int(rng.integers(2**31)), round(float(rng.uniform(*WEAR)), 2)
    fingers = {joint.child for joint in tree.joints if joint.name in model.fingers}
    found = []
    for link, part in _bare(tree):
        made, tint = _made_of(part.colour, tree.links[link] in fingers, seed, wear)
        if made is None:
            found.append((link, replace(part, uv=None), LIGHTS))
        else:
            stretched = part.uv if made.span == SPAN else part.uv * (SPAN / made.span)
            found.append((link, replace(part, uv=stretched, texture=made.texture, colour=tint), made.finish))
    return found


@lru_cache(maxsize=8)
def _bare(tree: Articulation) -> tuple[tuple[int, Part], ...]:
    """(link index, triangles with their own colour and texture coordinates for a casing): the same in every episode, so that
    whoever remembers triangles meets them again."""
    parts = [(link, replace(part, texture=None, uv=None, colour=_own_colour(part))) for link, part in link_parts(tree)]
    offsets = np.random.default_rng(0).random((len(parts), 2))
    return tuple((link, boxed(_rounded(part), SPAN, offset)) for (link, part), offset in zip(parts, offsets, strict=True))


def _made_of(colour, finger: bool, seed: int, wear: float) -> tuple[Sheet | None, tuple[float, float, float]]:
    """Sheet, None for lights, and tint of what has this colour, sRGB 0 to 1, on a finger or elsewhere."""
    if max(colour) - min(colour) > 0.2:
        return None, colour
    white = min(colour) > 0.75
    if finger:
        return sheet_for("metal" if white else "rubber", 0.1, seed, wear, False), (1.0, 1.0, 1.0)
    return casing(seed, wear, CREAM), colour if white else tuple(DARKER * channel for channel in colour)


def _rounded(part: Part) -> Part:
    """A part without normals of its own shaded round but for its edges: every corner gets the mean of the triangles about it
    that lie within CREASE of its own, by area."""
    if part.normals is not None:
        return part
    corners = part.vertices[part.faces]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = facing / np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-30)
    _, point = np.unique(np.round(corners.reshape(-1, 3), 6), axis=0, return_inverse=True)
    face, order = np.repeat(np.arange(len(part.faces)), 3), np.argsort(point.reshape(-1), kind="stable")
    normals = np.empty((len(face), 3))
    for group in np.split(order, np.flatnonzero(np.diff(point.reshape(-1)[order])) + 1):
        near = unit[face[group]] @ unit[face[group]].T > np.cos(CREASE)
        normals[group] = near @ facing[face[group]]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    return replace(part, vertices=corners.reshape(-1, 3), faces=np.arange(len(face), dtype=np.int32).reshape(-1, 3), normals=normals)


def _own_colour(part: Part) -> tuple[float, float, float]:
    """The colour of most of a part, sRGB 0 to 1: robots' textures are palettes."""
    if part.texture is None or part.uv is None:
        return part.colour or (0.7, 0.7, 0.7)
    height, width = part.texture.shape[:2]
    rows = ((1 - part.uv[:, 1]) % 1.0 * height).astype(int) % height
    columns = (part.uv[:, 0] % 1.0 * width).astype(int) % width
    return tuple(float(channel) for channel in np.median(part.texture[rows, columns], axis=0) / 255)
