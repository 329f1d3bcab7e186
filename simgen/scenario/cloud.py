"""Clouds: how much of the sky they cover and how they take light."""

from functools import lru_cache

import numpy as np

from simgen.geometry import locked
from simgen.randomness import stream
from simgen.scenario.colorimetry import luminance
from simgen.scenario.daylight import smoothstep
from simgen.scenario.skylight import directions, horizontal_illuminance

CELLS = 64
"""Cells a side of the lattice that clouds are made from, after which they repeat."""
SOFTNESS = 0.16
"""Over which share of thickness a cloud's rim fades."""
DRIFT_PER_DEG = 0.05
"""Cells that the clouds have drifted while the sun has moved by a degree: other hours have other clouds, and no hour jumps."""
OVERCAST = np.array([0.97, 1.0, 1.06])
"""Colour of light through thick cloud."""


def clouded(clear: np.ndarray, cover: float, sun: np.ndarray, sun_lux: np.ndarray, elevation_deg: float, azimuth_deg: float) -> np.ndarray:
    """A cloudless sky, (64, 128, 3), with clouds, cd/m2; the lower half is no sky.

    Bright clouds around the sun are blended over clear sky, and towards full cover into the CIE's standard overcast sky
    (S 011, 2003: three times brighter at the zenith than at the horizon). The whole is brought to `clouded_lux`.

    Args:
        clear: of `clear_sky`, cd/m2.
        cover: share of the sky that is clouded, 0 to 1.
        sun: unit vector towards it, world frame.
        sun_lux: on a plane that faces the sun, were there no clouds, (3,).
        elevation_deg: of the sun.
        azimuth_deg: of the sun.
    """
    direction = directions()
    clear_lux = horizontal_illuminance(clear)
    thickness = _thickness(elevation_deg, azimuth_deg)
    middle = 1 + SOFTNESS - cover * (1 + 2 * SOFTNESS)
    opacity = smoothstep(middle - SOFTNESS, middle + SOFTNESS, thickness)[..., None]
    light = clear_lux + sun_lux * max(float(sun[2]), 0.05)
    colour = light / max(float(luminance(light)), 1e-12)
    colour = colour * (1 - cover**2) + OVERCAST / luminance(OVERCAST) * cover**2
    silver = 1 + 1.5 * np.exp(-np.arccos(np.clip(direction @ sun, -1, 1)) / 0.35)
    depth = np.clip(thickness - middle, 0, 1)
    body = (silver * (1.15 - 0.75 * depth))[..., None] * colour * (0.55 * luminance(light) / np.pi)
    broken = clear * (1 - opacity) + body * opacity
    layer = (1 + 2 * np.clip(direction[..., 2], 0, 1)) / 3 * (0.8 + 0.4 * thickness)
    closed = layer[..., None] * (OVERCAST * luminance(light))
    sky = _of_lux(broken, 1.0) * (1 - smoothstep(0.55, 1.0, cover)) + _of_lux(closed, 1.0) * smoothstep(0.55, 1.0, cover)
    return _of_lux(sky, clouded_lux(float(luminance(clear_lux)), float(sun[2]), cover))


def clouded_lux(clear_lux: float, sine: float, cover: float) -> float:
    """Of a clouded sky on level ground: between the clear sky's, 0.3 + 45 sin (partly cloudy) and 0.3 + 21 sin (overcast) kilolux
    of the sun's elevation (IES Lighting Handbook); below the horizon in proportion to the clear sky's."""
    ratio = 0.3 / 0.8 * (clear_lux if sine <= 0 else min(clear_lux, 800.0))
    partly, overcast = ratio + 45_000 * max(sine, 0.0), ratio + 21_000 * max(sine, 0.0)
    return clear_lux * (1 - cover) + overcast * cover + 4 * cover * (1 - cover) * (partly - (clear_lux + overcast) / 2)


def _of_lux(sky: np.ndarray, lux: float) -> np.ndarray:
    return sky * (lux / max(float(luminance(horizontal_illuminance(sky))), 1e-300))


def _thickness(elevation_deg: float, azimuth_deg: float) -> np.ndarray:
    """Of a layer of cloud seen from below, 0 to 1, spread evenly over that range, (64, 128)."""
    direction = directions()
    height = np.maximum(direction[..., 2], 0.0) + 0.12
    x = direction[..., 0] / height * 1.6 + DRIFT_PER_DEG * azimuth_deg
    y = direction[..., 1] / height * 1.6 + DRIFT_PER_DEG * elevation_deg
    total = sum(_noise(x * 2.0**octave, y * 2.0**octave, octave) * 0.55**octave for octave in range(5))
    norm = sum(0.55**octave for octave in range(5))
    return smoothstep(0.22, 0.78, total / norm)


def _noise(x: np.ndarray, y: np.ndarray, octave: int) -> np.ndarray:
    """Lattice noise, 0 to 1, smooth, of one octave."""
    lattice = _lattice(octave)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, down = smoothstep(0.0, 1.0, x - left), smoothstep(0.0, 1.0, y - top)
    upper = lattice[top % CELLS, left % CELLS] * (1 - right) + lattice[top % CELLS, (left + 1) % CELLS] * right
    lower = lattice[(top + 1) % CELLS, left % CELLS] * (1 - right) + lattice[(top + 1) % CELLS, (left + 1) % CELLS] * right
    return upper * (1 - down) + lower * down


@lru_cache(maxsize=8)
def _lattice(octave: int) -> np.ndarray:
    """The same clouds in every scene: what a scene varies is its hour and cover."""
    return locked(stream(0, 0, f"clouds {octave}").random((CELLS, CELLS)))
