"""Plastic and rubber."""

import numpy as np

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.sheet import Canvas, Sheet
from simgen.scenario.material.wear import scratched, smudged, stained


def plastic(grid: Grid, wear: float) -> Sheet:
    """Moulded: finely eroded like the mould, some of it speckled; tintable."""
    canvas = Canvas(grid, (0.96, 0.96, 0.96), grid.rng.uniform(0.26, 0.5))
    mould = grid.noise(0.001)
    canvas.relief += np.float32(1e-5 if grid.rng.random() < 0.5 else 2.5e-5) * mould
    canvas.shade(1 - np.float32(0.008) * mould - np.float32(0.02) * grid.clouds(0.15, 4))
    if grid.rng.random() < 0.2:
        canvas.cover(grid.spots(0.0015, 0.05) * np.float32(0.2), (0.45, 0.45, 0.45))
    smudged(canvas, wear, gloss=0.3)
    stained(canvas, 0.8 * wear)
    scratched(canvas, wear, density=150, depth=2e-5)
    return canvas.sheet(clearcoat=0.05)


def rubber(grid: Grid, wear: float) -> Sheet:
    """Matt, with dust that clings to it; tintable."""
    canvas = Canvas(grid, (0.92, 0.92, 0.92), 0.78)
    canvas.shade(1 - np.float32(0.03) * grid.noise(0.0015) - np.float32(0.04) * grid.clouds(0.05, 4))
    canvas.relief += np.float32(3e-5) * grid.noise(0.0015)
    smudged(canvas, wear, gloss=0.15)
    dust = np.clip(grid.clouds(0.06, 4), 0, 2)
    canvas.cover(dust * np.float32(0.05 + 0.15 * wear), (0.75, 0.72, 0.68), roughness=0.95)
    return canvas.sheet()
