"""Finds scenes/, controlnets/, policies/ and assets/ in a checkout and in an installed wheel."""

import hashlib
import os
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from simgen.errors import AssetError, UnknownName


def shelf(name: str) -> Path:
    """The folder of one shelf: inside an installed wheel, else at the root of a checkout."""
    package = Path(str(files("simgen")))
    packed = package / "_data" / name
    return packed if packed.is_dir() else package.parent / name


def scenes() -> dict[str, Path]:
    """Every shipped scenario file by name."""
    return {path.stem: path for path in sorted(shelf("scenes").glob("*.yaml"))}


def scene(name_or_path: str | Path) -> Path:
    """The scenario file of that name on the shelf, or at that path.

    Raises:
        UnknownName: if it is neither.
    """
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        return path
    if str(name_or_path) not in scenes():
        raise UnknownName("scene", str(name_or_path), scenes())
    return scenes()[str(name_or_path)]


def asset(reference: str | Path, beside: Path | None = None) -> Path:
    """The file an asset reference means.

    `package://NAME/PATH` is a file of the installed Python package NAME (`package://pybullet_data/plane.urdf`);
    a relative path is looked up beside the file that names it, then on the assets shelf; an absolute path is itself.

    Raises:
        AssetError: if there is no such file.
    """
    reference = str(reference)
    if reference.startswith("package://"):
        package, _, inside = reference.removeprefix("package://").partition("/")
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise AssetError(reference, f"the Python package '{package}' is not installed; install it or name another file.")
        candidates = [Path(spec.origin).parent / inside]
    else:
        candidates = [folder / reference for folder in (beside, shelf("assets")) if folder is not None]
    for path in candidates:
        if path.is_file():
            return path
    raise AssetError(reference, "no such file; looked at " + ", ".join(str(path) for path in candidates) + ".")


def cache() -> Path:
    """The folder for files that can be made again: $SIMGEN_CACHE, or simgen in the user's cache folder; it need not exist."""
    return Path(os.environ.get("SIMGEN_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "simgen")


@lru_cache(maxsize=4096)
def _digest(path: Path, size: int, modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal; remembered until the file changes."""
    stat = path.stat()
    return _digest(path, stat.st_size, stat.st_mtime_ns)
