"""The command line: what it understands it does, what it does not it says in one sentence, and never a traceback."""

import inspect
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import get_args

import pytest

import simgen
from simgen import cli, doctor, photography, record, shelves, task, world
from simgen.cli import COMMANDS, main
from simgen.errors import OutputExists
from simgen.registry import Registry
from simgen.scenario import presets
from simgen.scenario.scene import ControlMode
from simgen.testing import Report, Row

GENERATE = ["generate", "pick_place", "--out", "OUT"]


@pytest.fixture
def complaint(capsys, tmp_path, monkeypatch):
    """Runs a command that cannot work; its one sentence, after checking that nothing else happened."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        assert main(arguments) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.startswith("simgen: ") and said.err.count("\n") == 1
        assert not list(tmp_path.iterdir())
        return said.err.removeprefix("simgen: ").strip()

    return run


@pytest.fixture
def room(monkeypatch):
    """Puts a stand-in in the place of a room."""

    def put(name: str, **contents):
        module = ModuleType(f"simgen.{name}")
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, f"simgen.{name}", module)
        if name in vars(simgen):
            monkeypatch.setattr(simgen, name, module)

    return put


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["generat"], "No command is called 'generat'. Did you mean 'generate'? Known: bench, check, compare-engines, conformance, "),
        (["--bogus"], "Unrecognized options: --bogus"),
        ([*GENERATE, "--bogus"], "Unrecognized options: --bogus. Run: simgen generate --help"),
        ([*GENERATE, "extra"], "Unrecognized options: extra. Run: simgen generate --help"),
        (["generate", "pick_place"], "Missing from simgen generate: --out PATH. Run: simgen generate --help"),
        (["generate"], "Missing from simgen generate: SCENE --out PATH. Run: simgen generate --help"),
        ([*GENERATE, "--episodes", "many"], "'many'. Run: simgen generate --help"),
        ([*GENERATE, "--episodes"], "Run: simgen generate --help"),
        ([*GENERATE, "--control", "telepathy"], "'telepathy'"),
        ([*GENERATE, "--labels", "golden"], "'golden'"),
        ([*GENERATE, "--seed", "1", "--seed"], "Run: simgen generate --help"),
        (["view"], "Missing from simgen view: ROOT. Run: simgen view --help"),
        (["list", "scene"], "No list is called 'scene'. Did you mean 'scenes'? Known: lights, robots, scenes, sensors, simulators, "),
    ],
)
def test_a_command_line_that_makes_no_sense_gets_one_sentence(complaint, arguments, sentence):
    assert sentence in complaint(*arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["generate", "pick_plaec", "--out", "OUT"], "No scene is called 'pick_plaec'. Did you mean 'pick_place'? Known: "),
        (["generate", "nowhere/at_all.yaml", "--out", "OUT"], "No scene is called 'nowhere/at_all.yaml'."),
        ([*GENERATE, "--world", "rav"], "No world is called 'rav'. Did you mean 'raw'? Known: "),
        ([*GENERATE, "--simulator", "pybulet"], "No simulator is called 'pybulet'. Did you mean 'pybullet'? Known: "),
        ([*GENERATE, "--weather", "rian"], "No weather is called 'rian'. Did you mean 'rain'? Known: "),
        ([*GENERATE, "--weather", "rain:7"], "the level of weather rain is '7'; it must be a whole number from 0 to 5"),
        ([*GENERATE, "--light", "dawn"], "No light is called 'dawn'."),
        ([*GENERATE, "--sensor", "lens"], "No sensor is called 'lens'."),
        (["render", "nowhere", "--world", "preview", "--out", "OUT"], "nowhere: not a dataset"),
        (["render", "nowhere", "--world", "previw", "--out", "OUT"], "No world is called 'previw'. Did you mean 'preview'? Known: "),
        (["render", "nowhere", "--world", "preview", "--out", "OUT", "--weather", "rian"], "Did you mean 'rain'?"),
        (["verify", "nowhere"], "nowhere"),
        ([*GENERATE, "--episodes", "0"], "--episodes is 0; it must be at least 1."),
        ([*GENERATE, "--workers", "0"], "--workers is 0; it must be at least 1."),
        ([*GENERATE, "--width", "64"], "--width, --height is (64, None); it must be given together."),
        (["bench", "everythin"], "No measurement is called 'everythin'."),
        (["view", "nowhere"], "nowhere"),
        (["check", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_gets_one_sentence_and_leaves_nothing_behind(complaint, arguments, sentence):
    assert sentence in complaint(*arguments)


def test_the_executable_itself_exits_with_2_and_no_traceback(tmp_path):
    command = [sys.executable, "-m", "simgen.cli", "generate", "pick_plaec", "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("simgen: No scene is called 'pick_plaec'. Did you mean 'pick_place'?")
    assert done.stderr.count("\n") == 1 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_sentence_is_the_same_on_every_terminal(encoding):
    command = [sys.executable, "-m", "simgen.cli", "generate", "pick_place", "--bogus"]
    done = subprocess.run(command, env={"PYTHONIOENCODING": encoding, "FORCE_COLOR": "1"}, capture_output=True, text=True)
    assert done.stderr == (
        "simgen: Missing from simgen generate: --out PATH; Unrecognized options: --bogus. Run: simgen generate --help\n"
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_names_every_command(capsys, arguments):
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert all(f"• {name}" in said.out for name in COMMANDS) and said.err == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_explains_every_flag(capsys, name):
    assert main([name, "--help"]) == 0
    said = capsys.readouterr().out
    for parameter in inspect.signature(COMMANDS[name]).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            assert f"--{parameter.name.removeprefix('as_').replace('_', '-')}" in said
        assert f"{parameter.name}: " in COMMANDS[name].__doc__


def test_version_is_the_packages(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{simgen.__version__}\n"


def test_choices_are_those_of_the_rooms():
    assert get_args(cli.Control) == get_args(ControlMode)
    assert get_args(cli.Labels) == get_args(record.Labels)
    assert get_args(cli.Gate) == get_args(photography.Gate)


def test_list_shows_everything_that_can_be_named(capsys):
    assert main(["list"]) == 0
    words = set(capsys.readouterr().out.split())
    assert {*shelves.scenes(), *world.REGISTRY.table(), *task.REGISTRY.table(), "pybullet", "panda"} <= words


def test_list_of_one_kind_shows_only_that_kind(capsys):
    assert main(["list", "worlds"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["worlds", *sorted(world.REGISTRY.table())]


@pytest.mark.parametrize("kind", ["weather", "light", "sensor"])
def test_list_of_presets_shows_what_their_levels_mean(capsys, kind):
    assert main(["list", f"{kind}s"]) == 0
    said = capsys.readouterr().out
    assert "level 5" in said and all(f"| {name} |" in said for name in presets.names(kind) if presets.intervals(kind, name, 5))


def test_render_hands_every_flag_on(room, capsys, tmp_path):
    asked = {}
    room("render", render=lambda root, out, **options: asked.update(root=root, **options) or out)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/simgen.json").touch()
    flags = "--world preview --weather fog --light night --sensor clean --materials --seed 3 --episodes 0 2 --gate drop --assets A"
    assert main(["render", "DATA", "--out", str(tmp_path), *flags.split(), "--overwrite", "--workers", "1"]) == 0
    del asked["progress"]
    assert asked == dict(
        root=Path("DATA"), world="preview", weather="fog", light="night", sensor="clean", materials=True, seed=3, episodes=(0, 2),
        gate="drop", assets=Path("A"), overwrite=True, workers=1,
    )  # fmt: skip
    assert f"simgen verify {tmp_path}" in capsys.readouterr().out
    assert main(["render", "THEIRS", "--out", "OUT"]) == 0
    assert "simgen verify" not in capsys.readouterr().out, "nobody knows the truth of what came from elsewhere"


@pytest.mark.parametrize(("passed", "status"), [(True, 0), (False, 1)])
def test_verify_exits_by_its_threshold(room, capsys, passed, status, tmp_path):
    written = []
    report = SimpleNamespace(passed=passed, write_html=written.append)
    room("audit", verify_dataset=lambda root, limits, most_failing: report, calibrate_datasets=lambda roots, file: f"{roots} {file}")
    assert main(["verify", "DATA", "--html", "PAGE"]) == status and written == [Path("PAGE")]
    assert main(["verify", "DATA", "--calibrate", "limits.json"]) == 0
    assert "limits.json" in capsys.readouterr().out


def test_generate_hands_every_flag_to_record(room, capsys):
    asked = {}
    room("record", record=lambda scene, out, **options: asked.update(scene=scene, **options) or out)
    looks = "--weather rain:4 --light dusk --sensor rainy_lens --gate retry "
    flags = looks + "--episodes 3 --seed 4 --start 5 --world raw --simulator pybullet --control ee_delta --labels lerobot --workers 2"
    assert main([*GENERATE, *flags.split(), "--width", "64", "--height", "48", "--keep-failed", "--overwrite"]) == 0
    del asked["progress"]
    assert asked == dict(
        scene="pick_place", episodes=3, seed=4, start=5, world="raw", simulator="pybullet", control="ee_delta", labels="lerobot",
        weather="rain:4", light="dusk", sensor="rainy_lens", gate="retry", workers=2, size=(64, 48), keep_failed=True, overwrite=True,
    )  # fmt: skip
    said = capsys.readouterr().out
    assert all(line in said for line in ("Dataset  OUT", "simgen view OUT", "simgen check OUT", "lerobot-train", "--dataset.root=OUT"))


def test_progress_is_quiet_where_nobody_looks(room, capsys):
    def recording(scene, out, *, progress, **options):
        progress(SimpleNamespace(kept=1, wanted=2, failed=1))
        return out

    room("record", record=recording)
    assert main(GENERATE) == 0
    assert capsys.readouterr().err == ""


def test_interruption_says_what_is_kept_and_how_to_go_on(room, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    room("record", record=interrupted)
    assert main(GENERATE) == 130
    said = capsys.readouterr().err.strip()
    assert said == "simgen: Stopped. The finished episodes are kept in OUT.partial; the same command goes on from there."


def test_an_error_while_recording_is_one_sentence(room, capsys):
    def refusing(scene, out, **options):
        raise OutputExists(out)

    room("record", record=refusing)
    assert main(GENERATE) == 2
    assert capsys.readouterr().err == "simgen: OUT already exists. Choose another --out, or pass --overwrite to replace it.\n"


def test_a_fault_of_our_own_is_not_hidden(room):
    def broken(*_, **__):
        raise RuntimeError("a bug")

    room("record", record=broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(GENERATE)


def test_bench_prints_one_json_object(room, capsys):
    room("figures", run=lambda: {"ratio": 8.25, "machine": "this one"})
    room("bench", REGISTRY=Registry("measurement", "simgen.benches", {"observe": "simgen.figures:run"}))
    assert main(["bench", "observe", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ratio": 8.25, "machine": "this one"}
    assert main(["bench", "observe"]) == 0
    assert [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()] == [["ratio", "8.25"], ["machine", "this one"]]


@pytest.mark.parametrize(("passed", "status"), [(True, 0), (False, 1)])
def test_check_fails_when_a_row_does(room, capsys, passed, status):
    report = Report((Row("every frame is there", True, "10"), Row("flow is finite", passed, "NaN")))
    room("testing", check_dataset=lambda root: report)
    assert main(["check", "data"]) == status
    assert capsys.readouterr().out == f"{report}\n"


def test_view_says_where_the_page_is(room, capsys):
    room("view", view=lambda root, out, episode: Path(f"{root}-{episode}.html"))
    assert main(["view", "data", "--episode", "3"]) == 0
    assert "data-3.html" in capsys.readouterr().out


def test_view_opens_rerun_where_it_is_asked_for(room):
    shown = []
    room("view.rerun", view_rerun=lambda episode, out: shown.append((episode, out)))
    room("dataset", open=lambda root: [f"{root} 0", f"{root} 1"])
    assert main(["view", "data", "--episode", "1", "--rerun", "--out", "data.rrd"]) == 0
    assert shown == [("data 1", Path("data.rrd"))]


@pytest.mark.skipif(find_spec("rerun") is not None, reason="rerun is installed")
def test_a_missing_viewer_is_known_before_anything_is_read(complaint):
    assert complaint("view", "nowhere", "--rerun") == "rerun is not installed. Run: pip install 'simgen[viewer]'"


def test_this_machine_has_what_simgen_needs():
    wrong = [row for row in doctor.diagnose() if row.essential and not row.ok]
    assert not wrong


def test_doctor_exits_with_1_only_for_what_is_essential(monkeypatch, capsys):
    def broken():
        raise ImportError("libfoo.so: cannot open")

    monkeypatch.setattr(doctor, "LOOKS", (doctor.Look("foo", broken, "Install foo.", essential=False),))
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "note foo" in said and "libfoo.so: cannot open" in said and "Install foo." in said
    monkeypatch.setattr(doctor, "LOOKS", (doctor.Look("foo", broken, "Install foo."),))
    assert main(["doctor"]) == 1
    assert "FAIL foo" in capsys.readouterr().out


def test_doctor_finds_a_package_that_is_missing_or_too_old(monkeypatch):
    monkeypatch.setattr(doctor, "requires", lambda name: ["numpy>=999", "no-such-package", "pytest>=1; extra == 'dev'"])
    old, missing = doctor._packages()
    assert not old.ok and old.mend == "Run: pip install 'numpy>=999'"
    assert not missing.ok and missing.detail == "not installed"


def test_every_noun_of_the_package_is_there():
    for name in simgen.__all__:
        assert getattr(simgen, name) is not None
    assert set(simgen.__all__) <= set(dir(simgen))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        simgen.nonsense  # noqa: B018


def test_generate_is_a_function_whichever_way_it_is_met():
    program = "import simgen; f = simgen.generate; import simgen.generate; from simgen import generate; assert f is generate"
    subprocess.run([sys.executable, "-W", "error", "-c", f"{program} is simgen.generate; assert f.__name__ == 'generate'"], check=True)
