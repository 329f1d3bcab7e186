"""Wear: scratches, smudges, stains, dust and rings, on any material."""

import numpy as np
from PIL import Image, ImageDraw

from simgen.scenario.material.sheet import Canvas


def smudged(canvas: Canvas, wear: float, *, gloss: float = 0.25) -> None:
    """Grease from hands: blots that take or give gloss, and hardly any colour.

    Args:
        canvas: what to draw on.
        wear: 0 to 1.
        gloss: how much roughness may change.
    """
    grid = canvas.grid
    blots = grid.clouds(0.09, 4)
    canvas.roughness += np.float32(gloss * (0.1 + 0.4 * wear)) * 0.5 * blots
    prints = grid.spots(0.018, 0.03 + 0.1 * wear) * np.clip(grid.noise(0.12) + 0.3, 0, 1)
    canvas.cover(prints * np.float32(0.25 + 0.4 * wear), roughness=float(np.clip(canvas.roughness.mean() + 0.6 * gloss, 0, 1)))
    canvas.shade(1 - np.float32(0.006 + 0.02 * wear) * np.clip(blots, 0, 2) - np.float32(0.04 * wear) * prints)


def scratched(canvas: Canvas, wear: float, colour=None, *, depth: float = 4e-5, density: float = 60.0) -> None:
    """Fine straight and bent scratches.

    Args:
        canvas: to draw on.
        wear: 0 to 1.
        colour: of the bare material, sRGB; None is lighter than what is there.
        depth: metres.
        density: scratches a square metre at wear 1.
    """
    grid, n = canvas.grid, canvas.grid.pixels
    image = Image.new("L", (n, n))
    draw = ImageDraw.Draw(image)
    count = min(int(np.ceil(wear * density * grid.span**2 + 6 * wear)), 400)
    for _ in range(count):
        start, angle = grid.rng.uniform(0, n, 2), grid.rng.uniform(0, 2 * np.pi)
        length, bend = grid.rng.uniform(0.01, 0.12) / grid.texel, grid.rng.normal(0, 0.3)
        along = np.linspace(0, 1, 6)[:, None]
        way = start + length * along * np.stack([np.cos(angle + bend * along[:, 0]), np.sin(angle + bend * along[:, 0])], 1)
        draw.line([tuple(point) for point in way.tolist()], fill=int(grid.rng.uniform(40, 160)), width=1)
    share = np.asarray(image, np.float32) / 255
    canvas.cover(share, _lighter if colour is None else colour, relief=-depth)
    canvas.roughness += 0.25 * share


def _lighter(below: np.ndarray) -> np.ndarray:
    return np.clip(below * 1.25 + 0.06, 0, 1)


def stained(canvas: Canvas, wear: float, colour=(0.30, 0.25, 0.19)) -> None:
    """Blotches of dried dirt, and dust in large clouds."""
    grid = canvas.grid
    dirt = grid.spots(0.07, 0.02 + 0.10 * wear) * np.clip(0.6 + 0.4 * grid.noise(0.012), 0, 1)
    canvas.cover(dirt * np.float32(0.28 * wear), colour, roughness=0.7)
    specks = grid.spots(0.0035, 0.004 + 0.008 * wear)
    canvas.cover(specks * np.float32(0.5 * wear), colour)


def ringed(canvas: Canvas, wear: float, colour=(0.28, 0.20, 0.13)) -> None:
    """Rings that wet cups left."""
    grid, n = canvas.grid, canvas.grid.pixels
    image = Image.new("L", (n, n))
    draw = ImageDraw.Draw(image)
    for _ in range(grid.rng.poisson(2.2 * wear * grid.span**2)):
        (x, y), radius = grid.rng.uniform(0, n, 2), grid.rng.uniform(0.03, 0.045) / grid.texel
        start = grid.rng.uniform(0, 360)
        box = (x - radius, y - radius, x + radius, y + radius)
        stop, fill, width = start + grid.rng.uniform(150, 340), int(grid.rng.uniform(60, 150)), max(1, round(0.003 / grid.texel))
        draw.arc(box, start, stop, fill=fill, width=width)
    share = np.asarray(image, np.float32) / 255 * np.clip(0.8 + 0.4 * grid.noise(0.01), 0, 1)
    canvas.cover(share * np.float32(0.5), colour)
