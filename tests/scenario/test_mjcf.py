"""What an MJCF says, SimGen's links, joints and triangles say too."""

import sys
from contextlib import closing

import numpy as np
import plain
import pytest
import trimesh
import yaml
from PIL import Image

from simgen import simulator as simulators
from simgen.errors import AssetError, InvalidScenario, MissingExtra
from simgen.generate import generate
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.scenario import Scene, draw, load
from simgen.scenario.articulation import articulation
from simgen.scenario.files import digests
from simgen.scenario.mjcf_files import mjcf_files
from simgen.scenario.scene import BodyProperties, PlacedBody
from simgen.scenario.shape import Urdf
from simgen.scenario.visual import link_parts
from simgen.simulator.assembly import assemblies
from simgen.simulator.collision import collision_urdf
from simgen.simulator.raycast import RayCaster

mujoco = pytest.importorskip("mujoco")
RNG = np.random.default_rng(7)
BALL = '<geom type="sphere" size="0.03"/>'
CRANE = f"""
<body pos="0.1 0.2 0.3" quat="0.9 0.1 -0.3 0.2">
  {BALL}
  <body name="jib" pos="0.3 0 0.1" euler="20 -30 40">
    <joint name="turn" type="hinge" axis="1 2 -1" pos="0.1 -0.2 0.05" ref="25"/>
    <joint name="reach" type="slide" axis="0 1 1" pos="1 2 3" ref="0.1"/>
    <joint type="hinge" axis="0 0 1" range="-80 100"/>
    <geom type="box" size="0.1 0.02 0.03" pos="0.1 0 0" euler="0 0 30"/>
    <body name="mount" pos="0 0.1 0" axisangle="0 0 1 30"><geom type="capsule" fromto="0 0 0 0.1 0.1 0" size="0.02"/>
      <body pos="0 0.2 0"><joint name="hook" axis="0 1 0" pos="0 0 -0.2"/>{BALL}</body>
    </body>
  </body>
</body>"""
DEFAULTS = f"""
<default><joint axis="0 1 0" damping="0.3"/>
  <default class="stiff"><joint axis="1 0 0" frictionloss="0.2" range="-0.5 0.7"/>
    <default class="stiffer"><joint pos="0 0 0.1" frictionloss="0.4"/><geom type="cylinder" size="0.05 0.1" density="300"/></default>
  </default>
</default>
<worldbody>
  <body name="one"><joint name="a"/>{BALL}
    <body name="two" childclass="stiff" pos="0.2 0 0" euler="0.3 0.4 -0.5"><joint name="b"/>{BALL}
      <body name="three" pos="0 0.3 0"><joint name="c" class="stiffer"/><geom class="stiffer"/></body></body></body>
</worldbody>"""
SPOT = """
<worldbody>
  <body name="left" pos="0 0.4 0"><joint name="left" type="slide" axis="0 1 0" range="-1 1"/><geom type="box" size="0.1 0.1 0.1"/></body>
  <body name="right" pos="0 -0.4 0"><joint name="right" axis="0 0 1"/><geom type="ellipsoid" size="0.1 0.2 0.05"/></body>
  <geom type="cylinder" size="0.05 0.2" pos="0.4 0 0" euler="90 0 0"/>
</worldbody>"""
HILLS = '<worldbody><geom type="hfield" hfield="h"/></worldbody>'
FILES = {
    "degrees": f"<worldbody>{CRANE}</worldbody>",
    "radians": f'<compiler angle="radian"/><worldbody>{CRANE}</worldbody>',
    "euler ZXY": f'<compiler eulerseq="ZXY"/><worldbody>{CRANE}</worldbody>',
    "autolimits off": f'<compiler autolimits="false"/><worldbody>{CRANE.replace("range", 'limited="true" range')}</worldbody>',
    "defaults": f'<compiler angle="radian"/>{DEFAULTS}',
    "several tops": SPOT,
    "free": f'<worldbody><geom type="plane" size="0 0 1"/><body pos="0 0 1"><freejoint/>{BALL}{CRANE}</body></worldbody>',
}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """Nothing is left in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def mjcf(tmp_path):
    def write(text: str, name: str = "thing.xml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'<mujoco model="thing">{text}</mujoco>')
        return path

    return write


def anywhere(path):
    """MuJoCo's model and data at random joint positions, and those by joint, as the tree of SimGen names them."""
    tree, model = articulation(path), mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(model)
    moving = iter(joint for joint in tree.joints if joint.type != "fixed")
    positions = {}
    for joint in np.flatnonzero(model.jnt_type != mujoco.mjtJoint.mjJNT_FREE):
        said, address = next(moving), model.jnt_qposadr[joint]
        assert model.joint(joint).name in ("", said.name)
        data.qpos[address] = positions[said.name] = RNG.uniform(-1, 1)
    assert next(moving, None) is None
    mujoco.mj_forward(model, data)
    return tree, model, data, positions


