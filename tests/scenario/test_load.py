"""Reading scenarios: what is wrong is said in one sentence with file, key and mend, before any simulator starts."""

import pickle

import pytest

from simgen import shelves
from simgen.errors import InvalidScenario
from simgen.scenario import draw, from_dict, load

GOOD = """schema_version: 1
name: kitchen
cameras: {front: {position: [1.5, 0, 1], look_at: [0.4, 0, 0]}}
bodies:
  table: {shape: {box: {size: [1.0, 1.4, 0.04]}}, fixed: true, label: table, position: [0.5, 0, -0.02]}
  cube: {shape: {box: {size: [0.04, 0.05, 0.06]}}, label: cube, place: [{on_top_of: table}]}
task: {name: reach, roles: {object: cube}}
"""


@pytest.fixture
def folder(tmp_path):
    """Some files that are not what they should be."""
    (tmp_path / "empty.obj").write_text("")
    (tmp_path / "points.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    (tmp_path / "triangle.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (tmp_path / "noise.png").write_text("no picture")
    (tmp_path / "noise.urdf").write_text("<robot")
    return tmp_path


def complaint(folder, text: str) -> str:
    """What is said of such a file, without the folder's name."""
    (folder / "scene.yaml").write_text(text)
    with pytest.raises(InvalidScenario) as failure:
        load(folder / "scene.yaml")
    sentence = str(failure.value)
    assert sentence.startswith(f"{folder}/scene.yaml: ") and sentence.endswith(".") and "\n" not in sentence
    return sentence.removeprefix(f"{folder}/scene.yaml: ")


def test_a_good_file_says_what_it_says(folder):
    (folder / "scene.yaml").write_text(GOOD)
    scenario = load(folder / "scene.yaml")
    assert scenario.bodies["cube"].shape.box.size == (0.04, 0.05, 0.06)
    assert (scenario.file, scenario.folder) == (f"{folder}/scene.yaml", folder)


@pytest.mark.parametrize("number", ["1e-1", "0.1", "1.0e-1"])
def test_every_way_of_writing_a_number_is_a_number(folder, number):
    (folder / "scene.yaml").write_text(GOOD.replace("0.05", number))
    assert load(folder / "scene.yaml").bodies["cube"].shape.box.size[1] == 0.1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema_version: 1\n", "", "schema_version: is missing; add it."),
        ("schema_version: 1", "schema_version: 2", "schema_version: must be 1, got 2."),
        ("name: kitchen", "name: My Kitchen", "name: is not a name; use lower case letters, digits and underscores, a letter first"),
        ("  cube:", "  Cube:", "bodies.Cube: is not a name"),
        ("  cube:", "  robot:", "bodies.robot: this name means the robot; choose another."),
        ("label: cube,", "lable: cube,", "bodies.cube.lable: is not a key; did you mean 'label'? known: "),
        ("look_at", "lookat", "cameras.front.lookat: is not a key; did you mean 'look_at'? known: "),
        ("task:", "on: 3\ntask:", "True: is not a key; YAML reads the bare words on, off, yes and no as true and false; known: "),
        ("label: cube,", "label: cub,", "bodies.cube.label: No class is called 'cub'. Did you mean 'cube'? Known: "),
        ("label: cube,", "label: background,", "bodies.cube.label: No class is called 'background'."),
        ("task:", "classes: {cube: 201}\ntask:", "classes.cube: is class 6 of the global table already; leave it out."),
        ("task:", "classes: {gear: 200, cog: 200}\ntask:", "classes.gear: the id 200 is given twice"),
        ("0.05", "0", "bodies.cube.shape.box.size.1: must be greater than 0, got 0."),
        ("0.05", "-1", "bodies.cube.shape.box.size.1: must be greater than 0, got -1."),
        ("0.05", ".nan", "bodies.cube.shape.box.size.1: must be a finite number, got nan."),
        ("0.05", ".inf", "bodies.cube.shape.box.size.1: must be a finite number, got inf."),
        ("0.05", "'5'", "bodies.cube.shape.box.size.1: must be a number or a distribution such as {uniform: [0, 1]}, got '5'."),
        ("0.05", "{uniform: [.nan, 1]}", "bodies.cube.shape.box.size.1.uniform.0: must be a finite number, got nan."),
        ("0.05", "{uniform: [2, 1]}", "bodies.cube.shape.box.size.1.uniform: the first number must not exceed the second"),
        ("0.05", "{unifrom: [1, 2]}", "bodies.cube.shape.box.size.1: no distribution is called 'unifrom'; known: uniform, "),
        (", 0.05", "", "bodies.cube.shape.box.size.2: is missing; add it."),
        ("box: {size: [0.04, 0.05, 0.06]}", "cbue: {}", "bodies.cube.shape: no shape is called 'cbue'; known: box, sphere, "),
        ("label: cube,", "mass: 0,", "bodies.cube.mass: must be greater than 0, got 0."),
        ("label: cube,", "colour: rde,", "bodies.cube.colour: No colour is called 'rde'. Did you mean 'red'? Known: "),
        ("label: cube,", "colour: [1, 2, 0],", "bodies.cube.colour.1: must be at least 0 and at most 1, got 2."),
        ("label: cube,", "count: 1.5,", "bodies.cube.count: must be a whole number"),
        ("label: cube,", "orientation: {yaw: 3},", "bodies.cube.orientation: no orientation is written as 'yaw'; known: wxyz, "),
        ("label: cube,", "orientation: {wxyz: [0, 0, 0, 0]},", "bodies.cube.orientation.wxyz: wxyz must not be all zero"),
        ("label: cube,", "joints: {door: 1},", "bodies.cube.joints: only a urdf or mjcf has joints"),
        ("on_top_of: table", "on: table", "bodies.cube.place.0: no relation is called True (YAML reads the bare word on as true; "),
        ("on_top_of: table", "under: table", "bodies.cube.place.0: no relation is called 'under'; known: on_top_of, "),
        ("on_top_of: table", "on_top_of: tabel", "bodies.cube.place.0: No body is called 'tabel'. Did you mean 'table'?"),
        ("on_top_of: table", "on_top_of: cube", "bodies.cube.place: refers in a circle, back to itself"),
        ("on_top_of: table", "on_top_of: table, margin: -1", "bodies.cube.place.0.margin: must be at least 0, got -1."),
        ("on_top_of: table", "on_top_of: table, region: [[1, 0], [0, 1]]", "bodies.cube.place.0.region.0: the first number must not "),
        ("[{on_top_of: table}]", "[]", "bodies.cube: give either a position or a place such as [{on_top_of: table}]."),
        ("[{on_top_of: table}]", "[{on_top_of: table}], position: [0, 0, 1]", "bodies.cube: give either a position or a place"),
        ("[{on_top_of: table}]", "[{on_top_of: table}, {inside: table}]", "bodies.cube: place must name one thing to stand on"),
        ("[{on_top_of: table}]", "{on_top_of: table}", "bodies.cube.place: must be a list, got {'on_top_of': 'table'}."),
        ("object: cube", "object: cbe", "task.roles.object: No body is called 'cbe'. Did you mean 'cube'? Known: cube, table."),
        ("label: cube,", "count: {integer: [0, 2]},", "task.roles.object: there may be 0 to 2 of 'cube'; name a body that is always there"),
        ("look_at: [0.4, 0, 0]", "look_at: [0, 0, 0], mount: {body: arm}", "cameras.front.mount.body: No body is called 'arm'."),
        ("look_at: [0.4, 0, 0]", "look_at: [1.5, 0, 1]", "cameras.front: look_at must be a point away from position."),
        ("task:", "robot: {name: pandda}\ntask:", "robot.name: No robot is called 'pandda'. Did you mean 'panda'?"),
        ("task:", "robot: {joints: [0, 1]}\ntask:", "robot.joints: must be 7 numbers, one a joint of the arm, got 2."),
        ("task:", "physics_rate: 250\ntask:", "physics_rate must be a whole multiple of control_rate, got 250 and 20."),
        ("task:", "control_rate: 2.5\ntask:", "control_rate: must be a whole number, got 2.5."),
        ("label: cube,", "label: cube, label: box,", "is not YAML in line 6: the key 'label' stands twice, first in line 6"),
        ("task:", "cameras: [\ntask:", "is not YAML in line 9: "),
    ],
)
def test_a_mistake_is_named_with_its_key_and_its_mend(folder, old, new, said):
    assert old in GOOD
    assert complaint(folder, GOOD.replace(old, new, 1)).startswith(said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("shape: {mesh: {file: none.obj}}", "bodies.cube.shape.mesh.file: none.obj: no such file; looked at "),
        ("shape: {mesh: {file: empty.obj}}", "bodies.cube.shape.mesh.file: {folder}/empty.obj: holds no triangle"),
        ("shape: {mesh: {file: points.obj}}", "bodies.cube.shape.mesh.file: {folder}/points.obj: holds no triangle"),
        ("shape: {mesh: {file: noise.png}}", "bodies.cube.shape.mesh.file: {folder}/noise.png: cannot be read as a mesh"),
        ("shape: {urdf: {file: noise.urdf}}", "bodies.cube.shape.urdf.file: {folder}/noise.urdf: cannot be read as a URDF"),
        ("shape: {mesh: {file: triangle.obj, scale: 0}}", "bodies.cube.shape.mesh.scale: must be greater than 0, got 0."),
        ("shape: {mesh: {file: 'package://absent/a.obj'}}", "bodies.cube.shape.mesh.file: package://absent/a.obj: the Python package"),
        ("shape: {choice: [{box: {size: [1, 1, 1]}}, {mesh: {file: no.obj}}]}", "bodies.cube.shape.choice.1.mesh.file: no.obj: no such"),
        ("shape: {box: {size: [1, 1, 1]}}, texture: none.png", "bodies.cube.texture: none.png: no such file"),
        ("shape: {box: {size: [1, 1, 1]}}, texture: noise.png", "bodies.cube.texture: {folder}/noise.png: cannot be read as an image"),
    ],
)
def test_a_file_that_is_missing_or_broken_is_named(folder, body, said):
    text = GOOD.replace("shape: {box: {size: [0.04, 0.05, 0.06]}}", body)
    assert complaint(folder, text).startswith(said.replace("{folder}", str(folder)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; a scenario is a mapping that begins with schema_version: 1."),
        ("- 1\n- 2\n", "is a list; a scenario is a mapping"),
        ("kitchen", "is a single value; a scenario is a mapping"),
        ("\x01", "is not YAML: unacceptable character"),
        ("a: 'b", "is not YAML in line 1: "),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(folder, text, said):
    assert complaint(folder, text).startswith(said)


def test_what_cannot_be_read_is_refused(folder):
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    reasons = {"none.yaml": "No such file or directory", "": "Is a directory", "binary.yaml": "it is not text in UTF-8"}
    for name, reason in reasons.items():
        with pytest.raises(InvalidScenario, match=f"cannot be read \\({reason}\\); name a YAML file"):
            load(folder / name)


def test_bodies_that_stand_on_each_other_in_a_circle_are_refused():
    def on(other: str) -> dict:
        return {"shape": {"sphere": {"radius": 0.1}}, "place": [{"on_top_of": other}]}

    with pytest.raises(InvalidScenario, match="scenario: bodies.a.place: refers in a circle"):
        from_dict({"schema_version": 1, "name": "x", "cameras": {}, "bodies": {"a": on("b"), "b": on("c"), "c": on("a")}})


def test_a_name_that_is_also_a_copy_is_refused():
    ball = {"shape": {"sphere": {"radius": 0.1}}, "position": [0, 0, 1]}
    with pytest.raises(InvalidScenario, match="bodies.ball_1: is also the name of a copy"):
        from_dict({"schema_version": 1, "name": "x", "cameras": {}, "bodies": {"ball": ball | {"count": 2}, "ball_1": ball}})


@pytest.mark.parametrize("name", shelves.scenes())
def test_a_scenario_that_travelled_to_a_worker_draws_the_same_scene(name):
    here = load(shelves.scene(name))
    there = pickle.loads(pickle.dumps(here))
    assert (there.model_dump(), there.file, there.folder) == (here.model_dump(), here.file, here.folder)
    assert draw(there, seed=0, episode=1).sha256 == draw(here, seed=0, episode=1).sha256
