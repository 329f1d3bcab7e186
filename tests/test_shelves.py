"""Names become files: on a shelf, beside a scenario, inside a package, or nowhere, in one sentence."""

import hashlib
from pathlib import Path

import pytest

from simgen import shelves
from simgen.errors import AssetError, UnknownName


def test_the_shelves_of_a_checkout_stand_beside_the_package():
    for name in ("scenes", "controlnets", "policies", "assets"):
        assert shelves.shelf(name).is_dir()


def test_every_scene_is_found_by_its_name():
    assert "pick_place" in shelves.scenes()
    for name, path in shelves.scenes().items():
        assert shelves.scene(name) == path and path.stem == name and path.is_file()


@pytest.mark.parametrize("suffix", [".yaml", ".yml"])
def test_a_scene_may_be_a_file_anywhere(tmp_path, suffix):
    mine = tmp_path / f"mine{suffix}"
    mine.write_text("name: mine\n")
    assert shelves.scene(mine) == mine and shelves.scene(str(mine)) == mine


def test_an_unknown_scene_is_guessed():
    with pytest.raises(UnknownName, match="Did you mean 'pick_place'"):
        shelves.scene("pick_plac")


@pytest.mark.parametrize("name", ["/nowhere/at_all.yaml", "", "."])
def test_what_is_no_scene_is_said_to_be_none(name):
    with pytest.raises(UnknownName, match="^No scene is called"):
        shelves.scene(name)


def test_an_asset_beside_the_scenario_comes_before_the_shelf(tmp_path):
    robot = "panda/robot.yaml"
    assert shelves.asset(robot, beside=tmp_path) == shelves.shelf("assets") / robot
    (tmp_path / "panda").mkdir()
    (tmp_path / robot).write_text("mine")
    assert shelves.asset(robot, beside=tmp_path) == tmp_path / robot


def test_an_asset_may_be_an_absolute_path(tmp_path):
    mesh = tmp_path / "cup.obj"
    mesh.write_text("v 0 0 0\n")
    assert shelves.asset(str(mesh)) == mesh


def test_an_asset_may_lie_in_a_package():
    assert shelves.asset("package://pybullet_data/plane.urdf").is_file()


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ("nowhere/cup.obj", "no such file; looked at .*assets/nowhere/cup.obj"),
        ("/nowhere/cup.obj", "no such file; looked at /nowhere/cup.obj"),
        ("package://pybullet_data/nowhere.urdf", "no such file"),
        ("package://no_such_package/cup.obj", "'no_such_package' is not installed"),
        ("", "no such file"),
    ],
)
def test_a_missing_asset_says_where_it_was_sought(reference, complaint):
    with pytest.raises(AssetError, match=complaint):
        shelves.asset(reference)


def test_a_digest_is_sha256_and_follows_the_file(tmp_path):
    file = Path(tmp_path / "a")
    for content in (b"one", b"another"):
        file.write_bytes(content)
        assert shelves.sha256(file) == hashlib.sha256(content).hexdigest()
