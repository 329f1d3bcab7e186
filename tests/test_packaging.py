"""A built wheel, installed where no checkout is, finds its shelves; what git ignores stays at home."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TREE = ("simgen", "scenes", "controlnets", "policies", "assets", "pyproject.toml", "README.md", "LICENSE", ".gitignore")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel of a copy of the tree, in which somebody left a secret where git ignores it."""
    tree, made = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / name)
    for ignored in ("assets/panda/out/secret.key", "scenes/__pycache__/old.pyc", "simgen/build/left.py"):
        (tree / ignored).parent.mkdir(parents=True)
        (tree / ignored).write_text("secret")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(made), str(tree)]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = made.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def members(wheel) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_every_file_of_a_shelf_is_inside_the_package_but_the_pictures_of_the_readme(members):
    for shelf in ("scenes", "controlnets", "policies", "assets"):
        left_out = {"__pycache__", "pictures"}
        files = [file for file in (ROOT / shelf).rglob("*") if file.is_file() and not left_out & {*file.parts}]
        assert {f"simgen/_data/{file.relative_to(ROOT).as_posix()}" for file in files} <= members
    assert any(name.startswith("simgen/_data/scenes/") for name in members)
    assert not any("assets/pictures" in name for name in members)


def test_nothing_that_git_ignores_is_inside(members):
    assert not [name for name in members if "secret" in name or "pycache" in name or "simgen/build" in name]


def test_the_wheel_plants_nothing_beside_its_package(members):
    assert {name.split("/")[0].split("-")[0] for name in members} == {"simgen"}


def test_the_wheel_carries_its_licence_and_its_command(wheel):
    archive = zipfile.ZipFile(wheel)
    info = next(name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name)
    assert "Apache License" in archive.read(f"{info}/licenses/LICENSE").decode()
    assert "simgen = simgen.cli:main" in archive.read(f"{info}/entry_points.txt").decode()


def test_an_installed_wheel_finds_its_shelves(wheel, tmp_path):
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    elsewhere.mkdir()
    install = ["install", "--quiet", "--no-index", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, capture_output=True)
    program = f"""
import sys
import simgen
from simgen import shelves
from simgen.scenario.robot import robot_model

assert {str(ROOT)!r} not in sys.path, sys.path
assert simgen.__file__.startswith({str(target)!r}), simgen.__file__
print(shelves.scene("pick_place"))
print(shelves.asset(robot_model("panda").urdf))
print(len(shelves.scenes()))
"""
    # -S: no site, so that the editable install of the checkout stays out of the path and its third parties stay in
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(target), sysconfig.get_path("purelib")])}
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=elsewhere, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    scene, urdf, count = done.stdout.splitlines()
    assert scene == str(target / "simgen/_data/scenes/pick_place.yaml")
    assert Path(urdf).is_file()
    assert int(count) == len(list((ROOT / "scenes").glob("*.yaml")))
