"""Bodies obey Newton, Coulomb and Huygens."""

import numpy as np
import pytest
import scenery
import trimesh
from pyquaternion import Quaternion

ENGINES = ("pybullet", "mujoco")
NOTHING = np.zeros(0)
G = 9.81


def row_of(simulator, name):
    return next(row for row, link in enumerate(simulator.links) if link.name == name)


def run(simulator, seconds, action=NOTHING):
    """States of a run."""
    return [simulator.step(action) for _ in range(round(seconds * simulator.scene.control_rate))]


def slope(angle, **properties):
    """A large slab tilted about y, and a body's place and orientation so that it lies on the slab's middle."""
    tilt = Quaternion(axis=[0, 1, 0], radians=angle)
    slab = scenery.body("slab", {"box": {"size": (4.0, 1.0, 0.1)}}, (0.0, 0.0, 0.0), tuple(tilt.elements), fixed=True, friction=1.0)

    def on_it(name, shape, height):
        return scenery.body(name, shape, tuple(tilt.rotate([0.0, 0.0, 0.05 + height])), tuple(tilt.elements), **properties)

    return slab, on_it


@pytest.mark.parametrize("mass", [0.05, 5.0])
def test_a_dropped_body_falls_half_g_t_squared(start, mass):
    simulator, _ = start(scenery.scene(scenery.body("ball", scenery.SPHERE, (0.0, 0.0, 10.0), mass=mass)))
    for k, state in enumerate(run(simulator, 1.0), start=1):
        t, h = k / 20, 1 / 240
        assert state.time_ns == k * 50_000_000
        # semi-implicit Euler falls g t h / 2 too far, exactly
        assert state.link_pose[0, 2] == pytest.approx(10.0 - 0.5 * G * t * t - 0.5 * G * t * h, abs=1e-9)
        assert state.link_velocity[0, 2] == pytest.approx(-G * t, abs=1e-9)


@pytest.mark.parametrize("friction", [0.3, 0.7])
@pytest.mark.parametrize("shape", [scenery.BOX, {"cylinder": {"radius": 0.04, "height": 0.05}}])
def test_a_body_slips_beyond_the_friction_angle_and_not_before(start, shape, friction):
    for degrees, slips in ((-1.5, False), (1.5, True)):
        slab, on_it = slope(np.arctan(friction) + np.deg2rad(degrees), friction=friction)
        simulator, first = start(scenery.scene(slab, on_it("block", shape, 0.025)))
        way = np.linalg.norm(run(simulator, 1.5)[-1].link_pose[1, :3] - first.link_pose[1, :3])
        assert (way > 0.05) == slips, f"{degrees} degrees from the friction angle it moved {way} m"


def test_a_sliding_body_is_slowed_by_friction_alone(start):
    angle, friction = np.deg2rad(30), 0.3
    slab, on_it = slope(angle, friction=friction)
    simulator, first = start(scenery.scene(slab, on_it("block", {"box": {"size": (0.2, 0.2, 0.05)}}, 0.025)))
    way = np.linalg.norm(run(simulator, 0.6)[-1].link_pose[1, :3] - first.link_pose[1, :3])
    assert way == pytest.approx(0.5 * G * (np.sin(angle) - friction * np.cos(angle)) * 0.6**2, rel=0.03)


@pytest.mark.parametrize(
    ("shape", "height", "turn", "share"),
    [({"sphere": {"radius": 0.05}}, 0.05, None, 5 / 7), ({"cylinder": {"radius": 0.05, "height": 0.1}}, 0.05, "x", 2 / 3)],
)
def test_a_rolling_body_is_held_back_by_its_inertia(start, shape, height, turn, share):
    """Galileo's ramp: a rolling ball gains 5/7 of g sin a, a rolling cylinder 2/3."""
    angle = np.deg2rad(10)
    slab, on_it = slope(angle, friction=1.0, spinning_friction=0.0, angular_damping=0.0)
    ball = on_it("ball", shape, height)
    if turn:
        ball["orientation_wxyz"] = tuple((Quaternion(ball["orientation_wxyz"]) * Quaternion(axis=[1, 0, 0], degrees=90)).elements)
    simulator, first = start(scenery.scene(slab, ball))
    way = np.linalg.norm(run(simulator, 0.8)[-1].link_pose[1, :3] - first.link_pose[1, :3])
    assert way == pytest.approx(0.5 * share * G * np.sin(angle) * 0.8**2, rel=0.02)


