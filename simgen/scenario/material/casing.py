"""Casing: the moulded shells of a robot in use, with parting lines, screws, small print and grime."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.label import barcode, lines, name
from simgen.scenario.material.sheet import Canvas, Sheet
from simgen.scenario.material.wear import scratched, smudged, stained

PIXELS, SPAN = 768, 0.5
"""Texels along a side, and the metres that they cover: more than a link measures."""


@lru_cache(maxsize=16)
def casing(seed: int, wear: float, colour: tuple[float, float, float]) -> Sheet:
    """Semi-gloss plastic of that colour, sRGB 0 to 1; remembered."""
    canvas = Canvas(Grid(PIXELS, SPAN, np.random.default_rng([seed, 11])), colour, 0.36)
    grid = canvas.grid
    canvas.shade(1 - np.float32(0.012) * grid.clouds(0.12, 4))
    smudged(canvas, wear, gloss=0.3)
    _grimy(canvas, wear)
    stained(canvas, 0.5 * wear)
    scratched(canvas, wear, density=140)
    _lined(canvas)
    _printed(canvas)
    return canvas.sheet(clearcoat=0.15)


def _grimy(canvas: Canvas, wear: float) -> None:
    """Hand marks and dust where hands and air leave them, in streaks and clouds."""
    grid = canvas.grid
    marks = np.clip(grid.clouds(0.10, 5) - 0.35, 0, 1.5) * np.clip(0.6 + 0.5 * grid.noise(0.3), 0, 1)
    canvas.cover(marks * np.float32(0.10 + 0.30 * wear), (0.42, 0.39, 0.34), roughness=0.6)
    streaks = np.clip(grid.noise(0.006, 0.15) - 1.1, 0, 1) * np.clip(grid.noise(0.15), 0, 1)
    canvas.cover(streaks * np.float32(0.25 * wear), (0.25, 0.24, 0.23))


def _lined(canvas: Canvas) -> None:
    """Parting lines of the mould, and screws beside them, dark with dirt."""
    grid, n = canvas.grid, canvas.grid.pixels
    image = Image.new("L", (n, n))
    draw = ImageDraw.Draw(image)
    texel = 1 / grid.texel
    row, column = grid.rng.uniform(0.3, 0.7, 2) * n
    draw.line([(0, row), (n, row)], fill=150, width=2)
    draw.line([(column, 0), (column, n)], fill=110, width=2)
    for x, y in grid.rng.uniform(0.05, 0.95, (6, 2)) * n:
        radius = 0.0035 * texel
        y = row + np.sign(y - row) * 0.014 * texel
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=70, outline=170)
        draw.ellipse((x - 0.4 * radius, y - 0.4 * radius, x + 0.4 * radius, y + 0.4 * radius), fill=220)
    canvas.cover(np.asarray(image, np.float32) / 255, (0.13, 0.13, 0.13), roughness=0.7)


def _printed(canvas: Canvas) -> None:
    """A type plate, a warning triangle and a serial number, a few centimetres each."""
    grid = canvas.grid
    for kind in range(3):
        width, height = (round(side / grid.texel) for side in ((0.045, 0.022), (0.022, 0.020), (0.04, 0.010))[kind])
        row, column = (int(place) for place in grid.rng.integers(0, grid.pixels - max(width, height), 2))
        there = slice(row, row + height), slice(column, column + width)
        ground = Image.fromarray((np.clip(canvas.colour[there], 0, 1) * 255).astype(np.uint8))
        canvas.colour[there] = np.asarray(_plate(ground, grid.rng, kind), np.float32) / 255
        canvas.roughness[there] = 0.45


def _plate(image: Image.Image, rng: np.random.Generator, kind: int) -> Image.Image:
    """Something printed on what is there."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    if kind == 0:
        draw.rectangle((0, 0, width, height), fill=(206, 207, 206), outline=(60, 60, 60))
        lines(draw, rng, (2, 2, 0.55 * width, height), (40, 40, 40))
        barcode(draw, rng, (0.6 * width, 0.15 * height, 0.95 * width, 0.85 * height))
    elif kind == 1:
        draw.polygon([(0, height - 1), (width / 2, 0), (width - 1, height - 1)], fill=(225, 180, 20), outline=(20, 20, 20))
        draw.line([(width / 2, 0.35 * height), (width / 2, 0.7 * height)], fill=(20, 20, 20), width=2)
    else:
        draw.text((0, 0), f"{name(rng)[:5]} {rng.integers(1000, 9999)}", fill=(70, 70, 72))
    return image
