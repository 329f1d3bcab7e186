"""One episode: a Scene played in a simulator by the task's expert, seen by every camera and drawn by a world."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

import numpy as np

from simgen import task as tasks
from simgen.dataset import Episode, Subtask
from simgen.observation import Observation, State, Trajectory
from simgen.photography import Studio, world_seed
from simgen.randomness import stream
from simgen.scenario import Scene
from simgen.scenario.robot import robot_model
from simgen.simulator import REGISTRY, Simulator, engine_of
from simgen.simulator.control import action_names, to_action
from simgen.stopwatch import Stopwatch
from simgen.task import Expert, Task

HOLD = 5
"""Frames recorded after the task is done, so that a policy learns to stay."""
PACKAGES = ("simgen", "numpy", "pybullet", "open3d", "trimesh", "lerobot", "h5py")


@dataclass
class _Tape:
    """What a run leaves behind, frame by frame."""

    states: list[State]
    actions: list[np.ndarray]
    observations: dict[str, list[Observation]]
    visible: dict[str, list[list[float]]]
    words: list[str]


def roll_out(scene: Scene, simulator: Simulator, studio: Studio, watch: Stopwatch) -> Episode:
    """Play a Scene with its task's expert and photograph it.

    The run ends `HOLD` frames after success, when the expert gives up, or after `scene.duration` seconds.
    """
    with watch("build"):
        simulator.build(scene)
        state = simulator.reset(scene.seed)
        task = tasks.make(scene, simulator.links)
        scene = scene.model_copy(
            update={"instruction": tasks.instruct(scene, task, stream(scene.seed, scene.episode, "language"))}
        )
    tape, final = _play(scene, simulator, task, task.expert(stream(scene.seed, scene.episode, "expert")), state, watch)
    with watch("world"):
        photographs = studio.shoot(scene, tape.states, tape.observations, seed=world_seed(scene))
    observations = {camera: tuple(seen) for camera, seen in tape.observations.items()}
    return Episode(
        scene=scene,
        links=simulator.links,
        trajectory=Trajectory(tuple(tape.states), np.stack(tape.actions).astype(np.float32), observations),
        final=final,
        action_names=action_names(scene),
        joint_names=tuple(robot_model(scene.robot.name).arm),
        clips=photographs.clips,
        subtasks=_subtasks(tape.words),
        simulator=simulator.name,
        visibility={camera: np.array(shares, np.float32) for camera, shares in tape.visible.items()},
        adherence=photographs.adherence,
        world_seed=world_seed(scene),
        versions=versions(simulator.name),
    )


def _play(scene: Scene, simulator: Simulator, task: Task, expert: Expert, state: State, watch: Stopwatch) -> tuple[_Tape, State]:
    tape = _Tape([], [], {camera: [] for camera in scene.cameras}, {camera: [] for camera in scene.cameras}, [])
    for now, action in demonstrate(scene, simulator, task, expert, state, watch):
        if action is None:
            break
        with watch("observe"):
            for camera, seen in tape.observations.items():
                seen.append(simulator.observe(camera))
        with watch("visibility"):
            for camera, shares in tape.visible.items():
                seen = simulator.visible_fraction(camera)
                shares.append([seen[body.id] for body in scene.bodies])
        tape.states.append(now)
        tape.actions.append(action)
        tape.words.append(expert.subtask)
    return tape, now


def demonstrate(
    scene: Scene, simulator: Simulator, task: Task, expert: Expert, state: State, watch: Stopwatch
) -> Iterator[tuple[State, np.ndarray | None]]:
    """An expert's run from a state just reset: every instant, with the action that the simulator takes when the next is asked for.
    The last instant has no action."""
    state, held = judged(task, state), 0
    for _ in range(round(scene.duration * scene.control_rate)):
        with watch("expert"):
            target = expert.act(state)
            action = to_action(target.world_T_tcp, target.gripper, state, simulator.jacobian(), scene)
        yield state, action
        with watch("physics"):
            state = judged(task, simulator.step(action))
        held = held + 1 if state.success else 0
        if held > HOLD or (expert.finished and not state.success):
            break
    yield state, None


def judged(task: Task, state: State) -> State:
    """The state, with what the task says of it."""
    return replace(state, progress=task.progress(state), success=task.success(state))


def _subtasks(words: list[str]) -> tuple[Subtask, ...]:
    """Runs of equal captions."""
    starts = [0, *(t for t in range(1, len(words)) if words[t] != words[t - 1])]
    return tuple(Subtask(start, stop, words[start]) for start, stop in zip(starts, [*starts[1:], len(words)], strict=True))


@cache
def versions(simulator: str | None = None) -> dict[str, str]:
    """Version of Python and of every package that has a hand in an episode, the engine's of its simulator among them."""
    found = {"python": python_version()}
    engine = [engine_of(simulator)] if simulator in REGISTRY.table() else []  # one that is handed in need not be in the table
    for package in (*PACKAGES, *engine):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
