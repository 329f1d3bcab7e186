"""Compiled loops: bands cover every row once, in order, also in a process that was forked."""

import os

import numpy as np
import pytest

from simgen.compiled import compiled, in_bands


@compiled
def _square(first, end, numbers, out):
    for n in range(first, end):
        out[n] += numbers[n] ** 2
    return first, end


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 33, 1000])
def test_bands_do_every_row_once_and_answer_in_order(rows):
    numbers, out = np.arange(rows, dtype=np.float64), np.zeros(rows)
    bands = in_bands(_square, rows, numbers, out)
    assert np.array_equal(out, numbers**2)
    assert bands[0][0] == 0 and bands[-1][1] == rows
    assert all(before[1] == after[0] for before, after in zip(bands, bands[1:], strict=False))


def test_a_forked_process_has_threads_of_its_own():
    in_bands(_square, 1000, np.arange(1000.0), np.zeros(1000))
    child = os.fork()
    if child == 0:
        out = np.zeros(1000)
        in_bands(_square, 1000, np.arange(1000.0), out)
        os._exit(0 if np.array_equal(out, np.arange(1000.0) ** 2) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
