"""Fog: what is far is lost in the glow of the air, and lamps and the sun have a halo."""

import numpy as np

from simgen.compiled import compiled, in_bands
from simgen.observation import Observation
from simgen.randomness import stream
from simgen.scenario.illumination import Illumination
from simgen.scenario.weather import Weather
from simgen.world.atmosphere.ray import directions, stretch

CLEAR_PER_M = Weather().extinction_per_m
"""Extinction of clear air, which counts as none: the sky already shows it."""
TOP_M = 60.0
"""Height of the layer above the world's origin."""
FARTHEST_M = 1000.0
"""Length of a ray that leaves the layer nowhere."""
FORWARDNESS = 0.7
"""Asymmetry of fog droplets for visible light, smoothed by repeated scattering."""
BANKS = 4
"""Waves that the density is made of."""
BANK_M = (0.6, 3.0)
"""Shortest and longest wave."""
PATCHINESS = 0.5
"""By how much, at most, the density differs from its mean."""
STEPS = 12
"""Points along a ray at which a lamp's light is asked for."""


def fogged(radiance: np.ndarray, observation: Observation, weather: Weather, illumination: Illumination, *, seed: int) -> np.ndarray:
    """Radiance behind fog (Koschmieder, 1924): light is lost along the ray, and what the air itself shines comes in.

    Args:
        radiance: cd/m2, float32, (H, W, 3).
        observation: exact buffers.
        weather: its wind carries the banks of fog along.
        illumination: extinction, airlight, sun and lamps.
        seed: of the banks.

    Returns:
        float32, (H, W, 3); the very same array in clear air.
    """
    extinction = illumination.extinction_per_m - CLEAR_PER_M
    if extinction <= 0:
        return radiance
    view, out = observation.view, np.empty(radiance.shape, np.float32)
    origin = view.world_T_camera.position
    drift = observation.time_ns * 1e-9 * weather.wind_m_s * _heading(weather)
    length = np.minimum(observation.depth, np.float32(FARTHEST_M)) * stretch(view)
    seen = np.ascontiguousarray(radiance, dtype=np.float32), directions(view), length
    air = np.float32(extinction), np.float32(TOP_M - origin[2]), _waves(origin - drift, seed)
    sun = np.concatenate([illumination.sun_direction, illumination.sun_illuminance, illumination.airlight]).astype(np.float32)
    in_bands(_fogged, len(out), *seen, *air, sun, _lamps(illumination, origin), out)
    return out


def _waves(origin: np.ndarray, seed: int) -> np.ndarray:
    """The relative density of the air, whose mean is 1, is a sum of waves: wave vectors and their phase at the origin, float32,
    (BANKS, 4)."""
    rng, waves = stream(seed, 0, "fog banks"), []
    for _ in range(BANKS):
        wave = rng.normal(size=3) * (1.0, 1.0, 0.5)
        wave *= 2 * np.pi / (np.linalg.norm(wave) * np.exp(rng.uniform(*np.log(BANK_M))))
        waves.append([*wave, (wave @ origin + rng.uniform(0, 2 * np.pi)) % (2 * np.pi)])
    return np.array(waves, np.float32)


def _lamps(illumination: Illumination, origin: np.ndarray) -> np.ndarray:
    """`Emitter.row` of the lamps that shine, as seen from the camera, and their candela, float32, (L, 14)."""
    lamps = [lamp for lamp in illumination.emitters if lamp.radiance.any()]
    return np.array([[*(lamp.position - origin), *lamp.row[3:], *lamp.candela] for lamp in lamps], np.float32).reshape(-1, 14)


@compiled
def _fogged(first, end, radiance, toward, length, extinction, room, waves, sun, lamps, out):
    """Write what is seen through fog, row by row.

    Args:
        first: row.
        end: of the rows.
        radiance: before fog, (H, W, 3).
        toward: unit vectors, world frame, (H, W, 3).
        length: metres to what is seen, (H, W).
        extinction: per metre.
        room: metres from the camera up to the top of the fog.
        waves: of its density.
        sun: its direction and illuminance, and the airlight, (9,).
        lamps: as `_lamps` has them.
        out: float32, (H, W, 3).
    """
    width = radiance.shape[1]
    way, work = np.empty((3, width), np.float32), np.empty((15, width), np.float32)
    far, through, halo, gathered = work[11], work[12], work[13], work[14]
    steep, high, low = room / np.float32(FARTHEST_M), np.float32(FARTHEST_M), np.float32(1e-6)
    for row in range(first, end):
        for i in range(width):
            way[0, i], way[1, i], way[2, i] = toward[row, i, 0], toward[row, i, 1], toward[row, i, 2]
            far[i] = min(length[row, i], room / max(way[2, i], low) if way[2, i] > steep else high)
        _cross(way, far, waves, extinction, through)
        for i in range(width):
            turned = _turned(sun[0] * way[0, i] + sun[1] * way[1, i] + sun[2] * way[2, i])
            halo[i] = max(turned - np.float32(1 / (4 * np.pi)), np.float32(0))
        for i in range(width):
            for k in range(3):
                glow = sun[6 + k] + halo[i] * sun[3 + k]
                out[row, i, k] = radiance[row, i, k] * through[i] + glow * (np.float32(1) - through[i])
        for lamp in range(len(lamps)):
            _gather(lamps, lamp, way, far, extinction, work, gathered)
            for i in range(width):
                for k in range(3):
                    out[row, i, k] += extinction * gathered[i] * lamps[lamp, 11 + k]


