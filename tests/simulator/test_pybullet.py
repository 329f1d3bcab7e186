"""PyBullet keeps the contract of a simulator."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scenery
import trimesh

from simgen import simulator as simulators
from simgen.errors import AssetError, InvalidValue, UnknownName
from simgen.geometry import Pose
from simgen.simulator.control import to_action
from simgen.simulator.pybullet import PyBullet
from simgen.testing.simulator import fingerprint

HERE = Path(__file__).parent
CONTINUE = """
import pathlib, pickle, sys
sys.path.insert(0, sys.argv[1])
from test_pybullet import grasp, continued
from simgen.simulator.pybullet import PyBullet
simulator = PyBullet()
simulator.build(grasp(sys.argv[3]))
simulator.restore(pathlib.Path(sys.argv[2]).read_bytes())
print(continued(simulator))
"""


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    path = tmp_path_factory.mktemp("mesh") / "ring.obj"
    trimesh.creation.annulus(0.03, 0.05, 0.04, sections=8).export(path)
    return str(path)


def grasp(ring: str):
    """A cube to lift, and a ball that falls on a ring of many convex pieces."""
    hoop = scenery.body("ring", {"mesh": {"file": ring}}, (0.6, 0.2, 0.05), (0.9, 0.3, 0.2, 0.1))
    ball = scenery.body("ball", {"sphere": {"radius": 0.025}}, (0.61, 0.22, 0.9))
    cube = scenery.body("cube", scenery.BOX, (0.45, 0.0, 0.025), mass=0.1)
    return scenery.scene(scenery.GROUND, cube, ball, hoop, robot=True)


def continued(simulator, steps=25) -> str:
    """SHA-256 of a run with the gripper closed."""
    states = [simulator.step(np.array([0.0, 0.01 * np.sin(k), 0.005, 0.0, 0.0, 0.1, 0.0])) for k in range(steps)]
    return hashlib.sha256(b"".join(map(fingerprint, states))).hexdigest()


def pick(simulator, state, steps=45):
    """Reach down, close the gripper and begin to lift."""
    for k in range(steps):
        height = 0.1 if k < 8 else 0.022 if k < 32 else 0.06
        target = Pose.from_wxyz((0.45, 0.0, height), (0.0, 1.0, 0.0, 0.0))
        state = simulator.step(to_action(target, float(k < 22), state, simulator.jacobian(), simulator.scene))
    return state


def test_a_grasp_goes_on_from_a_snapshot_bit_for_bit_here_and_in_another_process(start, ring, tmp_path):
    simulator, state = start(grasp(ring))
    pick(simulator, state)
    plain = continued(simulator)

    state = pick(simulator, simulator.reset(0))
    kept = simulator.snapshot()
    cube = next(row for row, link in enumerate(simulator.links) if link.name == "cube")
    held = {simulator.links[a].name for a in state.contacts.link_a[state.contacts.link_b == cube]}
    assert held == {"robot/panda_leftfinger", "robot/panda_rightfinger"}, "the cube is not in the gripper"
    assert continued(simulator) == plain, "taking the snapshot changed the run"
    assert fingerprint(simulator.restore(kept)) == fingerprint(state)
    assert continued(simulator) == plain

    (tmp_path / "snapshot").write_bytes(kept)
    command = [sys.executable, "-c", CONTINUE, str(HERE), str(tmp_path / "snapshot"), ring]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == plain + "\n", "another process goes on otherwise, or PyBullet printed something"
    assert done.stderr == ""


def test_a_snapshot_in_free_fall_is_restored_over_old_contacts(start):
    """PyBullet itself would keep the contacts of now."""
    scene = scenery.scene(scenery.GROUND, scenery.body("cube", scenery.BOX, (0.0, 0.0, 0.2), (0.9, 0.3, 0.2, 0.1)))
    simulator, _ = start(scene)
    simulator.step(np.zeros(0))
    kept = simulator.snapshot()
    plain = [fingerprint(simulator.step(np.zeros(0))) for _ in range(20)]
    simulator.restore(kept)
    assert [fingerprint(simulator.step(np.zeros(0))) for _ in range(20)] == plain


@pytest.mark.parametrize("broken", [b"", b"nonsense", "another scene", "cut short"])
def test_a_snapshot_of_something_else_is_refused_and_changes_nothing(start, broken):
    simulator, _ = start(scenery.scene(scenery.GROUND, robot=True))
    state = simulator.step(np.array([0, 0, 0.01, 0, 0, 0, 1]))
    kept = simulator.snapshot()
    if broken == "another scene":
        broken = start(scenery.scene(scenery.GROUND))[0].snapshot()
    elif broken == "cut short":
        broken = kept[: len(kept) // 2]
    with pytest.raises(InvalidValue):
        simulator.restore(broken)
    after = simulator.step(np.zeros(7))
    simulator.restore(kept)
    assert fingerprint(simulator.step(np.zeros(7))) == fingerprint(after) != fingerprint(state)


def test_two_live_in_one_process_without_meeting(start):
    alone = start(scenery.table())[0]
    states = [fingerprint(alone.step(np.zeros(7))) for _ in range(5)]
    first, second = start(scenery.table())[0], start(scenery.scene(scenery.GROUND))[0]
    mixed = []
    for _ in range(5):
        second.step(np.zeros(0))
        mixed.append(fingerprint(first.step(np.zeros(7))))
    assert mixed == states


def test_reset_and_a_new_scene_leave_nothing_behind(start):
    simulator, _ = start(scenery.table())
    plain = [fingerprint(simulator.step(np.zeros(7))) for _ in range(5)]
    simulator.reset(3)
    assert [fingerprint(simulator.step(np.zeros(7))) for _ in range(5)] == plain
    simulator.build(scenery.scene(scenery.GROUND))
    simulator.reset(0)
    simulator.build(scenery.table())
    simulator.reset(0)
    assert [fingerprint(simulator.step(np.zeros(7))) for _ in range(5)] == plain


def test_the_table_makes_it_by_name():
    assert simulators.make("pybullet", draws=True).name == "pybullet"
    with pytest.raises(UnknownName, match="pybullet"):
        simulators.make("pybulet")


def test_calls_out_of_order_say_what_the_order_is(start):
    simulator = PyBullet()
    for call in (lambda: simulator.reset(0), lambda: simulator.step(np.zeros(7)), simulator.snapshot, lambda: simulator.observe("front")):
        with pytest.raises(InvalidValue, match="build"):
            call()
    simulator.close()


@pytest.mark.parametrize(
    ("mend", "error"),
    [
        ({"shape": {"mesh": {"file": "/nowhere/cup.obj"}}}, AssetError),
        ({"shape": {"urdf": {"file": "/nowhere/cup.urdf"}}}, AssetError),
        ({"label": "unicorn"}, UnknownName),
    ],
)
def test_a_body_that_cannot_be_is_refused_by_name(mend, error):
    simulator = PyBullet()
    with pytest.raises(error):
        simulator.build(scenery.scene(scenery.body("cup", scenery.BOX, (0, 0, 1)) | mend))
    simulator.close()


def test_a_flat_mesh_may_stand_still_but_not_move(start, tmp_path):
    sheet = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    sheet.export(tmp_path / "sheet.obj")
    sheet = scenery.body("sheet", {"mesh": {"file": str(tmp_path / "sheet.obj")}}, (0, 0, 0))
    start(scenery.scene(sheet | {"fixed": True}))
    with pytest.raises(AssetError, match="sheet"):
        start(scenery.scene(sheet))
