"""Tasks: progress, success, words and what they refuse."""

import numpy as np
import pytest
from puppet import Puppet, drawn

from simgen.errors import InvalidScenario, UnknownName
from simgen.geometry import Pose
from simgen.scenario.surface import links
from simgen.task import instruct, make

TASKS = ("reach", "push", "pick_place", "stack", "open_drawer")
LOOSE = {"reach": "mug", "push": "block", "pick_place": "cube", "stack": "cube"}


def changed(scene, **task):
    """The scene with another task."""
    return scene.model_copy(update={"task": scene.task.model_copy(update=task)})


def with_body(scene, name, **changes):
    """The scene with one body otherwise."""
    bodies = [type(body).model_validate(body.model_dump() | changes) if body.name == name else body for body in scene.bodies]
    return scene.model_copy(update={"bodies": tuple(bodies)})


@pytest.mark.parametrize("name", TASKS)
def test_progress_is_within_bounds_and_one_exactly_at_success(name):
    puppet, rng = Puppet(drawn(name)), np.random.default_rng(1)
    done = []
    for _ in range(200):
        puppet.tcp = Pose(rng.uniform([0.2, -0.4, 0.0], [0.8, 0.4, 0.4]), puppet.tcp.orientation)
        puppet.open = rng.uniform(0.0, 0.2)
        if name in LOOSE:
            puppet.put(LOOSE[name], rng.uniform([0.3, -0.3, 0.02], [0.7, 0.4, 0.1]))
        state = puppet.state()
        progress = puppet.task.progress(state)
        assert 0.0 <= progress <= 1.0
        assert (progress == 1.0) == puppet.task.success(state)
        done.append(progress == 1.0)
    assert not all(done)


@pytest.mark.parametrize("name", TASKS)
def test_progress_grows_as_the_expert_works_and_ends_at_one(name):
    puppet = Puppet(drawn(name))
    expert, state, told = puppet.task.expert(np.random.default_rng(0)), puppet.state(), []
    while not expert.finished:
        told.append(puppet.task.progress(state))
        state = puppet.step(expert.act(state))
    assert told[0] < 0.7 and puppet.task.progress(state) == 1.0
    assert np.mean(np.diff(told) >= -0.02) > 0.9


def test_reach_is_done_within_its_tolerance_and_not_beyond():
    puppet = Puppet(drawn("reach"))
    goal = puppet.task.goal(puppet.state())
    for off, done in ((0.019, True), (0.021, False)):
        puppet.tcp = Pose(goal + [off, 0.0, 0.0], puppet.tcp.orientation)
        assert puppet.task.success(puppet.state()) is done


def test_push_is_done_on_the_marker_and_neither_beside_nor_above_it():
    puppet = Puppet(drawn("push"))
    goal, height = puppet.at["goal"].position, puppet.at["block"].position[2]
    for place, done in (([0.02, 0, 0], True), ([0.04, 0, 0], False), ([0, 0, 0.05], False)):
        puppet.put("block", [*goal[:2], height] + np.array(place))
        assert puppet.task.success(puppet.state()) is done


def test_pick_place_is_done_when_the_cube_rests_in_the_bin_and_the_hand_has_let_go():
    puppet = Puppet(drawn("pick_place"))
    inside = puppet.at["bin"].position + [0.0, 0.0, 0.03]
    puppet.put("cube", inside)
    assert puppet.task.success(puppet.state())
    puppet.speed = {"cube": 0.2}
    assert not puppet.task.success(puppet.state())
    puppet.speed, puppet.held = {}, ("cube", Pose.identity())
    assert not puppet.task.success(puppet.state())
    for beside in ([0.15, 0.0, 0.0], [0.0, 0.0, 0.2]):
        puppet.put("cube", inside + beside)
        assert not puppet.task.success(puppet.state())


def test_stack_is_done_on_the_base_and_neither_over_nor_beside_it():
    puppet = Puppet(drawn("stack"))
    base, cube = puppet.things["base"], puppet.things["cube"]
    top = [*puppet.at["base"].position[:2], base.top(puppet.state()) + 0.5 * cube.size[2]]
    for off, done in (([0, 0, 0.001], True), ([0, 0, 0.02], False), ([0.035, 0, 0], False)):
        puppet.put("cube", np.array(top) + off)
        assert puppet.task.success(puppet.state()) is done


def test_a_drawer_is_open_at_its_opening():
    puppet = Puppet(drawn("open_drawer"))
    for opening, done in ((0.119, False), (0.121, True)):
        puppet.open = opening
        assert puppet.task.success(puppet.state()) is done


