"""Tracks: one modality of one camera, frame by frame, wherever it lies, and what makes Frame's arrays of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.errors import BadRecording

MILLIMETRES = np.uint16
"""The type that says that depth is in millimetres; floating numbers are metres."""


@dataclass(frozen=True, eq=False)
class Track(Sequence):
    """T arrays, each read when it is asked for."""

    place: str
    """Where it lies, for sentences about it."""
    length: int
    read: Callable[[int], np.ndarray]
    """Frame to array; raises BadRecording where it cannot."""

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, frame: int) -> np.ndarray:
        return self.read(range(self.length)[frame])

    def then(self, change: Callable[[np.ndarray], np.ndarray]) -> "Track":
        """The same, changed frame by frame."""
        return Track(self.place, self.length, lambda frame: change(self.read(frame)))

    def sized(self, size: tuple[int, ...]) -> "Track":
        """The same, of which every frame is an array of one shape.

        Raises:
            BadRecording: where one is asked for that is not.
        """

        def read(frame: int) -> np.ndarray:
            array = self.read(frame)
            if array.shape != size:
                raise BadRecording(self.place, f"frame {frame} is {array.shape}, where the camera's pictures ask for {size}")
            return array

        return Track(self.place, self.length, read)


def colours(track: Track) -> Track:
    """Pictures, uint8, (H, W, 3), of pictures with or without transparency.

    Raises:
        BadRecording: here where the first frame is no picture, and wherever another is asked for that is none.
    """

    def checked(array: np.ndarray) -> np.ndarray:
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[-1] not in (3, 4):
            raise BadRecording(track.place, f"{described(array)} is no picture, which is uint8, (H, W, 3)")
        return array[..., :3]

    return _tried(track.then(checked))


def metres(track: Track, beyond: float = np.inf) -> Track:
    """Depth, float32 metres, (H, W), inf where nothing is: where a log says 0, nan, inf, less than 0, or as far as `beyond`.

    Raises:
        BadRecording: here where the first frame is no depth map, and wherever another is asked for that is none.
    """

    def checked(array: np.ndarray) -> np.ndarray:
        flat = array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array
        if flat.ndim != 2 or not (np.issubdtype(flat.dtype, np.floating) or flat.dtype == MILLIMETRES):
            raise BadRecording(track.place, f"{described(array)} is no depth map, which is floating metres or uint16 millimetres, (H, W)")
        depth = (flat / 1000.0 if flat.dtype == MILLIMETRES else flat).astype(np.float32)
        return np.where((depth > 0) & (depth < beyond), depth, np.float32(np.inf))

    return _tried(track.then(checked))


def vectors(track: Track, channels: int) -> Track:
    """Floating vectors, float32, (H, W, channels): normals and flow.

    Raises:
        BadRecording: as `metres` does.
    """

    def checked(array: np.ndarray) -> np.ndarray:
        if not np.issubdtype(array.dtype, np.floating) or array.ndim != 3 or array.shape[-1] != channels:
            raise BadRecording(track.place, f"{described(array)} where floating numbers, (H, W, {channels}), are asked for")
        return array.astype(np.float32)

    return _tried(track.then(checked))


def described(array: np.ndarray) -> str:
    """Type and shape, for sentences."""
    return f"{array.dtype} {array.shape}"


def _tried(track: Track) -> Track:
    """The same, its first frame looked at, so that what is wrong with all of them is told before any work."""
    if track.length:
        track[0]
    return track
