"""What the gate found in a dataset."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from simgen.audit.html import page
from simgen.errors import CannotWrite
from simgen.observation import Observation
from simgen.verify import METRICS, Adherence

MOST_FAILING = 0.05
"""Share of frames that may fail: more than twice the gate's own false alarms."""


@dataclass(frozen=True, eq=False)
class CameraRow:
    """One camera of one episode."""

    episode: int
    camera: str
    world: str
    judged: tuple[Adherence, ...]
    """Of every frame, (T,)."""
    referenced: bool = False
    """Whether they were compared with references."""

    @property
    def failed(self) -> int:
        """Frames that failed."""
        return sum(not one.passed for one in self.judged)

    @property
    def reasons(self) -> str:
        """The commonest first reasons of frames that failed."""
        first = Counter(one.reasons[0] for one in self.judged if one.reasons)
        return ", ".join(name for name, _ in first.most_common(3))


@dataclass(frozen=True, eq=False)
class Worst:
    """A frame to be looked at."""

    episode: int
    camera: str
    frame: int
    adherence: Adherence
    photograph: np.ndarray
    """sRGB, uint8, (H, W, 3)."""
    observation: Observation
    names: dict[int, str]
    """Body id to its name."""
    reference: np.ndarray | None = None
    """What truth and conditions predict, sRGB, uint8, (H, W, 3); None where nobody did."""


@dataclass(frozen=True, eq=False)
class Report:
    """A dataset through the gate."""

    root: str
    rows: tuple[CameraRow, ...]
    """One a camera and episode."""
    worst: tuple[Worst, ...]
    """The worst frames, worst first."""
    most_failing: float
    """Share of frames that may fail."""

    @cached_property
    def frames(self) -> int:
        """Frames that were judged."""
        return sum(len(row.judged) for row in self.rows)

    @cached_property
    def failing(self) -> float:
        """Share of frames that failed."""
        return sum(row.failed for row in self.rows) / max(self.frames, 1)

    @property
    def passed(self) -> bool:
        """Whether no more frames fail than may."""
        return self.failing <= self.most_failing

    @property
    def json(self) -> dict:
        """Figures as plain numbers; medians and 98th percentiles of every metric over all frames."""
        return {
            "dataset": self.root,
            "passed": self.passed,
            "frames": self.frames,
            "failing": round(self.failing, 4),
            "most_failing": self.most_failing,
            "reasons": dict(self._reasons.most_common()),
            "cameras": [
                {"episode": row.episode, "camera": row.camera, "world": row.world, "frames": len(row.judged), "failed": row.failed}
                for row in self.rows
            ],
            "metrics": {name: self._spread(name) for name in METRICS},
        }

    def write_html(self, path: str | Path) -> Path:
        """One page that needs nothing else.

        Raises:
            CannotWrite: if it cannot be written.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(self), encoding="utf-8")
        except OSError as error:
            raise CannotWrite(path, error.strerror or str(error)) from error
        return path

    def __str__(self) -> str:
        lines = ["episode  camera        world       frames  failed  reasons"]
        for row in self.rows:
            counts = f"{row.episode:7d}  {row.camera:12s}  {row.world:10s}  {len(row.judged):6d}  {row.failed:6d}"
            lines.append(f"{counts}  {row.reasons}".rstrip())
        verdict = "passed" if self.passed else "FAILED"
        lines.append(f"{verdict}  {self.failing:.1%} of {self.frames} frames fail; {self.most_failing:.1%} may")
        return "\n".join(lines)

    @cached_property
    def _reasons(self) -> Counter:
        return Counter(name for row in self.rows for one in row.judged for name in one.reasons)

    def _spread(self, name: str) -> dict[str, float] | None:
        values = np.array([one.metrics[name] for row in self.rows for one in row.judged])
        values = values[np.isfinite(values)]
        if not len(values):
            return None
        return {"median": round(float(np.median(values)), 4), "q98": round(float(np.quantile(values, 0.98)), 4)}
