"""Scenario to episodes in memory: the left half of the arrow in one function."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simgen import shelves
from simgen import simulator as simulators
from simgen import task as tasks
from simgen import world as worlds
from simgen.dataset import Episode
from simgen.errors import ExpertFails, InvalidValue, PlacementFailed, Unsettled
from simgen.photography import Gate, Studio, check_gate, usual_gate
from simgen.rollout import roll_out
from simgen.scenario import Scenario, Scene, draw, load
from simgen.scenario.override import NOTHING, Override
from simgen.scenario.robot import robot_model
from simgen.simulator import Simulator
from simgen.simulator.settle import settled
from simgen.stopwatch import Stopwatch

ARRANGEMENTS = 20
"""How many arrangements of one episode may fail to settle before the scenario is called impossible."""
PATIENCE = 20
"""Attempts allowed beyond twice as many as there are episodes asked for."""


@dataclass(frozen=True)
class Job:
    """What is asked of a run; equal jobs make equal episodes."""

    scenario: Scenario
    seed: int
    world: str
    simulator: str
    override: Override = NOTHING
    """Weather, light and sensor that take the place of the scenario's."""
    gate: Gate = "off"

    def tools(self) -> tuple[Simulator, Studio]:
        """The simulator and the studio."""
        world = worlds.make(self.world)
        return simulators.make(self.simulator, draws=world.needs_rgb), Studio(world, self.gate)


def job_of(
    scenario: str | Path | Scenario,
    *,
    world: str = worlds.DEFAULT,
    simulator: str = "pybullet",
    seed: int = 0,
    control: str | None = None,
    size: tuple[int, int] | None = None,
    override: Override = NOTHING,
    gate: Gate | None = None,
) -> Job:
    """The job in these words, which are `generate`'s; every name is looked up here, before anything is started.

    Raises:
        UnknownName, InvalidScenario, AssetError: what is asked for is not there or not possible.
    """
    worlds.REGISTRY.check(world)
    override.check()
    check_gate(gate or "off")
    simulators.REGISTRY.check(simulator)
    if not isinstance(scenario, Scenario):
        scenario = load(shelves.scene(scenario))
    for part in ("task", "robot"):
        if getattr(scenario, part) is None:
            raise InvalidValue(f"{part} of scenario {scenario.name}", None, "given, for an expert to demonstrate")
    tasks.REGISTRY.check(scenario.task.name)
    robot_model(scenario.robot.name)
    changes = {"control": control} if control else {}
    if size:
        width, height = size
        changes["cameras"] = {
            name: camera.model_copy(update={"width": width, "height": height}) for name, camera in scenario.cameras.items()
        }
    return Job(scenario.model_copy(update=changes), seed, world, simulator, override, gate or usual_gate(world))


def play(job: Job, number: int, simulator: Simulator, studio: Studio, watch: Stopwatch) -> Episode:
    """Episode `number` of a job, whether or not its expert succeeds.

    Raises:
        PlacementFailed: if no arrangement fits or comes to rest.
    """
    with watch("draw"):
        scene = arrange(job, number, simulator)
    return roll_out(scene, simulator, studio, watch)


def arrange(job: Job, number: int, simulator: Simulator) -> Scene:
    """The first arrangement of an episode whose bodies stay where they were put."""
    reasons = Counter()
    for attempt in range(ARRANGEMENTS):
        try:
            return settled(job.override.on(draw(job.scenario, job.seed, number, attempt), seed=job.seed), simulator)
        except Unsettled as error:
            reasons[error.reason] += 1
    raise PlacementFailed(job.scenario.name, ARRANGEMENTS, reasons)


def most_attempts(episodes: int) -> int:
    """How many attempts a run may make for so many episodes before its expert is called unable."""
    return 2 * episodes + PATIENCE


def generate(
    scenario: str | Path | Scenario,
    *,
    world: str = worlds.DEFAULT,
    simulator: str = "pybullet",
    episodes: int = 1,
    seed: int = 0,
    start: int = 0,
    control: str | None = None,
    size: tuple[int, int] | None = None,
    weather: str | None = None,
    light: str | None = None,
    sensor: str | None = None,
    gate: Gate | None = None,
    keep_failed: bool = False,
) -> Iterator[Episode]:
    """Episodes of a scenario, one by one, in memory.

    Args:
        scenario: a name on the scenes shelf, a YAML file, or a Scenario.
        world: who draws the photographs.
        simulator: who does the physics.
        episodes: how many to yield; attempts in which the expert fails do not count unless kept.
        seed: the root seed.
        start: number of the first episode; episode i of a seed is the same alone and in a batch.
        control: control mode, instead of the scenario's.
        size: width and height of every camera in pixels, instead of the scenario's.
        weather: a preset and its level from 0 to 5, `rain:4`, instead of the scenario's.
        light: the same.
        sensor: the same.
        gate: what becomes of photographs that do not show what the physics says; None marks them, but for the world `raw`.
        keep_failed: yield failed attempts too.

    Raises:
        UnknownName, InvalidScenario, AssetError, PlacementFailed, ExpertFails.
    """
    override = Override(weather, light, sensor)
    job = job_of(scenario, world=world, simulator=simulator, seed=seed, control=control, size=size, override=override, gate=gate)
    engine, studio = job.tools()
    kept = 0
    try:
        for number in range(start, start + most_attempts(episodes)):
            if kept == episodes:
                return
            episode = play(job, number, engine, studio, Stopwatch())
            if episode.success or keep_failed:
                kept += 1
                yield episode
        if kept < episodes:
            raise ExpertFails(job.scenario.name, most_attempts(episodes), kept)
    finally:
        engine.close()
