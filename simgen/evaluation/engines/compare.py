"""Plays one Scene in two engines, and in the first one's two floors."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from simgen import shelves
from simgen import simulator as simulators
from simgen.errors import InvalidValue
from simgen.evaluation.engines.comparison import Comparison
from simgen.evaluation.engines.course import Course, expert, play, wander
from simgen.evaluation.engines.divergence import divergence
from simgen.generate import arrange, job_of
from simgen.scenario import Scene
from simgen.simulator import Simulator

Actions = Literal["expert", "wander"]
NUDGE = 1e-6
"""Metres by which everything that can move is moved for the second floor."""
INSTANTS = 5
"""Of which there are pictures."""
Told = Callable[[str], None]
"""Told what is being done."""


def compare_engines(
    scene: str,
    *,
    engines: tuple[str, str],
    seed: int = 0,
    episode: int = 0,
    seconds: float | None = None,
    actions: Actions = "expert",
    size: tuple[int, int] = (256, 256),
    progress: Told = lambda doing: None,
) -> Comparison:
    """Two engines under the same actions, from one arrangement that came to rest in the first.

    Args:
        scene: a name on the scenes shelf, or a YAML file; it needs a robot and a task.
        engines: names of two simulators; the first leads.
        seed: root seed.
        episode: which draw of the seed.
        seconds: at most so many; by default until the expert is done, or as long as the scene lasts.
        actions: `expert`: what the task's expert does in the first engine; `wander`: a hand that is sent from place to place.
        size: width and height of pictures.
        progress: told what is being done.

    Raises:
        UnknownName, InvalidScenario, AssetError, PlacementFailed: what is asked for is not there or not possible.
        MissingExtra: if an engine is not installed.
        InvalidValue: if the time is shorter than a control step.
    """
    job = job_of(shelves.scene(scene), world="preview", simulator=engines[0], seed=seed, size=size)
    simulators.REGISTRY.check(engines[1])
    if seconds is not None and not seconds * job.scenario.control_rate >= 0.5:
        raise InvalidValue("seconds", seconds, f"at least one control step of {1 / job.scenario.control_rate:g} s")
    first, second = (simulators.make(engine) for engine in engines)
    try:
        progress(f"arranging {scene}")
        return compared(arrange(job, episode, first), first, second, seconds=seconds, actions=actions, progress=progress)
    finally:
        first.close()
        second.close()


def compared(
    stage: Scene, first: Simulator, second: Simulator, *, seconds: float | None, actions: Actions, progress: Told = lambda doing: None
) -> Comparison:
    """The same of a Scene and two simulators, which are left built; `seconds` is at least a control step."""
    progress(f"{actions} in {first.name}")
    led, closed = None, None
    if actions == "expert":
        led, script = expert(stage, first, seconds)
        progress(f"expert in {second.name}")
        closed, _ = expert(stage, second, seconds)
    else:
        script = wander(stage, first, stage.duration if seconds is None else seconds)
    look = sorted({round(instant) for instant in np.linspace(0, len(script), INSTANTS)})
    courses = {}
    for name, scene, simulator, seen in (
        ("first", stage, first, look),
        ("second", stage, second, look),
        ("halved", halved(stage), first, ()),
        ("nudged", nudged(stage), first, ()),
    ):
        progress(f"{name} run, {len(script)} steps")
        courses[name] = play(scene, simulator, script, seen)
    return Comparison(
        scene=stage,
        engines=(first.name, second.name),
        actions=actions,
        first=courses["first"],
        second=courses["second"],
        between=divergence(stage, courses["first"], courses["second"]),
        halved=divergence(stage, courses["first"], courses["halved"]),
        nudged=divergence(stage, courses["first"], courses["nudged"]),
        closed=None if closed is None else (_succeeded(led), _succeeded(closed)),
    )


def halved(scene: Scene) -> Scene:
    """The Scene with physics steps of half the length."""
    return scene.model_copy(update={"physics_rate": 2 * scene.physics_rate})


def nudged(scene: Scene) -> Scene:
    """The Scene with everything that can move a little to the side, alternately, so that distances between neighbours change."""
    bodies, side = [], NUDGE
    for body in scene.bodies:
        if not body.fixed:
            x, y, z = body.position
            body, side = body.model_copy(update={"position": (x + side, y, z)}), -side
        bodies.append(body)
    return scene.model_copy(update={"bodies": tuple(bodies)})


def _succeeded(course: Course) -> float | None:
    return course.succeeded
