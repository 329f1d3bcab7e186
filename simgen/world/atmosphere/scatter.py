"""Light that drops and flakes turn towards the camera: the scene around them, smeared by how they scatter."""

from functools import lru_cache

import numpy as np

from simgen.compiled import compiled, in_bands
from simgen.geometry import Intrinsics, locked
from simgen.observation import Observation
from simgen.scenario.illumination import Emitter, Illumination
from simgen.world.atmosphere.ray import henyey_greenstein, unit_rays

BLOCKS = 16
"""Parts each way of the picture, each one source of light and one place where light is asked for."""
SKY_ROWS, SKY_COLUMNS = 16, 32
"""Parts of the sky."""
REACH_M = 1.0
"""Distance from the camera at which lamps are asked how they light a grain."""


def among(picture: np.ndarray, covered: np.ndarray, observation: Observation, illumination: Illumination, asymmetry: float) -> np.ndarray:
    """A picture seen between grains that scatter the light around them, cd/m2, float32, (H, W, 3).

    A grain loses nothing: among even light it cannot be seen. Its light comes from the picture itself, from the sky beside it,
    from the sun and from lamps.

    Args:
        picture: radiance, cd/m2, (H, W, 3).
        covered: optical depth of the grains in every pixel, float32, (H, W).
        observation: exact buffers of the same pixels.
        illumination: sky, sun and lamps.
        asymmetry: of the grains' phase function.
    """
    camera, pose, picture = observation.view.intrinsics, observation.view.world_T_camera, np.ascontiguousarray(picture, dtype=np.float32)
    rows, columns, toward, angle = _parts(camera)
    own = toward @ pose.rotation.T
    sky_toward, sky_angle, sky = _sky(illumination)
    beside = ~_in_view(observation, sky_toward)
    source = np.concatenate([own, sky_toward[beside]])
    angle = np.concatenate([angle, sky_angle[beside]])
    light = np.concatenate([_means(picture, rows, columns).reshape(-1, 3), sky[beside]])
    weight = henyey_greenstein(own @ source.T, asymmetry) * angle
    found = weight / weight.sum(1, keepdims=True) @ light
    found += henyey_greenstein(own @ illumination.sun_direction, asymmetry)[:, None] * illumination.sun_illuminance
    for emitter in illumination.emitters:
        found += _from_lamp(emitter, pose.position, own, asymmetry)
    coarse, out = found.reshape(len(rows) - 1, len(columns) - 1, 3).astype(np.float32), np.empty_like(picture)
    in_bands(_veil, len(out), picture, covered, coarse, *_between(rows), *_between(columns), out)
    return out


@lru_cache(maxsize=16)
def _parts(camera: Intrinsics) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Edges of the picture's parts by row and by column; unit vectors towards them, camera frame, (B, 3), and their solid angles in
    steradians, (B,): a pixel's is the cube of its cosine over the focal lengths."""
    rows, columns = (np.linspace(0, size, min(BLOCKS, size) + 1).astype(int) for size in (camera.height, camera.width))
    rays = unit_rays(camera)
    toward = _means(rays, rows, columns).reshape(-1, 3)
    toward /= np.linalg.norm(toward, axis=-1, keepdims=True)
    pixels = np.outer(np.diff(rows), np.diff(columns)).ravel()
    angle = _means(np.repeat(rays[..., 2:] ** 3, 3, axis=-1), rows, columns)[..., 0].ravel() * pixels / (camera.fx * camera.fy)
    return locked(rows), locked(columns), locked(toward), locked(angle)


@compiled
def _means(image, rows, columns):
    """Means over blocks, float64, (len(rows) - 1, len(columns) - 1, 3)."""
    out = np.zeros((len(rows) - 1, len(columns) - 1, 3))
    for block in range(len(rows) - 1):
        for row in range(rows[block], rows[block + 1]):
            for part in range(len(columns) - 1):
                for column in range(columns[part], columns[part + 1]):
                    for i in range(3):
                        out[block, part, i] += image[row, column, i]
        for part in range(len(columns) - 1):
            out[block, part] /= (rows[block + 1] - rows[block]) * (columns[part + 1] - columns[part])
    return out


def _between(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of every pixel the two blocks whose middles it lies between, and the share of the second, (pixels,)."""
    middle, pixel = 0.5 * (edges[:-1] + edges[1:]), np.arange(edges[-1]) + 0.5
    place = np.interp(pixel, middle, np.arange(len(middle)))
    low = np.minimum(place.astype(np.int64), max(len(middle) - 2, 0))
    return np.stack([low, np.minimum(low + 1, len(middle) - 1)]), (place - low).astype(np.float32)


@compiled
def _veil(first, end, picture, covered, coarse, row_block, row_share, column_block, column_share, out):
    """Write a picture behind grains, whose light is known block by block."""
    for row in range(first, end):
        upper, lower, down = coarse[row_block[0, row]], coarse[row_block[1, row]], row_share[row]
        for column in range(picture.shape[1]):
            left, right, across = column_block[0, column], column_block[1, column], column_share[column]
            share = np.float32(1) - np.exp(-covered[row, column])
            for i in range(3):
                above, below = upper[left, i], lower[left, i]
                above, below = above + (upper[right, i] - above) * across, below + (lower[right, i] - below) * across
                out[row, column, i] = picture[row, column, i] + share * (above + (below - above) * down - picture[row, column, i])


@lru_cache(maxsize=8)
def _sky(illumination: Illumination) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors towards parts of the sky, (S, 3), their solid angles, (S,), and their mean luminances, (S, 3)."""
    sky = illumination.sky
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
