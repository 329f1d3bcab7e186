"""Surfaces as Mitsuba's BSDFs: Finish and texture to Burley's principled model, with relief as a bump map."""

from __future__ import annotations  # Mitsuba has no types before a variant is chosen

from collections.abc import Sequence

import mitsuba as mi
import numpy as np

from simgen.scenario.surface import Surface

SMOOTHEST = 0.04
"""Roughness below which nothing is drawn: a sharper highlight of the sun falls between the samples."""
COAT_GLOSS = 0.95
SHEEN_TINT = 0.5
"""How far a fabric's sheen takes its colour."""
ETA = 1.5
"""Refractive index of glass."""


def linear(colour) -> np.ndarray:
    """sRGB 0 to 1 as linear light (IEC 61966-2-1)."""
    colour = np.asarray(colour, dtype=np.float64)
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


class Materials:
    """Makes BSDFs, one a surface; equal maps are uploaded once."""

    def __init__(self, surfaces: Sequence[Surface]):
        self._textures: dict[tuple, tuple] = {}
        self._reliefs: dict[int, mi.Texture] = {}

    def group(self, number: int, surface: Surface) -> int:
        """What surfaces must share to be one mesh: none is like another."""
        return number

    def bsdf(self, numbers: np.ndarray, surface: Surface) -> mi.BSDF:
        """The BSDF of a mesh; its texture coordinates are looked up with v down.

        Args:
            numbers: of the surface that each triangle belongs to, (F,): here the same for all.
            surface: that surface.
        """
        finish = surface.finish
        model = {"base_color": self._colour(surface), "roughness": self._roughness(surface)}
        if finish.transmission > 0:
            # a thin shell, as bottles and panes are: light goes straight through, and a solid's caustics are not waited for
            model |= {"type": "principledthin", "spec_trans": finish.transmission, "eta": ETA}
            return mi.load_dict(self._raised(int(numbers[0]), surface, model))
        model |= {"type": "principled", "metallic": float(finish.metallic)}
        if finish.clearcoat > 0:
            model |= {"clearcoat": float(finish.clearcoat), "clearcoat_gloss": COAT_GLOSS}
        if finish.sheen > 0:
            model |= {"sheen": float(finish.sheen), "sheen_tint": SHEEN_TINT}
        return mi.load_dict({"type": "twosided", "bsdf": self._raised(int(numbers[0]), surface, model)})

    def emboss(self, number: int, heights: np.ndarray) -> None:
        """Give one surface another relief, uint8, of the size of its height map."""
        relief = mi.traverse(self._reliefs[number])
        relief["data"] = mi.TensorXu8(heights[..., None])
        relief.update()

    def _colour(self, surface: Surface):
        """Texture and colour are multiplied as they are encoded, as the albedo buffer does."""
        if surface.texture is None or surface.uv is None:
            return {"type": "rgb", "value": linear(surface.colour).tolist()}
        return self._bitmap(surface.texture, surface.colour, lambda image, tint: np.rint(image * np.array(tint)), raw=False)

    def _roughness(self, surface: Surface):
        finish = surface.finish
        if finish.roughness_map is None or surface.uv is None:
            return float(np.clip(finish.roughness, SMOOTHEST, 1.0))
        return self._bitmap(finish.roughness_map, finish.roughness, lambda image, scale: np.maximum(image * scale, SMOOTHEST * 255))

    def _raised(self, number: int, surface: Surface, model: dict) -> dict:
        finish = surface.finish
        if finish.height_map is None or surface.uv is None or finish.height_m <= 0:
            return model
        self._reliefs[number] = self._bitmap(finish.height_map, 1.0, lambda image, _: image)
        return {"type": "bumpmap", "relief": self._reliefs[number], "scale": float(finish.height_m), "nested": model}

    def _bitmap(self, image: np.ndarray, scale, scaled, *, raw: bool = True):
        key = id(image), scale, raw
        if key not in self._textures:
            data = np.ascontiguousarray(np.clip(scaled(image.astype(np.float32), scale), 0, 255).astype(np.uint8))
            bitmap = mi.Bitmap(data if data.ndim == 3 else data[..., None])
            self._textures[key] = image, mi.load_dict({"type": "bitmap", "bitmap": bitmap, "raw": raw, "wrap_mode": "repeat"})
        return self._textures[key][1]  # beside its image, which must live as long as its id is a key
