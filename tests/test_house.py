"""The house sets itself up, says in one sentence what it lacks, and keeps its grain."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "simgen").rglob("*.py"))
needs_make = pytest.mark.skipif(not (shutil.which("make") and shutil.which("bash")), reason="make and bash are not installed")


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def house(tmp_path) -> Path:
    """A clone that nobody has set up."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(house: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=house,
        env={**os.environ, "MAKEFLAGS": "", **environment},
        capture_output=True,
        text=True,
    )


def with_interpreter(house: Path, body: str = "") -> Path:
    """A finished .venv whose Python notes how it was called, and does what `body` says."""
    script(house / ".venv/bin/python", f'echo "$*" >>{house}/calls\n{body}')
    return house


@needs_make
def test_without_a_python_setup_says_which_one_to_install(house):
    old = script(house / "old/python3", "exit 1")
    done = make(house, "setup", f"PYTHONS=/nowhere/python3.12 {old}")
    assert done.returncode != 0 and not (house / ".venv").exists()
    assert done.stderr.splitlines()[0] == (
        "simgen: no Python 3.12 or later runs here. Run: sudo apt install python3.12 python3.12-venv python3.12-dev"
    )


@needs_make
def test_a_python_that_cannot_run_is_passed_over(house):
    broken = script(house / "shims/python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    good = script(house / "good/python3.12", f'echo used >>{house}/used; exec {sys.executable} "$@"')
    gone = script(house / "gone/python3.12", f'echo gone >>{house}/gone_used; exec {sys.executable} "$@"')
    program = f'define STOP\n$(FIND_PYTHON)\necho "found $$python"\nendef\nstop:\n\t$(STOP)\n\ninclude {house}/Makefile\n'
    (house / "find.mk").write_text(program)
    done = make(house, "-f", "find.mk", "stop", f"PYTHONS=/nowhere/python {broken} {good} {gone}")
    assert done.stdout.strip() == f"found {good}", done.stderr
    assert not (house / "gone_used").exists()


@needs_make
def test_without_venv_setup_says_which_package_has_it(house):
    bare = script(house / "bare/python3", f'case "$*" in *ensurepip*) exit 1;; *) exec {sys.executable} "$@";; esac')
    done = make(house, "setup", f"PYTHONS={bare}")
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert done.stderr.splitlines()[0] == f"simgen: {name} here has no venv module. Run: sudo apt install {name} {name}-venv {name}-dev"


@needs_make
def test_without_a_compiler_setup_says_so_before_it_builds(house):
    tools = house / "tools"
    tools.mkdir()
    for tool in ("bash", "rm", "touch", "env", "mkdir"):
        (tools / tool).symlink_to(shutil.which(tool))
    with_interpreter(house, 'case "$*" in *pybullet.connect*) exit 1;; *sysconfig*) echo /usr/include;; esac')
    done = subprocess.run([shutil.which("make"), "setup"], cwd=house, env={"PATH": str(tools)}, capture_output=True, text=True)
    assert done.returncode != 0
    assert "needs gcc, g++ and /usr/include/Python.h. Run: sudo apt install" in done.stderr
    assert "install" not in (house / "calls").read_text() and not (house / ".venv/.ready").exists()


@needs_make
def test_setup_is_done_once_until_its_requirements_change(house):
    with_interpreter(house)
    assert make(house, "setup").returncode == 0
    calls = (house / "calls").read_text()
    assert make(house, "setup").returncode == 0
    assert (house / "calls").read_text() == calls
    later = (house / ".venv/.ready").stat().st_mtime + 10
    os.utime(house / "pyproject.toml", (later, later))
    assert make(house, "setup").returncode == 0
    assert len((house / "calls").read_text()) > len(calls)


@needs_make
def test_a_setup_that_failed_is_not_taken_for_done(house):
    with_interpreter(house, 'case "$*" in *"install -r"*) exit 1;; esac')
    assert make(house, "setup").returncode != 0
    assert not (house / ".venv/.ready").exists()


@needs_make
def test_a_package_whose_installation_was_cut_short_is_installed_anew(house):
    with_interpreter(house)
    whole, half = (house / f".venv/lib/python3.12/site-packages/{name}-1.0.dist-info" for name in ("whole", "half"))
    for info in (whole, half):
        info.mkdir(parents=True)
        (info / "METADATA").touch()
    (whole / "INSTALLER").touch()
    assert make(house, "setup").returncode == 0
    assert whole.exists() and not half.exists()


@needs_make
def test_pybullet_and_the_others_are_all_that_is_required(house):
    (house / "print.mk").write_text(f'include {house}/Makefile\nsplit:\n\t{sys.executable} -c "$$REQUIREMENTS" $(PART)\n')
    parts = {part: make(house, "-f", "print.mk", "split", f"PART={part}").stdout.splitlines() for part in ("pybullet", "others")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert len(parts["pybullet"]) == 1 and parts["pybullet"][0].startswith("pybullet==")
    kinds = ("train", "remote", "mujoco", "genesis", "dev")
    needed = {*project["dependencies"], *(line for kind in kinds for line in extras[kind])} - {"simgen[train,remote,mujoco,genesis]"}
    assert {*parts["pybullet"], *parts["others"]} == needed


@needs_make
def test_pictures_are_arrays_here(house):
    (house / "print.mk").write_text(f'include {house}/Makefile\ndraws:\n\t{sys.executable} -c "$$DRAWS_ARRAYS"\n')
    assert make(house, "-f", "print.mk", "draws").returncode == 0


def test_continuous_integration_runs_the_tests_from_anywhere_with_stdin_closed(tmp_path):
    script(tmp_path / "make", 'echo "$PWD $*"; cat')
    environment = {**os.environ, "CI": "true", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", f"{ROOT}/.ci/run <&-"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{ROOT} test\n"), done.stderr


def test_continuous_integration_fails_when_the_tests_do(tmp_path):
    script(tmp_path / "make", "exit 3")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run([ROOT / ".ci/run"], env=environment).returncode == 3


def test_the_licence_is_the_one_the_package_names():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_says_what_it_is_and_keeps_the_grain(file):
    source = file.read_text()
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "a file opens with what it is"
    assert source.count("\n") <= 400, "a file has at most 400 lines"
    long = [f"{node.name}: {length}" for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and (length := _body(node)) > 60]
    assert not long, "a function has at most 60 lines beside its signature and docstring"


def _body(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0
