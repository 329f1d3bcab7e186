"""The pilot: control goes on while a policy thinks."""

import numpy as np
import pytest

from simgen.environment.pilot import Pilot


def chunk(*numbers) -> np.ndarray:
    return np.array(numbers, np.float32)[:, None]


def flown(pilot: Pilot, first: int, last: int) -> list:
    found = [pilot.action(now) for now in range(first, last)]
    return [None if one is None else float(one[0]) for one in found]


def test_without_delay_a_chunk_is_carried_out_from_its_first_action():
    pilot = Pilot()
    pilot.hand(chunk(1, 2, 3), now=0, latency=0)
    assert flown(pilot, 0, 4) == [1, 2, 3, None]


def test_a_late_chunk_is_carried_out_whole():
    pilot = Pilot("late")
    pilot.hand(chunk(1, 2), now=0, latency=1)
    assert flown(pilot, 0, 2) == [None, 1]
    pilot.hand(chunk(3, 4), now=2, latency=1)
    assert flown(pilot, 2, 5) == [2, 3, 4]


def test_what_should_have_been_done_by_then_is_dropped():
    pilot = Pilot("dropped")
    pilot.hand(chunk(0, 1, 2, 3, 4, 5), now=0, latency=2)
    assert flown(pilot, 0, 4) == [None, None, 2, 3]
    pilot.hand(chunk(4, 5, 6, 7), now=4, latency=1)
    assert flown(pilot, 4, 6) == [4, 5]  # the fifth is still the old plan's


def test_an_answer_that_is_overtaken_by_a_newer_one_is_never_carried_out():
    pilot = Pilot()
    pilot.hand(chunk(1, 1, 1, 1, 1, 1), now=0, latency=5)
    pilot.hand(chunk(2, 2, 2, 2, 2, 2, 2), now=1, latency=1)
    assert flown(pilot, 1, 8) == [None, 2, 2, 2, 2, 2, 2]


@pytest.mark.parametrize("overdue", ["late", "dropped"])
def test_a_pilot_goes_on_from_what_it_remembered(overdue):
    pilot, other = Pilot(overdue), Pilot(overdue)
    pilot.hand(chunk(1, 2, 3, 4), now=0, latency=1)
    pilot.action(1)
    pilot.hand(chunk(5, 6, 7, 8), now=2, latency=2)
    other.memory = pilot.memory
    assert flown(pilot, 2, 9) == flown(other, 2, 9)
