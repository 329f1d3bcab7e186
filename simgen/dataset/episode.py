"""Episode: everything one run through a Scene left behind; one row group of a dataset."""

from dataclasses import dataclass, field

import numpy as np

from simgen.observation import Link, State, Trajectory
from simgen.scenario import Scene
from simgen.verify import Adherence
from simgen.world import Clip


@dataclass(frozen=True)
class Subtask:
    """A stretch of an episode in words."""

    start: int
    """First frame."""
    stop: int
    """One past the last frame."""
    text: str


@dataclass(frozen=True, eq=False)
class Episode:
    """T instants of a Scene, with what was done, seen and drawn, and the physics truth of each."""

    scene: Scene
    """The concrete draw, as it was photographed; holds seed, episode number and attempt."""
    links: tuple[Link, ...]
    """Every rigid piece; rows of `State.link_pose`."""
    trajectory: Trajectory
    """States, actions and observations, T each."""
    final: State
    """The state after the last action."""
    action_names: tuple[str, ...]
    """(A,)."""
    joint_names: tuple[str, ...]
    """The arm's joints, (J,)."""
    clips: dict[str, Clip]
    """Camera name to its photographs, T frames each."""
    subtasks: tuple[Subtask, ...]
    """Captions in order; together they cover every frame."""
    simulator: str
    """Name of the simulator."""
    visibility: dict[str, np.ndarray] = field(default_factory=dict)
    """Camera name to the share of every body's own outline in which it is seen, float32, (T, B); empty where nobody counted."""
    adherence: dict[str, tuple[Adherence, ...]] = field(default_factory=dict)
    """Camera to what the gate said of every frame, (T,); empty where nobody measured."""
    simulated: Scene | None = None
    """The Scene that the physics ran in, where another was photographed: other weather, light or sensor; None where it is the same."""
    world_seed: int | None = None
    """Of its photographs; None where nobody kept it."""
    rendered_from: str = ""
    """`<dataset>/<position>` of the episode whose physics was photographed again; empty for one of its own."""
    versions: dict[str, str] = field(default_factory=dict)
    """Package to version, of everything that had a hand in it."""

    def __len__(self) -> int:
        return len(self.trajectory.states)

    @property
    def success(self) -> bool:
        """Whether the task was done at the end."""
        return self.final.success

    @property
    def progress(self) -> np.ndarray:
        """Task progress at every frame, float64, (T,)."""
        return np.array([state.progress for state in self.trajectory.states])

    @property
    def base_links(self) -> tuple[int, ...]:
        """Row of the link table of every body's base, in the order of `Scene.bodies`."""
        rows = {link.body: row for row, link in enumerate(self.links) if link.index == 0}
        return tuple(rows[body.id] for body in self.scene.bodies)
