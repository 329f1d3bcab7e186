"""A log that is damaged, lacks something or is none gets one sentence that names it, and leaves nothing behind."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from logs import FRAMES, archive, cameras, cosmos_writer, folder, isaaclab, robomimic, seen, stacked
from PIL import Image

from simgen.cli import main
from simgen.errors import BadRecording, InvalidScenario, InvalidValue, LacksControls, SimGenError, UnknownName, UnknownRecording
from simgen.export import write_video
from simgen.importing import import_log

VIEWS = seen()
FRONT = {"front": VIEWS["front"]}


def refused(log: Path, place: Path, kind: type[SimGenError], *words: str, **options) -> None:
    """The log is refused in one sentence with these words, and nothing stands where the dataset would."""
    out = place / "out/data"
    with pytest.raises(kind) as told:
        import_log(log, out, **options)
    assert all(word in str(told.value) for word in words), str(told.value)
    assert str(told.value).count("\n") == 0 and not (out.parent.is_dir() and list(out.parent.iterdir()))


def without(*keys: str) -> Callable[[h5py.File], None]:
    def change(log: h5py.File) -> None:
        for key in keys:
            del log[key]

    return change


def instead(key: str, array: Callable[[np.ndarray], np.ndarray]) -> Callable[[h5py.File], None]:
    def change(log: h5py.File) -> None:
        changed = array(log[key][()])
        del log[key]
        log[key] = changed

    return change


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (without("data/demo_0/obs/table_cam_depth"), LacksControls, ("demos.hdf5", "table_cam", "table_cam_depth")),
        (without("data/demo_0/obs/table_cam_segmentation"), LacksControls, ("table_cam_segmentation",)),
        (without("data/demo_0/obs/table_cam"), BadRecording, ("demos.hdf5: data/demo_0/obs", "no pictures")),
        (without("data/demo_0/actions"), BadRecording, ("demos.hdf5: data/demo_0", "no actions")),
        (instead("data/demo_0/obs/table_cam_depth", lambda a: a[:-1]), BadRecording, ("table_cam", "6 in", "5 in")),
        (instead("data/demo_0/obs/table_cam_depth", lambda a: a.astype(np.int64)), BadRecording, ("table_cam_depth", "int64")),
        (instead("data/demo_0/obs/table_cam_depth", lambda a: a[:, :-2]), BadRecording, ("table_cam_depth", "(46, 64)", "(48, 64)")),
        (instead("data/demo_0/obs/table_cam_segmentation", lambda a: a[..., :2]), BadRecording, ("no segmentation",)),
        (instead("data/demo_0/actions", lambda a: a[:4]), BadRecording, ("demos.hdf5", "4 actions", "6")),
        (instead("data/demo_0/states/rigid_object/cube_1/root_pose", lambda a: a[:3]), BadRecording, ("cube_1/root_pose", "(3, 7)")),
        (lambda log: log["data"].attrs.modify("env_args", "{"), BadRecording, ("demos.hdf5: data", "env_args")),
    ],
)
def test_demonstrations_that_are_not_whole(tmp_path, change, kind, words):
    file = isaaclab(tmp_path / "demos.hdf5", {"table_cam": VIEWS["front"]})
    with h5py.File(file, "r+") as log:
        change(log)
    refused(file, tmp_path, kind, *words)


def test_a_picture_with_light_in_it_is_no_segmentation(tmp_path):
    file = isaaclab(tmp_path / "demos.hdf5", {"table_cam": VIEWS["front"]})
    with h5py.File(file, "r+") as log:
        del log["data/demo_0/obs/table_cam_segmentation"]
        log["data/demo_0/obs/table_cam_segmentation"] = np.random.default_rng(0).integers(0, 256, (FRAMES, 48, 64, 3)).astype(np.uint8)
    refused(file, tmp_path, BadRecording, "table_cam_segmentation", "colours")


def test_a_file_that_is_cut_short(tmp_path):
    whole = isaaclab(tmp_path / "whole.hdf5", {"table_cam": VIEWS["front"]})
    (tmp_path / "demos.hdf5").write_bytes(whole.read_bytes()[:-2000])
    refused(tmp_path / "demos.hdf5", tmp_path, BadRecording, "demos.hdf5", "cut short")


def test_rows_that_are_damaged_in_the_last_of_many_episodes_leave_nothing_of_the_first(tmp_path):
    file = isaaclab(tmp_path / "demos.hdf5", {"table_cam": VIEWS["front"]}, demos=2)
    with h5py.File(file, "r+") as log:
        del log["data/demo_1/obs/table_cam"]
        how = {"chunks": (1, 48, 64, 3), "compression": "gzip"}
        packed = log["data/demo_1/obs"].create_dataset("table_cam", data=stacked(VIEWS["front"], "rgb"), **how)
        spot = packed.id.get_chunk_info(FRAMES - 1)
    with open(file, "r+b") as raw:
        raw.seek(spot.byte_offset)
        raw.write(b"\xff" * spot.size)
    refused(file, tmp_path, BadRecording, "demos.hdf5: data/demo_1/obs/table_cam", "cannot be read")


def test_episodes_that_differ(tmp_path):
    file = archive(tmp_path / "log.h5", VIEWS, episodes=2)
    with h5py.File(file, "r+") as log:
        del log["episode_1/wrist"]
    refused(file, tmp_path, BadRecording, "log.h5: /episode_1", "wrist")


def test_what_an_environment_says_without_sense_is_as_if_it_said_nothing(tmp_path):
    file = robomimic(tmp_path / "lift.hdf5", {"agentview": VIEWS["front"]})
    with h5py.File(file, "r+") as log:
        log["data"].attrs["env_args"] = json.dumps({"env_kwargs": {"control_freq": "often", "robots": None}})
    made = import_log(file, tmp_path / "data")
    assert "30 frames a second" in made.guesses


def test_extrinsics_that_are_no_matrices(tmp_path):
    file = robomimic(tmp_path / "lift.hdf5", {"agentview": VIEWS["front"]})
    with h5py.File(file, "r+") as log:
        log["data/demo_0"].attrs["camera_info"] = json.dumps({"agentview": {"intrinsics": [[1, 2], [3, 4]]}})
    refused(file, tmp_path, BadRecording, "lift.hdf5", "camera_info", "agentview")


def unlink(*names: str) -> Callable[[Path], None]:
    return lambda place: [shutil.rmtree(place / name) if (place / name).is_dir() else (place / name).unlink() for name in names]


def told(**change) -> Callable[[Path], None]:
    return lambda place: (place / "cameras.json").write_text(json.dumps(cameras(FRONT) | change))


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (unlink("front/depth.npy"), LacksControls, ("front", "without depth,")),
        (unlink("front/depth.npy", "front/segmentation"), LacksControls, ("without depth and segmentation",)),
        (unlink("front/rgb/000003.png"), BadRecording, ("front/rgb", "no file has the number 3")),
        (unlink("front/rgb/000005.png"), BadRecording, ("5 in", "6 in")),
        (unlink("front/rgb"), UnknownRecording, ("no recording", "folder")),
        (lambda place: (place / "front/rgb/000002.png").write_bytes(b"PNG"), BadRecording, ("000002.png", "not a readable picture")),
        (lambda place: (place / "front/depth.npy").write_bytes(b"\x93NUMPY"), BadRecording, ("depth.npy", "not a readable NumPy file")),
        (lambda place: (place / "front/albedo.npz").write_bytes(b"PK\x03\x04"), BadRecording, ("albedo.npz", "not a readable NumPy file")),
        (lambda place: np.save(place / "front/depth.npy", np.zeros((FRAMES, 48, 64), np.uint8)), BadRecording, ("depth.npy", "uint8")),
        (lambda place: np.save(place / "action.npy", np.zeros((FRAMES - 1, 4))), BadRecording, ("action.npy", "(5, 4)")),
        (lambda place: np.save(place / "front/flow.npy", np.zeros((FRAMES, 48, 64, 3))), BadRecording, ("flow.npy", "(H, W, 2)")),
        (lambda place: (place / "cameras.json").write_text("{"), BadRecording, ("cameras.json", "JSON")),
        (told(fps=0), InvalidScenario, ("cameras.json", "fps", "greater than 0")),
        (told(camera={}), InvalidScenario, ("cameras.json", "camera")),
        (told(cameras={"front": {"intrinsics": [[1, 0], [0, 1]]}}), InvalidScenario, ("cameras.front.intrinsics",)),
        (told(cameras={"front": {"intrinsics": [[0, 0, 1], [0, 0, 1], [0, 0, 1]]}}), BadRecording, ("front", "camera matrix")),
        (told(cameras={"front": {"world_T_camera": np.ones((4, 4)).tolist()}}), BadRecording, ("front", "pose")),
        (told(cameras={"front": {"world_T_camera": [np.eye(4).tolist()] * 3}}), BadRecording, ("front", "3 camera poses for 6")),
        (told(cameras={"front": {"world_T_camera": [[1, 2], [3]]}}), BadRecording, ("front", "world_T_camera")),
    ],
)
def test_folders_that_are_not_whole(tmp_path, change, kind, words):
    place = folder(tmp_path / "log", FRONT)
    change(place)
    refused(place, tmp_path, kind, *words)


def test_films_that_are_not_whole_and_sizes_that_no_film_has(tmp_path):
    place = folder(tmp_path / "log", FRONT)
    shutil.rmtree(place / "front/rgb")
    write_video(place / "front/rgb.mp4", stacked(VIEWS["front"], "rgb"), 20)
    film = (place / "front/rgb.mp4").read_bytes()
    (place / "front/rgb.mp4").write_bytes(film[: len(film) // 2])
    refused(place, tmp_path, BadRecording, "rgb.mp4")
    refused(folder(tmp_path / "odd", {"front": seen(2, (63, 48))["front"]}, {}), tmp_path, BadRecording, "action.npy")
    unlink("action.npy", "state.npy")(tmp_path / "odd")
    refused(tmp_path / "odd", tmp_path, InvalidValue, "front", "even")


def test_clips_without_frames_of_depth(tmp_path):
    place = cosmos_writer(tmp_path / "isaac", VIEWS["front"])
    shutil.rmtree(place / "clip_0000/segmentation")
    refused(place, tmp_path, LacksControls, "clip_0000", "segmentation/ as frames")
    shutil.rmtree(place / "clip_0000/depth")
    refused(place, tmp_path, LacksControls, "depth/ as frames and segmentation/ as frames")


def test_depth_of_clips_in_sixteen_bits_is_not_taken_for_their_grey(tmp_path):
    place = cosmos_writer(tmp_path / "isaac", VIEWS["front"])
    Image.fromarray(np.zeros((48, 64), np.uint16)).save(place / "clip_0000/depth/depth_0000.png")
    refused(place, tmp_path, BadRecording, "clip_0000/depth", "uint16")


def test_what_is_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.txt").write_text("words")
    refused(tmp_path / "empty", tmp_path, UnknownRecording, "empty", "cosmos, folder, hdf5, isaaclab, robomimic")
    refused(tmp_path / "words.txt", tmp_path, UnknownRecording, "words.txt")
    refused(tmp_path / "absent", tmp_path, InvalidValue, "absent")
    refused(tmp_path / "empty", tmp_path, BadRecording, "clip_*", format="cosmos")
    refused(tmp_path / "words.txt", tmp_path, BadRecording, "not a readable HDF5 file", format="robomimic")
    refused(tmp_path / "empty", tmp_path, UnknownName, "Did you mean 'cosmos'", format="cosmo")


def test_the_command_says_it_in_one_sentence_and_ends_with_2(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["import", str(tmp_path / "empty"), "--out", str(tmp_path / "data")]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("simgen: ") and said.err.count("\n") == 1 and not said.out
    file = archive(tmp_path / "log.h5", FRONT)
    assert main(["import", str(file), "--out", str(tmp_path / "data")]) == 0
    assert "Guessed  front: albedo is the recorded picture" in capsys.readouterr().out
    assert main(["import", str(file), "--out", str(tmp_path / "data")]) == 2
    assert "already exists" in capsys.readouterr().err


def test_a_camera_that_lacks_something_is_left_out_and_that_is_told(tmp_path):
    place = folder(tmp_path / "log", VIEWS)
    (place / "wrist/depth.npy").unlink()
    made = import_log(place, tmp_path / "data")
    assert "wrist: left out, for it has no depth" in made.guesses


def stopped(file: Path, out: Path) -> None:
    """An import that Ctrl-C ends after its first episode."""

    def stop(*_) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_log(file, out, progress=stop)


def killed(file: Path, out: Path) -> None:
    """The same, by SIGKILL."""
    deadly = f"import_log({str(file)!r}, {str(out)!r}, progress=lambda *_: os.kill(os.getpid(), 9))"
    done = subprocess.run([sys.executable, "-c", f"import os; from simgen.importing import import_log; {deadly}"], capture_output=True)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("end", [stopped, pytest.param(killed, marks=pytest.mark.slow)])
def test_an_import_that_was_ended_leaves_no_dataset_and_goes_on_where_it_was(tmp_path, end):
    file, out = archive(tmp_path / "log.h5", FRONT, episodes=2), tmp_path / "data"
    end(file, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.partial", "log.h5"]
    kept = tmp_path / "data.partial/episode_000000/truth.h5"
    before = kept.stat().st_mtime_ns
    times = []
    import_log(file, out, progress=lambda *_: times.append(kept.stat().st_mtime_ns))
    assert times == [before, before] and sorted(path.name for path in tmp_path.iterdir()) == ["data", "log.h5"]
