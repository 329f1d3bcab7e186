"""A company: the plays of all rows of an environment, here in this process; `workers` has them in others, `together` steps them as one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simgen.environment.play import Moment, Opening, Play
from simgen.environment.rules import Rules


@dataclass(frozen=True, eq=False)
class Decision:
    """What one row is asked to do."""

    actions: np.ndarray
    """float32, (chunk, A), checked."""
    look: bool = True
    """Whether the policy will see photographs of what comes of it."""


class Company(Protocol):
    """N plays."""

    def begin(self, openings: Mapping[int, Opening]) -> dict[int, Moment]:
        """The first moments of these rows' new episodes."""

    def step(self, decisions: Mapping[int, Decision]) -> dict[int, Moment]:
        """What comes of these rows' decisions."""

    def snapshot(self, row: int) -> bytes:
        """All that going on with a row needs."""

    @property
    def restarts(self) -> int:
        """How often a play had to be taken up again elsewhere."""

    def close(self) -> None:
        """Free everything; closing twice is harmless."""


class Here:
    """One play after another, in this process."""

    restarts = 0

    def __init__(self, rules: Rules, rows: int):
        """Make the simulators."""
        self._plays = [Play(rules) for _ in range(rows)]

    def begin(self, openings: Mapping[int, Opening]) -> dict[int, Moment]:
        """The first moments of these rows' new episodes."""
        return {row: self._plays[row].begin(opening) for row, opening in openings.items()}

    def step(self, decisions: Mapping[int, Decision]) -> dict[int, Moment]:
        """What comes of these rows' decisions."""
        return {row: self._plays[row].step(one.actions, one.look) for row, one in decisions.items()}

    def snapshot(self, row: int) -> bytes:
        """All that going on with a row needs."""
        return self._plays[row].snapshot()

    def close(self) -> None:
        """Free everything; closing twice is harmless."""
        for play in self._plays:
            play.close()
