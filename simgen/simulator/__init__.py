"""Simulators: what a physics engine must offer, and the table of those that do."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import entry_points
from typing import Protocol

import numpy as np

from simgen.geometry import CameraView
from simgen.observation import Link, Observation, State
from simgen.registry import Registry
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

    def picture(self, camera: str) -> np.ndarray:
        """What the simulator itself draws now, without any buffers, sRGB, uint8, (H, W, 3)."""

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


class Fleet(Protocol):
    """Simulators that are stepped as one. A simulator's class that has such makes them by `fleet(rows, draws=...)`."""

    simulators: Sequence[Simulator]
    """One a row."""

    def step(self, actions: Mapping[int, np.ndarray]) -> dict[int, State]:
        """One control step of these rows; the others stand still.

        Raises InvalidValue as a simulator does.
        """

    def sparing(self, row: int) -> AbstractContextManager[None]:
        """While the block runs only this row moves, whatever is asked of its simulator."""

    def close(self) -> None:
        """Free everything; closing twice is harmless."""


REGISTRY = Registry(
    "simulator",
    "simgen.simulators",
    {
        "genesis": "simgen.simulator.genesis.simulator:Genesis",
        "mujoco": "simgen.simulator.mujoco:MuJoCo",
        "pybullet": "simgen.simulator.pybullet:PyBullet",
    },
)
"""Every simulator by name; plugins join through the `simgen.simulators` entry points."""


ENGINES = {"pybullet": "pybullet", "mujoco": "mujoco", "genesis": "genesis-world"}
"""Distribution that brings the engine of each built-in simulator."""


def engine_of(name: str) -> str:
    """The distribution that brings a simulator's engine; a plugin's own.

    Raises:
        UnknownName: if no simulator is called so.
    """
    REGISTRY.check(name)
    if name in ENGINES:
        return ENGINES[name]
    return next(point.dist.name for point in entry_points(group=REGISTRY.group) if point.name == name)


def make(name: str, **options) -> Simulator:
    """Make a simulator by name.

    Raises:
        UnknownName: if no simulator is called so.
        MissingExtra: if its package is not installed.
    """
    return REGISTRY.load(name)(**options)
