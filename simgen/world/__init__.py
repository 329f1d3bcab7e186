"""Worlds: what turns control maps into photographs, and the table of those that do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simgen.errors import InvalidValue, ShapeMismatch
from simgen.geometry import CameraView
from simgen.observation import Observation, State
from simgen.randomness import stream
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
class Shot:
    """What a world may look at in one frame of one row of a closed loop."""

    observation: Observation
    """Exact buffers."""
    scene: Scene | None = None
    """None for arrays from elsewhere."""
    state: State | None = None
    """The physics truth, where the Scene is known."""
    conditions: Conditions | None = None
    """Weather, light and sensor of this instant; None is what the row's appearance says of the frame of this number."""


def air_seed(scene: Scene | None, seed: int) -> int:
    """Of the drops and flakes in the air: the Scene's, so that every camera and every world sees the same ones; that of the photograph
    where the Scene is unknown."""
    return seed if scene is None else int(stream(scene.seed, scene.episode, "air").integers(2**32))


@dataclass(frozen=True, eq=False)
class Clip:
    """Generated frames of one camera."""

    frames: np.ndarray
    """sRGB, uint8, (T, H, W, 3)."""
    world: str
    """Name of the world that was asked."""
    source: tuple[str, ...]
    """Which world drew each frame, (T,)."""


class Stream(Protocol):
    """A world at work in a closed loop, batched over rows, one a camera of an environment: a row is the same alone and beside others."""

    def step(self, shots: Sequence[Shot], rows: Sequence[int] | None = None) -> list[np.ndarray]:
        """One frame of each of these rows, or of all, sRGB, uint8, (H, W, 3) each."""

    def reset(self, rows: Sequence[int], views: Sequence[CameraView], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> None:
        """Begin these rows anew."""

    def memory(self, row: int) -> dict[str, np.ndarray]:
        """All that one frame of a row hands to the next."""

    def recall(self, row: int, memory: dict[str, np.ndarray]) -> None:
        """Go on with a row, just begun anew, from what `memory` said of it, bit for bit."""


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

    def stream(self, views: Sequence[CameraView], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> Stream:
        """Photographs of many cameras, one step at a time; only of worlds that are causal and say so by having it."""


REGISTRY = Registry(
    "world",
    "simgen.worlds",
    {
        "neural": "simgen.world.neural.world:Neural",
        "pathtrace": "simgen.world.pathtrace:PathTrace",
        "preview": "simgen.world.preview:Preview",
        "raw": "simgen.world.raw:Raw",
    },
)
"""Every world by name; plugins join through the `simgen.worlds` entry points."""
DEFAULT = "neural"
"""Who draws where nobody says: the best world that needs no download and is quick."""


def make(name: str, **options) -> World:
    """Make a world by name.

    Raises:
        UnknownName: if no world is called so.
        MissingExtra: if its package is not installed.
    """
    return REGISTRY.load(name)(**options)
