"""Classifiers tell what can be told, do not tell what cannot, and never see a scene that they are tried on."""

import numpy as np
import pytest

from simgen.errors import InvalidValue
from simgen.scenario.conditions import Conditions
from simgen.scenario.weather import Weather
from simgen.training.recognition import learned, light_kind, lying_in, traits, weather_kind


def pictures(warm: float, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    patches = rng.integers(60, 160, (count, 6, 6, 3)).repeat(6, 1).repeat(6, 2)
    return np.clip(patches * np.array([1 + warm, 1, 1 - warm]), 0, 255).astype(np.uint8)


def seen(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    made = {name: pictures(warm, 24, seed + number) for number, (name, warm) in enumerate({"warm": 0.3, "cold": -0.3}.items())}
    labels = np.repeat(list(made), 24)
    return np.stack([traits(one) for part in made.values() for one in part]), labels, np.arange(48).astype(str)


def test_warm_and_cold_pictures_are_told_apart_in_others():
    features, labels, scenes = seen(0)
    others, truth, _ = seen(10)
    assert (learned(features, labels, scenes).told(others) == truth).mean() > 0.9


def test_labels_without_meaning_cannot_be_told():
    features, labels, scenes = seen(0)
    others, truth, _ = seen(10)
    mixed = np.random.default_rng(2).permutation(labels)
    assert (learned(features, mixed, scenes).told(others) == truth).mean() < 0.8


def test_a_class_of_which_too_little_was_seen_is_never_told():
    features, labels, scenes = seen(0)
    labels = np.concatenate([["rare"] * 2, labels[2:]])
    assert set(learned(features, labels, scenes).names) == {"warm", "cold"}
    with pytest.raises(InvalidValue, match="at least two"):
        learned(features, np.full(48, "warm"), scenes)


def test_kinds_are_of_what_can_be_seen():
    assert weather_kind("drizzle:4") == weather_kind("storm:5") == weather_kind("wet:3") == "wet" != weather_kind("snow:3")
    assert weather_kind("rain:1") == weather_kind("clear:5") == "fair" and weather_kind("comets:4") == "comets"
    assert light_kind("") == light_kind("noon:2") == "sun" != light_kind("overcast:1") and light_kind("eclipse") == "eclipse"


def test_what_lies_most_is_what_lies():
    assert lying_in(Conditions()) == "bare" == lying_in(Conditions(Weather(wetness=0.1)))
    assert lying_in(Conditions(Weather(wetness=0.3, snow_cover=0.6))) == "snow_cover"
