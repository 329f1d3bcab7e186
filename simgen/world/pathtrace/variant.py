"""Which variant of Mitsuba this machine can run: found by drawing with each in a process of its own, which a bad LLVM aborts.

CUDA comes first, then LLVM on the CPU, then Mitsuba's plain C++ (half as fast as LLVM). LLVM 14 is refused by
Dr.Jit and 15 aborts the process; later ones are tried newest first. What was found is remembered in the user's cache folder.
"""

import ctypes
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import mitsuba as mi

from simgen.errors import UnusableLibrary

OLDEST = 16
"""Major version of the oldest LLVM worth a try."""
OWN = Path(sys.prefix) / "llvm"
"""Where `make setup` unpacks an LLVM of its own, with what it is linked against."""
PLACES = f"/usr/lib/{platform.machine()}-linux-gnu /usr/lib64 /usr/lib /usr/local/lib /opt/homebrew/opt/llvm/lib {sys.prefix}/lib"
SYSTEM = tuple(map(Path, PLACES.split()))
PATIENCE = 120
"""Seconds for one try; the first on a machine compiles."""
PROBE = """
from simgen.world.pathtrace.variant import Variant, draws
draws(Variant({name!r}, {library!r}))
"""


@dataclass(frozen=True)
class Variant:
    """A variant of Mitsuba, and why it is the one."""

    name: str
    """As Mitsuba calls it."""
    library: str | None = None
    """The LLVM it compiles with; None where it needs none."""
    why: str = ""
    """What became of the better ones."""

    def __str__(self) -> str:
        return f"{self.name}{f' with {self.library}' if self.library else ''}{f' ({self.why})' if self.why else ''}"


def usable() -> Iterator[Variant]:
    """Every variant that draws here, the best first. Each try takes a second or two."""
    lost = []
    for name, libraries in (("cuda_ad_rgb", [None]), ("llvm_ad_rgb", llvm_libraries()), ("scalar_rgb", [None])):
        for library in libraries:
            fault = _fault(name, library)
            if not fault:
                yield Variant(name, library, "; ".join(lost))
                break
            lost.append(f"{name}{f' with {library}' if library else ''}: {fault}")
        if not libraries:
            lost.append(f"{name}: no libLLVM {OLDEST} or later was found; install libllvm19, or point DRJIT_LIBLLVM_PATH at one")


@cache
def best() -> Variant:
    """The best variant that draws on this machine, as remembered.

    Raises:
        UnusableLibrary: if none does.
    """
    known, key = _recall(), _key()
    if key not in known:
        found = next(usable(), None)
        if found is None:
            raise UnusableLibrary("mitsuba", _fault("scalar_rgb", None))
        known[key] = asdict(found)
        _remember(known)
    return Variant(**known[key])


def activate(variant: Variant) -> None:
    """Make Mitsuba use it from here on."""
    if variant.library is not None:
        if OWN in Path(variant.library).parents:
            _load_neighbours(OWN)
        os.environ["DRJIT_LIBLLVM_PATH"] = variant.library
    mi.set_variant(variant.name)


def draws(variant: Variant) -> None:
    """Draw a ball under a white sky.

    Raises:
        SystemExit: if it does not come out grey.
    """
    activate(variant)
    ball = {"type": "sphere", "center": [0, 0, 4], "bsdf": {"type": "twosided", "bsdf": {"type": "principled"}}}
    film = {"type": "hdrfilm", "width": 8, "height": 8, "rfilter": {"type": "box"}}
    sensor = {"type": "perspective", "fov": 10, "film": film}
    scene = mi.load_dict({"type": "scene", "integrator": {"type": "path"}, "light": {"type": "constant"}, "ball": ball, "sensor": sensor})
    mean = float(mi.TensorXf(mi.render(scene, spp=4)).numpy().mean())
    if not 0.2 < mean < 0.9:
        raise SystemExit(f"a grey ball comes out as {mean:.3f}")


def llvm_libraries() -> list[str]:
    """Paths of what may be a usable LLVM, in the order to be tried: what DRJIT_LIBLLVM_PATH names, then the newest."""
    named = os.environ.get("DRJIT_LIBLLVM_PATH")
    folders = *SYSTEM, *Path("/usr/lib").glob("llvm-*/lib")
    found = [*OWN.rglob("libLLVM*"), *(path for folder in folders for path in folder.glob("libLLVM*"))]
    files = {path.resolve(): major for path in found if (major := _major(path)) >= OLDEST}
    newest = sorted(files, key=lambda path: (-files[path], str(path)))
    return [*([named] if named else []), *(str(path) for path in newest if str(path) != named)]


def _major(path: Path) -> int:
    found = re.fullmatch(r"libLLVM(?:-|\.so\.)?(\d+)(?:\.\d+)*(?:\.so|\.dylib)?(?:\.[\d.]+)?", path.name)
    return int(found[1]) if found else 0


def _fault(name: str, library: str | None) -> str:
    """Empty if it draws, else why not."""
    probe = [sys.executable, "-c", PROBE.format(name=name, library=library)]
    try:
        done = subprocess.run(probe, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"nothing came within {PATIENCE} s"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    said = re.sub(r"\x1b\[\d*m", "", lines[-1] if lines else f"exit status {done.returncode}")
    return said.split(". ")[0][:200]


def _load_neighbours(folder: Path) -> None:
    """Load every library of a folder, in whatever order their dependencies allow, so that the linker has them at hand."""
    waiting: Sequence[Path] = [path for path in sorted(folder.rglob("*.so.*")) if not path.is_symlink() and "LLVM" not in path.name]
    while waiting:
        left = [path for path in waiting if not _loads(path)]
        if len(left) == len(waiting):
            return
        waiting = left


def _loads(path: Path) -> bool:
    try:
        ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


def _key() -> str:
    """What the answer depends on."""
    libraries = [f"{path}:{os.stat(path).st_mtime_ns if os.path.exists(path) else 0}" for path in llvm_libraries()]
    graphics = [str(Path("/dev/nvidiactl").exists()), os.environ.get("CUDA_VISIBLE_DEVICES", "all")]
    return " ".join([platform.node(), platform.machine(), version("mitsuba"), version("drjit"), *graphics, *libraries])


def _memory() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "simgen" / "pathtrace.json"


def _recall() -> dict:
    try:
        return json.loads(_memory().read_text())
    except (OSError, ValueError):  # nothing remembered yet, or half a file: look again
        return {}


def _remember(known: dict) -> None:
    try:
        _memory().parent.mkdir(parents=True, exist_ok=True)
        draft = _memory().with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(known, indent=1))
        draft.replace(_memory())
    except OSError:  # a home that cannot be written costs a second or two each time
        return
