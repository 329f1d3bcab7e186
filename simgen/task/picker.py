"""Picker: an expert that takes a body between its fingers, carries it and sets it down."""

import numpy as np
from pyquaternion import Quaternion

from simgen.geometry import Pose
from simgen.task.expert import Motion, Scripted, downward
from simgen.task.thing import Thing

ABOVE = 0.11
"""How high over a body the hand comes before it goes down, metres."""
PALM = 0.030
"""Room between the tool centre point and the palm, metres: how far a body may stand up between the fingers."""
FINGERTIP = 0.012
"""Lowest the tool centre point may go over what the body lies on, metres."""
SLACK = 0.035
"""How much wider than the body the gripper opens before it takes it, metres."""
QUARTER = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""A quarter turn about z, for row vectors."""
SLIP = 0.02
"""How far a held body may move in the hand before it counts as lost, metres."""


class Picker(Scripted):
    """Phases shared by every task that moves a body with the gripper."""

    _grasp: Pose | None = None
    """tcp_T_body when the gripper closed."""
    _held: Thing | None = None

    def pick(self, part: Thing) -> Motion:
        """Take a body and lift it a little; returns whether it is held."""
        self._held = None
        turn = self.turned_to(self._ways(part))
        above = ABOVE + float(self.rng.uniform(0.0, 0.02))
        self.subtask = f"reach for the {part.words}"
        self._gripper = self._wide(part, turn)
        if not (yield from self.move(lambda: self._over(part, turn, above), blend=0.02)):
            return False
        self.subtask = f"lower the gripper over the {part.words}"
        if not (yield from self.move(lambda: self._over(part, turn, 0.0), speed=0.25)):
            return False
        self.subtask = f"grasp the {part.words}"
        yield from self.grip(0.0)
        self._held, self._grasp = part, self.state.tcp.inverse() @ part.pose(self.state)
        self.subtask = f"lift the {part.words}"
        return (yield from self.move(self._raised(0.06), while_=self.holds, blend=0.02))

    def holds(self) -> bool:
        """Whether the body that was picked is still where it was in the hand."""
        if self._held is None or self.state.gripper < 0.003:
            return False
        expected = self.state.tcp @ self._grasp
        return np.linalg.norm(self._held.pose(self.state).position - expected.position) < SLIP

    def carry(self, position: np.ndarray, orientation: Quaternion) -> Motion:
        """Raise the held body, then bring the hand to a position over its goal; returns whether it is still held."""
        up = position[2] - self.state.tcp.position[2]
        if up > 0 and not (yield from self.move(self._raised(up), while_=self.holds, blend=0.03)):
            return False
        return (yield from self.move(Pose(position, orientation), while_=self.holds, blend=0.01))

    def lower(self, height: float) -> Motion:
        """Bring the hand straight down to a height; returns whether the body is still held."""
        goal = Pose([*self._led.position[:2], height], self._led.orientation)
        return (yield from self.move(goal, speed=0.2, while_=self.holds))

    def let_go(self, *, rate: float = np.inf, speed: float = 0.3) -> Motion:
        """Open the gripper as far as the held body needs and draw the hand back up."""
        part, self._held = self._held, None
        yield from self.grip(self._wide(part, self._led.orientation), rate=rate, frames=20)
        return (yield from self.move(self._raised(0.07), speed=speed))

    def _raised(self, height: float) -> Pose:
        return Pose(self._led.position + [0, 0, height], self._led.orientation)

    def _wide(self, part: Thing, turn: Quaternion) -> float:
        """Share of the opening at which the fingers pass on both sides of a body."""
        return min(1.0, (part.width(self.state, turn.rotate(np.array([0.0, 1.0, 0.0]))) + SLACK) / self._opening)

    def _over(self, part: Thing, turn: Quaternion, above: float) -> Pose:
        """The hand at the body's middle, or as deep as palm and table allow, and `above` that; turned as near to `turn` as may be."""
        centre = part.centre(self.state)
        z = max(centre[2], part.top(self.state) - PALM, part.bottom(self.state) + FINGERTIP)
        turn = min(self._ways(part), key=lambda other: Quaternion.absolute_distance(turn, other))
        return Pose([*centre[:2], z + above], turn)

    def _ways(self, part: Thing) -> list[Quaternion]:
        """Every way the downward hand can take a body across one of its sides, both ways round."""
        rotation = part.pose(self.state).rotation
        if part.ball or (part.round and abs(rotation[2, 2]) > 0.9):
            return [self.level()]
        if part.round:  # lying: across its axis
            return _both_ways(rotation[:, 2] @ QUARTER)
        narrow = [axis for axis in range(3) if part.size[axis] < 0.95 * self._opening and abs(rotation[2, axis]) < 0.35]
        return [way for axis in narrow for way in _both_ways(rotation[:, axis])] or [self.level()]


def _both_ways(across: np.ndarray) -> list[Quaternion]:
    angle = np.arctan2(across[1], across[0])
    return [downward(angle), downward(angle + np.pi)]
