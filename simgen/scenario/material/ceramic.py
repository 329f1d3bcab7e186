"""Glazed ceramic, tiles and brick."""

import numpy as np

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.sheet import Canvas, Sheet
from simgen.scenario.material.wear import smudged, stained


def ceramic(grid: Grid, wear: float) -> Sheet:
    """Glaze: glossy, a little wavy, some of it speckled; tintable."""
    canvas = Canvas(grid, (0.95, 0.945, 0.93), grid.rng.uniform(0.07, 0.18))
    canvas.relief += np.float32(3e-5) * grid.noise(0.012)
    canvas.shade(1 - np.float32(0.012) * grid.clouds(0.1, 4))
    if grid.rng.random() < 0.5:
        canvas.cover(grid.spots(0.0016, 0.008) * np.float32(0.8), (0.35, 0.27, 0.20))
    smudged(canvas, wear, gloss=0.15)
    return canvas.sheet(clearcoat=0.8)


def tiles(grid: Grid, wear: float) -> Sheet:
    """Square tiles 20 to 30 cm across, each a little different, with grout; tintable."""
    count = max(1, round(grid.span / grid.rng.uniform(0.2, 0.32)))
    pitch, grout = grid.span / count, 0.004
    return _laid(grid, wear, pitch, pitch, 0.0, grout, matt=bool(grid.rng.random() < 0.5))


def _laid(grid: Grid, wear: float, width: float, height: float, shift: float, grout: float, matt: bool) -> Sheet:
    number, edge = _bond(grid, width, height, shift)
    canvas = Canvas(grid, (0.90, 0.89, 0.87), 0.5 if matt else 0.14)
    tone = grid.rng.standard_normal(number.max() + 1).astype(np.float32)
    canvas.shade(1 + np.float32(0.03) * tone[number] + np.float32(0.03) * grid.clouds(0.15, 5))
    canvas.roughness += np.float32(0.02) * tone[number]
    smudged(canvas, wear, gloss=0.2)
    joint = np.clip(1.5 - edge / (0.5 * grout), 0, 1)
    dirty = 0.62 - 0.25 * wear + 0.05 * grid.noise(0.03)
    canvas.cover(joint, dirty[..., None] * np.array((1.0, 0.97, 0.92), np.float32), roughness=0.9)
    canvas.relief -= np.float32(1.2e-3) * np.clip(1 - edge / (1.2 * grout), 0, 1) ** 2
    stained(canvas, wear)
    return canvas.sheet(clearcoat=0.0 if matt else 0.4)


def _bond(grid: Grid, width: float, height: float, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Number of the stone, int, (N, N), and metres to its nearest edge; every other course is shifted by a share of the width."""
    columns = round(grid.span / width)
    course = np.minimum((grid.metres / height).astype(int), round(grid.span / height) - 1)
    along = grid.metres[None] + (shift * width * (course % 2))[:, None]
    number = course[:, None] * columns + (along / width).astype(int) % columns
    down, right = grid.metres % height, along % width
    edge = np.minimum(np.minimum(down, height - down)[:, None], np.minimum(right, width - right))
    return number, edge.astype(np.float32)


def brick(grid: Grid, wear: float) -> Sheet:
    """Running bond of bricks, 215 x 65 mm, in mortar."""
    columns, courses = max(1, round(grid.span / 0.225)), max(2, 2 * round(grid.span / 0.15))
    number, edge = _bond(grid, grid.span / columns, grid.span / courses, 0.5)
    base = grid.rng.uniform((0.46, 0.24, 0.17), (0.62, 0.36, 0.26))
    canvas = Canvas(grid, base, 0.85)
    tone = grid.rng.standard_normal((number.max() + 1, 3)).astype(np.float32)
    canvas.shade(1 + np.float32(0.10) * tone[number, 0] + np.float32(0.07) * grid.clouds(0.05, 5))
    canvas.colour *= 1 + np.float32(0.015) * tone[number]
    rough = grid.noise(0.004)
    canvas.relief += np.float32(4e-4) * rough
    ragged = edge + np.float32(0.0012) * grid.noise(0.012)
    joint = np.clip(1.6 - ragged / 0.005, 0, 1)
    canvas.cover(joint, (0.66, 0.63, 0.58) + 0.03 * grid.noise(0.004)[..., None], roughness=0.92)
    canvas.relief -= np.float32(5e-3) * joint
    stained(canvas, wear, (0.72, 0.70, 0.66))
    return canvas.sheet()
