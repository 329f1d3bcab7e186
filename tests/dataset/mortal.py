"""What other processes do in the tests of the store: work until they are killed, or until the disk is full."""

import os
import resource
import shutil
import signal

from synthetic import synthetic

from simgen.dataset import store, truth_writer, whole
from simgen.errors import SimGenError

MODULES = {"store": store, "truth_writer": truth_writer, "whole": whole, "os": os, "shutil": shutil}
FRAMES = 4


def work(out: str, deadly: tuple[str, str, int] | None, answer) -> None:
    """Make a dataset of two episodes; `deadly` is the call that kills: what, words among its arguments, which of those."""
    if deadly:
        _arm(*deadly)
    try:
        job = store.Store(out, {"seed": 0})
        for draw in (0, 1):
            job.write(synthetic(draw, frames=FRAMES))
        job.reject(2, "the expert failed")
        job.finish([0, 1])
        answer.send("finished")
    except SimGenError as error:
        answer.send(str(error))


def work_in_little_room(out: str, largest: int, answer) -> None:
    """Write an episode where no file may grow beyond `largest` bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    job, episode = store.Store(out, {}), synthetic(0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    try:
        job.write(episode)
        answer.send("finished")
    except SimGenError as error:
        answer.send(str(error))


def _arm(what: str, words: str, countdown: int) -> None:
    module, name = MODULES[what.split(".")[0]], what.split(".")[1]
    original = getattr(module, name)

    def run(*arguments, **named):
        nonlocal countdown
        countdown -= words in repr(arguments)
        if countdown == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)

    setattr(module, name, run)
