"""Two engines part as far as they do, and a floor is what one engine parts from itself."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from simgen.cli import main
from simgen.evaluation.engines.compare import NUDGE, compared, halved, nudged
from simgen.evaluation.engines.course import Course, wander
from simgen.evaluation.engines.divergence import HAND, divergence
from simgen.evaluation.engines.html import page
from simgen.evaluation.engines.plot import HEIGHT, TOP, Line, plot, scale_of
from simgen.geometry import Pose
from simgen.observation import Contacts, Link, State
from simgen.scenario.scene import Camera, Task
from simgen.simulator.pybullet import PyBullet
from simgen.testing.simulator.stage import BOX, GROUND, body, scene

STILL = Pose.identity()


class Finer(PyBullet):
    """PyBullet that takes physics steps of half the length, whatever it is told."""

    name = "finer"

    def build(self, scene):
        super().build(halved(scene))


def stage(**settings):
    """A cube to reach for beside a <second> thing, under a small camera."""
    cube = body("cube", BOX, (0.5, 0.1, 0.0255), mass=0.1)
    ball = body("ball", {"sphere": {"radius": 0.03}}, (0.35, -0.2, 0.1), mass=0.1)
    front = Camera(position=(1.3, 0.4, 0.9), look_at=(0.4, 0.0, 0.1), width=48, height=32)
    task = Task(name="reach", roles={"target": "cube"})
    return scene(GROUND, cube, ball, robot=True, cameras={"front": front}, task=task, **settings)


@pytest.fixture(scope="module")
def beside_finer():
    first, second = PyBullet(), Finer()
    yield compared(stage(), first, second, seconds=1.0, actions="expert")
    first.close()
    second.close()


def test_an_engine_of_half_the_step_parts_exactly_as_far_as_the_floor(beside_finer):
    for name in beside_finer.names:
        assert (beside_finer.between.position[name] == beside_finer.halved.position[name]).all()
    assert set(beside_finer.names) == {HAND, "cube", "ball"} and beside_finer.between.position["ball"].max() > 1e-5


def test_both_floors_are_above_nothing_and_begin_where_they_are_put(beside_finer):
    assert beside_finer.nudged.position["cube"][0] == pytest.approx(NUDGE, rel=1e-6)
    assert beside_finer.nudged.position[HAND].max() < 1e-4 and beside_finer.halved.position["cube"][0] == 0.0
    assert beside_finer.floor("cube") >= NUDGE * (1 - 1e-6)


def test_an_engine_does_not_part_from_itself():
    first, second = PyBullet(), PyBullet()
    same = compared(stage(), first, second, seconds=0.5, actions="wander")
    for values in (*same.between.position.values(), *same.between.rotation.values(), same.between.joints, same.between.touching):
        assert (values == 0.0).all()
    assert same.closed is None and len(same.first.states) == 11
    first.close()
    second.close()


def test_a_wandering_hand_is_drawn_from_the_seed():
    simulator = PyBullet()
    one, again, other = (wander(stage().model_copy(update={"seed": seed}), simulator, 0.5) for seed in (0, 0, 1))
    assert (one == again).all() and (one != other).any() and one.dtype == np.float32
    simulator.close()


def test_the_table_the_numbers_and_the_page_say_the_same(beside_finer, tmp_path):
    greatest = 1000 * beside_finer.between.position["ball"].max()
    assert f"{greatest:.3f}" in str(beside_finer) and "finer from pybullet" in str(beside_finer)
    said = json.loads(beside_finer.write(tmp_path / "new").read_text())
    assert said["bodies"]["ball"]["between"]["greatest_m"] == pytest.approx(greatest / 1000)
    assert len(said["times"]) == len(said["series"]["nudged"]["position_m"]["cube"]) == 21
    html = page(beside_finer)
    assert f"{greatest:.3f} mm" in html
    assert html.count("<svg") >= len(beside_finer.names) + 2 and html.count("data:image/webp") == 15
    assert not re.search(r'(src|href)="(?!data:)|@import|url\(', html), "it needs something from elsewhere"


def test_the_page_takes_no_word_for_markup(beside_finer):
    assert "<b>bold</b>" not in page(replace(beside_finer, engines=("pybullet", "<b>bold</b>")))


def course(*states: State) -> Course:
    return Course(states, (Link(2, 0, "cube", 7), Link(3, 0, "table", 3)))


def state(time: float, x: float, turn: float = 0.0, touching: bool = False) -> State:
    pose = np.array([[x, 0, 0, np.cos(turn / 2), 0, 0, np.sin(turn / 2)], [0, 0, 0, 1, 0, 0, 0]])
    contacts = Contacts.none()
    if touching:
        rows, zero = np.array([0, 1], np.int32), np.zeros((1, 3))
        contacts = Contacts(rows[:1], rows[1:], zero, zero, np.ones(1), zero, np.zeros(1))
    none = np.zeros(0)
    return State(round(1e9 * time), pose, np.zeros((2, 6)), none, none, none, STILL, 0.0, {}, contacts, np.ones(2), np.ones(2))


def test_a_divergence_says_when_how_far_and_which_way():
    table = body("table", BOX, (0, 0, 0), fixed=True)
    where = scene(body("cube", BOX, (0, 0, 1)), table)
    one = course(state(0.0, 0.0), state(0.5, 0.0), state(1.0, 0.0, touching=True))
    other = course(state(0.0, 0.0), state(0.5, 0.002, turn=1e-6), state(1.0, -0.03, turn=3.0))
    found = divergence(where, one, other)
    assert list(found.position) == ["cube"], "what is fixed cannot part"
    assert found.position["cube"] == pytest.approx([0.0, 0.002, 0.03])
    assert found.rotation["cube"] == pytest.approx([0.0, 1e-6, 3.0])
    assert (found.first_beyond("cube", 1e-3), found.first_beyond("cube", 1e-2), found.first_beyond("cube", 1.0)) == (0.5, 1.0, None)
    assert found.touching.tolist() == [0.0, 0.0, 1.0]


def test_only_what_can_move_is_nudged_and_distances_between_neighbours_change():
    before, after = stage(), nudged(stage())
    way = [np.array(b.position) - a.position for a, b in zip(before.bodies, after.bodies, strict=True)]
    assert np.abs(way[0]).max() == 0.0 and [float(one[0]) for one in way[1:]] == pytest.approx([NUDGE, -NUDGE])


def test_a_logarithmic_scale_keeps_order_and_its_ends():
    line = Line("off", np.array([0.0, 1e-6, 1e-3, 0.02]), "engines")
    scale = scale_of([line], logarithmic=True)
    down = scale.place(line.values)
    assert (np.diff(down) <= 0).all() and scale.place(np.array([scale.high]))[0] == TOP
    assert down[0] == scale.place(np.array([scale.low]))[0] < HEIGHT, "what is below the scale lies on its floor"
    assert "<script" not in plot(np.arange(4.0), [Line("<script>", line.values, "engines")], '"<script>', "m")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reach", "--engines", "pybullet", "bullet"], "Did you mean 'pybullet'"),
        (["reech", "--engines", "pybullet", "pybullet"], "Did you mean 'reach'"),
        (["reach", "--engines", "pybullet", "pybullet", "--seconds", "0"], "at least one control step"),
        (["reach", "--engines", "pybullet", "pybullet", "--size", "4"], "at least 8"),
        (["reach", "--engines", "pybullet"], "--engines"),
    ],
)
def test_bad_input_gets_one_sentence(words, said, tmp_path, capsys):
    assert main(["compare-engines", *words, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_command_leaves_numbers_and_a_page(tmp_path, capsys):
    assert main(["compare-engines", "reach", "--engines", "pybullet", "pybullet", "--out", str(tmp_path), "--size", "64"]) == 0
    assert "never" in capsys.readouterr().out and {file.name for file in tmp_path.iterdir()} == {"report.html", "report.json"}
