"""Exported clips hold what was seen, frame for frame, under the names their readers look for."""

import json
from dataclasses import replace

import av
import numpy as np
import pytest
from analytic import episode
from PIL import Image

from simgen.controls import clip_controls, segmentation_colours
from simgen.errors import CannotWrite, InvalidValue, ShapeMismatch
from simgen.export import export_clip, export_mimic, write_video

MODALITIES = ("rgb", "depth", "segmentation", "shaded_seg", "edges")
SEEN = episode(5).trajectory.observations["wrist"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return export_clip(SEEN, tmp_path_factory.mktemp("clips"), rate=20, number=3, name="push", prompt="a robot pushes a cube")


def decoded(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(stream)])
        return frames, stream.average_rate, stream.codec_context.pix_fmt, stream.codec_context.name


def read(clip, modality, number=0):
    return np.array(Image.open(clip / modality / f"{modality}_{number:04d}.png"))


def test_every_modality_has_a_frame_and_a_film_frame_for_each_observation(clip):
    assert clip.name == "clip_0003"
    assert sorted(path.name for path in clip.iterdir() if path.is_dir()) == sorted((*MODALITIES, "depth_mm"))
    for modality in MODALITIES:
        assert len(list((clip / modality).glob(f"{modality}_*.png"))) == len(SEEN)
        frames, rate, pixels, codec = decoded(clip / f"{modality}.mp4")
        assert frames.shape == (len(SEEN), 48, 64, 3)
        assert (rate, pixels, codec) == (20, "yuv420p", "h264")


def test_frames_are_the_control_maps_exactly(clip):
    for number, (seen, maps) in enumerate(zip(SEEN, clip_controls(SEEN), strict=True)):
        np.testing.assert_array_equal(read(clip, "rgb", number), seen.rgb)
        np.testing.assert_array_equal(read(clip, "segmentation", number), segmentation_colours(seen.instance))
        np.testing.assert_array_equal(read(clip, "edges", number), np.repeat(maps.edge[..., None], 3, -1))
        np.testing.assert_array_equal(read(clip, "depth", number)[..., 0], np.rint(255 * maps.depth))


def test_films_show_the_frames_of_their_folder(clip):
    for modality in MODALITIES:
        film = decoded(clip / f"{modality}.mp4")[0].astype(int)
        for number, frame in enumerate(film):
            assert np.abs(frame[..., 1] - read(clip, modality, number)[..., 1]).mean() < 8


def test_a_film_keeps_the_order_of_its_frames(tmp_path):
    greys = np.array([30, 200, 90, 240, 10])
    write_video(tmp_path / "greys.mp4", np.ones((5, 32, 48, 3), np.uint8) * greys[:, None, None, None].astype(np.uint8), 10)
    assert np.abs(decoded(tmp_path / "greys.mp4")[0].mean(axis=(1, 2, 3)) - greys).max() < 3


def test_depth_in_millimetres_is_exact_and_zero_where_nothing_was_hit(clip):
    depth = SEEN[2].depth
    millimetres = read(clip, "depth_mm", 2)
    hit = np.isfinite(depth)
    assert millimetres.dtype == np.uint16 and not hit.all()
    assert np.abs(millimetres[hit] / 1000 - depth[hit]).max() <= 5.1e-4
    assert not millimetres[~hit].any()


def test_depth_beyond_sixteen_bits_stays_far(tmp_path):
    seen = replace(SEEN[0], depth=np.full_like(SEEN[0].depth, 100.0))
    assert np.all(read(export_clip([seen], tmp_path, rate=20), "depth_mm") == 65535)


def test_the_spec_is_what_cosmos_transfer_reads_and_its_paths_exist(clip):
    spec = json.loads((clip / "control.json").read_text())
    assert set(spec) == {"name", "prompt", "video_path", "edge", "depth", "seg", "vis"}
    assert spec["name"] == "push" and spec["prompt"] == "a robot pushes a cube"
    for control in ("edge", "depth", "seg"):
        assert set(spec[control]) == {"control_path", "control_weight"}
        assert (clip / spec[control]["control_path"]).is_file()
    assert set(spec["vis"]) == {"control_weight"}
    assert (clip / spec["video_path"]).is_file()


def test_only_the_controls_with_a_weight_are_asked_for(tmp_path):
    spec = json.loads((export_clip(SEEN[:1], tmp_path, rate=20, weights={"edge": 1.0}) / "control.json").read_text())
    assert spec["edge"] == {"control_path": "edges.mp4", "control_weight": 1.0}
    assert not {"depth", "seg", "vis"} & set(spec)


def test_photographs_take_the_place_of_the_simulators_picture(tmp_path):
    photographs = np.full((2, 48, 64, 3), 77, dtype=np.uint8)
    blind = [replace(seen, rgb=None) for seen in SEEN[:2]]
    assert np.all(read(export_clip(blind, tmp_path, rate=20, frames=photographs), "rgb") == 77)


def test_mimic_names_and_counts(tmp_path):
    paths = export_mimic(SEEN, tmp_path, rate=20, number=7)
    endings = ("", "_segmentation", "_normals", "_depth", "_shaded_segmentation")
    assert {path.name for path in paths} == {f"demo_7_wrist{ending}.mp4" for ending in endings}
    assert all(len(decoded(path)[0]) == len(SEEN) for path in paths)


def test_an_odd_size_is_refused_before_anything_is_written(tmp_path):
    odd = episode(1, (63, 48)).trajectory.observations["front"]
    with pytest.raises(InvalidValue, match="even"):
        export_clip(odd, tmp_path / "out", rate=20)
    assert not list(tmp_path.rglob("*.mp4")) and not list(tmp_path.rglob("*.png"))


def test_what_cannot_be_exported_is_refused_in_one_sentence(tmp_path):
    blind = [replace(SEEN[0], rgb=None)]
    for problem, options in (
        ("draws=True", {"observations": blind}),
        ("at least one", {"observations": []}),
        ("at least 1", {"observations": SEEN[:1], "rate": 0}),
        ("one of edge", {"observations": SEEN[:1], "weights": {"lidar": 1.0}}),
        ("from 0 to 1", {"observations": SEEN[:1], "weights": {"edge": 1.5}}),
    ):
        with pytest.raises(InvalidValue, match=problem):
            export_clip(**({"folder": tmp_path / "out", "rate": 20} | options))
    with pytest.raises(ShapeMismatch, match="frames"):
        export_clip(SEEN, tmp_path, rate=20, frames=np.zeros((2, 48, 64, 3), np.uint8))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="clip_0000"):
        export_clip(SEEN[:1], tmp_path / "file", rate=20)
    with pytest.raises(CannotWrite):
        export_mimic(SEEN[:1], tmp_path / "file", rate=20)


def test_a_film_of_nothing_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="one frame"):
        write_video(tmp_path / "a.mp4", [], 20)
