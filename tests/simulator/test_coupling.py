"""Bodies feel the weather where a Scene couples them to it, and nothing at all where it does not."""

import numpy as np
import pytest
import scenery
from pyquaternion import Quaternion

from simgen.controls import controls
from simgen.scenario.change import Change
from simgen.scenario.schedule import conditions_at
from simgen.scenario.surface import surfaces
from simgen.scenario.weather import Weather
from simgen.simulator.settle import settled
from simgen.simulator.weather import AIR, DRAG, body_factor, drag, extents, friction_factor, wind
from simgen.testing.simulator import fingerprint, trial_actions, trial_scene

ENGINES = ("pybullet", "mujoco")
G = 9.81
NOTHING = np.zeros(0)
FLAT = {"box": {"size": (0.2, 0.2, 0.02)}}
STORM = Weather(rain_mm_h=50.0, wetness=1.0, wind_m_s=25.0, wind_azimuth_deg=60.0, visibility_m=200.0)
RAINING = Change(at=0.3, over=0.5, weather={"wetness": 1.0, "ice": 0.9, "wind_m_s": 12.0, "wind_azimuth_deg": 200.0})
GROUNDS = {
    "dry": (Weather(), 1.0),
    "film": (Weather(wetness=0.5), 0.7),
    "puddles": (Weather(wetness=1.0), 0.6),
    "dust": (Weather(dust=1.0), 0.73),
    "snow": (Weather(snow_cover=1.0), 0.2),
    "ice": (Weather(ice=1.0), 0.1),
}


def run(simulator, seconds, action=NOTHING):
    return [simulator.step(action) for _ in range(round(seconds * simulator.scene.control_rate))]


def throw(simulator, number, speed):
    """Give the body of this place in the Scene a velocity along x."""
    if simulator.name == "pybullet":
        simulator._engine.resetBaseVelocity(simulator._bodies[number].uid, [speed, 0.0, 0.0])
    else:
        simulator._data.qvel[simulator._model.jnt_dofadr[simulator._unfixed[number].jntadr[0]]] = speed
        simulator._work_out()


def friction_of_pairs(simulator):
    """Coefficients of everything that can touch, in an order of the engine's own."""
    if simulator.name == "pybullet":
        actors = [(actor.uid, index) for actor in (simulator._robot, simulator._bodies[1]) for index in actor.rows]
        return np.array([simulator._engine.getDynamicsInfo(uid, index)[1] for uid, index in actors]) ** 2
    return simulator._model.pair_friction[:, 0]


def slab(**properties):
    return scenery.GROUND | {"shape": {"box": {"size": (60.0, 60.0, 0.1)}}} | properties


@pytest.mark.parametrize(("weather", "factor"), GROUNDS.values(), ids=GROUNDS)
def test_a_ground_has_the_factor_of_the_table(weather, factor):
    assert friction_factor(weather) == pytest.approx(factor)
    assert body_factor(weather) ** 2 == pytest.approx(factor), "a pair's coefficient is the product of two bodies'"


@pytest.mark.parametrize("field", ["wetness", "snow_cover", "ice", "dust"])
def test_more_of_what_lies_is_more_slippery(field):
    factors = [friction_factor(Weather(**{field: share})) for share in np.linspace(0, 1, 11)]
    assert all(low <= high for high, low in zip(factors, factors[1:], strict=False)) and factors[-1] < factors[0] == 1.0


def test_every_mixture_is_as_slippery_as_something():
    rng = np.random.default_rng(0)
    for wetness, snow_cover, ice, dust in rng.uniform(size=(200, 4)):
        assert 0.1 <= friction_factor(Weather(wetness=wetness, snow_cover=snow_cover, ice=ice, dust=dust)) <= 1.0


