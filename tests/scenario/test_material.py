"""What things are made of: procedural sheets, their size in metres, and how they are laid on triangles."""

import numpy as np
import pytest

from simgen.errors import InvalidScenario
from simgen.scenario import draw, from_dict, solid
from simgen.scenario.material.clad import look
from simgen.scenario.material.families import FAMILIES, sheet
from simgen.scenario.material.grid import Grid
from simgen.scenario.material.layout import boxed
from simgen.scenario.material.material import KINDS, Material
from simgen.scenario.scene import PlacedBody
from simgen.scenario.surface import body_surfaces, hull, surfaces

SMALL = 128, 0.8
CUBE = {"box": {"size": [0.1, 0.2, 0.3]}}


def body(number=2, shape=CUBE, **more) -> PlacedBody:
    placed = {"id": number, "name": f"thing{number}", "shape": shape, "position": (0, 0, 0), "orientation_wxyz": (1, 0, 0, 0)}
    return PlacedBody.model_validate(placed | more)


def scenario(**material):
    bodies = {"thing": {"shape": CUBE, "position": [0, 0, 0], "fixed": True, "count": 2, **material}}
    return from_dict({"schema_version": 1, "name": "test", "robot": None, "cameras": {}, "bodies": bodies})


# -- sheets


def test_every_kind_that_a_scenario_may_name_is_drawn():
    assert set(FAMILIES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_has_maps_of_one_size_and_the_same_bytes_for_the_same_seed(kind):
    first = sheet(kind, *SMALL, 1, 0.5, False)
    sheet.cache_clear()
    again, other = sheet(kind, *SMALL, 1, 0.5, False), sheet(kind, *SMALL, 2, 0.5, False)
    assert first.texture.tobytes() == again.texture.tobytes() != other.texture.tobytes()
    assert first.finish.roughness_map.shape == first.texture.shape[:2] == SMALL[:1] * 2
    assert first.finish.height_map is None or first.finish.height_map.shape == first.texture.shape[:2]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_tinted_has_no_colour_of_its_own_and_is_bright(kind):
    texture = sheet(kind, *SMALL, 1, 0.2, True).texture.astype(int)
    assert np.median(texture.max(-1) - texture.min(-1)) <= 18 and np.percentile(texture, 90) > 200


@pytest.mark.parametrize("kind", ["wood", "plastic", "metal", "laminate", "painted_metal"])
def test_wear_shows(kind):
    new, worn = (sheet(kind, 256, 0.8, 5, wear, True) for wear in (0.0, 1.0))
    assert worn.finish.roughness_map.std() > new.finish.roughness_map.std()
    assert worn.texture.astype(float).mean() < new.texture.astype(float).mean() + 8


def test_noise_closes_at_its_edges_and_has_the_size_asked_for():
    grid = Grid(256, 1.0, np.random.default_rng(0))
    noise = grid.noise(0.05)
    inside = np.abs(np.diff(noise, axis=0)).mean()
    assert np.abs(noise[0] - noise[-1]).mean() < 1.5 * inside and abs(noise.std() - 1) < 0.01
    fine, coarse = (np.abs(np.diff(grid.noise(size), axis=0)).mean() for size in (0.02, 0.1))
    assert 3 < fine / coarse < 8


def test_tiles_are_twenty_to_thirty_two_centimetres_apart():
    made = sheet("tiles", 512, 1.6, 4, 0.0, True)
    joints = np.convolve(made.finish.roughness_map.mean(1), np.ones(3), "same")
    dark = joints > joints.min() + 0.6 * (joints.max() - joints.min())
    rows = np.flatnonzero(dark & ~np.roll(dark, 1))
    assert 0.2 <= 1.6 / max(len(rows), 1) <= 0.33


# -- laying


def test_texture_coordinates_are_metres_whichever_side_is_looked_at():
    part = boxed(solid.box((0.4, 0.2, 0.1)), 0.5, np.zeros(2))
    edges = part.faces[:, [0, 1]]
    length = np.linalg.norm(part.vertices[edges[:, 0]] - part.vertices[edges[:, 1]], axis=1)
    assert np.allclose(np.linalg.norm(part.uv[edges[:, 0]] - part.uv[edges[:, 1]], axis=1) * 0.5, length)
    assert part.uv.min() >= 0 and len(part.faces) == 12


def test_the_grain_runs_along_the_longer_edge():
    part = boxed(solid.box((0.05, 0.4, 0.1)), 1.0, np.zeros(2))
    upper = part.normals[:, 2] > 0.5
    assert np.isclose(np.ptp(part.uv[upper, 0]), 0.4) and np.isclose(np.ptp(part.uv[upper, 1]), 0.05)


def test_scale_enlarges_the_pattern():
    plain, large = (body_surfaces(body(material={"kind": "wood", "scale": scale, "seed": 1}), None)[0] for scale in (1.0, 2.0))
    edge = [surface.uv[surface.faces[:, 0]] - surface.uv[surface.faces[:, 1]] for surface in (plain, large)]
    assert np.allclose(edge[0], 2 * edge[1])


# -- what a body is made of


def test_a_word_and_a_model_say_the_same():
    assert Material.model_validate("wood") == Material(kind="wood")


def test_the_class_suggests_and_the_scenario_decides():
    assert look(Material(), "mug", None, 2).kind == "ceramic" and look(Material(), "object", None, 2).kind is None
    assert look(Material(kind="metal"), "mug", None, 2).kind == "metal"
    assert look(Material(kind="wood"), "cabinet", "handle", 2).kind == "metal"


def test_a_draw_fixes_kind_wear_and_seed_and_no_two_copies_look_alike():
    spread = {"kind": {"choice": ["wood", "plastic"]}, "wear": {"uniform": [0, 0.6]}}
    one, other = draw(scenario(material=spread), 0, 0).bodies
    assert one.material.kind in ("wood", "plastic") and 0 <= one.material.wear <= 0.6
    assert one.material.seed != other.material.seed
    assert draw(scenario(material=spread), 0, 0) == draw(scenario(material=spread), 0, 0)
    bare = draw(scenario(), 0, 0).bodies
    assert bare[0].material.kind is None and bare[0].material.seed != bare[1].material.seed


def test_a_second_can_has_another_label_and_a_banana_keeps_its_skin():
    cans = [body_surfaces(body(n, {"mesh": {"file": "household/can.obj"}}, label="can"), None)[0] for n in (2, 3)]
    bananas = [body_surfaces(body(n, {"mesh": {"file": "household/banana.obj"}}, label="banana"), None)[0] for n in (2, 3)]
    assert (cans[0].texture != cans[1].texture).any(-1).mean() > 0.3
    assert np.array_equal(bananas[0].texture, bananas[1].texture)
    assert cans[0].finish.roughness_map is not None and cans[0].finish.metallic == 0


def test_a_given_texture_stays_and_takes_the_finish_of_the_material(tmp_path):
    from_shelf = body_surfaces(body(texture="surfaces/floor_tiles.png", material="metal"), None)[0]
    assert from_shelf.texture.shape == (1024, 1024, 3) and from_shelf.finish.metallic == 1


@pytest.mark.parametrize(("shape", "more"), [(CUBE, 0.003), ({"cylinder": {"radius": 0.05, "height": 0.1}}, 0.003)])
def test_bevels_are_for_the_eye_only_and_leave_sides_where_they_are(shape, more):
    sharp, drawn = hull(body(shape=shape), None), body_surfaces(body(shape=shape), None)[0]
    assert np.allclose(drawn.vertices.min(0), sharp.bounds[0]) and np.allclose(drawn.vertices.max(0), sharp.bounds[1])
    assert len(drawn.faces) > len(sharp.faces)
    corner = np.linalg.norm(sharp.vertices, axis=1).max() - np.linalg.norm(drawn.vertices, axis=1).max()
    assert 0 < corner < 2 * more


def test_a_bevelled_solid_is_closed_and_faces_outwards():
    for part in (solid.box((0.1, 0.2, 0.3), 0.003), solid.cylinder(0.1, 0.3, 0.003), solid.cylinder(0.1, 0.3, 0.003, 12)):
        corners = part.vertices[part.faces]
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        assert (np.einsum("fi,fi->f", facing, corners.mean(1)) > 0).all()
        assert np.allclose(facing.sum(0), 0, atol=1e-12)  # a closed surface has no net area


def test_the_robot_is_worn_differently_in_every_episode_and_never_pure_white():
    robots = [draw(from_dict(ROBOT), 0, episode) for episode in (0, 1)]
    first, second = (max(surfaces(robot), key=lambda surface: len(surface.faces)) for robot in robots)
    assert not np.array_equal(first.texture, second.texture) and np.array_equal(first.uv, second.uv)
    assert 150 < np.median(first.texture) < 240 and first.finish.roughness_map.std() > 2


ROBOT = {"schema_version": 1, "name": "test", "cameras": {}}


# -- bad input


@pytest.mark.parametrize(
    ("material", "complaint"),
    [
        ("marble", "No material is called 'marble'"),
        ({"kind": {"choice": ["wood", "plastick"]}}, "Did you mean 'plastic'"),
        ({"kind": "wood", "wear": 1.5}, "at most 1"),
        ({"kind": "wood", "scale": 0}, "greater than 0"),
        ({"sort": "wood"}, "is not a key"),
    ],
)
def test_a_material_that_is_none_is_one_sentence(material, complaint):
    with pytest.raises(InvalidScenario, match=complaint):
        scenario(material=material)
