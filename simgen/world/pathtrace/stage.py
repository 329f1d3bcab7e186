"""Scenes ready to be drawn: their weathered surfaces in Mitsuba, kept between frames and between the cameras of an episode."""

from dataclasses import dataclass

import drjit
import numpy as np

from simgen.scenario import Scene
from simgen.scenario.illumination import Illumination
from simgen.scenario.surface import links
from simgen.scenario.weather import Weather
from simgen.scenario.weathering import Weathered, ripples
from simgen.scenario.weathering.lying import Lying
from simgen.world.pathtrace.scenery import Scenery


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
        self._lying: Lying | None = None
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
        lying = Lying.of(scene, weather, first_pose)
        if lying != self._lying:
            self._lying, self._set = None, None
            drjit.flush_malloc_cache()  # what the last set took stays with Dr.Jit otherwise
            covered = lying.surfaces()
            self._set = Set(Scenery(covered.surfaces, links(scene), first_pose), covered, scene.seed)
            self._lying = lying
        return self._set
