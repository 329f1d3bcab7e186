"""The cheap photograph: brighter where light falls, dark in shadow, glossy where smooth, and from arrays alone."""

from dataclasses import replace

import numpy as np
import pytest

from simgen import world
from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.scenario.light import Lamp, Light
from simgen.scenario.sensor import Sensor
from simgen.scenario.sky import illuminate
from simgen.scenario.skylight import irradiance
from simgen.scenario.weather import Weather
from simgen.world import Appearance, ControlClip
from simgen.world.preview import Preview, photometric
from simgen.world.shading import prepared

SIZE = 48
QUIET = Sensor(shot_noise=0.0, read_noise=0.0)


def table(light: Light | None = None, weather: Weather | None = None, *, sunny: bool = True, **buffers) -> Observation:
    """Level ground seen from above at a slant, its far part beyond what is drawn; the left half in the sun's shadow unless sunny."""
    camera = CameraView("front", Intrinsics.from_fov_y(SIZE, SIZE, np.radians(60)), Pose.looking((0, -2, 1), (0, 0, 0.4)), far=8.0)
    ray = camera.intrinsics.rays() @ camera.world_T_camera.rotation.T
    depth = np.where(ray[..., 2] < -1e-3, -1 / np.minimum(ray[..., 2], -1e-3), np.inf)
    depth = np.where(depth < camera.far, depth, np.inf).astype(np.float32)
    hit = np.isfinite(depth)
    up = camera.world_T_camera.rotation.T @ [0, 0, 1]
    found = illuminate(weather or Weather(), light or Light())
    sun = found.sun_illuminance * max(found.sun_direction[2], 0) / np.pi
    ambient = irradiance(found.sky, np.array([0.0, 0, 1])) / np.pi
    shadow = np.broadcast_to((np.arange(SIZE) >= SIZE // 2) | sunny, depth.shape)
    arrays = dict(
        depth=depth,
        instance=hit.astype(np.int32),
        link=np.where(hit, 0, -1).astype(np.int32),
        semantic=hit.astype(np.int32),
        normal=(hit[..., None] * up).astype(np.float32),
        flow=np.zeros((SIZE, SIZE, 2), np.float32),
        albedo=(hit[..., None] * np.uint8([150, 120, 90])).astype(np.uint8),
        light=(hit[..., None] * (ambient + shadow[..., None] * sun)).astype(np.float32),
    )
    return Observation(camera, 0, **(arrays | buffers))


def drawn(observation: Observation, light=None, weather=None, sensor=QUIET, seed=0) -> np.ndarray:
    appearance = Appearance(conditions=(Conditions(weather or Weather(), light or Light(), sensor),))
    return world.make("preview").render(ControlClip((observation,)), appearance, seed=seed).frames[0]


def test_preview_says_what_it_needs():
    assert (Preview.needs_light, Preview.needs_rgb, Preview.causal, Preview.name) == (True, False, True, "preview")


def test_without_direct_light_it_says_so_in_a_sentence():
    with pytest.raises(InvalidValue, match="direct-light buffer"):
        drawn(replace(table(), light=None))


def test_it_draws_from_arrays_alone_the_same_bytes_each_time():
    first, second = drawn(table(), sensor=Sensor(), seed=3), drawn(table(), sensor=Sensor(), seed=3)
    assert first.shape == (SIZE, SIZE, 3) and first.dtype == np.uint8 and np.array_equal(first, second)
    assert not np.array_equal(first, drawn(table(), sensor=Sensor(), seed=4))


def test_shadow_is_dark():
    picture = drawn(table(sunny=False)).astype(int)
    assert picture[40, 36].mean() > picture[40, 8].mean() + 30


def test_a_matt_surface_sends_albedo_times_light():
    rough = np.full((SIZE, SIZE), 255, np.uint8)
    seen = table(Light(cloud_cover=1.0), roughness=rough, metallic=np.zeros_like(rough))
    found = photometric(seen, Weather(), illuminate(Weather(), Light(cloud_cover=1.0)))[44, 24]
    plain = seen.light[44, 24] * ((np.array([150, 120, 90]) / 255 + 0.055) / 1.055) ** 2.4
    assert (found > plain).all() and (found < 2.2 * plain + 0.1 * seen.light[44, 24]).all()  # and what the surroundings send back


def test_a_smooth_surface_shows_the_sun_and_a_rough_one_does_not():
    light = Light(elevation_deg=26.0, azimuth_deg=90.0, cloud_cover=0.0)

    def peak(roughness: int) -> float:
        buffers = {name: np.full((SIZE, SIZE), value, np.uint8) for name, value in (("roughness", roughness), ("metallic", 0))}
        hdr = photometric(table(light, **buffers), Weather(), illuminate(Weather(), light))
        ground = hdr[30:].mean(-1)
        return float(ground.max() / np.median(ground))

    assert peak(40) > 3 * peak(230)


def test_a_lamp_shines_back_from_metal():
    light = Light(daylight=0.0, lamps=(Lamp(position=(0, 1.5, 1.0), look_at=(0, 0, 0), radius=0.1),))
    seen = table(light)
    lit = np.isfinite(seen.depth)[..., None] * np.float32(100) * np.ones(3, np.float32)
    buffers = {"roughness": np.full((SIZE, SIZE), 60, np.uint8), "metallic": np.full((SIZE, SIZE), 255, np.uint8), "light": lit}
    hdr = photometric(replace(seen, **buffers), Weather(), illuminate(Weather(), light))
    assert hdr[24:].max() > 5 * np.median(hdr[24:])


def test_the_sky_is_behind_everything():
    picture = drawn(table(), Light(elevation_deg=50.0, cloud_cover=0.0)).astype(int)
    assert picture[0, 24, 2] > picture[0, 24, 0] > 20


def test_night_is_darker_than_day_and_a_lamp_is_warm():
    assert drawn(table(Light(elevation_deg=-20.0)), Light(elevation_deg=-20.0)).mean() < drawn(table()).mean() - 30


def test_fog_takes_contrast_and_snow_covers_the_ground():
    fog = Weather(visibility_m=8.0)
    clear, dim = drawn(table()), drawn(table(weather=fog), weather=fog)
    assert dim[20:].std() < clear[20:].std()
    snow = Weather(snow_cover=1.0)
    white = drawn(table(weather=snow), weather=snow)[40, 10:40].astype(int)
    assert np.ptp(white.mean(0)) < 25


def test_wet_ground_is_darker():
    wet = Weather(wetness=0.5)
    hdr = [photometric(table(), weather, illuminate(Weather(), Light())) for weather in (Weather(), wet)]
    assert hdr[1][40:, :, :].mean() < 0.9 * hdr[0][40:, :, :].mean()


def test_conditions_may_change_within_a_clip_and_exposure_holds():
    lights = [Light(elevation_deg=height) for height in (50.0, 20.0, 6.0)]
    clip = ControlClip(tuple(replace(table(light), time_ns=100_000_000 * n) for n, light in enumerate(lights)))
    frames = Preview().render(clip, Appearance(conditions=tuple(Conditions(light=light, sensor=QUIET) for light in lights)), seed=0).frames
    means = frames.reshape(3, -1).mean(1)
    assert means[0] > means[1] > means[2]


def test_a_surface_is_as_bright_whatever_else_the_camera_turns_to():
    """The same ground, once beside a white wall and once beside a black one that came into view since the clip began."""
    rough = np.full((SIZE, SIZE), 255, np.uint8)
    first = table(roughness=rough)
    white, black = first.albedo.copy(), first.albedo.copy()
    white[:, : SIZE // 2], black[:, : SIZE // 2] = 255, 0
    clips = [ControlClip((first, replace(first, albedo=albedo, time_ns=10**8))) for albedo in (white, black)]
    pictures = [
        Preview().render(clip, Appearance(conditions=(Conditions(sensor=QUIET.model_copy(update={"bloom": 0.0})),)), seed=0)
        for clip in clips
    ]
    assert np.array_equal(pictures[0].frames[1, 30:, SIZE // 2 + 2 :], pictures[1].frames[1, 30:, SIZE // 2 + 2 :])
    assert not np.array_equal(pictures[0].frames[1], pictures[1].frames[1])


def test_what_surroundings_send_back_follows_the_light():
    bright, dim = (prepared(illuminate(Weather(), Light(daylight=share))).around for share in (1.0, 0.1))
    assert bright.min() > 0 and np.allclose(dim, 0.1 * bright, rtol=0.01)
    one, two = (prepared(illuminate(Weather(), Light(daylight=0.0, lamps=(Lamp(position=(0, 0, 2)),) * count))).around for count in (1, 2))
    assert np.allclose(two, 2 * one, rtol=0.01)
