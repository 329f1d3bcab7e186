"""Direct light: cosine law, inverse square law and shadows where geometry says."""

import numpy as np
import pytest
from staging import ball, box, camera, kitchen, poses, scene

from simgen.geometry import Pose
from simgen.observation import Observation
from simgen.scenario.illumination import Illumination
from simgen.scenario.light import Lamp, Light
from simgen.scenario.sky import illuminate
from simgen.scenario.skylight import horizontal_illuminance, irradiance
from simgen.scenario.weather import Weather
from simgen.simulator.direct_light import lit
from simgen.simulator.raycast import RayCaster

SLAB = box(2, [4, 4, 0.1], (0, 0, -0.05), fixed=True)
DARK = np.zeros((64, 128, 3), np.float32)
ABOVE = camera((0, 0, 3), (0, 0, 0), (96, 96), 60)


def sun(elevation_deg: float, lux: float = np.pi, azimuth_deg: float = 0.0, sky=DARK) -> Illumination:
    elevation, azimuth = np.radians([elevation_deg, azimuth_deg])
    towards = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    return Illumination(towards, np.full(3, lux), sky, (), 0.0, np.zeros(3))


def lamps(*given: Lamp) -> Illumination:
    return illuminate(Weather(), Light(daylight=0.0, lamps=given))


def seen(stage, illumination: Illumination, view=ABOVE, link_pose=None) -> Observation:
    caster, link_pose = RayCaster.of(stage), poses(stage) if link_pose is None else link_pose
    return lit(caster.observe(view, link_pose, 0), caster, link_pose, illumination)


def ground(observation: Observation) -> np.ndarray:
    """World x, y of every pixel of the plane z = 0 seen from straight above, (H, W, 2)."""
    pose = observation.view.world_T_camera
    depth = np.minimum(observation.depth, 100)[..., None]
    points = observation.view.intrinsics.rays() * depth @ pose.rotation.T + pose.position
    return points[..., :2]


@pytest.mark.parametrize("elevation_deg", [90.0, 60.0, 30.0, 5.0])
def test_the_sun_on_level_ground_follows_the_cosine_law(elevation_deg):
    light = seen(scene(SLAB), sun(elevation_deg)).light
    assert np.allclose(light[20:-20, 20:-20], np.sin(np.radians(elevation_deg)), rtol=1e-4)


def test_a_sun_below_the_horizon_lights_nothing_that_faces_up():
    assert not seen(scene(SLAB), sun(-10.0)).light.any()


def test_a_lamp_obeys_the_inverse_square_law():
    near, far = (
        seen(scene(SLAB), lamps(Lamp(position=(0, 0, height), look_at=(0, 0, 0), radius=0.01))).light[48, 48] for height in (1.0, 2.0)
    )
    assert np.allclose(near / far, 4, rtol=0.01)


def test_a_lamp_gives_flux_over_pi_squared_straight_below():
    light = seen(scene(SLAB), lamps(Lamp(position=(0, 0, 1), look_at=(0, 0, 0), radius=0.01, flux_lm=1000.0, temperature_k=6500.0))).light
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert light[48, 48] @ weights == pytest.approx(1000 / np.pi / np.pi, rel=0.01)


def test_a_spot_lights_its_cone_and_nothing_else():
    found = seen(scene(SLAB), lamps(Lamp(position=(0, 0, 2), look_at=(0, 0, 0), radius=0.02, cone_deg=40.0)))
    out = np.linalg.norm(ground(found), axis=-1)
    edge = 2 * np.tan(np.radians(20))
    assert (found.light[out < 0.6 * edge].min(-1) > 0).all() and not found.light[out > edge + 0.02].any()


def test_a_box_throws_its_shadow_where_geometry_says():
    block = box(3, [0.4, 0.4, 0.5], (0, 0, 0.25), fixed=True)
    found = seen(scene(SLAB, block), sun(45.0))  # from +x: the shadow reaches from -0.2 to -0.7 along x
    x, y = np.moveaxis(ground(found), -1, 0)
    floor = found.instance == 2
    within = floor & (x < -0.24) & (x > -0.62) & (np.abs(y) < 0.14)  # the edge itself is spread over a pixel, 0.04 m
    beyond = floor & ((x < -0.78) | (np.abs(y) > 0.28) | (x > 0.24))
    assert within.sum() > 40 and not found.light[within].any()
    assert np.allclose(found.light[beyond], np.sin(np.pi / 4), rtol=1e-3)
    assert np.allclose(found.light[(found.instance == 3) & (np.abs(x) < 0.1) & (np.abs(y) < 0.1)], np.sin(np.pi / 4), rtol=1e-3)


