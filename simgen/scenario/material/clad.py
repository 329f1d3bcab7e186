"""Cladding: triangles, a material and a colour to a texture, texture coordinates and a finish."""

import colorsys
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from simgen.geometry import locked
from simgen.scenario.finish import PLAIN, Finish
from simgen.scenario.material.cardboard import relabelled
from simgen.scenario.material.families import sheet_for
from simgen.scenario.material.layout import boxed, rolled
from simgen.scenario.material.material import Material
from simgen.scenario.material.sheet import Sheet
from simgen.scenario.material.suggested import GLAZED, PRINTED, SUGGESTED
from simgen.scenario.mesh import Part

WEAR = 0.25
"""Of what no class suggests a wear for."""


@dataclass(frozen=True)
class Look:
    """A material of which nothing is open."""

    kind: str | None
    """A name of FAMILIES; None is a plain surface."""
    wear: float
    seed: int
    scale: float = 1.0
    chosen: bool = False
    """Whether the scenario asked for the kind: then it replaces the asset's own texture."""


def look(material: Material, label: str, own: str | None, number: int) -> Look:
    """What a body, or a link of it, looks like.

    Args:
        material: of the body.
        label: class of the body.
        own: class that the link is called by, such as `handle`; one that suggests a material keeps to it.
        number: the body's id, which stands for the seed where there is none.
    """
    seed = number if material.seed is None else int(material.seed)
    apart = own in SUGGESTED and own != label
    kinds, wear = SUGGESTED.get(own if apart else label, ((None,), WEAR))
    chosen = material.kind is not None and not apart
    kind = material.kind if chosen else kinds[seed % len(kinds)]
    return Look(kind, wear if material.wear is None else float(material.wear), seed, float(material.scale), chosen)


def clad(part: Part, look: Look, colour, round_m: tuple[float, float] | None = None) -> tuple[Part, Finish]:
    """A part with its texture, texture coordinates and colour as they are drawn, and its finish.

    A texture that the part brings stays unless the kind was asked for; it takes the roughness of the kind.

    Args:
        part: triangles.
        look: what it is made of.
        colour: sRGB 0 to 1, what the texture is multiplied by; None leaves the material's own.
        round_m: metres around and along, of a round solid of the scene.
    """
    if look.kind is None:
        return replace(part, colour=colour or part.colour), PLAIN
    if part.texture is not None and not look.chosen:
        sheet = sheet_for(look.kind, 0.1, look.seed, look.wear, True)
        return replace(part, colour=colour or part.colour), replace(sheet.finish, height_map=None, height_m=0.0)
    tint = colour or (None if look.chosen or part.texture is not None else part.colour)
    sheet = sheet_for(look.kind, float(np.ptp(part.vertices, axis=0).max()), look.seed, look.wear, tint is not None)
    return laid(part, sheet, look.seed, tint or (1.0, 1.0, 1.0), look.scale, round_m), sheet.finish


def laid(part: Part, sheet: Sheet, seed: int, colour=(1.0, 1.0, 1.0), scale=1.0, round_m: tuple[float, float] | None = None) -> Part:
    """A part with a sheet laid on it."""
    offset, span = np.random.default_rng([seed, 7]).random(2), sheet.span * scale
    unwrapped = boxed(part, span, offset) if round_m is None else rolled(part, *round_m, span, offset)
    return replace(unwrapped, texture=sheet.texture, colour=tuple(map(float, colour)))


def printed(part: Part, file: str, seed: int) -> Part:
    """A mesh of the shelf under a label, or a glaze, of its own; others stay as they are."""
    if part.texture is None or file not in (*PRINTED, *GLAZED):
        return part
    return replace(part, texture=_printed(_Pixels(part.texture), file, seed))


class _Pixels:
    """A texture that is remembered by which it is: those of one file are one array."""

    def __init__(self, array: np.ndarray):
        self.array = array

    def __hash__(self) -> int:
        return id(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pixels) and self.array is other.array


@lru_cache(maxsize=64)
def _printed(texture: _Pixels, file: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, *file.encode()])
    turned = _turned(texture.array, float(rng.random()), float(rng.uniform(0.5, 1.1)))
    return locked(relabelled(turned, PRINTED.get(file, ()), rng))


def _turned(texture: np.ndarray, hue: float, strength: float) -> np.ndarray:
    """Every hue moved on by a share of the circle, its saturation multiplied (in YIQ, where that is a rotation)."""
    to = np.array([colorsys.rgb_to_yiq(*unit) for unit in np.eye(3)]).T
    cosine, sine = strength * np.cos(2 * np.pi * hue), strength * np.sin(2 * np.pi * hue)
    turn = np.linalg.inv(to) @ np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]) @ to
    return np.clip(texture @ turn.T.astype(np.float32), 0, 255).astype(np.uint8)
