"""What checks found out about one simulator: as a record with its versions, on disk."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from simgen import shelves
from simgen.errors import CannotWrite, DamagedRecord
from simgen.report import Report, Row
from simgen.simulator import engine_of


@dataclass(frozen=True)
class Record:
    """One simulator through the checks."""

    simulator: str
    """What the table of simulators calls it."""
    engine: str
    """The distribution that brings its engine."""
    engine_version: str
    simgen_version: str
    platform: str
    """System, processor and Python."""
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, simulator: str, report: Report) -> "Record":
        """A report just made, with the versions of here and now."""
        where = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
        return cls(simulator, engine_of(simulator), installed(simulator) or "not installed", version("simgen"), where, report.rows)

    def counts(self, group: str) -> tuple[int, int]:
        """Checks of a group that passed, and those that passed or failed."""
        judged = [row.passed for row in self.rows if row.group == group and row.passed is not None]
        return sum(judged), len(judged)

    @property
    def groups(self) -> tuple[str, ...]:
        """What the checks are about, in their order."""
        return tuple(dict.fromkeys(row.group for row in self.rows))


def installed(simulator: str) -> str | None:
    """Version of its engine here; None where there is none. Nothing is imported."""
    try:
        return version(engine_of(simulator))
    except PackageNotFoundError:
        return None


def shipped(simulator: str) -> Path:
    """Where the package keeps a built-in simulator's record."""
    return Path(str(files("simgen.conformance"))) / "measured" / f"{simulator}.json"


def measured_here(simulator: str) -> Path:
    """Where a record that was made on this machine goes."""
    return shelves.cache() / "conformance" / f"{simulator}.json"


def load(simulator: str) -> Record | None:
    """The record made here, or the shipped one; None if nobody ever looked.

    Raises:
        DamagedRecord: if the file cannot be read.
    """
    for path in (measured_here(simulator), shipped(simulator)):
        if path.is_file():
            return read(path)
    return None


def read(path: Path) -> Record:
    """A record from its file.

    Raises:
        DamagedRecord: if it is none.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Record(**(said | {"rows": tuple(Row(**row) for row in said["rows"])}))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DamagedRecord(path, f"{type(error).__name__}: {error}") from error


def write(record: Record, path: Path) -> Path:
    """Write a record whole or not at all.

    Raises:
        CannotWrite: if the folder does not allow it.
    """
    beside = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from error
    return path
