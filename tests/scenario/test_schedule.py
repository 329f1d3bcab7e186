"""Within an episode the sun moves, rain begins and lamps fail, each when the scenario says."""

import numpy as np
import pytest

from simgen.errors import InvalidScenario
from simgen.scenario import Scene, draw
from simgen.scenario.conditions import Conditions
from simgen.scenario.schedule import conditions_at

LAMPS = {"lamps": [{"position": [0.2, 0.5, 1.5], "flux_lm": 2000}, {"position": [0.8, -0.5, 1.5], "flux_lm": 1000}], "daylight": 0.0}


def at(scene: Scene, seconds: float) -> Conditions:
    return conditions_at(scene, round(seconds * 1e9))


@pytest.fixture
def drawn(kitchen):
    return lambda *changes, **settings: draw(kitchen(changes=list(changes), **settings), 3, 4)


def test_without_changes_everything_stays(drawn):
    scene = drawn(weather="rain", light="dusk", sensor="cheap")
    assert all(at(scene, seconds) == Conditions(scene.weather, scene.light, scene.sensor) for seconds in (0.0, 1.0, 100.0))


def test_the_sun_moves_while_rain_begins(drawn):
    sun = {"at": 0, "over": 10, "light": {"elevation_deg": 15, "azimuth_deg": 350}}
    rain = {"at": 4, "over": 2, "weather": {"rain_mm_h": 20, "wetness": 0.6}}
    scene = drawn(rain, sun, light={"elevation_deg": 55, "azimuth_deg": 10})
    for seconds in np.linspace(0, 12, 25):
        now = at(scene, seconds)
        assert now.light.elevation_deg == pytest.approx(55 - 4 * min(seconds, 10))
        assert now.light.azimuth_deg % 360 == pytest.approx((10 - 2 * min(seconds, 10)) % 360)
        assert now.weather.rain_mm_h == pytest.approx(20 * np.clip((seconds - 4) / 2, 0, 1))
        assert now.weather.visibility_m == 50_000.0


def test_a_lamp_fails_and_the_other_does_not(drawn):
    scene = drawn({"at": 2, "over": 0.1, "light": {"lamps": {0: {"flux_lm": 0}}}}, light=LAMPS)
    assert [lamp.flux_lm for lamp in at(scene, 1.9).light.lamps] == [2000.0, 1000.0]
    assert 0.0 < at(scene, 2.05).light.lamps[0].flux_lm < 2000.0
    assert [lamp.flux_lm for lamp in at(scene, 2.1).light.lamps] == [0.0, 1000.0]
    assert at(scene, 5.0).light.lamps[0].position == scene.light.lamps[0].position


def test_a_lamp_of_a_preset_can_fail(drawn):
    scene = drawn({"at": 1, "light": {"lamps": {3: {"flux_lm": 0}}}}, light="workshop_lamps")
    assert [lamp.flux_lm > 0 for lamp in at(scene, 1.0).light.lamps] == [True, True, True, False]


def test_what_takes_no_time_happens_at_once(drawn):
    scene = drawn({"at": 1, "sensor": {"exposure_ev": 2}})
    assert [at(scene, seconds).sensor.exposure_ev for seconds in (0.999, 1.0, 1.001)] == [0.0, 2.0, 2.0]


def test_a_preset_names_the_whole(drawn):
    """It takes the fog away, too."""
    scene = drawn({"at": 1, "over": 1, "weather": "rain"}, weather="fog:5")
    before, between, after = (at(scene, seconds).weather for seconds in (1.0, 1.5, 2.0))
    assert (before.preset, between.preset, after.preset) == ("fog", None, "rain")
    assert before.visibility_m < between.visibility_m < after.visibility_m
    assert after.rain_mm_h == scene.changes[0].weather.rain_mm_h


def test_a_number_changed_beside_a_preset_ends_its_name(drawn):
    now = at(drawn({"at": 1, "weather": {"wind_m_s": 9}}, weather="rain"), 2.0).weather
    assert now.preset is None and now.wind_m_s == 9.0 and now.rain_mm_h > 0.0


def test_everything_moves_continuously(drawn):
    scene = drawn({"at": 1, "over": 2, "weather": "storm:5"}, {"at": 2, "over": 2, "weather": "clear", "light": "night"}, weather="fog:5")
    path = np.array(
        [(now.weather.rain_mm_h, now.weather.wetness, now.light.elevation_deg) for now in (at(scene, t) for t in np.linspace(0, 5, 5001))]
    )
    assert (np.abs(np.diff(path, axis=0)) < 0.005 * (np.ptp(path, axis=0) + 1e-9)).all()


def test_changes_may_be_drawn(kitchen):
    said = {"at": {"uniform": [1, 2]}, "over": 1, "weather": {"preset": {"choice": ["rain", "snow"]}, "level": {"integer": [1, 5]}}}
    scenes = [draw(kitchen(changes=[said]), 0, episode) for episode in range(12)]
    assert {scene.changes[0].weather.preset for scene in scenes} == {"rain", "snow"}
    assert len({scene.changes[0].at for scene in scenes}) == 12
    assert draw(kitchen(changes=[said]), 0, 5) == scenes[5]


def test_a_change_draws_nothing_else_anew(kitchen):
    bare, changing = (
        draw(kitchen(weather="storm", light="dusk", **more), 1, 1) for more in ({}, {"changes": [{"at": 1, "weather": "rain"}]})
    )
    assert bare.weather == changing.weather and bare.light == changing.light


def test_a_scene_reads_back_with_its_changes(drawn):
    scene = drawn({"at": 2, "over": 0.1, "light": {"lamps": {1: {"flux_lm": 0}}}}, {"at": 1, "weather": "snow"}, light=LAMPS)
    again = Scene.model_validate_json(scene.json)
    assert again.sha256 == scene.sha256 and at(again, 2.05) == at(scene, 2.05)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"at": 1}, "changes.0: a change must name weather, light or sensor."),
        ({"weather": "rain"}, "changes.0.at: is missing; add it."),
        ({"at": -1, "weather": "rain"}, "changes.0.at: must be at least 0, got -1."),
        ({"at": 1, "over": -1, "weather": "rain"}, "changes.0.over: must be at least 0, got -1."),
        ({"at": 1, "weather": "rian"}, "changes.0.weather: No weather is called 'rian'. Did you mean 'rain'?"),
        ({"at": 1, "weather": {"wetness": 2}}, "changes.0.weather.wetness: must be at least 0 and at most 1, got 2."),
        ({"at": 1, "weather": {"rain": 2}}, "changes.0.weather.rain: is not a key; did you mean 'rain_mm_h'?"),
        ({"at": 1, "light": {"lamps": {0: {"flux_lm": -1}}}}, "changes.0.light.lamps.0.flux_lm: must be at least 0, got -1."),
        ({"at": 1, "light": {"lamps": {2: {"flux_lm": 1}}}}, "changes.0 names lamp 2, but there are 2 lamps, numbered from 0."),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_a_sentence(kitchen, change, complaint):
    with pytest.raises(InvalidScenario) as failure:
        kitchen(changes=[change], light=LAMPS)
    assert str(failure.value).startswith(f"scenario: {complaint}")


def test_a_missing_lamp_is_found_when_its_preset_is_drawn(kitchen):
    scenario = kitchen(changes=[{"at": 1, "light": {"lamps": {3: {"flux_lm": 0}}}}], light={"preset": {"choice": ["spot", "window"]}})
    with pytest.raises(InvalidScenario, match="names lamp 3, but there are 1 lamps"):
        draw(scenario, 0, 0)