def test_a_bin_is_hollow_and_a_cube_is_not():
    puppet = Puppet(drawn("pick_place"))
    state = puppet.state()
    box, cube = puppet.things["bin"], puppet.things["cube"]
    assert box.landing(state) == pytest.approx(box.bottom(state) + 0.005, abs=5e-4)
    assert cube.landing(state) == pytest.approx(cube.top(state))


def test_the_top_of_a_tilted_cylinder_follows_its_rim():
    tilted = Pose.looking([0, 0, 0], [0, 1, 1]).wxyz.tolist()
    puppet = Puppet(with_body(drawn("push"), "block", shape={"cylinder": {"radius": 0.03, "height": 0.1}}, orientation_wxyz=tilted))
    part = puppet.things["block"]
    half = (0.05 + 0.03) / np.sqrt(2)
    assert part.top(puppet.state()) - part.bottom(puppet.state()) == pytest.approx(2 * half, abs=1e-6)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_said_in_several_phrasings_that_name_its_bodies(name):
    scene = drawn(name)
    task = make(scene, links(scene))
    phrasings = task.instructions()
    assert len(set(phrasings)) >= 5 and not any("{" in phrasing for phrasing in phrasings)
    if name in ("push", "pick_place", "stack"):
        body = scene.body(LOOSE[name])
        assert all(f"{body.colour} {body.label}" in phrasing for phrasing in phrasings)
    drawn_words = {instruct(scene, task, np.random.default_rng(seed)) for seed in range(40)}
    assert drawn_words == set(phrasings)


def test_a_scene_may_bring_its_own_words():
    scene = changed(drawn("push"), instructions=["bump the {object} to {goal}"])
    block, goal = scene.body("block"), scene.body("goal")
    words = instruct(scene, make(scene, links(scene)), np.random.default_rng(0))
    assert words == f"bump the {block.colour} block to {goal.colour} marker"


@pytest.mark.parametrize(
    ("phrasing", "error"), (("grab the {thing}", UnknownName), ("grab the {object", InvalidScenario), ("{}", UnknownName))
)
def test_braces_that_are_no_role_are_refused(phrasing, error):
    scene = changed(drawn("push"), instructions=[phrasing])
    with pytest.raises(error):
        instruct(scene, make(scene, links(scene)), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("task", "error", "says"),
    (
        ({"name": "pusch"}, UnknownName, "push"),
        ({"roles": {"object": "block"}}, InvalidScenario, "task.roles.goal"),
        ({"roles": {"object": "block", "goal": "goal", "tool": "can"}}, UnknownName, "tool"),
        ({"roles": {"object": "block", "goal": "gaol"}}, UnknownName, "goal"),
        ({"roles": {"object": "block", "goal": "block"}}, InvalidScenario, "different body"),
        ({"settings": {"tolerence": 0.1}}, UnknownName, "tolerance"),
        ({"settings": {"tolerance": 0.0}}, InvalidScenario, "greater than 0"),
    ),
)
def test_a_task_that_makes_no_sense_is_refused_in_one_sentence(task, error, says):
    scene = changed(drawn("push"), **task)
    with pytest.raises(error) as raised:
        make(scene, links(scene))
    assert says in str(raised.value) and "\n" not in str(raised.value)


def test_a_task_without_a_robot_is_refused():
    scene = drawn("reach").model_copy(update={"robot": None})
    with pytest.raises(InvalidScenario, match="needs a robot"):
        make(scene, links(scene))


def test_a_body_too_wide_for_the_gripper_is_refused():
    scene = with_body(drawn("pick_place"), "cube", shape={"box": {"size": [0.1, 0.1, 0.1]}})
    with pytest.raises(InvalidScenario, match="make it smaller"):
        make(scene, links(scene))


@pytest.mark.parametrize(("cabinet", "says"), (("mug", "no joints"), ("table", "handle")))
def test_a_cabinet_needs_a_drawer_with_a_handle(cabinet, says):
    scene = changed(drawn("open_drawer"), roles={"cabinet": cabinet})
    with pytest.raises(InvalidScenario, match=says):
        make(scene, links(scene))


def test_a_drawer_cannot_be_opened_farther_than_it_goes():
    scene = changed(drawn("open_drawer"), settings={"opening": 0.3})
    with pytest.raises(InvalidScenario, match="at most"):
        make(scene, links(scene))
