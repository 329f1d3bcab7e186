"""What is known of a photograph beside its pixels: who drew it, what the gate said, and which run it shows."""

import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest
from synthetic import synthetic
from test_truth import assert_same

from simgen import dataset as datasets
from simgen.dataset import truth
from simgen.dataset.columns import pair
from simgen.dataset.photographs import Photographs
from simgen.dataset.store import Store
from simgen.dataset.truth_writer import write
from simgen.errors import ShapeMismatch
from simgen.scenario.weather import Weather
from simgen.testing.dataset import check_dataset
from simgen.verify import Adherence
from simgen.world import Clip

FRAMES = 6


def judged(episode, *failed: int):
    """The same episode, of which some frames of the front camera fail the gate and were drawn by another world."""
    frames = [Adherence(t not in failed, 0.2 if t in failed else 0.9, {"lost": 0.1 * t, "frozen": float("nan")}) for t in range(FRAMES)]
    source = tuple("preview" if t in failed else "painted" for t in range(FRAMES))
    clips = {camera: Clip(clip.frames, "painted", source) for camera, clip in episode.clips.items()}
    return replace(episode, clips=clips, adherence=dict.fromkeys(episode.clips, tuple(frames)))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("judged") / "data", {})
    store.write(judged(synthetic(0, frames=FRAMES)))
    store.write(judged(synthetic(1, frames=FRAMES), 2, 3))
    return store.finish([0, 1])


def test_what_the_gate_said_comes_back_frame_by_frame(root):
    record, said = datasets.open(root)[1], judged(synthetic(1, frames=FRAMES), 2, 3)
    assert record.clips["front"].source == said.clips["front"].source and record.clips["front"].world == "painted"
    for there, here in zip(record.adherence["top"], said.adherence["top"], strict=True):
        assert there.passed == here.passed and there.score == pytest.approx(here.score)
        assert there.metrics == pytest.approx(here.metrics, nan_ok=True)


def test_lerobot_reads_validity_and_metrics_as_it_reads_any_number(root):
    lerobot = datasets.open(root).lerobot
    assert lerobot.meta.features["simgen.adherence.front"]["names"] == ["lost", "frozen", "score"]
    assert [bool(lerobot[FRAMES + t]["simgen.valid.front"]) for t in range(FRAMES)] == [True, True, False, False, True, True]
    assert lerobot[FRAMES + 2]["simgen.source.front"] == "preview"


def test_an_episode_counts_its_invalid_frames(root):
    table = datasets.open(root).columns
    assert table["simgen/invalid_frames"].tolist() == [0, 4] and table["simgen/measured_frames"].tolist() == [12, 12]
    assert table["simgen/adherence_mean"].tolist() == pytest.approx([0.9, (4 * 0.9 + 2 * 0.2) / 6])


def test_an_episode_that_nobody_measured_says_so(plain):
    dataset = datasets.open(plain)
    assert set(dataset.columns["simgen/measured_frames"]) == {0} and dataset.columns["simgen/adherence_mean"].isna().all()
    assert dataset[0].adherence == {} and dataset[0].clips["top"].source == ("raw",) * 12
    assert not [name for name in dataset.lerobot.meta.features if name.startswith(("simgen.valid", "simgen.adherence"))]


def test_a_sound_dataset_passes_the_check_and_a_wrong_count_does_not(root, tmp_path):
    assert check_dataset(root).passed
    copy = shutil.copytree(root, tmp_path / "data")
    file = next(copy.glob("meta/episodes/*/*.parquet"))
    table = datasets.open(copy).columns.assign(**{"simgen/invalid_frames": [0, 3]})
    table.to_parquet(file)
    failed = [row.figure for row in check_dataset(copy).rows if not row.passed]
    assert failed == [f"{copy}/truth/episode_000001.h5: 4 frames invalid, the episode says otherwise"]


def test_a_run_has_one_name_however_it_is_photographed():
    episode = synthetic(0, frames=FRAMES)
    rainy = episode.scene.model_copy(update={"weather": Weather(rain_mm_h=10.0)})
    assert pair(replace(episode, scene=rainy, simulated=episode.scene, clips={})) == pair(episode)
    assert pair(synthetic(1, frames=FRAMES)) != pair(episode) != pair(synthetic(0, frames=FRAMES, seed=1))


def test_the_physics_keeps_its_scene_where_another_was_photographed(tmp_path):
    episode = synthetic(0, frames=FRAMES)
    rainy = type(episode.scene).model_validate(episode.scene.model_dump() | {"weather": {"rain_mm_h": 10.0}})
    store = Store(tmp_path / "data", {})
    store.write(replace(episode, scene=rainy, simulated=episode.scene, rendered_from="rolling/0"))
    record = datasets.open(store.finish([0]))[0]
    assert (record.scene, record.simulated, record.truth.scene) == (rainy, episode.scene, episode.scene)
    assert record.columns["simgen/weather/rain_mm_h"] == 10.0 and record.rendered_from == "rolling/0"
    assert check_dataset(tmp_path / "data").passed
    write(tmp_path / "own.h5", episode)
    assert (tmp_path / "own.h5").read_bytes() == record.truth.path.read_bytes()


def test_a_truth_file_that_is_there_already_is_taken_as_it_stands(tmp_path):
    write(tmp_path / "old.h5", synthetic(0, frames=FRAMES))
    with h5py.File(tmp_path / "old.h5", "a") as file:
        file.attrs["note"] = "mine"
    store = Store(tmp_path / "data", {})
    store.write(synthetic(0, frames=FRAMES), truth=tmp_path / "old.h5")
    assert (store.finish([0]) / "truth/episode_000000.h5").read_bytes() == (tmp_path / "old.h5").read_bytes()


def test_a_truth_file_of_the_first_format_is_read_and_knows_no_roughness(tmp_path):
    episode = synthetic(0, frames=FRAMES)
    write(tmp_path / "old.h5", episode)
    with h5py.File(tmp_path / "old.h5", "a") as file:
        file.attrs["format"] = 1
        for camera in episode.clips:
            del file[f"camera/{camera}/roughness"], file[f"camera/{camera}/metallic"]
    seen = episode.trajectory.observations["top"][2]
    with truth.Truth(tmp_path / "old.h5") as old:
        assert_same(old.observation("top", 2), replace(seen, roughness=None, metallic=None))


def test_light_is_appearance_and_not_kept(tmp_path):
    episode = synthetic(0, frames=FRAMES)
    lit = {
        camera: tuple(replace(one, light=np.ones((64, 64, 3), np.float32)) for one in seen)
        for camera, seen in episode.trajectory.observations.items()
    }
    write(tmp_path / "dark.h5", episode)
    write(tmp_path / "lit.h5", replace(episode, trajectory=replace(episode.trajectory, observations=lit)))
    assert (tmp_path / "dark.h5").read_bytes() == (tmp_path / "lit.h5").read_bytes()


def test_a_gate_that_missed_a_frame_is_refused():
    clip = Clip(np.zeros((3, 2, 2, 3), np.uint8), "painted", ("painted",) * 3)
    with pytest.raises(ShapeMismatch, match="adherence"):
        Photographs.of(clip, [Adherence(True, 1.0, {})])
