"""What comes out of a log is what went in: pictures, depth, ids, poses, actions; and what nobody said is told."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from analytic import episode
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from logs import ACTIONS, FRAMES, RATE, STATE, archive, cosmos_writer, folder, isaaclab, matrix, robomimic, seen, stacked
from PIL import Image

from simgen.dataset.foreign import FOV_Y_DEG, Foreign
from simgen.dataset.truth import Truth
from simgen.export import export_clip, write_video
from simgen.geometry import Intrinsics
from simgen.importing import import_log, recognised
from simgen.observation import Observation
from simgen.render import render

VIEWS = seen()


def opened(root: Path) -> LeRobotDataset:
    return LeRobotDataset("local/imported", root=root, video_backend="pyav", depth_output_unit="m")


def assert_same(one: tuple[Observation, ...], other: tuple[Observation, ...], *, depth: float = 0.0) -> None:
    """Pictures, depth within so many metres, ids, poses and times agree."""
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        hit = np.isfinite(a.depth)
        assert np.array_equal(hit, np.isfinite(b.depth))
        assert np.abs(a.depth[hit] - b.depth[hit]).max() <= depth
        assert np.array_equal(a.instance, b.instance) and np.array_equal(a.rgb, b.rgb)
        assert np.allclose(a.view.world_T_camera.matrix, b.view.world_T_camera.matrix, atol=1e-9)
        assert a.view.intrinsics == b.view.intrinsics and a.time_ns == b.time_ns


def assert_same_things(one: tuple[Observation, ...], other: tuple[Observation, ...]) -> None:
    """Ids may be called otherwise, but the same pixels are the same things, and nothing is nothing."""
    a, b = stacked(one, "instance"), stacked(other, "instance")
    pairs = {(int(x), int(y)) for x, y in np.unique(np.stack([a.ravel(), b.ravel()]), axis=1).T}
    assert len(pairs) == len(np.unique(a)) == len(np.unique(b)) and ((0, 0) in pairs) == (0 in a)


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """Two cameras' clips, as `simgen export` writes them."""
    place = tmp_path_factory.mktemp("clips")
    for camera, frames in VIEWS.items():
        export_clip(frames, place / camera, rate=RATE, prompt="push the cube")
    return place


@pytest.fixture(scope="module")
def clips(exported, tmp_path_factory) -> Path:
    """The dataset of it."""
    return import_log(exported, tmp_path_factory.mktemp("imported") / "clips").root


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """The dataset of a plain folder."""
    place = tmp_path_factory.mktemp("plain")
    return import_log(folder(place / "log", VIEWS), place / "data").root


def test_what_was_exported_comes_back(clips):
    source = Foreign(clips)
    found = source.observations(0)
    for camera, frames in VIEWS.items():
        assert_same(frames, found[camera], depth=5.1e-4)
    assert source.guesses == ("front: albedo is the recorded picture", "wrist: albedo is the recorded picture")


def test_lerobot_opens_it_with_depth_and_ids(clips):
    dataset = opened(clips)
    assert (dataset.num_episodes, len(dataset), dataset.fps) == (1, FRAMES, RATE)
    for number, frame in enumerate(VIEWS["wrist"]):
        row = dataset[number]
        assert row["task"] == "push the cube"
        assert np.array_equal(np.rint(255 * row["observation.images.wrist_seg"][0].numpy()), frame.instance)
        hit = np.isfinite(frame.depth)
        assert np.abs(row["observation.images.wrist_depth"][0].numpy() - frame.depth)[hit].max() < 2e-3
        assert np.abs(255 * row["observation.images.wrist"].permute(1, 2, 0).numpy() - frame.rgb).mean() < 8
        assert np.allclose(row["gt.world_T_wrist"].reshape(4, 4), frame.view.world_T_camera.matrix, atol=1e-6)


