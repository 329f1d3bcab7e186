"""Files of pictures and arrays as tracks: numbered PNG files, films, and NumPy's own files."""

import re
import zlib
from pathlib import Path
from zipfile import BadZipFile

import av
import av.error
import av.logging
import numpy as np
from PIL import Image, UnidentifiedImageError

from simgen.errors import BadRecording
from simgen.importing.track import Track

NUMBER = re.compile(r"(\d+)$")
ARRAYS = (".npy", ".npz")


def track(folder: Path, name: str) -> Track | None:
    """A modality in a folder: `<name>/*.png`, `<name>/*.npy`, `<name>.npy`, `<name>.npz` or `<name>.mp4`, the first that is there.

    Raises:
        BadRecording: if it is there and cannot be read, or a number is missing among its files.
    """
    if (folder / name).is_dir():
        return _files(folder / name)
    file = next((folder / f"{name}{ending}" for ending in (*ARRAYS, ".mp4") if (folder / f"{name}{ending}").is_file()), None)
    if file is None:
        return None
    array = decoded(file) if file.suffix == ".mp4" else stack(file)
    return Track(str(file), len(array), lambda frame: np.asarray(array[frame]))


def stack(file: Path) -> np.ndarray:
    """The array in a NumPy file, (T, ...); of an .npz the only one that it has.

    Raises:
        BadRecording: if the file cannot be read, or has no frames.
    """
    try:
        held = np.load(file, mmap_mode="r" if file.suffix == ".npy" else None, allow_pickle=False)
        if isinstance(held, np.lib.npyio.NpzFile):
            if len(held.files) != 1:
                raise BadRecording(file, f"it holds {len(held.files)} arrays, where one is asked for")
            held = held[held.files[0]]
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise BadRecording(file, "not a readable NumPy file") from error
    if held.ndim == 0:
        raise BadRecording(file, "one number, where one row a frame is asked for")
    return held


def decoded(file: Path) -> np.ndarray:
    """The frames of a film, uint8, (T, H, W, 3), all at once: a film has none that could be read alone.

    Raises:
        BadRecording: if it is damaged or cut short.
    """
    av.logging.set_libav_level(av.logging.FATAL)  # what goes wrong is raised, and told once
    try:
        with av.open(str(file)) as video:
            stream = video.streams.video[0]
            frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(stream)]
            promised = stream.frames
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise BadRecording(file, "not a readable film") from error
    if not frames or (promised and len(frames) < promised):
        raise BadRecording(file, f"cut short: {len(frames)} of its {promised} frames are there")
    return np.stack(frames)


def rate_of(file: Path) -> float | None:
    """How many frames a film shows a second; None where there is no film, or it does not say.

    Raises:
        BadRecording: if it is damaged.
    """
    if not file.is_file():
        return None
    try:
        with av.open(str(file)) as video:
            rate = video.streams.video[0].average_rate
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise BadRecording(file, "not a readable film") from error
    return float(rate) if rate else None


def _files(folder: Path) -> Track:
    """The numbered files of a folder, in order."""
    files = [file for ending in (".png", ".npy") for file in folder.glob(f"*{ending}")]
    if not files:
        raise BadRecording(folder, "an empty folder, where .png or .npy files are asked for")
    numbered = sorted((_number(file), file) for file in files)
    first, last = numbered[0][0], numbered[-1][0]
    there = [number for number, _ in numbered]
    if there != list(range(first, last + 1)):
        missing = next((number for number in range(first, last + 1) if there.count(number) != 1), first)
        raise BadRecording(folder, f"{'two files have' if missing in there else 'no file has'} the number {missing}")
    paths = [file for _, file in numbered]
    return Track(str(folder), len(paths), lambda frame: _one(paths[frame]))


def _number(file: Path) -> int:
    found = NUMBER.search(file.stem)
    if not found:
        raise BadRecording(file, "its name ends in no number, by which frames are ordered")
    return int(found[1])


def _one(file: Path) -> np.ndarray:
    if file.suffix == ".npy":
        return np.array(stack(file))
    try:
        with Image.open(file) as picture:
            array = np.asarray(picture)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise BadRecording(file, "not a readable picture") from error
    # Pillow gives the 16 bits of a grey PNG as int32 where it is old
    return array.astype(np.uint16) if array.dtype == np.int32 else array
