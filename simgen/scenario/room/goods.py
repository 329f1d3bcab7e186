"""Small things: cartons, bins, cans, bottles, books, tools, plants and what else stands on shelves and floors."""

import numpy as np

from simgen.scenario.mesh import Part
from simgen.scenario.room.builder import Builder, Stuff

CARDBOARD = Stuff("cardboard")
STEEL = Stuff("metal")
BLACK = Stuff("plastic", (0.07, 0.07, 0.075))
DARK = Stuff("plastic", (0.23, 0.24, 0.26), 1)
RED = Stuff("painted_metal", (0.68, 0.09, 0.07), 1)
YELLOW = Stuff("painted_metal", (0.86, 0.66, 0.08), 1)
WOOD = Stuff("wood")
CLEAR = Stuff("glass", (0.62, 0.72, 0.70))
LEAF = Stuff("foliage")
CLAY = Stuff("ceramic", (0.62, 0.36, 0.25), 1)
WHITE = Stuff("ceramic", (0.92, 0.92, 0.90))
BINS = (Stuff("plastic", (0.12, 0.27, 0.55), 2), Stuff("plastic", (0.65, 0.14, 0.11), 2), Stuff("plastic", (0.45, 0.47, 0.49), 2))
CLOTH = Stuff("fabric")


def carton(room: Builder, x: float, y: float, z: float, most: float = 0.4, deep: float = 0.35) -> float:
    """A cardboard box, its size any up to so many metres wide and deep; returns its height."""
    size = room.between(0.4, 1.0) * most, room.between(0.5, 1.0) * deep, room.between(0.35, 0.9) * most
    room.box(room.one(CARDBOARD, CARDBOARD._replace(variant=1)), size, x, y, z, room.between(-0.12, 0.12))
    return size[2]


def stack(room: Builder, x: float, y: float, most: float = 0.45) -> None:
    """One to three cartons on each other."""
    z = 0.0
    for level in range(int(room.rng.integers(1, 4))):
        z += carton(room, x + room.between(-0.03, 0.03), y, z, most * 0.92**level, 0.9 * most * 0.92**level)


def tub(room: Builder, x: float, y: float, z: float, size=(0.3, 0.4, 0.17)) -> None:
    """An open storage bin of plastic with something in it."""
    stuff, (width, depth, height), wall = room.one(*BINS), size, 0.006
    room.box(stuff, (width, depth, wall), x, y, z)
    for side in (-1, 1):
        room.box(stuff, (wall, depth, height), x + side * 0.5 * (width - wall), y, z)
        room.box(stuff, (width, wall, height if side < 0 else 0.75 * height), x, y + side * 0.5 * (depth - wall), z)
    room.printed((0.35 * width, 0.003, 0.3 * height), x, y + 0.5 * depth, z + 0.2 * height)
    for _ in range(int(room.rng.integers(0, 4))):
        place = x + room.between(-0.3, 0.3) * width, y + room.between(-0.3, 0.3) * depth
        room.box(room.one(STEEL, DARK, WOOD, CARDBOARD), room.rng.uniform(0.03, 0.4 * width, 3), *place, z + wall, room.between(0, 3), 0.2)


def tin(room: Builder, x: float, y: float, z: float) -> None:
    """A can, with a label around it."""
    radius, height = room.between(0.03, 0.055), room.between(0.07, 0.15)
    room.cylinder(STEEL, radius, height, x, y, z, 18)
    room.wrapped(radius + 0.0008, 0.8 * height, x, y, z + 0.1 * height)


def jar(room: Builder, x: float, y: float, z: float) -> None:
    """A bottle or jar: glass or plastic, with a cap and a label."""
    radius, height = room.between(0.025, 0.05), room.between(0.14, 0.28)
    stuff = room.one(CLEAR, BINS[0], BINS[1], WHITE, DARK)
    profile = [(0.0, 0.0), (radius, 0.0), (radius, 0.65 * height), (0.4 * radius, 0.82 * height), (0.4 * radius, 0.9 * height)]
    room.turned(stuff, profile, x, y, z, 16)
    room.cylinder(room.one(BLACK, WHITE, RED), 0.45 * radius, 0.1 * height, x, y, z + 0.9 * height, 14)
    room.wrapped(radius + 0.0008, 0.35 * height, x, y, z + 0.15 * height)


