"""How far two courses part, instant by instant."""

from dataclasses import dataclass

import numpy as np

from simgen.errors import ShapeMismatch
from simgen.evaluation.engines.course import Course
from simgen.observation import State
from simgen.scenario import Scene
from simgen.scenario.scene import ROBOT_ID

HAND = "robot hand"
"""What the tool centre point is called among bodies."""
MARKS = (0.001, 0.01)
"""Metres at which a divergence is worth a time."""


@dataclass(frozen=True, eq=False)
class Divergence:
    """Between two courses of one Scene; (T + 1,) each."""

    times: np.ndarray
    """Seconds."""
    position: dict[str, np.ndarray]
    """Everything that can move, and the hand, to metres apart."""
    rotation: dict[str, np.ndarray]
    """The same to radians apart, 0 to pi."""
    joints: np.ndarray
    """Largest difference of an arm's joint, radians; zeros without a robot."""
    articulation: dict[str, np.ndarray]
    """`body/joint` to radians or metres apart."""
    touching: np.ndarray
    """Share of touching pairs that touch in one course only, 0 to 1; 0 where nothing touches in either."""

    def first_beyond(self, name: str, metres: float) -> float | None:
        """Seconds after which something is first farther apart than that; None if it never is."""
        beyond = np.flatnonzero(self.position[name] > metres)
        return float(self.times[beyond[0]]) if len(beyond) else None


def divergence(scene: Scene, one: Course, other: Course) -> Divergence:
    """Of two courses.

    Raises:
        ShapeMismatch: if they have not as many instants.
    """
    if len(one.states) != len(other.states):
        raise ShapeMismatch("a course", (len(one.states),), "the other course", (len(other.states),))
    pairs = list(zip(one.states, other.states, strict=True))
    position, rotation = {}, {}
    if scene.robot is not None:
        position[HAND] = np.array([np.linalg.norm(a.tcp.position - b.tcp.position) for a, b in pairs])
        rotation[HAND] = np.array([_angle(a.tcp.wxyz, b.tcp.wxyz) for a, b in pairs])
    for name, row in _movable(scene, one).items():
        position[name] = np.array([np.linalg.norm(a.link_pose[row, :3] - b.link_pose[row, :3]) for a, b in pairs])
        rotation[name] = np.array([_angle(a.link_pose[row, 3:], b.link_pose[row, 3:]) for a, b in pairs])
    joints = np.array([np.abs(a.joint_position - b.joint_position).max(initial=0.0) for a, b in pairs])
    articulation = {
        name: np.array([abs(a.articulation[name] - b.articulation[name]) for a, b in pairs]) for name in one.states[0].articulation
    }
    touching = np.array([_unshared(_pairs(a), _pairs(b)) for a, b in pairs])
    return Divergence(one.times, position, rotation, joints, articulation, touching)


def _movable(scene: Scene, course: Course) -> dict[str, int]:
    """Name to row of every link that something can move, but the robot's."""
    fixed = {body.id for body in scene.bodies if body.fixed}
    return {
        link.name: row for row, link in enumerate(course.links) if link.body != ROBOT_ID and not (link.index == 0 and link.body in fixed)
    }


def _angle(one: np.ndarray, other: np.ndarray) -> float:
    """Radians between two orientations, w, x, y, z; exact for small angles, too."""
    vector = one[0] * other[1:] - other[0] * one[1:] - np.cross(one[1:], other[1:])
    return float(2 * np.arctan2(np.linalg.norm(vector), abs(one @ other)))


def _pairs(state: State) -> set[tuple[int, int]]:
    return set(zip(state.contacts.link_a.tolist(), state.contacts.link_b.tolist(), strict=True))


def _unshared(one: set, other: set) -> float:
    """1 minus Jaccard's (1901) similarity."""
    return len(one ^ other) / len(one | other) if one | other else 0.0
