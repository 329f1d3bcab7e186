"""The ledger of an evaluation: every score of every frame and method, and what is known of the frame, to be averaged by groups."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

DRAWS = 1000
"""Of a bootstrap."""


class Ledger:
    """Frames in order; a score that a frame or a method does not have is NaN."""

    def __init__(self) -> None:
        self.facts: list[dict] = []
        """What is known of each frame, (N,)."""
        self._scores: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self.facts)

    def add(self, facts: dict, scores: Mapping[str, Mapping[str, float]]) -> None:
        """One frame: what is known of it, and method to name of a score to its value."""
        for method, values in scores.items():
            for name, value in values.items():
                self._scores[method, name][len(self.facts)] = float(value)
        self.facts.append(facts)

    @property
    def methods(self) -> tuple[str, ...]:
        """In the order in which they were first told."""
        return tuple(dict.fromkeys(method for method, _ in self._scores))

    def has(self, method: str, name: str) -> bool:
        """Whether any frame has that score."""
        return (method, name) in self._scores

    def values(self, method: str, name: str) -> np.ndarray:
        """A score of every frame, float64, (N,)."""
        found = self._scores.get((method, name), {})
        return np.array([found.get(number, np.nan) for number in range(len(self))])

    def column(self, fact: str) -> np.ndarray:
        """A fact of every frame, (N,)."""
        return np.array([facts[fact] for facts in self.facts])

    def mean(self, method: str, name: str, where: np.ndarray | None = None) -> float:
        """Mean of a score over the frames that have it, of all or of those `where`, bool, (N,); NaN where none has."""
        values = self.values(method, name)
        values = values if where is None else values[where]
        values = values[np.isfinite(values)]
        return float(values.mean()) if len(values) else float("nan")

    def interval(self, method: str, name: str) -> tuple[float, float]:
        """95 % of that mean, by a bootstrap over scenes."""
        return bootstrap(self.values(method, name), None, self.column("scene"))

    def json(self) -> list[dict]:
        """Every frame with its facts and scores, as plain data."""
        rows = [dict(facts) | {"scores": defaultdict(dict)} for facts in self.facts]
        for (method, name), found in self._scores.items():
            for number, value in found.items():
                rows[number]["scores"][method][name] = round(value, 4)
        return rows


def bootstrap(over: np.ndarray, under: np.ndarray | None, groups: np.ndarray) -> tuple[float, float]:
    """95 % of a mean, or of the ratio of two, by drawing groups with replacement (Efron, 1979).

    Args:
        over: values, (N,); those that are NaN do not count.
        under: what their sum is divided by, (N,); None is how many they are.
        groups: names of what is drawn as a whole, (N,).
    """
    known = np.isfinite(over)
    under = np.ones(len(over)) if under is None else under
    names = np.unique(groups[known])
    if not len(names):
        return float("nan"), float("nan")
    sums = np.array([[part[known & (groups == name)].sum() for part in (over, under)] for name in names])
    picked = np.random.default_rng(0).integers(len(names), size=(DRAWS, len(names)))
    above, below = sums[picked].sum(1).T
    low, high = np.percentile(above / np.maximum(below, 1e-12), [2.5, 97.5])
    return float(low), float(high)
