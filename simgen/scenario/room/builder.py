"""Builder: collects the parts of a room by what they are made of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from simgen.scenario import solid
from simgen.scenario.finish import Finish
from simgen.scenario.material.families import sheet
from simgen.scenario.material.layout import boxed
from simgen.scenario.mesh import Part
from simgen.scenario.room.prints import CELLS, POSTERS, atlas

FINE, COARSE = (512, 1.65), (1024, 3.2)
"""Texels and metres of what stands in a room, and of its floor and walls."""
SPANS = {"cardboard": (512, 0.8), "fabric": (512, 0.8), "foliage": (256, 0.3), "glass": (256, 1.65)}
BEVEL = 0.004, 0.08
"""Most metres, and most of the shortest edge, by which edges are cut off."""
LOOKS, WORN = 5, 0.3
"""Looks of each kind that rooms share, and the step of wear between them, so that a long run draws few new textures."""
SMALL = 0.015
"""Metres; thinner boxes stay sharp, to save triangles."""


class Stuff(NamedTuple):
    """What a part is made of; parts of equal stuff become one surface."""

    kind: str
    colour: tuple[float, float, float] | None = None
    """sRGB 0 to 1; None leaves it to the material."""
    variant: int = 0
    """Tells apart two looks of one kind."""
    large: bool = False
    """Of floors and walls."""

    @property
    def texels(self) -> tuple[int, float]:
        """Along a side of its texture, and the metres that they cover."""
        return COARSE if self.large else SPANS.get(self.kind, FINE)


PRINT = Stuff("print")
"""All that is printed; its texture is the room's atlas."""


