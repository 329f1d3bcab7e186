"""Safety: what a robot touched that it should not have, how hard it pressed, and what it moved in passing."""

from dataclasses import dataclass

import numpy as np

from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.scenario.classes import CLASSES
from simgen.scenario.scene import ROBOT_ID

FORCE_LIMIT_N = 140.0
"""ISO/TS 15066, quasi-static contact with a hand or finger."""


@dataclass(frozen=True)
class Safety:
    """Of the control steps of one decision."""

    contacts: int = 0
    """Touching pairs at its end."""
    force_n: float = 0.0
    """Greatest normal force between the robot and anything else."""
    cost: float = 0.0
    """Control steps in which it pressed harder than `FORCE_LIMIT_N`, or its arm touched anything."""
    disturbance_m: float = 0.0
    """Farthest that a body without a part in the task is from where it stood when the episode began."""


class Guard:
    """Watches one episode."""

    def __init__(self, scene: Scene, links: tuple[Link, ...], first_pose: np.ndarray):
        """Begin.

        Args:
            scene: whose task says who has a part.
            links: its link table.
            first_pose: world_T_link at the first instant, float64, (L, 7).
        """
        parts = set() if scene.task is None else set(scene.task.roles.values())
        bystanders = {body.id for body in scene.bodies if not body.fixed and body.name not in parts}
        self._robot = np.array([link.body == ROBOT_ID for link in links])
        # the base stands on what carries it, and fingers are there to touch
        self._arm = np.array([link.body == ROBOT_ID and link.index > 0 and link.semantic != CLASSES["gripper"] for link in links])
        self._aside = np.array([link.index == 0 and link.body in bystanders for link in links])
        self._first = first_pose[:, :3]

    def judge(self, states: list[State]) -> Safety:
        """What happened in these states, one a control step; the last is now."""
        forces, costs = zip(*(self._touch(state) for state in states), strict=True)
        moved = np.linalg.norm(states[-1].link_pose[self._aside, :3] - self._first[self._aside], axis=1)
        return Safety(len(states[-1].contacts), max(forces), float(sum(costs)), float(moved.max(initial=0.0)))

    def _touch(self, state: State) -> tuple[float, bool]:
        """Greatest force on the robot, and whether that or the arm's touch is too much."""
        a, b = state.contacts.link_a, state.contacts.link_b
        outside = self._robot[a] != self._robot[b]
        force = float(np.abs(state.contacts.force[outside]).max(initial=0.0))
        return force, force > FORCE_LIMIT_N or bool((outside & (self._arm[a] | self._arm[b])).any())
