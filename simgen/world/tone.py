"""Tone: the curve from light on the sensor to the numbers of a picture.

Light is relative to a metered exposure: 0.18 is a grey card, 1 a white matt surface. The curve is a film's: the response of
Naka and Rushton (1966), x^n / (x^n + s^n), brought to 1 at WHITE; it keeps the grey card at 0.18, is a little steeper there than a
straight line, and rolls highlights off. Channels go through it one by one, so that glaring colours bleach as they do on film.
"""

import numpy as np

from simgen.compiled import compiled
from simgen.geometry import locked

GREY = 0.18
"""Reflectance of a grey card."""
WHITE = 12.0
"""Exposure from which on everything is white: six stops above grey."""
CONTRAST = 1.4
"""Exponent of the response."""
STEPS = 1 << 14
"""Entries of the table from exposure to bytes, evenly spaced over the root of the exposure: a step is under a tenth of a byte."""


def film(exposure: np.ndarray) -> np.ndarray:
    """Linear display light, 0 to 1, of exposures."""
    power, white, grey = np.clip(exposure, 0, WHITE) ** CONTRAST, WHITE**CONTRAST, GREY**CONTRAST
    half = grey * white * (1 - GREY) / (GREY * white - grey)
    return power / (power + half) * ((white + half) / white)


def encode(linear: np.ndarray) -> np.ndarray:
    """sRGB, 0 to 1, of linear light, 0 to 1 (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    """sRGB, uint8, of linear light, 0 to 1, rounded."""
    return np.rint(encode(linear) * 255).astype(np.uint8)


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """Linear light, float32, 0 to 1, of sRGB, uint8."""
    return LINEAR[srgb]


def printed(exposure: np.ndarray) -> np.ndarray:
    """sRGB, uint8, of exposures, float32: `film`, then `to_srgb`."""
    return PRINT[np.rint(np.sqrt(np.clip(exposure, 0, WHITE) * np.float32(1 / WHITE)) * np.float32(STEPS - 1)).astype(np.int32)]


def median(light: np.ndarray) -> float:
    """The middle one of some light, float32, none of it negative; of two that are equally near the middle, the greater."""
    return float(np.uint32(_ranked(np.ascontiguousarray(light).reshape(-1).view(np.uint32), light.size // 2)).view(np.float32))


@compiled
def _ranked(bits, rank):
    """The number of a rank, ascending, from 0: found by its high bits, then its middle ones, then its low ones."""
    known, places, low = np.uint32(0), np.uint32(0), np.int64(0)
    for shift, width in ((21, 11), (10, 11), (0, 10)):
        counts = np.zeros(1 << width, np.int64)
        for n in range(len(bits)):
            if bits[n] & places == known:
                counts[(bits[n] >> np.uint32(shift)) & np.uint32((1 << width) - 1)] += 1
        digit = 0
        while low + counts[digit] <= rank:
            low += counts[digit]
            digit += 1
        known |= np.uint32(digit << shift)
        places |= np.uint32(((1 << width) - 1) << shift)
    return known


_CODES = np.arange(256) / 255
LINEAR = locked(np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32))
"""Linear light of sRGB codes, float32, (256,)."""
PRINT = locked(to_srgb(film((np.arange(STEPS) / (STEPS - 1)) ** 2 * WHITE)))
"""sRGB codes of exposures, `film` then `to_srgb`: entry n is that of WHITE * (n / (STEPS - 1))^2, uint8, (STEPS,)."""
