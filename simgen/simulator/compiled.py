"""Loops over pixels as machine code: numba compiles them when they first run on a machine, and keeps them on its disk."""

from collections.abc import Callable

from numba import njit


def compiled(loop: Callable) -> Callable:
    """A function of numbers and arrays, compiled; it may call other compiled functions, of its own file only.

    Arithmetic is IEEE's, term by term as written, on one thread: the same numbers give the same bits. What is compiled is kept
    beside the file, or in the user's cache folder where that one is read-only, until the file changes.
    """
    try:
        return njit(cache=True, error_model="numpy")(loop)
    except RuntimeError:  # neither folder can be written: every process compiles for itself
        return njit(error_model="numpy")(loop)
