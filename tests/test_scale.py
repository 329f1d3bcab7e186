"""Many workers: the same attempts, the same ones kept, and a worker that dies says so."""

import os
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from signal import SIGKILL

import pytest

from simgen.errors import WorkerDied
from simgen.scale import THREADS, until_enough


@dataclass(frozen=True)
class Outcome:
    number: int
    kept: bool
    process: int


def unlucky_every_third(number: int) -> Outcome:
    return Outcome(number, number % 3 != 1, os.getpid())


def dies_at(fatal: int, number: int) -> Outcome:
    if number == fatal:
        os.kill(os.getpid(), SIGKILL)
    return Outcome(number, True, os.getpid())


def its_threads(number: int) -> Outcome:
    return Outcome(int(os.environ[THREADS]), True, os.getpid())


def make(attempt):
    return attempt


def numbers(wanted: int, workers: int, limit: int = 100) -> tuple[list[int], list[int]]:
    outcomes = list(until_enough(partial(make, unlucky_every_third), wanted=wanted, start=5, limit=limit, workers=workers))
    return sorted(o.number for o in outcomes), sorted(o.number for o in outcomes if o.kept)


@pytest.mark.parametrize("wanted", [1, 4, 7])
def test_three_workers_try_and_keep_what_one_does(wanted):
    assert numbers(wanted, 1) == numbers(wanted, 3)


def test_enough_is_exactly_enough():
    tried, kept = numbers(6, 1)
    assert len(kept) == 6 and tried[-1] == kept[-1]


def test_the_work_really_happens_in_other_processes():
    outcomes = list(until_enough(partial(make, unlucky_every_third), wanted=6, start=0, limit=100, workers=2))
    assert os.getpid() not in {outcome.process for outcome in outcomes}


def test_workers_share_the_cores_unless_they_are_told_otherwise(monkeypatch):
    monkeypatch.delenv(THREADS, raising=False)
    own = max(len(os.sched_getaffinity(0)) // 2, 1)
    assert {one.number for one in until_enough(partial(make, its_threads), wanted=3, start=0, limit=9, workers=2)} == {own}
    assert THREADS not in os.environ
    monkeypatch.setenv(THREADS, "7")
    assert {one.number for one in until_enough(partial(make, its_threads), wanted=3, start=0, limit=9, workers=2)} == {7}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_hopeless_run_stops_at_its_limit(workers):
    tried, kept = numbers(50, workers, limit=6)
    assert tried == [5, 6, 7, 8, 9, 10] and len(kept) < 50


def test_a_killed_worker_is_one_sentence():
    with pytest.raises(WorkerDied, match="finished episodes are kept"):
        list(until_enough(partial(make, partial(dies_at, 3)), wanted=9, start=0, limit=20, workers=2))


def sleeps(folder: str, number: int) -> Outcome:
    Path(folder, str(os.getpid())).touch()
    time.sleep(60)


def test_workers_do_not_outlive_a_parent_that_was_killed(tmp_path):
    arguments = partial(make, partial(sleeps, str(tmp_path)))
    parent = get_context("spawn").Process(target=exhaust, args=(arguments,))
    parent.start()
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    parent.kill()
    parent.join()
    wait_for(lambda: not any(Path("/proc", child.name).exists() for child in tmp_path.iterdir()))


def exhaust(factory):
    list(until_enough(factory, wanted=4, start=0, limit=10, workers=2))


def wait_for(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)
