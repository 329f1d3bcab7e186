"""Scenario to a dataset on disk: resumable, over one worker or many."""

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from simgen.dataset.store import Store
from simgen.errors import ExpertFails, GateRefuses, InvalidValue
from simgen.generate import Job, job_of, most_attempts, play
from simgen.photography import Gate
from simgen.rollout import versions
from simgen.scale import until_enough
from simgen.scenario import Scenario
from simgen.scenario.override import Override
from simgen.stopwatch import Stopwatch
from simgen.world import DEFAULT

Labels = Literal["none", "lerobot"]
OFF_THE_PHYSICS = "the gate left it out"


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
    world: str = DEFAULT,
    simulator: str = "pybullet",
    control: str | None = None,
    size: tuple[int, int] | None = None,
    weather: str | None = None,
    light: str | None = None,
    sensor: str | None = None,
    gate: Gate | None = None,
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
        OutputExists, CannotWrite, ExpertFails, GateRefuses, WorkerDied, and whatever `generate` raises.
    """
    if episodes < 1:
        raise InvalidValue("--episodes", episodes, "at least 1")
    workers = crew(workers, episodes)
    override = Override(weather, light, sensor)
    job = job_of(scenario, world=world, simulator=simulator, seed=seed, control=control, size=size, override=override, gate=gate)
    store = Store(out, facts(job, start, labels, keep_failed), overwrite=overwrite)
    attempts = until_enough(
        partial(Workshop, job, store, labels, keep_failed),
        wanted=episodes,
        start=start,
        limit=most_attempts(episodes),
        workers=workers,
    )
    try:
        kept = followed(attempts, episodes, progress)
        if len(kept) < episodes:
            refused = sum(one.reason == OFF_THE_PHYSICS for one in store.rejected())
            if refused:
                raise GateRefuses(job.scenario.name, refused, job.world)
            raise ExpertFails(job.scenario.name, most_attempts(episodes), len(kept))
        return store.finish(kept)
    finally:
        store.close()


def crew(workers: int | None, most: int) -> int:
    """How many processes to work with; None is one a core, and never more than there is work for.

    Raises:
        InvalidValue: if somebody asks for none.
    """
    if workers is not None and workers < 1:
        raise InvalidValue("--workers", workers, "at least 1")
    return min(workers or os.cpu_count() or 1, most)


def followed(attempts: Iterable[Attempt], wanted: int, progress: Callable[[Progress], None]) -> list[int]:
    """Numbers of the attempts that are kept, in order, when all are made; `progress` hears of each."""
    kept, failed = [], 0
    for attempt in attempts:
        kept += [attempt.number] if attempt.kept else []
        failed += not (attempt.kept and attempt.success)
        progress(Progress(attempt, len(kept), wanted, failed))
    return sorted(kept)


def facts(job: Job, start: int, labels: Labels, keep_failed: bool) -> dict:
    """What makes a dataset what it is, but for how many episodes it has."""
    return {
        "scenario": job.scenario.model_dump(mode="json"),
        "seed": job.seed,
        "start": start,
        "world": job.world,
        "simulator": job.simulator,
        "override": asdict(job.override),
        "gate": job.gate,
        "labels": labels,
        "keep_failed": keep_failed,
        "versions": versions(job.simulator),
    }


class Workshop:
    """Plays, draws and stores one episode at a time; one a worker process."""

    def __init__(self, job: Job, store: Store, labels: Labels, keep_failed: bool):
        self._job, self._store, self._labels, self._keep_failed = job, store, labels, keep_failed
        self._simulator, self._studio = job.tools()

    def __call__(self, number: int) -> Attempt:
        """Make episode `number`, unless an earlier run already did."""
        if number in (done := self._store.done()):
            return Attempt(number, True, done[number], 0, {})
        if number in {rejection.draw for rejection in self._store.rejected()}:
            return Attempt(number, False, False, 0, {})
        watch = Stopwatch()
        episode = play(self._job, number, self._simulator, self._studio, watch)
        reason = "" if episode.success or self._keep_failed else "the expert failed"
        if not reason and self._studio.refuses(episode.adherence):
            reason = OFF_THE_PHYSICS
        with watch("store"):
            if reason:
                self._store.reject(number, reason, episode.scene.attempt)
            else:
                self._store.write(episode, self._labels)
        return Attempt(number, not reason, episode.success, len(episode), dict(watch.seconds))