class Builder:
    """Parts by stuff. Places are in the frame that was entered last: x along a wall, y out of it into the room, z up."""

    def __init__(self, rng: np.random.Generator, clutter: float):
        """Take where chance comes from, and how much lies about, 0 to 1."""
        self.rng, self.clutter = rng, clutter
        self._frame = np.eye(4)
        self._parts: dict[Stuff, list[Part]] = {}

    @contextmanager
    def at(self, x: float, y: float, z: float = 0.0, yaw: float = 0.0) -> Iterator[None]:
        """Work in a frame that stands there in the present one, turned by `yaw` radians."""
        before, frame = self._frame, np.eye(4)
        frame[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
        frame[:3, 3] = x, y, z
        self._frame = before @ frame
        yield
        self._frame = before

    def add(self, stuff: Stuff, part: Part, *, unwrapped: bool = False) -> None:
        """A part in the present frame; `unwrapped` ones keep their texture coordinates."""
        if not unwrapped:
            part = boxed(part, stuff.texels[1], self.rng.random(2))
        self._parts.setdefault(stuff, []).append(part.moved(self._frame))

    def box(self, stuff: Stuff, size, x: float, y: float, z: float, yaw: float = 0.0, tilt: float = 0.0) -> None:
        """A box whose base is centred there, turned by `yaw`, and before that tipped about x, radians."""
        self.add(stuff, _placed(solid.box(size, _bevel(size)), size, x, y, z, yaw, tilt))

    def printed(self, size, x: float, y: float, z: float, yaw: float = 0.0, cell: int | None = None) -> None:
        """A box with a label on every side."""
        number = int(self.rng.integers(POSTERS[0])) if cell is None else cell
        part = solid.box(size)
        self.add(PRINT, _placed(replace(part, uv=_in_cell(_readable(part), number)), size, x, y, z, yaw, 0.0), unwrapped=True)

    def wrapped(self, radius: float, height: float, x: float, y: float, z: float) -> None:
        """A label around a can or bottle."""
        part = solid.turned([(radius, 0.0), (radius, height)], 20)
        uv = _in_cell(part.uv, int(self.rng.integers(POSTERS[0])))
        self.add(PRINT, _placed(replace(part, uv=uv), (0, 0, 0), x, y, z, self.between(0, 6), 0.0), unwrapped=True)

    def panel(self, size, x: float, z: float, cell: int, y: float = 0.0) -> None:
        """A sheet of paper, (width, height), on the wall, its lower edge centred there."""
        part = solid.box((size[0], 0.002, size[1]))
        part = replace(part, uv=_in_cell(_readable(part), cell))
        self.add(PRINT, _placed(part, (0, 0, size[1]), x, y + 0.002, z, 0.0, 0.0), unwrapped=True)

    def cylinder(self, stuff: Stuff, radius: float, height: float, x: float, y: float, z: float, around: int = 20) -> None:
        """An upright cylinder whose base is centred there."""
        part = solid.cylinder(radius, height, min(BEVEL[0], 0.1 * min(radius, height)), around)
        self.add(stuff, _placed(part, (0, 0, height), x, y, z, 0.0, 0.0))

    def rod(self, stuff: Stuff, start, end, radius: float, around: int = 10) -> None:
        """A straight tube from point to point."""
        self.tube(stuff, [start, end], radius, around)

    def tube(self, stuff: Stuff, path, radius: float, around: int = 8) -> None:
        """A tube along a line of points, (N, 3)."""
        part = solid.swept(path, radius, around)
        self.add(stuff, replace(part, uv=part.uv / stuff.texels[1] + self.rng.random(2)), unwrapped=True)

    def turned(self, stuff: Stuff, profile, x: float, y: float, z: float, around: int = 20) -> None:
        """A surface of revolution, (radius, height) from below, on an upright axis there."""
        self.add(stuff, _placed(solid.turned(profile, around), (0, 0, 0), x, y, z, 0.0, 0.0))

    def chance(self, share: float) -> bool:
        """True so often, 0 to 1."""
        return bool(self.rng.random() < share)

    def between(self, low: float, high: float) -> float:
        """Any number in between."""
        return float(self.rng.uniform(low, high))

    def one(self, *choices):
        """One of them."""
        return choices[int(self.rng.integers(len(choices)))]

    def surfaces(self, seed: int, wear: float) -> list[tuple[Part, Finish]]:
        """One part a stuff with its texture and colour, and its finish."""
        return [_surface(stuff, parts, seed, wear) for stuff, parts in self._parts.items()]


def _surface(stuff: Stuff, parts: list[Part], seed: int, wear: float) -> tuple[Part, Finish]:
    colour = (1.0, 1.0, 1.0) if stuff.colour is None else stuff.colour
    if stuff == PRINT:
        made = atlas(seed)
    else:
        worn = max(1, round(wear / WORN)) * WORN
        made = sheet(stuff.kind, *stuff.texels, (seed + 977 * stuff.variant) % LOOKS, worn, stuff.colour is not None)
    part = solid.joined(*parts)
    uv = part.uv - np.floor(part.uv.min(0))  # some renderers repeat a texture only towards the positive side
    finish = made.finish if stuff.large else replace(made.finish, height_map=None, height_m=0.0)  # too far off for relief to show
    return replace(part, uv=uv, texture=made.texture, colour=colour), finish


def _bevel(size) -> float:
    shortest = min(size)
    return 0.0 if shortest < SMALL else min(BEVEL[0], BEVEL[1] * shortest)


def _placed(part: Part, size, x: float, y: float, z: float, yaw: float, tilt: float) -> Part:
    """A part centred on its frame: its base there, tipped about x, then turned about the vertical."""
    turn, tip = np.eye(4), np.eye(4)
    turn[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    tip[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    up = np.eye(4)
    up[2, 3] = 0.5 * size[2]
    matrix = turn @ tip @ up
    matrix[:3, 3] += x, y, z
    return part.moved(matrix)


def _in_cell(uv: np.ndarray, cell: int) -> np.ndarray:
    """Texture coordinates of a whole picture moved into one cell of the atlas, a hair inside."""
    side = int(np.sqrt(CELLS))
    column, row = cell % side, side - 1 - cell // side
    return (np.array([column, row]) + 0.01 + 0.98 * np.clip(uv, 0, 1)) / side


def _readable(part: Part) -> np.ndarray:
    """Texture coordinates of a box whose sides are read upright from outside, and whose top from -y."""
    share = (part.vertices - part.vertices.min(0)) / np.ptp(part.vertices, axis=0)
    x, y, z = part.normals.T
    across = np.where(np.abs(x) > 0.5, np.where(x > 0, share[:, 1], 1 - share[:, 1]), np.where(y > 0.5, 1 - share[:, 0], share[:, 0]))
    return np.stack([across, np.where(np.abs(z) > 0.5, share[:, 1], share[:, 2])], axis=1)
