"""Recorded logs of other simulators become datasets that are photographed anew like our own.

A log is a `Log`: it gives Recordings, one an episode, and knows nothing of datasets. Plugins join by `simgen.formats` entry points.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from simgen.dataset import imported
from simgen.dataset.recording import Recording
from simgen.dataset.store import Store
from simgen.errors import CannotWrite, InvalidValue, SimGenError, UnknownRecording
from simgen.registry import Registry


class Log(Protocol):
    """The log of another simulator. It is made of a path, which is only read, and raises BadRecording where that is damaged."""

    @staticmethod
    def recognises(source: Path) -> bool:
        """Whether what is at the path is a log of this kind, judged by what is in it."""

    def __len__(self) -> int:
        """How many episodes."""

    def episode(self, number: int) -> Recording:
        """One of them; raises BadRecording where it is damaged, LacksControls where depth or segmentation are missing."""


REGISTRY = Registry(
    "format",
    "simgen.formats",
    {
        "cosmos": "simgen.importing.cosmos:Cosmos",
        "isaaclab": "simgen.importing.isaaclab:IsaacLab",
        "robomimic": "simgen.importing.robomimic:Robomimic",
        "hdf5": "simgen.importing.archive:Archive",
        "folder": "simgen.importing.folder:Folder",
    },
)
"""Every kind of log by name; plugins join through the `simgen.formats` entry points."""


@dataclass(frozen=True)
class Imported:
    """What came of a log."""

    root: Path
    """Of the dataset."""
    format: str
    episodes: int
    guesses: tuple[str, ...]
    """What the log does not say, and what was taken instead."""


def import_log(
    source: str | Path,
    out: str | Path,
    *,
    format: str | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> Imported:
    """Make a dataset of a log.

    Like a recording it waits in `<out>.partial` until it is whole; whatever ends the run, the same call goes on from there.

    Args:
        source: file or folder.
        out: folder of the dataset.
        format: a name from `REGISTRY`; None finds out.
        overwrite: replace a finished dataset at `out`, once the new one is complete.
        progress: told after each episode how many are done, and of how many.

    Raises:
        UnknownName, UnknownRecording: if the format or what is at `source` is not known.
        BadRecording, LacksControls, InvalidValue: if the log is damaged, or lacks depth or segmentation; then nothing is left behind.
        OutputExists, CannotWrite, UnfinishedJob.
    """
    path = Path(source).resolve()
    if not path.exists():
        raise InvalidValue("SOURCE", str(source), "a file or folder that is there")
    name = recognised(path) if format is None else format
    log: Log = REGISTRY.load(name)(path)
    store = Store(out, {"imported_from": path.name, "format": name, "files": _stamp(path)}, overwrite=overwrite)
    try:
        for number in range(len(log)):
            if number not in store.done():
                store.keep(number, partial(imported.fill, log.episode(number), number, name))
            progress(number + 1, len(log))
        root = store.finish(list(range(len(log))), imported.assemble)
    except CannotWrite:
        raise
    except SimGenError:
        shutil.rmtree(store.partial, ignore_errors=True)
        raise
    finally:
        store.close()
    return Imported(root, name, len(log), imported.guesses(root))


def recognised(source: Path) -> str:
    """The kind of log that is at a path.

    Raises:
        UnknownRecording: if it is none.
        BadRecording: if it is an HDF5 file that is damaged.
    """
    table = REGISTRY.table()
    plugins = sorted(table.keys() - REGISTRY.built_in.keys())  # first: they know their own better than a plain folder does
    found = next((name for name in (*plugins, *REGISTRY.built_in) if REGISTRY.load(name).recognises(source)), None)
    if found is None:
        raise UnknownRecording(source, table)
    return found


def _stamp(source: Path) -> str:
    """Of all files that are read, so that work begun with others is not gone on with."""
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for file in files:
        state = file.stat()
        digest.update(f"{file.relative_to(source.parent)}/{state.st_size}/{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
