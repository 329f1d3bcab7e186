"""The kinds of room: what their floors and walls are made of, and what stands along them."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from simgen.scenario.finish import Finish
from simgen.scenario.mesh import Part
from simgen.scenario.room import furniture, goods, shell
from simgen.scenario.room.builder import Builder, Stuff
from simgen.scenario.room.shell import Walls

REACH = 1.15
"""Metres about the robot's base, and beside its table, that stay free."""
CORNER = 0.75
"""Metres of a wall beside the wall on the left that belong to that."""
TABLE = (-0.25, 1.05), (-0.75, 0.75)
"""x and y of where a table stands; free as well."""


@lru_cache(maxsize=2)
def furnished(kind: str, size: tuple[float, float, float], clutter: float, seed: int, wear: float) -> tuple[tuple[Part, Finish], ...]:
    """Triangles of a room by what they are made of, in its frame, metres, each with texture, colour and finish; remembered.

    Args:
        kind: a name of KINDS.
        size: metres along x, y and z.
        clutter: how much stands and lies about, 0 to 1.
        seed: which of the many rooms.
        wear: of everything, 0 to 1.
    """
    room, walls = Builder(np.random.default_rng([seed, *kind.encode()]), clutter), Walls.of(size)
    KINDS[kind](room, walls)
    return tuple(room.surfaces(seed, wear))


def workshop(room: Builder, walls: Walls) -> None:
    """Benches, racks, tools, drums and pipes."""
    shell.floor(room, walls, _large(room.one("concrete", "concrete", "planks")))
    _walled(room, walls, _large(room.one("brick", "plaster", "concrete")), shell.PIPE, (furniture.workbench, furniture.shelving, _loose))
    _on_walls(room, walls, (shell.pipes, shell.sockets, shell.pictures))
    _about(room, walls, (goods.drum, goods.bucket, goods.stack, _crate))


def kitchen(room: Builder, walls: Walls) -> None:
    """Cupboards, appliances, shelves and a tiled wall."""
    shell.floor(room, walls, _large(room.one("tiles", "planks", "laminate")))
    _walled(room, walls, _large("plaster"), shell.TRIM, (furniture.cupboards, _fridge, furniture.cupboards, furniture.bookcase))
    for number in (0, 1):
        with walls.face(room, number) as length:
            shell.dado(room, length, 1.42, Stuff("tiles", None, 1, True))
    _on_walls(room, walls, (shell.sockets,))
    _about(room, walls, (goods.bucket, _plant, goods.stack))


def laboratory(room: Builder, walls: Walls) -> None:
    """Benches with instruments and bottles, desks, bright walls."""
    shell.floor(room, walls, _large(room.one("laminate", "tiles", "concrete")))
    _walled(room, walls, _large("plaster"), shell.TRIM, (furniture.lab_bench, furniture.shelving, furniture.desk))
    _on_walls(room, walls, (shell.sockets, shell.pictures))
    _about(room, walls, (goods.bucket, goods.stack, _plant))


def warehouse(room: Builder, walls: Walls) -> None:
    """Racks, pallets, drums and a roller door on concrete."""
    shell.floor(room, walls, _large("concrete"))
    standing = (furniture.shelving, furniture.pallet, furniture.shelving, _loose)
    _walled(room, walls, _large(room.one("concrete", "brick", "painted_metal")), None, standing)
    _on_walls(room, walls, (shell.pipes, shell.pictures))
    _lines(room, walls)
    _about(room, walls, (goods.drum, goods.cone, goods.stack, _crate))


def office(room: Builder, walls: Walls) -> None:
    """Desks, bookcases, plants and windows."""
    shell.floor(room, walls, _large(room.one("planks", "laminate", "fabric")))
    _walled(room, walls, _large("plaster"), shell.TRIM, (furniture.desk, furniture.bookcase, furniture.desk, _plants))
    _on_walls(room, walls, (shell.sockets, shell.pictures))
    _about(room, walls, (_plant, goods.bucket, goods.stack))


def yard(room: Builder, walls: Walls) -> None:
    """A loading dock in the open: asphalt, a wall with a roller door, pallets, drums and cones."""
    shell.floor(room, walls, _large(room.one("asphalt", "asphalt", "concrete")))
    dock = _large(room.one("brick", "concrete", "plaster"))
    for number in (0, 1):
        with walls.face(room, number) as length:
            shell.wall(room, length, walls.height, dock, None)
            shell.shutter(room, room.between(-0.2, 0.2) * length, 1.8, 2.0)
            _row(room, *_free(number, length), (furniture.pallet, _loose, _plants))
            shell.pipes(room, length, walls.height)
            shell.pictures(room, length)
    _lines(room, walls)
    _about(room, walls, (goods.cone, goods.drum, goods.stack, _crate))


