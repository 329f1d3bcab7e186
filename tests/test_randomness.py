"""Streams are keyed by seed, episode and name: the same anywhere, and no two alike."""

import subprocess
import sys
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simgen.randomness import stream

NAMES = ("placement", "physics", "language")


def draws(seed: int, episode: int, name: str, count: int = 8) -> np.ndarray:
    return stream(seed, episode, name).random(count)


@given(st.integers(0, 2**63), st.integers(0, 10**6), st.text(max_size=20))
def test_the_same_key_gives_the_same_numbers(seed, episode, name):
    assert np.array_equal(draws(seed, episode, name), draws(seed, episode, name))


def test_no_two_keys_share_a_number():
    streams = [draws(seed, episode, name) for seed, episode, name in product(range(4), range(20), NAMES)]
    assert len(np.unique(np.concatenate(streams))) == len(streams) * 8


def test_keys_do_not_run_into_each_other():
    assert not np.array_equal(draws(1, 11, "a"), draws(11, 1, "a"))
    assert not np.array_equal(draws(1, 1, "1/a"), draws(1, 11, "a"))


def test_drawing_from_one_stream_leaves_the_others_alone():
    untouched = draws(0, 0, "physics")
    stream(0, 0, "placement").random(1000)
    assert np.array_equal(draws(0, 0, "physics"), untouched)


def test_streams_are_uncorrelated():
    a, b = (draws(0, 0, name, 20_000) for name in NAMES[:2])
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(20_000)


def test_a_fresh_process_draws_the_same():
    program = "from simgen.randomness import stream; print(stream(7, 3, 'placement').random(8).tobytes().hex())"
    drawn = {
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": str(n)}, capture_output=True, text=True, check=True).stdout
        for n in (1, 2)
    }
    assert drawn == {draws(7, 3, "placement").tobytes().hex() + "\n"}
