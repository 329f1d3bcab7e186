"""Furniture along a wall: shelving, benches, cupboards, desks; each stands with its back at y = 0, its middle at x = 0."""

import numpy as np

from simgen.scenario.room import goods
from simgen.scenario.room.builder import Builder, Stuff
from simgen.scenario.room.goods import BLACK, CLOTH, DARK, STEEL, WHITE, WOOD
from simgen.scenario.room.prints import CELLS

RACK = Stuff("painted_metal")
DOORS = Stuff("laminate")
WORKTOP = Stuff("laminate", None, 1)
SCREEN = Stuff("plastic", (0.03, 0.035, 0.045), 4)


def shelving(room: Builder, width: float, depth: float = 0.42) -> None:
    """A rack of four posts and boards with goods on them."""
    height, levels = room.between(1.5, 2.1), int(room.rng.integers(4, 6))
    post, board = room.one((RACK, WOOD), (RACK, RACK), (WOOD, WOOD))
    for side in (-1, 1):
        for y in (0.04, depth):
            room.box(post, (0.035, 0.035, height), side * 0.5 * width, y, 0.0)
    for level in range(levels):
        z = 0.12 + level * (height - 0.2) / (levels - 1)
        room.box(board, (width, depth - 0.02, 0.022), 0.0, 0.5 * depth + 0.02, z)
        _stocked(room, width - 0.08, depth, z + 0.022, (height - 0.2) / (levels - 1) - 0.06)


def _stocked(room: Builder, width: float, depth: float, z: float, clear: float) -> None:
    """Goods from left to right until the board is full; the emptier the less clutter there is."""
    x, kind = -0.5 * width, room.rng.integers(5)
    while x < 0.5 * width - 0.12:
        kind = room.rng.integers(5) if room.chance(0.5) else kind
        if not room.chance(0.35 + 0.6 * room.clutter):
            x += room.between(0.1, 0.3)
            continue
        if kind == 0:
            most = min(clear, room.between(0.2, 0.38), 0.5 * width - x)
            goods.carton(room, x + 0.5 * most, 0.5 * depth, z, most, 0.85 * depth)
            x += most + 0.02
        elif kind == 1 and clear > 0.2 and 0.5 * width - x > 0.3:
            goods.tub(room, x + 0.14, 0.52 * depth, z, (0.26, 0.85 * depth, 0.16))
            x += 0.29
        elif kind == 2:
            for y in (0.3, 0.55, 0.8):
                goods.tin(room, x + 0.06, y * depth, z)
            x += 0.12
        elif kind == 3:
            goods.jar(room, x + 0.05, room.between(0.45, 0.8) * depth, z)
            x += 0.11
        else:
            size = room.between(0.06, 0.16), room.between(0.06, 0.7 * depth), min(clear, room.between(0.1, 0.3))
            room.printed(size, x + 0.5 * size[0] + 0.005, 0.9 * depth - 0.5 * size[1], z, room.between(-0.06, 0.06))
            x += size[0] + 0.012


def workbench(room: Builder, width: float, depth: float = 0.6) -> None:
    """A bench with drawers, a vice and tools, and a pegboard above it."""
    height = 0.86
    room.box(Stuff("wood", None, 1), (width, depth, 0.05), 0.0, 0.5 * depth, height - 0.05)
    for x in (-0.5, 0.5):
        for y in (0.06, depth - 0.06):
            room.box(RACK, (0.06, 0.06, height - 0.05), x * (width - 0.14), y, 0.0)
    room.box(Stuff("wood", None, 1), (width - 0.2, depth - 0.14, 0.025), 0.0, 0.5 * depth, 0.18)
    drawers(room, 0.5 * width - 0.35, depth, 0.42, 0.62, RACK)
    _under(room, width, depth)
    goods.toolbox(room, room.between(-0.4, 0.0) * width, 0.5 * depth, height)
    for _ in range(2 + int(5 * room.clutter)):
        x, y = room.between(-0.45, 0.45) * width, room.between(0.15, 0.8) * depth
        room.one(goods.tin, goods.jar, lambda *at: goods.carton(*at, 0.2, 0.2))(room, x, y, height)
    pegboard(room, 0.9 * width, height + 0.12)