KINDS: dict[str, Callable[[Builder, Walls], None]] = {
    kind.__name__: kind for kind in (workshop, kitchen, laboratory, warehouse, office, yard)
}


def _large(kind: str) -> Stuff:
    return Stuff(kind, None, 9, True)


def _walled(room: Builder, walls: Walls, stuff: Stuff, base: Stuff | None, standing) -> None:
    """Three walls, each with furniture along it, the last one with a door and all perhaps with a window."""
    for number in range(3):
        with walls.face(room, number) as length:
            shell.wall(room, length, walls.height, stuff, base)
            if number == 2:
                shell.door(room, -0.25 * length)
            else:
                shell.window(room, room.between(-0.2, 0.2) * length, 1.1, 1.55, min(2.4, walls.height - 0.15))
            _row(room, *_free(number, length), standing)


def _free(number: int, length: float) -> tuple[float, float]:
    """From where to where along a wall furniture stands: corners belong to the wall on the left, and the door stays free."""
    return ((-0.5 * length + CORNER, 0.5 * length), (-0.5 * length, 0.5 * length), (0.0, 0.5 * length - CORNER))[number]


def _row(room: Builder, start: float, end: float, standing) -> None:
    """Furniture of these kinds along a wall from `start` to `end`, in any order, with gaps where there is little clutter."""
    count, number = max(1, round((end - start) / 1.15)), int(room.rng.integers(len(standing)))
    width = (end - start) / count
    for place in range(count):
        piece = standing[(number + place) % len(standing)]
        if room.chance(0.65 + 0.35 * room.clutter):
            with room.at(start + (place + 0.5) * width, 0.02):
                piece(room) if piece in (furniture.pallet, _fridge) else piece(room, width - room.between(0.03, 0.15))


def _fridge(room: Builder) -> None:
    furniture.fridge(room, 0.62)


def _loose(room: Builder, width: float) -> None:
    """Things that stand against a wall by themselves."""
    for x in np.arange(-0.5 * width + 0.2, 0.5 * width - 0.1, 0.42):
        kind = room.rng.integers(6)
        if kind == 0:
            goods.drum(room, x + 0.06, 0.3)
        elif kind == 1:
            goods.extinguisher(room, x, 0.12, 0.02)
            _broom(room, x + 0.16)
        elif kind == 2:
            furniture.crate(room, x + 0.06, 0.28, room.between(-0.2, 0.2))
        else:
            goods.stack(room, x, 0.26)


def _broom(room: Builder, x: float) -> None:
    room.rod(goods.WOOD, (x, 0.22, 0.06), (x + 0.05, 0.03, 1.35), 0.012)
    room.box(goods.DARK, (0.34, 0.05, 0.07), x, 0.22, 0.0)


def _plants(room: Builder, width: float) -> None:
    for x in (-0.25, 0.25):
        goods.plant(room, x * width, 0.35, 0.0, room.between(0.6, 1.2))


def _plant(room: Builder, x: float, y: float) -> None:
    goods.plant(room, x, y, 0.0, room.between(0.5, 1.0))


def _crate(room: Builder, x: float, y: float) -> None:
    furniture.crate(room, x, y, room.between(0, 3))


def _on_walls(room: Builder, walls: Walls, fixtures) -> None:
    for number in range(3):
        with walls.face(room, number) as length:
            for fixture in fixtures:
                fixture(room, length, walls.height) if fixture is shell.pipes else fixture(room, length)


def _lines(room: Builder, walls: Walls) -> None:
    """Yellow lines on the floor."""
    paint = Stuff("painted_metal", (0.80, 0.62, 0.10), 7)
    for x in (walls.behind + 0.78, walls.ahead - 0.78):
        room.box(paint, (0.08, walls.left - walls.open - 0.8, 0.0015), x, 0.5 * (walls.left + walls.open), 0.0)
    room.box(paint, (walls.ahead - walls.behind - 1.5, 0.08, 0.0015), 0.5 * (walls.ahead + walls.behind), walls.left - 0.78, 0.0)


def _about(room: Builder, walls: Walls, loose) -> None:
    """Things and cables on the floor between the walls and the table, out of the robot's reach and the cameras' way."""
    for _ in range(round(9 * room.clutter)):
        x, y = room.between(walls.behind + 0.75, walls.ahead - 0.75), room.between(walls.open + 0.2, walls.left - 0.75)
        if np.hypot(x, y) > REACH and (y > TABLE[1][1] + 0.3 or x < TABLE[0][0] - 0.85):
            loose[int(room.rng.integers(len(loose)))](room, x, y)
    for _ in range(round(3 * room.clutter)):
        goods.cable(room, (walls.behind + 0.1, room.between(-0.5, 1.0)), (room.between(-0.5, 0.6), room.between(0.2, 0.6)))
