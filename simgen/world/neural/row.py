"""One camera's run through the neural world: metered and focused on its first frame, each frame knowing the last."""

from pathlib import Path

import numpy as np

from simgen.observation import Observation
from simgen.randomness import stream
from simgen.scenario import Scene
from simgen.scenario.colorimetry import luminance
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Illumination
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, ControlClip
from simgen.world.atmosphere import through_air
from simgen.world.develop import Developer, metered
from simgen.world.focus import focus_distance
from simgen.world.neural.buffers import Buffers, buffers
from simgen.world.neural.denoise import carried
from simgen.world.neural.toning import toned, untoned
from simgen.world.preview import photometric, smooth_edges
from simgen.world.shading import background

DARKEST = 1e-4
"""Exposure added to both where light is scaled, so that a black surface can be lit."""
GUESSED_ALBEDO = 0.35
"""Of a scene of which nothing is known but what lights it."""


class Row:
    """What one camera remembers."""

    def __init__(self, appearance: Appearance, seed: int, watch: Stopwatch):
        """Wait for the first frame; `watch` is told where time goes."""
        self._watch = watch
        self._appearance, self._seed, self._frame = appearance, seed, -1
        self._gain, self._focus_m = 1.0, 0.0
        self._developer: Developer | None = None
        self._first: tuple | None = None
        self._tone: np.ndarray | None = None
        self._noise: np.ndarray | None = None

    def see(self, observation: Observation, scene: Scene | None) -> Buffers:
        """The next frame as the network sees it."""
        self._frame += 1
        self._observation, self._scene = observation, scene
        now, light = self._now(scene)
        with self._watch("cheap light"):
            self._cheap = None if observation.light is None else cheap_light(observation, now, light, known=scene is not None)
        if self._frame == 0:
            self._gain = _guessed(light) if self._cheap is None else metered(self._cheap)
            self._focus_m = focus_distance(now.sensor, observation)
        with self._watch("maps"):
            seen = buffers(observation, self._cheap, now, light, gain=self._gain, focus_m=self._focus_m)
        if self._tone is not None:
            with self._watch("last frame carried"):
                seen.maps["history"] = carried(self._tone, observation.flow)
        return seen

    def noise(self) -> np.ndarray:
        """Standard normal, float32, (H, W, 3): it moves with the surfaces, and is new where those come into view."""
        fresh = stream(self._seed, self._frame, "neural world").standard_normal((*self._observation.depth.shape, 3), dtype=np.float32)
        if self._noise is not None:
            flow = self._observation.flow
            row, column = np.nonzero(np.isfinite(flow).all(-1))
            place = np.rint(flow[row, column]).astype(np.int64)
            v = np.clip(row + place[:, 1], 0, fresh.shape[0] - 1)
            u = np.clip(column + place[:, 0], 0, fresh.shape[1] - 1)
            fresh[row, column] = self._noise[v, u]
        self._noise = fresh
        return fresh

    def develop(self, tone: np.ndarray) -> np.ndarray:
        """The photograph, sRGB, uint8, (H, W, 3), of what the network said, and it is remembered."""
        self._tone = np.clip(tone, 0, 1)
        observation, scene = self._observation, self._scene
        now, light = self._now(scene)
        with self._watch("correction"):
            hdr = self._lit(tone, light)
        with self._watch("air"):
            air = ControlClip((observation,), scene).air_seed(self._seed)
            hdr = through_air(hdr, observation, now, light, seed=air)
        if self._frame == 0:
            self._first = hdr, observation, now, light
        if self._frame < 2:  # only then is it known how much time passes between two frames
            self._developer = self._ready((observation.time_ns - self._first[1].time_ns) * 1e-9)
        with self._watch("development"):
            return self._developer.develop(self._frame, hdr, observation, now, light)

    def _ready(self, interval_s: float) -> Developer:
        """A developer that metered the first frame."""
        hdr, observation, now, light = self._first
        return Developer(hdr, observation.view, now, light, seed=self._seed, interval_s=interval_s)

    def _lit(self, tone: np.ndarray, light: Illumination) -> np.ndarray:
        """Light before the air, cd/m2: cheap light times what the network made of its tone; where there is sky, the sky."""
        hidden = ~np.isfinite(self._observation.depth)
        if self._cheap is None:
            hdr = untoned(tone) / np.float32(self._gain)
            hdr[hidden] = background(light, _directions(self._observation)[hidden])
            return hdr
        return corrected(self._cheap, tone, hidden, self._gain)

    def _now(self, scene: Scene | None) -> tuple[Conditions, Illumination]:
        said = self._appearance.conditions
        now = said[min(self._frame, len(said) - 1)]
        folder = None if scene is None or scene.folder is None else Path(scene.folder)
        return now, illuminate(now.weather, now.light, folder)


def corrected(cheap: np.ndarray, tone: np.ndarray, hidden: np.ndarray, gain: float) -> np.ndarray:
    """Cheap light times what the network made of its tone, cd/m2, float32, (H, W, 3).

    Args:
        cheap: cd/m2, float32, (H, W, 3).
        tone: what the network said, float32, (H, W, 3).
        hidden: where there is sky, which stays as it is, bool, (H, W).
        gain: exposure of 1 cd/m2.
    """
    before = untoned(toned(cheap * np.float32(gain))) + np.float32(DARKEST)
    scale = (untoned(tone) + np.float32(DARKEST)) / before
    scale[hidden] = 1
    dark = np.float32(DARKEST / gain)
    return np.maximum((cheap + dark) * scale - dark, 0)


def cheap_light(observation: Observation, now: Conditions, light: Illumination, *, known: bool) -> np.ndarray:
    """What the world `preview` draws before air and camera, cd/m2 in linear sRGB, float32, (H, W, 3).

    Args:
        observation: with its direct light.
        now: weather of that instant.
        light: of that instant.
        known: whether surfaces already look as their weather makes them, as those of a Scene do.
    """
    return smooth_edges(photometric(observation, Weather() if known else now.weather, light), observation)


def _directions(observation: Observation) -> np.ndarray:
    """Unit vectors along the rays of every pixel, world frame, float32, (H, W, 3)."""
    ray = observation.view.intrinsics.rays()
    return (ray / np.linalg.norm(ray, axis=-1, keepdims=True) @ observation.view.world_T_camera.rotation.T).astype(np.float32)


def _guessed(light: Illumination) -> float:
    """Exposure of 1 cd/m2 where no picture can be metered: of a level surface under sky, sun and lamps."""
    sky = np.pi * luminance(light.sky[: len(light.sky) // 2].mean((0, 1)))
    lux = sky + luminance(light.sun_illuminance) * max(light.sun_direction[2], 0.0)
    lux += sum(luminance(lamp.radiance) * np.pi * lamp.radius**2 / max(lamp.position[2], 0.5) ** 2 for lamp in light.emitters)
    return metered(np.full((1, 1, 3), max(lux, 1e-6) * GUESSED_ALBEDO / np.pi))
