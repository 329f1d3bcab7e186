"""Scatter: light that a lens sends where it does not belong: bloom around what is bright, veil and streaks from sun and lamps."""

import numpy as np

from simgen.compiled import compiled, in_bands
from simgen.geometry import CameraView
from simgen.scenario.illumination import Illumination

COARSEST = (1.0, 1.5, 2.2, 3.2, 4.5, 6.0)
"""Weights of the blurs that make up bloom, from about a quarter of the picture wide, each half as wide as the one before."""
HOLLADAY = 10.0
"""Veiling luminance times squared angle in degrees over illuminance at the lens, of an eye (Stiles and Holladay, 1928)."""
RAYS, RAY_SHARE = 3, 0.5
"""Lines of a star around a lamp, and the share of its veil that they carry."""


def bloom(light: np.ndarray, share: float) -> np.ndarray:
    """A picture, float32, (H, W, 3), of which that share is spread widely; the sum over all pixels stays.

    A pyramid of halved pictures, each blurred and added on the way back up: a sum of bells of many widths, as glass scatters.
    """
    if share == 0:
        return light
    out = blurred(light)
    in_bands(_mixed, len(out), np.ascontiguousarray(light, dtype=np.float32), np.float32(share), out)
    return out


def blurred(light: np.ndarray) -> np.ndarray:
    """The same light spread over bells of six widths, float32, (H, W, 3)."""
    levels = [np.ascontiguousarray(light, dtype=np.float32)]
    while max(levels[-1].shape[:2]) > 4:
        levels.append(_halved(levels[-1]))
    weights = np.zeros(len(levels), np.float32)
    taken = COARSEST[: len(levels) - 1][::-1]
    weights[len(levels) - len(taken) :] = np.array(taken) / sum(taken)
    total = levels[-1] * weights[-1]
    for level, weight in zip(levels[-2::-1], weights[-2::-1], strict=True):
        total = _smoothed(_doubled(total, level.shape))
        if weight:
            total += level * weight
    return _smoothed(total)


def _smoothed(light: np.ndarray) -> np.ndarray:
    """Every pixel mixed with its neighbours 1 : 2 : 1 both ways; what would leave the picture is thrown back in."""
    out = np.empty_like(light)
    in_bands(_smooth, len(light), light, out)
    return out


@compiled
def _smooth(first, end, light, out):
    height, width, _ = light.shape
    down, half = np.empty(3 * width + 6, np.float32), np.float32(0.5)
    for row in range(first, end):
        above, here, below = light[max(row - 1, 0)].reshape(-1), light[row].reshape(-1), light[min(row + 1, height - 1)].reshape(-1)
        for i in range(3 * width):
            down[i + 3] = (above[i] + below[i]) * np.float32(0.25) + here[i] * half
        down[:3], down[-3:] = down[3:6], down[-6:-3]
        there = out[row].reshape(-1)
        for i in range(3 * width):
            there[i] = (down[i] + down[i + 6]) * np.float32(0.25) + down[i + 3] * half


@compiled
def _mixed(first, end, light, share, out):
    for row in range(first, end):
        here, there = light[row].reshape(-1), out[row].reshape(-1)
        for i in range(len(here)):
            there[i] = here[i] + share * (there[i] - here[i])


@compiled
def _halved(light):
    height, width, _ = light.shape
    out = np.empty(((height + 1) // 2, (width + 1) // 2, 3), np.float32)
    for row in range(len(out)):
        above, below = light[2 * row], light[min(2 * row + 1, height - 1)]
        for column in range(out.shape[1]):
            left, right = 2 * column, min(2 * column + 1, width - 1)
            for i in range(3):
                out[row, column, i] = (above[left, i] + below[left, i] + above[right, i] + below[right, i]) * np.float32(0.25)
    return out


@compiled
def _doubled(light, shape):
    out = np.empty(shape, np.float32)
    for row in range(shape[0]):
        for column in range(shape[1]):
            for i in range(3):
                out[row, column, i] = light[row // 2, column // 2, i]
    return out


def veil(view: CameraView, depth: np.ndarray, illumination: Illumination) -> np.ndarray:
    """Light that a dirty lens spreads over the picture from the sun and from lamps in or near it, cd/m2, float32, (H, W, 3).

    The formula of Stiles and Holladay, half of it drawn together into the lines of a star. A source counts as hidden by as much as
    the picture around its place is nearer than it is; one outside the picture counts as seen.

    Args:
        view: the camera.
        depth: metres along the optical axis, float32, (H, W); inf where nothing was hit.
        illumination: of that instant.
    """
    camera_T_world = view.world_T_camera.inverse()
    turned = camera_T_world.rotation
    sources = [(turned @ illumination.sun_direction, np.inf, illumination.sun_illuminance)]
    for emitter in illumination.emitters:
        way = camera_T_world.apply(emitter.position)
        distance = float(np.linalg.norm(way))
        lux = emitter.intensity(np.array(-(turned @ emitter.direction) @ way / max(distance, 1e-9))) / max(distance, emitter.radius) ** 2
        sources.append((way / max(distance, 1e-9), distance * way[2] / max(distance, 1e-9), lux))
    total = np.zeros((*depth.shape, 3), np.float32)
    for towards, reach, lux in sources:
        if towards[2] > 0.05 and lux.any():
            share = _visible(view, depth, towards, reach) * min(float(towards[2] - 0.05) / 0.2, 1.0)
            if share > 0:
                total += _star(view, towards)[..., None] * (lux * share).astype(np.float32)
    return total


def _visible(view: CameraView, depth: np.ndarray, towards: np.ndarray, reach: float) -> float:
    """Share of a source that nothing hides."""
    u, v = view.intrinsics.project(towards[None] / towards[2])[0]
    if not (0 <= u < depth.shape[1] and 0 <= v < depth.shape[0]):
        return 1.0
    spread = max(2, depth.shape[1] // 64)
    around = depth[max(0, int(v) - spread) : int(v) + spread + 1, max(0, int(u) - spread) : int(u) + spread + 1]
    return float((around >= reach * 0.98).mean()) if np.isfinite(reach) else float(np.isinf(around).mean())


def _star(view: CameraView, towards: np.ndarray) -> np.ndarray:
    """Veiling luminance of one lux from a direction of the camera frame, float32, (H, W)."""
    rays = view.intrinsics.rays()
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    degrees = np.degrees(np.arccos(np.clip(rays @ towards, -1, 1)))
    across = rays[..., :2] / rays[..., 2:] - towards[:2] / towards[2]
    turn = np.arctan2(across[..., 1], across[..., 0])
    lines = np.abs(np.cos(RAYS * turn + 0.6)) ** (4 + 8 * degrees)
    return (HOLLADAY / (degrees**2 + 1) * (1 - RAY_SHARE + 4 * RAY_SHARE * lines)).astype(np.float32)
