"""Scenes ready to be drawn: their weathered surfaces in Mitsuba, kept between frames and between the cameras of an episode."""

from dataclasses import dataclass

import drjit
import numpy as np

from simgen.geometry import Pose
from simgen.scenario import Scene
from simgen.scenario.illumination import Illumination
from simgen.scenario.surface import links, surfaces
from simgen.scenario.weather import Weather
from simgen.scenario.weathering import Weathered, ripples, weathered
from simgen.world.pathtrace.scenery import Scenery

STEP = 0.05
"""What lies on surfaces is drawn to the nearest of such steps, so that a storm that comes up is not built anew every frame."""
LYING = ("wetness", "snow_cover", "ice", "dust")


@dataclass(frozen=True, eq=False)
class Set:
    """A scene under a weather."""

    scenery: Scenery
    surfaces: Weathered
    seed: int

    def at(self, link_pose: np.ndarray, illumination: Illumination, weather: Weather, time_ns: int) -> Scenery:
        """Set up for one instant."""
        if weather.rain_mm_h > 0:
            for number in self.surfaces.puddles:
                self.scenery.emboss(number, ripples(self.surfaces.surfaces[number], weather, seed=self.seed, time_ns=time_ns))
        self.scenery.set_up(link_pose, illumination)
        return self.scenery


class Stage:
    """The set of the latest scene. It takes seconds to build, but a gigabyte or more; the cameras of an episode share it."""

    def __init__(self):
        self._key: tuple | None = None
        self._set: Set | None = None

    def set(self, scene: Scene, weather: Weather, first_pose: np.ndarray) -> Set:
        """A scene under a weather; what lies on its surfaces fell where they were at first.

        Args:
            scene: the scene.
            weather: of this frame.
            first_pose: world_T_link at the first instant of the clip, float64, (L, 7).

        Raises:
            AssetError: if a mesh, URDF or texture is missing, empty or unreadable.
        """
        weather = weather.model_copy(update={name: round(getattr(weather, name) / STEP) * STEP for name in LYING})
        key = scene.sha256, *(getattr(weather, name) for name in LYING), first_pose.tobytes()
        if key != self._key:
            self._key, self._set = None, None
            drjit.flush_malloc_cache()  # what the last set took stays with Dr.Jit otherwise
            table = links(scene)
            poses = {(link.body, link.index): Pose.from_row(row) for link, row in zip(table, first_pose, strict=True)}
            covered = weathered(surfaces(scene), poses, weather, seed=scene.seed)
            self._set = Set(Scenery(covered.surfaces, table, first_pose), covered, scene.seed)
            self._key = key
        return self._set
