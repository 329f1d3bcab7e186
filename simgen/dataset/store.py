"""A dataset in the making: finished episodes wait in `<out>.partial` until the last is there, whatever happens meanwhile.

    <out>.partial/job.json               what was asked for; another job is refused here
    <out>.partial/episode_000003/        a finished episode: `truth.h5`, `videos/`, `scene.json`,
                                         `photographs.json`, `columns.json`
    <out>.partial/rejected/000004-0.json an attempt that was not kept
    <out>.partial/whole/                 the dataset, when all of it is ready
    <out>.finished/                      what `<out>.partial` is called from then on, until it is gone

Every folder is made under a name of its own, forced to the disk and renamed, so a kill at any moment loses at most the
episode in flight. Several processes may write episodes at once.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from simgen.dataset import photographs, truth_writer, video
from simgen.dataset.columns import FILE as COLUMNS
from simgen.dataset.columns import columns, read_columns
from simgen.dataset.durable import publish, write_json, writing
from simgen.dataset.episode import Episode
from simgen.dataset.whole import assemble
from simgen.errors import InvalidValue, OutputExists, UnfinishedJob


@dataclass(frozen=True)
class Rejection:
    """An attempt that was not kept."""

    draw: int
    """Episode number."""
    attempt: int
    reason: str


class Store:
    """Where one job keeps its episodes. Nothing in it is open, so it travels to worker processes.

    Args:
        out: where the dataset will stand. Until `finish` nothing is there.
        job: what makes the episodes what they are, as JSON can say it; not how many there are.
        overwrite: replace what stands at `out`, once the new dataset is complete, and discard another job's unfinished work.

    Raises:
        OutputExists: if something stands at `out`.
        UnfinishedJob: if another job's episodes wait beside it.
        CannotWrite: if the folder cannot be made.
    """

    def __init__(self, out: str | Path, job: Mapping, *, overwrite: bool = False):
        self.out = Path(os.path.abspath(out))
        self.partial = self.out.with_name(self.out.name + ".partial")
        self._finished = self.out.with_name(self.out.name + ".finished")
        self.job = json.loads(json.dumps(job))
        with writing(self.out):
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self._settle()
            if self._taken() and not overwrite:
                raise OutputExists(self.out)
            if not self.partial.exists():
                self._begin()
            if there := self._other_job():
                if not overwrite:
                    raise UnfinishedJob(self.partial, *there)
                shutil.rmtree(self.partial)
                self._begin()

    def done(self) -> dict[int, bool]:
        """Number of every finished episode, in order, and whether it succeeded."""
        found = sorted(self.partial.glob("episode_*"))
        return {int(path.name.removeprefix("episode_")): read_columns(path)["simgen/success"] for path in found}

    def rejected(self) -> list[Rejection]:
        """Attempts that were not kept, in order."""
        paths = sorted((self.partial / "rejected").glob("*.json"))
        return [Rejection(**json.loads(path.read_text())) for path in paths]

    def write(self, episode: Episode, labels: video.Labels = "none", truth: Path | None = None, number: int | None = None) -> None:
        """Keep one episode; one that is already there stays.

        Args:
            episode: what to keep.
            labels: `lerobot` adds depth and segmentation as features that LeRobot itself reads.
            truth: a file that holds its truth already, to copy; None writes it.
            number: under which it is kept; None is the episode's own.

        Raises:
            CannotWrite: if the disk is full or read-only; nothing of the episode remains.
        """
        self.keep(episode.scene.episode if number is None else number, partial(_fill, episode, labels, truth))

    def keep(self, number: int, fill: Callable[[Path], None]) -> None:
        """Keep an episode whose files `fill` puts into a folder, `videos/` and `columns.json` among them; one already there stays.

        Raises:
            CannotWrite: if the disk is full or read-only; nothing of the episode remains.
        """
        place = self._place(number)
        if place.exists():
            return
        with writing(self.out), tempfile.TemporaryDirectory(prefix="writing-", dir=self.partial) as aside:
            folder = Path(aside, "episode")
            (folder / "videos").mkdir(parents=True)
            fill(folder)
            publish(folder, place)

    def reject(self, draw: int, reason: str, attempt: int = 0) -> None:
        """Count an attempt that was not kept, in a word or two; counting it twice changes nothing."""
        with writing(self.out):
            write_json(self.partial / "rejected" / f"{draw:06d}-{attempt}.json", asdict(Rejection(draw, attempt, reason)))

    def finish(self, draws: list[int], assemble: Callable[..., None] = assemble) -> Path:
        """The dataset of these episodes, in this order, at `out`; what waited in `<out>.partial` is gone.

        Args:
            draws: their numbers.
            assemble: makes the dataset of the episodes' folders, as `whole.assemble` does.

        Raises:
            InvalidValue: if an episode is not there, or there are none.
            CannotWrite: if the disk is full or read-only; the episodes are still waiting.
            DamagedDataset: if a video does not hold as many frames as it should.
        """
        missing = sorted(set(draws) - self.done().keys())
        if missing or not draws:
            raise InvalidValue("the list of episodes", draws, f"of finished ones; missing: {missing}")
        with writing(self.out), tempfile.TemporaryDirectory(prefix="joining-", dir=self.partial) as aside:
            shutil.rmtree(self.partial / "whole", ignore_errors=True)
            folder = Path(aside, "whole")
            shards = [self._place(draw) for draw in draws]
            labels = read_columns(shards[0])["simgen/labels"]
            assemble(folder, shards, labels=labels, job=self.job, rejected=[asdict(one) for one in self.rejected()])
            publish(folder, self.partial / "whole")
        with writing(self.out):
            self._install()
        return self.out

    def close(self) -> None:
        """Leave what was made for the same job to go on with; where nothing was made, leave nothing."""
        if self.partial.exists() and not self.done() and not self.rejected():
            shutil.rmtree(self.partial)

    def _place(self, draw: int) -> Path:
        return self.partial / f"episode_{draw:06d}"

    def _taken(self) -> bool:
        return self.out.exists() and not (self.out.is_dir() and not any(self.out.iterdir()))

    def _begin(self) -> None:
        with tempfile.TemporaryDirectory(prefix=f".{self.partial.name}-", dir=self.out.parent) as aside:
            folder = Path(aside, "partial")
            (folder / "rejected").mkdir(parents=True)
            write_json(folder / "job.json", self.job)
            publish(folder, self.partial)  # where another process was faster, its folder is ours too

    def _other_job(self) -> tuple[str, object, object] | None:
        """The first fact in which the job that waits here differs: its name, what is there, what is asked for."""
        file = self.partial / "job.json"
        return _difference(json.loads(file.read_text()) if file.is_file() else None, self.job, "job")

    def _install(self) -> None:
        os.rename(self.partial, self._finished)
        if self._taken():
            os.rename(self.out, self._finished / "replaced")
        os.rename(self._finished / "whole", self.out)
        shutil.rmtree(self._finished)

    def _settle(self) -> None:
        """Undo an installation that was cut short before the dataset stood; sweep up after one that was cut short later."""
        if (self._finished / "whole").exists():
            if (self._finished / "replaced").exists() and not self.out.exists():
                os.rename(self._finished / "replaced", self.out)
            os.rename(self._finished, self.partial)
        shutil.rmtree(self._finished, ignore_errors=True)


def _fill(episode: Episode, labels: video.Labels, truth: Path | None, folder: Path) -> None:
    video.encode(folder / "videos", episode, labels)
    if truth is None:
        truth_writer.write(folder / "truth.h5", episode)
    else:
        shutil.copyfile(truth, folder / "truth.h5")
    (folder / "scene.json").write_text(episode.scene.json)
    photographs.write(folder, episode.clips, episode.adherence)
    write_json(folder / COLUMNS, columns(episode, folder / "truth.h5", labels))


def _difference(there: object, here: object, name: str) -> tuple[str, object, object] | None:
    if not isinstance(there, dict) or not isinstance(here, dict):
        return None if there == here else (name, repr(there)[:80], repr(here)[:80])
    keys = sorted(there.keys() | here.keys())
    found = (_difference(there.get(key), here.get(key), f"{name}.{key}".removeprefix("job.")) for key in keys)
    return next(filter(None, found), None)