def test_momentum_is_conserved_in_a_collision(start):
    """Without gravity: two balls that overlap push each other apart, and one of them hits a box."""
    bodies = [
        scenery.body("left", scenery.SPHERE, (-0.09, 0.0, 0.0), mass=1.0, restitution=1.0, angular_damping=0.0),
        scenery.body("right", scenery.SPHERE, (-0.02, 0.005, 0.0), mass=3.0, restitution=1.0, angular_damping=0.0),
        scenery.body("box", scenery.BOX, (0.1, 0.02, 0.02), mass=2.0, restitution=0.5, angular_damping=0.0),
    ]
    simulator, first = start(scenery.scene(*bodies, gravity=(0.0, 0.0, 0.0)))
    states = run(simulator, 2.0)
    mass = first.mass[:, None]
    assert np.abs(states[-1].link_velocity[2]).max() > 0.01, "the box was not hit"
    for state in states:
        assert np.abs((mass * state.link_velocity[:, :3]).sum(axis=0)).max() < 1e-9


@pytest.mark.parametrize("restitution", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("height", [0.5, 0.77, 1.0])
def test_a_ball_bounces_with_its_restitution(start, restitution, height):
    """PyBullet mends overlap by speed: a bounce may come out faster, by up to its 0.08 of the speed of impact."""
    ball = scenery.body("ball", scenery.SPHERE, (0.0, 0.0, 0.05 + height), restitution=restitution)
    simulator, _ = start(scenery.scene(scenery.GROUND | {"restitution": 1.0}, ball, control_rate=240))
    heights = np.array([state.link_pose[1, 2] for state in run(simulator, 1.2)]) - 0.05
    bottom = int(np.argmax(np.diff(heights) > 0))
    assert restitution - 0.01 < np.sqrt(max(heights[bottom:].max(), 0.0) / height) < restitution + 0.09


def test_contact_forces_carry_a_stack(start):
    boxes = [scenery.body(f"box{k}", scenery.BOX, (0.0, 0.0, 0.025 + 0.05 * k), mass=0.1 * (k + 1)) for k in range(3)]
    simulator, _ = start(scenery.scene(scenery.GROUND, *boxes))
    contacts = run(simulator, 1.0)[-1].contacts
    for lower in range(3):
        between = (contacts.link_a == lower) & (contacts.link_b == lower + 1)
        above = G * sum(0.1 * (k + 1) for k in range(lower, 3))
        assert contacts.force[between].sum() == pytest.approx(above, rel=0.01)
        assert np.allclose(contacts.normal[between], [0, 0, -1], atol=1e-3), "the normal points from b, above, to a, below"
        assert np.allclose(contacts.position[between, 2], 0.05 * lower, atol=1e-3)


def test_friction_holds_a_body_on_a_slope_against_its_weight(start):
    angle = np.deg2rad(20)
    slab, on_it = slope(angle, friction=0.8, mass=2.0)
    simulator, _ = start(scenery.scene(slab, on_it("block", {"box": {"size": (0.2, 0.2, 0.05)}}, 0.025)))
    contacts = run(simulator, 1.0)[-1].contacts
    on_block = -(contacts.normal * contacts.force[:, None] + contacts.friction).sum(axis=0)
    assert np.allclose(on_block, [0, 0, 2.0 * G], atol=0.02 * G)
    assert -contacts.friction.sum(axis=0)[0] < 0, "friction points up the slope"


@pytest.mark.parametrize("damping", [0.1, 0.6])
def test_damping_takes_its_share_of_velocity_a_second(start, damping):
    ball = scenery.body("ball", scenery.SPHERE, (0.0, 0.0, 0.0), linear_damping=damping)
    rate = 240
    simulator, _ = start(scenery.scene(ball, gravity=(0.0, 0.0, -2.0), control_rate=rate))
    # dv/dt = -g + ln(1 - d) v
    k = -np.log(1 - damping)
    assert run(simulator, 1.0)[-1].link_velocity[0, 2] == pytest.approx(-2.0 / k * (1 - np.exp(-k)), rel=0.005)


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    """A closed ring standing on its side as an OBJ file: not convex, its hole along z."""
    path = tmp_path_factory.mktemp("mesh") / "ring.obj"
    trimesh.creation.annulus(0.03, 0.05, 0.04, sections=16).export(path)
    return str(path)


def test_a_ball_falls_through_a_ring_and_a_disc_stops_it(start, ring):
    drop = scenery.body("ball", {"sphere": {"radius": 0.02}}, (0.0, 0.0, 0.2))
    disc = scenery.body("under", {"cylinder": {"radius": 0.05, "height": 0.04}}, (0.0, 0.0, 0.02))
    hoop = scenery.body("under", {"mesh": {"file": ring}}, (0.0, 0.0, 0.02))
    for under, height in ((disc, 0.06), (hoop, 0.02), (hoop | {"fixed": True}, 0.02)):
        simulator, _ = start(scenery.scene(scenery.GROUND, under, drop))
        assert run(simulator, 1.0)[-1].link_pose[2, 2] == pytest.approx(height, abs=2e-3)


def test_a_mesh_weighs_its_volume_and_an_open_one_its_hull(start, ring, tmp_path):
    box = trimesh.creation.box((0.1, 0.2, 0.3))
    box.update_faces(np.arange(len(box.faces)) < 10)
    box.export(tmp_path / "open.obj")
    bodies = [
        scenery.body("ring", {"mesh": {"file": ring, "scale": 2.0}}, (0, 0, 1), density=1000.0),
        scenery.body("crate", {"mesh": {"file": str(tmp_path / "open.obj")}}, (1, 0, 1), density=1000.0),
        scenery.body("given", {"mesh": {"file": ring}}, (2, 0, 1), density=1000.0, mass=0.3),
        scenery.body("pill", {"capsule": {"radius": 0.1, "height": 0.3}}, (3, 0, 1), density=1000.0),
        scenery.GROUND,
    ]
    _, state = start(scenery.scene(*bodies))
    volume = 8 * trimesh.load(ring).volume
    assert state.mass == pytest.approx([1000 * volume, 6.0, 0.3, 1000 * np.pi * (0.01 * 0.3 + 4 / 3 * 0.001), np.inf], rel=1e-6)


def test_a_body_whose_mass_is_off_its_frame_spins_about_its_centre_of_mass(start, tmp_path):
    """Thrown by a wedge it lands on: velocities of the frame's origin are the differences of its positions."""
    club = trimesh.util.concatenate(
        [trimesh.creation.box((0.02, 0.02, 0.2)), trimesh.creation.box((0.08, 0.08, 0.08)).apply_translation((0.0, 0.0, 0.14))]
    )
    club.apply_translation((0.03, 0.0, 0.1))
    club.export(tmp_path / "club.obj")
    thrown = scenery.body("club", {"mesh": {"file": str(tmp_path / "club.obj")}}, (0.0, 0.0, 0.3), (0.92387953, 0.0, 0.38268343, 0.0))
    simulator, first = start(scenery.scene(scenery.GROUND, thrown, control_rate=240))
    assert first.link_pose[1] == pytest.approx([0.0, 0.0, 0.3, 0.92387953, 0.0, 0.38268343, 0.0])
    states = run(simulator, 0.6)
    place = np.array([state.link_pose[1, :3] for state in states])
    speed = np.array([state.link_velocity[1, :3] for state in states])
    spin = np.array([state.link_velocity[1, 3:] for state in states])
    assert np.abs(spin).max() > 1.0, "it did not tumble"
    assert np.abs(np.diff(place, axis=0) * 240 - 0.5 * (speed[1:] + speed[:-1])).mean() < 0.03


def test_what_nothing_can_move_touches_only_what_can(start):
    lower = scenery.body("lower", {"box": {"size": (1.0, 1.0, 0.1)}}, (0.0, 0.0, 0.05), fixed=True)
    upper = scenery.body("upper", {"box": {"size": (0.5, 0.5, 0.1)}}, (0.0, 0.0, 0.15), fixed=True)
    cube = scenery.body("cube", {"box": {"size": (0.1, 0.1, 0.1)}}, (0.0, 0.0, 0.25))
    simulator, _ = start(scenery.scene(lower, upper, cube))
    contacts = run(simulator, 0.5)[-1].contacts
    assert set(zip(contacts.link_a.tolist(), contacts.link_b.tolist(), strict=True)) == {(1, 2)}
