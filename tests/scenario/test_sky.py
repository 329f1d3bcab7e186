"""Light in numbers: sun, sky, clouds, fog, lamps and HDR panoramas against published photometry and identities."""

import numpy as np
import OpenEXR
import pytest
from scipy.integrate import quad

from simgen.errors import AssetError
from simgen.scenario.colorimetry import adaptation, glow, luminance
from simgen.scenario.hdr import radiance_rgbe
from simgen.scenario.illumination import Illumination
from simgen.scenario.light import Lamp, Light
from simgen.scenario.sky import illuminate
from simgen.scenario.skylight import (
    COLUMNS,
    ROWS,
    directions,
    finer,
    horizontal_illuminance,
    illuminant,
    irradiance,
    radiance,
    solid_angle,
)
from simgen.scenario.weather import Weather


def light(weather=None, folder=None, **numbers) -> Illumination:
    return illuminate(Weather(**(weather or {})), Light(**numbers), folder)


def sky_lux(found: Illumination) -> float:
    return float(luminance(horizontal_illuminance(found.sky)))


def sun_lux(found: Illumination) -> float:
    """On level ground."""
    return float(luminance(found.sun_illuminance)) * max(found.sun_direction[2], 0)


# -- day and night


def test_a_clear_noon_has_a_hundred_kilolux_of_sun_and_ten_to_twentyfive_of_sky():
    noon = light(elevation_deg=75, cloud_cover=0.0)
    assert 85_000 < luminance(noon.sun_illuminance) < 110_000
    assert 10_000 < sky_lux(noon) < 25_000


@pytest.mark.parametrize("elevation_deg", [20, 40, 70])
def test_an_overcast_sky_gives_five_to_twentyone_kilolux_and_no_sun(elevation_deg):
    grey = light(elevation_deg=elevation_deg, cloud_cover=1.0)
    assert 5_000 < sky_lux(grey) < 21_000 and not grey.sun_illuminance.any()


