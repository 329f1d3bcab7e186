"""Cardboard with tape and stamps, and paper."""

import numpy as np
from PIL import Image

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.label import label, stamp
from simgen.scenario.material.sheet import Canvas, Sheet
from simgen.scenario.material.wear import smudged, stained


def cardboard(grid: Grid, wear: float) -> Sheet:
    """Kraft liner over flutes 8 mm apart, taped and stamped."""
    tone = grid.rng.uniform(0.85, 1.08)
    canvas = Canvas(grid, np.multiply((0.70, 0.55, 0.39), tone), 0.82)
    flutes = np.sin(2 * np.pi * round(grid.span / 0.008) / grid.span * grid.metres).astype(np.float32)
    canvas.shade(1 + np.float32(0.018) * flutes[None] + np.float32(0.03) * grid.noise(0.0, 0.004) - np.float32(0.03) * grid.clouds(0.2, 4))
    canvas.relief += np.float32(6e-5) * flutes[None]
    for size in (0.09, 0.13, 0.10, 0.16, 0.12, 0.10)[: max(1, round(6 * min(grid.span / 0.8, 1) ** 2))]:
        _stamped(canvas, size)
    _taped(canvas)
    dents = grid.spots(0.04, 0.10 * wear)
    canvas.cover(dents * np.float32(0.12), (0.45, 0.34, 0.24), relief=-1.5e-3)
    stained(canvas, wear)
    return canvas.sheet()


def _stamped(canvas: Canvas, size: float) -> None:
    """A stamp, or one time in three a glued shipping label."""
    grid, side = canvas.grid, max(8, min(int(size / canvas.grid.texel), canvas.grid.pixels - 2))
    row, column = grid.rng.integers(0, grid.pixels - side, 2)
    there = slice(row, row + side), slice(column, column + side)
    if grid.rng.random() < 0.33:
        print_ = np.asarray(label(grid.rng, side, side, ((238, 237, 232), (225, 224, 220), (35, 33, 31))), np.float32) / 255
        canvas.colour[there] = print_
        canvas.roughness[there] = 0.5
        return
    ink = np.asarray(stamp(grid.rng, side), np.float32)[..., None] / 255
    canvas.colour[there] *= 1 - ink * np.float32(0.75)


def _taped(canvas: Canvas) -> None:
    """One strip of packing tape along the rows, 5 cm wide, of glossy film."""
    grid = canvas.grid
    middle = grid.rng.uniform(0.2, 0.8) * grid.span
    across = np.abs(grid.metres - middle)[:, None] + np.zeros((1, grid.pixels), np.float32)
    strip = np.clip((0.025 - across) / grid.texel, 0, 1).astype(np.float32)
    canvas.cover(0.45 * strip, (0.74, 0.62, 0.45))
    canvas.cover(strip, roughness=0.18, relief=5e-5)
    canvas.roughness += 0.06 * strip * grid.noise(0.004, 0.03)


def paper(grid: Grid, wear: float) -> Sheet:
    """Coated paper or card; tintable."""
    canvas = Canvas(grid, (0.96, 0.955, 0.94), grid.rng.uniform(0.4, 0.75))
    canvas.shade(1 - np.float32(0.012) * grid.noise(0.0) - np.float32(0.012) * grid.clouds(0.1, 4))
    smudged(canvas, wear, gloss=0.12)
    stained(canvas, 0.6 * wear)
    return canvas.sheet()


def relabelled(texture: np.ndarray, cells, rng: np.random.Generator) -> np.ndarray:
    """A copy of a product's texture under new print, uint8, (h, w, 3).

    Args:
        texture: sRGB, uint8, (h, w, 3).
        cells: where labels lie, (left, top, right, bottom) as shares of the image, and the turn of each in degrees; one
            design serves all of them.
        rng: where the design comes from.
    """
    height, width = texture.shape[:2]
    image, design = Image.fromarray(texture), int(rng.integers(2**31))
    for left, top, right, bottom, turn in cells:
        size = round((right - left) * width), round((bottom - top) * height)
        upright = size if turn in (0, 180) else size[::-1]
        print_ = label(np.random.default_rng(design), *upright)
        image.paste(print_.rotate(turn, expand=True), (round(left * width), round(top * height)))
    return np.asarray(image)
