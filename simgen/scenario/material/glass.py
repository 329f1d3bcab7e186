"""Glass."""

import numpy as np

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.sheet import Canvas, Sheet
from simgen.scenario.material.wear import smudged


def glass(grid: Grid, wear: float) -> Sheet:
    """Clear, with finger marks; tintable."""
    canvas = Canvas(grid, (0.93, 0.96, 0.95), 0.03)
    canvas.shade(1 - np.float32(0.01) * np.clip(grid.clouds(0.1, 3), 0, 2))
    smudged(canvas, wear, gloss=0.1)
    return canvas.sheet(transmission=0.9)
