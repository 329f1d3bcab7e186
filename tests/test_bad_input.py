"""What a user gets for a mistake: one sentence naming the file and the key, exit status 2, and nothing half-written."""

import copy
import errno
import os

import pytest
import trimesh
import yaml
from plain import SCENE, plain

from simgen.cli import main


def changed(path: str, value: object) -> dict:
    """The scene with one key, dotted, set to something else."""
    scene = copy.deepcopy(SCENE)
    *way, last = path.split(".")
    place = scene
    for key in way:
        place = place.setdefault(key, {})
    place[last] = value
    return scene


@pytest.fixture
def said(tmp_path, capsys):
    """Runs `simgen generate` on a scene and gives what it said, having checked that it failed as it should."""

    def generate(scene: dict | str, *more: str, out: str = "data") -> str:
        file = tmp_path / "tiny.yaml"
        file.write_text(scene if isinstance(scene, str) else yaml.safe_dump(scene))
        before = sorted(tmp_path.rglob("*"))
        assert main(["generate", str(file), "--out", str(tmp_path / out), "--episodes", "1", "--workers", "1", *more]) == 2
        error = capsys.readouterr().err
        assert error.startswith("simgen: ") and error.count("\n") == 1 and "Traceback" not in error
        assert sorted(tmp_path.rglob("*")) == before
        return error

    return generate


def test_the_scene_itself_is_fine(tmp_path):
    assert (
        main(["generate", str(plain(tmp_path)), "--out", str(tmp_path / "data"), "--world", "raw", "--episodes", "1", "--workers", "1"])
        == 0
    )


def test_an_unknown_scene(tmp_path, capsys):
    assert main(["generate", "pick_plaec", "--out", str(tmp_path / "data")]) == 2
    assert "Did you mean 'pick_place'?" in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("bodies.cube.colur", "red", ["tiny.yaml", "bodies.cube.colur", "colour"]),
        ("task.roles.target", "cub", ["tiny.yaml", "task.roles.target", "cube"]),
        ("bodies.cube.place", [{"on_top_of": "tabel"}], ["tiny.yaml", "bodies.cube.place", "table"]),
        ("bodies.cube.shape", {"mesh": {"file": "gone.obj"}}, ["tiny.yaml", "bodies.cube.shape", "gone.obj"]),
        ("bodies.cube.texture", "gone.png", ["tiny.yaml", "bodies.cube.texture", "gone.png"]),
        ("bodies.cube.label", "cubes", ["tiny.yaml", "bodies.cube.label", "cube"]),
        ("bodies.cube.shape", {"box": {"size": [0.05, 0.0, 0.05]}}, ["tiny.yaml", "bodies.cube.shape", "greater than 0"]),
        ("bodies.cube.shape", {"sphere": {"radius": -0.1}}, ["tiny.yaml", "bodies.cube.shape", "greater than 0"]),
        ("bodies.cube.mass", 0, ["tiny.yaml", "bodies.cube.mass", "greater than 0"]),
        ("bodies.cube.mass", {"uniform": [-1, 1]}, ["tiny.yaml", "bodies.cube.mass", "greater than 0"]),
        ("bodies.cube.mass", float("nan"), ["tiny.yaml", "bodies.cube.mass", "finite"]),
        ("gravity", [0, 0, float("inf")], ["tiny.yaml", "gravity", "finite"]),
        ("weather.visibility_m", -5.0, ["tiny.yaml", "weather.visibility_m", "greater than 0"]),
        ("weather.preset", "rian", ["tiny.yaml", "weather", "rain"]),
        ("weather", {"preset": "rain", "level": 7}, ["tiny.yaml", "weather", "7"]),
        ("light.cloud_cover", 1.5, ["tiny.yaml", "light.cloud_cover", "1"]),
        ("schema_version", 2, ["tiny.yaml", "schema_version", "1"]),
        ("task.name", "reech", ["reech", "Did you mean 'reach'?"]),
        ("robot", {"name": "pandda"}, ["pandda", "panda"]),
    ],
)
def test_a_mistake_in_the_file(said, path, value, words):
    sentence = said(changed(path, value))
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize("content", [b"", b"v 0 0 0\n", b"this is not a mesh"])
def test_a_mesh_that_is_empty(said, tmp_path, content):
    (tmp_path / "empty.obj").write_bytes(content)
    sentence = said(changed("bodies.cube.shape", {"mesh": {"file": "empty.obj"}}))
    assert "bodies.cube.shape" in sentence and "empty.obj" in sentence


def test_a_mesh_beside_the_file_is_found(tmp_path):
    trimesh.creation.icosphere(radius=0.03).export(tmp_path / "ball.obj")
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(changed("bodies.cube.shape", {"mesh": {"file": "ball.obj"}})))
    assert main(["generate", str(file), "--out", str(tmp_path / "data"), "--world", "raw", "--episodes", "1", "--workers", "1"]) == 0


def test_an_impossible_placement_says_what_stood_in_the_way(said):
    scene = changed("bodies.cube.count", 40)
    scene["bodies"]["cube"]["place"] = [{"on_top_of": "table", "region": [[0.0, 0.05], [0.0, 0.05]]}]
    scene["task"]["roles"]["target"] = "table"
    sentence = said(scene)
    assert "tiny" in sentence and "tries" in sentence and "room" in sentence


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "name: [unclosed", "schema_version: 1\nschema_version: 1\n"])
def test_a_file_that_is_no_scenario(said, text):
    assert "tiny.yaml" in said(text)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_nothing(said, monkeypatch, number):
    def refuses(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "mkdir", refuses)
    assert os.strerror(number).lower() in said(SCENE)


def test_an_output_inside_a_file(said, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "file" in said(SCENE, out="file/data")


def test_an_output_that_cannot_exist(capsys):
    assert main(["generate", "reach", "--out", "/proc/simgen", "--episodes", "1"]) == 2
    assert capsys.readouterr().err.startswith("simgen: Cannot write")