def test_the_shadow_of_what_moves_goes_with_it():
    stage = scene(SLAB, ball(3, 0.1, (0, 0, 0.5)))
    view, at = camera((0.5, 0, 3), (0.5, 0, 0), (96, 96), 60), {}
    for name, place in (("here", (0, 0, 0.5)), ("there", (1.0, 0, 0.5))):
        link_pose = poses(stage, body3=Pose.from_wxyz(place, (1, 0, 0, 0)))
        found = seen(stage, sun(50.0, azimuth_deg=90.0), view, link_pose)
        x, y = np.moveaxis(ground(found), -1, 0)
        at[name] = x[(found.instance == 2) & (found.light[..., 0] < 0.2)].mean()
    assert at["here"] == pytest.approx(0, abs=0.03) and at["there"] == pytest.approx(1, abs=0.03)


def test_a_large_lamp_has_a_soft_shadow():
    block = box(3, [0.4, 4, 0.02], (0, 0, 0.6), fixed=True)

    def half_lit(radius: float) -> int:
        lamp = lamps(Lamp(position=(0, 0, 1.8), look_at=(0, 0, 0), radius=radius))
        covered, open_ = seen(scene(SLAB, block), lamp), seen(scene(SLAB), lamp)
        share = (covered.light / np.maximum(open_.light, 1e-9))[48, covered.instance[48] == 2, 0]
        return int(((share > 0.1) & (share < 0.9)).sum())

    assert half_lit(0.3) > half_lit(0.01) + 2


def test_an_open_plane_gets_the_whole_sky_and_a_covered_one_little_of_it():
    sky = illuminate(Weather(), Light(cloud_cover=1.0)).sky
    grey = Illumination(np.array([0, 0, 1.0]), np.zeros(3), sky, (), 0.0, np.zeros(3))
    found = seen(scene(SLAB), grey)
    assert np.allclose(found.light[48, 48] * np.pi, horizontal_illuminance(sky), rtol=0.05)
    roof = box(3, [3, 3, 0.05], (0, 0, 0.4), fixed=True)
    under = seen(scene(SLAB, roof), grey, camera((1.4, 0, 0.2), (0, 0, 0), (64, 64), 40))
    middle = np.abs(under.light[32:, 24:40])
    assert middle.mean() * np.pi < 0.3 * horizontal_illuminance(sky).mean()


def test_without_anything_between_the_sky_is_its_irradiance_by_normal():
    sky = illuminate(Weather(), Light()).sky
    found = seen(
        scene(ball(2, 0.5)), Illumination(np.array([0, 0, 1.0]), np.zeros(3), sky, (), 0.0, np.zeros(3)), camera((2, 0, 0), (0, 0, 0))
    )
    hit = np.isfinite(found.depth)
    normal = found.normal[hit] @ found.view.world_T_camera.rotation.T
    expected = irradiance(sky, normal) / np.pi
    ratio = (found.light[hit] / expected).mean(-1)
    assert np.median(ratio) > 0.98 and np.percentile(ratio, 5) > 0.7


def test_light_is_what_it_was_given_where_nothing_is_hit_and_the_same_every_time():
    stage = kitchen()
    caster, link_pose = RayCaster.of(stage), poses(stage)
    view, illumination = (
        camera((1.2, 0.9, 0.8), (0.4, 0, 0.1), (128, 128)),
        illuminate(Weather(), Light(lamps=(Lamp(position=(0, 1, 1.5)),))),
    )
    before = caster.observe(view, link_pose, 0)
    first, second = lit(before, caster, link_pose, illumination), lit(before, caster, link_pose, illumination)
    assert first.light.dtype == np.float32 and np.array_equal(first.light, second.light)
    assert not first.light[np.isinf(first.depth)].any() and np.isfinite(first.light).all() and (first.light >= 0).all()
    assert first.depth is before.depth and before.light is None
    dark = (first.light[np.isfinite(first.depth)].max(-1) == 0).mean()
    assert dark < 0.01  # daylight reaches nearly everything


def test_an_empty_scene_is_dark_and_not_an_error():
    stage = scene(SLAB)
    found = seen(stage, sun(45.0), camera((0, 0, 3), (0, 0, 6)))
    assert np.isinf(found.depth).all() and not found.light.any()
