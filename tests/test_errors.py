"""Every error is one sentence that names its facts and says what to do."""

import inspect
import pickle
import re

import pytest

from simgen import errors
from simgen.errors import InvalidScenario, InvalidValue, MissingExtra, PlacementFailed, ShapeMismatch, SimGenError, UnknownName

CLASSES = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, SimGenError) and kind is not SimGenError]
FACTS = {"str": "thing", "int": 3, "tuple": (4, 5), "dict[str, int]": {"near": 7}, "Iterable[str]": ["this", "that"], "object": "place"}
TOLD_BY_THE_CALLER = {"InvalidScenario", "AssetError"}
ADVICE = r"\b(Run|Known|pass|must be|Choose|Give|Free|Make|Restore|Finish|Use|Install|Lower|Raise|Move|Check|Remove|Draw)\b"


def example(kind: type[SimGenError]) -> SimGenError:
    """An error of that kind about made-up facts, by the types its signature asks for."""
    parameters = list(inspect.signature(kind).parameters.values())
    return kind(*(FACTS[inspect.formatannotation(parameter.annotation).removeprefix("collections.abc.")] for parameter in parameters))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_is_one_line_that_says_what_to_do(kind):
    sentence = str(example(kind))
    assert "\n" not in sentence and len(sentence) > 10
    assert kind.__name__ in TOLD_BY_THE_CALLER or re.search(ADVICE, sentence), sentence


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_says_what_it_stands_for(kind):
    assert kind.__doc__ and not kind.__doc__.startswith("Error")


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_worker_process_can_hand_an_error_over(kind):
    error = example(kind)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind and str(copy) == str(error)


def test_a_misspelt_name_is_guessed():
    assert str(UnknownName("scene", "pick_plaec", ["reach", "pick_place"])) == (
        "No scene is called 'pick_plaec'. Did you mean 'pick_place'? Known: pick_place, reach."
    )


def test_a_name_like_nothing_known_is_not_guessed():
    assert str(UnknownName("scene", "zzz", ["reach"])) == "No scene is called 'zzz'. Known: reach."
    assert str(UnknownName("scene", "zzz", [])).endswith("Known: none.")


def test_a_missing_extra_says_how_to_install_it():
    assert str(MissingExtra("rerun", "viewer")) == "rerun is not installed. Run: pip install 'simgen[viewer]'"


def test_shapes_and_values_are_quoted():
    assert "rgb has shape (2, 3) but depth asks for (4, 5)" in str(ShapeMismatch("rgb", (2, 3), "depth", (4, 5)))
    assert str(InvalidValue("--episodes", 0, "at least 1")) == "--episodes is 0; it must be at least 1."


def test_an_invalid_scenario_names_file_and_key():
    assert str(InvalidScenario("a.yaml", "bodies.cube.mass", "must be greater than 0, got -1")) == (
        "a.yaml: bodies.cube.mass: must be greater than 0, got -1"
    )
    assert str(InvalidScenario("a.yaml", "", "is empty")) == "a.yaml: is empty"


def test_reasons_of_a_failed_placement_are_counted_most_frequent_first():
    error = PlacementFailed("crowded", 20, {"toppled": 3, "collision": 17})
    assert "20 tries (collision: 17, toppled: 3)" in str(error)
    assert error.reasons == {"toppled": 3, "collision": 17}
