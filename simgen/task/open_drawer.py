"""Open drawer: take a drawer by its handle and pull it open."""

from pathlib import Path

import numpy as np

from simgen.errors import InvalidScenario
from simgen.geometry import Pose
from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.scenario.articulation import Joint
from simgen.scenario.shape import Urdf
from simgen.scenario.surface import body_articulation
from simgen.task.cast import cast, fill, settings
from simgen.task.expert import Motion, Scripted, pointing

PHRASINGS = (
    "open the drawer of the {cabinet}",
    "pull the drawer open",
    "grab the handle and open the {cabinet}",
    "slide the drawer of the {cabinet} out",
    "open the {cabinet} by its handle",
)
SLOPE = np.deg2rad(65)
"""How far below the horizon the fingers point when they take the handle: flatter, and the wrist of many arms comes near singular."""
WIDE = 0.45
"""Share of the opening with which the hand goes in: one finger must fit between the bar and the drawer's front."""
BACK = 0.10
"""How far from the handle the hand waits before it goes in, metres."""
PULLING = 0.13
"""m/s."""
BEYOND = 0.015
"""How much farther than asked the drawer is pulled, metres."""


class OpenDrawer:
    """Roles: cabinet, a URDF with a prismatic joint and a link `handle` whose frame has z up and y along the bar.

    Settings: `opening`, metres the drawer must stand open.
    """

    def __init__(self, scene: Scene, links: tuple[Link, ...]):
        (self.cabinet,) = cast(scene, links, ("cabinet",))
        self.settings = settings(scene, {"opening": 0.12})
        self.scene = scene
        joint = _drawer(scene, self.cabinet.name)
        self.slide = f"{self.cabinet.name}/{joint.name}"
        rows = {link.name: row for row, link in enumerate(links)}
        self.drawer, self.handle = rows[f"{self.cabinet.name}/{joint.child}"], rows[f"{self.cabinet.name}/handle"]
        self._axis = joint.axis
        if not self.settings["opening"] < joint.limits[1]:
            problem = f"the drawer opens {joint.limits[1]:g} m at most, got {self.settings['opening']:g}; ask for less."
            raise InvalidScenario(scene.name, "task.settings.opening", problem)

    def opening(self, state: State) -> float:
        """Metres the drawer stands open."""
        return state.articulation[self.slide]

    def outward(self, state: State) -> np.ndarray:
        """The direction in which the drawer opens, world frame, float64, (3,)."""
        return state.pose(self.drawer).orientation.rotate(self._axis)

    def progress(self, state: State) -> float:
        """A quarter for the hand's way to the handle, the rest for how far the drawer is open; 1 where it is far enough."""
        if self.success(state):
            return 1.0
        far = np.linalg.norm(state.tcp.position - state.pose(self.handle).position)
        share = np.clip(self.opening(state) / self.settings["opening"], 0.0, 1.0)
        return float(min(0.99, 0.25 * 0.15 / (0.15 + far) + 0.75 * share))

    def success(self, state: State) -> bool:
        """Whether the drawer stands open far enough."""
        return self.opening(state) >= self.settings["opening"]

    def instructions(self) -> tuple[str, ...]:
        """The task in words."""
        return fill(PHRASINGS, self.scene)

    def expert(self, rng: np.random.Generator) -> "Puller":
        """A fresh demonstrator."""
        return Puller(self.scene, self, rng)


def _drawer(scene: Scene, name: str) -> Joint:
    """The joint of a cabinet's drawer."""
    shape, where = scene.body(name).shape, "task.roles.cabinet"
    if not isinstance(shape, Urdf):
        raise InvalidScenario(scene.name, where, f"'{name}' has no joints; name a body whose shape is a URDF.")
    tree = body_articulation(shape, Path(scene.folder) if scene.folder else None)
    if "handle" not in tree.links:
        raise InvalidScenario(scene.name, where, f"'{name}' has no link called 'handle'; add one to its URDF.")
    slides = [joint for joint in tree.joints if joint.type == "prismatic"]
    if not slides:
        raise InvalidScenario(scene.name, where, f"'{name}' has no prismatic joint; name a cabinet with a drawer.")
    return slides[0]


class Puller(Scripted):
    """Takes the handle from above and in front, and pulls along the drawer's own axis; takes it again where it slips."""

    def attempt(self) -> Motion:
        """One go at it: take the handle, pull along the slide; it ends early where the handle slips."""
        self.subtask = "reach for the handle"
        turn = self._turn()
        self._gripper = WIDE
        if not (yield from self.move(lambda: self._at(turn, BACK), blend=0.01)):
            return False
        self.subtask = "close in on the handle"
        if not (yield from self.move(lambda: self._at(turn, 0.0), speed=0.18)):
            return False
        self.subtask = "grasp the handle"
        yield from self.grip(0.0)
        if self.state.gripper < 0.003:
            return False
        self.subtask = f"pull the drawer of the {self.task.cabinet.words} open"
        left = self.task.settings["opening"] + BEYOND - self.task.opening(self.state)
        goal = Pose(self._led.position + left * self.task.outward(self.state), self._led.orientation)
        yield from self.move(goal, speed=PULLING, while_=self._holds)
        return self.task.success(self.state)

    def _back_off(self) -> Motion:
        self.subtask = "back off and try again"
        yield from self.grip(WIDE)
        return (yield from self.move(self._at(self._led.orientation, BACK), blend=0.03))

    def _holds(self) -> bool:
        far = np.linalg.norm(self.state.tcp.position - self.state.pose(self.task.handle).position)
        return far < 0.025 and self.state.gripper > 0.003

    def _at(self, turn, back: float) -> Pose:
        """The hand around the bar of the handle, or drawn back from it along its fingers."""
        return Pose(self.state.pose(self.task.handle).position - back * turn.rotate(np.array([0.0, 0.0, 1.0])), turn)

    def _turn(self):
        """Fingers pointing in and down, one above the bar and one below."""
        inward = -self.task.outward(self.state)
        along = np.cos(SLOPE) * inward + np.sin(SLOPE) * np.array([0.0, 0.0, -1.0])
        across = np.cross(along, np.cross(inward, [0.0, 0.0, 1.0]))
        return self.turned_to([pointing(along, across), pointing(along, -across)])
