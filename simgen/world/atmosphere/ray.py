"""Rays of a camera, and the phase function of what they meet."""

from functools import lru_cache

import numpy as np

from simgen.geometry import CameraView, Intrinsics, locked


def directions(view: CameraView) -> np.ndarray:
    """Unit vectors from the camera through every pixel centre, world frame, float32, (H, W, 3)."""
    return unit_rays(view.intrinsics) @ view.world_T_camera.rotation.T.astype(np.float32)


def stretch(view: CameraView) -> np.ndarray:
    """How much longer a ray is than its depth along the optical axis, float32, (H, W)."""
    return 1 / unit_rays(view.intrinsics)[..., 2]


def henyey_greenstein(cosine: np.ndarray, asymmetry: float) -> np.ndarray:
    """Share of light scattered into a direction, per steradian (Henyey and Greenstein, 1941).

    Args:
        cosine: of the angle by which light is turned.
        asymmetry: mean of that cosine; 0 scatters evenly, towards 1 light goes straight on.
    """
    square = asymmetry * asymmetry
    turned = 1 + square - 2 * asymmetry * cosine
    return (1 - square) / (4 * np.pi) / (turned * np.sqrt(turned))


@lru_cache(maxsize=16)
def unit_rays(intrinsics: Intrinsics) -> np.ndarray:
    """The same in the camera's frame."""
    rays = intrinsics.rays()
    return locked((rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32))
