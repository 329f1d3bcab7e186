"""Shading: what a surface sends to the camera, from its direct light and how it takes light.

Diffuse and metallic-roughness gloss as real-time renderers do it: GGX highlights of sun and lamps, and the sky in the mirror
direction, blurred by roughness.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from simgen.geometry import locked
from simgen.scenario.colorimetry import luminance
from simgen.scenario.illumination import Illumination
from simgen.scenario.skylight import finer, harmonics, lit_by, radiance

F0 = 0.04
"""Reflectance of plastics, lacquer and water, seen straight on."""
BLURS = (0.0, 2.5, 8.0)
"""Texels by which the reflected sky is blurred at roughness 0, 0.35 and 0.7; beyond, its irradiance serves."""
BOUNCE = 0.25
"""Share of the picture's mean light that comes back from what the camera sees: walls and table light each other."""
SUN_CORE, SUN_RIM = np.radians(0.2), np.radians(0.55)
"""Radians from its middle up to which the sun's disc is full, and at which it has faded: wider than it is, so that pixels meet it."""
SUN_SR = np.pi * (SUN_CORE**2 + SUN_CORE * SUN_RIM + SUN_RIM**2) / 3


@dataclass(frozen=True, eq=False)
class Surfaces:
    """What is seen in N pixels."""

    albedo: np.ndarray
    """Linear sRGB, float32, (N, 3)."""
    roughness: np.ndarray
    """Perceptual, float32, (N,)."""
    metallic: np.ndarray
    """float32, (N,)."""
    normal: np.ndarray
    """Unit, world frame, facing the camera, float32, (N, 3)."""
    position: np.ndarray
    """World frame, metres, float32, (N, 3)."""
    view: np.ndarray
    """Unit vector towards the camera, world frame, float32, (N, 3)."""
    light: np.ndarray
    """Direct light, cd/m2 of a white matt surface, float32, (N, 3)."""


@dataclass(frozen=True, eq=False)
class Sky:
    """One sky, made ready for reflections and backgrounds."""

    fine: np.ndarray
    """Smoothly interpolated, for backgrounds, float32, (256, 512, 3)."""
    blurred: np.ndarray
    """By BLURS, float32, (64, 128, 3 for each)."""
    harmonics: np.ndarray
    """Of its irradiance, float32, (9, 3)."""


@lru_cache(maxsize=8)
def prepared(illumination: Illumination) -> Sky:
    """The sky of an illumination, remembered."""
    sky = illumination.sky
    blurs = [sky, *(gaussian_filter(sky, (blur, blur, 0), mode=("nearest", "wrap", "nearest")) for blur in BLURS[1:])]
    return Sky(locked(finer(sky)), locked(np.concatenate(blurs, axis=-1)), locked(harmonics(sky)))


def background(illumination: Illumination, direction: np.ndarray) -> np.ndarray:
    """Sky and sun along unit vectors, world frame, (N, 3): cd/m2, float32, (N, 3)."""
    seen = radiance(prepared(illumination).fine, direction)
    away = np.linalg.norm(direction - illumination.sun_direction.astype(np.float32), axis=1)
    disc = np.clip((SUN_RIM - away) / (SUN_RIM - SUN_CORE), 0, 1)
    return seen + disc[:, None] * (illumination.sun_illuminance / SUN_SR).astype(np.float32)


def shaded(seen: Surfaces, illumination: Illumination) -> np.ndarray:
    """What surfaces send to the camera, cd/m2, float32, (N, 3)."""
    sky = prepared(illumination)
    matt = seen.albedo * (1 - seen.metallic[:, None])
    around = (seen.albedo * seen.light).mean(0) if len(seen.light) else np.zeros(3, np.float32)
    gloss = F0 * (1 - seen.metallic[:, None]) + seen.albedo * seen.metallic[:, None]
    from_sky = lit_by(sky.harmonics, seen.normal) * np.float32(1 / np.pi)
    open_ = np.clip(luminance(seen.light) / np.maximum(luminance(from_sky), 1e-9), 0, 1)
    facing = np.clip((seen.normal * seen.view).sum(1), 0.02, 1)
    mirrored = _reflected(seen, sky, facing) * open_[:, None] + BOUNCE * around
    shine = mirrored * _environment_brdf(gloss, seen.roughness, facing)
    return matt * (seen.light + np.float32(BOUNCE) * around) + shine + _highlights(seen, illumination, gloss, from_sky, facing)


