"""Scenario to a dataset on disk: resumable, over one worker or many."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from simgen.dataset.store import Store
from simgen.errors import ExpertFails, InvalidValue
from simgen.generate import Job, job_of, most_attempts, play
from simgen.rollout import versions
from simgen.scale import until_enough
from simgen.scenario import Scenario
from simgen.stopwatch import Stopwatch

Labels = Literal["none", "lerobot"]


@dataclass(frozen=True)
class Attempt:
    """What came of one episode number."""

    number: int
    kept: bool
    """It is in the dataset."""
    success: bool
    frames: int
    """0 where the attempt was made by an earlier run."""
    seconds: dict[str, float]
    """Wall-clock seconds by stage."""


@dataclass(frozen=True)
class Progress:
    """How far a recording has come."""

    attempt: Attempt
    """The newest."""
    kept: int
    wanted: int
    failed: int


def record(
    scenario: str | Path | Scenario,
    out: str | Path,
    *,
    episodes: int = 1,
    seed: int = 0,
    start: int = 0,
    world: str = "raw",
    simulator: str = "pybullet",
    control: str | None = None,
    size: tuple[int, int] | None = None,
    labels: Labels = "none",
    keep_failed: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """Record `episodes` episodes as a LeRobot dataset with its physics truth at `out`.

    Until the last one is done they are kept beside it in `<out>.partial`; whatever ends the run, the same call goes on
    from there. Arguments not named here are those of `simgen.generate`.

    Args:
        labels: `lerobot` adds depth and segmentation as features that LeRobot itself reads.
        overwrite: replace a finished dataset at `out`, once the new one is complete.
        workers: processes; None is one a core, at most one an episode. The dataset is the same with any number.

    Raises:
        OutputExists, CannotWrite, ExpertFails, WorkerDied, and whatever `generate` raises.
    """
    if episodes < 1:
        raise InvalidValue("--episodes", episodes, "at least 1")
    if workers is not None and workers < 1:
        raise InvalidValue("--workers", workers, "at least 1")
    job = job_of(scenario, world=world, simulator=simulator, seed=seed, control=control, size=size)
    store = Store(out, facts(job, start, labels, keep_failed), overwrite=overwrite)
    attempts = until_enough(
        partial(Workshop, job, store, labels, keep_failed),
        wanted=episodes,
        start=start,
        limit=most_attempts(episodes),
        workers=min(workers or os.cpu_count() or 1, episodes),
    )
    kept, failed = [], 0
    try:
        for attempt in attempts:
            kept += [attempt.number] if attempt.kept else []
            failed += not attempt.success
            progress(Progress(attempt, len(kept), episodes, failed))
        if len(kept) < episodes:
            raise ExpertFails(job.scenario.name, most_attempts(episodes), len(kept))
        return store.finish(sorted(kept))
    finally:
        store.close()


def facts(job: Job, start: int, labels: Labels, keep_failed: bool) -> dict:
    """What makes a dataset what it is, but for how many episodes it has."""
    return {
        "scenario": job.scenario.model_dump(mode="json"),
        "seed": job.seed,
        "start": start,
        "world": job.world,
        "simulator": job.simulator,
        "labels": labels,
        "keep_failed": keep_failed,
        "versions": versions(),
    }


class Workshop:
    """Plays, draws and stores one episode at a time; one a worker process."""

    def __init__(self, job: Job, store: Store, labels: Labels, keep_failed: bool):
        self._job, self._store, self._labels, self._keep_failed = job, store, labels, keep_failed
        self._simulator, self._world = job.tools()

    def __call__(self, number: int) -> Attempt:
        """Make episode `number`, unless an earlier run already did."""
        if number in (done := self._store.done()):
            return Attempt(number, True, done[number], 0, {})
        if number in {rejection.draw for rejection in self._store.rejected()}:
            return Attempt(number, False, False, 0, {})
        watch = Stopwatch()
        episode = play(self._job, number, self._simulator, self._world, watch)
        kept = episode.success or self._keep_failed
        with watch("store"):
            if kept:
                self._store.write(episode, self._labels)
            else:
                self._store.reject(number, "the expert failed", episode.scene.attempt)
        return Attempt(number, kept, episode.success, len(episode), dict(watch.seconds))
