"""The reference: the photograph that exact truth and conditions predict, which the one to be judged is compared with."""

from dataclasses import replace

import numpy as np

from simgen.scenario.conditions import Conditions
from simgen.world import Appearance, ControlClip, World

References = np.ndarray
"""One photograph a frame, sRGB, uint8, (T, H, W, 3)."""


def references(world: World, controls: ControlClip, appearance: Appearance, *, seed: int) -> References | None:
    """What a world that is exact by construction draws of a clip, its sensor free of noise; None where a frame's light is unknown.

    Args:
        world: draws from buffers and direct light, shadows included.
        controls: the exact truth.
        appearance: that of the photographs to be judged.
        seed: that of the photographs to be judged, so that the same drops fall and sit on the lens.
    """
    if any(observation.light is None for observation in controls.observations):
        return None
    conditions = tuple(silent(one) for one in appearance.conditions)
    return world.render(controls, replace(appearance, conditions=conditions), seed=seed).frames


def silent(conditions: Conditions) -> Conditions:
    """The same with a sensor free of noise."""
    return replace(conditions, sensor=conditions.sensor.model_copy(update=_SILENT))


_SILENT = {"shot_noise": 0.0, "read_noise": 0.0, "dead_pixels": 0.0}
