"""Looks at this machine: what SimGen needs, what is there, and what to do about the rest.

It imports by name only while it looks, so that it can speak where a package is missing or broken.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distributions, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from simgen import shelves

ROOM = 5
"""GiB that a dataset of some hundred episodes with dense truth needs."""


@dataclass(frozen=True)
class Row:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str
    """What was found."""
    mend: str = ""
    """What to do where it is not well."""
    essential: bool = True
    """Whether SimGen cannot work without it."""


def diagnose() -> tuple[Row, ...]:
    """Everything looked at, and every package that SimGen requires."""
    return *map(_looked, LOOKS), *_packages()


@dataclass(frozen=True)
class Look:
    """Something to look at."""

    name: str
    see: Callable[[], tuple[bool, str]]
    """Whether it is well, and what was found."""
    mend: str
    essential: bool = True


def _looked(look: Look) -> Row:
    try:
        ok, detail = look.see()
    except Exception as error:  # a broken package may raise anything, and what it says is what the reader needs
        ok, detail = False, f"{type(error).__name__}: {error}"
    return Row(look.name, ok, detail, look.mend, look.essential)


def _python():
    return sys.version_info >= (3, 12), f"{'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}"


def _pybullet():
    pybullet, numpy = import_module("simgen.simulator.pybullet").pybullet, import_module("numpy")
    client = pybullet.connect(pybullet.DIRECT)
    picture = pybullet.getCameraImage(8, 8, renderer=pybullet.ER_TINY_RENDERER, physicsClientId=client)[2]
    pybullet.disconnect(client)
    return isinstance(picture, numpy.ndarray), f"pictures come as {type(picture).__name__}"


def _ray_caster():
    """A wall one metre away, seen through 16 x 16 pixels."""
    raycast, open3d, numpy = import_module("simgen.simulator.raycast"), import_module("open3d"), import_module("numpy")
    caster = open3d.t.geometry.RaycastingScene()
    caster.add_triangles(numpy.array([[-9, -9, 1], [9, -9, 1], [0, 9, 1]], numpy.float32), numpy.array([[0, 1, 2]], numpy.uint32))
    rays = numpy.zeros((16, 16, 6), numpy.float32)
    rays[..., 5] = 1.0
    distance = caster.cast_rays(open3d.core.Tensor(rays))["t_hit"].numpy()
    return bool(abs(distance - 1.0).max() < 1e-5), f"{raycast.__name__} sees a wall 1 m away at {distance.mean():.6f} m"


def _path_tracer():
    """In a process of its own: a library that does not suit Mitsuba may take the process with it."""
    ask = "from simgen.world.pathtrace.variant import best; print(best())"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return done.returncode == 0 and not said[-1].startswith("scalar"), said[-1] if said else f"exit status {done.returncode}"


def _video():
    available = import_module("av").codecs_available
    return {*ENCODERS} <= {*available}, ", ".join(name for name in ENCODERS if name in available) or "none"


def _shelves():
    counts = {name: sum(1 for _ in shelves.shelf(name).glob("*")) for name in ("scenes", "assets")}
    return all(counts.values()), ", ".join(f"{count} {name}" for name, count in counts.items()) + f" at {shelves.shelf('scenes').parent}"


def _temporary_folder():
    with tempfile.NamedTemporaryFile() as file:
        return True, f"{Path(file.name).parent} can be written"


def _cache_folder():
    """LeRobot keeps its readings of a dataset there."""
    folder = Path(import_module("huggingface_hub.constants").HF_HOME)
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return os.access(there, os.W_OK), f"{folder} {'can' if os.access(there, os.W_OK) else 'cannot'} be written"


def _disk():
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return free > ROOM, f"{free:.0f} GiB free here"


def _gpu():
    """Nothing that runs today needs one."""
    cuda = import_module("torch").cuda
    return True, cuda.get_device_name(0) if cuda.is_available() else "none, and none is needed"


def _engines():
    """Beside PyBullet, which comes with SimGen."""
    found = {}
    for name, package in (("mujoco", "mujoco"), ("genesis", "genesis-world")):
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            found[name] = "not installed"
    return "not installed" not in found.values(), ", ".join(f"{name} {one}" for name, one in found.items())


def _opengl():
    library = find_library("EGL") or find_library("OSMesa")
    return library is not None or "DISPLAY" in os.environ, library or os.environ.get("DISPLAY", "none")


def _opencv():
    """Two builds of OpenCV write into one folder; each then works by halves."""
    builds = sorted({name for found in distributions() if (name := found.metadata["Name"]).startswith("opencv-")})
    return len(builds) < 2, ", ".join(builds) or "none"


ENCODERS = ("libx264", "libsvtav1")
REINSTALL = "Run: pip install --force-reinstall simgen"
WITH_NUMPY = "Run: pip install --force-reinstall --no-deps --no-cache-dir --no-build-isolation --no-binary pybullet pybullet"
WITH_LLVM = "It draws about twice as fast with LLVM. Run: sudo apt install libllvm19"
LOOKS = (
    Look("Python", _python, "Install Python 3.12 or later."),
    Look("PyBullet draws", _pybullet, WITH_NUMPY),
    Look("ray caster", _ray_caster, REINSTALL),
    Look("path tracer", _path_tracer, WITH_LLVM, essential=False),
    Look("video encoders", _video, "Run: pip install --force-reinstall --only-binary av av"),
    Look("shelves", _shelves, REINSTALL),
    Look("temporary folder", _temporary_folder, "Point TMPDIR at a folder that can be written."),
    Look("cache folder", _cache_folder, "Point HF_HOME at a folder that can be written."),
    Look("disk", _disk, f"Free some space: a dataset of a hundred episodes takes about {ROOM} GiB.", essential=False),
    Look("other engines", _engines, "Run: pip install 'simgen[mujoco,genesis]'", essential=False),
    Look("OpenGL", _opengl, "MuJoCo and Genesis draw pictures of their own with it. Run: sudo apt install libegl1", essential=False),
    Look("GPU", _gpu, "Run: pip install 'simgen[train]'", essential=False),
    Look("one OpenCV", _opencv, "Uninstall every opencv package but one, and install that one again.", essential=False),
)


def _packages() -> list[Row]:
    """Every package SimGen requires, against the versions it asks for."""
    wanted = map(Requirement, requires("simgen") or [])
    return [_package(requirement) for requirement in wanted if requirement.marker is None or requirement.marker.evaluate({"extra": ""})]


def _package(requirement: Requirement) -> Row:
    mend = f"Run: pip install '{requirement}'"
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return Row(requirement.name, False, "not installed", mend)
    return Row(requirement.name, requirement.specifier.contains(found, prereleases=True), found, mend)
