"""Placement: every relation holds on the real triangles, and what cannot be is said quickly and why."""

import time
from itertools import combinations

import numpy as np
import pytest
import trimesh
from furniture import cube, tray

from simgen.errors import PlacementFailed
from simgen.scenario import Scene, draw
from simgen.scenario.surface import hull

EPISODES = range(6)


def triangles(scene: Scene, name: str) -> trimesh.Trimesh:
    """In the world frame."""
    mesh = hull(scene.body(name), None)
    return trimesh.Trimesh(scene.body(name).pose.apply(mesh.vertices), mesh.faces, process=False)


def gap(scene: Scene, a: str, b: str) -> float:
    """Metres between two bodies, by trimesh's own collision manager."""
    manager = trimesh.collision.CollisionManager()
    manager.add_object(a, triangles(scene, a))
    return manager.min_distance_single(triangles(scene, b))


def test_what_is_on_top_touches_the_surface_and_keeps_from_its_edge(kitchen):
    lying = {"cylinder": {"radius": 0.02, "height": 0.1}}
    scenario = kitchen(
        {
            "dice": cube(place=[{"on_top_of": "table", "margin": 0.03}], orientation={"uniform_rotation": True}),
            "can": {"shape": lying, "place": [{"on_top_of": "table", "margin": 0.03}], "orientation": {"rpy_deg": [90, 0, 30]}},
        }
    )
    for episode in EPISODES:
        scene = draw(scenario, 0, episode)
        for name in ("dice", "can"):
            low, high = triangles(scene, name).bounds
            assert 0 < low[2] < 1e-3
            assert np.all(low[:2] >= [0.03, -0.67]) and np.all(high[:2] <= [0.97, 0.67])


def test_a_body_stays_in_its_region_of_a_turned_surface(kitchen):
    board = {"shape": {"box": {"size": [0.6, 0.4, 0.02]}}, "position": [0.5, 0, 0.01], "orientation": {"yaw_deg": 60}, "fixed": True}
    region = [[0.1, 0.2], [-0.15, 0.0]]
    scenario = kitchen({"board": board, "dice": cube(place=[{"on_top_of": "board", "region": region}])})
    for episode in EPISODES:
        scene = draw(scenario, 0, episode)
        x, y, _ = scene.body("board").pose.inverse().apply(scene.body("dice").position)
        assert 0.1 <= x <= 0.2 and -0.15 <= y <= 0.0


def test_cubes_of_one_size_can_be_stacked_when_no_margin_is_asked(kitchen):
    scenario = kitchen({"lower": cube(place=[{"on_top_of": "table"}]), "upper": cube(place=[{"on_top_of": "lower", "margin": 0}])})
    scene = draw(scenario, 0, 0)
    assert np.subtract(scene.body("upper").position, scene.body("lower").position) == pytest.approx([0, 0, 0.0401], abs=1e-6)


@pytest.mark.parametrize(("side", "bearing"), [("left", 90), ("right", -90), ("front", 180), ("behind", 0)])
def test_what_is_next_to_a_body_keeps_its_distance_on_its_side(kitchen, side, bearing):
    beside = [{"next_to": "tray", "side": side, "distance": 0.07}]
    turned = tray(place=[{"on_top_of": "table", "region": [[-0.1, 0.1], [-0.1, 0.1]]}], orientation={"yaw_deg": {"uniform": [-180, 180]}})
    scenario = kitchen({"tray": turned, "dice": cube(place=beside, orientation={"yaw_deg": 20})})
    for episode in EPISODES:
        scene = draw(scenario, 0, episode)
        assert gap(scene, "tray", "dice") == pytest.approx(0.07, abs=1e-3)
        assert 0 < triangles(scene, "dice").bounds[0, 2] < 1e-3
        x, y, _ = np.subtract(scene.body("dice").position, scene.body("tray").position)
        off = np.rad2deg(np.arctan2(y, x)) - bearing
        assert abs((off + 180) % 360 - 180) <= 30


def test_any_side_is_every_side(kitchen):
    post = {"shape": {"cylinder": {"radius": 0.02, "height": 0.1}}, "position": [0.5, 0, 0.05], "fixed": True}
    scenario = kitchen({"post": post, "dice": cube(place=[{"next_to": "post"}])})
    places = [np.subtract(draw(scenario, 0, episode).body("dice").position, post["position"])[:2] for episode in range(20)]
    assert {(x > 0, y > 0) for x, y in places} == {(True, True), (True, False), (False, True), (False, False)}


def test_what_is_inside_a_container_rests_on_its_bottom_between_its_walls(kitchen):
    held = cube(place=[{"inside": "tray", "margin": 0.01}], orientation={"yaw_deg": {"uniform": [0, 90]}})
    scenario = kitchen({"tray": tray(place=[{"on_top_of": "table"}]), "dice": held})
    for episode in EPISODES:
        scene = draw(scenario, 0, episode)
        dice, container = triangles(scene, "dice").bounds, triangles(scene, "tray").bounds
        assert np.all(dice[0, :2] > container[0, :2] + 0.01) and np.all(dice[1, :2] < container[1, :2] - 0.01)
        assert dice[0, 2] < container[0, 2] + 0.01
        assert 0 < gap(scene, "tray", "dice") < 1e-3