def _under(room: Builder, width: float, depth: float) -> None:
    for x in np.arange(-0.42, 0.15, 0.2) * width:
        if room.chance(0.4 + 0.5 * room.clutter):
            room.one(goods.tub, lambda *at: goods.carton(*at, 0.34, 0.36))(room, x + room.between(-0.04, 0.04), 0.5 * depth, 0.205)


def pegboard(room: Builder, width: float, z: float) -> None:
    """A board on the wall with tools hung on it."""
    room.box(Stuff("wood", (0.80, 0.72, 0.58), 2), (width, 0.012, 0.62), 0.0, 0.02, z)
    for x in np.arange(-0.5 * width + 0.09, 0.5 * width - 0.05, 0.135):
        for top in (0.56, 0.3):
            if room.chance(0.3 + 0.6 * room.clutter):
                goods.hand_tool(room, x + room.between(-0.02, 0.02), z + top, 0.045)


def drawers(room: Builder, x: float, depth: float, width: float, height: float, stuff: Stuff, z: float = 0.2) -> None:
    """A block of drawers with handles."""
    room.box(stuff, (width, depth - 0.06, height), x, 0.5 * depth - 0.02, z)
    count = int(room.rng.integers(3, 5))
    each = height / count
    for row in range(count):
        low = z + row * each
        room.box(stuff, (width - 0.012, 0.018, each - 0.010), x, depth - 0.045, low + 0.005)
        room.box(STEEL, (0.4 * width, 0.012, 0.012), x, depth - 0.018, low + 0.72 * each)
        for side in (-0.17, 0.17):
            room.box(STEEL, (0.012, 0.025, 0.012), x + side * width, depth - 0.028, low + 0.72 * each)


def cupboards(room: Builder, width: float, depth: float = 0.58) -> None:
    """Base units with doors or drawers below a worktop, things on it, and wall units above."""
    height, units = 0.88, max(1, round(width / 0.55))
    each = width / units
    room.box(DARK, (width, depth - 0.08, 0.1), 0.0, 0.5 * depth - 0.05, 0.0)
    for number in range(units):
        x = -0.5 * width + (number + 0.5) * each
        if room.chance(0.35):
            drawers(room, x, depth, each - 0.004, height - 0.14, DOORS, 0.1)
        else:
            _door(room, x, depth - 0.03, 0.1, each - 0.004, height - 0.14)
            room.box(DOORS, (each - 0.004, depth - 0.05, height - 0.14), x, 0.5 * depth - 0.03, 0.1)
    room.box(WORKTOP, (width + 0.02, depth + 0.02, 0.038), 0.0, 0.5 * depth, height - 0.038)
    for _ in range(3 + int(6 * room.clutter)):
        _on_worktop(room, room.between(-0.46, 0.46) * width, room.between(0.2, 0.8) * depth, height)
    if room.chance(0.8):
        for number in range(units):
            x = -0.5 * width + (number + 0.5) * each
            room.box(DOORS, (each - 0.004, 0.32, 0.7), x, 0.16, 1.42)
            _door(room, x, 0.325, 1.42, each - 0.004, 0.7)


def _door(room: Builder, x: float, y: float, z: float, width: float, height: float) -> None:
    room.box(DOORS, (width - 0.006, 0.018, height - 0.006), x, y, z + 0.003)
    room.rod(STEEL, (x + 0.4 * width, y + 0.03, z + 0.55 * height), (x + 0.4 * width, y + 0.03, z + 0.85 * height), 0.006)


def _on_worktop(room: Builder, x: float, y: float, z: float) -> None:
    kind = room.rng.integers(6)
    if kind == 0:
        goods.jar(room, x, y, z)
    elif kind == 1:
        goods.tin(room, x, y, z)
    elif kind == 2:
        room.printed((room.between(0.06, 0.14), 0.06, room.between(0.12, 0.26)), x, y, z, room.between(-0.4, 0.4))
    elif kind == 3:
        radius = room.between(0.05, 0.11)
        rim = [(radius, 0.6 * radius), (0.96 * radius, 0.6 * radius), (0.55 * radius, 0.01), (0, 0.01)]
        room.turned(WHITE, [(0, 0), (0.6 * radius, 0), *rim], x, y, z, 24)
    elif kind == 4:
        room.box(WOOD, (0.3, 0.2, 0.018), x, y, z, room.between(-0.3, 0.3))
    else:
        room.cylinder(STEEL, 0.09, 0.13, x, y, z, 24)
        room.box(BLACK, (0.03, 0.12, 0.02), x, y + 0.13, z + 0.1)


