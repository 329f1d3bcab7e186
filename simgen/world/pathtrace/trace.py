"""Radiance along a camera's rays: path tracing, denoising, and the sky behind. No NaN leaves this file."""

from __future__ import annotations  # Mitsuba has no types before a variant is chosen

import warnings

import mitsuba as mi
import numpy as np
from pyoidn import denoise
from scipy.ndimage import median_filter

from simgen.errors import SimGenError
from simgen.geometry import CameraView, Intrinsics
from simgen.observation import Observation
from simgen.scenario.illumination import Illumination
from simgen.stopwatch import Stopwatch
from simgen.world.develop import to_linear
from simgen.world.pathtrace.camera import Cameras, Lens, bent, unbent
from simgen.world.shading import background

TRIES = 3
"""How often pixels that are not finite are drawn again."""
OUTLIER = 16.0
"""A sample that makes a pixel this many times brighter than the middle one of its neighbours, and than its own guides allow, is
luck: light that found the sun through a mirror or a glass by chance."""


class NotFinite(SimGenError):
    """Pixels that came out as NaN or infinite, however often they were drawn."""

    def __init__(self, camera: str, time_ns: int, count: int):
        super().__init__(
            f"{count} pixels of camera '{camera}' at {time_ns / 1e9:.3f} s are not finite, drawn {TRIES} times. "
            "A light or a surface of the scene has numbers that are not: check its lamps, its environment image and its meshes."
        )


class Tracer:
    """Draws what a camera sees of a Mitsuba scene."""

    def __init__(self, watch: Stopwatch):
        self._cameras = Cameras()
        self._watch = watch
        self._first: mi.Integrator | None = None

    def radiance(
        self, scene: mi.Scene, observation: Observation, illumination: Illumination, lens: Lens, *, samples: int, seed: int
    ) -> np.ndarray:
        """Luminance in every pixel of a view, cd/m2 in linear sRGB, float32, (H, W, 3).

        Args:
            scene: set up for this instant.
            observation: exact buffers of the same instant, which guide the denoiser where Mitsuba is slow to.
            illumination: what lights the scene; its sky and its sun are the background.
            lens: what blurs.
            samples: paths a pixel.
            seed: of the noise, 32 bits.

        Raises:
            NotFinite: if a pixel stays NaN or infinite.
        """
        view = observation.view
        sensor, drawn = self._cameras.sensor(view, lens)
        with self._watch("trace"):
            layers = self._finite(scene, sensor, observation, samples, seed)
        with self._watch("denoise"):
            behind = _background(view, drawn, illumination)
            seen = calmed(layers[..., :3]) + (1 - layers[..., 3:]) * behind
            if mi.variant().startswith("scalar"):  # there the same samples take seconds
                albedo, normal = (unbent(guide, view.intrinsics, drawn) for guide in _exact_guides(observation))
            else:
                albedo, normal = self._guides(scene, sensor, samples, seed)
            clean = denoise(np.ascontiguousarray(seen, np.float32), albedo, normal, hdr=True)
            return bent(np.maximum(clean, 0), drawn, view.intrinsics).astype(np.float32)

    def _guides(self, scene: mi.Scene, sensor: mi.Sensor, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Albedo, linear 0 to 1, and world normals of what the same samples meet first, float32, (h, w, 3): the denoiser tells grain
        from noise only by guides that are as smooth at edges as the picture is."""
        if self._first is None:
            self._first = mi.load_dict({"type": "aov", "aovs": "albedo:albedo,normal:sh_normal"})
        met = np.array(mi.render(scene, sensor=sensor, spp=samples, seed=seed, integrator=self._first), dtype=np.float32)
        met = np.nan_to_num(met[..., -6:])
        return np.ascontiguousarray(np.clip(met[..., :3], 0, 1)), np.ascontiguousarray(met[..., 3:])

    def _finite(self, scene: mi.Scene, sensor: mi.Sensor, observation: Observation, samples: int, seed: int) -> np.ndarray:
        """Radiance, multiplied by how much of the pixel it covers, and that share: float32, (h, w, 4)."""
        layers = _draw(scene, sensor, samples, seed)
        for attempt in range(1, TRIES + 1):
            spoilt = ~np.isfinite(layers).all(-1)
            if not spoilt.any():
                return layers
            if attempt == TRIES:
                raise NotFinite(observation.view.name, observation.time_ns, int(spoilt.sum()))
            warnings.warn(f"{spoilt.sum()} pixels of camera '{observation.view.name}' were not finite and are drawn again", stacklevel=3)
            layers[spoilt] = _draw(scene, sensor, samples, (seed + attempt) % 2**32)[spoilt]
        return layers


def calmed(image: np.ndarray) -> np.ndarray:
    """The same radiance, (H, W, 3), without single pixels that outshine their neighbourhood by `OUTLIER`."""
    brightness = image.mean(-1)
    limit = OUTLIER * median_filter(brightness, 5, mode="nearest") + 1e-6
    alone = median_filter(brightness, 3, mode="nearest") * OUTLIER < brightness
    return image * np.where(alone & (brightness > limit), limit / np.maximum(brightness, 1e-6), 1.0)[..., None]


def _draw(scene: mi.Scene, sensor: mi.Sensor, samples: int, seed: int) -> np.ndarray:
    return np.array(mi.render(scene, sensor=sensor, spp=samples, seed=seed), dtype=np.float32)


def _background(view: CameraView, drawn: Intrinsics, illumination: Illumination) -> np.ndarray:
    """The sky, and the sun where it stands in the picture: cd/m2, float32, (h, w, 3)."""
    rays = drawn.rays() @ view.world_T_camera.rotation.T
    ways = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32).reshape(-1, 3)
    return background(illumination, ways).reshape(rays.shape)


def _exact_guides(observation: Observation) -> tuple[np.ndarray, np.ndarray]:
    """Albedo, linear 0 to 1, and normals, float32, (H, W, 3), of one ray a pixel."""
    return to_linear(observation.albedo), np.ascontiguousarray(observation.normal, np.float32)
