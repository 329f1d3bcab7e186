"""The page of a comparison. Every word of the scene is escaped before it becomes markup."""

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np

from simgen.errors import CannotWrite
from simgen.evaluation.engines.comparison import Comparison
from simgen.evaluation.engines.divergence import MARKS
from simgen.evaluation.engines.picture import Instant, instants, marked, packed
from simgen.evaluation.engines.plot import Line, plot

KINDS = (("between", "engines"), ("halved", "halved"), ("nudged", "nudged"))
"""Divergences, and the class of their lines."""


def write_page(comparison: Comparison, folder: Path) -> Path:
    """Write `report.html`, one page that needs nothing else; its path.

    Raises:
        CannotWrite: if the folder does not allow it.
    """
    path = folder / "report.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(page(comparison), encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from error
    return path


def page(comparison: Comparison) -> str:
    """The HTML of a comparison."""
    folder = files("simgen.evaluation.engines") / "page"
    first, second = (escape(engine) for engine in comparison.engines)
    return Template((folder / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(f"{comparison.scene.name} · {comparison.engines[1]} from {comparison.engines[0]} · SimGen"),
        style=(folder / "page.css").read_text(encoding="utf-8"),
        scene=escape(comparison.scene.name),
        first=first,
        second=second,
        facts=_facts(comparison),
        rows="\n".join(_row(comparison, name) for name in comparison.names),
        plots="\n".join(_plot(comparison, name) for name in comparison.names),
        whole="\n".join(_whole(comparison)),
        instants="\n".join(_instant(one, first, second) for one in instants(comparison)),
    )


def _facts(comparison: Comparison) -> str:
    scene = comparison.scene
    facts = [
        ("actions", f"{comparison.actions}, {comparison.between.times[-1]:g} s"),
        ("seed, episode", f"{scene.seed}, {scene.episode}"),
        ("physics", f"{scene.physics_rate} Hz, control {scene.control_rate} Hz, {scene.control}"),
        ("scene", scene.sha256[:12]),
        (f"{comparison.engines[0]}, open loop", _succeeded(comparison.first.succeeded)),
        (f"{comparison.engines[1]}, open loop", _succeeded(comparison.second.succeeded)),
    ]
    if comparison.closed is not None:
        facts += [(f"{engine}, expert", _succeeded(time)) for engine, time in zip(comparison.engines, comparison.closed, strict=True)]
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)


def _succeeded(time: float | None) -> str:
    return "does not succeed" if time is None else f"succeeds after {time:.2f} s"


def _row(comparison: Comparison, name: str) -> str:
    off, turned = comparison.between.position[name], comparison.between.rotation[name]
    times = (comparison.between.first_beyond(name, mark) for mark in MARKS)
    marks = "".join(f"<td>{'never' if time is None else f'{time:.2f} s'}</td>" for time in times)
    floors = (comparison.halved.position[name].max(), comparison.nudged.position[name].max())
    return (
        f"<tr><td>{escape(name)}</td>{marks}<td>{_length(off.max())}</td><td>{_length(off[-1])}</td>"
        f"<td>{np.degrees(turned.max()):.2f}°</td>{''.join(f'<td>{_length(floor)}</td>' for floor in floors)}</tr>"
    )


def _length(metres: float) -> str:
    millimetres = 1000 * float(metres)
    return f"{millimetres:.3f} mm" if millimetres >= 5e-4 or millimetres == 0 else f"{millimetres:.0e} mm"


def _plot(comparison: Comparison, name: str) -> str:
    lines = [Line(kind, getattr(comparison, kind).position[name], style) for kind, style in KINDS]
    return _figure(name, plot(comparison.between.times, lines, f"distance of {name}", "m", marks=MARKS))


def _whole(comparison: Comparison) -> list[str]:
    """Plots of what is no body's place: joints, contacts and the task."""
    times, found = comparison.between.times, []
    if comparison.between.joints.any():
        lines = [Line(kind, getattr(comparison, kind).joints, style) for kind, style in KINDS]
        found.append(_figure("arm joints, the largest difference", plot(times, lines, "joints", "rad")))
    for name in comparison.between.articulation:
        lines = [Line(kind, getattr(comparison, kind).articulation[name], style) for kind, style in KINDS]
        found.append(_figure(f"{name}, metres or radians", plot(times, lines, name, "")))
    courses = {"first": comparison.first, "second": comparison.second}
    touching = [Line(name, np.array([len(state.contacts) for state in course.states], float), name) for name, course in courses.items()]
    found.append(_figure("contacts told", plot(times, touching, "contacts", "", logarithmic=False)))
    progress = [Line(name, np.array([state.progress for state in course.states]), name) for name, course in courses.items()]
    if all(np.isfinite(line.values).all() for line in progress):
        found.append(_figure("progress of the task", plot(times, progress, "progress", "", logarithmic=False)))
    return found


def _figure(caption: str, drawing: str) -> str:
    return f'<figure class="panel"><figcaption>{escape(caption)}</figcaption>{drawing}</figure>'


def _instant(one: Instant, first: str, second: str) -> str:
    shown = ((first, one.first), (second, one.second), (f"another body in {one.differs.mean():.2%} of pixels", marked(one)))
    pictures = "".join(
        f'<figure><img src="{packed(picture)}" alt="{name}"><figcaption>{name}</figcaption></figure>' for name, picture in shown
    )
    return f'<article class="panel"><h3>{one.seconds:.2f} s</h3><div class="strip">{pictures}</div></article>'
