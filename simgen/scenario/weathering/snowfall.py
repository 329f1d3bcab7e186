"""Snow that lies: a soft blanket on what faces the sky, thin at its edges."""

from functools import cache

import numpy as np
from scipy.spatial import cKDTree

from simgen.geometry import Pose
from simgen.scenario.finish import Finish
from simgen.scenario.surface import Surface
from simgen.scenario.weathering.noise import fractal, threshold
from simgen.scenario.weathering.sheet import Sheet, clipped, fineness, refined, rim, smooth_normals, welded
from simgen.scenario.weathering.shelter import Shelter

DEEPEST_M = 0.010
"""Depth in the middle of a wide blanket when all is covered."""
LIFT_M = 0.0006
"""Of its edge over the surface below."""
PATCH_M, RAGGEDNESS, LUMP_M = 0.3, 0.72, 0.06
"""Width of bare patches, strength of each finer octave of their outlines, and width of its unevenness."""
MARGIN = 0.35
"""Of the outline's noise, in which finer triangles are worth it."""
COARSEST_M, TRIANGLES = 0.06, 8_000
"""Longest edges of its triangles, and about how many are worth it."""
FINER_AT_EDGES = 0.4
"""Of those edges, where it thins out."""
FEATHER = 2.2
"""How many depths from its edge it reaches two thirds of its depth."""
SNOW_SRGB = (0.95, 0.965, 0.985)
"""Reflectance 0.9, slightly blue: ice swallows red."""
GRAIN_TEXELS, GRAIN_M = 256, 0.22
"""Texels each way of its grain, and metres that one repeat covers."""


def blanket(
    surface: Surface, pose: Pose, shelter: Shelter, cover: float, deepest_m: float, finest_m: float, rng: np.random.Generator
) -> Surface | None:
    """Snow on a surface all of which faces the sky; None where none lies.

    Args:
        surface: triangles that face up.
        pose: world_T_link.
        shelter: what hangs above.
        cover: share of what lies open that is covered.
        deepest_m: depth at full cover.
        finest_m: shortest edges worth while away from its own edge.
        rng: of its outline.
    """
    sheet = welded(surface)
    area = sheet.areas().sum()
    if cover <= 0 or area <= 0:
        return None
    edge, seed = fineness(area, finest_m, COARSEST_M, TRIANGLES), int(rng.integers(2**32))
    sheet = refined(sheet, edge)
    noise, free = _outline(sheet, pose, seed), shelter.open(pose.apply(sheet.vertices))
    least = threshold(noise, sheet.vertex_areas() * (free > 0.5), cover)
    sheet = _finer(sheet, (np.abs(noise - least) < MARGIN) | (np.abs(free - 0.5) < 0.5), edge)
    free = shelter.open(pose.apply(sheet.vertices))
    sheet, _ = clipped(sheet, np.minimum(_outline(sheet, pose, seed) - least, free - 0.5))
    if not len(sheet.faces):
        return None
    depth = deepest_m * (0.4 + 0.6 * cover)
    sheet = _finer(sheet, _from_rim(sheet) < FEATHER * depth, edge)
    return _surface(_raised(sheet, pose, depth, rng), pose, surface)


def _outline(sheet: Sheet, pose: Pose, seed: int) -> np.ndarray:
    """How willingly snow lies at every vertex: in ragged patches, and rather where it is level, (V,)."""
    patches = fractal(pose.apply(sheet.vertices), PATCH_M, np.random.default_rng(seed), octaves=5, persistence=RAGGEDNESS)
    return patches + 0.8 * sheet.normals @ pose.rotation[2]


def _finer(sheet: Sheet, there: np.ndarray, edge: float) -> Sheet:
    """A sheet with shorter edges in some places, as far as they are worth their triangles."""
    finer = fineness(sheet.vertex_areas()[there].sum(), FINER_AT_EDGES * edge, edge, TRIANGLES)
    return refined(sheet, np.where(there, finer, edge))


def _raised(sheet: Sheet, pose: Pose, deepest_m: float, rng: np.random.Generator) -> Sheet:
    """Lifted along the way up by its depth, which is nothing at its edges and grows like a pillow's."""
    lumps = fractal(pose.apply(sheet.vertices), LUMP_M, rng, octaves=2)
    depth = deepest_m * (1 + 0.12 * lumps) * (1 - np.exp(-_from_rim(sheet) / (FEATHER * deepest_m)))
    depth *= np.clip(sheet.normals @ pose.rotation[2], 0.0, 1.0)
    vertices = sheet.vertices + (LIFT_M + np.clip(depth, 0, 1.25 * deepest_m))[:, None] * pose.rotation.T[:, 2]
    return Sheet(np.concatenate([vertices, smooth_normals(vertices, sheet.faces)], axis=1), sheet.faces)


def _from_rim(sheet: Sheet) -> np.ndarray:
    """Distance of every vertex from the sheet's edge, metres, (V,)."""
    edge = rim(sheet.faces)
    return cKDTree(sheet.vertices[edge]).query(sheet.vertices)[0] if len(edge) else np.full(len(sheet.vertices), np.inf)


def _surface(sheet: Sheet, pose: Pose, below: Surface) -> Surface:
    uv = pose.apply(sheet.vertices)[:, :2] / GRAIN_M
    return Surface(below.body, below.link, sheet.vertices, sheet.faces, SNOW_SRGB, uv, None, sheet.normals, _grain())


@cache
def _grain() -> Finish:
    """Matt grains among which a few flat crystals glint; the same everywhere, for its repeats cannot be told apart."""
    rng = np.random.default_rng(1)
    relief = sum(np.kron(rng.uniform(size=(GRAIN_TEXELS // size,) * 2), np.ones((size, size))) * size for size in (1, 2, 4))
    roughness = np.where(rng.uniform(size=relief.shape) < 0.02, 60, 235)
    height = np.rint(255 * relief / relief.max())
    return Finish(roughness=1.0, sheen=0.3, roughness_map=roughness.astype(np.uint8), height_map=height.astype(np.uint8), height_m=0.0012)
