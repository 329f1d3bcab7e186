"""Spans: what the levels 1 to 5 of a preset mean for one number."""

from dataclasses import dataclass

from simgen.scenario.distribution import LogUniform, Uniform

WORST = 5
"""The highest level."""
USUAL = 3
"""The level of a preset that is named without one."""


@dataclass(frozen=True)
class Span:
    """An interval that moves steadily, both ends one way, from level 1 to level 5."""

    first: tuple[float, float]
    """Lowest and highest value at level 1."""
    last: tuple[float, float]
    """The same at level 5."""
    geometric: bool = False
    """Whether equal steps are equal factors; all four numbers are then above 0."""

    def at(self, level: int) -> tuple[float, float]:
        """The interval of one level, 1 to 5, in three significant digits."""
        share = (level - 1) / (WORST - 1)
        low, high = (self._between(first, last, share) for first, last in zip(self.first, self.last, strict=True))
        return low, high

    def _between(self, first: float, last: float, share: float) -> float:
        between = first ** (1 - share) * last**share if self.geometric else (1 - share) * first + share * last
        return float(f"{between:.3g}")

    def drawn(self, level: int) -> float | Uniform | LogUniform:
        """What a scenario would write for that level: a constant where the interval is a point."""
        low, high = self.at(level)
        if low == high:
            return low
        return LogUniform(log_uniform=(low, high)) if self.geometric else Uniform(uniform=(low, high))


def steps(first: tuple[float, float], last: tuple[float, float]) -> Span:
    """From one interval to another in equal steps."""
    return Span(first, last)


def factors(first: tuple[float, float], last: tuple[float, float]) -> Span:
    """From one interval to another in equal factors."""
    return Span(first, last, geometric=True)


def always(low: float, high: float | None = None) -> Span:
    """One interval, or one number, at every level but 0."""
    interval = (low, low if high is None else high)
    return Span(interval, interval)
