"""Scatter: light that a lens sends where it does not belong: bloom around what is bright, veil and streaks from sun and lamps."""

import numpy as np

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
    return light if share == 0 else light + np.float32(share) * (blurred(light) - light)


def blurred(light: np.ndarray) -> np.ndarray:
    """The same light spread over bells of six widths, float32, (H, W, 3)."""
    height, width = light.shape[:2]
    levels = [light]
    while max(levels[-1].shape[:2]) > 4:
        levels.append(_halved(levels[-1]))
    weights = np.zeros(len(levels))
    taken = COARSEST[: len(levels) - 1][::-1]
    weights[len(levels) - len(taken) :] = np.array(taken) / sum(taken)
    total = levels[-1] * np.float32(weights[-1])
    for level, weight in zip(levels[-2::-1], weights[-2::-1], strict=True):
        total = _doubled(total, level.shape)
        if weight:
            total += level * np.float32(weight)
    return _smooth(total)[:height, :width]


def _smooth(light: np.ndarray) -> np.ndarray:
    """Every pixel mixed with its neighbours 1 : 2 : 1 both ways; what would leave the picture is thrown back in."""
    for axis in (0, 1):
        wide = np.pad(light, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode="symmetric")
        low, middle, high = (np.take(wide, range(i, i + light.shape[axis]), axis) for i in range(3))
        light = (low + high) * np.float32(0.25) + middle * np.float32(0.5)
    return light


def _halved(light: np.ndarray) -> np.ndarray:
    light = np.pad(light, [(0, light.shape[0] % 2), (0, light.shape[1] % 2), (0, 0)], mode="edge")
    return (light[::2, ::2] + light[1::2, ::2] + light[::2, 1::2] + light[1::2, 1::2]) * np.float32(0.25)


def _doubled(light: np.ndarray, shape: tuple) -> np.ndarray:
    return _smooth(light.repeat(2, 0).repeat(2, 1)[: shape[0], : shape[1]])


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
