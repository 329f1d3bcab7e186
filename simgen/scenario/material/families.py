"""Every kind of material by name: a kind, a size, wear and a seed to a sheet."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from simgen.geometry import locked
from simgen.scenario.colours import COLOURS
from simgen.scenario.material.cardboard import cardboard, paper
from simgen.scenario.material.ceramic import brick, ceramic, tiles
from simgen.scenario.material.fabric import fabric, foliage
from simgen.scenario.material.glass import glass
from simgen.scenario.material.grid import Grid
from simgen.scenario.material.metal import metal, painted_metal
from simgen.scenario.material.mineral import asphalt, concrete, plaster
from simgen.scenario.material.plastic import plastic, rubber
from simgen.scenario.material.sheet import Sheet
from simgen.scenario.material.wood import laminate, planks, wood

FAMILIES = {
    family.__name__: family
    for family in (
        wood, planks, laminate, metal, painted_metal, plastic, rubber, fabric, concrete, plaster, asphalt, ceramic, tiles, brick,
        cardboard, paper, glass, foliage,
    )
}  # fmt: skip
WHITES = ((0.93, 0.92, 0.89), (0.88, 0.88, 0.87), (0.90, 0.87, 0.80), (0.82, 0.85, 0.85), (0.86, 0.83, 0.78), (0.78, 0.82, 0.78))
INDUSTRIAL = ((0.20, 0.32, 0.48), (0.55, 0.57, 0.58), (0.30, 0.31, 0.33), (0.72, 0.36, 0.12), (0.22, 0.38, 0.28), (0.80, 0.80, 0.78))
VIVID = tuple(COLOURS[name] for name in ("grey", "teal", "navy", "beige", "maroon", "orange", "green", "tan", "white"))
CLOTHS = ((0.55, 0.58, 0.62), (0.72, 0.68, 0.58), (0.24, 0.28, 0.36), (0.60, 0.30, 0.26), (0.38, 0.45, 0.36))
DARKS = ((0.09, 0.09, 0.095), (0.14, 0.14, 0.14), (0.20, 0.19, 0.18))
PALETTES = {
    "plaster": WHITES, "laminate": WHITES, "ceramic": WHITES, "tiles": (*WHITES, (0.55, 0.56, 0.57), (0.62, 0.55, 0.47)), "paper": WHITES,
    "painted_metal": INDUSTRIAL, "plastic": VIVID, "fabric": CLOTHS, "rubber": DARKS, "glass": ((1.0, 1.0, 1.0),),
}  # fmt: skip
"""Colours of the kinds that are drawn nearly white, one of which a body takes that is given none."""
SIZES = ((0.13, 256, 0.16), (0.45, 512, 0.45), (1.7, 1024, 1.65))
"""Up to which extent in metres a thing gets so many texels over so many metres, as fine as a camera beside it can see."""
LARGE = (1024, 3.2)
"""The same of larger things."""


def sheet_for(kind: str, extent: float, seed: int, wear: float, tinted: bool) -> Sheet:
    """A square of material for a thing of so many metres; remembered.

    Args:
        kind: a name of FAMILIES.
        extent: longest edge of the thing, metres.
        seed: which of the many looks.
        wear: 0 to 1.
        tinted: whether a colour will be multiplied to it: then it is as bright as can be, and without a colour of its own.
    """
    pixels, span = next(((pixels, span) for most, pixels, span in SIZES if extent < most), LARGE)
    return sheet(kind, pixels, span, int(seed), round(float(wear), 2), tinted)


@lru_cache(maxsize=128)
def sheet(kind: str, pixels: int, span: float, seed: int, wear: float, tinted: bool) -> Sheet:
    """So many texels over so many metres of a kind; arguments as of `sheet_for`; remembered."""
    rng = np.random.default_rng([seed, *kind.encode()])
    drawn = FAMILIES[kind](Grid(pixels, span, rng), wear)
    if tinted:
        return drawn if kind in PALETTES else replace(drawn, texture=_bleached(drawn.texture))
    if kind in PALETTES:
        return replace(drawn, texture=_dyed(drawn.texture, PALETTES[kind][rng.integers(len(PALETTES[kind]))]))
    return drawn


def _bleached(texture: np.ndarray) -> np.ndarray:
    """Only light and dark, the light white."""
    grey = texture @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    grey = np.clip(grey * (245 / np.percentile(grey[::8, ::8], 90)), 0, 255).astype(np.uint8)
    return locked(np.repeat(grey[..., None], 3, axis=2))


def _dyed(texture: np.ndarray, colour) -> np.ndarray:
    table = np.rint(np.arange(256)[:, None] * np.asarray(colour)).astype(np.uint8)
    return locked(np.stack([table[:, channel][texture[..., channel]] for channel in range(3)], axis=-1))
