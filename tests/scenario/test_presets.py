"""Presets: every name and level is a place in documented intervals, from nothing to the worst."""

import json

import numpy as np
import pytest

from simgen.errors import InvalidScenario, InvalidValue, UnknownName
from simgen.geometry import Pose
from simgen.scenario import Scene, draw, load
from simgen.scenario.conditions import Conditions, conditions_of
from simgen.scenario.light import Light
from simgen.scenario.presets import distributions, intervals, names, table
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather
from simgen.shelves import shelf

MODELS = {"weather": Weather, "light": Light, "sensor": Sensor}
ALL = [(kind, name) for kind in MODELS for name in names(kind)]
CIRCLES = ("azimuth_deg", "position", "look_at")
"""Of lamps and azimuths any level has the same interval, whatever the default."""


def leaves(model, path="") -> dict[str, float]:
    """Dotted field to number."""
    found = {}

    def walk(value, path):
        if isinstance(value, dict):
            for name, item in value.items():
                walk(item, f"{path}.{name}".lstrip("."))
        elif isinstance(value, list | tuple):
            for number, item in enumerate(value):
                walk(item, f"{path}.{number}")
        elif isinstance(value, float):
            found[path] = value

    walk(model.model_dump(), path)
    return found


@pytest.mark.parametrize("kind", MODELS)
def test_there_are_at_least_ten_of_each_kind(kind):
    assert len(names(kind)) >= 10 and len(set(names(kind))) == len(names(kind))


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_level_0_is_none_of_it(kind, name):
    drawn = getattr(conditions_of(**{kind: f"{name}:0"}, seed=5, episode=6), kind)
    assert drawn.model_copy(update={"preset": None, "level": None}) == MODELS[kind]()
    assert (drawn.preset, drawn.level) == (name, 0.0) and intervals(kind, name, 0) == {}


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_levels_go_one_way_from_the_default(kind, name):
    """Both ends of every interval, from level 0, the default, to level 5."""
    usual = leaves(MODELS[kind]())
    for field in intervals(kind, name, 1):
        low, high = np.array([intervals(kind, name, level)[field] for level in range(1, 6)]).T
        if field in usual and not any(part in field for part in CIRCLES):
            low, high = np.concatenate([[usual[field]], low]), np.concatenate([[usual[field]], high])
        for ends in (low, high):
            assert (np.diff(ends) >= 0).all() or (np.diff(ends) <= 0).all(), f"{field}: {ends}"
        assert (low <= high).all()


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_draw_lies_in_its_intervals_and_leaves_the_rest_alone(kind, name):
    usual = leaves(MODELS[kind]())
    for level in range(1, 6):
        limits = intervals(kind, name, level)
        for episode in range(5):
            for field, number in leaves(getattr(conditions_of(**{kind: f"{name}:{level}"}, seed=1, episode=episode), kind)).items():
                if field == "level":
                    assert number == level
                elif field in limits:
                    assert limits[field][0] <= number <= limits[field][1], field
                else:
                    assert number == usual[field], field


@pytest.mark.parametrize("name", names("weather"))
def test_a_weather_without_level_is_of_level_3(name):
    assert conditions_of(name, seed=0, episode=0) == conditions_of(f"{name}:3", seed=0, episode=0)


def test_the_table_shows_every_interval():
    for kind, name in ALL:
        row = next(line for line in table(kind).splitlines() if line.startswith(f"| {name} |"))
        field = row.split(" | ")[1]
        low, high = intervals(kind, name, 5)[field]
        assert row.split(" | ")[-1] == (f"{low:g} |" if low == high else f"{low:g} to {high:g} |")


@pytest.mark.parametrize("name", names("light"))
@pytest.mark.parametrize("scene", ["pick_place", "stack", "push", "reach"])
def test_no_lamp_hangs_in_the_picture(name, scene):
    said = load(shelf("scenes") / f"{scene}.yaml").cameras["front"]
    world_T_camera = Pose.looking(said.position, said.look_at)
    half = np.tan(np.deg2rad(said.fov_y_deg) / 2)
    for level in (1, 3, 5):
        for episode in range(5):
            for lamp in conditions_of(light=f"{name}:{level}", seed=0, episode=episode).light.lamps:
                x, y, z = world_T_camera.inverse().apply(np.array([lamp.position]))[0]
                edge = half * z + lamp.radius * np.hypot(1, half)
                assert z < 0 or abs(x) > edge or abs(y) > edge, f"{lamp} is seen"
                assert 1.2 <= lamp.position[2] <= 2.2


@pytest.mark.parametrize("said", ["rain", "rain:3", {"preset": "rain"}, {"preset": "rain", "level": 3}])
def test_four_ways_of_saying_one_thing(kitchen, said):
    scene = draw(kitchen(weather=said), 4, 7)
    assert scene.weather == conditions_of("rain:3", seed=4, episode=7).weather


def test_a_number_may_be_said_beside_a_preset_and_leaves_the_others(kitchen):
    alone = draw(kitchen(weather={"preset": "storm", "level": 4}), 1, 2).weather
    beside = draw(kitchen(weather={"preset": "storm", "level": 4, "wind_m_s": 1.5}), 1, 2).weather
    assert beside == alone.model_copy(update={"wind_m_s": 1.5})


