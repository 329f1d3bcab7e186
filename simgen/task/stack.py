"""Stack: set one body upright on top of another."""

import numpy as np
from pyquaternion import Quaternion

from simgen.geometry import Pose
from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.task.cast import cast, fill, graspable, gripper_rows, nearness, settings, touching
from simgen.task.expert import Motion
from simgen.task.pick_place import STILL
from simgen.task.picker import Picker

PHRASINGS = (
    "stack the {object} on the {base}",
    "put the {object} on top of the {base}",
    "pick up the {object} and set it on the {base}",
    "build a tower with the {object} on the {base}",
    "balance the {object} on top of the {base}",
)
FLUSH = 0.008
"""Largest gap between the two, metres."""


class Stack:
    """Roles: object, base. Settings: `tolerance`, metres between the middles of the two, seen from above."""

    def __init__(self, scene: Scene, links: tuple[Link, ...]):
        self.object, self.base = cast(scene, links, ("object", "base"))
        self.settings = settings(scene, {"tolerance": 0.4 * float(np.min(self.base.size[:2]))})
        self.scene = scene
        self.gripper = gripper_rows(links)
        graspable("object", self.object, scene)

    def offset(self, state: State) -> np.ndarray:
        """From the object's bottom to the middle of the base's top, metres, float64, (3,)."""
        part, base = self.object, self.base
        return np.array([*(base.centre(state) - part.centre(state))[:2], base.top(state) - part.bottom(state)])

    def progress(self, state: State) -> float:
        """A quarter for the hand's way to the object, the rest for the object's way onto the base; 1 where it is done."""
        if self.success(state):
            return 1.0
        near = nearness(np.linalg.norm(state.tcp.position - self.object.centre(state)), 0.15)
        return min(0.99, 0.25 * near + 0.75 * nearness(np.linalg.norm(self.offset(state)), 0.15))

    def success(self, state: State) -> bool:
        """Whether the object stands on the base, at rest, and the hand has let go of it."""
        offset = self.offset(state)
        placed = np.linalg.norm(offset[:2]) <= self.settings["tolerance"] and abs(offset[2]) <= FLUSH
        return bool(placed and self.object.speed(state) < STILL and not touching(state, self.gripper, self.object))

    def instructions(self) -> tuple[str, ...]:
        """The task in words."""
        return fill(PHRASINGS, self.scene)

    def expert(self, rng: np.random.Generator) -> "Stacker":
        """A fresh demonstrator."""
        return Stacker(self.scene, self, rng)


class Stacker(Picker):
    """Picks, lines the two up, comes down slowly until they touch, and opens its fingers gently."""

    def attempt(self) -> Motion:
        """One go at it: pick the object, set it on the base, let go gently; it ends early where the object is lost."""
        part, base = self.task.object, self.task.base
        if not (yield from self.pick(part)):
            return False
        self.subtask = f"carry the {part.words} over the {base.words}"
        self._turn = self._aligned()
        if not (yield from self.carry(self._above(0.04).position, self._turn)):
            return False
        self.subtask = f"lower the {part.words} onto the {base.words}"
        down = lambda: self.holds() and not self._standing()  # noqa: E731
        if not (yield from self.move(lambda: self._above(0.001), speed=0.10, while_=down)) and not self._standing():
            return False
        self.subtask = f"let go of the {part.words}"
        yield from self.let_go(rate=1.5, speed=0.2)
        return (yield from self.wait(lambda: self.task.success(self.state)))

    def _above(self, gap: float) -> Pose:
        """The hand where the held body stands over the middle of the base with a gap between them."""
        offset = self.task.offset(self.state) + [0, 0, gap]
        return Pose(self.state.tcp.position + offset, self._turn)

    def _standing(self) -> bool:
        """Whether the base carries the body."""
        return touching(self.state, np.array([self.task.base.row]), self.task.object)

    def _aligned(self) -> Quaternion:
        """The hand turned so that the sides of the two bodies are parallel, by the least rotation."""
        if self.task.object.round or self.task.base.round:
            return self._led.orientation
        yaw = [np.arctan2(*part.pose(self.state).rotation[[1, 0], 0]) for part in (self.task.object, self.task.base)]
        turn = (yaw[1] - yaw[0] + 0.25 * np.pi) % (0.5 * np.pi) - 0.25 * np.pi
        return Quaternion(axis=[0, 0, 1], angle=turn) * self._led.orientation
