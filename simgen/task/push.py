"""Push: shove a body over the table onto a goal without grasping it."""

import numpy as np

from simgen.geometry import Pose
from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.task.cast import cast, fill, nearness, settings
from simgen.task.expert import Motion, Scripted, downward

PHRASINGS = (
    "push the {object} onto the {goal}",
    "slide the {object} to the {goal}",
    "move the {object} over to the {goal} without lifting it",
    "shove the {object} across the table until it covers the {goal}",
    "get the {object} to the {goal} by pushing",
)
SIDE = 0.035
"""Room between the body and the fingers before they touch, metres."""
FINGER = 0.011
"""Half the thickness of the closed fingers, metres."""
PUSHING = 0.14
"""How fast the body is pushed, m/s."""
FORK = 0.4
"""Share of the opening with which the body is pushed: two fingers apart hold a face or a corner where one would let it turn away."""
STEER = 0.5
"""How hard the fingers are steered back behind the body's middle, 1/s."""


class Push:
    """Roles: object, goal. Settings: `tolerance`, metres between the middles of the two, seen from above."""

    def __init__(self, scene: Scene, links: tuple[Link, ...]):
        self.object, self.goal = cast(scene, links, ("object", "goal"))
        self.settings = settings(scene, {"tolerance": 0.03})
        self.scene = scene

    def offset(self, state: State) -> np.ndarray:
        """From the object's middle to the goal's, over the table, metres, float64, (2,)."""
        return (self.goal.centre(state) - self.object.centre(state))[:2]

    def progress(self, state: State) -> float:
        """A quarter for the hand's way to the object, the rest for the object's way to the goal; 1 where it is there."""
        if self.success(state):
            return 1.0
        near = nearness(np.linalg.norm(state.tcp.position - self.object.centre(state)), 0.15)
        there = nearness(np.linalg.norm(self.offset(state)) - self.settings["tolerance"], 0.15)
        return min(0.99, 0.25 * near + 0.75 * there)

    def success(self, state: State) -> bool:
        """Whether the object's middle is within the tolerance of the goal's, on the table."""
        lifted = self.object.bottom(state) - self.goal.top(state)
        return bool(np.linalg.norm(self.offset(state)) <= self.settings["tolerance"] and abs(lifted) < 0.02)

    def instructions(self) -> tuple[str, ...]:
        """The task in words."""
        return fill(PHRASINGS, self.scene)

    def expert(self, rng: np.random.Generator) -> "Pusher":
        """A fresh demonstrator."""
        return Pusher(self.scene, self, rng)


class Pusher(Scripted):
    """Goes round to the far side, comes down and pushes, steering by where the body is; starts over where it slides off."""

    def attempt(self) -> Motion:
        name, side = self.task.object.words, float(self.rng.uniform(0.0, 0.015)) + SIDE
        self._gripper = FORK
        self.subtask = f"go round to the far side of the {name}"
        if not (yield from self.move(lambda: self._behind(side, self.task.object.top(self.state) + 0.06), blend=0.02)):
            return False
        self.subtask = f"come down behind the {name}"
        if not (yield from self.move(lambda: self._behind(side, self._height()), speed=0.3)):
            return False
        self.subtask = f"push the {name} to the {self.task.goal.words}"
        return (yield from self._push())

    def _push(self) -> Motion:
        """Follow the body's own motion rather than a plan: a few millimetres towards the goal at every step."""
        z, turn, far = self._height(), self._led.orientation, np.linalg.norm(self.task.offset(self.state))
        for _ in range(int(3 * far / (PUSHING * self._step)) + 20):
            offset = self.task.offset(self.state)
            left = float(np.linalg.norm(offset))
            if left < 0.3 * self.task.settings["tolerance"]:
                return True
            ahead = offset / left
            behind = (self.task.object.centre(self.state) - self.state.tcp.position)[:2]
            aside = behind - (behind @ ahead) * ahead
            slid = float(np.linalg.norm(aside)) / (0.6 * self._reach() + FINGER)
            if behind @ ahead < 0 or slid > 1.0:
                return False
            speed = min(PUSHING * self._pace, 2.5 * left + 0.02) * (1.0 - 0.8 * slid)
            step = (speed * ahead + STEER * aside) * self._step
            self._led = Pose([*(self._led.position[:2] + step), z], turn)
            yield self.target()
        return False

    def _behind(self, side: float, z: float) -> Pose:
        """The hand on the far side of the body as seen from the goal, its closing direction across the push."""
        offset = self.task.offset(self.state)
        ahead = offset / max(np.linalg.norm(offset), 1e-9)
        turn = np.arctan2(ahead[1], ahead[0]) + 0.5 * np.pi
        position = self.task.object.centre(self.state)[:2] - (self._reach() + FINGER + side) * ahead
        return Pose([*position, z], self.turned_to([downward(turn), downward(turn + np.pi)]))

    def _reach(self) -> float:
        """From the body's middle to its farthest side, seen from above, metres."""
        size = self.task.object.size
        return 0.5 * float(size[0] if self.task.object.round else np.hypot(size[0], size[1]))

    def _height(self) -> float:
        """A little below the body's middle, clear of the table."""
        part = self.task.object
        return max(part.bottom(self.state) + 0.015, part.centre(self.state)[2] - 0.005)