def bodies(tree, model):
    """Place among the links and number in MuJoCo of every body that is a link."""
    named = {model.body(body).name or f"body_{body}": body for body in range(model.nbody)}
    return [(place, named[link]) for place, link in enumerate(tree.links) if link in named]


@pytest.mark.parametrize("kind", FILES)
def test_links_stand_where_mujoco_puts_bodies(mjcf, kind):
    for _ in range(3):
        tree, model, data, positions = anywhere(mjcf(FILES[kind]))
        found, here = tree.forward(positions), bodies(tree, model)
        world_T_base = Pose.from_wxyz(data.xpos[here[0][1]], data.xquat[here[0][1]])
        assert len(here) >= model.nbody - 1
        for place, body in here:
            expected = Pose.from_wxyz(data.xpos[body], data.xquat[body])
            assert np.allclose((world_T_base @ found[place]).matrix, expected.matrix, atol=1e-9), tree.links[place]


@pytest.mark.parametrize("kind", FILES)
def test_links_weigh_what_bodies_weigh(mjcf, kind):
    tree, model, _, _ = anywhere(mjcf(FILES[kind]))
    by_name = {link.name: link.inertial for link in tree.robot.links}
    for place, body in bodies(tree, model):
        inertial = by_name[tree.links[place]]
        principal = Pose.from_wxyz(model.body_ipos[body], model.body_iquat[body])
        assert inertial.mass == pytest.approx(model.body_mass[body], rel=1e-12)
        assert np.allclose(inertial.origin, principal.matrix, atol=1e-9)
        assert np.allclose(inertial.inertia, np.diag(model.body_inertia[body]), rtol=1e-12)
    assert sum(one.mass for one in by_name.values()) == pytest.approx(model.body_subtreemass[0], rel=1e-4)


