"""Tasks: what is to be done in a Scene, how far it has come, and an expert that does it; and the table of tasks."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simgen.geometry import Pose
from simgen.observation import Link, State
from simgen.registry import Registry
from simgen.scenario import Scene
from simgen.task.cast import fill


@dataclass(frozen=True, eq=False)
class Target:
    """Where an expert wants the hand next."""

    world_T_tcp: Pose
    """Pose of the tool centre point."""
    gripper: float
    """Opening wanted, 0 closed to 1 open."""


class Expert(Protocol):
    """A scripted demonstrator. It sees the physics truth, and is deterministic given its generator."""

    subtask: str
    """What it is doing now, in words ("reach for the red cube")."""
    finished: bool
    """It has nothing more to do: it holds still, whether or not the task succeeded."""

    def act(self, state: State) -> Target:
        """Where the hand should be after the next control step."""


class Task(Protocol):
    """One task in one Scene. Made with the Scene and its link table; holds no simulator."""

    def progress(self, state: State) -> float:
        """How far the task has come, 0 to 1, from the physics truth; 1 exactly where `success` holds."""

    def success(self, state: State) -> bool:
        """Whether the task is done in this state."""

    def instructions(self) -> tuple[str, ...]:
        """The task in words, in several phrasings."""

    def expert(self, rng: np.random.Generator) -> Expert:
        """A fresh demonstrator."""


REGISTRY = Registry(
    "task",
    "simgen.tasks",
    {
        "reach": "simgen.task.reach:Reach",
        "push": "simgen.task.push:Push",
        "pick_place": "simgen.task.pick_place:PickPlace",
        "stack": "simgen.task.stack:Stack",
        "open_drawer": "simgen.task.open_drawer:OpenDrawer",
    },
)
"""Every task by name; plugins join through the `simgen.tasks` entry points."""


def make(scene: Scene, links: tuple[Link, ...]) -> Task:
    """The task a Scene names.

    Raises:
        UnknownName: if no task is called so, or a role or setting is not one the task knows.
        InvalidScenario: if a role the task needs is missing.
    """
    return REGISTRY.load(scene.task.name)(scene, links)


def instruct(scene: Scene, task: Task, rng: np.random.Generator) -> str:
    """One phrasing of the task: the scene's own where it gives some, else the task's.

    Raises:
        UnknownName: if the scene's phrasing has something in braces that is not a role.
        InvalidScenario: if its braces do not pair.
    """
    own = scene.task.instructions
    phrasings = fill(own, scene) if own else task.instructions()
    return phrasings[rng.integers(len(phrasings))]
