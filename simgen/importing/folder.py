"""A plain folder, for whoever has a simulator of their own: SimGen's own convention, made of files that any program writes.

    SOURCE/cameras.json                 fps, task, lens and pose of every camera: `cameras.py`
    SOURCE/<camera>/rgb/000000.png      pictures; or rgb.mp4, rgb.npy, (T, H, W, 3), uint8
    SOURCE/<camera>/depth/000000.png    16 bits, millimetres along the optical axis, 0 where nothing is; or .npy a frame, or depth.npy or
                                        depth.npz, (T, H, W), floating metres, inf, nan or 0 where nothing is
    SOURCE/<camera>/segmentation/...    grey or indexed PNG, 8 or 16 bits: ids, 0 is background; colours: a colour an id, black or
                                        transparent is background; or .npy, .npz, (T, H, W), integers
    SOURCE/<camera>/albedo/...          if you have it: surface colours without light, as rgb
    SOURCE/<camera>/normal.npy          if you have them: unit normals in the camera's frame (x right, y down, z forward), (T, H, W, 3)
    SOURCE/<camera>/flow.npy            if you have it: where a point was one frame ago minus where it is, pixels, (T, H, W, 2), nan where
                                        it was not visible
    SOURCE/action.npy, state.npy        if you have them: (T, A) and (T, S)

The files of a folder are ordered by the numbers at the end of their names, of which none may be missing. SOURCE/episode_000000/ and so on
may hold all of this, an episode each, with a `cameras.json` of their own or one for all in SOURCE. With one camera, its folder may be
left out.
"""

from functools import partial
from pathlib import Path

import numpy as np

from simgen.dataset.recording import Recording
from simgen.errors import BadRecording
from simgen.importing import pictures
from simgen.importing.cameras import Said, said
from simgen.importing.filming import Candidate, Tracks, complete, footage
from simgen.importing.pace import pace

CAMERA = "camera"
"""Name of the only camera, where its folder is left out."""
NEEDED = ("depth", "segmentation")
MORE = ("normal", "flow", "albedo")


class Folder:
    """Such a folder as a log.

    Raises:
        BadRecording: if no camera's pictures are in it.
    """

    def __init__(self, source: Path):
        self._source = source
        self._episodes = _episodes(source)
        if not self._episodes:
            raise BadRecording(source, "no camera's pictures in it, rgb/*.png, rgb.mp4, rgb.npy or rgb.npz")

    @staticmethod
    def recognises(source: Path) -> bool:
        """Whether any camera's pictures are in it."""
        return source.is_dir() and bool(_episodes(source))

    def __len__(self) -> int:
        return len(self._episodes)

    def episode(self, number: int) -> Recording:
        """One episode.

        Raises:
            BadRecording: if a file is not what it should be, or missing.
            LacksControls: if no camera has depth and segmentation.
        """
        folder = self._episodes[number]
        cameras, told = _cameras(folder), said(folder, self._source)
        films = (pictures.rate_of(place / "rgb.mp4") for place in cameras.values())
        rate, guesses = pace(told.fps or next((rate for rate in films if rate), None))
        candidates = {}
        for camera, place in cameras.items():
            tracks = {name: pictures.track(place, name) for name in ("rgb", *NEEDED, *MORE)}
            missing = tuple(name for name in NEEDED if tracks[name] is None)
            film = partial(footage, camera, Tracks(**tracks), rate=rate, said=told.cameras.get(camera, Said()))
            candidates[camera] = Candidate(str(place), missing, film)
        found, left_out = complete(candidates)
        length, name = len(next(iter(found.values())).frames), folder.relative_to(self._source.parent).as_posix()
        rows = {"actions": _rows(folder / "action.npy", length), "state": _rows(folder / "state.npy", length)}
        return Recording(name, rate, found, task=told.task or "recorded", guesses=guesses + left_out, **rows)


def _episodes(source: Path) -> list[Path]:
    inside = sorted(path for path in source.glob("episode_*") if path.is_dir() and _cameras(path))
    return inside or ([source] if _cameras(source) else [])


def _cameras(folder: Path) -> dict[str, Path]:
    """Camera to its folder."""
    if _shows(folder):
        return {CAMERA: folder}
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir() and _shows(path)}


def _shows(folder: Path) -> bool:
    return any((folder / f"rgb{ending}").exists() for ending in ("", ".mp4", *pictures.ARRAYS))


def _rows(file: Path, length: int) -> np.ndarray | None:
    """Numbers of every frame, float64, (T, N); None where there are none."""
    if not file.is_file():
        return None
    array = pictures.stack(file)
    if array.ndim not in (1, 2) or len(array) != length or array.dtype.kind not in "fiub":
        raise BadRecording(file, f"{array.dtype} {array.shape} where one row of numbers for each of the {length} frames is asked for")
    return np.asarray(array, np.float64).reshape(length, -1)
