"""URDF bodies: joints swing, slide and rub, and links are where their frames are."""

import numpy as np
import pytest
import scenery

ENGINES = ("pybullet", "mujoco")
NOTHING = np.zeros(0)
BLOCK = '<inertial><origin xyz="{com}"/><mass value="{mass}"/><inertia ixx="{i}" ixy="0" ixz="0" iyy="{i}" iyz="0" izz="{i}"/></inertial>'


def link(name, com="0 0 0", mass=1.0, i=0.01, size=None, at="0 0 0"):
    shape = f'<origin xyz="{at}"/><geometry><box size="{size}"/></geometry>'
    shapes = f"<visual>{shape}</visual><collision>{shape}</collision>" if size else ""
    return f'<link name="{name}">{BLOCK.format(com=com, mass=mass, i=i)}{shapes}</link>'


def joint(name, kind, axis, origin="0 0 0", limit="-10 10", parent="base", child="arm", more=""):
    low, high = limit.split()
    return (
        f'<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/><origin xyz="{origin}"/>'
        f'<axis xyz="{axis}"/><limit lower="{low}" upper="{high}" effort="10" velocity="10"/>{more}</joint>'
    )


@pytest.fixture
def urdf(tmp_path):
    def write(*parts):
        path = tmp_path / "body.urdf"
        path.write_text(f'<robot name="body">{"".join(parts)}</robot>')
        return {"urdf": {"file": str(path)}}

    return write


def run(simulator, seconds):
    return [simulator.step(NOTHING) for _ in range(round(seconds * simulator.scene.control_rate))]


def test_a_pendulum_keeps_its_period(start, urdf):
    """T = 2 pi sqrt(I / (m g l)), I about the pivot, for small swings."""
    shape = urdf(link("base"), link("arm", com="0 0 -0.5", mass=2.0, i=0.05), joint("hinge", "continuous", "0 1 0"))
    swing = scenery.body("swing", shape, (0, 0, 1), fixed=True, joints={"hinge": 0.05})
    simulator, state = start(scenery.scene(swing, control_rate=240))
    assert state.articulation == {"swing/hinge": 0.05} and [one.name for one in simulator.links] == ["swing", "swing/arm"]
    angle = np.array([one.articulation["swing/hinge"] for one in run(simulator, 4.0)])
    crossings = np.flatnonzero((angle[:-1] > 0) & (angle[1:] <= 0)) / 240
    assert np.diff(crossings).mean() == pytest.approx(2 * np.pi * np.sqrt((0.05 + 2 * 0.25) / (2 * 9.81 * 0.5)), rel=0.01)
    assert np.abs(angle[-480:]).max() > 0.045, "it loses swing though nothing rubs"


def test_joint_damping_and_friction_bring_a_pendulum_to_rest(start, urdf):
    shape = urdf(link("base"), link("arm", com="0 0 -0.5", i=0.05), joint("hinge", "continuous", "0 1 0"))
    swing = scenery.body("swing", shape, (0, 0, 1), fixed=True, joints={"hinge": 1.0})
    damped, _ = start(scenery.scene(swing | {"joint_damping": 1.0}))
    assert abs(run(damped, 6.0)[-1].articulation["swing/hinge"]) < 0.01
    # friction beyond m g l sin(1 rad) holds it where it is
    held, _ = start(scenery.scene(swing | {"joint_friction": 5.0}))
    assert run(held, 2.0)[-1].articulation["swing/hinge"] == pytest.approx(1.0, abs=1e-3)


def test_a_slider_slides_down_to_its_limit(start, urdf):
    shape = urdf(link("base"), link("arm", size="0.1 0.1 0.1"), joint("rail", "prismatic", "0 0 1", limit="-0.3 0.2"))
    simulator, _ = start(scenery.scene(scenery.body("lift", shape, (0, 0, 1), fixed=True, joints={"rail": 0.1})))
    states = run(simulator, 2.0)
    assert states[1].articulation["lift/rail"] == pytest.approx(0.1 - 0.5 * 9.81 * 0.1**2, abs=3e-3)
    assert states[-1].articulation["lift/rail"] == pytest.approx(-0.3, abs=1e-3)
    assert states[-1].link_pose[1, 2] == pytest.approx(0.7, abs=1e-3)


