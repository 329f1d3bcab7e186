"""A weightless world: the hand is where it was sent, the gripper takes what is between its fingers, the rest lies where it was put."""

import numpy as np
from pyquaternion import Quaternion

from simgen.geometry import Pose
from simgen.observation import Contacts, State
from simgen.scenario import draw, load
from simgen.scenario.classes import CLASSES
from simgen.scenario.scene import Scene
from simgen.scenario.surface import links
from simgen.shelves import scene as scene_file
from simgen.task import make
from simgen.task.expert import downward
from simgen.task.thing import thing

OPENING = 0.08


def drawn(name: str, episode: int = 0) -> Scene:
    """One draw of a shipped scene."""
    return draw(load(scene_file(name)), 0, episode, 0)


class Puppet:
    """Bodies as poses; `at` says or changes where one is."""

    def __init__(self, scene: Scene):
        self.scene, self.links = scene, links(scene)
        self.things = {body.name: thing(body, scene, self.links) for body in scene.bodies}
        self.fixed = {body.name for body in scene.bodies if body.fixed}
        self.at = {body.name: body.pose for body in scene.bodies}
        self.tcp, self.gripper, self.open = Pose([0.39, 0.0, 0.43], downward(-0.5 * np.pi)), OPENING, 0.0
        self.held: tuple[str, Pose] | None = None
        self.speed: dict[str, float] = {}
        self.steps = 0
        self.task = make(scene, self.links)

    def step(self, target) -> State:
        """The hand goes where it is sent; the gripper moves at most 3 cm a step."""
        wanted, before = target.gripper * OPENING, self.tcp
        self.tcp, self.steps = target.world_T_tcp, self.steps + 1
        self._pull(before)
        if self.held and wanted > self._width(self.held[0]) + 0.004:
            self._drop()
        self.gripper += np.clip(wanted - self.gripper, -0.03, 0.03)
        if self.held is None and wanted < self.gripper + 0.001:
            self._take()
        if self.held is not None:
            name, grasp = self.held
            self.gripper = max(self.gripper, self._width(name))
            self.at[name] = self.tcp @ grasp
        elif self._at_handle(self.tcp):
            self.gripper = max(self.gripper, 0.012)
        elif self.gripper == 0.0:
            self._shove()
        return self.state()

    def state(self) -> State:
        """The truth as a simulator would tell it."""
        poses, velocity = np.zeros((len(self.links), 7)), np.zeros((len(self.links), 6))
        for row, link in enumerate(self.links):
            poses[row] = self._pose(link).row
        for name, speed in self.speed.items():
            velocity[self.things[name].row, 0] = speed
        slides = {"cabinet/drawer_slide": self.open} if "cabinet" in self.at else {}
        none = np.zeros(0)
        return State(
            self.steps * 50_000_000, poses, velocity, np.zeros(7), np.zeros(7), np.zeros(7), self.tcp, self.gripper, slides,
            self._contacts(), none, none,
        )  # fmt: skip

    def put(self, name: str, position) -> None:
        """Teleport a body, out of the hand if need be."""
        if self.held and self.held[0] == name:
            self.held = None
        self.at[name] = Pose(position, self.at[name].orientation)

    def slip(self) -> None:
        """The gripper loses what it holds, which falls."""
        self._drop()
        self.gripper = 0.0

    def _pose(self, link) -> Pose:
        if link.semantic in (CLASSES["robot"], CLASSES["gripper"]):
            return self.tcp
        body = link.name.partition("/")[0]
        out = {"drawer": [-0.15 - self.open, 0.0, 0.226], "handle": [-0.20 - self.open, 0.0, 0.256]}
        return self.at[body] @ Pose(out.get(link.name.partition("/")[2], [0.0, 0.0, 0.0]), Quaternion())

    def _contacts(self) -> Contacts:
        pairs = []
        if self.held:
            pairs = [(row, self.things[self.held[0]].row) for row, link in enumerate(self.links) if link.name.endswith("finger")]
        a, b = (np.array([pair[k] for pair in pairs], dtype=np.int32) for k in (0, 1))
        zeros = np.zeros((len(pairs), 3))
        return Contacts(a, b, zeros, zeros, zeros[:, 0], zeros, zeros[:, 0])

    def _width(self, name: str) -> float:
        return self.things[name].width(self.state_of_bodies(), self.tcp.rotation[:, 1])

    def state_of_bodies(self) -> State:
        """As `state`, before the contacts are known."""
        held, self.held = self.held, None
        state = self.state()
        self.held = held
        return state

    def _take(self) -> None:
        state = self.state_of_bodies()
        for name, part in self.things.items():
            close = np.linalg.norm(part.centre(state) - self.tcp.position) < 0.02
            if name not in self.fixed and close and self._width(name) >= self.gripper:
                self.held = (name, self.tcp.inverse() @ self.at[name])

    def _drop(self) -> None:
        if self.held is None:
            return
        name, _ = self.held
        self.held = None
        state, part = self.state_of_bodies(), self.things[name]
        centre, floor = part.centre(state), 0.0
        for other, under in self.things.items():
            inside = self.at[other].inverse().apply(centre)
            if other not in (name, "table", "floor") and np.all((under.low <= inside)[:2] & (inside <= under.high)[:2]):
                floor = max(floor, under.landing(state))
        self.put(name, self.at[name].position - [0.0, 0.0, part.bottom(state) - floor])

    def _shove(self) -> None:
        """Closed fingers push a body ahead of them."""
        state = self.state_of_bodies()
        for name, part in self.things.items():
            away = (part.centre(state) - self.tcp.position)[:2]
            room = 0.5 * float(np.min(part.size[:2])) + 0.011
            if name not in self.fixed and part.bottom(state) < self.tcp.position[2] < part.top(state) and np.linalg.norm(away) < room:
                push = away / max(np.linalg.norm(away), 1e-9) * room - away
                self.put(name, self.at[name].position + [*push, 0.0])

    def _pull(self, before: Pose) -> None:
        """A drawer follows the hand that has closed around its handle."""
        if self._at_handle(before) and self.gripper < 0.03:
            outward = self.at["cabinet"].orientation.rotate(np.array([-1.0, 0.0, 0.0]))
            self.open = float(np.clip(self.open + (self.tcp.position - before.position) @ outward, 0.0, 0.2))

    def _at_handle(self, tcp: Pose) -> bool:
        handles = [self._pose(link).position for link in self.links if link.name == "cabinet/handle"]
        return any(np.linalg.norm(handle - tcp.position) < 0.015 for handle in handles)
