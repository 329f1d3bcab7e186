"""A plain HDF5 file: what `folder.py` has as files, as groups and arrays.

    attributes              fps, task
    <camera>/rgb            (T, H, W, 3), uint8
    <camera>/depth          (T, H, W), floating metres, or uint16 millimetres, along the optical axis; inf, nan or 0 where nothing is
    <camera>/segmentation   (T, H, W), integer ids, 0 is background; or colours, uint8, (T, H, W, 3 or 4)
    <camera>/albedo, normal, flow                       if you have them, as in the folder
    <camera>/intrinsics, distortion, world_T_camera     (3, 3), (5,) and (4, 4) or (T, 4, 4), as in `cameras.json`, which is also asked
    action, state           if you have them: (T, A) and (T, S)

Groups `episode_0` and so on may hold all of this, an episode each; `fps` and `task` are looked for there first, then in the file's own.
"""

from functools import partial
from pathlib import Path

from simgen.dataset.recording import Recording
from simgen.errors import BadRecording
from simgen.importing.cameras import Said, said
from simgen.importing.container import Container
from simgen.importing.filming import Candidate, Tracks, complete, footage
from simgen.importing.folder import MORE, NEEDED
from simgen.importing.pace import pace


class Archive:
    """Such a file as a log.

    Raises:
        BadRecording: if it cannot be read, or no camera's pictures are in it.
    """

    def __init__(self, source: Path):
        self._container = Container(source)
        self._episodes = _episodes(self._container)
        if not self._episodes:
            raise BadRecording(source, "no group of a camera in it, with pictures in an array rgb")

    @staticmethod
    def recognises(source: Path) -> bool:
        """Whether any camera's pictures are in it."""
        return Container.is_one(source) and bool(_episodes(Container(source)))

    def __len__(self) -> int:
        return len(self._episodes)

    def episode(self, number: int) -> Recording:
        """One episode.

        Raises:
            BadRecording: if an array is not what it should be, or missing.
            LacksControls: if no camera has depth and segmentation.
        """
        group, told = self._episodes[number], said(self._container.path.parent)
        rate, guesses = pace(told.fps or self._attribute(group, "fps", float))
        candidates = {}
        for camera in _cameras(self._container, group):
            place, there = f"{group}/{camera}", self._container.arrays(f"{group}/{camera}")
            missing = tuple(name for name in NEEDED if name not in there)
            names = ("rgb", *NEEDED, *(name for name in MORE if name in there))
            tracks = {name: self._container.track(f"{place}/{name}") for name in names}
            known = self._said(place, told.cameras.get(camera, Said()))
            film = partial(footage, camera, Tracks(**tracks), rate=rate, said=known)
            candidates[camera] = Candidate(f"{self._container.path}: {place}", missing, film)
        found, left_out = complete(candidates)
        length = len(next(iter(found.values())).frames)
        tables = {"actions": f"{group}/action", "state": f"{group}/state"}
        rows = {name: self._container.table(key, length) for name, key in tables.items() if self._container.shape(key) is not None}
        task = told.task or self._attribute(group, "task", str) or "recorded"
        return Recording(f"{self._container.path.name}: {group or '/'}", rate, found, task=task, guesses=guesses + left_out, **rows)

    def _attribute(self, group: str, name: str, kind: type):
        value = self._container.attribute(group, name)
        value = self._container.attribute("/", name) if value is None else value
        try:
            return None if value is None else kind(value)
        except (TypeError, ValueError) as error:
            raise BadRecording(self._container.path, f"its attribute {name} is {value!r}") from error

    def _said(self, place: str, beside: Said) -> Said:
        """Of lens and pose: by the arrays, else by the file beside."""
        there = self._container.arrays(place)
        own = {name: self._container.read(f"{place}/{name}").tolist() for name in Said.model_fields if name in there}
        return Said.model_construct(**{name: getattr(beside, name) for name in Said.model_fields} | own)


def _episodes(container: Container) -> list[str]:
    inside = [f"/{name}" for name in container.groups("/", "episode_") if _cameras(container, f"/{name}")]
    return inside or ([""] if _cameras(container, "") else [])


def _cameras(container: Container, group: str) -> list[str]:
    return [name for name in container.groups(group or "/") if "rgb" in container.arrays(f"{group}/{name}")]
