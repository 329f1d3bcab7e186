"""Words say what the numbers say, no more and nothing else."""

import re
from dataclasses import replace

import pytest

from simgen.scenario import Scene, draw
from simgen.scenario.conditions import Conditions, conditions_of
from simgen.scenario.light import Lamp, Light
from simgen.scenario.phrases import RAIN, word
from simgen.scenario.presets import names
from simgen.scenario.scene import PlacedBody
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather
from simgen.scenario.words import words

ALL = [(kind, f"{name}:{level}") for kind in ("weather", "light", "sensor") for name in names(kind) for level in (1, 3, 5)]


def said(weather=None, light=None, sensor=None) -> str:
    return words(Conditions(weather or Weather(), light or Light(), sensor or Sensor())).prompt


@pytest.fixture
def scene(kitchen) -> Scene:
    box = {"shape": {"box": {"size": [0.05, 0.05, 0.05]}}, "label": "cube"}
    bodies = {
        "left": box | {"colour": "red", "position": [0.3, 0, 0.05]},
        "right": box | {"colour": "red", "position": [0.6, 0, 0.05]},
        "fruit": {"shape": {"sphere": {"radius": 0.03}}, "label": "orange", "position": [0.4, 0.3, 0.05]},
    }
    return draw(kitchen(bodies), 0, 0)


@pytest.mark.parametrize(("kind", "text"), ALL)
def test_every_preset_reads_well(kind, text, scene):
    found = words(conditions_of(**{kind: text}, seed=3, episode=1), scene)
    for sentence in (found.prompt, found.caption, *found.invariants):
        assert sentence[0].isupper() and sentence.endswith(".")
        assert not re.search(r"  |,,|, \.|\ba a\b|\bin \.|: ,", sentence), sentence
    assert all(part.strip() for part in found.negative_prompt.split(","))


@pytest.mark.parametrize(("kind", "text"), ALL)
def test_nothing_is_both_wanted_and_not(kind, text):
    found = words(conditions_of(**{kind: text}, seed=3, episode=1))
    for unwanted in found.negative_prompt.split(", "):
        assert not re.search(rf"\b{unwanted}\b", found.prompt), f"{unwanted!r} in {found.prompt!r}"


def test_the_same_draw_gives_the_same_words(scene):
    conditions = conditions_of("storm:4", "dusk", "cheap", seed=1, episode=2)
    assert words(conditions, scene) == words(conditions, scene)


def test_no_rain_is_not_called_rain():
    assert "rain" not in said() and "drizzle" not in said(Weather(rain_mm_h=0.01)) and "clear" in said()
    assert "clear" not in said(Weather(rain_mm_h=5.0))


def test_more_rain_is_called_more():
    found = [word(RAIN, amount) for amount in (0.0, 0.3, 1.5, 5.0, 20.0, 80.0)]
    assert found == ["", "drizzle", "light rain", "rain", "heavy rain", "violent rain"]


def test_rain_and_snow_together_are_sleet():
    assert "sleet" in said(Weather(rain_mm_h=3.0, snow_mm_h=2.0))


def test_there_is_no_sunlight_in_the_rain_or_at_night():
    for weather, light in ((Weather(rain_mm_h=5.0), Light()), (Weather(), Light(elevation_deg=-20.0)), (Weather(cloud_cover=1.0), Light())):
        assert "sunlight" not in said(weather, light)


def test_a_lamp_that_failed_is_not_mentioned():
    on = Lamp(position=(0.0, 0.0, 2.0), temperature_k=2700.0)
    off = on.model_copy(update={"flux_lm": 0.0})
    room = Light(daylight=0.0)
    assert "the warm light of a lamp" in said(light=room.model_copy(update={"lamps": (on, off)}))
    assert "near darkness" in said(light=room.model_copy(update={"lamps": (off,)}))


def test_daylight_without_lamps_is_daylight_however_little():
    assert "faint daylight" in said(light=Light(daylight=0.005))


@pytest.mark.parametrize(
    ("sensor", "phrase"),
    [
        ({"exposure_ev": -2.0}, "underexposed"),
        ({"exposure_ev": 2.0}, "overexposed"),
        ({"shutter_s": 0.05}, "strong motion blur"),
        ({"lens_drops": 0.1}, "water drops on the lens"),
        ({"white_balance_k": 9000.0, "auto_white_balance": 0.0}, "amber"),
        ({"read_noise": 0.05}, "very noisy"),
    ],
)
def test_a_camera_that_suffers_says_so(sensor, phrase):
    assert phrase in said(sensor=Sensor(**sensor)) and phrase not in said()


def test_bodies_are_counted_and_named(scene):
    found = words(Conditions(), scene)
    assert "a table, two red cubes and an orange" in found.prompt and "robot" not in found.prompt
    assert found.invariants[0] == "Exactly these objects are there: a table, two red cubes and an orange."


def test_the_task_stays_and_is_told(scene):
    told = Scene.model_validate(scene.model_dump() | {"instruction": "put the orange down"})
    found = words(Conditions(), told)
    assert found.caption.endswith("Put the orange down.")
    assert "The task is the same: put the orange down." in found.invariants


def test_what_must_not_change_does_not_depend_on_the_weather(scene):
    assert words(conditions_of("storm", seed=0, episode=0), scene).invariants == words(Conditions(), scene).invariants


def test_an_empty_scene_and_arrays_alone_have_words(scene):
    assert words(Conditions(), Scene.model_validate(scene.model_dump() | {"bodies": ()})).prompt.startswith(
        "A realistic photograph of an empty"
    )
    assert words(replace(Conditions())).invariants[0].startswith("The same objects")


def test_an_unnamed_body_goes_by_its_name():
    body = PlacedBody(id=2, name="odd_one", shape={"box": {"size": (1, 1, 1)}}, position=(0, 0, 0), orientation_wxyz=(1, 0, 0, 0))
    stage = {"schema_version": 1, "name": "test", "cameras": {"front": {"position": (1, 0, 1), "look_at": (0, 0, 0)}}, "robot": None}
    assert "an odd one" in words(Conditions(), Scene(**stage, seed=0, episode=0, bodies=(body,))).prompt
