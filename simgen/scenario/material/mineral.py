"""Concrete, plaster and asphalt."""

import numpy as np
from PIL import Image, ImageDraw

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.sheet import Canvas, Sheet
from simgen.scenario.material.wear import scratched, smudged, stained


def concrete(grid: Grid, wear: float) -> Sheet:
    """Clouded, with pores and sand; worn, it cracks. Some of it is ground smooth."""
    grey = grid.rng.uniform(0.48, 0.66)
    warm = grid.rng.uniform(-0.01, 0.025)
    smooth = grid.rng.random() < 0.4
    canvas = Canvas(grid, (grey + warm, grey, grey - warm), 0.45 if smooth else 0.82)
    canvas.shade(1 + np.float32(0.055) * grid.clouds(0.9, 6) + np.float32(0.03) * grid.noise(0.0) + np.float32(0.02) * grid.noise(0.012))
    canvas.relief += np.float32(1e-5 if smooth else 1.2e-4) * grid.noise(0.003)
    pores = grid.spots(0.004, 0.006 if smooth else 0.016)
    canvas.cover(pores * np.float32(0.6), np.multiply((grey, grey, grey), 0.5), roughness=0.9, relief=-6e-4)
    canvas.roughness += np.float32(0.05) * grid.clouds(0.3, 3)
    stained(canvas, 0.5 + 0.5 * wear, (0.25, 0.24, 0.22))
    _cracks(canvas, wear)
    if smooth:
        scratched(canvas, wear, density=15)
    return canvas.sheet()


def _cracks(canvas: Canvas, wear: float) -> None:
    grid, n = canvas.grid, canvas.grid.pixels
    image = Image.new("L", (n, n))
    draw = ImageDraw.Draw(image)
    for _ in range(grid.rng.poisson(1.2 * wear * grid.span**2)):
        heading = grid.rng.uniform(0, 2 * np.pi) + np.cumsum(grid.rng.normal(0, 0.35, 60))
        steps = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1) * 0.012 / grid.texel, axis=0)
        draw.line([tuple(point) for point in (grid.rng.uniform(0, n, 2) + steps).tolist()], fill=200, width=1)
    canvas.cover(np.asarray(image, np.float32) / 255, (0.2, 0.19, 0.18), relief=-1e-3)


def plaster(grid: Grid, wear: float) -> Sheet:
    """A wall painted with a roller; tintable."""
    canvas = Canvas(grid, (0.96, 0.96, 0.95), grid.rng.uniform(0.7, 0.9))
    roller = 0.7 * grid.noise(0.004) + 0.3 * grid.noise(0.0)
    canvas.relief += np.float32(1.2e-4) * roller
    canvas.shade(1 + np.float32(0.008) * roller - np.float32(0.018) * grid.clouds(1.2, 5))
    scuffs = grid.spots(0.03, 0.03 * wear) * np.clip(grid.noise(0.002, 0.05), 0, 1)
    canvas.cover(scuffs * np.float32(0.5), (0.35, 0.34, 0.33))
    stained(canvas, 0.6 * wear, (0.45, 0.42, 0.37))
    return canvas.sheet()


def asphalt(grid: Grid, wear: float) -> Sheet:
    """Stones in tar, with patches and oil."""
    canvas = Canvas(grid, (0.27, 0.27, 0.275), 0.88)
    stones = grid.noise(0.006) + 0.6 * grid.noise(0.0)
    canvas.shade(1 + np.float32(0.16) * stones + np.float32(0.06) * grid.clouds(1.0, 5))
    canvas.relief += np.float32(7e-4) * stones
    canvas.cover(grid.spots(0.15, 0.05 + 0.1 * wear) * np.float32(0.35), (0.10, 0.10, 0.10), roughness=0.55)
    smudged(canvas, wear, gloss=0.1)
    _cracks(canvas, 0.6 * wear)
    return canvas.sheet()