@pytest.mark.parametrize(("weather", "factor"), GROUNDS.values(), ids=GROUNDS)
def test_a_body_slides_v_squared_over_2_mu_g(start, weather, factor):
    speed, friction = 2.0, 0.5
    block = scenery.body("block", FLAT, (0.0, 0.0, 0.0101), friction=friction, mass=1.0, angular_damping=0.0)
    simulator, _ = start(scenery.scene(slab(), block, weather=weather, coupled=True, control_rate=240))
    throw(simulator, 1, speed)
    states = run(simulator, 1.2 * speed / (factor * friction * G) + 0.2)
    way = states[-1].link_pose[1, 0]
    assert abs(states[-1].link_velocity[1, 0]) < 1e-3, "still sliding"
    assert way == pytest.approx(speed**2 / (2 * factor * friction * G), rel=0.03)


@pytest.mark.parametrize(("weather", "factor"), [GROUNDS["puddles"], GROUNDS["ice"]], ids=["puddles", "ice"])
def test_a_slope_holds_up_to_the_friction_angle_of_the_weather(start, weather, factor):
    for degrees, slips in ((-1.0, False), (1.0, True)):
        angle = np.arctan(0.8 * factor) + np.deg2rad(degrees)
        tilt = Quaternion(axis=[0, 1, 0], radians=angle)
        plane = scenery.body("slab", {"box": {"size": (4.0, 1.0, 0.1)}}, (0, 0, 0), tuple(tilt.elements), fixed=True, friction=1.0)
        block = scenery.body("block", FLAT, tuple(tilt.rotate([0, 0, 0.06])), tuple(tilt.elements), friction=0.8)
        simulator, first = start(scenery.scene(plane, block, weather=weather, coupled=True))
        way = np.linalg.norm(run(simulator, 1.5)[-1].link_pose[1, :3] - first.link_pose[1, :3])
        assert (way > 0.05) == slips, f"{degrees} degrees from the friction angle it moved {way} m"


def test_a_state_says_the_friction_there_is(start):
    scene = scenery.table(weather=Weather(ice=1.0), coupled=True)
    simulator, state = start(scene)
    dry = np.array([body.friction for body in scene.bodies])
    assert np.allclose(state.friction, dry * np.sqrt(0.1))
    other, _ = start(scenery.table())
    factors = friction_of_pairs(simulator) / friction_of_pairs(other)
    assert factors == pytest.approx(0.1), "the robot's links too, so that every pair is as slippery as the table says"


def test_wind_pushes_a_body_by_the_drag_law(start):
    """Without gravity: v' = k (w - v)^2, so that v = w k w t / (1 + k w t)."""
    sides, mass, speed = (0.1, 0.2, 0.3), 0.5, 20.0
    box = scenery.body("box", {"box": {"size": sides}}, (0, 0, 0), mass=mass, angular_damping=0.0)
    scene = scenery.scene(box, gravity=(0, 0, 0), weather=Weather(wind_m_s=speed, wind_azimuth_deg=90.0), coupled=True)
    simulator, _ = start(scene)
    rate = 0.5 * AIR * DRAG * (sides[0] * sides[2]) / mass * speed
    for second, state in enumerate(run(simulator, 3.0)[19::20], start=1):
        assert state.link_velocity[0, :3] == pytest.approx([0.0, speed * rate * second / (1 + rate * second), 0.0], rel=0.01, abs=1e-9)
        assert np.allclose(state.link_velocity[0, 3:], 0.0), "it pushes at the centre of mass"


def test_a_falling_body_reaches_the_speed_at_which_drag_carries_it(start):
    side, mass = 0.3, 0.05
    box = scenery.body("box", {"box": {"size": (side, side, side)}}, (0, 0, 100.0), mass=mass)
    simulator, _ = start(scenery.scene(box, coupled=True))
    final = np.sqrt(2 * mass * G / (AIR * DRAG * side**2))
    assert run(simulator, 4.0)[-1].link_velocity[0, 2] == pytest.approx(-final, rel=0.01)


@pytest.mark.parametrize("turn", [0.0, 30.0, 45.0])
def test_drag_counts_the_area_the_wind_meets(turn):
    extent, rotation = np.array([0.1, 0.2, 0.3]), Quaternion(axis=[0, 0, 1], degrees=turn).rotation_matrix
    area = 0.3 * (0.2 * np.cos(np.deg2rad(turn)) + 0.1 * np.sin(np.deg2rad(turn)))
    force = drag(np.array([10.0, 0, 0]), np.zeros(3), rotation, extent, 1.0, 1 / 240)
    assert force == pytest.approx([0.5 * AIR * DRAG * area * 100.0, 0, 0])


