"""Every photograph of a dataset, measured against the truth that lies beside it."""

import heapq
from collections.abc import Callable
from itertools import count
from pathlib import Path

from simgen import dataset
from simgen.audit.report import MOST_FAILING, CameraRow, Report, Worst
from simgen.dataset.reader import Record
from simgen.errors import InvalidValue
from simgen.photography import Prospect, prospects
from simgen.verify import Adherence, Limits
from simgen.verify.measure import together

WORST = 12
"""Frames that are shown."""


def verify_dataset(
    root: str | Path,
    *,
    limits: str | Path | None = None,
    most_failing: float = MOST_FAILING,
    worst: int = WORST,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Measure and judge every frame of every camera.

    Args:
        root: a dataset of SimGen.
        limits: a file of limits; None takes those of the world that drew each camera's clip.
        most_failing: share of frames that may fail before the dataset does.
        worst: how many of the worst frames to keep for the page.
        progress: told after each episode.

    Raises:
        DamagedDataset: if a part of it is missing or unreadable.
        DamagedLimits: if `limits` cannot be used.
        InvalidValue: if `most_failing` is no share.
    """
    if not 0 <= most_failing <= 1:
        raise InvalidValue("--most-failing", most_failing, "a share from 0 to 1")
    given = None if limits is None else Limits.read(limits)
    rows: list[CameraRow] = []
    shown: list[tuple[float, int, Worst]] = []
    order = count()
    for episode, record in enumerate(dataset.open(root)):
        expected = expectations(record)
        for camera, judged in judgements(record, expected, given).items():
            rows.append(CameraRow(episode, camera, record.clips[camera].world, judged, expected[camera].references is not None))
            for t in sorted(range(len(judged)), key=lambda t: judged[t].score)[:worst]:
                entry = (-judged[t].score, next(order), _worst(record, expected[camera], episode, camera, t, judged[t]))
                _keep(shown, entry, worst)
        progress(f"episode {episode}")
    frames = tuple(entry[2] for entry in sorted(shown, key=lambda entry: (-entry[0], entry[1])))
    return Report(str(root), tuple(rows), frames, most_failing)


def expectations(record: Record) -> dict[str, Prospect]:
    """Camera to what its photographs are judged by."""
    worlds_of = {camera: clip.world for camera, clip in record.clips.items()}
    seen = {camera: frames for camera, frames in record.trajectory.observations.items() if camera in worlds_of}
    return prospects(record.scene, record.trajectory.states, seen, worlds_of=worlds_of, seed=record.world_seed)


def judgements(record: Record, expected: dict[str, Prospect], given: Limits | None) -> dict[str, tuple[Adherence, ...]]:
    """Camera to the judgement of each of its frames; cameras are compared with one another."""
    clips = {camera: (clip.frames, expected[camera].observations) for camera, clip in record.clips.items()}
    references = {camera: one.references for camera, one in expected.items() if one.references is not None}
    measured = together(clips, references=references, states=record.trajectory.states)
    found = {}
    for camera, frames in measured.items():
        limits = given or Limits.of(record.clips[camera].world, referenced=camera in references)
        found[camera] = tuple(limits.judge(frame) for frame in frames)
    return found


def _keep(shown: list, entry: tuple[float, int, Worst], most: int) -> None:
    heapq.heappush(shown, entry)
    if len(shown) > most:
        heapq.heappop(shown)


def _worst(record: Record, expected: Prospect, episode: int, camera: str, t: int, judged: Adherence) -> Worst:
    names = {body.id: body.name for body in record.scene.bodies} | {1: "robot"}
    reference = None if expected.references is None else expected.references[t]
    return Worst(episode, camera, t, judged, record.clips[camera].frames[t], expected.observations[t], names, reference)
