"""What came of a comparison: figures, a table for the terminal, and files."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simgen.errors import CannotWrite
from simgen.evaluation.engines.course import Course
from simgen.evaluation.engines.divergence import MARKS, Divergence
from simgen.rollout import versions
from simgen.scenario import Scene


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two engines under the same actions."""

    scene: Scene
    engines: tuple[str, str]
    """The one that led, and the other."""
    actions: str
    """Whose actions were played: `expert` or `wander`."""
    first: Course
    second: Course
    """Played open loop; some instants looked at."""
    between: Divergence
    """Of the two engines."""
    halved: Divergence
    """Of the first engine from itself with physics steps of half the length: the numerical floor."""
    nudged: Divergence
    """Of the first engine from itself with things a micrometre aside: how much the scene makes of nothing."""
    closed: tuple[float | None, float | None] | None
    """Seconds after which the expert, closed loop, was done in each engine, None where it was not; None as a whole where none acted."""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything whose places are compared."""
        return tuple(self.between.position)

    def floor(self, name: str) -> float:
        """The larger of the two floors' greatest distances, metres."""
        return float(max(self.halved.position[name].max(), self.nudged.position[name].max()))

    @property
    def json(self) -> dict:
        """All figures as plain numbers."""
        return {
            "scene": self.scene.name,
            "sha256": self.scene.sha256,
            "seed": self.scene.seed,
            "episode": self.scene.episode,
            "engines": list(self.engines),
            "actions": self.actions,
            "seconds": float(self.between.times[-1]),
            "control_rate": self.scene.control_rate,
            "physics_rate": self.scene.physics_rate,
            "versions": versions(self.engines[0]) | versions(self.engines[1]),
            "closed_loop": None if self.closed is None else dict(zip(("first", "second"), self.closed, strict=True)),
            "open_loop": {
                "first": _outcome(self.first),
                "second": _outcome(self.second),
            },
            "bodies": {name: self._body(name) for name in self.names},
            "times": self.between.times.round(6).tolist(),
            "series": {kind: _series(getattr(self, kind)) for kind in ("between", "halved", "nudged")},
        }

    def _body(self, name: str) -> dict:
        found = {}
        for kind in ("between", "halved", "nudged"):
            one: Divergence = getattr(self, kind)
            found[kind] = {f"first_beyond_{1000 * mark:g}_mm": one.first_beyond(name, mark) for mark in MARKS} | {
                "greatest_m": float(one.position[name].max()),
                "final_m": float(one.position[name][-1]),
                "greatest_rad": float(one.rotation[name].max()),
                "final_rad": float(one.rotation[name][-1]),
            }
        return found

    def __str__(self) -> str:
        first, second = self.engines
        lines = [f"{self.scene.name}, {self.actions}: {second} from {first} over {self.between.times[-1]:g} s; distances in mm"]
        lines.append(f"{'':<24}{'1 mm at':>9}{'1 cm at':>9}{'greatest':>11}{'final':>11}{'turned':>13}{'half step':>11}{'nudged':>11}")
        lines += [self._line(name) for name in self.names]
        lines += [f"{name:<24}{'':18}{_figure(off.max())}{_figure(off[-1])}" for name, off in self.between.articulation.items()]
        lines.append(f"contacts                of touching pairs {self.between.touching.mean():.0%} touch in one engine only, on average")
        lines.append(f"open loop               {_told(first, self.first.succeeded)}; {_told(second, self.second.succeeded)}")
        if self.closed is not None:
            lines.append(f"expert, closed loop     {_told(first, self.closed[0])}; {_told(second, self.closed[1])}")
        return "\n".join(lines)

    def _line(self, name: str) -> str:
        off = self.between.position[name]
        marks = "".join(f"{_seconds(self.between.first_beyond(name, mark)):>9}" for mark in MARKS)
        turned = f"{np.degrees(self.between.rotation[name].max()):.2f} deg"
        floors = f"{_figure(self.halved.position[name].max())}{_figure(self.nudged.position[name].max())}"
        return f"{name:<24}{marks}{_figure(off.max())}{_figure(off[-1])}{turned:>13}{floors}"

    def write(self, folder: Path) -> Path:
        """Write `report.json`; its path.

        Raises:
            CannotWrite: if the folder does not allow it.
        """
        path = folder / "report.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self.json, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise CannotWrite(path, error.strerror or str(error)) from error
        return path


def _outcome(course: Course) -> dict:
    progress = [state.progress for state in course.states]
    known = np.isfinite(progress).all()
    return {
        "succeeded_after_s": course.succeeded,
        "success_at_the_end": bool(course.states[-1].success),
        "progress": [round(float(one), 4) for one in progress] if known else None,
        "contacts": [len(state.contacts) for state in course.states],
    }


def _series(one: Divergence) -> dict:
    """Six digits of every number: what a plot can show."""

    def short(values: np.ndarray) -> list[float]:
        return [float(f"{value:.6g}") for value in values]

    return {
        "position_m": {name: short(values) for name, values in one.position.items()},
        "rotation_rad": {name: short(values) for name, values in one.rotation.items()},
        "joints_rad": short(one.joints),
        "articulation": {name: short(values) for name, values in one.articulation.items()},
        "touching_in_one_only": short(one.touching),
    }


def _figure(metres: float) -> str:
    millimetres = 1000 * float(metres)
    return f"{millimetres:>11.3f}" if millimetres >= 5e-4 or millimetres == 0 else f"{millimetres:>11.1e}"


def _seconds(time: float | None) -> str:
    return "never" if time is None else f"{time:.2f} s"


def _told(engine: str, time: float | None) -> str:
    return f"{engine} does not succeed" if time is None else f"{engine} succeeds after {time:.2f} s"
