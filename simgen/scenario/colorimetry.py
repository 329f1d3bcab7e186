"""Colorimetry: the colours of glowing bodies, of white and of what an eye or a camera adapts to, in linear sRGB."""

from functools import lru_cache

import numpy as np

from simgen.geometry import locked

SRGB_OF_XYZ = locked(
    np.array([[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]])
)
"""Linear sRGB of CIE XYZ (IEC 61966-2-1; white is D65)."""
LUMINANCE = locked(np.linalg.inv(SRGB_OF_XYZ)[1])
"""Weights of linear sRGB in CIE Y."""
BRADFORD = locked(np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]))
"""Sharpened cone responses of CIE XYZ (Lam, 1985)."""
_CONES = BRADFORD @ np.linalg.inv(SRGB_OF_XYZ)
PLANCK_NM_K = 1.438777e7
"""Second radiation constant, nanometre kelvin."""


def luminance(colour: np.ndarray) -> np.ndarray:
    """CIE Y, (...), of linear sRGB, (..., 3), in the same unit."""
    return colour @ LUMINANCE.astype(colour.dtype)


def from_chromaticity(x: np.ndarray, y: np.ndarray, big_y: np.ndarray) -> np.ndarray:
    """Linear sRGB, (..., 3), of CIE xyY; what lies outside sRGB keeps its luminance and loses saturation."""
    xyz = np.stack([x * big_y / y, big_y, (1 - x - y) * big_y / y], axis=-1)
    return _inside(xyz @ SRGB_OF_XYZ.T, big_y)


def _inside(colour: np.ndarray, big_y: np.ndarray) -> np.ndarray:
    """Moves colours with a negative channel towards grey until it is zero."""
    lowest = np.minimum(colour.min(-1), 0.0)
    share = np.where(lowest < 0, big_y / np.maximum(big_y - lowest, 1e-300), 1.0)[..., None]
    return np.maximum(big_y[..., None] + (colour - big_y[..., None]) * share, 0.0)


@lru_cache(maxsize=1024)
def glow(kelvin: float) -> np.ndarray:
    """Linear sRGB of a black body of that temperature, luminance 1, float64, (3,).

    Planck's law through fits to the CIE 1931 observer (Wyman, Sloan and Shirley, 2013).
    """
    nm = np.arange(360.0, 831.0, 5.0)
    power = nm**-5 / np.expm1(PLANCK_NM_K / (nm * kelvin))
    power /= power.max()
    big_x = 1.056 * _lobe(nm, 599.8, 37.9, 31.0) + 0.362 * _lobe(nm, 442.0, 16.0, 26.7) - 0.065 * _lobe(nm, 501.1, 20.4, 26.2)
    big_y = 0.821 * _lobe(nm, 568.8, 46.9, 40.5) + 0.286 * _lobe(nm, 530.9, 16.3, 31.1)
    big_z = 1.217 * _lobe(nm, 437.0, 11.8, 36.0) + 0.681 * _lobe(nm, 459.0, 26.0, 13.8)
    xyz = np.array([big_x, big_y, big_z]) @ power
    return locked(_inside(SRGB_OF_XYZ @ (xyz / xyz[1]), np.array(1.0)))


def _lobe(nm: np.ndarray, middle: float, below: float, above: float) -> np.ndarray:
    """A bell of two widths, nanometres."""
    return np.exp(-0.5 * ((nm - middle) / np.where(nm < middle, below, above)) ** 2)


def cones(colour: np.ndarray) -> np.ndarray:
    """Bradford cone responses, (..., 3), of linear sRGB, (..., 3)."""
    return colour @ _CONES.T


def adaptation(white: np.ndarray) -> np.ndarray:
    """The matrix, (3, 3), that takes linear sRGB seen under a white, (3,), to how it looks under D65; keeps the white's luminance
    (von Kries scaling of Bradford cones)."""
    neutral = np.full(3, luminance(np.asarray(white, dtype=np.float64)))
    gain = cones(neutral) / np.maximum(cones(white), 1e-9)
    return np.linalg.inv(_CONES) @ np.diag(gain) @ _CONES
