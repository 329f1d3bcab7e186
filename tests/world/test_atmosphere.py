"""Weather in the air, before a wall and over a floor."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from simgen.errors import ShapeMismatch
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Emitter, Illumination
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather
from simgen.world.atmosphere import rain, snow, splash, through_air
from simgen.world.atmosphere.fog import CLEAR_PER_M
from simgen.world.atmosphere.streak import coverage

SIZE = 96
RAIN, SNOW = Weather(rain_mm_h=30.0), Weather(snow_mm_h=5.0)


def seen(distance: float = 3.0, time_ns: int = 0, pose: Pose | None = None, size: int = SIZE) -> Observation:
    """A wall across the optical axis; a floor where the camera looks straight down."""
    pose = pose or Pose.looking([0, 0, 1.0], [1, 0, 1.0])
    view = CameraView("front", Intrinsics.from_fov_y(size, size, np.radians(50)), pose)
    depth, ids = np.full((size, size), distance, np.float32), np.ones((size, size), np.int32)
    normal = np.broadcast_to(np.array([0, 0, -1], np.float32), (size, size, 3))
    flow, albedo = np.zeros((size, size, 2), np.float32), np.full((size, size, 3), 128, np.uint8)
    return Observation(view, time_ns, depth, ids, ids * 0, ids, normal, flow, albedo)


def lit(sky: float = 3000.0, extinction: float = CLEAR_PER_M, airlight: float = 3000.0, emitters=(), sun: float = 0.0) -> Illumination:
    """An even sky."""
    everywhere = np.full((64, 128, 3), sky, np.float32)
    return Illumination(np.array([0, 0, 1.0]), np.full(3, sun), everywhere, tuple(emitters), extinction, np.full(3, airlight))


def grey(level: float = 500.0, size: int = SIZE) -> np.ndarray:
    return np.full((size, size, 3), level, np.float32)


def streaks(weather: Weather, observation: Observation, seed: int = 1, **sensor) -> np.ndarray:
    falling = rain.falling if weather.rain_mm_h else snow.falling
    conditions = Conditions(weather, sensor=Sensor(**sensor))
    return coverage(falling(observation, conditions, seed=seed), observation, conditions.sensor, 0.0)


def test_clear_and_dry_air_returns_the_very_picture():
    picture = grey()
    assert through_air(picture, seen(), Conditions(), lit(), seed=1) is picture


def test_the_picture_given_is_not_written_to():
    picture = grey()
    picture.setflags(write=False)
    through_air(picture, seen(), Conditions(RAIN), lit(extinction=0.5), seed=1)


def test_contrast_falls_to_two_percent_at_the_visibility():
    visibility = 5.0
    weather = Weather(visibility_m=visibility)
    air = lit(airlight=1000.0, extinction=weather.extinction_per_m)
    observation = seen(visibility)
    through = np.mean(
        [through_air(grey(0.0), observation, Conditions(weather), air, seed=seed)[SIZE // 2, SIZE // 2, 0] for seed in range(40)]
    )
    assert 1 - through / 1000.0 == pytest.approx(0.02, rel=0.15)


def test_fog_that_shines_as_the_scene_does_changes_nothing():
    conditions, air = Conditions(Weather(visibility_m=3.0)), lit(extinction=3.912 / 3.0, airlight=500.0)
    assert through_air(grey(500.0), seen(), conditions, air, seed=1) == pytest.approx(500.0, rel=1e-5)


def test_fog_counts_the_length_of_the_ray_and_not_its_depth():
    air = lit(extinction=1.0, airlight=0.0)
    observation = seen(2.0)
    dark = np.mean([through_air(grey(1.0), observation, Conditions(), air, seed=seed) for seed in range(60)], axis=0)[..., 0]
    stretch = np.linalg.norm(observation.view.intrinsics.rays()[0, 0])
    assert np.log(dark[0, 0]) / np.log(dark[SIZE // 2, SIZE // 2]) == pytest.approx(stretch, rel=0.1)


def test_the_background_is_lost_in_fog():
    observation = replace(seen(), depth=np.full((SIZE, SIZE), np.inf, np.float32))
    found = through_air(grey(1.0), observation, Conditions(Weather(visibility_m=20.0)), lit(extinction=3.912 / 20), seed=1)
    assert found == pytest.approx(3000.0, rel=1e-3)


def test_banks_of_fog_stand_in_the_world():
    """A camera that turns sees the same air along the same ray."""
    pose = Pose.looking([0, 0, 1.0], [1, 0.2, 1.1])
    observation, turned = seen(), seen(pose=pose)
    ray = turned.view.world_T_camera.rotation[:, 2] @ observation.view.world_T_camera.rotation
    u, v = observation.view.intrinsics.project(3.0 * ray / ray[2])
    air, middle = lit(extinction=0.5, airlight=0.0), SIZE // 2
    length = np.linalg.norm(ray / ray[2])
    straight = through_air(grey(), observation, Conditions(), air, seed=1)[int(v), int(u), 0]
    bent = through_air(grey(), replace(turned, depth=turned.depth * np.float32(length)), Conditions(), air, seed=1)[middle, middle, 0]
    assert bent == pytest.approx(straight, rel=0.02)


def test_a_lamp_has_a_halo_in_fog_only():
    lamp = Emitter(np.array([2.0, 0, 1.0]), np.array([-1.0, 0, 0]), 0.1, np.full(3, 30_000.0), 0.0)
    dark = lit(sky=0.0, airlight=0.0, emitters=[lamp])
    assert through_air(grey(0.0), seen(), Conditions(), dark, seed=1).max() == 0
    halo = through_air(grey(0.0), seen(), Conditions(), replace(dark, extinction_per_m=0.5), seed=1)[..., 0]
    assert halo[SIZE // 2, SIZE // 2] > 3 * halo[SIZE // 2, 2] > 0


def test_fog_is_brighter_towards_the_sun():
    up = seen(pose=Pose.looking([0, 0, 1.0], [0.2, 0, 3.0]))
    air = lit(extinction=0.2, sun=20_000.0)
    assert through_air(grey(), up, Conditions(), air, seed=1).mean() > 1.1 * through_air(grey(), seen(), Conditions(), air, seed=1).mean()


@pytest.mark.parametrize("weather", [RAIN, SNOW])
def test_the_same_seed_and_time_give_the_same_bits(weather):
    pictures = [through_air(grey(), seen(time_ns=10**9), Conditions(weather), lit(), seed=seed) for seed in (5, 5, 6)]
    assert np.array_equal(pictures[0], pictures[1]) and not np.array_equal(pictures[0], pictures[2])


@pytest.mark.parametrize("weather", [RAIN, SNOW])
def test_what_falls_is_hidden_behind_what_is_nearer(weather):
    assert streaks(weather, seen(0.05)).max() == 0
    assert 0 < streaks(weather, seen(0.5)).sum() < streaks(weather, seen(3.0)).sum()


@pytest.mark.parametrize("weather", [RAIN, SNOW])
def test_among_even_light_nothing_that_falls_is_seen(weather):
    assert through_air(grey(800.0), seen(), Conditions(weather), lit(sky=800.0), seed=1) == pytest.approx(800.0, rel=0.01)


def test_drops_shine_before_what_is_dark():
    found = through_air(grey(100.0), seen(), Conditions(RAIN), lit(), seed=1)
    assert found.min() >= 100.0 - 1e-3 and found.max() > 110.0


def test_rain_falls_faster_than_snow():
    assert rain.fall_velocity(np.array([0.8]), RAIN)[2, 0] < 2 * snow.fall_velocity(np.array([3.0]), SNOW)[2, 0] < 0


@pytest.mark.parametrize(("diameter_mm", "speed"), [(1.0, 4.03), (2.0, 6.49), (3.0, 8.06), (5.0, 9.09)])
def test_drops_fall_as_gunn_and_kinzer_measured(diameter_mm, speed):
    assert -rain.fall_velocity(np.array([diameter_mm]), RAIN)[2, 0] == pytest.approx(speed, rel=0.03)


def test_wind_slants_rain():
    winds = RAIN, Weather(wind_m_s=3.0, wind_azimuth_deg=90.0)
    down, across = (rain.fall_velocity(np.array([2.0]), weather) for weather in winds)
    assert down[:2] == pytest.approx(0.0) and across[:, 0] == pytest.approx([0, 3.0, down[2, 0]])


@pytest.mark.parametrize(("light", "heavy"), [(2.0, 10.0), (10.0, 50.0)])
def test_the_number_of_drops_grows_with_the_rate_as_marshall_and_palmer_say(light, heavy):
    few, many = (len(rain.falling(seen(), Conditions(Weather(rain_mm_h=rate)), seed=1).diameter) for rate in (light, heavy))
    assert many / few == pytest.approx(rain.number_per_m3(heavy) / rain.number_per_m3(light), rel=0.1)


def test_the_number_of_flakes_grows_with_the_rate():
    few, many = (len(snow.falling(seen(), Conditions(Weather(snow_mm_h=rate)), seed=1).diameter) for rate in (1.0, 4.0))
    assert many / few == pytest.approx(4.0, rel=0.1)


def test_a_longer_exposure_draws_longer_and_fainter_streaks_of_the_same_light():
    short, long = (streaks(RAIN, seen(), shutter_s=shutter) for shutter in (1 / 500, 1 / 125))
    assert long.max() < 0.5 * short.max() and (long > 1e-4).sum() > 1.5 * (short > 1e-4).sum()
    assert long.sum() == pytest.approx(short.sum(), rel=0.15)


def test_a_drop_moves_on_between_frames():
    conditions = Conditions(Weather(rain_mm_h=30.0, wind_m_s=1.0), sensor=Sensor(shutter_s=0.01))
    now, later = (rain.falling(seen(time_ns=time), conditions, seed=1) for time in (10**9, 10**9 + 10**7))
    distance, _ = cKDTree(later.start).query(now.end)
    assert np.mean(distance < 1e-6) > 0.9


@pytest.mark.parametrize("falling", [rain.falling, snow.falling])
def test_two_cameras_see_the_same_grains(falling):
    """Where one camera's grain projects in the other, the other has it too."""
    one, other = seen(), seen(pose=Pose.looking([0.3, -0.6, 1.2], [1.2, 0, 1.0]))
    conditions = Conditions(Weather(rain_mm_h=30.0, snow_mm_h=5.0))
    first, second = (falling(observation, conditions, seed=1) for observation in (one, other))
    moved = other.view.world_T_camera.inverse().apply(one.view.world_T_camera.apply(first.start))
    pixel = other.view.intrinsics.project(moved)
    common = (moved[:, 2] > 0.2) & (moved[:, 2] < 1.5) & np.all((pixel > 0) & (pixel < SIZE), axis=1)
    assert common.sum() > 20
    theirs = other.view.intrinsics.project(second.start)
    nearest, _ = cKDTree(theirs[np.isfinite(theirs).all(1)]).query(pixel[common])
    assert nearest.max() < 1e-6