def test_poses_and_velocities_are_of_link_frames_not_of_centres_of_mass(start, urdf):
    parts = [link("base", com="0.1 0 0.05", mass=3.0), link("arm", com="0 0.2 -0.1"), joint("hinge", "continuous", "1 0 0", "0 0.1 0.2")]
    place = (0.5, -0.2, 2.0)
    fixed, state = start(scenery.scene(scenery.body("frame", urdf(*parts), place, fixed=True)))
    assert state.link_pose[0, :3] == pytest.approx(place) and state.link_pose[1, :3] == pytest.approx((0.5, -0.1, 2.2))
    free, state = start(
        scenery.scene(scenery.body("frame", urdf(*parts), place, joints={"hinge": 1.0}), gravity=(0, 0, 0), control_rate=240)
    )
    assert state.link_pose[0, :3] == pytest.approx(place)
    assert state.mass == pytest.approx([4.0])


def test_velocities_are_the_differences_of_poses(start, urdf):
    parts = [
        link("base", com="0.1 0 0.05", mass=3.0, size="0.3 0.3 0.1"),
        link("arm", com="0 0.2 -0.1", size="0.05 0.4 0.05", at="0 0.2 0"),
        joint("hinge", "continuous", "1 0 0", "0 0.1 0.2"),
    ]
    thrown = scenery.body("frame", urdf(*parts), (0, 0, 0.5), (0.9, 0.3, 0.2, 0.1), angular_damping=0.0)
    simulator, _ = start(scenery.scene(scenery.GROUND, thrown, control_rate=240))
    states = run(simulator, 0.7)
    place, speed = (np.array([getattr(one, field)[1:, :3] for one in states]) for field in ("link_pose", "link_velocity"))
    assert np.abs(speed).max() > 1.0
    error = np.abs(np.diff(place, axis=0) * 240 - speed[1:])
    assert np.median(error) < 0.01


def test_every_shape_of_a_link_collides_as_that_link(start, urdf):
    """A table of five boxes in one link stands on its legs, and its contacts are its own."""
    box = '<collision><origin xyz="{}"/><geometry><box size="{}"/></geometry></collision>'
    legs = [box.format(f"{x} {y} 0.1", "0.04 0.04 0.2") for x in (-0.2, 0.2) for y in (-0.2, 0.2)]
    top = box.format("0 0 0.22", "0.5 0.5 0.04")
    looks = '<visual><geometry><box size="0.1 0.1 0.1"/></geometry></visual>'
    inertial = BLOCK.format(com="0 0 0.2", mass=5.0, i=0.1)
    table = f'<link name="base">{inertial}{looks}{top}{"".join(legs)}</link>'
    ball = scenery.body("ball", {"sphere": {"radius": 0.05}}, (0.0, 0.0, 0.32), mass=0.5)
    simulator, _ = start(scenery.scene(scenery.GROUND, scenery.body("table", urdf(table), (0, 0, 0.002)), ball))
    state = run(simulator, 1.0)[-1]
    assert state.link_pose[1, 2] == pytest.approx(0.0, abs=1e-3) and state.link_pose[2, 2] == pytest.approx(0.29, abs=2e-3)
    pairs = set(zip(state.contacts.link_a.tolist(), state.contacts.link_b.tolist(), strict=True))
    assert pairs == {(0, 1), (1, 2)}
    on_ground = state.contacts.link_a == 0
    assert state.contacts.force[on_ground].sum() == pytest.approx(5.5 * 9.81, rel=0.01)


def test_a_given_mass_is_the_mass_of_all_links(start, urdf):
    parts = [link("base", mass=3.0), link("arm", mass=1.0), joint("hinge", "continuous", "1 0 0")]
    _, state = start(scenery.scene(scenery.body("frame", urdf(*parts), (0, 0, 1), mass=2.0)))
    assert state.mass == pytest.approx([2.0])


def test_scale_moves_links_and_limits(start, urdf):
    shape = urdf(link("base"), link("arm"), joint("rail", "prismatic", "0 0 1", "0 0 0.5", limit="-0.1 0.1"))
    shape["urdf"]["scale"] = 2.0
    simulator, state = start(scenery.scene(scenery.body("lift", shape, (0, 0, 1), fixed=True)))
    assert state.link_pose[1, 2] == pytest.approx(2.0)
    assert run(simulator, 2.0)[-1].link_pose[1, 2] == pytest.approx(1.8, abs=2e-3)
