"""The page of an audit. Every word of the dataset is escaped before it becomes markup."""

from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

import numpy as np

from simgen.audit.picture import pictures
from simgen.verify import METRICS, Limits
from simgen.verify.measure import MEANING

if TYPE_CHECKING:
    from simgen.audit.report import Report, Worst

SUSPECT = 1.0
"""A body whose worst metric is beyond so many times its limit is drawn in red."""


def page(report: "Report") -> str:
    """The HTML of a report."""
    folder = files("simgen.audit") / "page"
    return Template((folder / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(f"{report.root} · gate · SimGen"),
        style=(folder / "page.css").read_text(encoding="utf-8"),
        root=escape(report.root),
        badge='<span class="badge good">passed</span>' if report.passed else '<span class="badge bad">failed</span>',
        facts=_facts(report),
        worst="\n".join(_worst(frame) for frame in report.worst) or "<p>No frame was judged.</p>",
        rows="\n".join(_row(row) for row in report.rows),
        metrics="\n".join(_metric(report, name) for name in METRICS),
    )


def _facts(report: "Report") -> str:
    worlds = ", ".join(sorted({row.world for row in report.rows}))
    facts = [
        ("frames", str(report.frames)),
        ("failing", f"{report.failing:.2%}"),
        ("may fail", f"{report.most_failing:.2%}"),
        ("world", worlds or "none"),
        ("cameras and episodes", str(len(report.rows))),
    ]
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)


def _worst(frame: "Worst") -> str:
    judged = frame.adherence
    bodies = {body: own.get("excess", 0.0) for body, own in judged.bodies.items()}
    suspects = {body for body, excess in bodies.items() if excess > SUSPECT}
    blamed = ", ".join(escape(frame.names.get(body, str(body))) for body in sorted(suspects, key=lambda body: -bodies[body]))
    reasons = "".join(
        f'<li><b>{escape(name)}</b> {judged.metrics[name]:.3f} <span class="quiet">{escape(MEANING[name])}</span></li>'
        for name in judged.reasons[:4]
    )
    shown = "".join(
        f'<figure><img src="{data}" alt="{escape(name)}"><figcaption>{escape(name)}</figcaption></figure>'
        for name, data in pictures(frame.photograph, frame.observation, suspects, frame.reference).items()
    )
    badge = '<span class="badge good">passed</span>' if judged.passed else '<span class="badge bad">failed</span>'
    where = f"episode {frame.episode} · {escape(frame.camera)} · frame {frame.frame}"
    suspected = f"<p>Suspects: {blamed}</p>" if blamed else ""
    return (
        f'<article class="panel"><h3>{where} {badge} <span class="quiet">score {judged.score:.2f}</span></h3>'
        f'<div class="strip">{shown}</div><ul>{reasons}</ul>{suspected}</article>'
    )


def _row(row) -> str:
    marks = "".join(f'<i class="{"ok" if one.passed else "no"}" title="{t}: {one.score:.2f}"></i>' for t, one in enumerate(row.judged))
    return (
        f"<tr><td>{row.episode}</td><td>{escape(row.camera)}</td><td>{escape(row.world)}</td><td>{len(row.judged)}</td>"
        f'<td>{row.failed}</td><td class="marks">{marks}</td><td>{escape(row.reasons)}</td></tr>'
    )


def _metric(report: "Report", name: str) -> str:
    values = np.array([one.metrics[name] for row in report.rows for one in row.judged])
    values = values[np.isfinite(values)]
    used = {id(limits): limits for limits in (Limits.of(row.world, referenced=row.referenced) for row in report.rows)}
    found = sorted({table[name] for limits in used.values() for table in limits.limit.values() if name in table})
    limit = f"{found[0]:.3g}" if len(found) == 1 else f"{found[0]:.3g} to {found[-1]:.3g}"
    if not len(values):
        numbers = "<td>–</td><td>–</td><td>–</td>"
    else:
        numbers = f"<td>{np.median(values):.3f}</td><td>{np.quantile(values, 0.98):.3f}</td><td>{values.max():.3f}</td>"
    return f'<tr><td class="code">{name}</td><td class="quiet">{escape(MEANING[name])}</td>{numbers}<td>{limit}</td></tr>'
