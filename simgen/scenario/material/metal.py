"""Metal: brushed, and under paint."""

import numpy as np

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.sheet import Canvas, Sheet
from simgen.scenario.material.wear import scratched, smudged, stained

ALLOYS = ((0.76, 0.76, 0.77), (0.66, 0.66, 0.67), (0.58, 0.58, 0.60), (0.80, 0.79, 0.76))
"""Aluminium, stainless steel, steel, nickel: sRGB."""
RUST = (0.36, 0.20, 0.11)


def metal(grid: Grid, wear: float) -> Sheet:
    """Brushed along the rows; worn, it is scratched and spotted with rust."""
    canvas = Canvas(grid, ALLOYS[grid.rng.integers(len(ALLOYS))], grid.rng.uniform(0.22, 0.42))
    brush = 0.7 * grid.noise(0.0, 0.12) + 0.3 * grid.noise(0.0015, 0.3)
    canvas.shade(1 + np.float32(0.035) * brush - np.float32(0.03) * grid.clouds(0.2, 3))
    canvas.roughness += np.float32(0.05) * brush
    canvas.relief += np.float32(6e-6) * brush
    smudged(canvas, wear, gloss=0.2)
    scratched(canvas, wear, density=120, depth=1e-5)
    rust = grid.spots(0.02, 0.06 * max(wear - 0.45, 0)) * np.clip(0.35 + 0.4 * grid.noise(0.004), 0, 1)
    canvas.cover(rust, RUST, roughness=0.8, relief=3e-5)
    return canvas.sheet(metallic=1.0)


def painted_metal(grid: Grid, wear: float) -> Sheet:
    """Powder coat with the relief of an orange's peel, chipped where worn; tintable."""
    canvas = Canvas(grid, (0.95, 0.95, 0.95), grid.rng.uniform(0.28, 0.5))
    peel = grid.noise(0.0025)
    canvas.shade(1 - np.float32(0.012) * peel - np.float32(0.03) * np.clip(grid.clouds(0.3, 4), -1, 2))
    canvas.relief += np.float32(1.5e-5) * peel
    smudged(canvas, wear)
    stained(canvas, wear)
    scratched(canvas, wear, (0.45, 0.44, 0.43), density=50)
    chips = grid.spots(0.004, 0.01 * wear**2) * (grid.noise(0.1) > 0.2)
    canvas.cover(chips, (0.32, 0.27, 0.24), roughness=0.75, relief=-8e-5)
    return canvas.sheet(clearcoat=0.2)
