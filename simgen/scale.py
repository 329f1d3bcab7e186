"""The same attempts over many workers: in this process, or in several local ones."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from signal import SIG_IGN, SIGINT, signal
from threading import Thread
from typing import Protocol

from simgen.errors import WorkerDied


class Outcome(Protocol):
    """What an attempt reports back."""

    kept: bool
    """Whether it counts towards the number wanted."""


Attempt = Callable[[int], Outcome]
THREADS = "OMP_NUM_THREADS"
"""Where PyTorch and NumPy's libraries look for how many threads they may have, once, when they are loaded."""
_attempt: Attempt


def until_enough(factory: Callable[[], Attempt], *, wanted: int, start: int, limit: int, workers: int) -> Iterator[Outcome]:
    """Attempts number start, start + 1, ... until `wanted` of them are kept or `limit` were made; outcomes as they finish.

    An attempt is started only if it is needed even should every running one be kept, so that the attempts made, and
    the ones kept, are the same on 1 and on N workers.

    Args:
        factory: makes the attempt function, once in each worker; picklable.

    Raises:
        WorkerDied: if a worker process was killed.
    """
    if workers == 1:
        yield from _here(factory(), wanted, start, limit)
    else:
        yield from _in_processes(factory, wanted, start, limit, workers)


def _here(attempt: Attempt, wanted: int, start: int, limit: int) -> Iterator[Outcome]:
    kept = 0
    for number in range(start, start + limit):
        if kept == wanted:
            return
        outcome = attempt(number)
        kept += outcome.kept
        yield outcome


def _in_processes(factory, wanted: int, start: int, limit: int, workers: int) -> Iterator[Outcome]:
    kept, number, running = 0, start, set[Future]()
    # spawn: a forked child would inherit the locks and threads of a loaded physics engine and ray caster
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (factory,))
    try:
        while kept < wanted:
            with sharing_cores(workers):
                while kept + len(running) < wanted and len(running) < workers and number < start + limit:
                    running.add(pool.submit(_run, number))
                    number += 1
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                outcome = future.result()
                kept += outcome.kept
                yield outcome
    except BrokenProcessPool as error:
        raise WorkerDied(kept) from error
    finally:
        for process in (pool._processes or {}).values():
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def sharing_cores(workers: int) -> Iterator[None]:
    """Workers that start meanwhile compute on their share of the cores: if each took all of them, they would wait for one another.

    What the caller's environment says already is left as it is.
    """
    if THREADS in os.environ:
        yield
        return
    os.environ[THREADS] = str(max(len(os.sched_getaffinity(0)) // workers, 1))
    try:
        yield
    finally:
        del os.environ[THREADS]


def _start_worker(factory: Callable[[], Attempt]) -> None:
    global _attempt
    signal(SIGINT, SIG_IGN)  # Ctrl-C reaches the whole group; the parent alone decides
    Thread(target=follow_parent, daemon=True).start()
    _attempt = factory()


def follow_parent() -> None:
    """A parent that was killed cannot tell its workers to stop: they would wait for it for ever."""
    parent_process().join()
    os._exit(1)


def _run(number: int) -> Outcome:
    return _attempt(number)
