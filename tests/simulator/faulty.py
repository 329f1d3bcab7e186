"""A simulator with one fault, to see whether a check finds it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from simgen.geometry import Pose
from simgen.scenario.scene import Scene
from simgen.simulator.pybullet import PyBullet


class Faulty:
    """PyBullet, but for what is given: what it builds, what it takes for an action, what it says, or any call or value by name."""

    def __init__(self, *, scene=None, action=None, state=None, **replaced):
        """Make it.

        Args:
            scene: from the Scene asked for to the one that is built.
            action: from an action and the number of the step since the last reset or restore to the action that is taken.
            state: from a State and this simulator to the one that is told.
            replaced: by name, a value, or a function of the true simulator and the call's arguments.
        """
        self._true, self._scene, self._action, self._state, self._replaced = PyBullet(), scene, action, state, replaced
        self.builds = self.calls = self.steps = 0

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._replaced.get(name, getattr(self._true, name))
        return (lambda *given: found(self._true, *given)) if name in self._replaced and callable(found) else found

    def build(self, scene: Scene) -> None:
        self.builds += 1
        self._true.build(scene if self._scene is None else self._scene(scene))

    def reset(self, seed: int):
        self.steps = 0
        return self._told(self._true.reset(seed))

    def step(self, action):
        self.steps += 1
        return self._told(self._true.step(action if self._action is None else self._action(action, self.steps)))

    def restore(self, kept: bytes):
        self.steps = 0
        return self._told(self._replaced.get("restore", PyBullet.restore)(self._true, kept))

    def _told(self, state):
        self.calls += 1
        return state if self._state is None else self._state(state, self)


def bodies(**changes: Callable[[float], float]) -> Callable[[Scene], Scene]:
    """Scenes whose bodies have properties changed, each from what it was."""

    def changed(scene: Scene) -> Scene:
        made = []
        for body in scene.bodies:
            values = {name: change(getattr(body, name)) for name, change in changes.items()}
            made.append(body.model_copy(update=values))
        return scene.model_copy(update={"bodies": tuple(made)})

    return changed


def settings(**values) -> Callable[[Scene], Scene]:
    """Scenes with other settings."""
    return lambda scene: scene.model_copy(update=values)


def contacts(**changes: Callable[[np.ndarray], np.ndarray]):
    """States whose contacts have columns changed, each from what it was."""

    def changed(state, _):
        columns = {name: change(getattr(state.contacts, name)) for name, change in changes.items()}
        return replace(state, contacts=replace(state.contacts, **columns))

    return changed


def moved(state, metres: float):
    """A state in which everything stands elsewhere."""
    pose = state.link_pose.copy()
    pose[:, 1] += metres
    return replace(state, link_pose=pose)


def beside(state, metres: float):
    """A state whose tool centre point is elsewhere."""
    return replace(state, tcp=Pose(state.tcp.position + metres, state.tcp.orientation))
