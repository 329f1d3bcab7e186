"""Skin: what a robot's links are made of, told from their colours: shells, joints, fingertips and lights."""

from dataclasses import replace

import numpy as np

from simgen.geometry import locked
from simgen.randomness import stream
from simgen.scenario.articulation import Articulation
from simgen.scenario.finish import Finish
from simgen.scenario.material.clad import laid
from simgen.scenario.material.families import sheet_for
from simgen.scenario.material.sheet import Sheet
from simgen.scenario.mesh import Part
from simgen.scenario.robot import RobotModel
from simgen.scenario.scene import Scene
from simgen.scenario.visual import link_parts

WEAR = 0.25, 0.6
"""Least and greatest of a robot in use."""
CREAM = (0.955, 0.95, 0.925)
"""By which white plastic yellows, sRGB."""
DARKER = 0.62
"""Factor of grey joints and rings, which are drawn lighter than they are made."""
LIGHTS = Finish(roughness=0.15, clearcoat=1.0)
"""Of coloured buttons and lamps."""
EXTENT = 0.4
"""Metres for which a shell's texture is fine enough: a link's."""


def skin(scene: Scene, model: RobotModel, tree: Articulation) -> list[tuple[int, Part, Finish]]:
    """(link index, triangles with colour and texture, finish) of a scene's robot, a little worn, differently in every episode."""
    rng = stream(scene.seed, scene.episode, "robot/skin")
    seed, wear = int(rng.integers(2**31)), float(rng.uniform(*WEAR))
    fingers = {joint.child for joint in tree.joints if joint.name in model.fingers}
    found = []
    for number, (link, part) in enumerate(link_parts(tree)):
        colour = _own_colour(part)
        bare = replace(part, texture=None, uv=None, colour=colour)
        if max(colour) - min(colour) > 0.2:
            found.append((link, bare, LIGHTS))
            continue
        sheet, tint = _made_of(colour, tree.links[link] in fingers, seed, wear)
        found.append((link, laid(bare, sheet, seed + number, tint), sheet.finish))
    return found


def _made_of(colour: tuple[float, float, float], finger: bool, seed: int, wear: float) -> tuple[Sheet, tuple[float, float, float]]:
    """Sheet and tint of what is white, or some grey, on a finger or elsewhere."""
    white = min(colour) > 0.75
    if finger:
        return sheet_for("metal" if white else "rubber", 0.1, seed, wear, False), (1.0, 1.0, 1.0)
    if white:
        sheet = sheet_for("plastic", EXTENT, seed, wear, True)
        return replace(sheet, texture=locked(np.rint(sheet.texture * np.float32(CREAM)).astype(np.uint8))), colour
    return sheet_for("plastic", EXTENT, seed + 1, wear, True), tuple(DARKER * channel for channel in colour)


def _own_colour(part: Part) -> tuple[float, float, float]:
    """The colour of most of a part, sRGB 0 to 1: robots' textures are palettes."""
    if part.texture is None or part.uv is None:
        return part.colour or (0.7, 0.7, 0.7)
    height, width = part.texture.shape[:2]
    rows = ((1 - part.uv[:, 1]) % 1.0 * height).astype(int) % height
    columns = (part.uv[:, 0] % 1.0 * width).astype(int) % width
    return tuple(float(channel) for channel in np.median(part.texture[rows, columns], axis=0) / 255)