def test_preset_and_level_may_be_drawn(kitchen):
    scenario = kitchen(weather={"preset": {"choice": ["clear", "rain", "fog"]}, "level": {"integer": [0, 5]}, "ice": 0.2})
    scenes = [draw(scenario, 0, episode).weather for episode in range(30)]
    assert {weather.preset for weather in scenes} == {"clear", "rain", "fog"} and {weather.level for weather in scenes} == set(range(6))
    for weather in scenes:
        assert weather.ice == 0.2
        for field, (low, high) in intervals("weather", weather.preset, weather.level).items():
            assert low <= getattr(weather, field) <= high


def test_drawing_the_weather_leaves_light_and_bodies_as_they_were(kitchen):
    bodies = {"cube": {"shape": {"box": {"size": [0.05, 0.05, 0.05]}}, "label": "cube", "place": [{"on_top_of": "table"}]}}
    dry, wet = (draw(kitchen(bodies, weather=weather, light="dusk"), 2, 3) for weather in ("clear", "storm"))
    assert dry.light == wet.light and dry.bodies == wet.bodies


def test_a_scene_reads_back_with_its_presets(kitchen):
    scene = draw(kitchen(weather="rain", light="workshop_lamps", sensor="cheap"), 0, 0)
    again = Scene.model_validate(json.loads(scene.json))
    assert again == scene and again.sha256 == scene.sha256
    assert (again.weather.preset, again.light.preset, again.sensor.preset, again.light.level) == ("rain", "workshop_lamps", "cheap", 3.0)


def test_a_scene_refuses_a_preset_that_is_yet_to_be_drawn(kitchen):
    scene = draw(kitchen(), 0, 0)
    with pytest.raises(ValueError, match="weather.rain_mm_h is still a distribution"):
        Scene.model_validate(scene.model_dump() | {"weather": {"preset": "rain"}})


BAD = [
    ({"weather": "rian"}, "weather: No weather is called 'rian'. Did you mean 'rain'? Known: blizzard"),
    ({"weather": {"preset": "rian"}}, "weather.preset: No weather is called 'rian'. Did you mean 'rain'?"),
    ({"light": {"preset": {"choice": ["noon", "dsk"]}}}, "light.preset: No light is called 'dsk'. Did you mean 'dusk'?"),
    ({"sensor": {"preset": "cheep", "level": 2}}, "sensor.preset: No sensor is called 'cheep'. Did you mean 'cheap'?"),
    ({"weather": {"preset": "rain", "level": 6}}, "weather.level: must be at least 0 and at most 5, got 6"),
    ({"weather": {"preset": "rain", "level": 2.5}}, "weather.level: must be a whole number"),
    ({"weather": {"preset": "fog", "level": {"integer": [0, 9]}}}, "weather.level: must be at least 0 and at most 5"),
    ({"weather": "rain:6"}, "weather: must be at least 0 and at most 5, got 6"),
    ({"weather": "rain:x"}, "weather: must be a number or a distribution"),
    ({"weather": {"level": 2}}, "weather: level goes with a preset; add one of: clear"),
    ({"weather": {"preset": "rain", "visibility_m": -5}}, "weather.visibility_m: must be greater than 0, got -5."),
    ({"weather": {"visibility_m": -5}}, "weather.visibility_m: must be greater than 0, got -5."),
    ({"weather": {"rain": 5}}, "weather.rain: is not a key; did you mean 'rain_mm_h'?"),
    ({"weather": 5}, "weather: must be a mapping of keys to values, got 5."),
    ({"light": {"elevation_deg": 91}}, "light.elevation_deg: must be at least -90 and at most 90, got 91."),
    ({"light": {"lamps": [{"position": [0, 0, 1], "cone_deg": 181}]}}, "light.lamps.0.cone_deg: must be greater than 0 and at most 180"),
    ({"light": {"lamps": [{"position": [0, 0, 1], "flux_lm": -1}]}}, "light.lamps.0.flux_lm: must be at least 0, got -1."),
]


@pytest.mark.parametrize(("said", "complaint"), BAD)
def test_what_cannot_be_is_refused_in_a_sentence(kitchen, said, complaint):
    with pytest.raises(InvalidScenario) as failure:
        kitchen(**said)
    sentence = str(failure.value)
    assert sentence.startswith(f"scenario: {complaint}") and sentence.endswith(".") and "\n" not in sentence


@pytest.mark.parametrize(
    ("said", "error", "complaint"),
    [
        ({"weather": "rian:3"}, UnknownName, "No weather is called 'rian'. Did you mean 'rain'?"),
        ({"light": "dsk"}, UnknownName, "Did you mean 'dusk'?"),
        ({"sensor": "rainy_lens:6"}, InvalidValue, "the level of sensor rainy_lens is '6'; it must be a whole number from 0 to 5"),
        ({"weather": "rain:"}, InvalidValue, "as in rain:3"),
        ({"weather": "rain:two"}, InvalidValue, "'two'"),
        ({"weather": ""}, UnknownName, "No weather is called ''"),
    ],
)
def test_a_command_line_that_cannot_be_is_refused_in_a_sentence(said, error, complaint):
    with pytest.raises(error) as failure:
        conditions_of(**said, seed=0, episode=0)
    assert complaint in str(failure.value) and str(failure.value).endswith(".")


def test_what_is_not_said_is_kept():
    base = Conditions(Weather(wetness=0.3), Light(elevation_deg=5.0), Sensor(f_number=2.0))
    found = conditions_of(light="dusk", seed=0, episode=0, base=base)
    assert (found.weather, found.sensor, found.light.preset) == (base.weather, base.sensor, "dusk")


def test_no_one_may_ask_for_a_level_or_preset_that_is_not_there():
    with pytest.raises(InvalidValue):
        intervals("weather", "rain", 7)
    with pytest.raises(UnknownName):
        distributions("light", "noone", 2)
