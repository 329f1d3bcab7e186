"""The files of an MJCF: itself, what it includes, and the meshes and pictures that it names."""

from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from simgen import shelves
from simgen.errors import AssetError

SUFFIXES = (".xml", ".mjcf")
"""How the name of an MJCF ends."""
FOLDERS = ("meshdir", "texturedir", "assetdir")
FACES = ("right", "left", "up", "down", "front", "back")
NAMES = ("file", *(f"file{face}" for face in FACES))
"""Attributes that name a file; a cube's texture may have one a side."""


def is_mjcf(path: str | Path) -> bool:
    """Whether a file's name is that of an MJCF."""
    return Path(path).suffix.lower() in SUFFIXES


def mjcf_files(path: Path) -> tuple[Path, ...]:
    """The file itself, then every other that it is made of, once.

    Raises:
        AssetError: if one is missing or not XML.
    """
    texts = _included(path)
    compilers = [tag for root in texts.values() for tag in root.iter("compiler")]
    folders = [path.parent / tag.get(key) for tag in compilers for key in FOLDERS if tag.get(key)]
    folders = dict.fromkeys([path.parent, *folders, *(file.parent for file in texts)])
    bare = any(tag.get("strippath") == "true" for tag in compilers)
    found = dict.fromkeys(texts)
    for file, root in texts.items():
        for tag, name in _named(root):
            named = _first(file, Path(name).name if bare else name, folders)
            found |= dict.fromkeys(mjcf_files(named) if tag == "model" and is_mjcf(named) else [named])
    return tuple(found)


def _included(path: Path) -> dict[Path, ElementTree.Element]:
    """The XML of a file and of all that it includes; names are looked up beside the first file, then beside the one that includes."""
    found, waiting = {}, [path]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = root = _parsed(file, shelves.sha256(file))
            waiting += [_first(file, tag.get("file", ""), [path.parent, file.parent]) for tag in root.iter("include")]
    return found


@lru_cache(maxsize=256)
def _parsed(path: Path, digest: str) -> ElementTree.Element:
    try:
        return ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
        raise AssetError(path, f"cannot be read as MJCF ({error}); mend its XML.") from error


def _named(root: ElementTree.Element) -> list[tuple[str, str]]:
    """Tag and name of every file that is named but not included."""
    return [(one.tag, one.get(key)) for one in root.iter() if one.tag != "include" for key in NAMES if one.get(key)]


def _first(file: Path, name: str, folders) -> Path:
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise AssetError(file, f"names the file '{name}', which is not there; put it there or mend the name.")
