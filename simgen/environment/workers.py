"""Workers: the plays of an environment in processes of their own; one that dies is replaced, and its plays go on where they were."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from signal import SIG_IGN, SIGINT, signal
from threading import Thread
from typing import Any

from simgen.environment.company import Decision
from simgen.environment.parcel import Post
from simgen.environment.play import Moment, Opening, Play
from simgen.environment.rules import Rules
from simgen.errors import WorkerKeepsDying
from simgen.scale import follow_parent, sharing_cores

KEPT_EVERY = 32
"""Decisions after which a play is photographed as a whole, so that one that is lost need not be played again from its beginning."""
TRIES = 3
"""Processes that may die of the same request before it is given up."""
BYTES_A_PIXEL = 60
"""Of an Observation, with all its maps."""
ROOM = 1 << 20
"""Bytes for the rest of a moment."""


@dataclass
class Log:
    """What brings a lost play back to where it was."""

    opening: Opening | None = None
    decisions: list[Decision] = field(default_factory=list)


class Workers:
    """A company over several processes, each of which plays some of the rows."""

    def __init__(self, rules: Rules, rows: int, processes: int):
        """Start the processes."""
        self._rules, self._logs = rules, [Log() for _ in range(rows)]
        self._rows_of = [range(first, rows, processes) for first in range(min(processes, rows))]
        self._workers = [Worker(rules, len(mine), len(self._rows_of)) for mine in self._rows_of]
        self.restarts = 0

    def begin(self, openings: Mapping[int, Opening]) -> dict[int, Moment]:
        """The first moments of these rows' new episodes."""
        for row in openings:
            self._logs[row] = Log()
        moments = self._ask("begin", openings)
        for row, opening in openings.items():
            # a scene that was drawn need not be drawn again
            drawn = opening if opening.snapshot is not None else replace(opening, scene=moments[row].cast.arranged)
            self._logs[row] = Log(drawn)
        return moments

    def step(self, decisions: Mapping[int, Decision]) -> dict[int, Moment]:
        """What comes of these rows' decisions."""
        moments = self._ask("step", decisions)
        for row, decision in decisions.items():
            self._logs[row].decisions.append(decision)
        full = [row for row in decisions if len(self._logs[row].decisions) >= KEPT_EVERY]
        for row, kept in self._ask("snapshot", dict.fromkeys(full)).items():
            self._logs[row] = Log(replace(self._logs[row].opening, scene=None, snapshot=kept))
        return moments

    def snapshot(self, row: int) -> bytes:
        """All that going on with a row needs."""
        return self._ask("snapshot", {row: None})[row]

    def close(self) -> None:
        """End the processes; closing twice is harmless."""
        for worker in self._workers:
            worker.end()
        self._workers = []

    def _ask(self, what: str, each: Mapping[int, Any]) -> dict[int, Any]:
        """Ask all processes at once; those that die are replaced. An error of a play is raised here, when all have answered."""
        asked = {number: {row: each[row] for row in mine if row in each} for number, mine in enumerate(self._rows_of)}
        asked = {number: part for number, part in asked.items() if part}
        lost = {number for number, part in asked.items() if not self._workers[number].send(what, self._local(number, part))}
        answers, failure = {}, None
        for number, part in asked.items():
            answer = None if number in lost else self._workers[number].receive()
            for _ in range(TRIES - 1):
                if answer is None:
                    answer = self._again(number, what, part)
            if answer is None:
                raise WorkerKeepsDying(TRIES)
            found, error = answer
            answers |= {self._rows_of[number][place]: one for place, one in found.items()}
            failure = failure or error
        if failure is not None:
            raise failure
        return answers

    def _again(self, number: int, what: str, part: Mapping[int, Any]) -> tuple | None:
        """The same of a new process that has caught up."""
        self.restarts += 1
        self._workers[number].end()
        self._workers[number] = worker = Worker(self._rules, len(self._rows_of[number]), len(self._rows_of))
        logs = {row: self._logs[row] for row in self._rows_of[number] if self._logs[row].opening is not None}
        caught_up = worker.send("catch_up", self._local(number, logs)) and worker.receive() is not None
        return worker.receive() if caught_up and worker.send(what, self._local(number, part)) else None

    def _local(self, number: int, part: Mapping[int, Any]) -> dict[int, Any]:
        return {self._rows_of[number].index(row): one for row, one in part.items()}


class Worker:
    """One process, seen from its parent."""

    def __init__(self, rules: Rules, rows: int, of: int):
        pixels = sum(camera.width * camera.height for camera in rules.job.scenario.cameras.values())
        self._memory = SharedMemory(create=True, size=rows * (ROOM + BYTES_A_PIXEL * pixels))
        # spawn: a forked child would inherit the locks and threads of a loaded physics engine and ray caster
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._post = Post(self._connection, self._memory)
        self._process = context.Process(target=_work, args=(theirs, self._memory, rules, rows), daemon=True)
        with sharing_cores(of):
            self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def send(self, what: str, each: Mapping[int, Any]) -> bool:
        """Ask for something; False if there is nobody."""
        try:
            self._connection.send((what, each))
        except OSError:
            return False
        return True

    def receive(self) -> tuple[dict[int, Any], Exception | None] | None:
        """What came of it, by row, and the first error; None if there is nobody."""
        try:
            return self._post.receive()
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """Kill it and free its memory; ending twice is harmless."""
        self._process.kill()
        self._process.join()
        self._connection.close()
        self._memory.close()
        self._memory.unlink()


def _work(connection, memory: SharedMemory, rules: Rules, rows: int) -> None:
    signal(SIGINT, SIG_IGN)  # Ctrl-C reaches the whole group; the parent alone decides
    Thread(target=follow_parent, daemon=True).start()
    plays = [Play(rules) for _ in range(rows)]
    post = Post(connection, memory)
    while True:
        try:
            what, each = connection.recv()
        except EOFError:
            os._exit(0)
        post.send(_attempt(ANSWERS[what], plays, each))


def _attempt(answer: Callable, plays: list[Play], each: Mapping[int, Any]) -> tuple[dict[int, Any], Exception | None]:
    found, failure = {}, None
    for place, one in each.items():
        try:
            found[place] = answer(plays[place], one)
        except Exception as error:  # whatever it is, the parent shall hear of it, and the other plays go on
            failure = failure or error
    return found, failure


def _catch_up(play: Play, log: Log) -> None:
    play.begin(log.opening)
    for decision in log.decisions:
        play.step(decision.actions, decision.look)


ANSWERS: dict[str, Callable[[Play, Any], Any]] = {
    "begin": lambda play, opening: play.begin(opening),
    "step": lambda play, decision: play.step(decision.actions, decision.look),
    "snapshot": lambda play, _: play.snapshot(),
    "catch_up": _catch_up,
}
"""What a worker can be asked."""


def crew(rows: int) -> int:
    """Processes for so many rows: one a core that this process may use, at most one a row; a single row needs none."""
    return 0 if rows == 1 else min(rows, len(os.sched_getaffinity(0)))
