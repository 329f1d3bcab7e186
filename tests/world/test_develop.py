"""The camera's response: metering, tone, noise, bloom, glare, drops, smear of motion and dead pixels."""

import numpy as np
import pytest

from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Illumination
from simgen.scenario.light import Light
from simgen.scenario.sensor import Sensor
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.world import Appearance, Shot
from simgen.world.develop import Developer, metered, to_linear, to_srgb
from simgen.world.roll import Roll
from simgen.world.scatter import bloom
from simgen.world.shutter import smeared
from simgen.world.tone import GREY, film, median, printed

SIZE = 64
CLEAN = {"shot_noise": 0.0, "read_noise": 0.0, "bloom": 0.0, "vignetting": 0.0}
"""A sensor that only exposes."""
WHITE = Illumination(np.array([0, 0, 1.0]), np.ones(3) * 1e4, np.zeros((64, 128, 3), np.float32), (), 0.0, np.zeros(3))


def view(name: str = "front", **pose) -> CameraView:
    eye, target = pose.get("eye", (0, -2, 0)), pose.get("target", (0, 0, 0))
    return CameraView(name, Intrinsics.from_fov_y(SIZE, SIZE, np.radians(50)), Pose.looking(eye, target))


def observation(camera=None, *, flow=None, depth=2.0, time_ns=0) -> Observation:
    shape = SIZE, SIZE
    return Observation(
        view=camera or view(),
        time_ns=time_ns,
        depth=np.full(shape, depth, np.float32) if np.isscalar(depth) else depth,
        instance=np.ones(shape, np.int32),
        link=np.zeros(shape, np.int32),
        semantic=np.zeros(shape, np.int32),
        normal=np.tile(np.float32([0, 0, -1]), (*shape, 1)),
        flow=np.full((*shape, 2), np.nan, np.float32) if flow is None else flow,
        albedo=np.full((*shape, 3), 128, np.uint8),
    )


def conditions(**sensor) -> Conditions:
    return Conditions(sensor=Sensor(**(CLEAN | sensor)))


def developer(first, *, camera=None, seed=0, interval_s=0.1) -> Developer:
    return Developer(metered(first), camera or view(), seed=seed, interval_s=interval_s)


def developed(hdr, *, first=None, frame=0, seen=None, illumination=WHITE, seed=0, camera=None, **sensor) -> np.ndarray:
    made = developer(hdr if first is None else first, camera=camera, seed=seed)
    return made.develop(frame, hdr, seen or observation(camera), conditions(**sensor), illumination)


def scene(seed: int = 0) -> np.ndarray:
    """Patches of many luminances around 1000 cd/m2, float32, (64, 64, 3)."""
    patches = np.exp(np.random.default_rng(seed).normal(np.log(1000), 0.7, (8, 8, 3)))
    return np.kron(patches, np.ones((8, 8, 1))).astype(np.float32)


# -- exposure, tone, colour


def test_the_tone_curve_keeps_grey_and_never_falls():
    exposure = np.linspace(0, 20, 4000)
    assert film(np.array(GREY)) == pytest.approx(GREY) and film(np.array(0.0)) == 0 and film(np.array(50.0)) == pytest.approx(1)
    assert (np.diff(film(exposure)) >= 0).all()
    assert np.abs(printed(exposure.astype(np.float32)).astype(int) - to_srgb(film(exposure))).max() <= 1


