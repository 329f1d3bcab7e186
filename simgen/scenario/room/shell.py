"""The shell of a room: floor, walls with what is fixed to them, windows and doors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from simgen.scenario import solid
from simgen.scenario.mesh import Part
from simgen.scenario.room.builder import Builder, Stuff
from simgen.scenario.room.goods import BLACK, CLEAR, DARK, STEEL, WHITE, YELLOW
from simgen.scenario.room.prints import POSTERS
from simgen.scenario.shape import FLOOR

THICK = 0.12
"""Metres."""
TRIM = Stuff("painted_metal", (0.90, 0.90, 0.88), 5)
PIPE = Stuff("painted_metal", (0.62, 0.63, 0.64), 5)


@dataclass(frozen=True)
class Walls:
    """Where the walls stand, metres, in the frame of the room, whose origin is below the robot."""

    left: float
    """y of the wall on the robot's left."""
    behind: float
    """x of the wall behind the robot."""
    ahead: float
    """x of the wall opposite."""
    open: float
    """y where the room ends without a wall: cameras stand on that side."""
    height: float

    @classmethod
    def of(cls, size) -> "Walls":
        """Of a room of so many metres along x, y and z."""
        x, y, z = size
        return cls(0.45 * y, -0.40 * x, 0.60 * x, -0.55 * y, z)

    @property
    def lengths(self) -> tuple[float, float, float]:
        """Of the wall behind, on the left, and ahead."""
        return self.left - self.open, self.ahead - self.behind, self.left - self.open

    @contextmanager
    def face(self, room: Builder, number: int) -> Iterator[float]:
        """Work before a wall (0 behind, 1 left, 2 ahead), x along it from its middle; gives its length."""
        middle = 0.5 * (self.left + self.open)
        x, y, yaw = (
            (self.behind, middle, -0.5 * np.pi),
            (0.5 * (self.behind + self.ahead), self.left, np.pi),
            (self.ahead, middle, 0.5 * np.pi),
        )[number]
        with room.at(x, y, 0.0, yaw):
            yield self.lengths[number]


def floor_slab(size) -> Part:
    """What a room of that size, metres, collides as: its floor, the top at z = 0."""
    walls, down = Walls.of(size), np.eye(4)
    down[:3, 3] = 0.5 * (walls.ahead + walls.behind), 0.5 * (walls.left + walls.open), -0.5 * FLOOR
    return solid.box((size[0], size[1], FLOOR)).moved(down)


def floor(room: Builder, walls: Walls, stuff: Stuff) -> None:
    """The floor; its top is z = 0."""
    depth = walls.left - walls.open
    middle = 0.5 * (walls.ahead + walls.behind), 0.5 * (walls.left + walls.open)
    room.box(stuff, (walls.ahead - walls.behind, depth, FLOOR), *middle, -FLOOR)


def wall(room: Builder, length: float, height: float, stuff: Stuff, base: Stuff | None) -> None:
    """A wall behind y = 0, with a baseboard."""
    room.box(stuff, (length + 2 * THICK, THICK, height), 0.0, -0.5 * THICK, 0.0)
    if base is not None:
        room.box(base, (length, 0.016, room.one(0.07, 0.1, 0.12)), 0.0, 0.008, 0.0)


def dado(room: Builder, length: float, height: float, stuff: Stuff) -> None:
    """The lower part of a wall in another material."""
    room.box(stuff, (length, 0.012, height), 0.0, 0.006, 0.0)


def window(room: Builder, x: float, width: float, low: float, high: float) -> None:
    """A window: frame, bars, sill, pane."""
    tall = high - low
    room.box(CLEAR, (width, 0.012, tall), x, 0.02, low)
    for side in (-1, 1):
        room.box(TRIM, (0.06, 0.05, tall + 0.12), x + side * 0.5 * width, 0.025, low - 0.06)
    for z in (low - 0.06, high):
        room.box(TRIM, (width + 0.06, 0.05, 0.06), x, 0.025, z)
    room.box(TRIM, (0.035, 0.04, tall), x, 0.022, low)
    room.box(TRIM, (width, 0.04, 0.03), x, 0.022, low + 0.6 * tall)
    room.box(TRIM, (width + 0.16, 0.16, 0.028), x, 0.08, low - 0.09)


