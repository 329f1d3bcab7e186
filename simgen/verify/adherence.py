"""Adherence: does one photograph still show what the physics says?"""

from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class Adherence:
    """The gate's judgement of one frame of one camera, from pixels and exact truth only."""

    passed: bool
    """Whether the metrics of the frame and of every body keep within their limits."""
    score: float
    """1 nothing to complain of, 0.5 just at a limit, 0 beyond all; the worst body decides."""
    metrics: dict[str, float]
    """Every metric of the frame by name, `METRICS` in `measure.py`; NaN where the frame gives nothing to measure."""
    reasons: tuple[str, ...] = ()
    """Names of the metrics that let it fail, worst first."""
    bodies: dict[int, dict[str, float]] = field(default_factory=dict)
    """Body id to the metrics of that body alone."""
