"""The page of an episode stands alone, shows every frame, and its numbers are the episode's."""

import base64
import importlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from analytic import episode
from PIL import Image

import simgen.view
from simgen.errors import CannotWrite, InvalidValue, MissingExtra
from simgen.observation import Trajectory
from simgen.view import view
from simgen.view.picture import pack_depth, pack_ids
from simgen.view.truth import plain

NASTY = 'push </script><script>alert("1")</script> <b>&amp; the cube</b>'
RUN = episode(18, (48, 32), instruction=NASTY)


class Reader(HTMLParser):
    """What a browser would make of a page: tags, addresses and the texts of scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.scripts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in {"src", "href", "srcset", "data", "action"}]
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.scripts and self.tags[-1] == "script":
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return view(RUN, tmp_path_factory.mktemp("page") / "episode.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def data(text):
    return json.loads(Reader(text).scripts[0])


def frame(camera, strip, number):
    """One frame of a strip, cut out of its sheet."""
    sheet, place = divmod(number, camera["framesASheet"])
    picture = np.array(Image.open(BytesIO(base64.b64decode(camera["strips"][strip][sheet]))).convert("RGB")).astype(int)
    row, column = divmod(place, camera["columns"])
    height, width = camera["height"], camera["width"]
    return picture[row * height : (row + 1) * height, column * width : (column + 1) * width]


def test_the_page_needs_nothing_from_elsewhere(text):
    page = Reader(text)
    assert not page.addresses and "link" not in page.tags and "iframe" not in page.tags
    assert "default-src 'none'" in text
    assert not re.findall(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", text)


def test_words_of_the_episode_never_become_markup(text, data):
    page = Reader(text)
    assert page.tags.count("script") == 2 and "b" not in page.tags
    assert "<b>" not in text and "innerHTML" not in text
    assert data["instruction"] == NASTY


def test_every_strip_has_every_frame_of_every_camera(data):
    assert [camera["name"] for camera in data["cameras"]] == ["front", "wrist"]
    for camera in data["cameras"]:
        assert list(camera["strips"]) == ["rgb", "depth", "segmentation", "edges", "flow", "normals", "albedo"]
        assert {len(sheets) for sheets in camera["strips"].values()} == {-(-18 // camera["framesASheet"])}


def test_the_page_holds_depth_to_the_millimetre_and_ids_exactly(data):
    for camera in data["cameras"]:
        for number, seen in enumerate(RUN.trajectory.observations[camera["name"]]):
            red, green, blue = np.moveaxis(frame(camera, "depth", number), -1, 0)
            metres, hit = (red * 65536 + green * 256 + blue) / 1000, np.isfinite(seen.depth)
            assert np.abs(metres[hit] - seen.depth[hit]).max() < 5.1e-4 and not metres[~hit].any()
            high, low, link = np.moveaxis(frame(camera, "segmentation", number), -1, 0)
            np.testing.assert_array_equal(high * 256 + low, seen.instance)
            np.testing.assert_array_equal(link - 1, seen.link)


def test_pictures_are_those_of_their_frame(data):
    for camera in data["cameras"]:
        for number in (0, 15, 16, 17):
            seen = RUN.trajectory.observations[camera["name"]][number]
            assert np.abs(frame(camera, "rgb", number) - seen.rgb).mean() < 6
            assert np.abs(frame(camera, "albedo", number) - seen.albedo).mean() < 6


def test_where_a_world_painted_the_simulators_picture_stands_beside_it():
    clips = {name: replace(clip, world="neural", source=("neural",) * 17 + ("raw",)) for name, clip in RUN.clips.items()}
    cameras = simgen.view.html.cameras(replace(RUN, clips=clips))
    assert "simulator" in cameras[0]["strips"]
    assert cameras[0]["source"][-2:] == ["neural", "raw"]


def test_far_depth_and_many_ids_survive_packing():
    packed = pack_depth(np.array([[0.0001, 70.0, 1e9, np.inf]], np.float32)).astype(int)
    assert (packed @ [65536, 256, 1]).tolist() == [[1, 70000, 2**24 - 1, 0]]
    assert pack_ids(np.array([[300]]), np.array([[-1]])).tolist() == [[[1, 44, 0]]]


def test_boxes_enclose_exactly_what_is_seen_of_a_body(data):
    for camera in data["cameras"]:
        for seen, boxes in zip(RUN.trajectory.observations[camera["name"]], camera["boxes"], strict=True):
            assert [box[0] for box in boxes] == [body.id for body in RUN.scene.bodies if (seen.instance == body.id).any()]
            for number, left, top, right, bottom in boxes:
                rows, columns = np.nonzero(seen.instance == number)
                assert (left, top, right, bottom) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_the_plots_are_the_states(data):
    lines = {line["name"]: line["values"] for plot in data["series"] for line in plot["lines"]}
    states = RUN.trajectory.states
    np.testing.assert_allclose(lines["progress"], RUN.progress, rtol=1e-5)
    np.testing.assert_allclose(lines["opening"], [1000 * state.gripper for state in states], rtol=1e-5)
    np.testing.assert_allclose(lines["sum"], [state.contacts.force.sum() for state in states], rtol=1e-5)
    groups = {plot["title"]: plot["group"] for plot in data["series"]}
    assert groups["joint position"] == groups["joint torque"] == "joints"
    assert [len(line["values"]) for plot in data["series"] for line in plot["lines"]] == [18] * sum(
        len(plot["lines"]) for plot in data["series"]
    )


def test_the_tables_are_the_states(data):
    for number, state in enumerate(RUN.trajectory.states):
        for body, row in zip(data["bodies"], RUN.base_links, strict=True):
            np.testing.assert_allclose(body["pose"][number], state.link_pose[row], rtol=1e-5, atol=1e-9)
        assert data["bodies"][0]["mass"][number] is None
        touching = data["contacts"][number]
        assert len(touching) == len(state.contacts)
        assert [one["force"] for one in touching] == sorted((one["force"] for one in touching), reverse=True)
    assert data["contacts"][-1][0]["a"]["name"] == "robot/finger" and data["contacts"][-1][0]["b"]["name"] == "red_cube"


def test_the_header_says_what_made_the_episode(data):
    facts = {name: (value, whole) for name, value, whole in data["facts"]}
    assert facts["seed"][0] == "7" and facts["scene"][1] == RUN.scene.sha256
    assert facts["simulator"][0] == "pybullet" and facts["world"][0] == "raw" and facts["frames"][0] == "18 at 20 Hz"
    assert data["success"] is True and data["versions"] == RUN.versions
    assert data["scene"] == json.loads(RUN.scene.json)
    assert [part["text"] for part in data["subtasks"]] == ["reach for the red cube", "push the red cube"]


def test_without_robot_or_task_there_is_no_plot_of_them():
    states = tuple(replace(state, joint_position=np.zeros(0), progress=float("nan")) for state in RUN.trajectory.states)
    bare = replace(RUN, trajectory=Trajectory(states, np.zeros((18, 0), np.float32), RUN.trajectory.observations))
    assert [plot["title"] for plot in simgen.view.html.series(bare)] == ["contact force"]


def test_what_is_not_finite_is_nothing_in_json():
    assert plain(np.array([1.23456789, np.nan, np.inf])) == [1.23457, None, None]


def test_a_page_replaces_the_one_before_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new" / "a.html"
    short = episode(2, (16, 16))
    assert view(short, path) == path and view(short, path).stat().st_size > 10_000
    assert [file.name for file in path.parent.iterdir()] == ["a.html"]


def test_a_datasets_page_lies_beside_it(tmp_path, monkeypatch):
    short = episode(2, (16, 16))
    monkeypatch.setattr(simgen.view.dataset, "open", lambda root: {4: short}, raising=False)
    assert view(tmp_path / "runs", episode=4) == tmp_path / "runs-episode-4.html"


def test_an_episode_without_frames_and_a_place_that_cannot_be_written_are_refused(tmp_path):
    with pytest.raises(InvalidValue, match="one frame"):
        view(replace(RUN, trajectory=Trajectory((), np.zeros((0, 4), np.float32))), tmp_path / "a.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="a.html"):
        view(episode(1, (16, 16)), tmp_path / "file" / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_script_is_sound_javascript(text, tmp_path):
    (tmp_path / "page.js").write_text(Reader(text).scripts[1])
    subprocess.run(["node", "--check", tmp_path / "page.js"], check=True, capture_output=True)


def test_a_page_stays_light(text):
    assert len(text) < 60_000 + 2 * 18 * 48 * 32 * 2


@pytest.mark.slow
def test_a_hundred_frames_of_two_cameras_stay_below_fifteen_megabytes(tmp_path):
    run = episode(100, (256, 256))
    noise = np.random.default_rng(0).integers(-6, 7, (100, 256, 256, 3))
    clips = {name: replace(clip, frames=np.clip(clip.frames + noise, 0, 255).astype(np.uint8)) for name, clip in run.clips.items()}
    assert view(replace(run, clips=clips), tmp_path / "a.html").stat().st_size < 15e6


def test_rerun_opens_what_is_written(tmp_path):
    pytest.importorskip("rerun")
    from simgen.view.rerun import view_rerun

    view_rerun(episode(2, (16, 16)), tmp_path / "episode.rrd")
    assert (tmp_path / "episode.rrd").stat().st_size > 1000


def test_without_rerun_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", None)
    monkeypatch.delitem(sys.modules, "simgen.view.rerun", raising=False)
    with pytest.raises(MissingExtra, match=r"simgen\[viewer\]"):
        importlib.import_module("simgen.view.rerun")
