"""Limits: how far each metric of a good frame may go, and what they were learned from."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from simgen.errors import DamagedLimits
from simgen.verify.adherence import Adherence
from simgen.verify.measure import OF_BODIES, OF_FRAMES, Measurement, Part
from simgen.verify.surroundings import KINDS

PHOTOGRAPHS, PLAIN = "pathtrace", "plain"
"""Whose limits hold for worlds that have none of their own: with a reference, and without."""
FRAME = "frame"
"""What is usual of a frame as a whole stands under this name, beside `KINDS`."""
UNEXCUSED = ("nonfinite", "blank", "unseen", "unforeseen")
"""Metrics that no unrest excuses: they need no prediction, or look themselves at what it shows."""
SHARES = ("frozen", "displaced", "gone", "repainted")
"""Metrics that are a share of a change and weigh themselves how far the prediction can be relied on, but only by half."""
TELLING = 0.5
"""Excess from which on a metric is a reason of those that fail together."""


class Limits(BaseModel):
    """What the gate goes by: a frame fails when its metrics, or those of a body in it, are together beyond their limits.

    What is usual of a body is that of its kind. A metric's excess is (value - usual) / (limit - usual), with the value over the
    frame's unrest: 0 is usual, 1 just at the limit. Excesses of one body add up as squares do, so that several doubts make one fault.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    simgen: str
    """Version that made them."""
    world: str
    """Whose frames they were made from."""
    referenced: bool
    """Whether those were compared with references; what is judged must be compared alike."""
    clips: int
    """How many clips they were made from."""
    frames: int
    """How many good frames, harmless changes of them included."""
    false_alarms: float
    """Share of good frames that fail by limits of this kind from other clips, by cross-validation."""
    usual: dict[str, dict[str, float]]
    """`FRAME` or a kind of body, to metric, to its median."""
    limit: dict[str, dict[str, float]]
    """The same, to the value beyond which a frame fails."""
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
        wanted = {FRAME: {*OF_FRAMES}} | dict.fromkeys(KINDS, {*OF_BODIES})
        if any({kind: {*some} for kind, some in table.items()} != wanted for table in (found.usual, found.limit)):
            raise DamagedLimits(file, "they are for other metrics than this version measures")
        return found

    def write(self, file: str | Path) -> None:
        """As JSON."""
        Path(file).write_text(json.dumps(self.model_dump(), indent=1, sort_keys=True) + "\n")

    def worst(self, measurement: Measurement) -> float:
        """The greatest excess of a body's metrics together, or of the frame's; beyond 1 a frame fails."""
        parts = ((part.kind, part.metrics, measurement.unrest(part)) for part in measurement.parts)
        return max(together(self._excess(*some)) for some in ((FRAME, measurement.frame, measurement.unrest()), *parts))

    def judge(self, measurement: Measurement) -> Adherence:
        """Whether a frame passes, and what is wrong with it."""
        guilt = self._excess(FRAME, measurement.frame, measurement.unrest())
        worst, reasons = together(guilt), _reasons(guilt)
        metrics, bodies = dict(measurement.frame) | dict.fromkeys(OF_BODIES, float("nan")), {}
        for part in measurement.parts:
            excess = self._excess(part.kind, part.metrics, measurement.unrest(part))
            for name, value in excess.items():
                if name not in guilt or value > guilt[name]:
                    metrics[name], guilt[name] = part.metrics[name], value
            worst, reasons = max(worst, together(excess)), reasons | _reasons(excess)
            _join(bodies.setdefault(part.body, {}), part, together(excess))
        return Adherence(worst <= 1, 0.5**worst, metrics, tuple(sorted(reasons, key=lambda name: -guilt[name])), bodies)

    def _excess(self, kind: str, metrics: Mapping[str, float], unrest: float) -> dict[str, float]:
        """Of every metric that has a value."""
        usual, limit, values = self.usual[kind], self.limit[kind], eased(metrics, unrest)
        found = {name: (value - usual[name]) / (limit[name] - usual[name]) for name, value in values.items() if not np.isnan(value)}
        return {name: min(float(value), 1e6) for name, value in found.items()}


def eased(metrics: Mapping[str, float], unrest: float) -> dict[str, float]:
    """Every metric over what the frame's unrest excuses of it."""
    excuse = dict.fromkeys(UNEXCUSED, 1.0) | dict.fromkeys(SHARES, unrest**0.5)
    return {name: value / excuse.get(name, unrest) for name, value in metrics.items()}


def together(excess: Mapping[str, float]) -> float:
    """What the metrics of one body, or of a frame, come to: the root of the sum of squares of those beyond what is usual."""
    return float(np.sqrt(sum(max(value, 0.0) ** 2 for value in excess.values())))


def _reasons(excess: Mapping[str, float]) -> set[str]:
    """Metrics that let a body or a frame fail; none where it passes."""
    return {name for name, value in excess.items() if value > TELLING} if together(excess) > 1 else set()


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