def door(room: Builder, x: float, width: float = 0.9, tall: float = 2.02) -> None:
    """A door in its frame, with a handle and a kick plate."""
    leaf = room.one(Stuff("wood", None, 5), Stuff("painted_metal", None, 6), Stuff("painted_metal", (0.85, 0.85, 0.83), 6))
    room.box(leaf, (width, 0.03, tall), x, 0.02, 0.01)
    for side in (-1, 1):
        room.box(TRIM, (0.07, 0.055, tall + 0.07), x + side * 0.5 * (width + 0.07), 0.0275, 0.0)
    room.box(TRIM, (width + 0.14, 0.055, 0.07), x, 0.0275, tall)
    room.box(STEEL, (width - 0.08, 0.004, 0.22), x, 0.037, 0.06)
    room.box(STEEL, (0.04, 0.012, 0.16), x + 0.4 * width, 0.04, 0.98)
    room.rod(STEEL, (x + 0.4 * width, 0.075, 1.06), (x + 0.26 * width, 0.075, 1.06), 0.009)
    room.panel((0.2, 0.14), x, 1.45, int(room.rng.choice(POSTERS)), 0.037)


def shutter(room: Builder, x: float, width: float, tall: float) -> None:
    """A roller door of slats between rails."""
    slat = Stuff("painted_metal", (0.70, 0.71, 0.70), 6)
    for z in np.arange(0.02, tall, 0.09):
        room.box(slat, (width, 0.03, 0.084), x, 0.02, float(z))
    for side in (-1, 1):
        room.box(DARK, (0.1, 0.1, tall), x + side * 0.5 * (width + 0.1), 0.05, 0.0)
        room.box(YELLOW, (0.12, 0.12, 0.9), x + side * (0.5 * width + 0.25), 0.4, 0.0)


def pipes(room: Builder, length: float, height: float) -> None:
    """Pipes along and up a wall, with flanges, a conduit and sockets."""
    for z in room.rng.uniform(0.22, 0.9, 2):
        y, radius = room.between(0.05, 0.09), room.one(0.014, 0.022, 0.035)
        room.rod(PIPE, (-0.5 * length, y, z), (0.5 * length, y, z), radius, 14)
        for x in np.arange(-0.45, 0.5, 0.3) * length:
            room.rod(STEEL, (x - 0.02, y, z), (x + 0.02, y, z), radius + 0.008, 14)
            room.box(STEEL, (0.03, y, 0.02), x, 0.5 * y, z - 0.01)
    x = room.between(-0.45, 0.45) * length
    room.rod(PIPE, (x, 0.06, 0.0), (x, 0.06, height), 0.04, 16)


def sockets(room: Builder, length: float) -> None:
    """Wall outlets, a trunking and a switch box."""
    for x in room.rng.uniform(-0.46, 0.46, 3) * length:
        room.box(WHITE, (0.15, 0.012, 0.085), x, 0.006, 0.3)
        for side in (-0.035, 0.035):
            room.rod(DARK, (x + side, 0.011, 0.342), (x + side, 0.0135, 0.342), 0.02, 14)
    if room.chance(0.6):
        x = room.between(-0.4, 0.4) * length
        room.box(Stuff("painted_metal", (0.55, 0.57, 0.58), 5), (0.36, 0.16, 0.5), x, 0.08, 1.15)
        room.box(YELLOW, (0.1, 0.002, 0.09), x, 0.162, 1.42)
        room.tube(BLACK, [(x, 0.05, 1.15), (x, 0.04, 0.7), (x + 0.02, 0.03, 0.35)], 0.012)


def pictures(room: Builder, length: float, low: float = 0.95, high: float = 1.5) -> None:
    """Posters, notices and calendars."""
    for x in np.arange(-0.45, 0.46, 0.16) * length:
        if room.chance(0.2 + 0.5 * room.clutter):
            width = room.between(0.21, 0.5)
            size = width, width * room.one(1.41, 0.7, 1.0)
            room.panel(size, x + room.between(-0.1, 0.1), room.between(low, high), int(room.rng.choice(POSTERS)), 0.013)
