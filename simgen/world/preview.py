"""The cheap photograph: albedo times direct light, with gloss, sky, air and a camera's response; a game's render, at once."""

from pathlib import Path

import numpy as np

from simgen.errors import InvalidValue
from simgen.observation import Observation
from simgen.scenario.illumination import Illumination
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.world import Appearance, Clip, ControlClip
from simgen.world.atmosphere import through_air
from simgen.world.covering import covered
from simgen.world.develop import Developer, clip_interval_s, to_linear
from simgen.world.shading import Surfaces, background, shaded


class Preview:
    """Draws from exact buffers alone: albedo, normals, depth, direct light, and roughness and metallic where they are known."""

    name = "preview"
    needs_rgb = False
    needs_light = True
    causal = True

    def render(self, controls: ControlClip, appearance: Appearance, *, seed: int) -> Clip:
        """Photographs of a whole clip; each depends on itself and, for exposure, on the first.

        Raises:
            InvalidValue: if the observations carry no direct light, or their light is not finite.
            AssetError: if the light's environment is missing or no HDR image.
        """
        folder = None if controls.scene is None or controls.scene.folder is None else Path(controls.scene.folder)
        frames, developer = [], None
        for number, observation in enumerate(controls.observations):
            conditions = appearance.at(number)
            illumination = illuminate(conditions.weather, conditions.light, folder)
            hdr = smooth_edges(photometric(observation, conditions.weather, illumination), observation)
            hdr = through_air(hdr, observation, conditions, illumination, seed=seed)
            if developer is None:
                interval_s = clip_interval_s(controls.observations)
                developer = Developer(hdr, observation.view, conditions, illumination, seed=seed, interval_s=interval_s)
            frames.append(developer.develop(number, hdr, observation, conditions, illumination))
        return Clip(np.stack(frames), self.name, (self.name,) * len(frames))


def photometric(observation: Observation, weather: Weather, illumination: Illumination) -> np.ndarray:
    """What the camera would meet without air between, cd/m2 in linear sRGB, float32, (H, W, 3).

    Raises:
        InvalidValue: if the observation carries no direct light.
    """
    if observation.light is None:
        raise InvalidValue("light", None, "the direct-light buffer, as simulator.direct_light.lit gives it; or choose another world")
    pose = observation.view.world_T_camera
    ray = observation.view.intrinsics.rays()
    direction = (ray / np.linalg.norm(ray, axis=-1, keepdims=True) @ pose.rotation.T).astype(np.float32)
    seen = np.isfinite(observation.depth)
    out = np.empty((*seen.shape, 3), np.float32)
    out[~seen] = background(illumination, direction[~seen])
    along = np.linalg.norm(ray[seen], axis=-1)[:, None] * observation.depth[seen][:, None]
    position = (direction[seen] * along + pose.position).astype(np.float32)
    count = len(position)
    surfaces = Surfaces(
        albedo=to_linear(observation.albedo[seen]),
        roughness=_share(observation.roughness, seen, 0.5, count),
        metallic=_share(observation.metallic, seen, 0.0, count),
        normal=observation.normal[seen] @ pose.rotation.T.astype(np.float32),
        position=position,
        view=-direction[seen],
        light=observation.light[seen],
    )
    out[seen] = shaded(covered(surfaces, weather), illumination)
    return out


def _share(buffer: np.ndarray | None, seen: np.ndarray, usual: float, count: int) -> np.ndarray:
    return np.full(count, usual, np.float32) if buffer is None else buffer[seen].astype(np.float32) * np.float32(1 / 255)


def smooth_edges(hdr: np.ndarray, observation: Observation) -> np.ndarray:
    """The same picture with the steps at outlines of bodies and folds smoothed: one ray a pixel knows no share of a pixel.

    Pixels on either side of an edge are mixed with their neighbours, 1 : 2 : 1 both ways, as their brightness will be seen; other
    surfaces half as much, for textures and highlights are sampled as coarsely; the sky not at all.
    """
    edge = np.zeros(observation.depth.shape, dtype=bool)
    for axis in (0, 1):
        near, far = _pair(axis)
        nearer = np.minimum(observation.depth[near], observation.depth[far])
        gap = observation.depth[near] != observation.depth[far]
        gap[gap] = np.abs(observation.depth[near][gap] - observation.depth[far][gap]) > 0.04 * nearer[gap]
        fold = (observation.normal[near] * observation.normal[far]).sum(-1) < 0.7
        step = (observation.instance[near] != observation.instance[far]) | gap | fold
        edge[near] |= step
        edge[far] |= step
    middle = max(float(np.median(hdr)), 1e-9)
    tone = hdr / (hdr + np.float32(middle))
    soft = tone
    for axis in (0, 1):
        wide = np.pad(soft, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode="edge")
        low, high = (np.take(wide, range(start, start + soft.shape[axis]), axis) for start in (0, 2))
        soft = (low + high) * np.float32(0.25) + soft * np.float32(0.5)
    share = np.where(edge, 1.0, 0.5 * np.isfinite(observation.depth)).astype(np.float32)[..., None]
    soft = np.minimum(tone + (soft - tone) * share, np.float32(1 - 1e-6))
    return np.where(share > 0, soft * np.float32(middle) / (1 - soft), hdr)


def _pair(axis: int) -> tuple[tuple, tuple]:
    """Slices of neighbours along an axis."""
    return ((slice(None, -1),), (slice(1, None),)) if axis == 0 else ((slice(None), slice(None, -1)), (slice(None), slice(1, None)))