def test_a_sheet_of_paper_is_carried_along_but_not_thrown():
    force = drag(np.array([30.0, 0, 0]), np.zeros(3), np.eye(3), np.array([1e-4, 1.0, 1.0]), 0.001, 1 / 240)
    assert force[0] / 0.001 / 240 == pytest.approx(30.0)


def test_wind_blows_to_its_azimuth():
    assert wind(Weather(wind_m_s=3.0, wind_azimuth_deg=90.0)) == pytest.approx([0, 3, 0])


def test_only_what_is_free_catches_the_wind():
    scene = scenery.table()
    found = extents(scene.bodies, surfaces(scene))
    assert set(found) == {body.id for body in scene.bodies if not body.fixed}
    assert found[scene.body("slab").id] == pytest.approx([0.1, 0.06, 0.02])


def test_uncoupled_weather_changes_no_bit_of_state_or_controls(start):
    actions = trial_actions(trial_scene(), 20)

    def played(weather):
        simulator, state = start(trial_scene().model_copy(update={"weather": weather, "changes": (RAINING,)}))
        states = [state, *map(simulator.step, actions)]
        seen = simulator.observe("front")
        maps = controls(seen, near=0.3, far=3.0)
        return [fingerprint(state) + state.friction.tobytes() for state in states], [array.tobytes() for array in vars(maps).values()]

    (dry, clear), (wet, stormy) = played(Weather()), played(STORM)
    assert dry == wet
    assert clear == stormy


def test_rain_that_begins_makes_slippery_from_then_on(start):
    block = scenery.body("block", FLAT, (0.0, 0.0, 0.0101), friction=1.0, mass=1.0)
    change = Change(at=0.5, weather={"ice": 1.0})
    simulator, first = start(scenery.scene(slab(), block, coupled=True, changes=(change,), gravity=(1.5, 0.0, -G)))
    states = run(simulator, 1.0)
    assert [state.friction[1] for state in states[:9]] == [1.0] * 9
    assert states[9].friction[1] == pytest.approx(np.sqrt(0.1))
    assert abs(states[9].link_pose[1, 0]) < 0.001, "held by 0.15 of its weight until then"
    assert states[-1].link_velocity[1, 0] == pytest.approx((1.5 - 0.1 * G) * 0.5, rel=0.03)


def test_a_coupled_episode_repeats_bit_for_bit_and_goes_on_from_a_snapshot(start):
    scene = trial_scene().model_copy(update={"weather": STORM, "changes": (RAINING,), "coupled": True})
    actions = trial_actions(scene, 24)
    simulator, _ = start(scene)
    snapshots = []
    played = []
    for action in actions:
        snapshots.append(simulator.snapshot())
        played.append(fingerprint(simulator.step(action)))
    other, _ = start(scene)
    assert [fingerprint(other.step(action)) for action in actions] == played
    for number in (3, 8, 15):
        simulator.restore(snapshots[number])
        assert [fingerprint(simulator.step(action)) for action in actions[number:]] == played[number:]
        fresh, _ = start(scene)
        state = fresh.restore(snapshots[number])
        assert conditions_at(scene, state.time_ns).weather.ice == pytest.approx(np.clip((state.time_ns / 1e9 - 0.3) / 0.5, 0, 1) * 0.9)
        assert [fingerprint(fresh.step(action)) for action in actions[number:]] == played[number:]


def test_bodies_settle_out_of_the_wind(start):
    cube = scenery.body("cube", scenery.BOX, (0.0, 0.0, 0.0255), mass=0.02)
    scene = scenery.scene(scenery.GROUND, cube, weather=STORM, coupled=True)
    simulator, _ = start(scene)
    rested = settled(scene, simulator)
    assert rested.coupled and np.allclose(rested.body("cube").position[:2], 0.0, atol=1e-3)
    simulator.build(rested)
    simulator.reset(0)
    assert np.linalg.norm(run(simulator, 1.0)[-1].link_pose[1, :2]) > 0.1, "the storm takes it along"
