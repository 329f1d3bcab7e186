"""Fabric: woven threads, plain, striped or checked; and leaves."""

import numpy as np

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.sheet import Canvas, Sheet, mix
from simgen.scenario.material.wear import stained


def fabric(grid: Grid, wear: float) -> Sheet:
    """Plain weave; tintable."""
    canvas = Canvas(grid, (0.93, 0.93, 0.92), 0.9)
    threads = round(grid.span / max(0.0022, 3.2 * grid.texel))
    angle = 2 * np.pi * threads * grid.metres / grid.span
    over = np.sign(np.sin(0.5 * angle[:, None]) * np.sin(0.5 * angle[None]))
    height = np.where(over > 0, np.abs(np.sin(0.5 * angle))[:, None], np.abs(np.sin(0.5 * angle))[None]).astype(np.float32)
    uneven = np.where(over > 0, grid.noise(0.0022, 0.03), grid.noise(0.03, 0.0022))
    _stripes(canvas)
    canvas.shade(0.72 + 0.28 * height + np.float32(0.05) * uneven - np.float32(0.04) * grid.clouds(0.15, 3))
    canvas.relief += np.float32(4e-4) * height
    stained(canvas, wear)
    return canvas.sheet(sheen=0.6)


def _stripes(canvas: Canvas) -> None:
    """A third of all cloth is striped or checked, and not loudly."""
    grid = canvas.grid
    if grid.rng.random() < 0.67:
        return
    pitch = grid.span / max(2, round(grid.span / grid.rng.uniform(0.012, 0.03)))
    width, colour = grid.rng.uniform(0.2, 0.5), grid.rng.uniform(0.35, 0.8, 3)
    line = ((grid.metres / pitch) % 1.0 < width).astype(np.float32)
    across = np.broadcast_to(line[:, None], (grid.pixels, grid.pixels))
    canvas.cover(0.5 * across, colour)
    if grid.rng.random() < 0.5:
        canvas.cover(0.4 * across.T, colour)


def foliage(grid: Grid, wear: float) -> Sheet:
    """Leaves: a midrib along the rows, side veins, blotches."""
    canvas = Canvas(grid, roughness=0.45)
    fresh, old = grid.rng.uniform((0.16, 0.30, 0.08), (0.30, 0.46, 0.16)), (0.45, 0.42, 0.14)
    canvas.colour = mix(fresh, np.multiply(fresh, 0.6), 0.5 + 0.25 * grid.clouds(0.05, 4))
    vein = np.abs(((grid.metres[None] + 0.6 * np.abs(grid.metres[:, None] % 0.04 - 0.02)) / 0.008) % 1.0 - 0.5)
    canvas.cover(np.clip(vein - 0.38, 0, 1).astype(np.float32) * 3, np.multiply(fresh, 1.25))
    canvas.cover(grid.spots(0.01, 0.15 * wear) * np.float32(0.7), old)
    return canvas.sheet(sheen=0.2)
