"""Pick and place: take a body and put it into or onto another."""

import numpy as np

from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.task.cast import cast, fill, graspable, gripper_rows, nearness, settings, touching
from simgen.task.expert import Motion
from simgen.task.picker import Picker

INTO = (
    "pick up the {object} and put it into the {target}",
    "put the {object} in the {target}",
    "place the {object} inside the {target}",
    "take the {object} and drop it into the {target}",
    "move the {object} into the {target}",
)
ONTO = (
    "pick up the {object} and put it on the {target}",
    "put the {object} onto the {target}",
    "place the {object} on the {target}",
    "take the {object} and set it down on the {target}",
    "move the {object} onto the {target}",
)
STILL = 0.05
"""Fastest a body at rest moves, m/s."""
CLEAR = 0.06
"""How much higher a body is carried than it was lifted, metres, to pass over its neighbours."""
DEEP = 0.02
"""How far below a target's rim counts as inside it rather than on it, metres."""


class PickPlace:
    """Roles: object, target. Settings: `margin`, metres the object's middle must be within the target's footprint."""

    def __init__(self, scene: Scene, links: tuple[Link, ...]):
        self.object, self.target = cast(scene, links, ("object", "target"))
        self.settings = settings(scene, {"margin": 0.01})
        self.scene = scene
        self.gripper = gripper_rows(links)
        graspable("object", self.object, scene)

    def progress(self, state: State) -> float:
        """A quarter for the hand's way to the object, the rest for the object's way to the target; 1 where it is done."""
        if self.success(state):
            return 1.0
        goal = np.array([*self.target.centre(state)[:2], self.target.landing(state) + 0.5 * self.object.size[2]])
        near = nearness(np.linalg.norm(state.tcp.position - self.object.centre(state)), 0.15)
        there = nearness(np.linalg.norm(goal - self.object.centre(state)), 0.15)
        return min(0.99, 0.25 * near + 0.75 * there)

    def success(self, state: State) -> bool:
        """Whether the object rests in or on the target and the hand has let go of it."""
        return self.within(state) and self.object.speed(state) < STILL and not touching(state, self.gripper, self.object)

    def within(self, state: State) -> bool:
        """Whether the object's middle is over the target's footprint and no higher than where it would come to rest."""
        part, target = self.object, self.target
        inside = target.pose(state).inverse().apply(part.centre(state))
        room = 0.5 * target.size[:2] - self.settings["margin"] - np.abs(inside - 0.5 * (target.low + target.high))[:2]
        highest = max(target.landing(state) + 0.5 * np.max(part.size), target.top(state)) + 0.01
        return bool(np.all(room >= 0) and target.landing(state) - 0.01 <= part.centre(state)[2] <= highest)

    def instructions(self) -> tuple[str, ...]:
        """The task in words."""
        return fill(INTO if self.target.high[2] - self.target.surface > DEEP else ONTO, self.scene)

    def expert(self, rng: np.random.Generator) -> "Placer":
        """A fresh demonstrator."""
        return Placer(self.scene, self, rng)


class Placer(Picker):
    """Picks, carries and lets go just above where the body will rest; picks again what it lost."""

    def attempt(self) -> Motion:
        """One go at it: pick the object, carry it over the target, let go; it ends early where the object is lost."""
        part, target = self.task.object, self.task.target
        if not (yield from self.pick(part)):
            return False
        self.subtask = f"carry the {part.words} to the {target.words}"
        hang = self.state.tcp.position[2] - part.bottom(self.state)
        low = max(target.landing(self.state) + hang + 0.005, target.top(self.state) - 0.015)
        over = target.centre(self.state) + [*self.rng.uniform(-0.01, 0.01, 2), 0.0]
        over[2] = max(low + 0.03, target.top(self.state) + hang + 0.02, self.state.tcp.position[2] + CLEAR)
        if not (yield from self.carry(over, self._led.orientation)):
            return False
        self.subtask = f"lower the {part.words} to the {target.words}"
        if not (yield from self.lower(low)):
            return False
        self.subtask = f"let go of the {part.words}"
        yield from self.let_go()
        return (yield from self.wait(lambda: self.task.success(self.state)))