def books(room: Builder, width: float, y: float, z: float, left: float, tall: float = 0.28) -> None:
    """A row of books from `left` on, some leaning, some places empty."""
    x = left
    while x < left + width - 0.05:
        thick, height, depth = room.between(0.012, 0.05), room.between(0.65, 0.95) * tall, room.between(0.14, 0.22)
        if room.chance(0.85):
            room.printed((thick, depth, height), x + thick / 2, y, z)
        x += thick + (0.001 if room.chance(0.93) else room.between(0.03, 0.15))


def drum(room: Builder, x: float, y: float) -> None:
    """A steel drum with its two hoops."""
    stuff, radius, height = room.one(RED, YELLOW, Stuff("painted_metal", None, 2)), 0.24, 0.72
    hoops = [(radius + out, z) for z in (0.22, 0.47) for out, z in ((0.0, z), (0.012, z + 0.015), (0.0, z + 0.03))]
    lid = [(radius, height), (radius - 0.02, height), (radius - 0.02, height - 0.015), (0.0, height - 0.015)]
    room.turned(stuff, [(0.0, 0.0), (radius, 0.0), *hoops, *lid], x, y, 0, 32)
    room.cylinder(STEEL, 0.03, 0.012, x + 0.12, y, height - 0.015, 12)


def extinguisher(room: Builder, x: float, y: float, z: float) -> None:
    """A fire extinguisher."""
    body = [(0.0, 0.0), (0.075, 0.0), (0.08, 0.02), (0.08, 0.38), (0.06, 0.44), (0.025, 0.47), (0.025, 0.5)]
    room.turned(RED, body, x, y, z, 24)
    room.wrapped(0.0812, 0.16, x, y, z + 0.13)
    room.box(BLACK, (0.03, 0.11, 0.025), x, y, z + 0.5, 0.4)
    hose = [(0.0, 0.02, 0.5), (0.08, 0.04, 0.48), (0.11, 0.03, 0.3), (0.09, 0.02, 0.12)]
    room.tube(BLACK, np.add(hose, (x, y, z)), 0.011)


def cone(room: Builder, x: float, y: float) -> None:
    """A traffic cone."""
    orange, band = Stuff("plastic", (0.92, 0.33, 0.06), 3), Stuff("plastic", (0.92, 0.92, 0.90), 3)
    room.box(orange, (0.3, 0.3, 0.025), x, y, 0.0, room.between(0, 1))
    for stuff, low, high in ((orange, 0.0, 0.2), (band, 0.2, 0.3), (orange, 0.3, 0.48)):
        room.turned(stuff, [(0.12 - 0.2 * low, 0.025 + low), (0.12 - 0.2 * high, 0.025 + high)], x, y, 0.0, 24)


def bucket(room: Builder, x: float, y: float) -> None:
    """A bucket or waste-paper bin."""
    radius, height = room.between(0.12, 0.17), room.between(0.26, 0.36)
    profile = [(0.0, 0.0), (0.8 * radius, 0.0), (radius, height), (0.97 * radius, height), (0.78 * radius, 0.01), (0.0, 0.01)]
    room.turned(room.one(*BINS, BLACK, STEEL), profile, x, y, 0.0, 24)


def plant(room: Builder, x: float, y: float, z: float, tall: float = 0.9) -> None:
    """A potted plant: bent leaves on all sides."""
    radius = 0.16 * tall + 0.03
    rim = [(radius, 0.3 * tall), (0.93 * radius, 0.3 * tall), (0.9 * radius, 0.27 * tall), (0, 0.27 * tall)]
    room.turned(room.one(CLAY, WHITE, DARK), [(0, 0), (0.7 * radius, 0), *rim], x, y, z, 24)
    for _ in range(34):
        angle, lean, reach = room.between(0, 2 * np.pi), room.between(0.15, 0.9), room.between(0.4, 0.72) * tall
        along = np.linspace(0, 1, 6)
        out, up = reach * lean * along, 0.27 * tall + reach * (along - 0.55 * lean * along**2)
        half = 0.055 * tall * np.sin(np.pi * np.clip(along, 0.04, 0.97)) ** 0.7
        room.add(LEAF, _leaf(x, y, z, angle, out, up, half))


