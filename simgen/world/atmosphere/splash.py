"""Splashes: short crowns where drops meet what faces the sky."""

import numpy as np

from simgen.compiled import compiled
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.world.atmosphere.grain import Grains, in_front
from simgen.world.atmosphere.rain import EXPOSURE_S, fall_velocity, number_per_m3
from simgen.world.atmosphere.ray import directions, stretch

CELL_M = 0.04
"""Edge of the squares of ground that each have their own sequence of splashes."""
LIFE_S = 0.08
"""From a drop's arrival until the last of its crown is back down."""
FARTHEST_M = 4.0
"""Beyond this distance they are too small to be seen."""
LEVEL = 0.7
"""Cosine of the steepest slope on which a crown stands."""
DROPLETS = 14
"""In a crown."""
DROPLET_M = 0.9e-3
"""Diameter of a droplet with the film that hangs on it."""
RISE_M_S, SPREAD_M_S = 0.35, 0.12
"""Of a droplet as it leaves."""
GRAVITY_M_S2 = 9.81


def flying(observation: Observation, conditions: Conditions, *, seed: int) -> tuple[Grains, ...]:
    """The droplets of all crowns a camera may see at one instant; nothing where nothing seen is level."""
    view = observation.view
    length, up = observation.depth * stretch(view), view.world_T_camera.rotation[2].astype(np.float32)
    cells, height = _cells(observation.depth, observation.normal, up, length, directions(view), view.world_T_camera.position)
    if not len(cells):
        return ()
    time = observation.time_ns * 1e-9
    rate = number_per_m3(conditions.weather.rain_mm_h) * -fall_velocity(np.array([1.5]), conditions.weather)[2, 0]
    shift = _hashed(cells, 0, seed, 0)
    turn = np.floor(time / LIFE_S + shift).astype(np.int64)
    struck = _hashed(cells, turn, seed, 1) < 1 - np.exp(-rate * CELL_M**2 * LIFE_S)
    cells, turn, age = cells[struck], turn[struck], ((time / LIFE_S + shift) % 1.0)[struck] * LIFE_S
    x, y = (CELL_M * (cells[:, axis] + _hashed(cells, turn, seed, 2 + axis)) for axis in (0, 1))
    place = np.stack([x, y, height[struck]], axis=1)
    strength = 0.4 + 0.9 * _hashed(cells, turn, seed, 4) ** 2
    exposure = conditions.sensor.shutter_s or EXPOSURE_S
    start, end = (_crown(place, strength, age + late) for late in (0.0, exposure))
    return (_seen(start, end, np.repeat(strength, DROPLETS), observation),)


@compiled
def _cells(depth, normal, up, length, toward, origin):
    """Squares of ground that are seen and face the sky, int64, (C, 3), whose third number tells floors one above the other, and the
    height of each, (C,), where it was met first."""
    size = 1 << 10
    while size < 2 * depth.size:
        size *= 2
    table, cells, height, count = np.full(size, -1, np.int32), np.empty((depth.size, 3), np.int64), np.empty(depth.size), 0
    for row in range(depth.shape[0]):
        for column in range(depth.shape[1]):
            rise = normal[row, column, 0] * up[0] + normal[row, column, 1] * up[1] + normal[row, column, 2] * up[2]
            if rise <= LEVEL or depth[row, column] >= FARTHEST_M:
                continue
            z = origin[2] + np.float64(toward[row, column, 2]) * length[row, column]
            a = np.int64(np.floor((origin[0] + np.float64(toward[row, column, 0]) * length[row, column]) / CELL_M))
            b = np.int64(np.floor((origin[1] + np.float64(toward[row, column, 1]) * length[row, column]) / CELL_M))
            c = np.int64(np.floor(z / (2 * CELL_M) + 0.5))  # half a storey down: the world's origin is a usual height of floors
            place = ((a * 73856093) ^ (b * 19349663) ^ (c * 83492791)) & (size - 1)  # Teschner et al., 2003
            while table[place] >= 0:
                known = cells[table[place]]
                if known[0] == a and known[1] == b and known[2] == c:
                    break
                place = (place + 1) & (size - 1)
            if table[place] < 0:
                table[place], height[count] = count, z
                cells[count, 0], cells[count, 1], cells[count, 2] = a, b, c
                count += 1
    return cells[:count], height[:count]


def _crown(place: np.ndarray, strength: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Droplets of crowns at an age in seconds, world frame, (N * DROPLETS, 3): each flies its parabola and stays where it lands."""
    angle = 2 * np.pi * np.arange(DROPLETS) / DROPLETS
    vigour = strength[:, None] * (0.75 + 0.25 * np.cos(3 * angle + 40 * place[:, :1]))
    aloft = np.minimum(age[:, None], 2 * RISE_M_S * vigour / GRAVITY_M_S2)
    out = 1e-3 + SPREAD_M_S * vigour * aloft
    lift = RISE_M_S * vigour * aloft - 0.5 * GRAVITY_M_S2 * aloft**2
    offset = np.stack([out * np.cos(angle), out * np.sin(angle), lift + 0.5e-3], axis=-1)
    return (place[:, None] + offset).reshape(-1, 3)


def _seen(start: np.ndarray, end: np.ndarray, strength: np.ndarray, observation: Observation) -> Grains:
    """Droplets in the camera's frame, without those that lie still."""
    pose = observation.view.world_T_camera
    moves = np.linalg.norm(end - start, axis=1) > 1e-5
    start, end = ((points - pose.position) @ pose.rotation for points in (start, end))
    seen = moves & in_front(start, observation.view)
    start, end, steady = start[seen], end[seen], np.zeros(int(seen.sum()))
    return Grains(start, end, DROPLET_M * strength[seen], steady + 1, steady, steady)


def _hashed(cells: np.ndarray, turn, seed: int, draw: int) -> np.ndarray:
    """Numbers from 0 to 1 that depend on a cell, its turn, the seed and which draw it is, (N,): the finaliser of SplitMix64."""
    key = np.uint64((seed * 1_000_003 + draw * 7_919) % 2**64) + np.zeros(len(cells), np.uint64)
    for word in (*cells.T, np.broadcast_to(turn, len(cells))):
        key = (key + word.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    return (key >> np.uint64(11)).astype(np.float64) / 2**53
