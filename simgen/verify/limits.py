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
CERTAIN = ("nonfinite", "blank", "frozen", "displaced", "gone", "repainted")
"""Metrics that are no less certain where the prediction can be relied on less."""


class Limits(BaseModel):
    """What the gate goes by: a frame fails when any metric of it, or of a body in it, is beyond its limit.

    What is usual of a body is that of its kind. A metric's excess is (value - usual) / (limit - usual), with the value over the
    frame's unrest: 0 is usual, beyond 1 a frame fails.
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
        """The greatest excess; beyond 1 a frame fails."""
        parts = (self._excess(part.kind, part.metrics, measurement.unrest) for part in measurement.parts)
        some = (self._excess(FRAME, measurement.frame, measurement.unrest), *parts)
        return max(0.0, *(value for excess in some for value in excess.values()))

    def judge(self, measurement: Measurement) -> Adherence:
        """Whether a frame passes, and what is wrong with it."""
        guilt = self._excess(FRAME, measurement.frame, measurement.unrest)
        metrics, bodies = dict(measurement.frame) | dict.fromkeys(OF_BODIES, float("nan")), {}
        for part in measurement.parts:
            excess = self._excess(part.kind, part.metrics, measurement.unrest)
            for name, value in excess.items():
                if name not in guilt or value > guilt[name]:
                    metrics[name], guilt[name] = part.metrics[name], value
            _join(bodies.setdefault(part.body, {}), part, max(excess.values(), default=0.0))
        worst = max(guilt.values(), default=0.0)
        reasons = sorted((name for name, size in guilt.items() if size > 1), key=lambda name: -guilt[name])
        return Adherence(worst <= 1, 0.5 ** max(worst, 0.0), metrics, tuple(reasons), bodies)

    def _excess(self, kind: str, metrics: Mapping[str, float], unrest: float) -> dict[str, float]:
        """Of every metric that has a value."""
        usual, limit, values = self.usual[kind], self.limit[kind], eased(metrics, unrest)
        found = {name: (value - usual[name]) / (limit[name] - usual[name]) for name, value in values.items() if not np.isnan(value)}
        return {name: min(float(value), 1e6) for name, value in found.items()}


def eased(metrics: Mapping[str, float], unrest: float) -> dict[str, float]:
    """Every metric over the frame's unrest, but for those that need no prediction or weigh it themselves."""
    return {name: value if name in CERTAIN else value / unrest for name, value in metrics.items()}


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
