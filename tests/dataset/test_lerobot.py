"""LeRobot's half: no frame lost, numbers where they belong, names LeRobot can live with."""

import json

import numpy as np
import pytest
from conftest import made
from lerobot.datasets.compute_stats import RunningQuantileStats
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.datasets.video_utils import StreamingVideoEncoder
from lerobot.utils.feature_utils import dataset_to_policy_features
from synthetic import synthetic

from simgen import dataset as datasets
from simgen.dataset import video
from simgen.dataset.store import Store
from simgen.dataset.video import DEPTH_ERROR, DEPTH_MAX, DEPTH_STEP, encode, frames_of
from simgen.errors import InvalidValue


def renamed(episode, **names):
    """The same episode with other names for its bodies."""
    bodies = tuple(body.model_copy(update={"name": names.get(body.name, body.name)}) for body in episode.scene.bodies)
    return type(episode)(**vars(episode) | {"scene": episode.scene.model_copy(update={"bodies": bodies})})


def test_every_camera_has_a_picture_for_every_row(plain):
    files = list((plain / "videos").glob("*/*/*.mp4"))
    assert len(files) == 2 and all(frames_of(file) == 36 for file in files)


def test_statistics_count_every_pixel(tmp_path):
    episode = synthetic(0, frames=5)
    encode(tmp_path, episode, "lerobot")
    told = json.loads((tmp_path / "statistics.json").read_text())
    depths = np.minimum([view.depth for view in episode.trajectory.observations["top"]], DEPTH_MAX)
    for key, pixels, step in (("top", episode.clips["top"].frames.reshape(-1, 3), 1.0), ("top_depth", depths.reshape(-1, 1), DEPTH_STEP)):
        table = {name: np.array(value) for name, value in told[f"observation.images.{key}"].items()}
        for name in ("min", "max", "mean", "std"):
            assert np.allclose(table[name], getattr(np, name)(pixels.astype(float), axis=0), rtol=0, atol=1e-9 if step == 1 else step)
        for share in (0.01, 0.1, 0.5, 0.9, 0.99):
            lowest = np.quantile(pixels, share, axis=0, method="inverted_cdf")
            assert np.allclose(table[f"q{round(100 * share):02d}"], lowest, rtol=0, atol=0 if step == 1 else step)
        assert table["count"] == len(pixels)


def test_statistics_agree_with_lerobots_running_estimate(tmp_path):
    episode = synthetic(2, frames=5)
    encode(tmp_path, episode)
    table = json.loads((tmp_path / "statistics.json").read_text())["observation.images.front"]
    running = RunningQuantileStats()
    for frame in episode.clips["front"].frames:
        running.update(frame.reshape(-1, 3))
    for name, value in running.get_statistics().items():
        assert np.shape(table[name]) == value.shape and np.allclose(table[name], value, rtol=0, atol=0.1), name


def test_a_dataset_has_statistics_in_the_shapes_lerobot_asks_for(plain, labelled):
    stats = json.loads((plain / "meta/stats.json").read_text())["observation.images.front"]
    depth = json.loads((labelled / "meta/stats.json").read_text())["observation.images.front_depth"]
    assert np.shape(stats["mean"]) == np.shape(stats["q99"]) == (3, 1, 1) and 0 < np.min(stats["mean"]) and np.max(stats["max"]) <= 1
    assert np.shape(depth["q50"]) == (1, 1, 1) and np.max(depth["max"]) <= DEPTH_MAX


def test_videos_are_the_bytes_of_lerobots_own_encoder(tmp_path):
    episode = synthetic(1, frames=6)
    encode(tmp_path, episode, "lerobot")
    theirs = StreamingVideoEncoder(episode.scene.control_rate, video.RGB, video.DEPTH, encoder_threads=1)
    theirs.start_episode(["front", "front_depth"], tmp_path, ["front_depth"])
    for frame, seen in zip(episode.clips["front"].frames, episode.trajectory.observations["front"], strict=True):
        theirs.feed_frame("front", frame)
        theirs.feed_frame("front_depth", np.minimum(seen.depth, np.float32(DEPTH_MAX))[..., None])
    for name, (file, _) in theirs.finish_episode().items():
        assert (tmp_path / f"{name}.mp4").read_bytes() == file.read_bytes()


