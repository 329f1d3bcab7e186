"""What is said of simulators is what the checks of today found, and is said only of what was checked."""

import json
from dataclasses import replace
from importlib.metadata import version
from types import SimpleNamespace

import pytest

from simgen.cli import main
from simgen.conformance import record
from simgen.conformance.matrix import matrix
from simgen.conformance.measure import REFERENCE
from simgen.conformance.record import Record
from simgen.errors import DamagedRecord
from simgen.report import Report, Row, name_of
from simgen.simulator import ENGINES, REGISTRY
from simgen.testing.simulator import GROUPS, agreement

ROWS = (
    Row("a ball falls", True, "1 mm", "dynamics"),
    Row("it bounces", False, "not at all", "dynamics"),
    Row("it draws", None, "not offered", "geometry"),
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path))
    return tmp_path


def found(name: str = "pybullet", **changes) -> Record:
    return replace(Record.of(name, Report(ROWS)), **changes)


@pytest.mark.parametrize("name", sorted(REGISTRY.built_in))
def test_what_ships_is_what_the_checks_of_today_would_name(name):
    rows = record.read(record.shipped(name)).rows
    expected = [(group, name_of(check)) for group, checks in GROUPS.items() for check in checks]
    if name != REFERENCE:
        expected += [("agreement", name_of(check)) for check in agreement.CHECKS]
    assert [(row.group, row.check) for row in rows] == expected, f"the checks have changed; run: simgen conformance {name} --write"


def test_every_built_in_engine_has_its_distribution():
    assert set(REGISTRY.built_in) <= set(ENGINES)


def test_a_record_reads_back_as_it_was_written(cache):
    made = found()
    assert record.read(record.write(made, cache / "one" / "pybullet.json")) == made


def test_what_was_measured_here_is_shown_instead_of_what_ships():
    assert record.load("pybullet") == record.read(record.shipped("pybullet"))
    record.write(found(), record.measured_here("pybullet"))
    assert record.load("pybullet") == found()


def test_the_table_counts_what_was_judged_and_tells_what_failed():
    table = matrix({"pybullet": found()})
    assert "dynamics        1 of 2" in table and "(1 absent)" in table
    assert "FAILED  it bounces: not at all" in table and "absent  it draws: not offered" in table and "a ball falls" not in table


def test_the_table_says_when_it_speaks_of_another_version():
    assert "says nothing" not in matrix({"pybullet": found()})
    table = matrix({"pybullet": found(engine_version="3.0.0", simgen_version="0.0.1")})
    assert f"installed is pybullet {version('pybullet')}, of which this says nothing" in table and "whose checks may differ" in table


def test_a_simulator_that_nobody_checked_is_said_to_be_so():
    assert "pybullet: never checked (installed, pybullet" in matrix({"pybullet": None})


def test_a_plugin_is_told_by_the_package_that_brings_it(monkeypatch, cache):
    point = SimpleNamespace(name="mine", value="mine:Mine", dist=SimpleNamespace(name="numpy"))
    for module in ("simgen.registry", "simgen.simulator"):
        monkeypatch.setattr(f"{module}.entry_points", lambda group: [point])
    assert f"mine: never checked (installed, numpy {version('numpy')}). Run: simgen conformance mine" in matrix()
    record.write(found("mine"), record.measured_here("mine"))
    assert f"mine: numpy {version('numpy')} by SimGen" in matrix() and "mine" in [file.stem for file in cache.rglob("*.json")]


def test_the_command_line_shows_the_table(capsys):
    record.write(found(), record.measured_here("pybullet"))
    assert main(["list", "simulators"]) == 0
    assert "it bounces: not at all" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "{}", "[]", json.dumps({"rows": [{"check": 1}]})])
def test_a_damaged_record_is_named_with_what_to_do(cache, content, capsys):
    path = record.measured_here("pybullet")
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(DamagedRecord, match="simgen conformance"):
        record.load("pybullet")
    assert main(["list", "simulators"]) == 2 and str(path) in capsys.readouterr().err


def test_an_unknown_simulator_is_named_before_anything_runs(capsys):
    assert main(["conformance", "pybullett"]) == 2
    assert "Did you mean 'pybullet'?" in capsys.readouterr().err


def test_checking_prints_every_row_keeps_it_and_fails_where_one_does(monkeypatch, capsys, cache):
    def measure(name, report):
        for row in ROWS:
            report(row)
        return found(name)

    monkeypatch.setattr("simgen.conformance.measure.measure", measure)
    assert main(["conformance", "pybullet"]) == 1
    out = capsys.readouterr().out
    assert "FAILED  it bounces: not at all" in out and str(record.measured_here("pybullet")) in out
    assert record.load("pybullet") == found()
