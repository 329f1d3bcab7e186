"""Simulators: what a physics engine must offer, and the table of those that do."""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol

import numpy as np

from simgen.errors import UnknownName
from simgen.geometry import CameraView
from simgen.observation import Link, Observation, State
from simgen.scenario import Scene


class Simulator(Protocol):
    """A physics engine holding one Scene. Order of calls: build, reset, then step and observe at will, close."""

    name: str
    """What the table calls it."""
    scene: Scene
    """The Scene that was built."""
    links: tuple[Link, ...]
    """Every rigid piece of the scene; rows of `State.link_pose` follow this order."""

    def build(self, scene: Scene) -> None:
        """Load a Scene into an empty world; anything built before is gone."""

    def reset(self, seed: int) -> State:
        """Put everything where the Scene says, at rest, time 0."""

    def step(self, action: np.ndarray) -> State:
        """One control step of 1 / scene.control_rate seconds; `action` is float, (A,), in the scene's control mode.

        Raises InvalidValue on a wrong shape or a number that is not finite; the world is then unchanged.
        """

    def observe(self, camera: str) -> Observation:
        """What a camera sees now: exact geometry buffers, and rgb where the simulator was made to draw."""

    def visible_fraction(self, camera: str) -> dict[int, float]:
        """Body id to the share of its outline, as this camera would see the body alone, in which it is seen now; 0 out of view."""

    def view(self, camera: str) -> CameraView:
        """Where a camera is now."""

    def jacobian(self) -> np.ndarray:
        """Of the tool centre point in the arm's joints, world frame, linear rows then angular, float64, (6, J)."""

    def snapshot(self) -> bytes:
        """The exact state; restoring it and stepping on gives bit for bit what stepping on would have given."""

    def restore(self, snapshot: bytes) -> State:
        """Back to a snapshot taken of the same Scene, in this process or another."""

    def close(self) -> None:
        """Free the engine; closing twice is harmless."""


BUILT_IN = {"pybullet": "simgen.simulator.pybullet:PyBullet"}


def table() -> dict[str, str]:
    """Every simulator by name, `module:class`; plugins join through the `simgen.simulators` entry points."""
    return {point.name: point.value for point in entry_points(group="simgen.simulators")} | BUILT_IN


def make(name: str, **options) -> Simulator:
    """Make a simulator by name.

    Raises:
        UnknownName: if no simulator is called so.
        MissingExtra: if its package is not installed.
    """
    known = table()
    if name not in known:
        raise UnknownName("simulator", name, known)
    module, _, attribute = known[name].partition(":")
    return getattr(import_module(module), attribute)(**options)
