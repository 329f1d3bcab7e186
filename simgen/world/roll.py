"""A roll of film: what one camera's first frame sets for all that follow, and how each of them is developed."""

from pathlib import Path

import numpy as np

from simgen.geometry import CameraView
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Illumination
from simgen.scenario.sky import illuminate
from simgen.world import Appearance, Shot, air_seed
from simgen.world.atmosphere import through_air
from simgen.world.develop import Developer, metered
from simgen.world.focus import middle_depth


class Roll:
    """One camera's frames in order; exposure and focus are those of the first."""

    def __init__(self, view: CameraView, appearance: Appearance, seed: int):
        """Load the camera.

        Args:
            view: it may move, but keeps its lens.
            appearance: frame t is drawn as `at(t)`, and those beyond the last as the last, unless the shot says otherwise.
            seed: of the photographs.
        """
        self.seed, self.frame = seed, -1
        """`frame` is the number of the one in work, from 0; -1 before the first."""
        self._said, self._developer = appearance.conditions, Developer(1.0, view, seed=seed)
        self._time_ns, self._middle_m = 0, 0.0

    def wind(self, shot: Shot) -> tuple[Conditions, Illumination]:
        """On to the next frame; what it is taken under."""
        self.shot, time_ns = shot, shot.observation.time_ns
        self.frame += 1
        if self.frame == 0:
            self._middle_m = middle_depth(shot.observation)
        else:
            self._developer.interval_s = (time_ns - self._time_ns) * 1e-9
        self._time_ns = time_ns
        self.conditions = shot.conditions or self._said[min(self.frame, len(self._said) - 1)]
        folder = None if shot.scene is None or shot.scene.folder is None else Path(shot.scene.folder)
        self.illumination = illuminate(self.conditions.weather, self.conditions.light, folder)
        return self.conditions, self.illumination

    @property
    def focus_m(self) -> float:
        """Metres along the optical axis: what the sensor says, else what the middle of the first frame showed."""
        return self.conditions.sensor.focus_m or self._middle_m

    def photograph(self, hdr: np.ndarray) -> np.ndarray:
        """The frame in work, sRGB, uint8, (H, W, 3), from what would reach the camera in a vacuum, cd/m2 in linear sRGB, (H, W, 3)."""
        return self.develop(self.exposed(hdr))

    def exposed(self, hdr: np.ndarray) -> np.ndarray:
        """The same light behind the air."""
        seed = air_seed(self.shot.scene, self.seed)
        return through_air(hdr, self.shot.observation, self.conditions, self.illumination, seed=seed)

    def develop(self, hdr: np.ndarray) -> np.ndarray:
        """The frame in work, sRGB, uint8, (H, W, 3), from the light that reached the camera."""
        if self.frame == 0:
            self._developer.gain = metered(hdr)
        return self._developer.develop(self.frame, hdr, self.shot.observation, self.conditions, self.illumination)

    @property
    def memory(self) -> dict[str, np.ndarray]:
        """All that one frame hands to the next."""
        numbers = {"frame": self.frame, "time_ns": self._time_ns, "middle_m": self._middle_m, "gain": self._developer.gain}
        return {name: np.asarray(number) for name, number in numbers.items()}

    @memory.setter
    def memory(self, memory: dict[str, np.ndarray]):
        self.frame, self._time_ns = int(memory["frame"]), int(memory["time_ns"])
        self._middle_m, self._developer.gain = float(memory["middle_m"]), float(memory["gain"])
