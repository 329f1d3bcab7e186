"""Rooms: seen by everybody, felt by nobody but for their floor."""

import numpy as np
import pytest

from simgen.errors import InvalidScenario
from simgen.scenario import draw, from_dict, load
from simgen.scenario.room.rooms import KINDS, REACH, furnished
from simgen.scenario.scene import PlacedBody
from simgen.scenario.shape import ROOM_KINDS
from simgen.scenario.surface import body_surfaces, hull
from simgen.shelves import scenes

SIZE = (4.6, 4.4, 2.8)


def room(**more) -> PlacedBody:
    shape = {"room": {"kind": "workshop", "size": SIZE, "clutter": 0.6, "seed": 1} | more}
    return PlacedBody(id=2, name="room", shape=shape, position=(0, 0, -0.75), orientation_wxyz=(1, 0, 0, 0), fixed=True, label="room")


@pytest.fixture(scope="module", params=KINDS)
def parts(request):
    return furnished(request.param, SIZE, 0.95, 3, 0.5)


def test_every_kind_that_a_scenario_may_name_is_furnished():
    assert set(KINDS) == set(ROOM_KINDS)


def test_a_room_is_light_and_every_part_is_made_of_something(parts):
    assert sum(len(part.faces) for part, _ in parts) < 60_000 and 8 < len(parts) < 40
    for part, finish in parts:
        assert part.texture is not None and part.uv.shape == (len(part.vertices), 2) and part.uv.min() >= 0
        assert np.isfinite(part.vertices).all() and np.allclose(np.linalg.norm(part.normals, axis=1), 1, atol=1e-6)
        assert 0 < finish.roughness <= 1


def test_nothing_stands_where_the_robot_reaches_or_its_table_is_but_what_lies_on_the_floor(parts):
    vertices = np.concatenate([part.vertices for part, _ in parts])
    high = vertices[vertices[:, 2] > 0.05]
    near = np.hypot(high[:, 0], high[:, 1])
    assert near.min() > REACH - 0.45
    table = (np.abs(high[:, 0] - 0.4) < 0.65) & (np.abs(high[:, 1]) < 0.75)
    assert not table.any()


def test_the_side_where_cameras_stand_is_open(parts):
    vertices = np.concatenate([part.vertices for part, _ in parts])
    before = (vertices[:, 1] < -0.8) & (np.abs(vertices[:, 0] - 0.5) < 1.0) & (vertices[:, 2] > 0.05)
    assert not before.any()


def test_the_same_seed_is_the_same_room_and_another_is_not():
    one, again, other = (body_surfaces(room(seed=seed), None) for seed in (1, 1, 2))
    assert all(np.array_equal(a.vertices, b.vertices) for a, b in zip(one, again, strict=True))
    assert sum(len(surface.faces) for surface in one) != sum(len(surface.faces) for surface in other)


def test_more_clutter_is_more_triangles():
    counts = [sum(len(surface.faces) for surface in body_surfaces(room(clutter=clutter), None)) for clutter in (0.0, 1.0)]
    assert counts[0] < counts[1]


def test_only_the_floor_of_a_room_is_felt():
    low, high = hull(room(), None).bounds
    assert np.allclose(high - low, [SIZE[0], SIZE[1], 0.02]) and high[2] == 0


def test_things_are_placed_on_the_floor_of_a_room_as_on_any_other():
    bodies = {
        "room": {"shape": {"room": {"kind": "office"}}, "position": [0, 0, -0.75], "fixed": True, "label": "room"},
        "box": {"shape": {"box": {"size": [0.1, 0.1, 0.1]}}, "place": [{"clutter_on": "room"}]},
    }
    stage = from_dict({"schema_version": 1, "name": "test", "robot": None, "cameras": {}, "bodies": bodies})
    assert draw(stage, 0, 0).body("box").position[2] == pytest.approx(-0.7, abs=2e-3)


def test_every_shipped_scene_stands_in_a_room():
    for path in scenes().values():
        scene = draw(load(path), 0, 0)
        assert scene.bodies[0].label == "room" and scene.bodies[0].shape.room.kind in KINDS


@pytest.mark.parametrize(
    ("shape", "complaint"), [({"kind": "garage"}, "No room is called 'garage'"), ({"kind": "office", "size": [0, 1, 1]}, "greater than 0")]
)
def test_a_room_that_is_none_is_one_sentence(shape, complaint):
    bodies = {"room": {"shape": {"room": shape}, "position": [0, 0, 0], "fixed": True, "label": "room"}}
    with pytest.raises(InvalidScenario, match=complaint):
        from_dict({"schema_version": 1, "name": "test", "robot": None, "cameras": {}, "bodies": bodies})
