"""Scenes ready to be drawn: their weathered surfaces in Mitsuba, kept between frames and between the cameras of an episode."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from simgen.geometry import Pose
from simgen.scenario import Scene
from simgen.scenario.illumination import Illumination
from simgen.scenario.surface import links, surfaces
from simgen.scenario.weather import Weather
from simgen.scenario.weathering import Weathered, ripples, weathered
from simgen.world.pathtrace.scenery import Scenery

KEPT = 3
"""Sets kept: each takes a second or more to build, and a few hundred megabytes."""
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
    """The sets of the latest scenes."""

    def __init__(self):
        self._sets: OrderedDict[tuple, Set] = OrderedDict()

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
        if key not in self._sets:
            table = links(scene)
            poses = {(link.body, link.index): Pose.from_row(row) for link, row in zip(table, first_pose, strict=True)}
            covered = weathered(surfaces(scene), poses, weather, seed=scene.seed)
            self._sets[key] = Set(Scenery(covered.surfaces, table, first_pose), covered, scene.seed)
        self._sets.move_to_end(key)
        while len(self._sets) > KEPT:
            self._sets.popitem(last=False)
        return self._sets[key]
