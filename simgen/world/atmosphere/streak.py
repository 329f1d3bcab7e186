"""Streaks: how much of every pixel moving grains cover during an exposure."""

import numpy as np
from scipy.ndimage import gaussian_filter

from simgen.compiled import compiled
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
    camera, (height, width) = observation.view.intrinsics, observation.depth.shape
    focal = np.sqrt(camera.fx * camera.fy)
    ahead = (grains.start[:, 2] > CLOSEST_M) & (grains.end[:, 2] > CLOSEST_M)
    ahead &= focal * grains.diameter > FAINTEST_PX * grains.start[:, 2]
    start, end = grains.start[ahead], grains.end[ahead]
    first, last = camera.project(start), camera.project(end)
    count = np.clip(np.ceil(np.linalg.norm(last - first, axis=1) / SPACING_PX), 1, 4 * max(height, width)).astype(np.int64)
    nearness = 0.5 / start[:, 2] + 0.5 / end[:, 2]
    across = focal * grains.diameter[ahead] * nearness
    weight = 0.25 * np.pi * across**2 * grains.opacity[ahead] / count
    level, shimmer = _blur(across, nearness, observation, sensor), (grains.flicker[ahead], grains.phase[ahead])
    layers = np.zeros((len(BLURS_PX), height + 2 * RIM_PX, width + 2 * RIM_PX))
    _draw(first, last, 1 / start[:, 2], 1 / end[:, 2], count, weight, level, *shimmer, observation.depth, extinction_per_m, layers)
    canvas = np.zeros(layers.shape[1:], np.float32)
    for number in np.unique(level):
        layer = layers[number].astype(np.float32)
        canvas += gaussian_filter(layer, BLURS_PX[number], truncate=2.5) if BLURS_PX[number] else layer
    return canvas[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX]


@compiled
def _draw(first, last, near_first, near_last, count, weight, level, flicker, phase, depth, extinction, layers):
    """Add the covered area, pixels, of points along streaks to the layer of each streak's blur, shared out among the four nearest
    pixels; what is behind the scene is not drawn, and distance dims the rest.

    Args:
        first: where streaks begin, pixels, (N, 2).
        last: where they end.
        near_first: one over the depth there, (N,).
        near_last: the same at their ends.
        count: of the points of each.
        weight: of each point.
        level: row of BLURS_PX.
        flicker: as in Grains.
        phase: as in Grains.
        depth: of the scene, (H, W).
        extinction: per metre.
        layers: float64, (len(BLURS_PX), H + 2 RIM_PX, W + 2 RIM_PX).
    """
    height, width = depth.shape
    for n in range(len(count)):
        for k in range(count[n]):
            share = (k + 0.5) / count[n]
            column = first[n, 0] + share * (last[n, 0] - first[n, 0])
            row = first[n, 1] + share * (last[n, 1] - first[n, 1])
            if not (column > 1 - RIM_PX and column < width + RIM_PX - 1 and row > 1 - RIM_PX and row < height + RIM_PX - 1):
                continue
            away = 1 / (near_first[n] * (1 - share) + near_last[n] * share)
            if not away < depth[min(max(int(row), 0), height - 1), min(max(int(column), 0), width - 1)]:
                continue
            area = weight[n] * np.exp(-extinction * away)
            if flicker[n] > 0:
                area *= 1 + OSCILLATION * np.sin(2 * np.pi * flicker[n] * share + phase[n])
            x, y = column + (RIM_PX - 0.5), row + (RIM_PX - 0.5)
            left, top = int(x), int(y)
            right, below = x - left, y - top
            layers[level[n], top, left] += (1 - right) * (1 - below) * area
            layers[level[n], top, left + 1] += right * (1 - below) * area
            layers[level[n], top + 1, left] += (1 - right) * below * area
            layers[level[n], top + 1, left + 1] += right * below * area


def _blur(across: np.ndarray, nearness: np.ndarray, observation: Observation, sensor: Sensor) -> np.ndarray:
    """Rows of BLURS_PX for grains of some size in pixels: their own disc, and the circle of confusion."""
    camera = observation.view.intrinsics
    focus = sensor.focus_m or _focus(observation)
    aperture_m = camera.fy / camera.height * SENSOR_HEIGHT_M / sensor.f_number
    confusion = aperture_m * camera.fy * np.abs(nearness - 1 / focus)
    spread = 0.25 * np.hypot(across, confusion)  # a disc's standard deviation is a quarter of its diameter
    edges = np.sqrt(np.maximum(BLURS_PX[:-1], 0.5) * np.array(BLURS_PX[1:]))
    return np.searchsorted(edges, spread)


def _focus(observation: Observation) -> float:
    """Distance of the middle of the picture, metres; far away where nothing is there."""
    height, width = observation.depth.shape
    return float(np.median(observation.depth[height // 3 : height - height // 3, width // 3 : width - width // 3]))