@compiled
def _cross(way, far, waves, extinction, through):
    """Write the share of light that comes through along rays: the density is integrated exactly."""
    for i in range(len(far)):
        through[i] = far[i]
    for wave in range(len(waves)):
        for i in range(len(far)):
            half = np.float32(0.5) * (way[0, i] * waves[wave, 0] + way[1, i] * waves[wave, 1] + way[2, i] * waves[wave, 2])
            half = half if abs(half) >= np.float32(1e-4) else np.float32(1e-4)
            swing = np.sin(half * far[i]) * np.sin(waves[wave, 3] + half * far[i])
            through[i] += np.float32(PATCHINESS / BANKS) * swing / half
    for i in range(len(far)):
        through[i] = np.exp(-extinction * through[i])


@compiled
def _turned(cosine):
    """`henyey_greenstein` of FORWARDNESS."""
    square = np.float32(1 + FORWARDNESS * FORWARDNESS) - np.float32(2 * FORWARDNESS) * cosine
    return np.float32((1 - FORWARDNESS * FORWARDNESS) / (4 * np.pi)) / (square * np.sqrt(square))


@compiled
def _gather(lamps, lamp, way, far, extinction, work, out):
    """Write light of a lamp scattered once along rays, per unit of extinction and candela: summed over points of equal angle as
    seen from the lamp (Kulla and Fajardo, 2012), from each to the next by turning through the angle between."""
    x, y, z, a, b, c = lamps[lamp, 0], lamps[lamp, 1], lamps[lamp, 2], lamps[lamp, 3], lamps[lamp, 4], lamps[lamp, 5]
    half_cone, fading = lamps[lamp, 9], lamps[lamp, 10]
    square, before, one, none = x * x + y * y + z * z, x * a + y * b + z * c, np.float32(1), np.float32(0)
    nearest, away, along, place, distance, weight = work[0], work[1], work[2], work[3], work[4], work[5]
    cosine, sine, turn_cosine, turn_sine, share = work[6], work[7], work[8], work[9], work[10]
    for i in range(len(far)):
        nearest[i] = x * way[0, i] + y * way[1, i] + z * way[2, i]
        along[i] = a * way[0, i] + b * way[1, i] + c * way[2, i]
        away[i] = np.sqrt(max(square - nearest[i] * nearest[i], lamps[lamp, 6]))
        share[i] = (np.arctan((far[i] - nearest[i]) / away[i]) + np.arctan(nearest[i] / away[i])) * np.float32(1 / STEPS)
        out[i], half = none, np.float32(0.5) * share[i]
        half_cosine, half_sine = np.cos(half), np.sin(half)
        turn_cosine[i], turn_sine[i] = half_cosine * half_cosine - half_sine * half_sine, np.float32(2) * half_cosine * half_sine
        whole = np.sqrt(nearest[i] * nearest[i] + away[i] * away[i])
        cosine[i] = (away[i] * half_cosine + nearest[i] * half_sine) / whole
        sine[i] = (away[i] * half_sine - nearest[i] * half_cosine) / whole
    for _ in range(STEPS):  # in loops as short as these the compiler does eight pixels at once
        for i in range(len(far)):
            distance[i] = away[i] / cosine[i]
        for i in range(len(far)):
            place[i] = nearest[i] + distance[i] * sine[i]
        for i in range(len(far)):
            axis = min(max((place[i] * along[i] - before) / distance[i], none), one)
            fade = min(max((half_cone - _arccos(axis)) / fading, none), one)  # as `Emitter.intensity` has it
            weight[i] = axis * fade * _turned(-sine[i])
        for i in range(len(far)):
            out[i] += weight[i] * np.exp(-extinction * (max(place[i], none) + distance[i]))
        for i in range(len(far)):
            before_turn = cosine[i]
            cosine[i] = before_turn * turn_cosine[i] - sine[i] * turn_sine[i]
            sine[i] = sine[i] * turn_cosine[i] + before_turn * turn_sine[i]
    for i in range(len(far)):
        out[i] *= share[i] / away[i]


@compiled
def _arccos(cosine):
    """Of 0 to 1, to a ten-millionth (Abramowitz and Stegun, 4.4.46)."""
    angle = np.float32(0.0066700901) - np.float32(0.0012624911) * cosine
    angle = (np.float32(0.030891881) + (angle * cosine - np.float32(0.0170881256)) * cosine) * cosine - np.float32(0.0501743046)
    angle = (angle * cosine + np.float32(0.0889789874)) * cosine - np.float32(0.2145988016)
    return (angle * cosine + np.float32(1.570796305)) * np.sqrt(np.float32(1) - cosine)


def _heading(weather: Weather) -> np.ndarray:
    """Unit vector along the wind, (3,)."""
    angle = np.radians(weather.wind_azimuth_deg)
    return np.array([np.cos(angle), np.sin(angle), 0.0])
