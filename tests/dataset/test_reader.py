"""Both halves of a dataset, aligned."""

import shutil

import numpy as np
import pytest
from conftest import made
from synthetic import synthetic
from test_truth import assert_same

from simgen import dataset as datasets
from simgen.dataset import Episode
from simgen.dataset.store import Store
from simgen.dataset.truth_writer import write
from simgen.errors import DamagedDataset, InvalidValue
from simgen.testing.dataset import check_dataset


def kept(tmp_path, episode):
    """A dataset of one episode."""
    store = Store(tmp_path / "data", {})
    store.write(episode)
    return store.finish([episode.scene.episode])


def failures(root) -> str:
    return "\n".join(str(row) for row in check_dataset(root).rows if not row.passed)


def test_both_halves_show_the_same_instant(opened):
    frame, episode = opened[2][5], synthetic(3)
    assert_same(frame.observations["top"], episode.trajectory.observations["top"][5])
    assert_same(frame.state, episode.trajectory.states[5])
    picture = (frame.row["observation.images.top"] * 255).permute(1, 2, 0).numpy()
    assert 10 * np.log10(255**2 / np.square(picture - episode.clips["top"].frames[5]).mean()) > 25


def test_an_episode_comes_back_whole(opened):
    record, episode = opened[0], synthetic(0)
    assert isinstance(record, Episode) and len(record) == 12 and len(list(record)) == 12
    assert record.versions == episode.versions and record.success and record.clips["front"].frames.shape == (12, 64, 64, 3)
    assert_same(tuple(record.trajectory.observations["front"]), episode.trajectory.observations["front"])
    assert_same(record.trajectory.states, episode.trajectory.states)


def test_episodes_come_in_order(opened):
    assert [record.scene.episode for record in opened] == [0, 1, 3] and len(opened) == 3


def test_an_episode_that_is_not_there_is_one_sentence(opened):
    with pytest.raises(InvalidValue, match="from 0 to 2"):
        opened[3]


def test_a_sound_dataset_passes_every_check(plain, labelled):
    assert not failures(plain) and not failures(labelled)
    assert any("off by at most" in row.figure for row in check_dataset(labelled).rows)


def test_what_is_not_a_dataset_is_one_sentence(tmp_path):
    with pytest.raises(DamagedDataset, match="not a dataset of SimGen.*again"):
        datasets.open(tmp_path)


@pytest.mark.parametrize("part", ["meta/info.json", "data", "meta/episodes", "videos"])
def test_a_missing_part_of_lerobots_half_is_one_sentence_and_asks_no_network(copy, part):
    whole = copy / part
    whole.unlink() if whole.is_file() else shutil.rmtree(whole)
    with pytest.raises(DamagedDataset, match="data"):
        datasets.open(copy)[0].rows[0]


def test_a_damaged_truth_file_is_found(copy):
    path = copy / "truth/episode_000001.h5"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DamagedDataset, match="episode_000001.h5"):
        datasets.open(copy)[1]
    assert "episode_000001.h5" in failures(copy)


def test_a_truth_of_another_length_is_found(copy):
    write(copy / "truth/episode_000000.h5", synthetic(0, frames=7))
    with pytest.raises(DamagedDataset, match="7 frames for 6 rows"):
        datasets.open(copy)[0]


def test_a_truth_of_another_episode_is_found(copy):
    shutil.copyfile(copy / "truth/episode_000000.h5", copy / "truth/episode_000001.h5")
    assert "was changed" in failures(copy)


def test_a_truncated_video_is_found(copy):
    file = next(copy.glob("videos/*/*/*.mp4"))
    file.write_bytes(file.read_bytes()[:-900])
    assert "FAILED  Every video file" in failures(copy)


def test_a_video_of_other_frames_is_found(copy, tmp_path):
    other = made(tmp_path / "other", (5, 6), frames=6, names=("cube",))
    inside = "videos/observation.images.front/chunk-000/file-000.mp4"
    shutil.copyfile(other / inside, copy / inside)
    assert "what the simulator drew" in failures(copy)


def test_a_changed_scene_is_found(copy):
    path = copy / "scenes/episode_000001.json"
    path.write_text(path.read_text().replace("0.6", "0.7"))
    assert "episode_000001.json was changed" in failures(copy)


def test_an_invented_class_is_found(tmp_path):
    episode = synthetic(0, frames=4)
    for seen in episode.trajectory.observations["front"]:
        seen.semantic[seen.instance == 3] = 199
    assert "class 199 is in no table" in failures(kept(tmp_path, episode))


def test_depth_without_a_body_is_found(tmp_path):
    episode = synthetic(0, frames=5)
    episode.trajectory.observations["top"][4].depth[:3, :3] = 1.0
    assert "depth and ids disagree" in failures(kept(tmp_path, episode))
