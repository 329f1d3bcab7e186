"""Loops over pixels as machine code: numba compiles them when they first run on a machine, and keeps them on its disk."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from numba import njit

from simgen.abreast import CORES, one_of_many

FEWEST = 16
"""Rows below which a band is not worth a thread of its own."""


def compiled(loop: Callable) -> Callable:
    """A function of numbers and arrays, compiled; it may call other compiled functions, of its own file only.

    Arithmetic is IEEE's, term by term as written, on one thread: the same numbers give the same bits. What is compiled is kept
    beside the file, or in the user's cache folder where that one is read-only, until the file changes.
    """
    try:
        return njit(cache=True, error_model="numpy", nogil=True)(loop)
    except RuntimeError:  # neither folder can be written: every process compiles for itself
        return njit(error_model="numpy", nogil=True)(loop)


def in_bands(loop: Callable, rows: int, *arguments) -> list:
    """Run `loop(first, end, *arguments)`, compiled, for bands of rows that together are `rows`, as many at once as there are cores; one
    where several things are worked on abreast.

    What a row comes to must not depend on the band it is in; then the number of cores changes nothing.

    Returns:
        What the loop returned, band by band.
    """
    count = 1 if one_of_many() else max(1, min(CORES, rows // FEWEST))
    edges = [rows * number // count for number in range(count + 1)]
    bands = list(zip(edges[:-1], edges[1:], strict=True))
    others = [_threads(os.getpid()).submit(loop, *band, *arguments) for band in bands[1:]]
    return [loop(*bands[0], *arguments), *(other.result() for other in others)]


@lru_cache(maxsize=1)
def _threads(process: int) -> ThreadPoolExecutor:
    """Threads of a process: one that was forked has none of its parent's."""
    return ThreadPoolExecutor(max(CORES - 1, 1), thread_name_prefix=f"bands of {process}")