@pytest.mark.parametrize("count", [1, 2, 7, 1000, 9999])
def test_the_middle_of_light_is_that_of_the_sorted_light(count):
    light = np.random.default_rng(count).lognormal(0, 6, count).astype(np.float32)
    light[: count // 3] = 0
    assert median(light) == np.sort(light)[count // 2]


def test_bytes_of_srgb_go_to_linear_light_and_back():
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(to_srgb(to_linear(codes)), codes)


def test_a_grey_card_stays_grey_under_the_light_the_camera_takes_for_white():
    card = np.full((SIZE, SIZE, 3), 500.0)
    picture = developed(card, auto_white_balance=0.0, white_balance_k=6504.0)
    assert np.ptp(picture.reshape(-1, 3).astype(int), axis=1).max() <= 8
    assert 90 < picture.mean() < 190


def test_automatic_white_balance_takes_most_of_a_warm_lights_colour_away():
    warm = np.array([1.35, 0.95, 0.6])
    light = Illumination(WHITE.sun_direction, warm * 1e4, WHITE.sky, (), 0.0, np.zeros(3))
    card = np.ones((SIZE, SIZE, 3)) * warm * 300

    def cast(share: float) -> int:
        picture = developed(card, illumination=light, auto_white_balance=share, white_balance_k=6500.0).astype(int)
        return int(picture[..., 0].mean() - picture[..., 2].mean())

    assert cast(0.0) > 40 and abs(cast(1.0)) < 0.5 * cast(0.0)


def test_twice_the_light_under_locked_metering_is_brighter_and_a_stop_does_the_same():
    first = scene()
    plain, double = developed(first), developed(first * 2, first=first)
    assert (double.astype(int) >= plain).all() and double.mean() > plain.mean() + 15
    assert np.array_equal(double, developed(first, exposure_ev=1.0))


@pytest.mark.parametrize("times", [10.0, 100.0])
def test_metering_makes_scenes_at_many_times_the_light_alike(times):
    assert np.abs(developed(scene()).astype(int) - developed(scene() * times)).max() <= 1


def test_night_comes_out_darker_than_day():
    assert developed(scene() * 1e-6).mean() < 0.6 * developed(scene()).mean()


def test_metering_is_not_thrown_by_a_lamp_in_the_picture_or_by_darkness():
    lamp = scene()
    lamp[:3, :3] = 1e7
    assert metered(lamp) == pytest.approx(metered(scene()), rel=0.2)
    assert not developed(np.zeros((SIZE, SIZE, 3))).any()


# -- noise and dead pixels


@pytest.mark.parametrize("exposure", [0.05, 0.18, 0.6])
def test_noise_has_the_deviation_it_says(exposure):
    flat = np.full((SIZE, SIZE, 3), 100.0)
    made = developer(flat)
    light = np.full_like(flat, exposure / made.gain)
    noisy = np.stack([made.develop(n, light, observation(), conditions(shot_noise=0.05, read_noise=0.01), WHITE) for n in range(8)])
    curve = np.linspace(0, 1.5, 3000)
    back = np.interp(noisy / 255, _displayed(curve), curve)
    assert back.std((1, 2)).mean() == pytest.approx(np.hypot(0.05 * np.sqrt(exposure), 0.01), rel=0.12)


def _displayed(exposure: np.ndarray) -> np.ndarray:
    linear = film(exposure)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def test_noise_differs_between_frames_cameras_and_seeds_and_nothing_else_changes_it():
    made = {"shot_noise": 0.03}
    one = developed(scene(), frame=3, **made)
    assert np.array_equal(one, developed(scene(), frame=3, **made))
    for other in (dict(frame=4), dict(seed=1, frame=3), dict(frame=3, camera=view("wrist"))):
        assert not np.array_equal(one, developed(scene(), **(made | other)))


def test_dead_pixels_stay_put_and_more_of_them_hold_the_fewer():
    def dead(frame: int, share: float, camera=None) -> np.ndarray:
        plain, spoilt = developed(scene(), frame=frame, camera=camera), developed(scene(), frame=frame, camera=camera, dead_pixels=share)
        return (plain != spoilt).any(-1)

    assert np.array_equal(dead(0, 0.05), dead(7, 0.05)) and not np.array_equal(dead(0, 0.05), dead(0, 0.05, view("wrist")))
    assert dead(0, 0.05).mean() == pytest.approx(0.05, abs=0.02) and not (dead(0, 0.05) & ~dead(0, 0.2)).any()


# -- lens


def test_bloom_spreads_light_and_loses_none():
    spot = np.zeros((SIZE, SIZE, 3), np.float32)
    spot[20, 40] = 1000
    spread = bloom(spot, 0.2)
    assert np.allclose(spread.sum((0, 1)), 1000, rtol=1e-4) and spread.min() >= 0
    assert spread[20, 40, 0] > 800 and spread[26, 40, 0] > spread[40, 40, 0] > 0


def test_bloom_leaves_an_even_picture_even():
    assert np.allclose(bloom(np.full((50, 70, 3), 3.0, np.float32), 0.5), 3, rtol=1e-5)


def test_vignetting_takes_from_the_corners_and_not_from_the_middle():
    flat = np.full((SIZE, SIZE, 3), 100.0)
    plain, dim = developed(flat), developed(flat, vignetting=0.5)
    assert dim[0, 0, 0] < plain[0, 0, 0] - 20 and abs(int(dim[32, 32, 0]) - int(plain[32, 32, 0])) <= 1


def test_a_low_sun_before_the_lens_veils_the_picture_and_one_behind_or_hidden_does_not():
    def added(towards, depth=np.inf) -> float:
        light = Illumination(np.array(towards, dtype=float), np.full(3, 5e4), WHITE.sky, (), 0.0, np.zeros(3))
        camera = view()
        seen = observation(camera, depth=float(depth))
        pictures = [developed(scene(), seen=seen, camera=camera, illumination=light, glare=share).mean() for share in (0.0, 1.0)]
        return pictures[1] - pictures[0]

    assert added((0, 1, 0)) > 10 and added((0, -1, 0)) == 0 and added((0, 1, 0), depth=2.0) == 0


def test_drops_change_about_the_share_of_the_picture_they_cover_and_stay():
    first, second = (developed(scene(n), lens_drops=0.25) != developed(scene(n)) for n in (1, 2))
    assert 0.08 < first.any(-1).mean() < 0.35
    both = (first.any(-1) & second.any(-1)).sum() / (first.any(-1) | second.any(-1)).sum()
    assert both > 0.85


def test_more_rain_on_the_lens_keeps_the_drops_there_are():
    few, many = ((developed(scene(), lens_drops=share) != developed(scene())).any(-1) for share in (0.05, 0.3))
    assert (few & many).sum() > 0.8 * few.sum() and many.sum() > 2 * few.sum()


def test_grease_lowers_contrast():
    assert developed(scene(), lens_smear=1.0).std() < 0.9 * developed(scene()).std()


def test_every_effect_grows_from_nothing():
    for name in ("bloom", "glare", "lens_drops", "lens_smear", "vignetting"):
        little = developed(scene(), illumination=illuminate(Weather(), Light(elevation_deg=5, azimuth_deg=80)), **{name: 1e-4})
        none = developed(scene(), illumination=illuminate(Weather(), Light(elevation_deg=5, azimuth_deg=80)), **{name: 0.0})
        assert np.abs(little.astype(int) - none).max() <= 2, name


# -- motion


def test_a_bar_is_smeared_along_its_motion_for_the_time_the_shutter_is_open():
    bar = np.zeros((SIZE, SIZE, 3), np.float32)
    bar[:, 32] = 10
    flow = np.zeros((SIZE, SIZE, 2), np.float32)
    flow[..., 0] = 8
    smear = smeared(bar, flow, np.ones((SIZE, SIZE), np.float32), 1.0)[32, :, 0]
    assert smear.sum() == pytest.approx(10, rel=0.1) and 7 <= (smear > 0.3).sum() <= 11
    assert np.average(np.arange(SIZE), weights=smear) == pytest.approx(32, abs=0.3)
    half = smeared(bar, flow, np.ones((SIZE, SIZE), np.float32), 0.5)[32, :, 0]
    assert (half > 0.3).sum() < (smear > 0.3).sum()


def test_what_stands_still_is_not_smeared_and_unknown_motion_is_no_error():
    still = np.zeros((SIZE, SIZE, 2), np.float32)
    light = scene()
    assert smeared(light, still, np.ones((SIZE, SIZE), np.float32), 1.0) is light
    still[5, 5] = np.nan
    assert np.array_equal(smeared(light, still, np.ones((SIZE, SIZE), np.float32), 1.0), light)
    assert np.array_equal(developed(light, shutter_s=0.05), developed(light))  # the first frame: flow is unknown everywhere


def test_a_thing_that_passes_smears_over_what_stands_still_behind_it():
    light, flow, depth = np.ones((SIZE, SIZE, 3), np.float32), np.zeros((SIZE, SIZE, 2), np.float32), np.full((SIZE, SIZE), 2, np.float32)
    light[24:40, 24:40], flow[24:40, 24:40, 0], depth[24:40, 24:40] = 5, 10, 1
    out = smeared(light, flow, depth, 1.0)
    assert out[32, 22, 0] > 1.5 and out[32, 25, 0] < 4.5 and out[32, 32, 0] == pytest.approx(5, rel=0.01)
    assert np.array_equal(out[:15], light[:15])


def test_a_roll_knows_how_long_ago_the_last_frame_was():
    camera, sensor = view(), CLEAN | {"shutter_s": 0.02}
    flow = np.zeros((SIZE, SIZE, 2), np.float32)
    flow[..., 0] = 12
    looks = Appearance(conditions=(Conditions(sensor=Sensor(**sensor)),))
    widths = []
    for interval_ns in (50_000_000, 800_000_000):
        roll = Roll(camera, looks, 0)
        for frame in range(3):
            roll.wind(Shot(observation(camera, flow=flow, time_ns=frame * interval_ns)))
            picture = roll.develop(np.where(np.arange(SIZE) < SIZE // 2, 100.0, 1000.0)[None, :, None] * np.ones((SIZE, SIZE, 3)))
        widths.append(len(np.unique(picture[SIZE // 2, :, 1])))
    assert widths[0] > widths[1] == 2  # the same motion, in sixteen times the time


# -- rules


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_light_that_is_no_number_is_refused_by_the_name_of_its_frame(bad):
    spoilt = scene()
    spoilt[3, 4, 1] = bad
    with pytest.raises(InvalidValue, match="frame 7"):
        developed(spoilt, first=scene(), frame=7)
    with pytest.raises(InvalidValue, match="frame 0"):
        developer(spoilt)


def test_a_frame_is_the_same_whatever_was_developed_before():
    sensor = dict(shot_noise=0.02, lens_drops=0.1, lens_smear=0.3, dead_pixels=0.01, bloom=0.05, vignetting=0.2)
    made, alone = developer(scene()), developer(scene())
    frames = [made.develop(n, scene(n), observation(), conditions(**sensor), WHITE) for n in range(4)]
    assert np.array_equal(frames[3], alone.develop(3, scene(3), observation(), conditions(**sensor), WHITE))
    assert frames[0].dtype == np.uint8 and frames[0].shape == (SIZE, SIZE, 3)


def test_development_leaves_its_input_alone():
    light = scene()
    before = light.copy()
    developed(light, lens_drops=0.2, bloom=0.1, shot_noise=0.02, vignetting=0.3)
    assert np.array_equal(light, before)
