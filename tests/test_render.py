"""A recorded dataset photographed anew: other colours, the same physics; and nothing lost by a kill."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from signal import SIGKILL

import numpy as np
import pytest
from plain import plain

from simgen.dataset import open as open_dataset
from simgen.dataset.foreign import Foreign
from simgen.errors import InvalidValue, NoControls, OtherAssets, UnknownName
from simgen.photography import prospects
from simgen.record import record
from simgen.render import render
from simgen.testing import check_dataset

SNOW = {"world": "preview", "gate": "off", "weather": "snow:4", "light": "dusk", "seed": 7, "workers": 1}


def truths(root: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((root / "truth").glob("*.h5"))]


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """Two labelled episodes of the simulator's own pictures."""
    folder = tmp_path_factory.mktemp("source")
    return record(plain(folder), folder / "data", world="raw", episodes=2, seed=4, workers=1, labels="lerobot")


@pytest.fixture(scope="module")
def snowy(source, tmp_path_factory) -> Path:
    return render(source, tmp_path_factory.mktemp("snowy") / "data", **SNOW)


@pytest.fixture(scope="module")
def strange(source, tmp_path_factory) -> Path:
    """The same dataset as someone without SimGen would have it."""
    copy = shutil.copytree(source, tmp_path_factory.mktemp("strange") / "data")
    (copy / "meta/simgen.json").unlink()
    shutil.rmtree(copy / "truth")
    shutil.rmtree(copy / "scenes")
    return copy


def test_the_truth_is_the_same_to_the_last_byte_and_the_rest_passes_every_check(source, snowy):
    assert truths(snowy) == truths(source)
    assert check_dataset(snowy).passed, check_dataset(snowy)


def test_whoever_judges_photographs_taken_anew_looks_through_the_same_drops(source, tmp_path):
    root = render(source, tmp_path / "drops", world="neural", sensor="rainy_lens:5", seed=7, workers=1, episodes=[0], gate="off")
    record = open_dataset(root)[0]
    camera, frames = next(iter(record.trajectory.observations.items()))

    def off(seed: int | None) -> float:
        found = prospects(record.scene, record.trajectory.states[:1], {camera: frames[:1]}, worlds_of={camera: "neural"}, seed=seed)
        return float(np.abs(found[camera].references[0].astype(int) - record.clips[camera].frames[0]).mean())

    assert off(record.world_seed) < 0.8 * off(None)


def test_rows_keep_their_actions_and_states(source, snowy):
    one, other = open_dataset(source).lerobot.hf_dataset, open_dataset(snowy).lerobot.hf_dataset
    for key in ("action", "observation.state", "timestamp", "next.success", "gt.cube.pose_wxyz"):
        assert np.array_equal(np.array(one[key]), np.array(other[key]), equal_nan=True), key


def test_weather_changes_colours_but_not_controls(source, snowy):
    one, other = open_dataset(source)[1], open_dataset(snowy)[1]
    for camera in one.clips:
        assert np.abs(one.clips[camera].frames.astype(float) - other.clips[camera].frames).mean() > 5
        for a, b in zip(one.trajectory.observations[camera][:3], other.trajectory.observations[camera][:3], strict=True):
            assert np.array_equal(a.depth, b.depth) and np.array_equal(a.instance, b.instance)


def test_pairs_share_a_name_and_the_new_one_names_the_old(source, snowy):
    one, other = open_dataset(source).columns, open_dataset(snowy).columns
    assert one["simgen/pair"].tolist() == other["simgen/pair"].tolist() and one["simgen/pair"].nunique() == 2
    assert other["simgen/rendered_from"].tolist() == ["data/0", "data/1"] and set(one["simgen/rendered_from"]) == {""}


def test_every_episode_draws_its_own_weather_and_says_so(snowy):
    dataset = open_dataset(snowy)
    assert set(dataset.columns["simgen/weather"]) == {"snow:4"} and set(dataset.columns["simgen/light"]) == {"dusk:3"}
    assert dataset.columns["simgen/weather/snow_mm_h"].nunique() == 2
    assert dataset[0].scene.weather.preset == "snow" and dataset[0].simulated.weather.preset != "snow"
    assert all("snow" in caption.lower() for caption in dataset.columns["simgen/caption"])


def test_the_same_seed_makes_the_same_photographs_and_another_one_other_weather(source, snowy, tmp_path):
    again = render(source, tmp_path / "again", **SNOW, episodes=[1])
    other = render(source, tmp_path / "other", **SNOW | {"seed": 8}, episodes=[1])
    assert np.array_equal(open_dataset(again)[0].clips["front"].frames, open_dataset(snowy)[1].clips["front"].frames)
    amounts = [open_dataset(root).columns["simgen/weather/snow_mm_h"].iloc[-1] for root in (snowy, other)]
    assert amounts[0] != amounts[1]


