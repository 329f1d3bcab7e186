"""What weather and light make of what a camera saw: colour and gloss under snow, water, ice and dust, and the direct light."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.scenario.scene import Scene
from simgen.scenario.sky import illuminate
from simgen.scenario.weathering.lying import Lying
from simgen.simulator.direct_light import Shade, lit
from simgen.simulator.raycast import RayCaster

LOOKS = ("albedo", "roughness", "metallic", "light")
"""Maps that weather changes; where things are stays as it is."""


class Appearances:
    """Dresses the observations of one run through a Scene."""

    def __init__(self, scene: Scene, first_pose: np.ndarray):
        """Wait for the first observation.

        Args:
            scene: as it shall be photographed.
            first_pose: world_T_link at the first instant, float64, (L, 7): what lies on surfaces fell where they were then.
        """
        self._scene, self._first_pose = scene, first_pose
        self._folder = None if scene.folder is None else Path(scene.folder)
        self._dry = RayCaster.shared(scene)
        self._shades: dict[str, Shade] = {}
        self._lying: Lying | None = None
        self._covered: RayCaster | None = None

    def of(self, observation: Observation, link_pose: np.ndarray, conditions: Conditions) -> Observation:
        """The same observation with its direct light and, where anything lies on surfaces, their look under it.

        What lies has a shape of its own, and colour and light are those of what is seen in a pixel; depth, normals and ids keep
        telling of the thing below.

        Args:
            observation: exact buffers.
            link_pose: world_T_link at its instant, float64, (L, 7).
            conditions: weather and light of its instant.

        Raises:
            AssetError: if a mesh, a texture or the light's environment is missing or unreadable.
        """
        light = illuminate(conditions.weather, conditions.light, self._folder)
        lying = Lying.of(self._scene, conditions.weather, self._first_pose)
        shade = self._shades.setdefault(observation.view.name, Shade())
        if not lying.something:
            return lit(observation, self._dry, link_pose, light, shade)
        caster = self._caster(lying)
        seen = lit(caster.observe(observation.view, link_pose, observation.time_ns), caster, link_pose, light, shade)
        both = np.isfinite(observation.depth) & np.isfinite(seen.depth)
        return replace(observation, **{name: _where(both, getattr(seen, name), getattr(observation, name)) for name in LOOKS})

    def _caster(self, lying: Lying) -> RayCaster:
        if lying != self._lying:
            self._lying, self._covered = None, None
            self._covered = RayCaster.of(self._scene, lying.surfaces().surfaces)
            self._lying = lying
        return self._covered


def _where(there: np.ndarray, new: np.ndarray, old: np.ndarray | None) -> np.ndarray:
    """One map where it is known, and else the other, or 0."""
    return np.where(there if new.ndim == 2 else there[..., None], new, new.dtype.type(0) if old is None else old)
