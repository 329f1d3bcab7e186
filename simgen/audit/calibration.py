"""Limits made anew from datasets whose photographs are known to be good."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from simgen import dataset
from simgen.audit.verification import expectations
from simgen.dataset.reader import Dataset, Record
from simgen.errors import InvalidValue
from simgen.photography import Prospect
from simgen.verify import Limits
from simgen.verify.calibrate import calibrate, trials
from simgen.verify.trial import Specimen

LENGTH = 6
"""Frames of the clips that are cut out of episodes."""
CLIPS = 3
"""Clips an episode, at most."""


def calibrate_datasets(
    roots: Sequence[str | Path], file: str | Path | None = None, *, seed: int = 0, progress: Callable[[str], None] = lambda _: None
) -> Limits:
    """Limits from datasets that one world drew, written to `file` where one is given.

    Raises:
        DamagedDataset: if a part of one is missing or unreadable.
        InvalidValue: if they hold frames of several worlds, or too few clips.
    """
    opened = [dataset.open(root) for root in roots]
    specimens, worlds = [], set()
    for root, one in zip(roots, opened, strict=True):
        for episode, record in enumerate(one):
            worlds |= {source for clip in record.clips.values() for source in clip.source}
            specimens += specimens_of(record, f"{Path(root).name}/{episode}")
    if len(worlds) != 1:
        raise InvalidValue("the worlds of the datasets", sorted(worlds), "one and the same")
    digests = {Path(root).name: sha256(one) for root, one in zip(roots, opened, strict=True)}
    referenced = any(specimen.references for specimen in specimens)
    found = trials(specimens, seed, progress)
    limits = calibrate(found, world=worlds.pop(), referenced=referenced, datasets=digests)
    if file is not None:
        limits.write(file)
    return limits


def specimens_of(record: Record, name: str) -> list[Specimen]:
    """Short clips spread evenly over an episode."""
    count = max(1, min(CLIPS, len(record) // LENGTH))
    starts = [round(number * max(len(record) - LENGTH, 0) / max(count - 1, 1)) for number in range(count)]
    expected = expectations(record)
    return [_specimen(record, expected, start, f"{name}@{start}") for start in starts]


def _specimen(record: Record, expected: dict[str, Prospect], start: int, name: str) -> Specimen:
    part = slice(start, start + LENGTH)
    return Specimen(
        name,
        {camera: clip.frames[part] for camera, clip in record.clips.items()},
        {camera: one.observations[part] for camera, one in expected.items()},
        tuple(record.trajectory.states[part]),
        {camera: one.references[part] for camera, one in expected.items() if one.references is not None},
    )


def sha256(one: Dataset) -> str:
    """Of everything under `meta/`, which tells where every episode came from and holds statistics of every picture."""
    digest = hashlib.sha256()
    for file in sorted((one.root / "meta").rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(one.root).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