def test_flow_follows_from_depth_ids_and_poses(clips):
    for camera in VIEWS:
        for exact, found in zip(VIEWS[camera][1:], Foreign(clips).observations(0)[camera][1:], strict=True):
            known = np.isfinite(exact.flow).all(-1) & np.isfinite(found.flow).all(-1) & (exact.instance > 0)
            assert known.sum() > 0.7 * (exact.instance > 0).sum()
            assert np.median(np.linalg.norm(exact.flow - found.flow, axis=-1)[known]) < 0.1


def test_clips_of_cosmoswriter_are_read_back_from_their_grey(tmp_path):
    lens = Intrinsics.from_fov_y(64, 48, np.deg2rad(FOV_Y_DEG))
    level = tuple(replace(frame, view=replace(frame.view, intrinsics=lens)) for frame in VIEWS["front"])
    made = import_log(cosmos_writer(tmp_path / "isaac", level), tmp_path / "data")
    found = Foreign(made.root).observations(0)["camera"]
    assert_same_things(level, found)
    for exact, there in zip(level, found, strict=True):
        hit = np.isfinite(exact.depth)
        assert np.array_equal(hit, np.isfinite(there.depth)) and np.array_equal(exact.rgb, there.rgb)
        assert np.abs(there.depth[hit] / exact.depth[hit] - 1).max() < 0.0275
        off = np.degrees(np.arccos((exact.normal * there.normal).sum(-1)[hit].clip(-1, 1)))
        assert np.median(off) < 3  # degrees; of the grey as it is, more than 20
        assert np.isnan(there.flow).all()
    assert made.guesses == (
        "30 frames a second",
        "camera: a vertical field of view of 50 degrees",
        "camera: a level camera, 1 m above the ground",
        "camera: no flow, for nobody knows how the camera moved",
        "camera: albedo is the recorded picture",
    )
    assert json.loads((made.root / "meta/imported.json").read_text())["guesses"] == list(made.guesses)


def test_a_films_rate_is_the_clips(tmp_path):
    place = cosmos_writer(tmp_path / "isaac", VIEWS["front"])
    write_video(place / "clip_0000/rgb.mp4", stacked(VIEWS["front"], "rgb"), 12)
    made = import_log(place, tmp_path / "data")
    assert opened(made.root).fps == 12 and "30 frames a second" not in made.guesses


def test_isaac_labs_rows_are_in_step(tmp_path):
    made = import_log(isaaclab(tmp_path / "demos.hdf5", {"table_cam": VIEWS["front"]}, demos=2), tmp_path / "data")
    assert (made.format, made.episodes) == ("isaaclab", 2)
    dataset, found = opened(made.root), Foreign(made.root).observations(1)["table_cam"]
    assert_same_things(VIEWS["front"], found)
    for exact, there in zip(VIEWS["front"], found, strict=True):
        assert np.array_equal(exact.depth, there.depth) and np.array_equal(exact.rgb, there.rgb)
    rows = dataset.hf_dataset.with_format("numpy")
    assert dataset.fps == RATE and dataset[0]["task"] == "Isaac-Stack-Cube-v0"
    assert np.allclose(rows["action"][FRAMES:], ACTIONS) and np.allclose(rows["observation.state"][FRAMES:], STATE)
    poses = np.array(rows["gt.states.rigid_object.cube_1.root_pose"])[:FRAMES]
    assert np.isnan(poses[0]).all() and np.array_equal(poses[1], np.arange(7))
    assert np.array(rows["next.success"]).ravel().tolist() == 2 * ([False] * (FRAMES - 1) + [True])
    with Truth(made.root / "truth/episode_000000.h5") as truth:
        assert np.array_equal(truth["recorded/observation.state"], STATE)


def test_cameras_that_a_log_is_silent_about_are_said_beside_it(tmp_path):
    view = VIEWS["front"][0].view
    told = {"table_cam": {"intrinsics": view.intrinsics.K.tolist(), "world_T_camera": view.world_T_camera.matrix.tolist()}}
    (tmp_path / "cameras.json").write_text(json.dumps({"cameras": told}))
    made = import_log(isaaclab(tmp_path / "demos.hdf5", {"table_cam": VIEWS["front"]}), tmp_path / "data")
    there = Foreign(made.root).observations(0)["table_cam"][3].view
    assert np.allclose(there.world_T_camera.matrix, view.world_T_camera.matrix) and there.intrinsics == view.intrinsics
    assert made.guesses == ("table_cam: albedo is the recorded picture",)


