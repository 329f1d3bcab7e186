"""Light that drops and flakes turn towards the camera: the scene around them, smeared by how they scatter."""

import numpy as np

from simgen.observation import Observation
from simgen.scenario.illumination import Emitter, Illumination
from simgen.world.atmosphere.ray import directions, henyey_greenstein

BLOCKS = 16
"""Parts each way of the picture, each one source of light and one place where light is asked for."""
SKY_ROWS, SKY_COLUMNS = 16, 32
"""Parts of the sky."""
REACH_M = 1.0
"""Distance from the camera at which lamps are asked how they light a grain."""


def scattered(picture: np.ndarray, observation: Observation, illumination: Illumination, asymmetry: float) -> np.ndarray:
    """Radiance of a grain seen in every pixel, cd/m2, float32, (H, W, 3).

    A grain loses nothing: among even light it cannot be seen. Its light comes from the picture itself, from the sky beside it,
    from the sun and from lamps.

    Args:
        picture: radiance, cd/m2, (H, W, 3).
        observation: exact buffers of the same pixels.
        illumination: sky, sun and lamps.
        asymmetry: of the grain's phase function.
    """
    rays = directions(observation.view)
    rows, columns = (np.linspace(0, size, min(BLOCKS, size) + 1).astype(int) for size in rays.shape[:2])
    toward = _blocks(rays, rows, columns)
    toward /= np.linalg.norm(toward, axis=-1, keepdims=True)
    own = toward.reshape(-1, 3)
    sky_toward, sky_angle, sky = _sky(illumination.sky)
    beside = ~_in_view(observation, sky_toward)
    source = np.concatenate([own, sky_toward[beside]])
    angle = np.concatenate([_solid_angles(observation, rows, columns), sky_angle[beside]])
    light = np.concatenate([_blocks(picture, rows, columns).reshape(-1, 3), sky[beside]])
    weight = henyey_greenstein(own @ source.T, asymmetry) * angle
    found = weight / weight.sum(1, keepdims=True) @ light
    found += henyey_greenstein(own @ illumination.sun_direction, asymmetry)[:, None] * illumination.sun_illuminance
    for emitter in illumination.emitters:
        found += _from_lamp(emitter, observation.view.world_T_camera.position, own, asymmetry)
    coarse = found.reshape(*toward.shape).astype(np.float32)
    return np.einsum("hr,rwc->hwc", _between(rows), np.einsum("wk,rkc->rwc", _between(columns), coarse), optimize=True)


def _blocks(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Means over blocks, (len(rows) - 1, len(columns) - 1, 3)."""
    total = np.add.reduceat(np.add.reduceat(image.astype(np.float64), rows[:-1], axis=0), columns[:-1], axis=1)
    return total / (np.diff(rows)[:, None, None] * np.diff(columns)[:, None])


def _between(edges: np.ndarray) -> np.ndarray:
    """Weights that carry values of blocks over to pixels linearly, float32, (pixels, blocks)."""
    middle, pixel = 0.5 * (edges[:-1] + edges[1:]), np.arange(edges[-1]) + 0.5
    return np.stack([np.interp(pixel, middle, one) for one in np.eye(len(middle))], axis=1).astype(np.float32)


def _solid_angles(observation: Observation, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Of every block in steradians, flat: a pixel's is the cube of its cosine over the focal lengths."""
    camera = observation.view.intrinsics
    cosine = directions(observation.view) @ observation.view.world_T_camera.rotation[:, 2]
    pixels = np.outer(np.diff(rows), np.diff(columns))
    return (_blocks(cosine[..., None] ** 3, rows, columns)[..., 0] * pixels / (camera.fx * camera.fy)).ravel()


def _sky(sky: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors towards parts of the sky, (S, 3), their solid angles, (S,), and their mean luminances, (S, 3)."""
    fine = (np.arange(sky.shape[0]) + 0.5) / sky.shape[0] * np.pi
    rows = np.arange(0, sky.shape[0], sky.shape[0] // SKY_ROWS)
    columns = np.arange(0, sky.shape[1], sky.shape[1] // SKY_COLUMNS)
    weighed = np.add.reduceat(np.add.reduceat(sky * np.sin(fine)[:, None, None], rows, axis=0), columns, axis=1)
    area = np.add.reduceat(np.sin(fine), rows)[:, None] * np.full(len(columns), sky.shape[1] // SKY_COLUMNS)
    zenith, azimuth = (np.arange(SKY_ROWS) + 0.5)[:, None] / SKY_ROWS * np.pi, (np.arange(SKY_COLUMNS) + 0.5) / SKY_COLUMNS * 2 * np.pi
    toward = np.stack(np.broadcast_arrays(np.sin(zenith) * np.cos(azimuth), np.sin(zenith) * np.sin(azimuth), np.cos(zenith)), -1)
    angle = area / area.sum() * 4 * np.pi
    return toward.reshape(-1, 3), angle.ravel(), (weighed / area[..., None]).reshape(-1, 3)


def _in_view(observation: Observation, toward: np.ndarray) -> np.ndarray:
    """Whether the camera itself looks along a direction, bool, (S,)."""
    camera = observation.view.intrinsics
    x, y, z = (toward @ observation.view.world_T_camera.rotation).T
    z = np.where(z > 1e-6, z, np.nan)
    u, v = camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy
    return (u > 0) & (u < camera.width) & (v > 0) & (v < camera.height)


def _from_lamp(emitter: Emitter, origin: np.ndarray, toward: np.ndarray, asymmetry: float) -> np.ndarray:
    """Light of one lamp turned by grains before the camera, (N, 3)."""
    along = origin + REACH_M * toward - emitter.position
    distance = np.maximum(np.linalg.norm(along, axis=1), emitter.radius)
    cosine = along @ emitter.direction / distance
    turned = henyey_greenstein(-(along * toward).sum(1) / distance, asymmetry)
    return emitter.intensity(cosine) * (turned / distance**2)[:, None]
