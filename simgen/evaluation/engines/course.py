"""One engine's way through a Scene, and the actions that are played."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from simgen import task as tasks
from simgen.geometry import Pose
from simgen.observation import Link, Observation, State
from simgen.randomness import stream
from simgen.rollout import demonstrate, judged
from simgen.scenario import Scene
from simgen.simulator import Simulator
from simgen.simulator.control import to_action
from simgen.stopwatch import Stopwatch

SPEED = 0.25
"""m/s of a hand that wanders."""
ROOM = np.array([[-0.12, -0.22, -0.12], [0.14, 0.22, 0.12]])
"""How far it wanders from where it began, metres along the world's axes."""
DWELL = 1.0
"""Seconds between two aims."""


@dataclass(frozen=True, eq=False)
class Course:
    """Every instant of a run; the last has no action."""

    states: tuple[State, ...]
    """(T + 1,), with the task's progress and success where the Scene has a task."""
    links: tuple[Link, ...]
    """Rows of the states' link poses."""
    seen: dict[int, dict[str, Observation]] = field(default_factory=dict)
    """Instants that were looked at, to what each camera saw."""

    @property
    def times(self) -> np.ndarray:
        """Seconds, float64, (T + 1,)."""
        return np.array([state.time_ns for state in self.states]) / 1e9

    @property
    def succeeded(self) -> float | None:
        """Seconds after which the task was first done; None if it never was."""
        return next((state.time_ns / 1e9 for state in self.states if state.success), None)


def play(scene: Scene, simulator: Simulator, actions: np.ndarray, look: Collection[int] = ()) -> Course:
    """The course of actions, (T, A), played open loop; every camera looks at the instants `look`."""
    simulator.build(scene)
    state = simulator.reset(scene.seed)
    task = None if scene.task is None else tasks.make(scene, simulator.links)
    states, seen = [], {}
    for instant, action in enumerate([*actions, None]):
        states.append(state if task is None else judged(task, state))
        if instant in look:
            seen[instant] = {camera: simulator.observe(camera) for camera in scene.cameras}
        if action is not None:
            state = simulator.step(action)
    return Course(tuple(states), simulator.links, seen)


def expert(scene: Scene, simulator: Simulator, seconds: float | None = None) -> tuple[Course, np.ndarray]:
    """The course of the task's expert, closed loop, and its actions, float32, (T, A); at most so many seconds of it."""
    simulator.build(scene)
    task = tasks.make(scene, simulator.links)
    state, script = simulator.reset(scene.seed), task.expert(stream(scene.seed, scene.episode, "expert"))
    run = demonstrate(scene, simulator, task, script, state, Stopwatch())
    most = None if seconds is None else round(seconds * scene.control_rate) + 1
    instants = list(islice(run, most))
    actions = np.stack([action for _, action in instants[:-1]]).astype(np.float32)
    return Course(tuple(state for state, _ in instants), simulator.links), actions


def wander(scene: Scene, simulator: Simulator, seconds: float) -> np.ndarray:
    """Actions, float32, (T, A), of a hand that is sent from place to place and opens and closes; drawn from the Scene's seed."""
    simulator.build(scene)
    rng, rate = stream(scene.seed, scene.episode, "wander"), scene.control_rate
    state = simulator.reset(scene.seed)
    home, place, aim, opening = state.tcp, state.tcp.position, state.tcp.position, 1.0
    actions = []
    for step in range(round(seconds * rate)):
        if step % round(DWELL * rate) == 0:
            aim, opening = home.position + rng.uniform(*ROOM), float(rng.uniform())
        way = aim - place
        place = place + way * min(1.0, SPEED / rate / max(float(np.linalg.norm(way)), 1e-9))
        actions.append(to_action(Pose(place, home.orientation), opening, state, simulator.jacobian(), scene))
        state = simulator.step(actions[-1])
    return np.stack(actions)