def test_new_materials_change_what_surfaces_look_like_and_nothing_else(source, tmp_path):
    root = render(source, tmp_path / "painted", world="preview", gate="off", materials=True, workers=1, episodes=[0])
    one, other = open_dataset(source)[0], open_dataset(root)[0]
    old, new = one.trajectory.observations["front"][0], other.trajectory.observations["front"][0]
    assert (old.albedo != new.albedo).any() and np.array_equal(old.depth, new.depth) and new.rgb is None
    assert one.columns["simgen/pair"] == other.columns["simgen/pair"] and check_dataset(root).passed


def test_a_killed_rendering_goes_on_where_it_stopped(source, snowy, tmp_path):
    out, partial = tmp_path / "data", tmp_path / "data.partial"
    flags = "--world preview --gate off --weather snow:4 --light dusk --seed 7 --workers 1".split()
    command = [sys.executable, "-m", "simgen.cli", "render", str(source), "--out", str(out), *flags]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 200
    while not list(partial.glob("episode_*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, SIGKILL)
    process.wait()
    assert not out.exists()
    kept = {path: path.stat().st_mtime_ns for path in partial.glob("episode_*")}
    assert kept
    subprocess.run(command, check=True, capture_output=True)
    assert truths(out) == truths(snowy) and not partial.exists()
    assert np.array_equal(open_dataset(out)[0].clips["front"].frames, open_dataset(snowy)[0].clips["front"].frames)


def test_what_cannot_be_rendered_is_one_sentence_and_leaves_nothing(source, tmp_path):
    wrong = [
        (InvalidValue, "draws weather", {"world": "raw", "weather": "rain"}),
        (UnknownName, "Did you mean 'rain'", {"world": "preview", "weather": "rian"}),
        (InvalidValue, "level", {"world": "preview", "weather": "rain:7"}),
        (UnknownName, "Did you mean 'preview'", {"world": "previw"}),
        (InvalidValue, "from 0 to 1", {"world": "preview", "episodes": [2]}),
        (UnknownName, "gate", {"world": "preview", "gate": "open"}),
    ]
    for error, words, options in wrong:
        with pytest.raises(error, match=words):
            render(source, tmp_path / "out", **options)
    assert not list(tmp_path.iterdir())


def test_files_that_changed_since_the_recording_are_noticed(source, tmp_path, monkeypatch):
    monkeypatch.setattr("simgen.render.recorded.digests", lambda *_: {name: "0" * 64 for name in open_dataset(source)[0].scene.assets})
    with pytest.raises(OtherAssets, match="not the file that this dataset was recorded with"):
        render(source, tmp_path / "out", world="preview")


def test_a_dataset_that_is_not_simgens_is_photographed_from_its_depth_and_segmentation(source, strange, tmp_path):
    root = render(strange, tmp_path / "rainy", world="preview", light="golden_hour", workers=1)
    one, other = Foreign(strange), Foreign(root)
    assert np.array_equal(np.array(one.lerobot.hf_dataset["action"]), np.array(other.lerobot.hf_dataset["action"]))
    for a, b in zip(one.observations(0)["front"], other.observations(0)["front"], strict=True):
        assert np.array_equal(a.depth, b.depth) and np.array_equal(a.semantic, b.semantic)
        assert np.abs(a.rgb.astype(float) - b.rgb).mean() > 5
    assert other.lerobot[0]["simgen.source.front"] == "preview" and other.lerobot[0]["task"] == one.lerobot[0]["task"]
    exact = open_dataset(source)[0].trajectory.observations["front"][0]
    there = one.observations(0)["front"][0]
    assert np.allclose(there.view.world_T_camera.matrix, exact.view.world_T_camera.matrix, atol=1e-5)
    seen = np.isfinite(exact.depth) & np.isfinite(there.depth)
    assert np.median((exact.normal * there.normal).sum(-1)[seen]) > 0.95


def test_the_raw_world_passes_a_foreign_picture_through(strange, tmp_path):
    root = render(strange, tmp_path / "same", world="raw", workers=1, episodes=[1])
    one, other = Foreign(strange).observations(1)["front"][0], Foreign(root).observations(0)["front"][0]
    assert np.abs(one.rgb.astype(float) - other.rgb).mean() < 3


def test_pictures_without_controls_cannot_be_rendered(strange, tmp_path):
    bare = record(plain(tmp_path), tmp_path / "bare", world="raw", episodes=1, workers=1)
    (bare / "meta/simgen.json").unlink()
    with pytest.raises(NoControls, match="depth and segmentation"):
        render(bare, tmp_path / "out", world="preview")
    with pytest.raises(InvalidValue, match="--materials"):
        render(strange, tmp_path / "out", world="preview", materials=True)
    assert not (tmp_path / "out.partial").exists()