def test_splashes_stand_on_the_ground_and_not_on_walls():
    down = seen(1.0, pose=Pose.looking([0, 0, 1.0], [0, 0, 0]))
    (crowns,) = splash.flying(down, Conditions(RAIN), seed=1)
    height = down.view.world_T_camera.apply(crowns.start)[:, 2]
    assert len(height) > 50 and height.min() >= 0 and height.max() < 0.03
    assert splash.flying(seen(), Conditions(RAIN), seed=1) == ()


def test_a_square_of_ground_splashes_once_however_its_height_is_rounded():
    """Ground at height 0, where single precision says now a little more and now a little less."""
    down = seen(1.0, pose=Pose.looking([0, 0, 1.0], [0, 0, 0]))
    noise = np.random.default_rng(0).uniform(-1e-6, 1e-6, down.depth.shape).astype(np.float32)
    (plain,), (rough,) = (splash.flying(one, Conditions(RAIN), seed=1) for one in (down, replace(down, depth=down.depth + noise)))
    assert len(plain.start) == len(rough.start) and np.allclose(np.sort(plain.start, 0), np.sort(rough.start, 0), atol=1e-5)


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ShapeMismatch, match="radiance"):
        through_air(grey(size=8), seen(), Conditions(RAIN), lit(), seed=1)
