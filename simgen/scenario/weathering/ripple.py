"""Ripples: rings that raindrops send over puddles."""

from dataclasses import replace

import numpy as np

from simgen.randomness import stream
from simgen.scenario.surface import Surface
from simgen.scenario.weather import Weather

TEXEL_M = 0.003
"""Finest detail of the water's surface."""
FEWEST, MOST = 64, 320
"""Texels each way of one repeat."""
RELIEF_M = 0.0016
"""From the deepest trough to the highest crest that is drawn."""
DENT_M, WIDTH_M = 0.0006, 0.004
"""Depth and width of what a drop leaves where it falls in."""
LIFE_S, SLOT_S = 0.9, 0.03
"""How long a ring is seen, and how finely the moments of falling in are told apart."""
DAMPING_PER_S = 4.0
DROPS_PER_M2_MM = 40.0
"""Drops large enough to send out rings, a square metre, for every millimetre of rain an hour and second, up to MOST_DROPS_PER_M2."""
MOST_DROPS_PER_M2 = 900.0
GRAVITY_M_S2, TENSION_M3_S2 = 9.81, 7.3e-5
"""Of water: what drives long and short waves."""


def still_water(puddle: Surface) -> Surface:
    """A puddle that can be rippled: with a height map as fine as its texture coordinates ask for."""
    texels = int(np.clip(np.ceil(_span_m(puddle) / TEXEL_M), FEWEST, MOST))
    return replace(puddle, finish=replace(puddle.finish, height_map=np.full((texels, texels), 128, np.uint8), height_m=RELIEF_M))


def frozen(puddle: Surface, weather: Weather, seed: int) -> Surface:
    """A puddle with the rings of its first instant."""
    return replace(puddle, finish=replace(puddle.finish, height_map=ripples(puddle, weather, seed=seed, time_ns=0)))


def ripples(puddle: Surface, weather: Weather, *, seed: int, time_ns: int) -> np.ndarray:
    """The height map of a puddle at one instant; it depends on no other instant.

    Every drop leaves a dent, from which capillary and gravity waves run with the speeds they have in deep water
    (Lamb, Hydrodynamics, 1932, article 267).

    Args:
        puddle: one of `Weathered.puddles`.
        weather: its rain.
        seed: of the scene.
        time_ns: simulated time.

    Returns:
        uint8, of the shape of the puddle's own height map; its `height_m` stays as it is.
    """
    texels, span = len(puddle.finish.height_map), _span_m(puddle)
    across, along = 2 * np.pi * np.fft.rfftfreq(texels, span / texels), 2 * np.pi * np.fft.fftfreq(texels, span / texels)
    wave = np.hypot(along[:, None], across)
    rate = np.sqrt(GRAVITY_M_S2 * wave + TENSION_M3_S2 * wave**3)
    dent = -DENT_M * 2 * np.pi * WIDTH_M**2 / (span / texels) ** 2 * np.exp(-0.5 * (wave * WIDTH_M) ** 2)
    drops = min(DROPS_PER_M2_MM * weather.rain_mm_h, MOST_DROPS_PER_M2) * SLOT_S * span**2
    slot = time_ns // int(SLOT_S * 1e9)
    total = np.zeros_like(wave, dtype=np.complex128)
    for past in range(int(LIFE_S / SLOT_S)):
        rng = stream(seed, int(slot - past), "ripples")
        count = rng.poisson(drops)
        struck = np.zeros((texels, texels))
        np.add.at(struck, tuple(rng.integers(0, texels, (2, count))), rng.uniform(0.4, 1.0, count))
        age = past * SLOT_S + (time_ns * 1e-9) % SLOT_S
        total += np.fft.rfft2(struck) * np.cos(rate * age) * np.exp(-DAMPING_PER_S * age)
    height = np.fft.irfft2(total * dent, (texels, texels))
    return np.rint(np.clip(128 + 255 * height / RELIEF_M, 0, 255)).astype(np.uint8)


def _span_m(puddle: Surface) -> float:
    """Metres that one repeat of the texture covers."""
    first, second, third = np.moveaxis(puddle.vertices[puddle.faces], 1, 0)
    area = np.linalg.norm(np.cross(second - first, third - first), axis=1).sum()
    first, second, third = np.moveaxis(puddle.uv[puddle.faces], 1, 0)
    edge_a, edge_b = second - first, third - first
    return float(np.sqrt(area / max(np.abs(edge_a[:, 0] * edge_b[:, 1] - edge_a[:, 1] * edge_b[:, 0]).sum(), 1e-12)))
