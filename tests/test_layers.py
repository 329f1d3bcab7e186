"""The house keeps its shape: imports point one way, every third party has one door, and the hall is light."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "simgen"
ORDER = (
    "errors abreast compiled headless registry report "
    "shelves stopwatch randomness geometry lens observation scenario arrays simulator task controls export world verify "
    "dataset photography rollout generate scale record importing render environment training gallery audit view testing "
    "conformance evaluation doctor bench terminal "
    "cli_simulator cli_training cli_environment cli_importing cli"
).split()
"""A room imports only itself and the rooms before it."""
BLIND = {
    "controls": {"scenario", "simulator", "task"},
    "world": {"simulator", "task"},
    "verify": {"simulator", "task"},
    "task": {"generate"},
    "dataset": {"simulator", "task"},
}
"""What a room may not know although it comes earlier."""
DOORS = {
    "pybullet": ("simulator/pybullet.py", "bench/"),
    "pybullet_data": (),
    "genesis": ("simulator/genesis/",),
    "mujoco": ("simulator/mujoco.py", "scenario/mjcf/"),
    "open3d": ("simulator/raycast.py",),
    "numba": ("compiled.py",),
    "libusb_package": ("simulator/raycast.py",),
    "mitsuba": ("world/pathtrace/",),
    "drjit": ("world/pathtrace/",),
    "pyoidn": ("world/pathtrace/",),
    "diffusers": ("world/",),
    "OpenEXR": ("scenario/hdr.py",),
    "lerobot": ("dataset/", "policy/", "bench/", "environment/lerobot/"),
    "gymnasium": ("environment/", "bench/"),
    "grpc": ("environment/remote/",),
    "ray": ("scale.py",),
    "tyro": ("cli.py", "cli_simulator.py", "cli_training.py", "cli_environment.py", "cli_importing.py", "terminal.py"),
    "rerun": ("view.py", "view/"),
    "cv2": (),
}
"""The only files that may import a third party; those not named here are open to all. A bench meets the rivals it measures."""
HEAVY = "torch numba diffusers pybullet mujoco genesis open3d lerobot gymnasium mitsuba ray cv2".split()


def imported(tree: ast.AST) -> set[str]:
    """Every module an import statement names; `from simgen import x` names simgen.x."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "simgen" else {node.module}
    return names


def faults(path: str, source: str) -> list[str]:
    """What is wrong with the imports of the file at `path` under simgen/."""
    tree = ast.parse(source)
    room = path.split("/")[0].removesuffix(".py")
    found = []
    for name in sorted(imported(tree)):
        first, *rest = name.split(".")
        if first == "simgen" and room != "__init__":
            found += _misplaced(room, rest[0] if rest else "simgen")
        if first in DOORS and not any(path == door or (door.endswith("/") and path.startswith(door)) for door in DOORS[first]):
            found.append(f"{path} imports {first}, whose doors are {DOORS[first]}")
    if path not in ("cli.py", "cli_simulator.py", "cli_training.py", "cli_environment.py", "cli_importing.py"):
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        found += [f"{path}: {function.name} imports {imported(function)} inside" for function in functions if imported(function)]
    return found


def _misplaced(room: str, other: str) -> list[str]:
    if room not in ORDER:
        return [f"{room} has no place in the order of rooms"]
    if other not in ORDER:
        return [] if (room, other) == ("terminal", "simgen") else [f"{room} imports {other}, which is no room"]
    if ORDER.index(other) > ORDER.index(room):
        return [f"{room} imports {other}, which comes later"]
    return [f"{room} imports {other}, which it must not know"] if other in BLIND.get(room, ()) else []


FILES = {file.relative_to(PACKAGE).as_posix(): file for file in sorted(PACKAGE.rglob("*.py"))}


@pytest.mark.parametrize("path", FILES)
def test_imports_point_one_way_and_through_the_doors(path):
    assert faults(path, FILES[path].read_text()) == []


@pytest.mark.parametrize(
    ("path", "planted", "complaint"),
    [
        ("geometry.py", "from simgen.simulator import make", "geometry imports simulator, which comes later"),
        ("controls/depth.py", "from simgen import world", "controls imports world, which comes later"),
        ("world/raw.py", "import simgen.simulator.raycast", "world imports simulator, which it must not know"),
        ("world/raw.py", "import pybullet as p", "world/raw.py imports pybullet, whose doors are ('simulator/pybullet.py', 'bench/')"),
        ("view.py", "import cv2", "view.py imports cv2, whose doors are ()"),
        ("generate.py", "def f():\n    import json", "generate.py: f imports {'json'} inside"),
        ("utils.py", "from simgen.errors import SimGenError", "utils has no place in the order of rooms"),
        ("dataset/lerobot.py", "import lerobot.datasets", None),
        ("cli.py", "def f():\n    from simgen.bench import table", None),
    ],
)
def test_a_planted_import_is_found(path, planted, complaint):
    assert faults(path, planted) == ([] if complaint is None else [complaint])


@pytest.mark.parametrize("shelf", ["scenes", "controlnets", "policies", "assets"])
def test_no_code_stands_on_a_shelf(shelf):
    assert not list((PACKAGE.parent / shelf).rglob("*.py"))


@pytest.mark.parametrize(
    "statement",
    [
        "import simgen",
        "import simgen.simulator, simgen.world, simgen.task, simgen.controls, simgen.doctor",
        "from simgen.cli import main; assert main(['--help']) == 0",
        "from simgen.cli import main; assert main(['list']) == 0",
    ],
)
def test_what_is_light_loads_nothing_heavy(statement):
    loaded = f"import sys; {statement}; print('LOADED', *sorted({{*{HEAVY!r}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED"


def test_help_comes_at_once():
    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "simgen.cli", "--help"], check=True, capture_output=True)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 1.5
