"""Pictures through a lens: a wide pinhole picture resampled where the distorted rays go."""

import numpy as np
from scipy.ndimage import map_coordinates

from simgen.geometry import Intrinsics

MARGIN = 2
"""Pixels drawn beyond the outermost ray, for interpolation."""


def pinhole(intrinsics: Intrinsics) -> Intrinsics:
    """A camera without distortion, as sharp as this one, whose picture holds every ray of this one's."""
    rays = intrinsics.rays()
    (left, top), (right, bottom) = rays[..., :2].min((0, 1)), rays[..., :2].max((0, 1))
    fx, fy = intrinsics.fx, intrinsics.fy
    width, height = (int(np.ceil(f * (b - a))) + 2 * MARGIN for f, a, b in ((fx, left, right), (fy, top, bottom)))
    return Intrinsics(width, height, fx, fy, MARGIN - fx * left, MARGIN - fy * top)


def distorted(image: np.ndarray, drawn: Intrinsics, intrinsics: Intrinsics, *, order: int) -> np.ndarray:
    """An image, (h, w) or (h, w, C), drawn by `pinhole(intrinsics)`, as `intrinsics` sees it; order 1 blends, 0 picks."""
    u, v = np.moveaxis(drawn.project(intrinsics.rays()), -1, 0)
    layers = image.reshape(*image.shape[:2], -1)
    taken = [map_coordinates(layers[..., c], [v - 0.5, u - 0.5], order=order, mode="nearest") for c in range(layers.shape[-1])]
    return np.stack(taken, axis=-1).reshape(*u.shape, *image.shape[2:])