def _reflected(seen: Surfaces, sky: Sky, facing: np.ndarray) -> np.ndarray:
    """The sky in the mirror direction, blurred by roughness."""
    mirror = 2 * facing[:, None] * seen.normal - seen.view
    layers = np.split(radiance(sky.blurred, mirror), len(BLURS), axis=1) + [lit_by(sky.harmonics, mirror) * np.float32(1 / np.pi)]
    level = np.clip(seen.roughness / 0.35, 0, 2.999)
    out = np.zeros_like(seen.light)
    for number, layer in enumerate(layers):
        out += layer * np.maximum(1 - np.abs(level - number), 0)[:, None]
    return out


def _environment_brdf(gloss: np.ndarray, roughness: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """Share of an even surround that gloss reflects (Karis, "Physically based shading on mobile", 2014), (N, 3)."""
    x, y = 1 - roughness, 0.0425 - 0.0275 * roughness
    z, w = 1.04 - 0.572 * roughness, 0.022 * roughness - 0.04
    rim = np.minimum(x * x, 2.0 ** (-9.28 * facing)) * x + y
    return gloss * (z - 1.04 * rim)[:, None] + (w + 1.04 * rim)[:, None]


def _highlights(seen: Surfaces, illumination: Illumination, gloss: np.ndarray, from_sky: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """GGX highlights of sun and lamps, as far as the direct light says they are not in shadow: it holds their sum."""
    lights = [(np.broadcast_to(illumination.sun_direction.astype(np.float32), seen.normal.shape), illumination.sun_illuminance, 0.005)]
    for emitter in illumination.emitters:
        way = emitter.position.astype(np.float32) - seen.position
        distance = np.linalg.norm(way, axis=1, keepdims=True)
        towards = way / np.maximum(distance, 1e-6)
        candela = emitter.intensity(-(towards @ emitter.direction.astype(np.float32)))
        lights.append((towards, candela / (distance**2 + emitter.radius**2), emitter.radius / distance[:, 0]))
    total, full = np.zeros_like(seen.light), np.full(len(seen.light), 1e-9, np.float32)
    for towards, lux, size in lights:
        if not np.any(lux):
            continue
        cosine = np.maximum((seen.normal * towards).sum(1), 0)
        lit = (lux * cosine[:, None]).astype(np.float32)
        full += luminance(lit) * np.float32(1 / np.pi)
        total += lit * _ggx(seen, towards, cosine, gloss, size, facing)
    return total * np.clip(luminance(seen.light - from_sky) / full, 0, 1)[:, None]


def _ggx(seen: Surfaces, towards: np.ndarray, cosine: np.ndarray, gloss: np.ndarray, size, facing: np.ndarray) -> np.ndarray:
    """Reflected radiance over irradiance (Walter et al., 2007), widened by the size of the source (Karis, 2013), (N, 3)."""
    half = towards + seen.view
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    own = np.maximum(seen.roughness**2, 2e-3)
    wide = np.minimum(own + 0.5 * size, 1)
    peak = (seen.normal * half).sum(1) ** 2
    spread = wide**2 / (np.pi * (peak * (wide**2 - 1) + 1) ** 2) * (own / wide) ** 2
    k = own / 2
    masked = 1 / (4 * (facing * (1 - k) + k) * (cosine * (1 - k) + k))
    rim = (1 - np.clip((towards * half).sum(1), 0, 1)) ** 5
    return (spread * masked)[:, None] * (gloss + (1 - gloss) * rim[:, None])
