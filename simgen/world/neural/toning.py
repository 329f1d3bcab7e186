"""Tones: the invertible curve between light and the numbers the network works on.

Exposure x becomes t = x / (x + s), then a root of it with a straight foot. The grey card comes to 0.43, white to 0.76: about as a
photograph shows them, so that an error counts as far as it will be seen; unlike the camera's curve it loses nothing.
"""

import numpy as np

SHOULDER = 0.7
"""Exposure that comes to half of the light."""
FOOT = 0.002
"""Of the root, so that darkness is not all noise."""
_LOW, _HIGH = np.sqrt(FOOT), np.sqrt(1 + FOOT)
BRIGHTEST = 64.0
"""Exposure up to which the network's word counts: beyond, where a step of tone is stops of light, cheap light passes."""


def toned(exposure: np.ndarray) -> np.ndarray:
    """Tones, 0 to 1, float32, of exposures, 0 and more."""
    exposure = np.maximum(exposure, np.float32(0))
    return (np.sqrt(exposure / (exposure + np.float32(SHOULDER)) + np.float32(FOOT)) - np.float32(_LOW)) * np.float32(1 / (_HIGH - _LOW))


def untoned(tone: np.ndarray) -> np.ndarray:
    """Exposures, float32, of tones; those outside 0 to 1 are clipped, and the brightest is BRIGHTEST."""
    tone = np.clip(tone, np.float32(0), _WHITEST)
    share = (tone * np.float32(_HIGH - _LOW) + np.float32(_LOW)) ** 2 - np.float32(FOOT)
    return np.float32(SHOULDER) * share / (1 - share)


_WHITEST = toned(np.float32(BRIGHTEST))
