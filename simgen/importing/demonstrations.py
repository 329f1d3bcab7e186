"""What robomimic's and Isaac Lab's HDF5 have in common: `data/demo_<n>/` with `obs/`, `actions` and JSON beside them.

A camera is an array of pictures in `obs/`, `<camera>`, `<camera>_rgb` or `<camera>_image`, uint8, (T, H, W, 3 or 4). It is imported if
there are, equally long, `<camera>_depth`, (T, H, W) or (T, H, W, 1), floating metres or uint16 millimetres along the optical axis, and a
segmentation, `<camera>_segmentation`, `_seg`, `_segmentation_instance`, `_segmentation_element` or `_segmentation_class`, ids or colours.
All are upright and in step: row t is what was seen before action t.

For what neither simulator records by itself, these are read where they stand in `obs/`, too: `<camera>_intrinsics`, (3, 3) or (T, 3, 3),
and `<camera>_world_T_camera`, (T, 4, 4), both as `cameras.py` has them; else a `cameras.json` in the file's folder is asked.
Normals are not read: the frame in which they are meant stands nowhere, and depth says the same.
"""

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from simgen.dataset.recording import Footage
from simgen.errors import BadRecording
from simgen.importing.cameras import Cameras, Said, said
from simgen.importing.container import Container
from simgen.importing.filming import Candidate, Tracks, complete, footage

ENDINGS = ("_image", "_rgb", "")
SEGMENTATIONS = ("_segmentation", "_seg", "_segmentation_instance", "_segmentation_element", "_segmentation_class")
OTHER = ("_depth", "_normals", *SEGMENTATIONS)


class Demonstrations:
    """A file of demonstrations.

    Raises:
        BadRecording: if it cannot be read or has none.
    """

    def __init__(self, path: Path):
        self.container = Container(path)
        self.names = self.container.groups("data", "demo_")
        if not self.names:
            raise BadRecording(path, "no group data/demo_* in it")

    @staticmethod
    def are_in(path: Path) -> bool:
        """Whether a file has any."""
        return Container.is_one(path) and bool(Container(path).groups("data", "demo_"))

    @cached_property
    def env_args(self) -> dict:
        """What the environment was made with."""
        return self.container.described("data", "env_args")

    @cached_property
    def beside(self) -> Cameras:
        """What a `cameras.json` in the file's folder says."""
        return said(self.container.path.parent)

    def place(self, demo: str) -> str:
        """Of a demonstration, for sentences."""
        return f"{self.container.path}: data/{demo}"

    def short(self, demo: str) -> str:
        """The same, wherever the file lies."""
        return f"{self.container.path.name}: data/{demo}"

    def length(self, demo: str) -> int:
        """Frames: as many as actions.

        Raises:
            BadRecording: if it has no actions, or promises more or fewer.
        """
        shape = self.container.shape(f"data/{demo}/actions")
        if not shape or not shape[0]:
            raise BadRecording(self.place(demo), "no actions")
        promised = self.container.attribute(f"data/{demo}", "num_samples")
        if promised is not None and promised != shape[0]:
            raise BadRecording(self.place(demo), f"{shape[0]} actions, where its num_samples says {promised}")
        return shape[0]

    def footage(self, demo: str, rate: int, known: dict[str, Said], beyond: float = np.inf) -> tuple[dict[str, Footage], tuple[str, ...]]:
        """Camera to its footage, and what was left out.

        Args:
            demo: which demonstration.
            rate: frames a second.
            known: what its own format says of lens and pose, by camera.
            beyond: how far away in metres what there is is nothing.

        Raises:
            LacksControls: if no camera has depth and segmentation.
            BadRecording: if an array is not what it should be, or not as long as there are actions.
        """
        obs, candidates = f"{self.container.path}: data/{demo}/obs", {}
        for camera, pictures in self._cameras(demo).items():
            depth, segmentation = self._beside(demo, camera, ("_depth",)), self._beside(demo, camera, SEGMENTATIONS)
            missing = tuple(f"{camera}{ending}" for ending, key in (("_depth", depth), ("_segmentation", segmentation)) if key is None)
            film = partial(self._film, demo, camera, (pictures, depth, segmentation), rate=rate, known=known, beyond=beyond)
            candidates[camera] = Candidate(obs, missing, film)
        if not candidates:
            raise BadRecording(obs, "no pictures in it, which are uint8, (T, H, W, 3)")
        return complete(candidates)

    def observed(self, demo: str) -> dict[str, np.ndarray]:
        """The numbers in `obs/`, by `obs.<name>`, float64, (T, N); without those that LeRobot would take for pictures."""
        length, obs = self.length(demo), f"data/{demo}/obs"
        kept = (name for name in self.container.rows(obs, length) if "image" not in name)
        return {f"obs.{name}": self.container.table(f"{obs}/{name}", length) for name in kept}

    def outcome(self, demo: str) -> dict[str, np.ndarray]:
        """Reward, whether it ended, and whether it succeeded, as far as they are told, (T,)."""
        length, group, found = self.length(demo), f"data/{demo}", {}
        for name, key in (("reward", "rewards"), ("done", "dones")):
            if self.container.shape(f"{group}/{key}") is not None:
                found[name] = self.container.table(f"{group}/{key}", length)[:, 0]
        success = self.container.attribute(group, "success")
        if success is not None:
            found["success"] = np.arange(length) == (length - 1 if success else length)
        return found

    def _cameras(self, demo: str) -> dict[str, str]:
        """Camera to the key of its pictures."""
        found = {}
        for name, shape in self.container.arrays(f"data/{demo}/obs").items():
            if len(shape) == 4 and shape[-1] in (3, 4) and not name.endswith(OTHER):
                found[name.removesuffix(next(ending for ending in ENDINGS if name.endswith(ending)))] = name
        return found

    def _film(self, demo: str, camera: str, keys: Sequence[str], *, rate: int, known: dict[str, Said], beyond: float) -> Footage:
        """Of the keys of its pictures, depth and segmentation."""
        tracks, length = Tracks(*(self.container.track(f"data/{demo}/obs/{key}") for key in keys)), self.length(demo)
        if len(tracks.rgb) != length:
            raise BadRecording(tracks.rgb.place, f"{len(tracks.rgb)} frames for {length} actions")
        return footage(camera, tracks, rate=rate, said=self._said(demo, camera, known), beyond=beyond)

    def _beside(self, demo: str, camera: str, endings: tuple[str, ...]) -> str | None:
        names = (f"{camera}{ending}" for ending in endings)
        return next((name for name in names if self.container.shape(f"data/{demo}/obs/{name}") is not None), None)

    def _said(self, demo: str, camera: str, known: dict[str, Said]) -> Said:
        """Of lens and pose: by the arrays, else by the format, else by the file beside."""
        own, beside = known.get(camera, Said()), self.beside.cameras.get(camera, Said())
        K = own.intrinsics or beside.intrinsics
        stood = own.world_T_camera or beside.world_T_camera
        if (key := self._beside(demo, camera, ("_intrinsics",))) is not None:
            K = self._lens(f"data/{demo}/obs/{key}")
        if (key := self._beside(demo, camera, ("_world_T_camera",))) is not None:
            stood = self.container.read(f"data/{demo}/obs/{key}").tolist()
        return Said.model_construct(intrinsics=K, distortion=beside.distortion, world_T_camera=stood)

    def _lens(self, key: str) -> list:
        K = self.container.read(key)
        many = K.reshape(-1, *K.shape[-2:])
        if not (many == many[0]).all():
            raise BadRecording(f"{self.container.path}: {key}", "the lens changes within an episode, and must not")
        return many[0].tolist()