def test_a_camera_in_robomimics_hand_goes_with_the_hand(tmp_path):
    rng, wrist = np.random.default_rng(0), VIEWS["wrist"]
    hand_T_camera = np.linalg.inv(matrix(np.array([0.1, 0, 0, 0.6, 0, 0, 0.8]))) @ wrist[0].view.world_T_camera.matrix
    quaternions = rng.normal(size=(FRAMES, 4))
    hand = np.concatenate([rng.normal(size=(FRAMES, 3)), quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)], 1)
    moved = [matrix(row) @ hand_T_camera for row in hand]
    held = tuple(
        replace(frame, view=replace(frame.view, world_T_camera=type(frame.view.world_T_camera).from_matrix(pose)))
        for frame, pose in zip(wrist, moved, strict=True)
    )
    file = robomimic(tmp_path / "lift.hdf5", {"agentview": VIEWS["front"], "robot0_eye_in_hand": held}, hand)
    made = import_log(file, tmp_path / "data")
    found, dataset = Foreign(made.root).observations(0), opened(made.root)
    assert_same(VIEWS["front"], found["agentview"])
    assert_same(held, found["robot0_eye_in_hand"])
    assert (made.format, dataset.fps, dataset[0]["task"], dataset.meta.robot_type) == ("robomimic", 20, "lift the cube", "Panda")
    rows = dataset.hf_dataset.with_format("numpy")
    assert np.allclose(rows["observation.state"], np.concatenate([STATE[:, :7], STATE[:, 6:]], 1))
    assert np.allclose(np.array(rows["next.reward"]).ravel(), np.linspace(0, 1, FRAMES)) and np.array(rows["next.done"]).ravel()[-1]


def test_where_nobody_knows_the_hands_way_nobody_knows_the_cameras(tmp_path):
    made = import_log(robomimic(tmp_path / "lift.hdf5", {"robot0_eye_in_hand": VIEWS["wrist"]}), tmp_path / "data")
    assert "robot0_eye_in_hand: a level camera, 1 m above the ground" in made.guesses
    assert "gt.intrinsics_robot0_eye_in_hand" in opened(made.root).meta.features
    assert "gt.world_T_robot0_eye_in_hand" not in opened(made.root).meta.features


def test_a_plain_folder_comes_in_exactly(plain):
    found, rows = Foreign(plain).observations(0), opened(plain).hf_dataset.with_format("numpy")
    for camera, frames in VIEWS.items():
        assert_same(frames, found[camera])
    assert np.allclose(rows["action"], ACTIONS) and np.allclose(rows["observation.state"], STATE)


def test_a_folder_of_one_camera_may_be_films_and_millimetres(tmp_path):
    place, frames = tmp_path / "log", VIEWS["front"]
    write_video(place / "rgb.mp4", stacked(frames, "rgb"), 15)
    for name in ("depth", "segmentation"):
        (place / name).mkdir()
    for number, frame in enumerate(frames):
        millimetres = np.where(np.isfinite(frame.depth), np.rint(1000 * np.where(np.isfinite(frame.depth), frame.depth, 0)), 0)
        Image.fromarray(millimetres.astype(np.uint16)).save(place / f"depth/frame-{number}.png")
        Image.fromarray(frame.instance.astype(np.uint8)).save(place / f"segmentation/frame-{number}.png")
    root = import_log(place, tmp_path / "data").root
    found = Foreign(root).observations(0)["camera"]
    assert opened(root).fps == 15
    for exact, there in zip(frames, found, strict=True):
        hit = np.isfinite(exact.depth)
        assert np.abs(exact.depth[hit] - there.depth[hit]).max() <= 5.1e-4 and np.array_equal(exact.instance, there.instance)
        assert np.abs(exact.rgb.astype(int) - there.rgb).mean() < 8


