"""The path-traced world: photographs of a Scene by physically based rendering."""

from pathlib import Path

import numpy as np

from simgen.errors import InvalidValue
from simgen.observation import Observation, State
from simgen.randomness import stream
from simgen.scenario import Scene
from simgen.scenario.illumination import Illumination
from simgen.scenario.sensor import Sensor
from simgen.scenario.sky import illuminate
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, Clip, ControlClip
from simgen.world.atmosphere import through_air
from simgen.world.develop import Developer, clip_interval_s
from simgen.world.focus import aperture_m, blur_circle, focus_distance
from simgen.world.pathtrace.camera import PINHOLE, Lens
from simgen.world.pathtrace.stage import Stage
from simgen.world.pathtrace.trace import Tracer
from simgen.world.pathtrace.variant import Variant, activate, best

SAMPLES = 4
"""Paths a pixel: denoised, 4 come within 31.4 dB of 128; 8 within 33.3 dB, and take half as long again."""
BLUR = 0.5
"""Pixels of defocus below which a pinhole does as well."""


class PathTrace:
    """Draws the Scene itself, so a clip must carry it and its states. A frame depends on no other, but for metering and focus,
    which are done on the first."""

    name = "pathtrace"
    needs_rgb = False
    needs_light = False
    causal = True

    def __init__(self, *, variant: Variant | None = None, samples: int = SAMPLES):
        """Choose how to draw.

        Args:
            variant: of Mitsuba; None is the best that draws on this machine.
            samples: paths a pixel.

        Raises:
            UnusableLibrary: if Mitsuba cannot draw on this machine.
            InvalidValue: if `samples` is less than 1.
        """
        if samples < 1:
            raise InvalidValue("samples", samples, "at least 1 path a pixel")
        self.variant = best() if variant is None else variant
        activate(self.variant)
        self.samples = samples
        self.watch = Stopwatch()
        """Where the time goes."""
        self._stage = Stage()
        self._tracer = Tracer(self.watch)

    def render(self, controls: ControlClip, appearance: Appearance, *, seed: int) -> Clip:
        """Photographs of a whole clip; the scene is drawn under `appearance.at(frame)`.

        Raises:
            InvalidValue: if the clip carries no Scene or no states.
            NotFinite: if a pixel stays NaN or infinite.
            AssetError: if a mesh, a texture or the light's environment is missing or unreadable.
        """
        scene, states = _known(controls)
        frames, developer = [], None
        for frame in range(len(controls)):
            observation, conditions = controls.observations[frame], appearance.at(frame)
            illumination = _illumination(scene, appearance, frame)
            light = self.luminance(controls, appearance, frame, seed=seed)
            with self.watch("develop"):
                if developer is None:
                    interval_s = clip_interval_s(controls.observations)
                    developer = Developer(light, observation.view, conditions, illumination, seed=seed, interval_s=interval_s)
                frames.append(developer.develop(frame, light, observation, conditions, illumination))
        return Clip(np.stack(frames), self.name, (self.name,) * len(frames))

    def luminance(self, controls: ControlClip, appearance: Appearance, frame: int, *, seed: int) -> np.ndarray:
        """What reaches the camera in one frame, before it responds: cd/m2 in linear sRGB, float32, (H, W, 3).

        Raises:
            InvalidValue: if the clip carries no Scene or no states.
            NotFinite: if a pixel stays NaN or infinite.
        """
        light = self.radiance(controls, appearance, frame, seed=seed)
        observation, illumination = controls.observations[frame], _illumination(controls.scene, appearance, frame)
        with self.watch("atmosphere"):
            return through_air(light, observation, appearance.at(frame), illumination, seed=controls.air_seed(seed))

    def radiance(self, controls: ControlClip, appearance: Appearance, frame: int, *, seed: int) -> np.ndarray:
        """What would reach the camera, were there no air between: cd/m2 in linear sRGB, float32, (H, W, 3).

        Raises:
            InvalidValue: if the clip carries no Scene or no states.
            NotFinite: if a pixel stays NaN or infinite.
        """
        scene, states = _known(controls)
        observation, conditions = controls.observations[frame], appearance.at(frame)
        illumination = _illumination(scene, appearance, frame)
        with self.watch("build"):
            prepared = self._stage.set(scene, conditions.weather, states[0].link_pose)
        with self.watch("move"):
            scenery = prepared.at(states[frame].link_pose, illumination, conditions.weather, observation.time_ns)
        noise = int(stream(seed, frame, "path tracing").integers(2**32))
        lens = _lens(conditions.sensor, observation, controls.observations[0])
        return self._tracer.radiance(scenery.scene, observation, illumination, lens, samples=self.samples, seed=noise)


def _known(controls: ControlClip) -> tuple[Scene, tuple[State, ...]]:
    if controls.scene is None or controls.states is None:
        missing = "scene" if controls.scene is None else "states"
        must = "given, for pathtrace draws the Scene itself; for a clip of arrays alone choose another world, such as preview"
        raise InvalidValue(f"the clip's {missing}", None, must)
    if len(controls.states) != len(controls):
        raise InvalidValue("the number of the clip's states", len(controls.states), f"that of its observations, {len(controls)}")
    return controls.scene, controls.states


def _illumination(scene: Scene, appearance: Appearance, frame: int) -> Illumination:
    conditions = appearance.at(frame)
    return illuminate(conditions.weather, conditions.light, None if scene.folder is None else Path(scene.folder))


def _lens(sensor: Sensor, observation: Observation, first: Observation) -> Lens:
    """A thin lens where it would blur something by a pixel fraction that shows, else a pinhole."""
    focus_m = focus_distance(sensor, first)
    seen = np.isfinite(observation.depth)
    if not seen.any():
        return PINHOLE
    blur = np.abs(np.percentile(blur_circle(observation, sensor, focus_m)[seen], [2, 98])).max()
    return Lens(aperture_m(sensor, observation.view.intrinsics) / 2, focus_m) if blur > BLUR else PINHOLE
