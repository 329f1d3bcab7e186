"""A dataset in the making: what is finished stays finished, whatever happens."""

import errno
import os
import shutil
import signal
from multiprocessing import get_context
from pathlib import Path

import mortal
import pytest
from conftest import made
from mortal import FRAMES
from synthetic import synthetic

from simgen import dataset as datasets
from simgen.dataset import durable, truth_writer
from simgen.dataset.store import Rejection, Store
from simgen.errors import CannotWrite, InvalidValue, OutputExists, UnfinishedJob

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["simgen.dataset.store"])


def run(target, *arguments) -> tuple[str | None, int]:
    """What another process answers, None if it died first, and its exit code."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=target, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        answer = None
    process.join()
    return answer, process.exitcode


def truths(root: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((root / "truth").glob("*.h5"))]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> list[bytes]:
    return truths(made(tmp_path_factory.mktemp("undisturbed") / "data", (0, 1), frames=FRAMES))


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "data", {"seed": 0, "versions": {"numpy": "1"}})


DEATHS = {
    "in the second episode's truth": (("truth_writer._contacts", "", 2), 1),
    "before the second episode is in its place": (("store.publish", "episode_000001", 1), 1),
    "before the truth stands beside LeRobot's half": (("whole.place", "", 1), 2),
    "before the whole is in its place": (("store.publish", "whole", 1), 2),
    "before it is called finished": (("os.rename", "data.finished')", 1), 2),
    "before it is at the output": (("os.rename", "finished/whole", 1), 2),
}


@pytest.mark.parametrize("deadly, kept", DEATHS.values(), ids=DEATHS)
def test_a_kill_loses_at_most_the_episode_in_flight(tmp_path, undisturbed, deadly, kept):
    out = tmp_path / "data"
    assert run(mortal.work, str(out), deadly) == (None, -signal.SIGKILL)
    assert not out.exists() and len(Store(out, {"seed": 0}).done()) == kept
    assert run(mortal.work, str(out), None) == ("finished", 0)
    assert truths(out) == undisturbed and datasets.open(out).lerobot.num_frames == 2 * FRAMES
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_kill_while_sweeping_up_leaves_the_dataset_finished(tmp_path, undisturbed):
    out = tmp_path / "data"
    assert run(mortal.work, str(out), ("shutil.rmtree", "data.finished", 2)) == (None, -signal.SIGKILL)
    answer, _ = run(mortal.work, str(out), None)
    assert "already exists" in answer and truths(out) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_kill_while_replacing_loses_neither_dataset(tmp_path, monkeypatch):
    out = tmp_path / "data"
    out.mkdir()
    (out / "old").touch()
    store, rename = Store(out, {}, overwrite=True), os.rename
    store.write(synthetic(0, frames=FRAMES))

    def stopped(old, new):
        if str(old).endswith("finished/whole"):
            raise KeyboardInterrupt
        rename(old, new)

    monkeypatch.setattr(os, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        store.finish([0])
    monkeypatch.undo()
    assert Store(out, {}, overwrite=True).done() == {0: True} and (out / "old").exists()


def test_a_finished_dataset_stands_alone_and_says_what_made_it(plain):
    dataset = datasets.open(plain)
    assert [path.name for path in plain.parent.iterdir()] == ["data"]
    assert dataset.summary["job"] == {"seed": 0} and dataset.summary["episodes"] == 3
    assert dataset.columns["simgen/episode"].tolist() == [0, 1, 3]


def test_an_episode_has_the_same_truth_alone_and_among_others(tmp_path, plain):
    alone = made(tmp_path / "alone", (3,))
    assert truths(alone) == truths(plain)[2:]


def test_failed_attempts_are_counted(store):
    store.write(synthetic(0, frames=FRAMES))
    for draw in (1, 2, 2):
        store.reject(draw, "the expert failed")
    store.write(synthetic(3, frames=FRAMES, success=False))
    assert store.done() == {0: True, 3: False}
    assert store.rejected() == [Rejection(draw, 0, "the expert failed") for draw in (1, 2)]
    dataset = datasets.open(store.finish([0, 3]))
    assert dataset.columns["simgen/attempts_failed"].tolist() == [0, 2]
    assert dataset.columns["simgen/success"].tolist() == [True, False] and dataset.summary["reasons"] == {"the expert failed": 2}


def test_what_stands_at_the_output_is_not_touched_unasked(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputExists):
        Store(tmp_path / "data", {})
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_overwriting_replaces_only_when_the_new_dataset_is_complete(tmp_path):
    out = tmp_path / "data"
    out.mkdir()
    (out / "old").touch()
    store = Store(out, {}, overwrite=True)
    store.write(synthetic(0, frames=FRAMES))
    assert (out / "old").exists()
    store.finish([0])
    assert not (out / "old").exists() and len(datasets.open(out)) == 1


def test_another_job_in_the_same_place_is_refused_and_says_what_differs(store):
    store.write(synthetic(0, frames=FRAMES))
    with pytest.raises(UnfinishedJob, match=r"data.partial.*versions.numpy '1', not '2'"):
        Store(store.out, {"seed": 0, "versions": {"numpy": "2"}})
    assert Store(store.out, store.job).done() == {0: True}
    assert not Store(store.out, {"seed": 1}, overwrite=True).done()


def test_two_workers_may_write_the_same_episode(store, monkeypatch):
    other = Store(store.out, store.job)
    write = truth_writer.write

    def overtaken(*arguments, **named):
        monkeypatch.setattr(truth_writer, "write", write)
        other.write(synthetic(0, frames=FRAMES))
        return write(*arguments, **named)

    monkeypatch.setattr(truth_writer, "write", overtaken)
    store.write(synthetic(0, frames=FRAMES))
    assert store.done() == {0: True}
    assert {path.name for path in store.partial.iterdir()} == {"episode_000000", "job.json", "rejected"}


def test_an_episode_that_is_not_there_cannot_be_finished(store):
    with pytest.raises(InvalidValue, match=r"missing: \[5\]"):
        store.finish([5])


def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(store, monkeypatch):
    store.write(synthetic(0, frames=FRAMES))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(truth_writer, "_contacts", full)
    with pytest.raises(CannotWrite, match="data: no space left on device. Free some space"):
        store.write(synthetic(1, frames=FRAMES))
    assert store.done() == {0: True} and not list(store.partial.glob("writing-*"))
    monkeypatch.undo()
    monkeypatch.setattr("simgen.dataset.whole.place", full)
    with pytest.raises(CannotWrite, match="no space left"):
        store.finish([0])
    assert store.done() == {0: True} and not store.out.exists()


@pytest.mark.parametrize("largest", [1000, 100_000], ids=["before the videos", "before the truth"])
def test_a_disk_that_really_takes_no_more_is_one_sentence(tmp_path, largest):
    answer, _ = run(mortal.work_in_little_room, str(tmp_path / "data"), largest)
    assert answer == f"Cannot write {tmp_path / 'data'}: file too large. Free some space or choose another --out."
    assert {path.name for path in (tmp_path / "data.partial").iterdir()} == {"job.json", "rejected"}


def test_a_file_where_a_folder_should_be_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="not a directory|file exists"):
        Store(tmp_path / "file" / "data", {})


def test_a_read_only_place_is_one_sentence(tmp_path, monkeypatch):
    def read_only(*_):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(durable.os, "replace", read_only)
    with pytest.raises(CannotWrite, match="read-only file system"):
        Store(tmp_path / "data", {})
    assert not list(tmp_path.iterdir())


def test_an_error_that_is_not_the_disks_keeps_its_own_words(tmp_path):
    with pytest.raises(ConnectionError), durable.writing(tmp_path):
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def test_a_file_system_without_hard_links_holds_a_dataset_too(tmp_path, monkeypatch, undisturbed):
    def impossible(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", impossible)
    assert truths(made(tmp_path / "data", (0, 1), frames=FRAMES)) == undisturbed
    shutil.rmtree(tmp_path / "data")
