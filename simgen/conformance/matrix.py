"""The table of simulators: what each can do, by what checks found, and by nothing else."""

from collections.abc import Mapping
from importlib.metadata import version

from simgen.conformance.record import Record, installed, load
from simgen.simulator import REGISTRY, engine_of

WIDTH = 22
"""Characters of a column."""


def matrix(records: Mapping[str, Record | None] | None = None) -> str:
    """Groups of checks by simulators, as passed of judged; then what failed, what is not offered and what is out of date.

    Args:
        records: name to what was found, None of a simulator nobody checked; by default of every simulator there is.
    """
    if records is None:
        records = {name: load(name) for name in sorted(REGISTRY.table())}
    groups = dict.fromkeys(group for record in records.values() if record for group in record.groups)
    lines = [_line("checks passed", (_heading(name, record) for name, record in records.items()))]
    lines += [_line(group, (_count(record, group) for record in records.values())) for group in groups]
    for name, record in records.items():
        lines += _notes(name, record)
    return "\n".join(line.rstrip() for line in lines)


def _line(first: str, cells) -> str:
    return f"{first:<16}" + "".join(f"{cell:<{WIDTH}}" for cell in cells)


def _heading(name: str, record: Record | None) -> str:
    return name if record is None else f"{name} {record.engine_version}"


def _count(record: Record | None, group: str) -> str:
    if record is None or group not in record.groups:
        return "-"
    passed, judged = record.counts(group)
    absent = sum(row.group == group and row.passed is None for row in record.rows)
    return (f"{passed} of {judged}" if judged else "") + (f" ({absent} absent)" if absent else "")


def _notes(name: str, record: Record | None) -> list[str]:
    """What a reader must know of one simulator beside its counts."""
    here, command = installed(name), f"simgen conformance {name}"
    if record is None:
        state = f"installed, {engine_of(name)} {here}" if here else f"{engine_of(name)} is not installed"
        return ["", f"{name}: never checked ({state}). Run: {command}"]
    notes = ["", f"{name}: {record.engine} {record.engine_version} by SimGen {record.simgen_version} on {record.platform}"]
    if here is None:
        notes.append(f"  {record.engine} is not installed here")
    elif here != record.engine_version:
        notes.append(f"  installed is {record.engine} {here}, of which this says nothing. Run: {command}")
    if record.simgen_version != version("simgen"):
        notes.append(f"  this is SimGen {version('simgen')}, whose checks may differ. Run: {command}")
    return notes + [f"  {row}" for row in record.rows if row.passed is not True]