def test_rows_say_what_the_physics_says(opened):
    record, episode = opened[1], synthetic(1)
    for t in (0, 7, 11):
        row, state = record[t].row, episode.trajectory.states[t]
        assert np.allclose(row["observation.state"], [*state.joint_position, state.gripper], atol=1e-6)
        assert np.array_equal(row["action"], episode.trajectory.actions[t])
        assert np.allclose(row["gt.ball.pose_wxyz"], state.link_pose[3], atol=1e-6)
        assert np.allclose(row["gt.ball.velocity"], state.link_velocity[3], atol=1e-6)
        assert np.allclose(row["gt.world_T_top"].reshape(4, 4), record[t].observations["top"].view.world_T_camera.matrix, atol=1e-6)
        assert row["gt.sim_time_ns"] == state.time_ns and row["simgen.subtask"] == ("reach for the cube" if t < 6 else "push the cube")
        touching = [k for k in range(len(state.contacts)) if 2 in (state.contacts.link_a[k], state.contacts.link_b[k])]
        assert np.isclose(row["gt.cube.contact_force"], state.contacts.force[touching].sum())


def test_reward_comes_with_the_action_that_earned_it(opened):
    rows = opened[0].rows
    assert [float(row["next.reward"]) for row in rows] == [0.0] * 9 + [1.0] * 3
    assert [bool(row["next.done"]) for row in rows] == [False] * 11 + [True]


def test_columns_choose_episodes(plain):
    chosen = LeRobotDataset("a/b", root=plain, episode_filter=lambda row: row["simgen/episode"] == 3, video_backend="pyav")
    assert len(chosen) == 12 and str(chosen[0]["task"]).endswith("1")


def test_a_policy_sees_pictures_state_and_action_and_nothing_else(opened):
    features = dataset_to_policy_features(opened.lerobot.features)
    assert set(features) == {"observation.images.front", "observation.images.top", "observation.state", "action"}


def test_a_lens_that_never_changes_is_said_in_the_feature(plain, opened):
    K = json.loads((plain / "meta/info.json").read_text())["features"]["observation.images.front"]["info"]["simgen.K"]
    assert np.array_equal(K, opened[0][0].observations["front"].view.intrinsics.K)


def test_a_body_that_an_episode_lacks_is_nan_in_it(tmp_path):
    store = Store(tmp_path / "data", {})
    store.write(synthetic(0, names=("cube",), frames=4))
    store.write(synthetic(1, names=("cube", "ball"), frames=4))
    dataset = datasets.open(store.finish([0, 1]))
    poses = [record[0].row["gt.ball.pose_wxyz"].numpy() for record in dataset]
    assert np.isnan(poses[0]).all() and np.isfinite(poses[1]).all()


def test_depth_is_off_by_less_than_a_millimetre_and_ids_are_exact(labelled):
    for record in datasets.open(labelled):
        for frame in record:
            for camera, seen in frame.observations.items():
                depth = frame.row[f"observation.images.{camera}_depth"][0].numpy()
                assert np.abs(depth - np.minimum(seen.depth, DEPTH_MAX)).max() < DEPTH_ERROR
                ids = (frame.row[f"observation.images.{camera}_seg"][0] * 255).round().int().numpy()
                assert np.array_equal(ids, seen.semantic)


def test_labels_say_which_class_an_id_is(labelled):
    features = json.loads((labelled / "meta/info.json").read_text())["features"]
    assert features["observation.images.front_seg"]["info"]["simgen.ids"]["1"] == "robot"
    assert features["observation.images.front_depth"]["info"]["is_depth_map"]


def test_an_odd_size_is_refused_before_the_codec_does(tmp_path):
    with pytest.raises(InvalidValue, match="camera front.*33x33.*even"):
        encode(tmp_path, synthetic(0, size=33, frames=2))


def test_a_single_frame_is_no_episode(tmp_path):
    with pytest.raises(InvalidValue, match="at least two frames"):
        encode(tmp_path, synthetic(0, frames=1))


def test_a_body_called_image_is_refused(tmp_path):
    store = Store(tmp_path / "data", {})
    store.write(renamed(synthetic(0, frames=2), cube="image_of_a_cube"))
    with pytest.raises(InvalidValue, match="image_of_a_cube"):
        store.finish([0])


def test_episodes_that_do_not_go_together_are_refused(tmp_path):
    store = Store(tmp_path / "data", {})
    store.write(synthetic(0, frames=2))
    store.write(synthetic(1, frames=2, size=32))
    with pytest.raises(InvalidValue, match="like the others"):
        store.finish([0, 1])


def test_a_video_file_is_split_before_it_grows_large(tmp_path, monkeypatch):
    monkeypatch.setattr("simgen.dataset.lerobot.VIDEO_FILE", 0.01)
    dataset = datasets.open(made(tmp_path / "data"))
    assert len(list((tmp_path / "data/videos").glob("*front/*/*.mp4"))) > 1
    for number, record in enumerate(dataset):
        error = record.clips["front"].frames.astype(float) - synthetic((0, 1, 3)[number]).clips["front"].frames
        assert 10 * np.log10(255**2 / np.square(error).mean()) > 25
