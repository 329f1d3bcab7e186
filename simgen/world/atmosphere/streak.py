"""Streaks: how much of every pixel moving grains cover during an exposure."""

import numpy as np
from scipy.ndimage import gaussian_filter

from simgen.observation import Observation
from simgen.scenario.sensor import Sensor
from simgen.world.atmosphere.grain import CLOSEST_M, Grains

SENSOR_HEIGHT_M = 4.8e-3
"""Of a half-inch sensor: it makes of the f-number an aperture in metres."""
SPACING_PX = 0.8
"""Between the points a streak is made of."""
BLURS_PX = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Standard deviations to choose from."""
FAINTEST_PX = 0.1
"""Width below which a grain is but a part of the haze."""
RIM_PX = 12
"""Canvas around the picture, for what is blurred into it."""
OSCILLATION = 0.45
"""How far a drop's oscillation changes its brightness."""


def coverage(grains: Grains, observation: Observation, sensor: Sensor, extinction_per_m: float) -> np.ndarray:
    """Mean over the exposure of the share of each pixel that grains in front of the scene cover, float32, (H, W); may exceed 1.

    A grain's area is spread along its way, so that nothing depends on how finely that way is cut.
    """
    height, width = observation.depth.shape
    pixel, depth, weight, blur = _points(grains, observation, sensor)
    column, row = pixel.T
    inside = (column > 1 - RIM_PX) & (column < width + RIM_PX - 1) & (row > 1 - RIM_PX) & (row < height + RIM_PX - 1)
    column, row, depth, weight, blur = column[inside], row[inside], depth[inside], weight[inside], blur[inside]
    behind = observation.depth[np.clip(row.astype(int), 0, height - 1), np.clip(column.astype(int), 0, width - 1)]
    seen = depth < behind
    column, row, blur = column[seen] + RIM_PX, row[seen] + RIM_PX, blur[seen]
    weight = weight[seen] * np.exp(-extinction_per_m * depth[seen])
    canvas = np.zeros((height + 2 * RIM_PX, width + 2 * RIM_PX), np.float32)
    for level in np.unique(blur):
        chosen = blur == level
        layer = _splat(column[chosen], row[chosen], weight[chosen], canvas.shape)
        canvas += gaussian_filter(layer, BLURS_PX[level], truncate=2.5) if BLURS_PX[level] else layer
    return canvas[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX]


def _points(grains: Grains, observation: Observation, sensor: Sensor):
    """Points along all streaks: pixels, (P, 2), depths, covered areas in pixels, and rows of BLURS_PX, (P,)."""
    camera = observation.view.intrinsics
    focal = np.sqrt(camera.fx * camera.fy)
    ahead = (grains.start[:, 2] > CLOSEST_M) & (grains.end[:, 2] > CLOSEST_M)
    ahead &= focal * grains.diameter > FAINTEST_PX * grains.start[:, 2]
    start, end = grains.start[ahead], grains.end[ahead]
    first, last = camera.project(start), camera.project(end)
    count = np.clip(np.ceil(np.linalg.norm(last - first, axis=1) / SPACING_PX), 1, 4 * max(observation.depth.shape)).astype(int)
    owner = np.repeat(np.arange(len(count)), count)
    share = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[owner]
    nearness = 0.5 / start[:, 2] + 0.5 / end[:, 2]
    across = focal * grains.diameter[ahead] * nearness
    wobble = 1 + OSCILLATION * np.sin(2 * np.pi * grains.flicker[ahead][owner] * share + grains.phase[ahead][owner])
    steady = np.where(grains.flicker[ahead][owner] > 0, wobble, 1.0)
    weight = (0.25 * np.pi * across**2 * grains.opacity[ahead] / count)[owner] * steady
    depth = 1 / (1 / start[owner, 2] * (1 - share) + 1 / end[owner, 2] * share)
    return first[owner] + share[:, None] * (last - first)[owner], depth, weight, _blur(across, nearness, observation, sensor)[owner]


def _blur(across: np.ndarray, nearness: np.ndarray, observation: Observation, sensor: Sensor) -> np.ndarray:
    """Rows of BLURS_PX for grains of some size in pixels: their own disc, and the circle of confusion."""
    camera = observation.view.intrinsics
    focus = sensor.focus_m or _focus(observation)
    aperture_m = camera.fy / camera.height * SENSOR_HEIGHT_M / sensor.f_number
    confusion = aperture_m * camera.fy * np.abs(nearness - 1 / focus)
    spread = 0.25 * np.hypot(across, confusion)  # a disc's standard deviation is a quarter of its diameter
    edges = np.sqrt(np.maximum(BLURS_PX[:-1], 0.5) * np.array(BLURS_PX[1:]))
    return np.searchsorted(edges, spread)


def _splat(column: np.ndarray, row: np.ndarray, weight: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Points shared out among the four nearest pixels, float32."""
    column, row = column - 0.5, row - 0.5
    left, top = column.astype(int), row.astype(int)
    right, below = column - left, row - top
    flat = top * shape[1] + left
    total = np.zeros(shape[0] * shape[1])
    for step, across in ((0, 1 - right), (1, right)):
        total += np.bincount(flat + step, across * (1 - below) * weight, len(total))
        total += np.bincount(flat + step + shape[1], across * below * weight, len(total))
    return total.reshape(shape).astype(np.float32)


def _focus(observation: Observation) -> float:
    """Distance of the middle of the picture, metres; far away where nothing is there."""
    height, width = observation.depth.shape
    return float(np.median(observation.depth[height // 3 : height - height // 3, width // 3 : width - width // 3]))
