"""The path-traced world: photographs of a Scene by physically based rendering."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simgen.errors import InvalidValue
from simgen.geometry import CameraView
from simgen.observation import Observation, State
from simgen.randomness import stream
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Illumination
from simgen.scenario.sensor import Sensor
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, Clip, ControlClip, Shot, air_seed
from simgen.world.atmosphere import through_air
from simgen.world.focus import aperture_m, blur_circle, focus_distance
from simgen.world.pathtrace.camera import PINHOLE, Lens
from simgen.world.pathtrace.stage import Stage
from simgen.world.pathtrace.trace import Tracer
from simgen.world.pathtrace.variant import Variant, activate, best
from simgen.world.roll import Roll
from simgen.world.rows import Rows, one_by_one

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
        row = _Row(self, self._stage, controls.observations[0].view, appearance, seed)
        shots = (Shot(observation, scene, state) for observation, state in zip(controls.observations, states, strict=True))
        return Clip(np.stack([row.develop(row.see(shot)) for shot in shots]), self.name, (self.name,) * len(controls))

    def stream(self, views: Sequence[CameraView], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> Rows:
        """Photographs of many cameras, one step at a time. Every Scene among them is kept ready, which takes a gigabyte or more each."""
        stages = _Stages()
        return Rows(lambda *row: _Row(self, stages, *row), one_by_one, views, appearances, seeds, in_turn=True)

    def luminance(self, controls: ControlClip, appearance: Appearance, frame: int, *, seed: int) -> np.ndarray:
        """What reaches the camera in one frame, before it responds: cd/m2 in linear sRGB, float32, (H, W, 3).

        Raises:
            InvalidValue: if the clip carries no Scene or no states.
            NotFinite: if a pixel stays NaN or infinite.
        """
        light = self.radiance(controls, appearance, frame, seed=seed)
        observation, illumination = controls.observations[frame], _illumination(controls.scene, appearance, frame)
        with self.watch("atmosphere"):
            return through_air(light, observation, appearance.at(frame), illumination, seed=air_seed(controls.scene, seed))

    def radiance(self, controls: ControlClip, appearance: Appearance, frame: int, *, seed: int) -> np.ndarray:
        """What would reach the camera, were there no air between: cd/m2 in linear sRGB, float32, (H, W, 3).

        Raises:
            InvalidValue: if the clip carries no Scene or no states.
            NotFinite: if a pixel stays NaN or infinite.
        """
        scene, states = _known(controls)
        shot = Shot(controls.observations[frame], scene, states[frame], appearance.at(frame))
        illumination = _illumination(scene, appearance, frame)
        focus_m = focus_distance(shot.conditions.sensor, controls.observations[0])
        noise = int(stream(seed, frame, "path tracing").integers(2**32))
        return self.traced(self._stage, shot, shot.conditions, illumination, states[0].link_pose, focus_m=focus_m, noise=noise)

    def traced(
        self, stage: Stage, shot: Shot, now: Conditions, light: Illumination, first_pose: np.ndarray, *, focus_m: float, noise: int
    ) -> np.ndarray:
        """The same of one shot of a known Scene.

        Args:
            stage: keeps its set.
            shot: with its Scene and state.
            now: weather and sensor of its instant.
            light: of its instant.
            first_pose: world_T_link at the first instant, float64, (L, 7).
            focus_m: what the lens is set to, metres.
            noise: seed of the paths.
        """
        observation = shot.observation
        with self.watch("build"):
            prepared = stage.set(shot.scene, now.weather, first_pose)
        with self.watch("move"):
            scenery = prepared.at(shot.state.link_pose, light, now.weather, observation.time_ns)
        lens = _lens(now.sensor, observation, focus_m)
        return self._tracer.radiance(scenery.scene, observation, light, lens, samples=self.samples, seed=noise)


class _Stages:
    """A set for every Scene that is played."""

    def __init__(self):
        self._of: dict[str, Stage] = {}

    def set(self, scene: Scene, weather: Weather, first_pose: np.ndarray):
        return self._of.setdefault(scene.sha256, Stage()).set(scene, weather, first_pose)


class _Row:
    """One camera's roll of film, and where everything was when it began."""

    def __init__(self, world: PathTrace, stage: Stage | _Stages, view: CameraView, appearance: Appearance, seed: int):
        self._world, self._stage, self._roll = world, stage, Roll(view, appearance, seed)
        self._first_pose: np.ndarray | None = None

    def see(self, shot: Shot) -> np.ndarray:
        if shot.scene is None or shot.state is None:
            raise _unknown("shot", shot.scene)
        conditions, illumination = self._roll.wind(shot)
        if self._first_pose is None:
            self._first_pose = shot.state.link_pose
        noise = int(stream(self._roll.seed, self._roll.frame, "path tracing").integers(2**32))
        focus_m = self._roll.focus_m
        hdr = self._world.traced(self._stage, shot, conditions, illumination, self._first_pose, focus_m=focus_m, noise=noise)
        with self._world.watch("atmosphere"):
            return self._roll.exposed(hdr)

    def develop(self, drawn: np.ndarray) -> np.ndarray:
        with self._world.watch("develop"):
            return self._roll.develop(drawn)

    @property
    def memory(self) -> dict[str, np.ndarray]:
        return self._roll.memory | ({} if self._first_pose is None else {"first_pose": self._first_pose})

    @memory.setter
    def memory(self, memory: dict[str, np.ndarray]):
        self._roll.memory, self._first_pose = memory, memory.get("first_pose")


def _known(controls: ControlClip) -> tuple[Scene, tuple[State, ...]]:
    if controls.scene is None or controls.states is None:
        raise _unknown("clip", controls.scene)
    if len(controls.states) != len(controls):
        raise InvalidValue("the number of the clip's states", len(controls.states), f"that of its observations, {len(controls)}")
    return controls.scene, controls.states


def _unknown(what: str, scene: Scene | None) -> InvalidValue:
    missing = "scene" if scene is None else "states"
    must = f"given, for pathtrace draws the Scene itself; for a {what} of arrays alone choose another world, such as preview"
    return InvalidValue(f"the {what}'s {missing}", None, must)


def _illumination(scene: Scene, appearance: Appearance, frame: int) -> Illumination:
    conditions = appearance.at(frame)
    return illuminate(conditions.weather, conditions.light, None if scene.folder is None else Path(scene.folder))


def _lens(sensor: Sensor, observation: Observation, focus_m: float) -> Lens:
    """A thin lens where it would blur something by a pixel fraction that shows, else a pinhole."""
    seen = np.isfinite(observation.depth)
    if not seen.any():
        return PINHOLE
    blur = np.abs(np.percentile(blur_circle(observation, sensor, focus_m)[seen], [2, 98])).max()
    return Lens(aperture_m(sensor, observation.view.intrinsics) / 2, focus_m) if blur > BLUR else PINHOLE