def test_what_faces_a_body_points_at_it_within_its_tolerance(kitchen):
    post = {"shape": {"sphere": {"radius": 0.02}}, "position": [0.1, 0.6, 0.02], "fixed": True}
    scenario = kitchen({"post": post, "dice": cube(place=[{"clutter_on": "table"}, {"facing": "post", "tolerance_deg": 10}])})
    offs = []
    for episode in range(12):
        pose = draw(scenario, 0, episode).body("dice").pose
        towards = (post["position"] - pose.position)[:2]
        ahead = pose.rotation[:2, 0]
        offs.append(np.rad2deg(np.arctan2(ahead[0] * towards[1] - ahead[1] * towards[0], ahead @ towards)))
    assert max(np.abs(offs)) <= 10 and max(offs) > 2 and min(offs) < -2


def test_a_body_at_a_position_can_face_a_point(kitchen):
    scene = draw(kitchen({"dice": cube(position=[0.5, 0.0, 0.02], place=[{"facing": [0.5, 2.0, 0.0]}])}), 0, 0)
    assert scene.body("dice").pose.rotation[:, 0] == pytest.approx([0, 1, 0])


def test_clutter_keeps_its_gaps_and_lies_every_which_way(kitchen):
    rods = {"shape": {"box": {"size": [0.12, 0.03, 0.03]}}, "place": [{"clutter_on": "table", "gap": 0.02}], "count": 8}
    headings = []
    for episode in range(3):
        scene = draw(kitchen({"rod": rods}), 0, episode)
        names = [f"rod_{number}" for number in range(8)]
        assert min(gap(scene, a, b) for a, b in combinations(names, 2)) >= 0.02 - 1e-6
        headings += [np.arctan2(*scene.body(name).pose.rotation[1::-1, 0]) for name in names]
    assert np.ptp(headings) > np.pi


def test_bodies_keep_clear_of_the_robot_where_it_stands_at_the_start(kitchen):
    joints = [0.0, 0.9, 0.0, -2.0, 0.0, 2.9, 0.785]  # the hand low over the table
    near = cube(0.05, place=[{"on_top_of": "table", "margin": 0.02, "region": [[0.05, 0.95], [-0.15, 0.15]]}])
    scenario = kitchen({"dice": near}, robot={"joints": joints})
    from_robot = kitchen({"dice": near})
    moved = [
        draw(scenario, 0, episode).body("dice").position != draw(from_robot, 0, episode).body("dice").position for episode in range(12)
    ]
    assert any(moved) and not all(moved)


def test_positions_that_overlap_are_drawn_again(kitchen):
    anywhere = cube(0.2, position=[{"uniform": [0.2, 0.8]}, {"uniform": [-0.3, 0.3]}, 0.1])
    scenario = kitchen({"first": anywhere, "second": anywhere})
    for episode in EPISODES:
        scene = draw(scenario, 0, episode)
        apart = np.abs(np.subtract(scene.body("first").position, scene.body("second").position))
        assert max(apart) >= 0.2 - 0.002


@pytest.mark.parametrize(
    ("bodies", "reason"),
    [
        ({"slab": {"shape": {"box": {"size": [1.2, 1.6, 0.1]}}, "place": [{"on_top_of": "table"}]}}, "slab is too large for table"),
        ({"dice": cube(0.3, place=[{"clutter_on": "table", "gap": 0.1}], count=30)}, r"dice_\d+ is too close to dice_\d+"),
        (
            {"ball": {"shape": {"sphere": {"radius": 0.1}}, "position": [0.5, 0, 0.1]}, "dice": cube(place=[{"on_top_of": "ball"}])},
            "dice is too large for ball|dice has no level top",
        ),
        ({"tray": tray(position=[0.5, 0, 0.01]), "crate": cube(0.5, place=[{"inside": "tray"}])}, "crate does not sink into tray"),
        ({"crate": cube(0.2, position=[0.5, 0, 0.02])}, "crate overlaps table"),
        ({"dice": cube(place=[{"on_top_of": "table", "region": [[0.6, 0.7], [0, 0]]}])}, "dice reaches over the edge of table"),
        ({"dice": cube(place=[{"on_top_of": "table"}, {"next_to": "table", "distance": 3}])}, "dice reaches over the edge of table"),
    ],
)
def test_an_impossible_arrangement_is_refused_soon_with_its_reasons(kitchen, bodies, reason):
    scenario, start = kitchen(bodies), time.perf_counter()
    with pytest.raises(PlacementFailed, match=reason) as failure:
        draw(scenario, 0, 0)
    assert time.perf_counter() - start < 5
    assert sum(failure.value.reasons.values()) >= 100
