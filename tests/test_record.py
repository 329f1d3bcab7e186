"""A dataset on disk: the same whoever makes it, whatever interrupts it."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from signal import SIG_DFL, SIGINT, SIGKILL, signal

import pytest
from plain import plain

from simgen.dataset import open as open_dataset
from simgen.errors import InvalidValue, OutputExists, SimGenError
from simgen.record import record
from simgen.testing import check_dataset


def digests(root: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((root / "truth").glob("*.h5"))]


def command(scene: Path, out: Path, *more: str, world: str = "raw") -> list[str]:
    return [sys.executable, "-m", "simgen.cli", "generate", str(scene), "--out", str(out), "--world", world, *more]


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Path:
    return plain(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def ten(scene, tmp_path_factory) -> Path:
    return record(scene, tmp_path_factory.mktemp("ten") / "data", world="raw", episodes=10, seed=4, workers=1)


def test_the_dataset_passes_its_own_check(ten):
    assert not [row for row in check_dataset(ten).rows if not row.passed]


def test_both_halves_are_aligned(ten):
    dataset = open_dataset(ten)
    assert len(dataset) == 10 and len({dataset[i].scene.sha256 for i in range(10)}) == 10


def test_the_seventh_of_ten_is_byte_for_byte_the_one_made_alone_in_a_fresh_process(scene, ten, tmp_path):
    out = tmp_path / "alone"
    subprocess.run(
        command(scene, out, "--seed", "4", "--start", "6", "--episodes", "1", "--workers", "1"), check=True, capture_output=True
    )
    assert digests(out) == digests(ten)[6:7]


def test_two_workers_make_what_one_makes(scene, ten, tmp_path):
    out = record(scene, tmp_path / "two", world="raw", episodes=3, seed=4, workers=2)
    assert digests(out) == digests(ten)[:3]


def wait_for(condition, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


@pytest.mark.parametrize("blow", [SIGKILL, SIGINT])
def test_an_interrupted_run_goes_on_where_it_stopped(scene, ten, tmp_path, blow):
    out, partial = tmp_path / "data", tmp_path / "data.partial"
    arguments = command(scene, out, "--seed", "4", "--episodes", "4", "--workers", "1")
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal(SIGINT, SIG_DFL),  # a test run in the background may be deaf to Ctrl-C, and hand that on
    )
    wait_for(lambda: len(list(partial.glob("episode_*"))) >= 2 or process.poll() is not None)
    os.kill(process.pid, blow)
    _, said = process.communicate()
    assert process.returncode == (-SIGKILL if blow == SIGKILL else 130) and "Traceback" not in said
    assert not out.exists()
    kept = {path: path.stat().st_mtime_ns for path in partial.glob("episode_*")}
    assert kept
    subprocess.run(arguments, check=True, capture_output=True)
    assert digests(out) == digests(ten)[:4] and not partial.exists()


@pytest.mark.slow
def test_a_path_traced_recording_killed_between_frames_is_the_one_nobody_killed(scene, tmp_path):
    def traced(name: str) -> list[str]:
        return command(scene, tmp_path / name, "--weather", "rain:3", "--episodes", "2", "--workers", "1", world="pathtrace")

    process = subprocess.Popen(traced("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: list((tmp_path / "killed.partial").glob("episode_*")), seconds=900)
    time.sleep(15)  # the second episode is being drawn
    os.kill(process.pid, SIGKILL)
    process.wait()
    assert not (tmp_path / "killed").exists()
    for name in ("killed", "whole"):
        subprocess.run(traced(name), check=True, capture_output=True)
    photographs = [[path.read_bytes() for path in sorted((tmp_path / name / "videos").rglob("*.mp4"))] for name in ("killed", "whole")]
    assert photographs[0] == photographs[1]
    assert digests(tmp_path / "killed") == digests(tmp_path / "whole")


def test_a_finished_dataset_is_not_overwritten_unasked(scene, ten):
    before = digests(ten)
    with pytest.raises(OutputExists, match="--overwrite"):
        record(scene, ten, world="raw")
    assert digests(ten) == before


def test_another_job_in_the_same_place_is_refused(scene, tmp_path):
    out = tmp_path / "data"
    process = subprocess.Popen(command(scene, out, "--episodes", "50"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for((tmp_path / "data.partial" / "job.json").exists)
    process.kill()
    process.wait()
    with pytest.raises(SimGenError, match="seed"):
        record(scene, out, world="raw", seed=99)


@pytest.mark.parametrize("wrong", [{"episodes": 0}, {"workers": 0}])
def test_a_number_that_makes_no_sense_is_refused(tmp_path, wrong):
    with pytest.raises(InvalidValue, match="at least 1"):
        record("reach", tmp_path / "data", **wrong)
    assert not list(tmp_path.iterdir())
