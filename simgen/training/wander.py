"""A run without end: a robot whose hand goes round and round, so that frames whole rounds apart show the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from simgen.geometry import Pose
from simgen.observation import Observation, State
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.simulator import Simulator
from simgen.simulator.appearance import Appearances
from simgen.simulator.control import to_action

WAY_M = (0.08, 0.14, 0.06)
"""How far it goes along the world's axes; upwards only, so that it meets nothing."""
FIRST_ROUNDS = 2
"""Rounds after which the arm repeats itself; they are not seen."""


@dataclass(frozen=True, eq=False)
class Instant:
    """One frame of the run."""

    state: State
    seen: dict[str, Observation]
    """Camera to what it sees, with direct light."""


def wander(scene: Scene, engine: Simulator, conditions: Conditions, *, period: int) -> Iterator[Instant]:
    """Frame after frame for ever, seen by every camera of the Scene under steady conditions; the hand goes round in `period` frames."""
    engine.build(scene)
    state = engine.reset(scene.seed)
    home, appearances = state.tcp, Appearances(scene, state.link_pose)
    for step in count():
        if step >= FIRST_ROUNDS * period:
            seen = {camera: appearances.of(engine.observe(camera), state.link_pose, conditions) for camera in scene.cameras}
            yield Instant(state, seen)
        target = Pose(home.position + _way((step + 1) / period), home.orientation)
        state = engine.step(to_action(target, _opening((step + 1) / period), state, engine.jacobian(), scene))


def _way(rounds: float) -> np.ndarray:
    """Metres from where the hand began: an eight from side to side, up and down."""
    turn = 2 * np.pi * rounds
    return np.array(WAY_M) * [np.sin(2 * turn), np.sin(turn), 1 - np.cos(turn)]


def _opening(rounds: float) -> float:
    """Of the fingers, 0 closed to 1 open."""
    return 0.5 + 0.5 * float(np.cos(2 * np.pi * rounds))
