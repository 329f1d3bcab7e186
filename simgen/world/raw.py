"""The simulator's own pixels, untouched: the control arm of every experiment."""

from collections.abc import Sequence

import numpy as np

from simgen.errors import InvalidValue
from simgen.geometry import CameraView
from simgen.observation import Observation
from simgen.world import Appearance, Clip, ControlClip, Shot
from simgen.world.rows import Rows, one_by_one


class Raw:
    """Passes the simulator's picture through. `appearance` and `seed` change nothing."""

    name = "raw"
    needs_rgb = True
    needs_light = False
    causal = True

    def render(self, controls: ControlClip, appearance: Appearance, *, seed: int) -> Clip:
        """The simulator's frames.

        Raises:
            InvalidValue: if the observations carry no rgb.
        """
        frames = [_picture(observation) for observation in controls.observations]
        return Clip(np.stack(frames), self.name, (self.name,) * len(frames))

    def stream(self, views: Sequence[CameraView], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> Rows:
        """The simulator's frames, one step at a time."""
        return Rows(lambda *_: _Row(), one_by_one, views, appearances, seeds)


class _Row:
    """Remembers nothing."""

    def __init__(self):
        self.memory: dict[str, np.ndarray] = {}

    def see(self, shot: Shot) -> np.ndarray:
        return _picture(shot.observation)

    def develop(self, drawn: np.ndarray) -> np.ndarray:
        return drawn


def _picture(observation: Observation) -> np.ndarray:
    if observation.rgb is None:
        raise InvalidValue("rgb", None, "the simulator's picture: make the simulator with draws=True, or choose another world")
    return observation.rgb
