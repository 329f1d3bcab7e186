"""The rules of an environment: what is played, what is seen, what counts. Equal rules and seeds make equal rollouts."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from simgen import world as worlds
from simgen.environment.pilot import Overdue
from simgen.errors import InvalidValue, UnknownName
from simgen.generate import Job, job_of
from simgen.photography import reference_of
from simgen.scenario import Scenario
from simgen.scenario.override import Override
from simgen.world import World
from simgen.world.raw import Raw

Reward = Literal["sparse", "dense"]
"""1 for the step in which the task is done; or what the task's progress, 0 to 1, has grown by."""
OnFailure = Literal["off", "flag", "repeat", "replace", "raise"]
"""What becomes of a frame that no longer shows what the physics says: nobody looks; it is marked; the last good one is shown again,
marked by its age; a world that is exact by construction draws it; or the environment raises OffThePhysics."""


@dataclass(frozen=True)
class Rules:
    """Of one environment; what every row of a vector plays by."""

    job: Job
    """The scenario, who does its physics, and the weather, light and sensor that take the place of its own."""
    chunk: int = 1
    """Actions that a policy hands over at a time."""
    execute: int = 1
    """Control steps from one look to the next: how much of a chunk is carried out before the policy is asked again."""
    latency: tuple[int, int] = (0, 0)
    """Fewest and most control steps from a look to the moment its actions begin; drawn anew for every decision."""
    overdue: Overdue = "late"
    look_every: int = 1
    """Steps of the environment from one photograph to the next; between them the last is shown again."""
    reward: Reward = "sparse"
    max_steps: int = 300
    """Control steps after which an episode is truncated."""
    gate: OnFailure = "flag"
    rgb: bool = False
    """Whether the world looks at the simulator's own picture."""
    buffers: bool = True
    """Whether anybody looks at the exact buffers."""
    light: bool = False
    """Whether anybody looks at the direct light."""
    recording: bool = False
    """Whether every control step is kept."""


def rules_of(
    scene: str | Path | Scenario,
    world: World,
    *,
    simulator: str = "pybullet",
    weather: str | None = None,
    light: str | None = None,
    sensor: str | None = None,
    control: str | None = None,
    size: tuple[int, int] | None = None,
    chunk: int = 1,
    execute: int | None = None,
    latency: int | tuple[int, int] = 0,
    overdue: Overdue = "late",
    look_every: int = 1,
    reward: Reward = "sparse",
    max_steps: int | None = None,
    gate: OnFailure | None = None,
    recording: bool = False,
) -> Rules:
    """The rules in these words; every name is looked up here, before anything is started.

    Args:
        scene: a name on the scenes shelf, a YAML file, or a Scenario.
        world: who draws the photographs.
        simulator: who does the physics.
        weather: a preset and its level from 0 to 5, `rain:4`, instead of the scene's own.
        light: the same.
        sensor: the same.
        control: control mode, instead of the scene's.
        size: width and height of every camera in pixels, instead of the scene's.
        chunk: actions that a policy hands over at a time.
        execute: control steps from one look to the next; None is all of a chunk.
        latency: control steps from a look to the moment its actions begin, or fewest and most of them.
        overdue: what becomes of actions that arrive after their time.
        look_every: steps of the environment from one photograph to the next.
        reward: `sparse` or `dense`.
        max_steps: control steps of an episode; None is the scene's duration.
        gate: what becomes of frames that do not show what the physics says; None marks them, but for the world `raw`.
        recording: whether every control step is kept.

    Raises:
        UnknownName, InvalidScenario, AssetError, InvalidValue: what is asked for is not there or not possible.
    """
    override = Override(weather, light, sensor)
    job = job_of(scene, world=worlds.DEFAULT, simulator=simulator, control=control, size=size, override=override, gate="off")
    job = replace(job, world=world.name)
    gate = gate or ("off" if world.name == "raw" else "flag")
    for kind, name, known in (("gate", gate, OnFailure), ("reward", reward, Reward), ("overdue", overdue, Overdue)):
        if name not in get_args(known):
            raise UnknownName(kind, name, get_args(known))
    least, most = (latency, latency) if isinstance(latency, int) else latency
    steps = round(job.scenario.duration * job.scenario.control_rate) if max_steps is None else max_steps
    execute = chunk if execute is None else execute
    counts = {"chunk": chunk, "execute": execute, "look_every": look_every, "max_steps": steps}
    for name, count in counts.items():
        if count < 1:
            raise InvalidValue(name, count, "at least 1")
    if execute > chunk:
        raise InvalidValue("execute", execute, f"no more than the {chunk} actions of a chunk")
    if not 0 <= least <= most:
        raise InvalidValue("latency", latency, "0 or more control steps, or fewest and most of them")
    wanted = {
        "rgb": world.needs_rgb,
        "buffers": gate != "off" or not isinstance(world, Raw),
        "light": world.needs_light or gate == "replace" or (gate != "off" and reference_of(world.name) is not None),
    }
    return Rules(job, chunk, execute, (least, most), overdue, look_every, reward, steps, gate, recording=recording, **wanted)
