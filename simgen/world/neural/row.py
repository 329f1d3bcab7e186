"""One camera's run through the neural world: metered and focused on its first frame, each frame knowing the last."""

from dataclasses import dataclass

import numpy as np

from simgen.geometry import CameraView
from simgen.observation import Observation
from simgen.randomness import stream
from simgen.scenario.colorimetry import luminance
from simgen.scenario.illumination import Illumination
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, Shot
from simgen.world.develop import metered
from simgen.world.neural.buffers import Buffers, buffers
from simgen.world.neural.denoise import carried
from simgen.world.neural.toning import toned, untoned
from simgen.world.preview import cheap_light
from simgen.world.roll import Roll
from simgen.world.shading import background

DARKEST = 1e-4
"""Exposure added to both where light is scaled, so that a black surface can be lit."""
GUESSED_ALBEDO = 0.35
"""Of a scene of which nothing is known but what lights it."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A frame before the network."""

    buffers: Buffers
    noise: np.ndarray | None
    """Standard normal, float32, (H, W, 3); None where none is asked for."""


class Row:
    """What one camera remembers."""

    def __init__(self, view: CameraView, appearance: Appearance, seed: int, noisy: bool, watch: Stopwatch):
        """Wait for the first frame; `watch` is told where time goes."""
        self._watch, self._roll, self._noisy = watch, Roll(view, appearance, seed), noisy
        self._gain = 1.0
        self._tone: np.ndarray | None = None
        self._noise: np.ndarray | None = None

    def see(self, shot: Shot) -> Seen:
        """The next frame as the network sees it."""
        now, light = self._roll.wind(shot)
        observation = shot.observation
        with self._watch("cheap light"):
            self._cheap = None if observation.light is None else cheap_light(observation, now, light, known=shot.scene is not None)
        if self._roll.frame == 0:
            self._gain = _guessed(light) if self._cheap is None else metered(self._cheap)
        with self._watch("maps"):
            seen = buffers(observation, self._cheap, now, light, gain=self._gain, focus_m=self._roll.focus_m)
        if self._tone is not None:
            with self._watch("last frame carried"):
                seen.maps["history"] = carried(self._tone, observation.flow)
        return Seen(seen, self._fresh() if self._noisy else None)

    def _fresh(self) -> np.ndarray:
        """Standard normal, float32, (H, W, 3): it moves with the surfaces, and is new where those come into view."""
        observation = self._roll.shot.observation
        rng = stream(self._roll.seed, self._roll.frame, "neural world")
        fresh = rng.standard_normal((*observation.depth.shape, 3), dtype=np.float32)
        if self._noise is not None:
            row, column = np.nonzero(np.isfinite(observation.flow).all(-1))
            place = np.rint(observation.flow[row, column]).astype(np.int64)
            v = np.clip(row + place[:, 1], 0, fresh.shape[0] - 1)
            u = np.clip(column + place[:, 0], 0, fresh.shape[1] - 1)
            fresh[row, column] = self._noise[v, u]
        self._noise = fresh
        return fresh

    def develop(self, tone: np.ndarray) -> np.ndarray:
        """The photograph, sRGB, uint8, (H, W, 3), of what the network said, and it is remembered."""
        self._tone = np.clip(tone, 0, 1)
        with self._watch("correction"):
            hdr = self._lit(tone)
        with self._watch("air"):
            hdr = self._roll.exposed(hdr)
        with self._watch("development"):
            return self._roll.develop(hdr)

    def _lit(self, tone: np.ndarray) -> np.ndarray:
        """Light before the air, cd/m2: cheap light times what the network made of its tone; where there is sky, the sky."""
        observation = self._roll.shot.observation
        hidden = ~np.isfinite(observation.depth)
        if self._cheap is None:
            hdr = untoned(tone) / np.float32(self._gain)
            hdr[hidden] = background(self._roll.illumination, _directions(observation)[hidden])
            return hdr
        return corrected(self._cheap, tone, hidden, self._gain)

    @property
    def memory(self) -> dict[str, np.ndarray]:
        """All that one frame hands to the next."""
        kept = {"tone": self._tone, "noise": self._noise}
        return self._roll.memory | {"scale": np.asarray(self._gain)} | {name: kept[name] for name in kept if kept[name] is not None}

    @memory.setter
    def memory(self, memory: dict[str, np.ndarray]):
        self._roll.memory, self._gain = memory, float(memory["scale"])
        self._tone, self._noise = memory.get("tone"), memory.get("noise")


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
