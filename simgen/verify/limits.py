"""Limits: how far each metric of a good frame may go, how several together weigh, and what they were learned from."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from simgen.errors import DamagedLimits
from simgen.scenario.scene import ROBOT_ID
from simgen.verify.adherence import Adherence
from simgen.verify.measure import METRICS, OF_BODIES, OF_ROBOT, Measurement

PHOTOGRAPHS = "pathtrace"
"""The world whose limits hold for worlds that have none of their own."""
MOST = 4.0
"""Beyond so many times its limit a metric says no more."""


class Limits(BaseModel):
    """What the gate goes by. A metric's excess is (value - usual) / (limit - usual): 0 is usual, 1 is at the limit.

    Either complaint fails a frame: a metric beyond its own limit, or the weighted sum of all excesses beyond `bound`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    simgen: str
    """Version that made them."""
    world: str
    """Whose frames they were made from."""
    frames: int
    """How many good frames, harmless changes of them included."""
    faults: int
    """How many frames with injected faults the weights were fitted to."""
    false_alarms: float
    """Share of good frames that they fail, by cross-validation over clips."""
    usual: dict[str, float]
    """Metric to its median."""
    limit: dict[str, float]
    """Metric to its limit."""
    weight: dict[str, float]
    """Metric to the weight of its excess from 0 on; nothing weighs less than 0."""
    steep: dict[str, float]
    """Metric to the weight of what its excess has beyond 0.5."""
    bound: float
    """Limit of the weighted sum."""
    datasets: dict[str, str] = {}
    """Where the frames came from: name to SHA-256."""

    @classmethod
    def of(cls, world: str) -> "Limits":
        """Those in the package, of a world by name; of photographs where the world has none of its own."""
        known = _shipped()
        return known.get(world, known[PHOTOGRAPHS])

    @classmethod
    def read(cls, file: str | Path) -> "Limits":
        """From a file.

        Raises:
            DamagedLimits: if it is missing or does not hold limits for these metrics.
        """
        try:
            found = cls.model_validate_json(Path(file).read_text())
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise DamagedLimits(file, str(error).splitlines()[0]) from error
        if {*found.limit} != {*METRICS}:
            raise DamagedLimits(file, "they are for other metrics than this version measures")
        return found

    def write(self, file: str | Path) -> None:
        """As JSON."""
        Path(file).write_text(json.dumps(self.model_dump(), indent=1, sort_keys=True) + "\n")

    def excess(self, metrics: dict[str, float]) -> dict[str, float]:
        """Every metric's excess; 0 where there was nothing to measure."""
        found = {name: (metrics[name] - self.usual[name]) / (self.limit[name] - self.usual[name]) for name in METRICS}
        return {name: value if np.isfinite(value) else 0.0 for name, value in found.items()}

    def shares(self, excess: dict[str, float]) -> dict[str, float]:
        """What every metric adds to the weighted sum, over `bound`."""
        return {name: float(features(value) @ (self.weight[name], self.steep[name])) / self.bound for name, value in excess.items()}

    def worst(self, measurement: Measurement) -> float:
        """The greatest excess, or the weighted sum where that is greater; beyond 1 a frame fails."""
        excess = self.excess(measurement.metrics)
        return max(sum(self.shares(excess).values()), *excess.values())

    def judge(self, measurement: Measurement) -> Adherence:
        """Whether a frame passes, and what is wrong with it."""
        excess = self.excess(measurement.metrics)
        shares = self.shares(excess)
        worst = self.worst(measurement)
        guilt = {name: max(excess[name], 2 * shares[name]) for name in METRICS}
        reasons = sorted((name for name in METRICS if guilt[name] >= 0.5), key=lambda name: -guilt[name]) if worst > 1 else []
        bodies = {body: own | {"excess": self._of_body(body, own)} for body, own in measurement.bodies.items()}
        return Adherence(worst <= 1, 0.5 ** max(worst, 0.0), measurement.metrics, tuple(reasons), bodies)

    def _of_body(self, body: int, own: dict[str, float]) -> float:
        """The worst excess of one body."""
        named = {name: f"{name}_robot" if body == ROBOT_ID and name in OF_ROBOT else name for name in OF_BODIES if np.isfinite(own[name])}
        found = [(own[name] - self.usual[key]) / (self.limit[key] - self.usual[key]) for name, key in named.items()]
        return float(max(found, default=0.0))


def features(excess) -> np.ndarray:
    """What an excess has from 0 on, and beyond 0.5, at most `MOST` each, (..., 2)."""
    excess = np.asarray(excess, dtype=np.float64)
    return np.stack([np.clip(excess, 0, MOST), np.clip(excess - 0.5, 0, MOST)], axis=-1)


@cache
def _shipped() -> dict[str, Limits]:
    folder = files("simgen.verify") / "calibrated"
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            limits = Limits.model_validate_json(file.read_text())
            found[limits.world] = limits
    return found
