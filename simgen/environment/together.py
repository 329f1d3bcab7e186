"""Together: the plays of an environment whose simulators take their physics steps as one batch."""

from collections.abc import Mapping

from simgen.environment.company import Decision
from simgen.environment.play import Moment, Opening, Play
from simgen.environment.rules import Rules
from simgen.simulator import Fleet


class Together:
    """A company whose rows take each control step at once."""

    restarts = 0

    def __init__(self, rules: Rules, fleet: Fleet):
        """Take a fleet, one simulator a row."""
        self._fleet, self._plays = fleet, [Play(rules, simulator) for simulator in fleet.simulators]

    def begin(self, openings: Mapping[int, Opening]) -> dict[int, Moment]:
        """The first moments of these rows' new episodes; while one comes to rest, the others stand still."""
        moments = {}
        for row, opening in openings.items():
            with self._fleet.sparing(row):
                moments[row] = self._plays[row].begin(opening)
        return moments

    def step(self, decisions: Mapping[int, Decision]) -> dict[int, Moment]:
        """What comes of these rows' decisions."""
        courses = {row: self._plays[row].course(one.actions, one.look) for row, one in decisions.items()}
        actions, moments = {row: next(course) for row, course in courses.items()}, {}
        while actions:
            states, actions = self._fleet.step(actions), {}
            for row, state in states.items():
                try:
                    actions[row] = courses[row].send(state)
                except StopIteration as end:
                    moments[row] = end.value
        return {row: moments[row] for row in decisions}

    def snapshot(self, row: int) -> bytes:
        """All that going on with a row needs."""
        return self._plays[row].snapshot()

    def close(self) -> None:
        """Free everything; closing twice is harmless."""
        self._fleet.close()