def test_an_overcast_zenith_is_about_three_times_as_bright_as_the_horizon():
    rows = luminance(light(cloud_cover=1.0).sky).mean(1)
    assert 2.2 < rows[:4].mean() / rows[ROWS // 2 - 2 : ROWS // 2].mean() < 3.3


@pytest.mark.parametrize(("elevation_deg", "low", "high"), [(0, 400, 1200), (-6, 2, 6), (-12, 0.004, 0.05), (-18, 0.001, 0.05)])
def test_twilight_is_as_bright_as_the_almanac_says(elevation_deg, low, high):
    assert low < sky_lux(light(elevation_deg=elevation_deg, cloud_cover=0.0)) < high


def test_a_night_sky_shines_a_thousandth_to_a_hundredth_of_a_candela():
    assert (0.001 < luminance(light(elevation_deg=-40).sky[: ROWS // 2]).mean() < 0.01).all()


def test_the_sun_reddens_as_it_sets_and_the_day_sky_is_blue():
    ratio = [light(elevation_deg=h).sun_illuminance for h in (60, 20, 5)]
    warmth = [rgb[0] / rgb[2] for rgb in ratio]
    assert warmth[0] < warmth[1] < warmth[2] and warmth[0] < 1.7
    zenith = light(elevation_deg=40, cloud_cover=0.0).sky[0].mean(0)
    assert zenith[2] > 1.3 * zenith[0]


def test_dusk_glows_where_the_sun_has_gone():
    sky = luminance(light(elevation_deg=-4, azimuth_deg=90, cloud_cover=0.0).sky)
    assert sky[ROWS // 2 - 2, COLUMNS // 4] > 4 * sky[ROWS // 2 - 2, 3 * COLUMNS // 4]


def test_haze_takes_from_the_sun_and_gives_to_the_sky():
    clear, murk = light(turbidity=2, cloud_cover=0.0), light(turbidity=9, cloud_cover=0.0)
    assert sun_lux(murk) < 0.7 * sun_lux(clear) and sky_lux(murk) > 1.3 * sky_lux(clear)


def test_daylight_scales_all_that_comes_from_outside():
    out, hall = light(), light(daylight=0.05)
    assert np.allclose(hall.sky, out.sky * 0.05, rtol=1e-5) and np.allclose(hall.airlight, out.airlight * 0.05)
    assert np.allclose(hall.sun_illuminance, out.sun_illuminance * 0.05)


def test_the_ground_reflects_a_fifth_of_what_falls_on_it_and_snow_most():
    bare, white = light(cloud_cover=0.0), light({"snow_cover": 1.0}, cloud_cover=0.0)
    falls = sky_lux(bare) + sun_lux(bare)
    assert luminance(bare.sky[-1, 0]) == pytest.approx(0.2 * falls / np.pi, rel=1e-3)
    assert luminance(white.sky[-1, 0]) == pytest.approx(0.8 * falls / np.pi, rel=1e-3)


# -- weather


def test_fog_hides_the_sun_whitens_the_sky_and_takes_little_light():
    clear, fog = light(cloud_cover=0.0), light({"visibility_m": 100.0}, cloud_cover=0.0)
    assert sun_lux(fog) < 0.01 * sun_lux(clear)
    assert 0.2 < sky_lux(fog) / (sky_lux(clear) + sun_lux(clear)) < 0.8
    spread = [luminance(found.sky[: ROWS // 2]).std() / luminance(found.sky[: ROWS // 2]).mean() for found in (clear, fog)]
    assert spread[1] < 0.6 * spread[0]
    zenith = fog.sky[0].mean(0)
    assert zenith.max() / zenith.min() < 1.3
    assert np.allclose(fog.airlight, fog.sky[ROWS // 2 - 3 : ROWS // 2].mean((0, 1)), rtol=1e-5)


def test_extinction_follows_koschmieder_and_what_falls_adds_to_it():
    assert light({"visibility_m": 391.2}).extinction_per_m == pytest.approx(0.01)
    assert light({"rain_mm_h": 20.0}).extinction_per_m > light({"rain_mm_h": 2.0}).extinction_per_m > light().extinction_per_m
    assert light({"snow_mm_h": 2.0}).extinction_per_m > light({"rain_mm_h": 2.0}).extinction_per_m


def test_rain_comes_out_of_clouds_and_dims_the_day():
    dry, wet = light(), light({"rain_mm_h": 10.0})
    assert sun_lux(wet) < 0.01 * sun_lux(dry) and sky_lux(wet) + sun_lux(wet) < 0.3 * (sky_lux(dry) + sun_lux(dry))


def test_the_cloudier_of_weather_and_light_holds():
    assert np.array_equal(light({"cloud_cover": 0.8}, cloud_cover=0.2).sky, light({"cloud_cover": 0.1}, cloud_cover=0.8).sky)


# -- continuity


STEPS = {
    "elevation_deg": np.linspace(-13, 47, 241),
    "cloud_cover": np.linspace(0, 1, 101),
    "turbidity": np.linspace(1, 12, 111),
    "azimuth_deg": np.linspace(0, 60, 121),
}


@pytest.mark.parametrize("name", STEPS)
def test_light_changes_without_a_jump(name):
    found = [light(**{"elevation_deg": 8.0, "cloud_cover": 0.4, name: float(value)}) for value in STEPS[name]]
    total = np.log([sky_lux(one) + sun_lux(one) for one in found])
    sky = np.log(np.array([luminance(one.sky[ROWS // 4, ::16]) for one in found]))
    assert np.abs(np.diff(total)).max() < 0.45 and np.abs(np.diff(sky, axis=0)).max() < 0.5
    assert np.isfinite(sky).all()


@pytest.mark.parametrize("elevation_deg", [-18, -12, -6, -0.9, 0, 0.3, 9, 90])
def test_nothing_jumps_where_the_formulas_change(elevation_deg):
    below, above = (light(elevation_deg=elevation_deg + side, cloud_cover=0.3) for side in (-1e-6, 1e-6 if elevation_deg < 90 else 0.0))
    assert np.allclose(below.sky, above.sky, rtol=2e-2)  # the root of the sine rises steeply at the horizon
    assert np.allclose(below.sun_illuminance, above.sun_illuminance, rtol=1e-3, atol=1e-3)


def test_the_same_light_is_the_same_object_and_cannot_be_written_on():
    assert light(elevation_deg=33.0) is light(elevation_deg=33.0)
    with pytest.raises(ValueError):
        light().sky[0, 0] = 0


# -- lamps


@pytest.mark.parametrize("cone_deg", [180.0, 179.0, 120.0, 40.0, 5.0])
def test_the_light_of_a_lamp_sums_to_its_lumen(cone_deg):
    emitter = light(lamps=(Lamp(position=(0, 0, 2), flux_lm=1000.0, cone_deg=cone_deg),)).emitters[0]
    lumen, _ = quad(
        lambda a: 2 * np.pi * np.sin(a) * luminance(emitter.intensity(np.cos(a))), 0, np.pi, limit=400, points=[np.radians(cone_deg / 2)]
    )
    assert lumen == pytest.approx(1000, rel=1e-3)


def test_a_lamp_shines_no_differently_at_180_degrees_than_just_below():
    disc, spot = (light(lamps=(Lamp(position=(0, 0, 2), cone_deg=cone),)).emitters[0] for cone in (180.0, 179.99))
    assert np.allclose(disc.intensity(np.array([0.2, 0.6, 1.0])), spot.intensity(np.array([0.2, 0.6, 1.0])), rtol=1e-3)


def test_a_lamp_shines_along_its_axis_only_inside_its_cone_and_warm_is_red():
    emitter = light(lamps=(Lamp(position=(0, 0, 2), look_at=(0, 0, 0), cone_deg=60.0, temperature_k=2700.0),)).emitters[0]
    assert np.allclose(emitter.direction, [0, 0, -1])
    assert not emitter.intensity(np.cos(np.radians([31.0, 90, 170]))).any()
    assert emitter.radiance[0] > 4 * emitter.radiance[2]


def test_a_dead_lamp_is_dark():
    assert not light(lamps=(Lamp(position=(0, 0, 2), flux_lm=0.0),)).emitters[0].radiance.any()


# -- colour


def test_a_black_body_of_6500_kelvin_is_nearly_white_and_every_colour_has_luminance_one():
    assert np.allclose(glow(6500.0), 1, atol=0.06)
    assert all(luminance(glow(kelvin)) == pytest.approx(1) and (glow(kelvin) >= 0).all() for kelvin in (1200.0, 2700.0, 4000.0, 20_000.0))


def test_adaptation_makes_the_light_neutral_and_leaves_white_alone():
    warm = glow(2700.0)
    assert np.allclose(adaptation(warm) @ warm, 1, atol=1e-6) and np.allclose(adaptation(np.ones(3)), np.eye(3), atol=1e-9)
    assert luminance(illuminant(light(elevation_deg=-30, daylight=0.0))) == pytest.approx(1)


# -- maps


def test_texels_fill_the_sphere_and_a_map_shows_what_it_holds():
    assert (solid_angle() * np.ones((ROWS, COLUMNS))).sum() == pytest.approx(4 * np.pi)
    sky = np.random.default_rng(0).random((ROWS, COLUMNS, 3)).astype(np.float32)
    assert np.allclose(radiance(sky, directions()), sky, atol=1e-4)


def test_an_even_sky_lights_every_plane_with_pi():
    normals = np.random.default_rng(0).normal(size=(50, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    assert np.allclose(irradiance(np.ones((ROWS, COLUMNS, 3), np.float32), normals), np.pi, rtol=1e-3)


def test_irradiance_agrees_with_the_integral():
    sky = light(elevation_deg=50, cloud_cover=0.0).sky
    for normal in ([0, 0, 1.0], [1.0, 0, 0], [0, -0.8, 0.6]):
        exact = (sky * (np.maximum(directions() @ np.array(normal), 0) * solid_angle())[..., None]).sum((0, 1))
        assert np.allclose(irradiance(sky, np.array(normal)), exact, rtol=0.1)


def test_a_finer_map_is_the_same_sky():
    sky = light(elevation_deg=50, cloud_cover=0.3).sky
    assert np.allclose(horizontal_illuminance(finer(sky)), horizontal_illuminance(sky), rtol=0.02)


# -- HDR panoramas


def rgbe(pixels: np.ndarray) -> np.ndarray:
    """Shared-exponent bytes, (H, W, 4)."""
    mantissa, exponent = np.frexp(pixels.max(-1))
    scale = np.where(pixels.max(-1) > 1e-32, np.ldexp(256.0, -exponent), 0)
    return np.concatenate([pixels * scale[..., None], np.where(scale > 0, exponent + 128, 0)[..., None]], axis=-1).astype(np.uint8)


def written(pixels: np.ndarray, *, coded: bool) -> bytes:
    data, (height, width) = rgbe(pixels), pixels.shape[:2]
    rows = [
        data[row].tobytes() if not coded else bytes([2, 2, width >> 8, width & 255]) + b"".join(map(packed, data[row].T))
        for row in range(height)
    ]
    return b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + f"-Y {height} +X {width}\n".encode() + b"".join(rows)


def packed(channel: np.ndarray) -> bytes:
    """Equal neighbours as runs, others as they are."""
    out, at = b"", 0
    while at < len(channel):
        run = 1
        while at + run < len(channel) and run < 127 and channel[at + run] == channel[at]:
            run += 1
        out += bytes([128 + run, channel[at]]) if run > 2 else bytes([1, channel[at]])
        at += run if run > 2 else 1
    return out


@pytest.fixture
def panorama() -> np.ndarray:
    """A dim gradient with a sun of 3 by 4 pixels, at 30 degrees up and 45 to the right of the middle: (90, 180, 3)."""
    pixels = np.full((90, 180, 3), 0.5) + np.linspace(1, 0, 90)[:, None, None]
    pixels[28:32, 111:114] = [9000, 8000, 6000]
    return pixels


@pytest.mark.parametrize("coded", [True, False])
def test_a_radiance_file_is_read_back_to_its_precision(panorama, coded):
    panorama[:, 50:60] = np.linspace(0, 3, 10)[:, None]
    read = radiance_rgbe(written(panorama, coded=coded))
    assert read.shape == panorama.shape and np.abs(read - panorama).max(-1).max() <= 9000 / 128
    assert (np.abs(read - panorama) <= panorama.max(-1, keepdims=True) / 127).all()


@pytest.mark.parametrize("suffix", ["hdr", "exr"])
def test_a_panorama_lights_the_scene_and_its_sun_is_set_apart_without_loss(panorama, tmp_path, suffix):
    save(panorama, tmp_path / f"room.{suffix}")
    found = light(folder=tmp_path, environment=f"room.{suffix}", environment_scale=2.0)
    assert np.allclose(found.sun_direction, [np.cos(np.pi / 6) * np.cos(np.pi / 4), -np.cos(np.pi / 6) * np.sin(np.pi / 4), 0.5], atol=0.03)
    kept = (found.sky * solid_angle()[..., None]).sum((0, 1)) + found.sun_illuminance
    assert np.allclose(kept, 2000 * (panorama * solid_angle(90, 180)[..., None]).sum((0, 1)), rtol=0.02)
    assert luminance(found.sun_illuminance) > 0.8 * luminance(kept)


def save(pixels: np.ndarray, path):
    if path.suffix == ".hdr":
        path.write_bytes(written(pixels, coded=True))
    else:
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, {"RGB": pixels.astype(np.float32)}).write(str(path))


def test_yaw_turns_a_panorama_counter_clockwise(panorama, tmp_path):
    save(panorama, tmp_path / "room.hdr")
    turned = light(folder=tmp_path, environment="room.hdr", environment_yaw_deg=45.0)
    assert np.allclose(turned.sun_direction, [np.cos(np.pi / 6), 0, 0.5], atol=0.03)
    still = light(folder=tmp_path, environment="room.hdr")
    assert np.allclose(turned.sky, np.roll(still.sky, COLUMNS // 8, axis=1), rtol=1e-4)


def test_a_panorama_without_a_sun_keeps_all_its_light_in_the_map(tmp_path):
    save(np.full((16, 32, 3), 0.25), tmp_path / "grey.hdr")
    found = light(folder=tmp_path, environment="grey.hdr")
    assert not found.sun_illuminance.any() and np.allclose(found.sky, 250, rtol=0.02)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("words.hdr", b"not a picture"),
        ("words.exr", b"not a picture"),
        ("short.hdr", b"#?RADIANCE\n\n-Y 8 +X 8\n\x01\x02"),
        ("turned.hdr", b"#?RADIANCE\n\n+X 8 -Y 8\n" + bytes(256)),
        ("coded.hdr", b"#?RADIANCE\n\n-Y 1 +X 16\n\x02\x02\x00\x10\xff\x01"),
        ("photo.jpg", b"\xff\xd8\xff"),
        ("empty.hdr", b""),
    ],
)
def test_what_is_no_hdr_image_is_refused_in_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AssetError, match=f"{name}.*HDR image") as refusal:
        light(folder=tmp_path, environment=name)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 300


def test_a_missing_panorama_is_named(tmp_path):
    with pytest.raises(AssetError, match=r"nowhere\.hdr"):
        light(folder=tmp_path, environment="nowhere.hdr")