def fridge(room: Builder, width: float = 0.6) -> None:
    """A tall appliance with two doors and notes on it."""
    stuff = Stuff("painted_metal", room.one((0.93, 0.93, 0.92), (0.75, 0.76, 0.77)), 3)
    room.box(stuff, (width, 0.6, 1.7), 0.0, 0.31, 0.02)
    for low, high in ((0.06, 0.68), (0.69, 1.70)):
        room.box(stuff, (width - 0.006, 0.03, high - low), 0.0, 0.63, low)
        room.rod(STEEL, (0.24, 0.68, low + 0.1), (0.24, 0.68, min(low + 0.5, high - 0.05)), 0.009)
    for _ in range(int(room.rng.integers(1, 5))):
        note = room.between(0.06, 0.14), room.between(0.08, 0.18)
        room.panel(note, room.between(-0.2, 0.15), room.between(0.8, 1.4), int(room.rng.integers(CELLS)), 0.645)


def desk(room: Builder, width: float, depth: float = 0.65) -> None:
    """A desk with a screen, a keyboard, papers and a chair."""
    height = 0.73
    room.box(WORKTOP, (width, depth, 0.028), 0.0, 0.5 * depth, height - 0.028)
    for x in (-0.5, 0.5):
        room.box(RACK, (0.05, depth - 0.1, height - 0.028), x * (width - 0.1), 0.5 * depth, 0.0)
    screen(room, room.between(-0.2, 0.2) * width, 0.2, height)
    room.box(BLACK, (0.42, 0.14, 0.018), room.between(-0.1, 0.1), 0.45, height, room.between(-0.1, 0.1))
    room.printed((0.21, 0.297, 0.008), 0.36 * width, 0.35, height, room.between(-0.5, 0.5))
    for _ in range(1 + int(4 * room.clutter)):
        _on_worktop(room, room.between(-0.45, 0.45) * width, room.between(0.25, 0.55), height)
    drawers(room, -0.5 * width + 0.3, depth - 0.05, 0.4, 0.55, DOORS, 0.03)
    chair(room, room.between(-0.1, 0.3) * width, depth + room.between(0.0, 0.12))


def screen(room: Builder, x: float, y: float, z: float) -> None:
    """A monitor on its foot."""
    room.box(DARK, (0.24, 0.18, 0.012), x, y, z)
    room.box(DARK, (0.05, 0.02, 0.2), x, y - 0.03, z)
    room.box(DARK, (0.56, 0.028, 0.34), x, y, z + 0.11)
    room.box(SCREEN, (0.535, 0.004, 0.31), x, y + 0.0155, z + 0.128)


def chair(room: Builder, x: float, y: float) -> None:
    """A swivel chair or a stool."""
    stuff = room.one(CLOTH, Stuff("fabric", (0.13, 0.14, 0.16)), DARK)
    for angle in np.arange(5) * 2 * np.pi / 5 + room.between(0, 1):
        tip = x + 0.27 * np.cos(angle), y + 0.27 * np.sin(angle)
        room.rod(BLACK, (x, y, 0.09), (*tip, 0.06), 0.016, 8)
        room.cylinder(BLACK, 0.024, 0.05, *tip, 0.0, 12)
    room.cylinder(STEEL, 0.024, 0.36, x, y, 0.07, 12)
    turn = room.between(-0.6, 0.6)
    with room.at(x, y, 0.0, turn):
        room.box(stuff, (0.46, 0.45, 0.07), 0.0, 0.0, 0.43)
        if room.chance(0.8):
            room.box(stuff, (0.42, 0.05, 0.46), 0.0, 0.23, 0.58, 0.0, -0.12)
            room.box(BLACK, (0.06, 0.02, 0.24), 0.0, 0.24, 0.42)