def _leaf(x: float, y: float, z: float, angle: float, out, up, half) -> Part:
    """A bent blade, seen from both sides."""
    ahead, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    spine = np.column_stack([np.outer(out, ahead) + (x, y), up + z])
    wing = np.column_stack([np.outer(half, aside), 0.25 * half])
    vertices = np.concatenate([spine - wing * (1, 1, -1), spine, spine + wing])
    n = len(spine)
    left = np.array([[i, i + n, i + n + 1] for i in range(n - 1)] + [[i, i + n + 1, i + 1] for i in range(n - 1)])
    faces = np.concatenate([left, left + n])
    corners = vertices[faces]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], facing)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    both = np.concatenate([faces, faces[:, ::-1] + len(vertices)]).astype(np.int32)
    return Part(np.concatenate([vertices, vertices]), both, np.concatenate([normals, -normals]))


def hand_tool(room: Builder, x: float, z: float, y: float) -> None:
    """A hammer, wrench, screwdriver or saw hung on a wall, its top at z."""
    kind = room.rng.integers(4)
    handle = room.one(RED, YELLOW, WOOD, BINS[0], BLACK)
    if kind == 0:
        room.box(handle, (0.024, 0.024, 0.24), x, y, z - 0.27)
        room.box(STEEL, (0.11, 0.028, 0.03), x, y, z - 0.04)
    elif kind == 1:
        room.box(STEEL, (0.02, 0.008, 0.2), x, y, z - 0.22)
        room.rod(STEEL, (x, y - 0.005, z - 0.01), (x, y + 0.005, z - 0.01), 0.022)
        room.rod(STEEL, (x, y - 0.005, z - 0.22), (x, y + 0.005, z - 0.22), 0.018)
    elif kind == 2:
        room.cylinder(handle, 0.014, 0.1, x, y, z - 0.1, 12)
        room.cylinder(STEEL, 0.0035, 0.13, x, y, z - 0.23, 8)
    else:
        room.box(STEEL, (0.09, 0.002, 0.3), x, y, z - 0.34, 0.0)
        room.box(handle, (0.1, 0.022, 0.1), x, y, z - 0.1)


def toolbox(room: Builder, x: float, y: float, z: float) -> None:
    """A toolbox with its handle."""
    stuff = room.one(RED, YELLOW, BINS[0], DARK)
    room.box(stuff, (0.42, 0.2, 0.15), x, y, z)
    room.box(BLACK, (0.43, 0.21, 0.05), x, y, z + 0.15)
    room.box(BLACK, (0.16, 0.03, 0.02), x, y, z + 0.225)
    for side in (-0.07, 0.07):
        room.box(BLACK, (0.02, 0.03, 0.03), x + side, y, z + 0.2)
    room.box(STEEL, (0.035, 0.006, 0.05), x + 0.12, y + 0.106, z + 0.13)
    room.box(STEEL, (0.035, 0.006, 0.05), x - 0.12, y + 0.106, z + 0.13)


def cable(room: Builder, start, end, z: float = 0.006) -> None:
    """A cable that lies about on the floor from point to point, (2,) each."""
    count = 26
    share = np.linspace(0, 1, count)[:, None]
    waves = np.sin(np.pi * share * np.arange(1, 6)) @ (room.rng.normal(0, 0.16, (5, 2)) / np.arange(1, 6)[:, None])
    way = np.asarray(start) + share * (np.asarray(end) - start) + waves
    room.tube(BLACK, np.column_stack([way, np.full(count, z)]), 0.005, 6)
