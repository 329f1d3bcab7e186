"""Covering: water, snow, ice and dust on what faces the sky, pixel by pixel: a cheap stand-in for surfaces under weather."""

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from simgen.geometry import locked
from simgen.randomness import stream
from simgen.scenario.weather import Weather
from simgen.world.shading import Surfaces

TILE_M = 1.6
"""Metres after which the pattern of patches repeats."""
SNOW = np.array([0.86, 0.88, 0.92], np.float32)
DUST = np.array([0.36, 0.28, 0.19], np.float32)
ICE = np.array([0.55, 0.62, 0.68], np.float32)


def covered(seen: Surfaces, weather: Weather) -> Surfaces:
    """The same surfaces under weather; the very same where there is none.

    Wet things are darker and smoother (Lekner and Dorf, 1988), most where water gathers; snow and dust lie in growing patches.
    """
    if not (weather.wetness or weather.snow_cover or weather.ice or weather.dust):
        return seen
    up = np.clip(seen.normal[:, 2] * 1.6 - 0.35, 0, 1)
    patch = _patch(seen.position)
    if weather.dust:
        seen = _coated(seen, _grown(weather.dust, patch, up) * 0.8, DUST, 0.9)
    if weather.wetness:
        film = np.clip(weather.wetness * 2, 0, 1) * (0.35 + 0.65 * up)
        pool = _grown(max(2 * weather.wetness - 1, 0.0) * 0.6, patch, np.clip(up * 4 - 3, 0, 1))
        dark = (1 - 0.4 * film - 0.25 * pool)[:, None]
        smooth = seen.roughness * (1 - 0.6 * film)
        albedo = seen.albedo * np.where(seen.metallic[:, None] > 0.5, 1, dark)
        seen = replace(seen, albedo=albedo.astype(np.float32), roughness=smooth * (1 - pool) + 0.03 * pool)
    if weather.ice:
        seen = _coated(seen, _grown(weather.ice, patch, up) * 0.55, ICE, 0.12)
    if weather.snow_cover:
        seen = _coated(seen, _grown(weather.snow_cover, patch, up), SNOW, 0.9)
    return seen


def _grown(share: float, patch: np.ndarray, up: np.ndarray) -> np.ndarray:
    """How far each pixel is covered when a share of what faces the sky is: patches that grow until they close, (N,)."""
    return np.clip((patch * 0.8 + up - 1.9 + 1.15 * share + 0.05) / 0.25, 0, 1) * (share > 0) * np.clip(up * 3, 0, 1)


def _coated(seen: Surfaces, cover: np.ndarray, colour: np.ndarray, roughness: float) -> Surfaces:
    share = cover.astype(np.float32)[:, None]
    albedo = seen.albedo * (1 - share) + colour * share
    rough = seen.roughness * (1 - cover) + roughness * cover
    return replace(seen, albedo=albedo, roughness=rough, metallic=seen.metallic * (1 - cover))


def _patch(position: np.ndarray) -> np.ndarray:
    """Where things gather first, by place in the world, 0 to 1 evenly spread, (N,)."""
    scale = _PATCHES.shape[0] / TILE_M
    place = (position[:, 1] + 0.3 * position[:, 2]) * scale, (position[:, 0] + 0.3 * position[:, 2]) * scale
    return map_coordinates(_PATCHES, place, order=1, mode="grid-wrap")


def _patches() -> np.ndarray:
    rng = stream(0, 0, "patches")
    layers = [gaussian_filter(rng.standard_normal((256, 256)), width, mode="wrap") * width**1.4 for width in (1, 2, 4, 8, 16)]
    rank = np.argsort(np.argsort(sum(layers), axis=None)).reshape(256, 256)
    return locked((rank / rank.size).astype(np.float32))


_PATCHES = _patches()