def test_a_base_without_mass_has_that_of_what_is_fixed_to_it(mjcf):
    """Fixed bodies in an empty one weigh, balance and turn as MuJoCo's composite body does."""
    box = '<geom type="box" size="0.1 0.2 0.05" pos="0.1 0 0"/>'
    inside = f'<body name="b" pos="1 0 0" euler="30 0 50">{box}</body><body pos="0 2 0">{BALL}</body>'
    path = mjcf(f'<worldbody><body name="a">{inside}</body></worldbody>')
    tree, model = articulation(path), mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    first, *others = (link.inertial for link in tree.robot.links)
    assert first.mass == pytest.approx(model.body_subtreemass[1]) and [one.mass for one in others] == [0, 0]
    assert first.origin[:3, 3] == pytest.approx(data.subtree_com[1])
    fused = mujoco.MjSpec.from_file(str(path))
    fused.compiler.fusestatic = True
    fused.bodies[1].add_freejoint()
    whole = fused.compile()
    turn = Pose.from_wxyz(whole.body_ipos[1], whole.body_iquat[1]).rotation
    assert whole.nbody == 2 and np.allclose(first.inertia, turn @ np.diag(whole.body_inertia[1]) @ turn.T, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", ["pybullet", "mujoco"])
def test_a_thing_inside_an_empty_body_falls(mjcf, engine):
    path = mjcf('<worldbody><body><body name="object"><geom type="box" size="0.1 0.1 0.1"/></body></body></worldbody>')
    with closing(simulators.make(engine)) as simulator:
        simulator.build(one(path, fixed=False, position=(0, 0, 5), linear_damping=0.0))
        simulator.reset(0)
        for _ in range(simulator.scene.control_rate // 2):
            state = simulator.step(np.zeros(0))
    assert state.link_pose[:, 2] == pytest.approx(5 - 0.5 * 9.81 * 0.5**2, abs=0.03)


def test_ranges_damping_friction_and_strength_come_along(mjcf):
    motor = '<actuator><motor joint="b" gear="3" forcerange="-2 2"/></actuator>'
    tree = articulation(mjcf(f'<compiler angle="radian"/>{DEFAULTS}{motor}'))
    assert [(joint.name, joint.type) for joint in tree.joints] == [
        ("a", "continuous"), ("b", "revolute"), ("c", "revolute"), ("three__mount", "fixed")
    ]  # fmt: skip
    found = {joint.name: joint for joint in tree.robot.joints}
    assert tree.joints[1].limits == (-0.5, 0.7) and found["b"].limit.effort == 6.0
    rubs = [(float(found[name].dynamics.damping), float(found[name].dynamics.friction)) for name in "abc"]
    assert rubs == [(0.3, 0.0), (0.3, 0.2), (0.3, 0.4)]


def test_a_joint_that_equals_another_mimics_it(mjcf):
    text = SPOT + '<equality><joint joint1="left" joint2="right" polycoef="0.1 0.5 0 0 0"/></equality>'
    tree = articulation(mjcf(text.replace('name="right" axis', 'name="right" ref="30" axis')))
    right = np.deg2rad(30) + 0.4
    place = tree.links.index("left")
    assert tree.forward({"right": right})[place].position == pytest.approx([0, 0.4 + 0.1 + 0.5 * 0.4, 0])


def test_included_files_and_their_meshes_are_read_and_noticed(mjcf, tmp_path):
    (tmp_path / "m").mkdir()
    trimesh.creation.box((0.2, 0.1, 0.3)).export(tmp_path / "m" / "block.stl")
    part = tmp_path / "parts" / "part.xml"
    mjcf('<asset><mesh name="block" file="block.stl"/></asset>', "parts/part.xml")
    block = '<worldbody><body><geom type="mesh" mesh="block"/></body></worldbody>'
    path = mjcf(f'<compiler meshdir="m"/><include file="parts/part.xml"/>{block}')
    assert set(mjcf_files(path)) == {path, part, tmp_path / "m" / "block.stl"}
    tree = articulation(path)
    body = BodyProperties(shape={"mjcf": {"file": "thing.xml"}})
    before = digests([body], None, tmp_path)
    assert set(before) == {"thing.xml", "parts/part.xml", "m/block.stl"}
    trimesh.creation.box((0.2, 0.1, 0.5)).export(tmp_path / "m" / "block.stl")
    after = digests([body], None, tmp_path)
    assert {name for name in before if before[name] != after[name]} == {"m/block.stl"}
    other = articulation(path)
    assert other.file != tree.file and np.ptp(link_parts(other)[0][1].vertices[:, 2]) == pytest.approx(0.5, abs=1e-6)


def test_a_shape_said_as_mjcf_is_a_urdf_once_read_and_stays_one():
    shape = {"mjcf": {"file": "thing.xml", "scale": 2.0}}
    body = PlacedBody(id=2, name="thing", shape=shape, position=(0, 0, 0), orientation_wxyz=(1, 0, 0, 0))
    assert isinstance(body.shape, Urdf) and PlacedBody.model_validate_json(body.model_dump_json()) == body
    choice = BodyProperties(shape={"choice": [shape, {"box": {"size": [1, 1, 1]}}]})
    assert isinstance(choice.shape.choice[0], Urdf)


def one(path, positions=None, **more) -> Scene:
    """A Scene of one body."""
    body = {"id": 2, "name": "thing", "shape": {"mjcf": {"file": str(path)}}, "position": (0, 0, 0), "orientation_wxyz": (1, 0, 0, 0)}
    data = {"schema_version": 1, "name": "test", "robot": None, "cameras": {}, "seed": 0, "episode": 0}
    return Scene.model_validate(data | {"bodies": [body | {"joints": positions or {}, "fixed": True} | more]})


def test_rays_meet_what_mujocos_rays_meet(mjcf, tmp_path):
    """Planes, boxes, round shapes, hulls and a mesh with a hole, wherever joints put them; hidden ones neither here nor there."""
    trimesh.creation.torus(0.2, 0.06).apply_scale(1000).export(tmp_path / "ring.stl")
    shapes = (
        '<geom type="plane" size="2 2 0.1" pos="0 0 -0.5"/><geom type="ellipsoid" size="0.1 0.2 0.05" pos="0.2 0.3 0"/>'
        '<geom type="sphere" size="5" group="3"/><geom type="sphere" size="5" rgba="1 0 0 0"/>'
        '<geom type="mesh" mesh="ring" pos="0 -0.4 0.1" euler="40 0 20" group="2" contype="0" conaffinity="0"/>'
    )
    assets = '<asset><mesh name="ring" file="ring.stl" scale="0.001 0.001 0.001"/></asset>'
    tree, model, data, positions = anywhere(mjcf(f"{assets}<worldbody>{shapes}{CRANE}</worldbody>"))
    scene = one(tmp_path / "thing.xml", positions)
    caster = RayCaster.of(scene)
    pose = np.array([pose.row for pose in tree.forward(positions)])
    for eye in ((1.5, 0.7, 1.0), (-1.0, -1.2, 0.5)):
        view = CameraView("front", Intrinsics.from_fov_y(96, 72, 0.9), Pose.looking(eye, (0, 0, 0)))
        depth = caster.observe(view, pose, 0).depth.reshape(-1)
        rays = np.ascontiguousarray(view.intrinsics.rays().reshape(-1, 3) @ view.world_T_camera.rotation.T)
        geom, distance = np.zeros(len(rays), np.int32), np.zeros(len(rays))
        groups = np.array([1, 1, 1, 0, 0, 0], np.uint8)
        model.geom_group[model.geom_rgba[:, 3] == 0] = 5
        mujoco.mj_multiRay(model, data, np.array(eye), rays.reshape(-1), groups, 1, -1, geom, distance, None, len(rays), 20.0)
        expected = np.where(geom >= 0, distance, np.inf)
        assert len(np.unique(geom)) > 5
        agrees = np.isclose(depth, expected, atol=3e-3)  # facets of round shapes
        assert agrees.mean() > 0.99


def test_meshes_wear_their_pictures_and_others_their_colours(mjcf, tmp_path):
    picture = RNG.integers(0, 255, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "skin.png")
    corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nvt 0 0\nvt 1 0\nvt 0 0.75\n"
    (tmp_path / "tri.obj").write_text(corners + "f 1/1 3/3 2/2\nf 1/1 2/2 4/3\nf 1/1 4/2 3/3\nf 2/1 3/2 4/3\n")
    mjcf(
        '<asset><texture name="skin" type="2d" file="skin.png"/><material name="skin" texture="skin"/><mesh name="tri" file="tri.obj"/>'
        '<material name="red" rgba="0.8 0.1 0.1 1"/></asset><worldbody><body><geom type="mesh" mesh="tri" material="skin"/>'
        '<geom size="0.1" material="red"/><geom size="0.1" material="red" rgba="0 0.4 1 1"/>'
        '<geom size="0.1" material="skin"/></body></worldbody>'
    )
    mesh, *balls = (part for _, part in link_parts(articulation(tmp_path / "thing.xml")))
    assert np.array_equal(mesh.texture, picture)
    assert {tuple(row) for row in mesh.uv.round(6).tolist()} == {(0, 0), (1, 0), (0, 0.75)}
    mean = picture.mean((0, 1)) / 255
    assert [ball.colour for ball in balls] == [pytest.approx(colour, abs=1e-6) for colour in [(0.8, 0.1, 0.1), (0, 0.4, 1), mean]]


def test_what_collides_is_what_collides_in_mujoco(mjcf):
    text = (
        '<worldbody><body><geom name="a" type="box" size="0.1 0.1 0.1" friction="0.4"/><geom type="capsule" size="0.1 0.2" friction="0.7"/>'
        '<geom size="0.1" contype="0" conaffinity="0"/><geom name="b" friction="0.1" type="ellipsoid" size="0.1 0.1 0.2" contype="0"'
        ' conaffinity="0"/></body></worldbody><contact><pair geom1="a" geom2="b"/></contact>'
    )
    path = mjcf(text)
    (assembly,) = assemblies(one(path))
    assert [geom.kind for geom in assembly.pieces[0].geoms] == ["box", "cylinder", "sphere", "sphere", "hull"]
    assert 'lateral_friction value="0.7"' in articulation(path).file.read_text()
    assert collision_urdf(articulation(path), decompose=True).is_file()


@pytest.mark.parametrize("engine", ["pybullet", "mujoco"])
def test_a_pendulum_swings_as_long_as_in_mujoco_itself(mjcf, engine):
    """An anchor off the body's origin, another's mass below it, and no friction."""
    path = mjcf(
        '<option timestep="0.001" integrator="RK4"/><worldbody><body name="arm" pos="0 0 1">'
        '<joint name="pivot" axis="0 1 0" pos="0 0 0.2"/><geom type="capsule" fromto="0 0 0.2 0 0 -0.3" size="0.02"/>'
        '<body name="bob" pos="0 0 -0.3"><geom size="0.08"/></body></body></worldbody>'
    )
    model = mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(model)
    data.qpos[0] = 0.3
    expected = []
    for _ in range(4000):
        mujoco.mj_step(model, data)
        expected.append(float(data.qpos[0]))
    with closing(simulators.make(engine)) as simulator:
        simulator.build(one(path, {"pivot": 0.3}))
        simulator.reset(0)
        rate = simulator.scene.control_rate
        found = [simulator.step(np.zeros(0)).articulation["thing/pivot"] for _ in range(4 * rate)]
        assert [link.name for link in simulator.links] == ["thing", "thing/arm__pivot", "thing/arm", "thing/bob"]
    assert period(found, rate) == pytest.approx(period(expected, 1000), rel=0.01)


def period(angles, rate: int) -> float:
    """Seconds between downward crossings of 0, between samples taken as straight lines."""
    angle = np.asarray(angles)
    before = np.flatnonzero((angle[:-1] > 0) & (angle[1:] <= 0))
    times = (before + angle[before] / (angle[before] - angle[before + 1])) / rate
    return np.diff(times).mean()


@pytest.mark.parametrize("engine", ["pybullet", "mujoco"])
def test_a_drawer_slides_to_its_end_and_no_farther(mjcf, engine):
    path = mjcf(
        '<worldbody><body name="chest" pos="5 5 5"><geom type="box" size="0.2 0.2 0.2" contype="0" conaffinity="0"/><body name="drawer">'
        '<joint name="rail" type="slide" axis="-1 0 0" range="0 0.15"/><geom type="box" size="0.18 0.18 0.05"/></body></body></worldbody>'
    )
    downhill = (0.924, 0.0, -0.383, 0.0)
    with closing(simulators.make(engine)) as simulator:
        simulator.build(one(path, orientation_wxyz=downhill))
        assert simulator.reset(0).articulation == {"thing/rail": 0.0}
        for _ in range(simulator.scene.control_rate):
            state = simulator.step(np.zeros(0))
    assert state.articulation["thing/rail"] == pytest.approx(0.15, abs=2e-3)


THING = '<body name="thing" pos="0 0 3"><freejoint/><geom type="box" size="0.025 0.025 0.02"/></body>'


def kitchen(folder, **changed) -> str:
    """A scenario file of the plain scene, its cube from an MJCF."""
    cube = plain.SCENE["bodies"]["cube"] | {"shape": {"mjcf": {"file": "thing.xml"}}} | changed
    file = folder / "scene.yaml"
    file.write_text(yaml.safe_dump(plain.SCENE | {"bodies": plain.SCENE["bodies"] | {"cube": cube}}))
    return file


def test_a_thing_from_an_mjcf_is_placed_settles_and_is_reached(mjcf, tmp_path):
    mjcf(f"<worldbody>{THING}</worldbody>")
    scene = draw(load(kitchen(tmp_path)), 0, 0)
    assert scene.assets.keys() == {"thing.xml", "package://pybullet_data/franka_panda/panda.urdf"}
    assert scene.body("cube").position[2] == pytest.approx(0.02, abs=2e-3)
    episode = next(generate(kitchen(tmp_path), world="raw", size=(32, 32)))
    assert episode.success


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<worldbody><body></worldbody>", "cannot be read as MJCF .*mend its XML"),
        ("<worldbdy/>", "cannot be read as MJCF .*unrecognized element"),
        ('<asset><mesh name="a" file="a.stl"/></asset>', "names the file 'a.stl', which is not there"),
        ('<include file="b.xml"/>', "names the file 'b.xml', which is not there"),
        ('<worldbody><body><geom type="mesh" mesh="c"/></body></worldbody>', "cannot be read as MJCF .*'c'"),
        (f'<worldbody><body><joint name="j" type="ball"/>{BALL}</body></worldbody>', "'j' is a ball joint"),
        (f'<worldbody><body><joint name="j" stiffness="2"/>{BALL}</body></worldbody>', "'j' has a spring"),
        (f"<worldbody><body><freejoint/>{BALL}</body><body><freejoint/>{BALL}</body></worldbody>", "2 bodies that move freely"),
        (f'<worldbody><body name="a"><freejoint/>{BALL}</body><body name="b">{BALL}</body></worldbody>', "'a' moves freely beside 'b'"),
        (SPOT + '<equality><weld body1="left" body2="right"/></equality>', "equality 1 closes a loop"),
        (SPOT + '<equality><joint joint1="left" joint2="right" polycoef="0 1 2 0 0"/></equality>', "couples joints"),
        (SPOT + '<tendon><fixed name="t" range="0 1"><joint joint="left" coef="1"/></fixed></tendon>', "the tendon 't' limits"),
        ('<asset><hfield name="h" nrow="2" ncol="2" size="1 1 1 1"/></asset>' + HILLS, "geom 1 is a height field"),
        ("<worldbody/>", "has no body"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence_naming_the_file(mjcf, text, problem):
    path = mjcf(text)
    with pytest.raises(AssetError, match=problem) as error:
        articulation(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_what_only_steers_from_outside_is_left_out(mjcf):
    tendon = '<tendon><fixed name="t"><joint joint="left" coef="1"/></fixed></tendon><actuator><motor tendon="t"/></actuator>'
    hand = '<worldbody><body name="hand" mocap="true"><geom size="0.1"/></body></worldbody>'
    weld = '<equality><weld body1="hand" body2="right"/></equality>'
    assert articulation(mjcf(SPOT + tendon + hand + weld)).links == ("world", "left", "right")


def test_without_mujoco_the_sentence_says_how_to_get_it(mjcf, monkeypatch):
    path = mjcf(SPOT)
    for name in [name for name in sys.modules if name.startswith("simgen.scenario.mjcf.") or name == "simgen.scenario.mjcf"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtra, match=r"mujoco is not installed. Run: pip install 'simgen\[mujoco\]'"):
        articulation(path)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, "bodies.cube.fixed: must be true"),
        ({"shape": {"mjcf": {"file": "thing.urdf"}}}, "bodies.cube.shape.*ends in .xml or .mjcf, got 'thing.urdf'"),
        ({"shape": {"mjcf": {"file": "nothing.xml"}}}, "bodies.cube.shape.mjcf.file: nothing.xml: no such file"),
        ({"shape": {"mjcf": {"file": "thing.xml", "size": 2}}}, "bodies.cube.shape.mjcf.size"),
        ({"fixed": True, "joints": {"lid": 0.1}}, "bodies.cube.joints: .*'lid'"),
    ],
)
def test_a_scenario_that_misuses_an_mjcf_is_told_the_key(mjcf, tmp_path, changed, problem):
    mjcf(SPOT)
    with pytest.raises(InvalidScenario, match=problem):
        load(kitchen(tmp_path, **changed))
