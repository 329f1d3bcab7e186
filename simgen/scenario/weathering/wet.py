"""Wet and dusty: colours and finishes of what rain has soaked or dust has settled on."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from simgen.scenario.finish import Finish
from simgen.scenario.surface import Surface

SOAKED = 0.9
"""Exponent added to the reflectance of porous matter: water in the pores scatters light on into it (Jensen et al., 1999)."""
WETTED = 0.15
"""The same of dense matter, whose film of water only lowers the reflection."""
FILM_ROUGHNESS = 0.22
"""Of a film of water that still follows what it lies on."""
DUST_SRGB = (0.62, 0.57, 0.49)
"""Of settled mineral dust."""
THICKEST_DUST = 0.8
"""Share of the colour below that a full cover of dust hides."""
DUST_ROUGHNESS = 0.9


def porosity(finish: Finish) -> float:
    """How much water a surface soaks up, 0 to 1: matt dielectrics are porous, metal, glass and glaze are not (Lagarde, 2013)."""
    roughness = finish.roughness * (1.0 if finish.roughness_map is None else float(finish.roughness_map.mean()) / 255)
    dense = (1 - finish.metallic) * (1 - finish.transmission) * (1 - finish.clearcoat)
    return float(np.clip((roughness - 0.25) / 0.4, 0, 1)) * dense


def wetted(surface: Surface, wetness: float) -> Surface:
    """A surface under water: darker by what its pores take up, smoother and glossier by the film on it."""
    film, finish = min(2 * wetness, 1.0), surface.finish
    exponent = 1 + film * (WETTED + (SOAKED - WETTED) * porosity(finish)) * (1 - finish.metallic)
    smooth = 0.85 * film
    finish = replace(
        _towards(finish, FILM_ROUGHNESS, smooth),
        clearcoat=max(finish.clearcoat, 0.4 * film),
        sheen=finish.sheen * (1 - film),
        height_m=finish.height_m * (1 - 0.5 * film),
    )
    curve = _curve(exponent)
    texture = None if surface.texture is None else curve[surface.texture]
    colour = tuple(float(value) for value in np.interp(surface.colour, np.linspace(0, 1, 256), curve / 255))
    return replace(surface, colour=colour, texture=texture, finish=finish)


def dusted(surface: Surface, dust: float) -> Surface:
    """A surface under a film of dust: its colour fades into the dust's, its gloss goes."""
    share = THICKEST_DUST * dust
    own, texture = np.array(surface.colour), None
    if surface.texture is not None:  # the film lies over texture and colour together
        clean = surface.texture.astype(np.float32) * np.float32((1 - share) * own)
        mixed = clean + 255 * np.float32(share) * np.float32(DUST_SRGB)
        own, texture = np.ones(3), np.rint(mixed).astype(np.uint8)
    else:
        own = (1 - share) * own + share * np.array(DUST_SRGB)
    finish = _towards(surface.finish, DUST_ROUGHNESS, share)
    fade = 1 - share
    finish = replace(finish, clearcoat=finish.clearcoat * fade, metallic=finish.metallic * fade, transmission=finish.transmission * fade)
    return replace(surface, colour=tuple(map(float, own)), texture=texture, finish=finish)


def _towards(finish: Finish, roughness: float, share: float) -> Finish:
    """The same finish, its roughness a share of the way to another, everywhere."""
    if finish.roughness_map is None:
        return replace(finish, roughness=(1 - share) * finish.roughness + share * roughness)
    levels = (1 - share) * finish.roughness * np.arange(256) + share * roughness * 255
    return replace(finish, roughness=1.0, roughness_map=np.rint(np.clip(levels, 0, 255)).astype(np.uint8)[finish.roughness_map])


@lru_cache(maxsize=64)
def _curve(exponent: float) -> np.ndarray:
    """sRGB of a reflectance raised to a power, of every sRGB value, uint8, (256,)."""
    level = np.arange(256) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4) ** exponent
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * srgb).astype(np.uint8)
