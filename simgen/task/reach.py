"""Reach: bring the gripper to just above a body."""

import numpy as np

from simgen.geometry import Pose
from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.task.cast import cast, fill, nearness, settings
from simgen.task.expert import Motion, Scripted

PHRASINGS = (
    "reach for the {target}",
    "move the gripper to the {target}",
    "bring your hand just above the {target}",
    "hover over the {target}",
    "go to the {target} without touching it",
)


class Reach:
    """Roles: target. Settings: `clearance`, metres above its top; `tolerance`, metres from there."""

    def __init__(self, scene: Scene, links: tuple[Link, ...]):
        (self.target,) = cast(scene, links, ("target",))
        self.settings = settings(scene, {"clearance": 0.05, "tolerance": 0.02})
        self.scene = scene

    def goal(self, state: State) -> np.ndarray:
        """Where the tool centre point should be, metres, float64, (3,)."""
        return np.array([*self.target.centre(state)[:2], self.target.top(state) + self.settings["clearance"]])

    def progress(self, state: State) -> float:
        """How near the hand is; 1 within the tolerance."""
        return nearness(self._distance(state) - self.settings["tolerance"], 0.25)

    def success(self, state: State) -> bool:
        """Whether the tool centre point is within the tolerance."""
        return self._distance(state) <= self.settings["tolerance"]

    def instructions(self) -> tuple[str, ...]:
        """The task in words."""
        return fill(PHRASINGS, self.scene)

    def expert(self, rng: np.random.Generator) -> "Reacher":
        """A fresh demonstrator."""
        return Reacher(self.scene, self, rng)

    def _distance(self, state: State) -> float:
        return float(np.linalg.norm(state.tcp.position - self.goal(state)))


class Reacher(Scripted):
    """Goes there in a straight line, turning its hand level on the way."""

    def attempt(self) -> Motion:
        self.subtask = f"reach for the {self.task.target.words}"
        return (yield from self.move(lambda: Pose(self.task.goal(self.state), self.level())))
