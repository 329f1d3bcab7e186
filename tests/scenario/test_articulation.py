"""Kinematic trees of URDFs."""

import numpy as np
import pytest
import yourdfpy

from simgen import shelves
from simgen.errors import AssetError, UnknownName
from simgen.geometry import Pose
from simgen.scenario.articulation import articulation
from simgen.scenario.robot import robot_model
from simgen.scenario.surface import robot_articulation


def urdf(folder, body: str):
    file = folder / "thing.urdf"
    file.write_text(f'<robot name="thing">{body}</robot>')
    return file


def links(*names: str) -> str:
    return "".join(f'<link name="{name}"/>' for name in names)


def joint(name, kind, parent, child, more="", axis="0 0 1", xyz="0 0 0") -> str:
    limit = '<limit lower="-1" upper="2" effort="1" velocity="1"/>'
    ends = f'<parent link="{parent}"/><child link="{child}"/>'
    return f'<joint name="{name}" type="{kind}"><origin xyz="{xyz}"/>{ends}<axis xyz="{axis}"/>{limit}{more}</joint>'


def test_the_panda_stands_where_another_urdf_library_puts_it():
    model, tree = robot_model("panda"), robot_articulation("panda")
    joints = dict(zip(model.arm, model.home, strict=True)) | {model.fingers[0]: 0.03}
    other = yourdfpy.URDF.load(str(tree.file), load_meshes=False)
    other.update_cfg(joints)
    for name, pose in zip(tree.links, tree.forward(joints), strict=True):
        assert np.allclose(pose.matrix, other.get_transform(name, tree.links[0]), atol=1e-12), name


def test_the_hand_at_home_points_down_over_the_table():
    model, tree = robot_model("panda"), robot_articulation("panda")
    hand = tree.forward(dict(zip(model.arm, model.home, strict=True)))[tree.links.index(model.tcp_link)]
    assert hand.rotation[2, 2] < -0.95 and hand.apply(model.tcp_position)[2] > 0.1


def test_links_come_depth_first_in_the_order_of_the_file(tmp_path):
    body = links("d", "base", "a", "b", "c") + joint("1", "fixed", "base", "a") + joint("2", "fixed", "base", "b")
    tree = articulation(urdf(tmp_path, body + joint("3", "fixed", "a", "c") + joint("4", "fixed", "b", "d")))
    assert tree.links == ("base", "a", "c", "b", "d")
    assert [joint.child for joint in tree.joints] == list(tree.links[1:])


def test_a_revolute_joint_turns_its_child_about_its_axis(tmp_path):
    tree = articulation(urdf(tmp_path, links("base", "arm") + joint("hinge", "revolute", "base", "arm", axis="0 0 2", xyz="1 0 0")))
    pose = tree.forward({"hinge": np.pi / 2})[1]
    assert np.allclose(pose.apply([1, 0, 0]), [1, 1, 0]) and tree.joints[0].limits == (-1, 2)


def test_a_mimic_joint_follows_its_leader_unless_it_is_told_otherwise(tmp_path):
    fingers = joint("left", "prismatic", "base", "l", axis="0 1 0")
    follower = joint("right", "prismatic", "base", "r", '<mimic joint="left" multiplier="2" offset="0.1"/>', axis="0 -1 0")
    tree = articulation(urdf(tmp_path, links("base", "l", "r") + fingers + follower))
    assert np.allclose(tree.forward({"left": 0.2})[2].position, [0, -0.5, 0])
    assert np.allclose(tree.forward({"left": 0.2, "right": 0.3})[2].position, [0, -0.3, 0])


def test_scale_stretches_where_links_stand_but_not_how_far_joints_are_told_to_go(tmp_path):
    file = urdf(tmp_path, links("base", "drawer") + joint("slide", "prismatic", "base", "drawer", axis="1 0 0", xyz="0 0 1"))
    tree = articulation(file, 0.5)
    assert np.allclose(tree.forward({"slide": 0.1})[1].position, [0.1, 0, 0.5]) and tree.joints[0].limits == (-0.5, 1)


def test_a_joint_that_does_not_exist_is_named_with_those_that_do(tmp_path):
    tree = articulation(urdf(tmp_path, links("base", "arm") + joint("hinge", "revolute", "base", "arm")))
    with pytest.raises(UnknownName, match="'hing'.*Did you mean 'hinge'"):
        tree.forward({"hing": 1.0})


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<link", "cannot be read as a URDF"),
        (links("a", "b"), "exactly one base"),
        (links("a", "b") + joint("j", "floating", "a", "b"), "type 'floating'"),
        (links("a", "b") + joint("j", "revolute", "a", "c"), "link 'c' that does not exist"),
        (links("a", "b") + joint("j", "revolute", "a", "b", axis="0 0 0"), "axis of length 0"),
        (links("a", "b") + joint("j", "revolute", "a", "b", '<mimic joint="k"/>'), "mimics 'k'"),
        (links("a", "b") + joint("j", "fixed", "a", "b") + joint("k", "fixed", "a", "b"), "two parents"),
        (links("a", "b", "c") + joint("j", "fixed", "b", "c") + joint("k", "fixed", "c", "b"), "loop"),
        (links("a", "b") + joint("j", "fixed", "a", "b") + joint("k", "fixed", "b", "a"), "exactly one base"),
    ],
)
def test_a_broken_urdf_is_one_sentence_naming_the_file(tmp_path, body, problem):
    file = urdf(tmp_path, body)
    with pytest.raises(AssetError, match=problem) as error:
        articulation(file)
    assert str(file) in str(error.value)


def test_a_urdf_that_changed_is_read_again(tmp_path):
    assert articulation(urdf(tmp_path, links("a"))).links == ("a",)
    assert articulation(urdf(tmp_path, links("other"))).links == ("other",)


def test_every_shipped_urdf_is_read_and_its_base_stands_at_its_origin():
    for file in sorted(shelves.shelf("assets").glob("*/*.urdf")):
        tree = articulation(file)
        poses = tree.forward({})
        assert len(poses) == len(tree.links) and np.allclose(poses[0].matrix, Pose.identity().matrix)
