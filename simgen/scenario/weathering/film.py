"""Films: puddles and ice, thin sheets with sharp edges that lie on what faces the sky."""

from dataclasses import replace
from functools import cache

import numpy as np

from simgen.geometry import Pose
from simgen.scenario.finish import Finish
from simgen.scenario.surface import Surface
from simgen.scenario.weathering.noise import fractal, threshold
from simgen.scenario.weathering.ripple import still_water
from simgen.scenario.weathering.sheet import Sheet, clipped, fineness, refined, sheet_of
from simgen.scenario.weathering.shelter import Shelter
from simgen.scenario.weathering.wet import wetted

LIFT_M = 0.0005
"""Of a film over the surface below: more than a ray tracer's rounding, less than can be seen."""
MOST_PUDDLES = 0.5
"""Share of what is level that lies under puddles when wetness is 1."""
PUDDLE_M, ICE_M = 0.45, 0.25
"""Widths of their patches."""
FINEST_M, COARSEST_M, TRIANGLES = 0.012, 0.08, 12_000
"""Edges of the triangles that outline them, and about how many are worth it."""
ICE_SRGB = (0.80, 0.87, 0.93)
"""Of frozen water full of air."""
FROST_TEXELS, FROST_M = 256, 0.3
"""Texels each way of the pattern of frost, and metres that one repeat covers where a surface has no texture coordinates."""


def puddles(surface: Surface, pose: Pose, shelter: Shelter, wetness: float, rng: np.random.Generator) -> Surface | None:
    """Standing water on a surface that is level, with the surface's own texture at the bottom; None where there is none."""
    share = MOST_PUDDLES * np.clip(2 * wetness - 1, 0, 1)
    sheet = _patches(surface, pose, shelter, share, PUDDLE_M, rng)
    if sheet is None:
        return None
    water = replace(wetted(surface, 1.0), finish=Finish(roughness=0.02, clearcoat=1.0))
    return still_water(_laid(sheet, water, pose))


def ice(surface: Surface, pose: Pose, shelter: Shelter, share: float, rng: np.random.Generator) -> Surface | None:
    """Glaze on what faces up; None where there is none."""
    sheet = _patches(surface, pose, shelter, share, ICE_M, rng)
    if sheet is None:
        return None
    frost = _frost()
    below, texture = np.array(surface.colour), surface.texture
    if texture is None:
        below = 0.5 * below + 0.5 * np.array(ICE_SRGB)
    else:
        mixed = texture.astype(np.float32) * (0.5 * below.astype(np.float32)) + np.float32(127.5) * np.float32(ICE_SRGB)
        below, texture = np.ones(3), np.rint(mixed).astype(np.uint8)
    finish = Finish(roughness=1.0, clearcoat=0.8, roughness_map=frost, height_map=frost, height_m=0.0003)
    return _laid(sheet, replace(surface, colour=tuple(map(float, below)), texture=texture, finish=finish), pose)


def _patches(surface: Surface, pose: Pose, shelter: Shelter, share: float, width_m: float, rng: np.random.Generator) -> Sheet | None:
    """The part of a surface under smooth patches that cover a share of what lies open."""
    sheet = sheet_of(surface)
    area = sheet.areas().sum()
    if share <= 0 or area <= 0:
        return None
    sheet = refined(sheet, fineness(area, FINEST_M, COARSEST_M, TRIANGLES))
    world = pose.apply(sheet.vertices)
    free, weight = shelter.open(world), sheet.vertex_areas()
    noise = fractal(world, width_m, rng)
    patches, _ = clipped(sheet, np.minimum(noise - threshold(noise, weight * (free > 0.5), share), free - 0.5))
    return patches if len(patches.faces) else None


def _laid(sheet: Sheet, like: Surface, pose: Pose) -> Surface:
    """A sheet as a surface that looks like another, a little above it."""
    up = pose.rotation.T[:, 2]
    uv = sheet.uv if sheet.uv is not None else pose.apply(sheet.vertices)[:, :2] / FROST_M
    return replace(like, vertices=sheet.vertices + LIFT_M * up, faces=sheet.faces, normals=sheet.normals, uv=uv)


@cache
def _frost() -> np.ndarray:
    """Roughness of frozen water, uint8, (h, w), repeating: clear panes between veins of crystals; the same everywhere."""
    rng = np.random.default_rng(2)
    seeds = rng.uniform(0, FROST_TEXELS, (60, 2))
    grid = np.stack(np.meshgrid(*[np.arange(FROST_TEXELS)] * 2, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    apart = np.abs(grid - seeds)
    nearest = np.sort(np.hypot(*np.moveaxis(np.minimum(apart, FROST_TEXELS - apart), -1, 0)), axis=1)
    vein = np.exp(-(((nearest[:, 1] - nearest[:, 0]) / 5.0) ** 2)).reshape(FROST_TEXELS, FROST_TEXELS)
    grain = rng.uniform(size=vein.shape)
    return np.rint(255 * np.clip(0.08 + 0.35 * vein + 0.12 * grain, 0, 1)).astype(np.uint8)
