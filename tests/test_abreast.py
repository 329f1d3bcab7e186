"""Work on several things at once: in order, no more threads within threads, and PyTorch left as it was."""

from threading import current_thread

import pytest
import torch

from simgen import abreast as room
from simgen.abreast import abreast, one_of_many

pytestmark = pytest.mark.skipif(room.CORES < 2, reason="one core")


def test_results_come_in_order():
    assert abreast(lambda n: n * n, range(50)) == [n * n for n in range(50)]
    assert abreast(str, []) == [] and abreast(str, [3]) == ["3"]


def test_what_raises_is_raised_when_all_is_done():
    done = []

    def work(n):
        if n in (1, 3):
            raise ValueError(n)
        done.append(n)

    with pytest.raises(ValueError, match="1"):
        abreast(work, range(6))
    assert sorted(done) == [0, 2, 4, 5]


def test_work_within_work_stays_in_its_thread():
    assert not one_of_many()
    inner = abreast(lambda _: abreast(lambda _: (one_of_many(), current_thread().name), range(3)), range(4))
    assert all(busy for told in inner for busy, _ in told) and all(len({name for _, name in told}) == 1 for told in inner)
    assert not one_of_many()


def test_pytorch_takes_one_thread_for_each_and_as_many_as_before_afterwards():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert abreast(lambda _: torch.get_num_threads(), range(4)) == [1] * 4
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
