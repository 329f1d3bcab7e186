"""Drawing a Scene: each value from its own stream, the same in every process."""

import hashlib
import os
import subprocess
import sys

import pytest
import yaml
from furniture import TABLE, cube, tray

from simgen.errors import InvalidScenario
from simgen.scenario import Scene, draw, load

RICH = {
    "schema_version": 1,
    "name": "rich",
    "duration": {"uniform": [5, 9]},
    "cameras": {"front": {"position": [{"normal": {"mean": 1.5, "std": 0.1}}, 0, 1], "look_at": [0.4, 0, 0]}},
    "light": {"elevation_deg": {"truncated_normal": {"mean": 50, "std": 20, "low": 10, "high": 80}}},
    "robot": None,
    "task": {"name": "push", "roles": {"object": "dice"}, "settings": {"reach": {"log_uniform": [0.1, 0.3]}}},
    "bodies": {
        "table": TABLE,
        "bin": tray(place=[{"on_top_of": "table"}], orientation={"yaw_deg": {"uniform": [0, 90]}}),
        "dice": {
            "shape": {"choice": [{"box": {"size": [{"uniform": [0.03, 0.05]}, 0.04, 0.04]}}, {"sphere": {"radius": 0.02}}]},
            "colour": {"choice": ["red", "green", "blue"]},
            "mass": {"uniform": [0.05, 0.2]},
            "friction": {"uniform": [0.2, 1.0]},
            "place": [{"next_to": "bin", "distance": {"uniform": [0.05, 0.1]}}, {"on_top_of": "table"}],
        },
        "rod": {"shape": {"cylinder": {"radius": 0.01, "height": 0.1}}, "place": [{"clutter_on": "table"}], "count": {"integer": [0, 4]}},
        "mat": cube(position=[0.9, 0.6, 0.02], colour=[{"uniform": [0, 1]}, 0, 1]),
    },
}


def rich(**changes) -> dict:
    """The scenario above, with other values for some of the dice's keys."""
    return RICH | {"bodies": RICH["bodies"] | {"dice": RICH["bodies"]["dice"] | changes}}


@pytest.fixture
def written(tmp_path):
    def write(data: dict):
        (tmp_path / "rich.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
        return load(tmp_path / "rich.yaml")

    return write


def test_one_seed_is_one_scene_in_a_fresh_process_too(written):
    scenario = written(RICH)
    code = "import sys; from simgen.scenario import draw, load; print(draw(load(sys.argv[1]), 7, 6).json)"
    environment = os.environ | {"PYTHONHASHSEED": "random"}
    fresh = subprocess.run([sys.executable, "-c", code, scenario.file], capture_output=True, text=True, check=True, env=environment)
    batch = [draw(scenario, 7, episode) for episode in range(10)]
    assert fresh.stdout.strip() == batch[6].json
    assert len({scene.sha256 for scene in batch}) == 10


def test_a_scene_reads_back_from_its_own_json(written):
    scene = draw(written(RICH), 0, 3)
    assert Scene.model_validate_json(scene.json).sha256 == scene.sha256


def test_fixing_one_value_leaves_every_other_bit_for_bit(written):
    for episode in range(4):
        free, fixed = draw(written(RICH), 0, episode), draw(written(rich(mass=0.1, colour="red")), 0, episode)
        mended = fixed.body("dice").model_copy(update={"mass": free.body("dice").mass, "colour": free.body("dice").colour})
        bodies = tuple(mended if body.name == "dice" else body for body in fixed.bodies)
        assert fixed.body("dice").mass == 0.1
        assert fixed.model_copy(update={"bodies": bodies}).json == free.json


def test_every_value_is_drawn_anew_in_every_episode(written):
    scenes = [draw(written(RICH), 0, episode) for episode in range(12)]
    assert len({scene.duration for scene in scenes}) == 12
    assert len({scene.cameras["front"].position[0] for scene in scenes}) == 12
    assert len({scene.task.settings["reach"] for scene in scenes}) == 12
    assert {scene.body("dice").colour for scene in scenes} == {"red", "green", "blue"}
    assert {type(scene.body("dice").shape).__name__ for scene in scenes} == {"Box", "Sphere"}


def test_another_attempt_moves_the_bodies_and_changes_nothing_else(written):
    first, second = draw(written(RICH), 0, 0), draw(written(RICH), 0, 0, attempt=1)
    assert second.attempt == 1
    assert first.body("bin").orientation_wxyz != second.body("bin").orientation_wxyz
    assert first.body("dice").position != second.body("dice").position
    assert first.body("dice").mass == second.body("dice").mass and first.duration == second.duration


def test_ids_do_not_depend_on_how_many_copies_were_drawn(written):
    scenes = [draw(written(RICH), 0, episode) for episode in range(12)]
    assert {len(scene.bodies) for scene in scenes} == {4, 5, 6, 7, 8}
    expected = {"table": 2, "bin": 3, "dice": 4, "rod_0": 5, "rod_1": 6, "rod_2": 7, "rod_3": 8, "mat": 9}
    for scene in scenes:
        assert all(body.id == expected[body.name] for body in scene.bodies)


def test_a_scene_names_every_file_with_its_digest(tmp_path, written):
    mesh = b"v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nv 0 0 0.1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n"
    (tmp_path / "wedge.obj").write_bytes(mesh)
    wedge = {"shape": {"mesh": {"file": "wedge.obj"}}, "place": [{"clutter_on": "table"}]}
    scene = draw(written(RICH | {"robot": {}, "bodies": RICH["bodies"] | {"wedge": wedge}}), 0, 0)
    assert scene.assets["wedge.obj"] == hashlib.sha256(mesh).hexdigest()
    assert set(scene.assets) == {
        "wedge.obj",
        "package://pybullet_data/tray/tray.urdf",
        "package://pybullet_data/franka_panda/panda.urdf",
    }
    assert scene.folder == str(tmp_path)


def test_a_draw_that_makes_no_scene_names_the_key(kitchen):
    camera = {"position": [1.5, 0, 1], "look_at": [0.4, 0, 0], "near": {"uniform": [1, 2]}, "far": {"uniform": [1e-3, 0.5]}}
    with pytest.raises(InvalidScenario, match="cameras.front: near must be less than far"):
        draw(kitchen(cameras={"front": camera}), 0, 0)
