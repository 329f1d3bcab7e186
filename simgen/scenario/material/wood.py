"""Wood: edge-glued boards, floorboards, and laminate."""

import numpy as np

from simgen.scenario.material.grid import Grid
from simgen.scenario.material.sheet import Canvas, Sheet, mix
from simgen.scenario.material.wear import ringed, scratched, smudged, stained

SPECIES = {
    "oak": ((0.73, 0.57, 0.39), (0.53, 0.37, 0.22)),
    "birch": ((0.85, 0.74, 0.56), (0.73, 0.58, 0.39)),
    "walnut": ((0.45, 0.31, 0.21), (0.27, 0.17, 0.11)),
    "pine": ((0.86, 0.70, 0.47), (0.71, 0.49, 0.27)),
    "beech": ((0.78, 0.60, 0.44), (0.66, 0.46, 0.31)),
    "ash": ((0.81, 0.72, 0.58), (0.64, 0.52, 0.38)),
    "teak": ((0.60, 0.42, 0.24), (0.42, 0.27, 0.14)),
}
"""Early wood and late wood, sRGB."""


def wood(grid: Grid, wear: float) -> Sheet:
    """Boards 8 to 15 cm wide, glued edge to edge, grain along the rows."""
    return _boards(grid, wear, gap=0.0, ends=False)


def planks(grid: Grid, wear: float) -> Sheet:
    """Floorboards with gaps between them, their ends staggered."""
    return _boards(grid, wear, gap=0.0025, ends=True)


def _boards(grid: Grid, wear: float, *, gap: float, ends: bool) -> Sheet:
    early, late = list(SPECIES.values())[grid.rng.integers(len(SPECIES))]
    board, piece, edge = _layout(grid, ends)
    tone = _grain(grid)
    shift = grid.rng.integers(0, grid.pixels, piece.max() + 1)
    tone = np.take_along_axis(tone, (np.arange(grid.pixels) + shift[piece]) % grid.pixels, axis=1)
    canvas = Canvas(grid, roughness=grid.rng.uniform(0.34, 0.55))
    canvas.colour = mix(early, late, tone)
    canvas.shade((1 + 0.055 * grid.rng.standard_normal(piece.max() + 1).astype(np.float32))[piece])
    canvas.colour *= (1 + np.float32(0.010) * grid.rng.standard_normal((piece.max() + 1, 3)).astype(np.float32))[piece]
    canvas.shade(1 - np.float32(0.05) * grid.clouds(0.5, 3))
    canvas.roughness += 0.10 * tone - 0.05
    canvas.relief -= np.float32(6e-5) * tone
    seam = np.clip(1.2 - edge / max(gap, 0.8 * grid.texel), 0, 1).astype(np.float32)
    canvas.cover(seam * np.float32(0.75 if gap else 0.35), np.multiply(late, 0.45), roughness=0.8, relief=-6e-4 if gap else -5e-5)
    smudged(canvas, wear, gloss=0.2)
    scratched(canvas, wear, density=25)
    stained(canvas, wear)
    ringed(canvas, 0.0 if ends else wear)
    return canvas.sheet(clearcoat=0.0 if ends else 0.1)


def _layout(grid: Grid, ends: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number of the board, int, (N, N), of the piece of it, and metres to the nearest edge of that."""
    count = max(1, round(grid.span / grid.rng.uniform(0.085, 0.145)))
    width = grid.span / count
    row = np.minimum((grid.metres / width).astype(int), count - 1)
    across = np.minimum(grid.metres % width, width - grid.metres % width)
    if not ends:
        board = np.broadcast_to(row[:, None], (grid.pixels, grid.pixels))
        distance = np.full(grid.pixels, np.inf, np.float32) if count == 1 else across
        return board, board, np.broadcast_to(distance[:, None], board.shape)
    pieces = max(2, round(grid.span / 1.1))
    length = grid.span / pieces
    along = grid.metres[None] + grid.rng.uniform(0, grid.span, count)[row][:, None]
    piece = row[:, None] * pieces + (along / length).astype(int) % pieces
    end = np.minimum(along % length, length - along % length)
    return np.broadcast_to(row[:, None], piece.shape), piece, np.minimum(across[:, None], end).astype(np.float32)


def _grain(grid: Grid) -> np.ndarray:
    """0 in early wood to 1 in late wood: year rings cut lengthwise, fibres and pores, float32, (N, N)."""
    ring = grid.rng.uniform(0.006, 0.014)
    bent = grid.noise(0.05, 0.6) * np.float32(0.018) + grid.noise(0.02, 0.25) * np.float32(0.004)
    phase = (grid.metres[:, None] * np.float32(round(grid.span / ring) / grid.span) + bent / np.float32(ring)) % 1.0
    rings = phase**3 * np.clip(0.75 + 0.35 * grid.noise(0.03, 0.4), 0, 1.2)
    fibres = grid.noise(0.0012, 0.06) * 0.6 + grid.noise(0.004, 0.2) * 0.5
    pores = np.clip(grid.noise(0.0, 0.008) - 1.7, 0, 1)
    return np.clip(0.32 + 0.42 * rings + 0.16 * fibres + 0.5 * pores, 0, 1.1).astype(np.float32)


def laminate(grid: Grid, wear: float) -> Sheet:
    """Melamine board: even or finely speckled, tintable."""
    canvas = Canvas(grid, (0.94, 0.94, 0.93), grid.rng.uniform(0.3, 0.5))
    if grid.rng.random() < 0.6:
        canvas.cover(grid.spots(0.002, 0.10) * np.float32(0.10 + 0.25 * grid.rng.random()), (0.55, 0.54, 0.52))
    canvas.shade(1 - np.float32(0.015) * grid.noise(0.0))
    canvas.relief += np.float32(8e-6) * grid.noise(0.0015)
    smudged(canvas, wear, gloss=0.3)
    scratched(canvas, wear, density=40)
    stained(canvas, 0.4 * wear)
    ringed(canvas, 0.7 * wear)
    return canvas.sheet(clearcoat=0.15)
