"""What lies on the surfaces of a Scene: one answer, so that every world draws the same snow in the same places."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from simgen.geometry import Pose
from simgen.scenario.scene import Scene
from simgen.scenario.surface import links, surfaces
from simgen.scenario.weather import Weather
from simgen.scenario.weathering import Weathered, weathered

STEP = 0.05
"""What lies on surfaces is told to the nearest of such steps, so that a storm that comes up is not laid anew every frame."""
LYING = ("wetness", "snow_cover", "ice", "dust")


@dataclass(frozen=True)
class Lying:
    """What lies where at an instant of a Scene; equal ones look alike."""

    amounts: tuple[float, ...]
    """Of `LYING`, each a multiple of `STEP`."""
    rain_mm_h: float
    """That rippled the puddles which do not move, a power of 2 or 0."""
    scene: str
    """SHA-256 of the Scene."""
    first_pose: bytes
    """Where its links were when it fell."""
    _scene: Scene = field(compare=False, repr=False)

    @classmethod
    def of(cls, scene: Scene, weather: Weather, first_pose: np.ndarray) -> "Lying":
        """Under a weather.

        Args:
            scene: the scene.
            weather: of this frame.
            first_pose: world_T_link at the first instant of the clip, float64, (L, 7): what lies on surfaces fell where they were then.
        """
        amounts = tuple(round(getattr(weather, name) / STEP) * STEP for name in LYING)
        rain = 2.0 ** round(np.log2(weather.rain_mm_h)) if weather.rain_mm_h > 0 and any(amounts) else 0.0
        return cls(amounts, rain, scene.sha256, np.ascontiguousarray(first_pose, np.float64).tobytes(), scene)

    @property
    def something(self) -> bool:
        """Whether anything lies anywhere."""
        return any(self.amounts)

    def surfaces(self) -> Weathered:
        """All surfaces of the Scene with what lies on them; the latest are remembered.

        Raises:
            AssetError: if a mesh, URDF or texture is missing, empty or unreadable.
        """
        return _surfaces(self)


@lru_cache(maxsize=1)
def _surfaces(lying: Lying) -> Weathered:
    scene, poses = lying._scene, np.frombuffer(lying.first_pose).reshape(-1, 7)
    at = {(link.body, link.index): Pose.from_row(row) for link, row in zip(links(scene), poses, strict=True)}
    weather = Weather(**dict(zip(LYING, lying.amounts, strict=True)), rain_mm_h=lying.rain_mm_h)
    return weathered(surfaces(scene), at, weather, seed=scene.seed)
