"""Worlds: what turns control maps into photographs, and the table of those that do."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simgen.errors import InvalidValue, ShapeMismatch
from simgen.observation import Observation, State
from simgen.registry import Registry
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions


@dataclass(frozen=True, eq=False)
class Appearance:
    """How the photograph should look."""

    prompt: str = ""
    """The scene in words."""
    negative_prompt: str = ""
    """What must not be seen, in words."""
    conditions: tuple[Conditions, ...] = (Conditions(),)
    """Weather, light and sensor of every frame, (T,), or one for all."""

    def at(self, frame: int) -> Conditions:
        """Of one frame."""
        return self.conditions[0 if len(self.conditions) == 1 else frame]


@dataclass(frozen=True, eq=False)
class ControlClip:
    """Everything a world may look at: T instants of one camera."""

    observations: tuple[Observation, ...]
    """Exact buffers, (T,), all of one size."""
    scene: Scene | None = None
    """The Scene, where the clip came from one of our simulators; None for arrays from elsewhere."""
    states: tuple[State, ...] | None = None
    """The physics truth, (T,), where the Scene is known."""

    def __post_init__(self):
        if not self.observations:
            raise InvalidValue("a control clip", 0, "at least one observation long")
        first = self.observations[0].depth.shape
        for number, observation in enumerate(self.observations):
            if observation.depth.shape != first:
                raise ShapeMismatch(f"observation {number}", observation.depth.shape, "the first of the clip", first)

    def __len__(self) -> int:
        return len(self.observations)


@dataclass(frozen=True, eq=False)
class Clip:
    """Generated frames of one camera."""

    frames: np.ndarray
    """sRGB, uint8, (T, H, W, 3)."""
    world: str
    """Name of the world that was asked."""
    source: tuple[str, ...]
    """Which world drew each frame, (T,)."""


class World(Protocol):
    """Turns Controls and an Appearance into photographs. It never sees a simulator."""

    name: str
    needs_rgb: bool
    """Whether it looks at the simulator's own picture."""
    needs_light: bool
    """Whether it looks at the direct-light buffer."""
    causal: bool
    """Whether a frame depends on no later one, so that it can be stepped in a closed loop."""

    def render(self, controls: ControlClip, appearance: Appearance, *, seed: int) -> Clip:
        """Photographs of a whole clip."""


REGISTRY = Registry(
    "world",
    "simgen.worlds",
    {
        "pathtrace": "simgen.world.pathtrace:PathTrace",
        "preview": "simgen.world.preview:Preview",
        "raw": "simgen.world.raw:Raw",
    },
)
"""Every world by name; plugins join through the `simgen.worlds` entry points."""


def make(name: str, **options) -> World:
    """Make a world by name.

    Raises:
        UnknownName: if no world is called so.
        MissingExtra: if its package is not installed.
    """
    return REGISTRY.load(name)(**options)
