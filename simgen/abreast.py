"""Abreast: the same work on several things at once, each on one core and one thread.

Where there are several things, this takes less time than each of them on all cores in turn, whose threads wait for one another.
"""

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import local

CORES = len(os.sched_getaffinity(0))
"""How many things may be worked on at once."""
_here = local()


def abreast[T, R](work: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """What `work` makes of every thing, in order; it must let go of Python's lock to gain by it. Work within work goes on in one thread.

    What raises is raised here, when all is done; the first of them.
    """
    things = list(things)
    if len(things) < 2 or CORES < 2 or one_of_many():
        return [work(thing) for thing in things]
    before = _torch_threads()
    running = [_threads(os.getpid()).submit(_alone, work, thing) for thing in things]
    outcomes = [each.exception() for each in running]
    _set_torch_threads(before)
    for failure in outcomes:
        if failure is not None:
            raise failure
    return [each.result() for each in running]


def one_of_many() -> bool:
    """Whether this thread is one of several that work abreast, and should start no others."""
    return getattr(_here, "busy", False)


def _alone(work: Callable, thing):
    _here.busy = True
    _set_torch_threads(1)
    return work(thing)


def _torch_threads() -> int | None:
    """How many threads PyTorch takes for one operation; None where it is not loaded."""
    torch = sys.modules.get("torch")
    return None if torch is None else torch.get_num_threads()


def _set_torch_threads(count: int | None) -> None:
    """Say so for this thread; PyTorch takes it for those that it has not met yet, too, which is why it is said again at the end."""
    if count is not None and _torch_threads() not in (None, count):
        sys.modules["torch"].set_num_threads(count)


@lru_cache(maxsize=1)
def _threads(process: int) -> ThreadPoolExecutor:
    """Threads of a process: one that was forked has none of its parent's."""
    return ThreadPoolExecutor(CORES, thread_name_prefix=f"abreast of {process}")
