"""The simulator's own pixels, untouched: the control arm of every experiment."""

import numpy as np

from simgen.errors import InvalidValue
from simgen.world import Appearance, Clip, ControlClip


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
        frames = [observation.rgb for observation in controls.observations]
        if any(frame is None for frame in frames):
            raise InvalidValue("rgb", None, "the simulator's picture: make the simulator with a renderer, or choose another world")
        return Clip(np.stack(frames), self.name, (self.name,) * len(frames))
