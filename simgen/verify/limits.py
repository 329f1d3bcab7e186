"""Limits: how far each metric of a good frame may go, how several together weigh, and what they were learned from."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from simgen.errors import DamagedLimits
from simgen.verify.adherence import Adherence
from simgen.verify.measure import METRICS, OF_BODIES, OF_FRAMES, Measurement, Part
from simgen.verify.surroundings import KINDS

PHOTOGRAPHS, PLAIN = "pathtrace", "plain"
"""Whose limits hold for worlds that have none of their own: with a reference, and without."""
FRAME = "frame"
"""What is usual of a frame as a whole stands under this name, beside `KINDS`."""
MOST = 4.0
"""Beyond so many times what is rare a metric says no more."""
STEEP = 0.5
"""Excess from which the second of `features` counts."""


class Limits(BaseModel):
    """What the gate goes by. A metric's excess is (value - usual) / (limit - usual), with the value over the frame's unrest: 0 is
    usual, 1 is rare.

    What is usual of a body is that of its kind. Any of three complaints fails a frame: one excess beyond `most`, or the
    weighted sum of all excesses beyond its bound, of the frame as a whole or of one body.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    simgen: str
    """Version that made them."""
    world: str
    """Whose frames they were made from."""
    referenced: bool
    """Whether those were compared with references; what is judged must be compared alike."""
    frames: int
    """How many good frames, harmless changes of them included."""
    faults: int
    """How many frames with injected faults the weights were fitted to."""
    false_alarms: float
    """Share of good frames that they fail, by cross-validation over clips."""
    usual: dict[str, dict[str, float]]
    """`FRAME` or a kind of body, to metric, to its median."""
    limit: dict[str, dict[str, float]]
    """The same, to its 99th percentile."""
    most: float
    """Excess of a single metric at which a frame fails."""
    weight: dict[str, float]
    """Metric to the weight of its excess from 0 on; nothing weighs less than 0."""
    steep: dict[str, float]
    """Metric to the weight of what its excess has beyond `STEEP`."""
    bound: float
    """Limit of the weighted sum of a frame as a whole."""
    bound_of_body: float
    """Limit of that of a body."""
    datasets: dict[str, str] = {}
    """Where the frames came from: name to SHA-256."""

    @classmethod
    def of(cls, world: str, *, referenced: bool = False) -> "Limits":
        """Those in the package, of a world by name; of photographs where the world has none of its own for this comparison."""
        known = _shipped()
        return known.get((world, referenced), known[(PHOTOGRAPHS, True) if referenced else (PLAIN, False)])

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
        if {*found.limit} != {FRAME, *KINDS} or {*found.weight} != {*METRICS}:
            raise DamagedLimits(file, "they are for other metrics than this version measures")
        return found

    def write(self, file: str | Path) -> None:
        """As JSON."""
        Path(file).write_text(json.dumps(self.model_dump(), indent=1, sort_keys=True) + "\n")

    def excess(self, measurement: Measurement) -> tuple[np.ndarray, np.ndarray]:
        """Of every metric of the frame, (M,), and of every part, (K, N); 0 where there was nothing to measure."""
        frame, *parts = (
            self._excess(kind, eased(metrics, measurement.unrest))
            for kind, metrics in ((FRAME, measurement.frame), *((part.kind, part.metrics) for part in measurement.parts))
        )
        return frame, np.array(parts).reshape(-1, len(OF_BODIES))

    def _excess(self, kind: str, metrics: Mapping[str, float]) -> np.ndarray:
        usual, limit = self.usual[kind], self.limit[kind]
        found = np.array([(value - usual[name]) / (limit[name] - usual[name]) for name, value in metrics.items()])
        return np.nan_to_num(found, nan=0.0, posinf=1e6)

    def worst(self, measurement: Measurement) -> float:
        """The greatest excess, or weighted sum where that is greater; beyond 1 a frame fails."""
        frame, parts = self.excess(measurement)
        return max(self._complaint(tuple(OF_FRAMES), frame, self.bound)[0], *(self._of_body(part)[0] for part in parts), 0.0)

    def judge(self, measurement: Measurement) -> Adherence:
        """Whether a frame passes, and what is wrong with it."""
        frame, parts = self.excess(measurement)
        worst, guilt = self._complaint(tuple(OF_FRAMES), frame, self.bound)
        metrics, bodies = dict(measurement.frame) | dict.fromkeys(OF_BODIES, float("nan")), {}
        for part, found in zip(measurement.parts, parts, strict=True):
            complaint, own = self._of_body(found)
            worst = max(worst, complaint)
            for name, value in part.metrics.items():
                if np.isfinite(value) and own[name] >= guilt.get(name, -np.inf):
                    metrics[name], guilt[name] = value, own[name]
            _join(bodies.setdefault(part.body, {}), part, complaint)
        reasons = sorted((name for name, size in guilt.items() if size >= 0.5), key=lambda name: -guilt[name]) if worst > 1 else []
        return Adherence(worst <= 1, 0.5 ** max(worst, 0.0), metrics, tuple(reasons), bodies)

    def _of_body(self, excess: np.ndarray) -> tuple[float, dict[str, float]]:
        return self._complaint(tuple(OF_BODIES), excess, self.bound_of_body)

    def _complaint(self, names: tuple[str, ...], excess: np.ndarray, bound: float) -> tuple[float, dict[str, float]]:
        """The worst of a frame or a body, and how much each metric adds to it."""
        weights = np.array([(self.weight[name], self.steep[name]) for name in names])
        shares = (features(excess) * weights).sum(axis=1) / bound
        guilt = np.maximum(excess / self.most, 2 * shares)
        return float(max(shares.sum(), excess.max() / self.most)), dict(zip(names, map(float, guilt), strict=True))


def eased(metrics: Mapping[str, float], unrest: float) -> dict[str, float]:
    """Every metric over the frame's unrest, but for those that need no prediction."""
    return {name: value if name in ("nonfinite", "blank") else value / unrest for name, value in metrics.items()}


def features(excess: np.ndarray) -> np.ndarray:
    """What an excess has from 0 on, and beyond `STEEP`, at most `MOST` each, (..., 2)."""
    return np.stack([np.clip(excess, 0, MOST), np.clip(excess - STEEP, 0, MOST)], axis=-1)


def _join(body: dict[str, float], part: Part, complaint: float) -> None:
    """The worst of a body's parts speaks for it."""
    for name, value in (part.metrics | {"excess": complaint}).items():
        body[name] = float(np.fmax(body.get(name, float("nan")), value))


@cache
def _shipped() -> dict[tuple[str, bool], Limits]:
    folder = files("simgen.verify") / "calibrated"
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            limits = Limits.model_validate_json(file.read_text())
            found[limits.world, limits.referenced] = limits
    return found

