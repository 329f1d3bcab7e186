"""Skylight: what a map of the sky shows in a direction and sends onto a plane.

A map is equirectangular, (R, 2 R, 3): row 0 is the zenith, the last row straight down; column c is the azimuth
(c + 0.5) / (2 R) * 360 degrees from the world's x axis, counter-clockwise.
"""

import numpy as np
from scipy.ndimage import map_coordinates

from simgen.scenario.colorimetry import luminance
from simgen.scenario.illumination import Illumination

ROWS, COLUMNS = 64, 128


def directions(rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Unit vectors, world frame, to the middle of every texel, float64, (rows, columns, 3)."""
    polar, azimuth = (np.arange(rows) + 0.5) / rows * np.pi, (np.arange(columns) + 0.5) / columns * 2 * np.pi
    z, around = np.broadcast_to(np.cos(polar)[:, None], (rows, columns)), np.sin(polar)[:, None]
    return np.stack([around * np.cos(azimuth), around * np.sin(azimuth), z], axis=-1)


def solid_angle(rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Steradians of one texel of every row, float64, (rows, 1); all texels together are 4 pi."""
    return -np.diff(np.cos(np.linspace(0, np.pi, rows + 1)))[:, None] * (2 * np.pi / columns)


def finer(sky: np.ndarray, times: int = 4) -> np.ndarray:
    """The same map smoothly interpolated (cubic B-spline) to `times` the size, float32, so that texels do not show behind a scene."""
    rows, columns = sky.shape[:2]
    rim = 3
    wide = np.pad(sky, [(rim, rim), (0, 0), (0, 0)], mode="edge")
    wide = np.pad(wide, [(0, 0), (rim, rim), (0, 0)], mode="wrap")
    row = (np.arange(rows * times) + 0.5) / times - 0.5 + rim
    column = (np.arange(columns * times) + 0.5) / times - 0.5 + rim
    place = np.meshgrid(row, column, indexing="ij")
    fine = [map_coordinates(wide[..., c], place, order=3, prefilter=False) for c in range(3)]
    return np.ascontiguousarray(np.stack(fine, axis=-1), dtype=np.float32)


def radiance(sky: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """cd/m2 seen along unit vectors, world frame, (..., 3): a map, or several with C channels in all, interpolated linearly, (..., C)."""
    rows, columns = sky.shape[:2]
    x, y, z = (np.asarray(direction[..., i], dtype=np.float32) for i in range(3))
    row = np.clip(np.arccos(np.clip(z, -1, 1)) * np.float32(rows / np.pi) - np.float32(0.5), 0, rows - 1)
    column = np.arctan2(y, x) * np.float32(columns / (2 * np.pi)) - np.float32(0.5)
    top, left = np.minimum(row.astype(np.int32), rows - 2), np.floor(column).astype(np.int32)
    down, right = (row - top)[..., None], (column - left)[..., None]
    left, after = left % columns, (left + 1) % columns
    upper = sky[top, left] * (1 - right) + sky[top, after] * right
    lower = sky[top + 1, left] * (1 - right) + sky[top + 1, after] * right
    return upper * (1 - down) + lower * down


def horizontal_illuminance(sky: np.ndarray) -> np.ndarray:
    """Lux that the upper half of a map sends onto level ground, float64, (3,)."""
    rows, columns = sky.shape[:2]
    edge = np.cos(np.linspace(0, np.pi / 2, rows // 2 + 1)) ** 2
    return np.einsum("r,rck->k", -np.diff(edge) * np.pi / columns, sky[: rows // 2].astype(np.float64))


def harmonics(sky: np.ndarray) -> np.ndarray:
    """Irradiance of a map in the nine spherical harmonics up to order two, times the basis' constants, float32, (9, 3).

    Ramamoorthi and Hanrahan, "An efficient representation for irradiance environment maps", 2001.
    """
    rows, columns = sky.shape[:2]
    basis = _basis(directions(rows, columns))
    weighted = np.einsum("rck,rcb->bk", sky * solid_angle(rows, columns)[..., None], basis * _NORM**2)
    return (weighted * _COSINE[:, None]).astype(np.float32)


def irradiance(sky: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Lux that a map sends onto planes with those unit normals, world frame, (..., 3): float32, (..., 3).

    Exact for light that varies slowly; what is brighter than a harmonic of order two can say is smoothed, and never negative.
    """
    return lit_by(harmonics(sky), normal)


def lit_by(coefficients: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """`irradiance` from the `harmonics` of a map."""
    return np.maximum(_basis(np.asarray(normal, dtype=np.float32)) @ coefficients, 0)


def _basis(d: np.ndarray) -> np.ndarray:
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    return np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], axis=-1)


_NORM = np.array([0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274])
"""Constants of the real spherical harmonics."""
_COSINE = np.pi * np.array([1, 2 / 3, 2 / 3, 2 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4])
"""What a clamped cosine makes of each order."""


def illuminant(illumination: Illumination) -> np.ndarray:
    """Colour of the light as a whole, luminance 1, float64, (3,). White in perfect darkness."""
    total = level(illumination)
    amount = float(luminance(total))
    return total / amount if amount > 1e-9 else np.ones(3)


def level(illumination: Illumination) -> np.ndarray:
    """Lux of the light as a whole, float64, (3,): of sun and sky on level ground and of lamps a metre and a half away."""
    total = horizontal_illuminance(illumination.sky) + illumination.sun_illuminance * max(float(illumination.sun_direction[2]), 0.1)
    for emitter in illumination.emitters:
        total = total + emitter.intensity(np.array(1.0)) / 1.5**2
    return total