def test_an_archives_normals_flow_and_albedo_are_kept_as_they_are(tmp_path):
    more = {"normal": "normal", "flow": "flow", "albedo": "albedo"}
    made = import_log(archive(tmp_path / "log.h5", {"wrist": VIEWS["wrist"]}, episodes=2, **more), tmp_path / "data")
    assert (made.format, made.episodes, made.guesses) == ("hdf5", 2, ())
    for exact, there in zip(VIEWS["wrist"], Foreign(made.root).observations(1)["wrist"], strict=True):
        for name in more:
            assert np.array_equal(getattr(exact, name), getattr(there, name), equal_nan=True), name
    assert np.allclose(opened(made.root).hf_dataset.with_format("numpy")["action"][FRAMES:], ACTIONS + 1)


def test_ids_beyond_eight_bits_are_exact_in_the_truth(tmp_path):
    many = tuple(replace(frame, instance=frame.instance * 1000) for frame in VIEWS["front"])
    root = import_log(archive(tmp_path / "log.h5", {"front": many}), tmp_path / "data").root
    assert_same(many, Foreign(root).observations(0)["front"])
    assert "observation.images.front_seg" not in opened(root).meta.features


def test_the_same_log_makes_the_same_bytes(plain, tmp_path):
    again = import_log(folder(tmp_path / "elsewhere/log", VIEWS), tmp_path / "data").root
    digests = [
        {file.relative_to(root): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(root.rglob("*")) if file.is_file()}
        for root in (plain, again)
    ]
    data = Path("data/chunk-000/file-000.parquet")  # into which LeRobot writes a number drawn by chance, beside the same rows
    assert digests[0].keys() == digests[1].keys() and pq.read_table(plain / data).equals(pq.read_table(again / data))
    assert {path for path in digests[0] if digests[0][path] != digests[1][path]} <= {data}


@pytest.mark.parametrize("world", ["preview", "raw"])
def test_it_is_photographed_anew_with_its_controls_untouched(plain, tmp_path, world):
    weather = {} if world == "raw" else {"weather": "rain:3"}
    root = render(plain, tmp_path / "anew", world=world, workers=1, **weather)
    found, rows = Foreign(root).observations(0), opened(root)
    for camera, frames in VIEWS.items():
        assert_same(frames, found[camera])
        shown = 255 * rows[2][f"observation.images.{camera}"].permute(1, 2, 0).numpy()
        off = np.abs(shown - frames[2].rgb).mean()
        assert off > 8 if world == "preview" else off < 8
    assert rows[0][f"simgen.source.{camera}"] == world and np.allclose(rows[1]["action"], ACTIONS[1])
    assert Foreign(root).guesses == Foreign(plain).guesses


def test_every_kind_is_known_by_what_is_in_it(exported, tmp_path):
    logs = {
        "isaaclab": isaaclab(tmp_path / "a.bin", {"table_cam": VIEWS["front"]}),
        "robomimic": robomimic(tmp_path / "b.bin", {"agentview": VIEWS["front"]}),
        "hdf5": archive(tmp_path / "c.bin", {"front": VIEWS["front"]}),
        "folder": folder(tmp_path / "d", VIEWS),
        "cosmos": exported,
    }
    assert {name: recognised(log) for name, log in logs.items()} == {name: name for name in logs}
    assert recognised(exported / "wrist") == recognised(exported / "wrist/clip_0000") == "cosmos"


def test_a_simulators_own_pictures_survive_the_way_out_and_in(tmp_path):
    frames = episode(3, (32, 24)).trajectory.observations["front"]
    root = import_log(export_clip(frames, tmp_path / "clips", rate=10), tmp_path / "data").root
    slower = tuple(replace(frame, time_ns=number * 10**8) for number, frame in enumerate(frames))
    assert_same(slower, Foreign(root).observations(0)["front"], depth=5.1e-4)