def bookcase(room: Builder, width: float, depth: float = 0.3) -> None:
    """Shelves between two sides with books and boxes."""
    height, levels = room.between(1.4, 2.0), 5
    stuff = room.one(Stuff("wood", None, 3), DOORS)
    for side in (-1, 1):
        room.box(stuff, (0.02, depth, height), side * 0.5 * (width - 0.02), 0.5 * depth, 0.0)
    room.box(stuff, (width, 0.008, height), 0.0, 0.006, 0.0)
    clear = (height - 0.08) / levels
    for level in range(levels + 1):
        z = 0.06 + level * clear
        room.box(stuff, (width - 0.04, depth - 0.01, 0.02), 0.0, 0.5 * depth, min(z, height - 0.02))
        if level == levels:
            break
        if room.chance(0.7):
            goods.books(room, (0.4 + 0.55 * room.clutter) * (width - 0.06), 0.55 * depth, z + 0.02, -0.5 * width + 0.03, clear - 0.04)
        else:
            _stocked(room, width - 0.08, depth, z + 0.02, clear - 0.05)


def lab_bench(room: Builder, width: float, depth: float = 0.65) -> None:
    """A bench with instruments, bottles and a shelf above it."""
    cupboards_free = 0.9
    room.box(WORKTOP, (width, depth, 0.03), 0.0, 0.5 * depth, cupboards_free - 0.03)
    for x in (-0.36, 0.0, 0.36):
        drawers(room, x * width, depth, 0.28 * width, 0.68, DOORS, 0.12)
    room.box(DARK, (width, depth - 0.14, 0.12), 0.0, 0.45 * depth, 0.0)
    room.box(Stuff("painted_metal", (0.85, 0.86, 0.86), 3), (0.42, 0.36, 0.3), -0.28 * width, 0.3, cupboards_free)
    room.box(SCREEN, (0.2, 0.006, 0.11), -0.31 * width, 0.482, cupboards_free + 0.13)
    screen(room, 0.1 * width, 0.25, cupboards_free)
    for _ in range(4 + int(8 * room.clutter)):
        goods.jar(room, room.between(-0.05, 0.48) * width, room.between(0.15, 0.5), cupboards_free)
    room.box(DOORS, (width, 0.25, 0.02), 0.0, 0.13, 1.42)
    _stocked(room, width - 0.1, 0.24, 1.44, 0.3)


def pallet(room: Builder, depth: float = 0.8) -> None:
    """A pallet, laden with cartons, sacks, crates or drums."""
    stuff, width = Stuff("wood", (0.72, 0.58, 0.40), 4), 1.0
    for y in np.linspace(0.06, depth - 0.06, 5):
        room.box(stuff, (width, 0.095, 0.02), 0.0, y, 0.11)
    for x in (-0.45, 0.0, 0.45):
        room.box(stuff, (0.1, depth, 0.02), x, 0.5 * depth, 0.0)
        for y in (0.06, 0.5 * depth, depth - 0.06):
            room.box(stuff, (0.1, 0.1, 0.09), x, y, 0.02)
    if room.chance(0.2):
        with room.at(0, 0, 0.13):
            goods.drum(room, -0.24, 0.3)
            goods.drum(room, 0.25, 0.5)
        return
    z, each = 0.13, room.between(0.22, 0.34)
    for level in range(int(room.rng.integers(1, 4))):
        for x, y in ((-0.25, 0.21), (0.25, 0.21), (-0.25, 0.6), (0.25, 0.6)):
            if level == 0 or room.chance(0.75):
                room.box(goods.CARDBOARD, (0.48, 0.38, each), x + room.between(-0.01, 0.01), y, z, room.between(-0.03, 0.03))
        z += each


def crate(room: Builder, x: float, y: float, yaw: float) -> None:
    """A wooden crate of slats."""
    stuff, width, depth, height = WOOD._replace(variant=4), 0.5, 0.38, 0.34
    with room.at(x, y, 0.0, yaw):
        room.box(stuff, (width, depth, 0.015), 0.0, 0.0, 0.0)
        for z in (0.02, 0.13, 0.24):
            for side in (-1, 1):
                room.box(stuff, (width, 0.014, 0.085), 0.0, side * 0.5 * depth, z)
                room.box(stuff, (0.014, depth, 0.085), side * 0.5 * width, 0.0, z)
        for side_x in (-1, 1):
            for side_y in (-1, 1):
                room.box(stuff, (0.03, 0.03, height), side_x * (0.5 * width - 0.022), side_y * (0.5 * depth - 0.022), 0.0)
        goods.carton(room, 0.0, 0.0, 0.015, 0.32, 0.28)
