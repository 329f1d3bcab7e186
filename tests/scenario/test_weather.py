"""Between two conditions every number moves continuously, and arrives."""

import math

import numpy as np
import pytest

from simgen.scenario.conditions import Conditions, conditions_of
from simgen.scenario.interpolate import interpolate
from simgen.scenario.light import Lamp, Light
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather

A = conditions_of("storm:5", "night", "night_gain", seed=0, episode=0)
B = conditions_of("fog:4", "workshop_lamps", "rainy_lens", seed=0, episode=1)
C = conditions_of("clear", "noon", "shallow_focus:5", seed=0, episode=2)
LAMP = Lamp(position=(0.0, 0.0, 2.0), flux_lm=1000.0)


def numbers(conditions: Conditions, lamps: int) -> np.ndarray:
    """Every number, azimuths as points on a circle; lamps that are not there as dark ones are left out."""
    found = []
    for part in (conditions.weather, conditions.light, conditions.sensor):
        for name, value in part:
            if name.endswith(("azimuth_deg", "yaw_deg")):
                found += [math.cos(math.radians(value)), math.sin(math.radians(value))]
            elif isinstance(value, float) and name != "level":
                found.append(value)
    flux = [lamp.flux_lm for lamp in conditions.light.lamps]
    return np.array([*found, *flux, *[0.0] * (lamps - len(flux))])


@pytest.mark.parametrize(("a", "b"), [(A, B), (B, A), (A, C), (C, B)])
def test_the_ends_are_the_ends(a, b):
    assert interpolate(a, b, 0.0) == a and interpolate(a, b, 1.0) == b


@pytest.mark.parametrize(("a", "b"), [(A, B), (B, A), (A, C), (C, B)])
def test_a_small_step_changes_every_number_a_little(a, b):
    """At both ends too, where lamps come and go: halving the step halves the largest change."""
    span = np.maximum(np.abs(numbers(a, 4) - numbers(b, 4)), 1e-12)

    def largest(steps: int) -> float:
        path = np.array([numbers(interpolate(a, b, share), 4) for share in np.linspace(0, 1, steps + 1)])
        return float((np.abs(np.diff(path, axis=0)) / span).max())

    assert largest(1000) < 0.6 * largest(500) < 0.4 * largest(200)


def test_every_number_stays_between_the_ends():
    for share in np.linspace(0, 1, 21):
        for part in ("weather", "light", "sensor"):
            one, other, between = getattr(A, part), getattr(B, part), getattr(interpolate(A, B, share), part)
            for name, value in between:
                if isinstance(value, float) and name != "level" and not name.endswith(("azimuth_deg", "yaw_deg")):
                    low, high = sorted([getattr(one, name), getattr(other, name)])
                    assert low - 1e-9 * abs(low) <= value <= high + 1e-9 * abs(high), name


def test_what_lies_between_is_valid():
    for share in (0.01, 0.3, 0.99):
        between = interpolate(A, B, share)
        for part in (between.weather, between.light, between.sensor):
            assert type(part).model_validate(part.model_dump()) == part


def test_halfway_in_visibility_is_the_geometric_mean():
    a, b = Conditions(weather=Weather(visibility_m=10.0)), Conditions(weather=Weather(visibility_m=1000.0))
    assert interpolate(a, b, 0.5).weather.visibility_m == pytest.approx(100.0)


@pytest.mark.parametrize(("start", "end", "half"), [(350.0, 10.0, 0.0), (10.0, 350.0, 0.0), (90.0, 180.0, 135.0), (0.0, 300.0, 330.0)])
def test_azimuths_go_the_short_way_round(start, end, half):
    a, b = Conditions(light=Light(azimuth_deg=start)), Conditions(light=Light(azimuth_deg=end))
    assert interpolate(a, b, 0.5).light.azimuth_deg % 360.0 == pytest.approx(half)


def test_a_lamp_without_a_partner_fades_where_it_hangs():
    a, b = Conditions(light=Light(lamps=(LAMP,))), Conditions()
    flux = [interpolate(a, b, share).light.lamps[0].flux_lm for share in (0.1, 0.5, 0.9, 0.999)]
    assert flux == sorted(flux, reverse=True) and flux[-1] < 0.01
    assert interpolate(b, a, 0.5).light.lamps[0].position == LAMP.position


def test_lamps_are_matched_by_order():
    moved = LAMP.model_copy(update={"position": (1.0, 0.0, 2.0)})
    a, b = Conditions(light=Light(lamps=(LAMP,))), Conditions(light=Light(lamps=(moved, LAMP)))
    first, second = interpolate(a, b, 0.25).light.lamps
    assert first.position == (0.25, 0.0, 2.0) and second.position == LAMP.position and first.flux_lm == 1000.0


def test_what_is_equal_stays_equal_to_the_bit():
    other = Conditions(A.weather, B.light, A.sensor)
    between = interpolate(A, other, 0.3)
    assert between.weather == A.weather and between.sensor == A.sensor


def test_only_a_name_that_holds_at_both_ends_holds_between():
    three, five = (conditions_of(f"rain:{level}", seed=0, episode=0) for level in (3, 5))
    other = conditions_of("rain:3", seed=0, episode=9)
    assert interpolate(three, other, 0.5).weather.preset == "rain"
    assert interpolate(three, five, 0.5).weather.preset is None
    assert interpolate(three, five, 0.5).weather.level is None


def test_koschmieder_relates_visibility_and_extinction():
    weather = Weather(visibility_m=100.0)
    assert math.exp(-weather.extinction_per_m * weather.visibility_m) == pytest.approx(0.02, rel=0.01)


def test_the_defaults_are_a_clear_dry_calm_day_and_a_clean_lens():
    weather, sensor = Weather(), Sensor()
    assert not any([weather.rain_mm_h, weather.snow_mm_h, weather.wetness, weather.ice, weather.dust, weather.snow_cover, weather.wind_m_s])
    assert not any([sensor.lens_drops, sensor.lens_smear, sensor.glare, sensor.dead_pixels, sensor.shutter_s])
