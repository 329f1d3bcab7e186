"""Tables of names: plugins join, nothing is imported unasked, built-in names cannot be taken."""

from importlib.metadata import EntryPoint

import pytest

from simgen import registry
from simgen.errors import UnknownName
from simgen.registry import Registry

NUMBERS = Registry("number", "simgen.numbers", {"pi": "math:pi", "broken": "no.such.module:x"})


def test_a_name_gives_what_it_stands_for():
    assert NUMBERS.load("pi") == pytest.approx(3.14159, abs=1e-5)


def test_nothing_is_imported_until_it_is_asked_for():
    NUMBERS.check("broken")
    with pytest.raises(ModuleNotFoundError):
        NUMBERS.load("broken")


def test_an_unknown_name_says_what_it_is_not_and_what_is_near():
    with pytest.raises(UnknownName, match="No number is called 'pie'. Did you mean 'pi'?"):
        NUMBERS.load("pie")


def test_a_plugin_joins_but_cannot_take_a_built_in_name(monkeypatch):
    points = [EntryPoint("tau", "math:tau", "simgen.numbers"), EntryPoint("pi", "math:e", "simgen.numbers")]
    monkeypatch.setattr(registry, "entry_points", lambda group: [point for point in points if point.group == group])
    assert NUMBERS.load("tau") == pytest.approx(6.28319, abs=1e-5)
    assert NUMBERS.table()["pi"] == "math:pi"
