"""Bodies come to rest where they were put, or the arrangement is refused for a reason."""

import numpy as np
import pytest
import scenery

from simgen.errors import Unsettled
from simgen.simulator.pybullet import PyBullet
from simgen.simulator.settle import settled


@pytest.fixture(scope="module")
def simulator():
    made = PyBullet()
    yield made
    made.close()


def test_a_body_that_hangs_a_little_too_high_comes_to_rest_on_what_is_below(simulator):
    scene = scenery.scene(scenery.GROUND, scenery.body("cube", scenery.BOX, (0.3, 0.2, 0.03)), robot=True)
    rested = settled(scene, simulator)
    assert rested.body("cube").position == pytest.approx((0.3, 0.2, 0.025), abs=2e-4)
    assert rested.body("ground") == scene.body("ground")
    assert rested.sha256 != scene.sha256


def test_what_has_settled_stays_where_it_is(simulator):
    scene = settled(scenery.table(), simulator)
    simulator.build(scene)
    state = simulator.reset(0)
    for _ in range(20):
        state = simulator.step(np.zeros(7))
    rows = {link.body: row for row, link in enumerate(simulator.links) if link.index == 0}
    for body in scene.bodies:
        assert state.link_pose[rows[body.id], :3] == pytest.approx(body.position, abs=1e-3)


def test_the_same_scene_settles_the_same_bit_for_bit(simulator):
    assert settled(scenery.table(), simulator).json == settled(scenery.table(), PyBullet()).json


LYING = (0.7071067811865476, 0.7071067811865476, 0.0, 0.0)


@pytest.mark.parametrize(
    ("bodies", "reason"),
    [
        ([scenery.body("cube", scenery.BOX, (0.5, 0, 0.5))], "fell"),
        ([scenery.body("pole", {"cylinder": {"radius": 0.01, "height": 0.2}}, (0.5, 0, 0.1), (0.99, 0.12, 0.0, 0.0))], "tipped over"),
        ([scenery.body("a", scenery.BOX, (0.5, 0, 0.025)), scenery.body("b", scenery.BOX, (0.52, 0, 0.03))], "overlapping"),
        ([scenery.body("b", scenery.BOX, (0.0, 0.0, 0.1))], "overlapping"),
    ],
)
def test_an_arrangement_that_does_not_stand_is_refused_for_its_reason(simulator, bodies, reason):
    with pytest.raises(Unsettled, match=reason) as caught:
        settled(scenery.scene(scenery.GROUND, *bodies, robot=True), simulator)
    assert caught.value.reason == reason


def test_a_ball_that_rolls_away_is_refused(simulator):
    tilted = scenery.GROUND | {"orientation_wxyz": (0.9998, 0.02, 0.0, 0.0)}
    with pytest.raises(Unsettled, match="ball: moved away"):
        settled(scenery.scene(tilted, scenery.body("ball", {"sphere": {"radius": 0.03}}, (0.5, 0.0, 0.031))), simulator, seconds=0.8)


def test_a_body_that_does_not_come_to_rest_is_refused(simulator):
    with pytest.raises(Unsettled, match="ball: still moving"):
        settled(scenery.scene(scenery.body("ball", scenery.SPHERE, (0.5, 0.0, 0.5))), simulator, seconds=0.1)


def test_a_scene_in_which_nothing_can_move_is_itself(simulator):
    scene = scenery.scene(scenery.GROUND)
    assert settled(scene, simulator) is scene
