"""An HDF5 file open for reading, which says in one sentence where it is damaged."""

import json
import re
from pathlib import Path

import h5py
import numpy as np

from simgen.errors import BadRecording
from simgen.importing.track import Track

SIGNATURE = b"\x89HDF\r\n\x1a\n"


class Container:
    """The file; keys are paths in it.

    Raises:
        BadRecording: if it cannot be opened, here, or wherever something is read from it that is damaged.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self._file = h5py.File(path, "r")
        except OSError as error:
            short = "cut short" if "truncated" in str(error) else "not a readable HDF5 file"
            raise BadRecording(path, short) from error

    @staticmethod
    def is_one(path: Path) -> bool:
        """Whether a file begins as HDF5 does."""
        if not path.is_file():
            return False
        try:
            with open(path, "rb") as file:
                return file.read(len(SIGNATURE)) == SIGNATURE
        except OSError as error:
            raise BadRecording(path, "it cannot be read") from error

    def groups(self, key: str, like: str = "") -> list[str]:
        """Names of the groups in a group that begin with `like`, in the order of their numbers."""
        names = [name for name in self._members(key) if name.startswith(like) and self.is_group(f"{key}/{name}")]
        return sorted(names, key=lambda name: (int(found[1]) if (found := re.search(r"(\d+)$", name)) else -1, name))

    def arrays(self, key: str) -> dict[str, tuple[int, ...]]:
        """Name and shape of every array in a group."""
        return {name: shape for name in self._members(key) if (shape := self.shape(f"{key}/{name}")) is not None}

    def rows(self, key: str, length: int) -> list[str]:
        """Names of the arrays in a group that are numbers of every frame, (T,) or (T, N)."""
        found = ((name, self._get(f"{key}/{name}")) for name, shape in self.arrays(key).items() if len(shape) in (1, 2))
        return [name for name, array in found if array.shape[0] == length and array.dtype.kind in "fiub"]

    def leaves(self, key: str) -> list[str]:
        """Paths of every array at any depth below a group, from the group on."""
        below = [f"{name}/{leaf}" for name in self.groups(key) for leaf in self.leaves(f"{key}/{name}")]
        return [*self.arrays(key), *below]

    def is_group(self, key: str) -> bool:
        """Whether it is there and holds others."""
        return isinstance(self._get(key), h5py.Group)

    def shape(self, key: str) -> tuple[int, ...] | None:
        """Of an array; None where there is none."""
        found = self._get(key)
        return found.shape if isinstance(found, h5py.Dataset) else None

    def read(self, key: str, where=()) -> np.ndarray:
        """An array, or a part of it."""
        try:
            return np.asarray(self._file[key][where])
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            raise BadRecording(f"{self.path}: {key}", "it cannot be read") from error

    def table(self, key: str, length: int) -> np.ndarray:
        """Numbers of every frame, float64, (T, N).

        Raises:
            BadRecording: if there are not as many rows as frames, or they are no numbers.
        """
        shape = self.shape(key)
        if shape is None or len(shape) not in (1, 2) or shape[0] != length:
            raise BadRecording(f"{self.path}: {key}", f"{shape} where one row for each of the {length} frames is asked for")
        try:
            return self.read(key).astype(np.float64).reshape(length, -1)
        except (ValueError, TypeError) as error:
            raise BadRecording(f"{self.path}: {key}", "no numbers") from error

    def track(self, key: str) -> Track:
        """An array as one frame a row."""
        shape = self.shape(key)
        return Track(f"{self.path}: {key}", shape[0] if shape else 0, lambda frame: self.read(key, frame))

    def attribute(self, key: str, name: str):
        """A number, text or array beside a group or array; None where there is none."""
        found = self._get(key)
        value = None if found is None else found.attrs.get(name)
        return value.decode() if isinstance(value, bytes) else value

    def described(self, key: str, name: str) -> dict:
        """An attribute that is a JSON object; nothing where there is none.

        Raises:
            BadRecording: if it is something else.
        """
        text = self.attribute(key, name)
        try:
            value = {} if text is None else json.loads(text)
        except (TypeError, ValueError) as error:
            raise BadRecording(f"{self.path}: {key}", f"its attribute {name} is no JSON") from error
        if not isinstance(value, dict):
            raise BadRecording(f"{self.path}: {key}", f"its attribute {name} is no JSON object")
        return value

    def _members(self, key: str) -> list[str]:
        found = self._get(key)
        return list(found) if isinstance(found, h5py.Group) else []

    def _get(self, key: str) -> h5py.Group | h5py.Dataset | None:
        try:
            return self._file.get(key)
        except (OSError, KeyError, RuntimeError) as error:
            raise BadRecording(f"{self.path}: {key}", "it cannot be read") from error
