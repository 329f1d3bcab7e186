"""Openings: which episode a reset begins, from Gymnasium's seed and options."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from simgen import shelves
from simgen.environment.play import Opening
from simgen.environment.rules import Rules
from simgen.errors import InvalidValue, UnknownName
from simgen.scenario import Scenario, Scene, load
from simgen.scenario.override import Override

OPTIONS = ("scene", "weather", "light", "sensor", "snapshot")
"""Of a reset: a scene by name, file or as a whole; presets and levels; a snapshot to go on from."""


class Openings:
    """One row's episodes: reset with a seed, it plays episode 0 of it, and after that 1, 2, ..."""

    def __init__(self, rules: Rules):
        """Nobody has said a seed yet."""
        self._rules, self._seed, self._episode = rules, None, -1

    def next(self, seed: int | None, options: Mapping[str, object]) -> Opening:
        """What the next episode begins with.

        Args:
            seed: the root seed; None goes on with the last, or takes one that nobody chose.
            options: `OPTIONS`, each for this episode alone; None is as if it were not there.

        Raises:
            UnknownName, InvalidScenario, AssetError, InvalidValue: what is asked for is not there or not possible.
        """
        for name in options:
            if name not in OPTIONS:
                raise UnknownName("option of reset", name, OPTIONS)
        said = {name: value for name, value in options.items() if value is not None}
        job = self._rules.job
        override = Override(**{part: said.get(part, getattr(job.override, part)) for part in ("weather", "light", "sensor")})
        override.check()
        scene = said.get("scene")
        drawn = scene if isinstance(scene, Scene) else None
        if scene is not None and drawn is None:
            job = replace(job, scenario=fitted(scene, job.scenario))
        job = replace(job, override=override)
        self._count(seed)
        if drawn is not None:
            drawn = override.on(drawn, seed=self._seed)
        snapshot = said.get("snapshot")
        if snapshot is not None and not isinstance(snapshot, bytes):
            raise InvalidValue("a snapshot", type(snapshot).__name__, "bytes")
        return Opening(self._seed, self._episode, job, drawn, snapshot)

    def _count(self, seed: int | None) -> None:
        if seed is not None:
            if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
                raise InvalidValue("seed", seed, "an integer of 0 or more")
            self._seed, self._episode = int(seed), 0
        elif self._seed is None:
            self._seed, self._episode = int(np.random.SeedSequence().generate_state(1)[0]), 0
        else:
            self._episode += 1


def fitted(scene: str | Path | Scenario, like: Scenario) -> Scenario:
    """Another scenario, with the control mode and the picture sizes of the one that the environment was made for.

    Raises:
        UnknownName, InvalidScenario: if it is not there or not sound.
        InvalidValue: if its cameras are others.
    """
    scenario = scene if isinstance(scene, Scenario) else load(shelves.scene(scene))
    if scenario.cameras.keys() != like.cameras.keys():
        raise InvalidValue(f"the cameras of scene {scenario.name}", sorted(scenario.cameras), f"{sorted(like.cameras)}, as they were made")
    if scenario.task is None or scenario.robot is None or scenario.task.name != like.task.name:
        raise InvalidValue(f"the task of scene {scenario.name}", scenario.task and scenario.task.name, f"{like.task.name}, as it was made")
    sizes = {name: {"width": camera.width, "height": camera.height} for name, camera in like.cameras.items()}
    cameras = {name: camera.model_copy(update=sizes[name]) for name, camera in scenario.cameras.items()}
    return scenario.model_copy(update={"cameras": cameras, "control": like.control})
