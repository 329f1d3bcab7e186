"""Datasets that did not come from SimGen, if they carry controls: LeRobot v3.0 with depth and segmentation beside the pictures.

What was imported (`imported.py`) has its controls exactly in `truth/`, and is read from there. A camera of any other dataset can be
photographed anew where `observation.images.<camera>` has `<camera>_depth`, LeRobot's depth feature, and `<camera>_seg`, ids over 255,
beside it. Its pose and lens are read from `gt.world_T_<camera>` and `gt.intrinsics_<camera>` as in
`lerobot.py`, the lens also from the picture's `simgen.K`. What nobody says is guessed and told in `meta/rendered.json`: a lens of
`FOV_Y_DEG`, a level camera. Normals come from depth, flow is unknown, albedo is the recorded picture with the light that is in it.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from datasets.utils import disable_progress_bars
from lerobot.datasets.video_utils import VideoEncodingManager
from PIL import Image

from simgen.arrays import normals
from simgen.dataset import photographs
from simgen.dataset.columns import read_columns
from simgen.dataset.durable import write_json
from simgen.dataset.imported import IMPORTED, guesses
from simgen.dataset.lerobot import begun
from simgen.dataset.opening import opened
from simgen.dataset.recording import FOV_Y_DEG, GUESSED_ALBEDO, GUESSED_LENS, GUESSED_POSE, LEVEL
from simgen.dataset.truth import Truth
from simgen.dataset.video import KEY, Labels
from simgen.dataset.whole import TRUTH, add_columns, count_frames
from simgen.errors import DamagedDataset, NoControls
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation

RENDERED = "meta/rendered.json"
OWN = ("timestamp", "frame_index", "episode_index", "index", "task_index")
"""Columns that LeRobot makes itself."""


class Foreign:
    """A LeRobot dataset as a source of observations.

    Raises:
        DamagedDataset: if there is none.
        NoControls: if no camera has depth and segmentation.
    """

    def __init__(self, root: str | Path):
        self.root = Path(root)
        if not (self.root / "meta/info.json").is_file():  # LeRobot would look for it on the network
            raise DamagedDataset(self.root, "not a dataset: meta/info.json cannot be read")
        self.lerobot = opened(self.root)
        if not self.cameras:
            raise NoControls(self.root)

    def __len__(self) -> int:
        return self.lerobot.num_episodes

    @property
    def exact(self) -> bool:
        """Whether its controls stand exactly in `truth/`."""
        return (self.root / IMPORTED).is_file()

    @cached_property
    def cameras(self) -> tuple[str, ...]:
        """Those with depth and segmentation."""
        if self.exact:
            with Truth(self.root / TRUTH.format(0)) as truth:
                return truth.cameras
        features = self.lerobot.meta.features
        pictures = (key.removeprefix(KEY) for key, one in features.items() if key.startswith(KEY) and one["shape"][-1] == 3)
        return tuple(camera for camera in pictures if {f"{KEY}{camera}_depth", f"{KEY}{camera}_seg"} <= features.keys())

    @cached_property
    def sha256(self) -> str:
        """Of its description, which counts its frames; the same for all photographs of one dataset."""
        return hashlib.sha256((self.root / (IMPORTED if self.exact else "meta/info.json")).read_bytes()).hexdigest()

    def span(self, position: int) -> range:
        """Rows of one episode."""
        episode = self.lerobot.meta.episodes[position]
        return range(episode["dataset_from_index"], episode["dataset_to_index"])

    def observations(self, position: int) -> dict[str, tuple[Observation, ...]]:
        """What every camera with controls saw in one episode.

        Raises:
            DamagedDataset: if exact controls are missing, unreadable or not as many as rows.
        """
        if self.exact:
            return self._recorded(position)
        found = {camera: [] for camera in self.cameras}
        for row in (self.lerobot[index] for index in self.span(position)):
            for camera, frames in found.items():
                frames.append(self._observation(camera, row))
        return {camera: tuple(frames) for camera, frames in found.items()}

    @cached_property
    def guesses(self) -> tuple[str, ...]:
        """What nobody says of the cameras, and what was taken instead."""
        if self.exact:
            return guesses(self.root)
        features, found = self.lerobot.meta.features, []
        for camera in self.cameras:
            if f"gt.intrinsics_{camera}" not in features and "simgen.K" not in (features[KEY + camera].get("info") or {}):
                found.append(f"{camera}: {GUESSED_LENS}")
            if f"gt.world_T_{camera}" not in features:
                found.append(f"{camera}: {GUESSED_POSE}")
            found.append(f"{camera}: {GUESSED_ALBEDO}")
        return tuple(found)

    def _recorded(self, position: int) -> dict[str, tuple[Observation, ...]]:
        with Truth(self.root / TRUTH.format(position)) as truth:
            if len(truth) != len(self.span(position)):
                raise DamagedDataset(truth.path, f"{len(truth)} frames for {len(self.span(position))} rows of LeRobot's half")
            return {camera: tuple(truth.observation(camera, t) for t in range(len(truth))) for camera in self.cameras}

    def _observation(self, camera: str, row: dict) -> Observation:
        picture = _picture(row[KEY + camera])
        semantic = np.rint(255 * row[f"{KEY}{camera}_seg"][0].numpy()).astype(np.int32)
        depth = row[f"{KEY}{camera}_depth"][0].numpy().astype(np.float32)
        beyond = (depth <= 0) | ((semantic == 0) & (depth >= 0.999 * depth.max()))
        depth = np.where(beyond, np.float32(np.inf), depth)
        view = self._view(camera, row, depth.shape)
        return Observation(
            view=view,
            time_ns=round(1e9 * float(row["timestamp"])),
            depth=depth,
            instance=semantic,
            link=np.where(semantic > 0, 0, -1).astype(np.int32),
            semantic=semantic,
            normal=normals(depth, view.intrinsics),
            flow=np.full((*depth.shape, 2), np.nan, np.float32),
            albedo=np.where(np.isfinite(depth)[..., None], picture, 0).astype(np.uint8),
            rgb=picture,
        )

    def _view(self, camera: str, row: dict, size: tuple[int, int]) -> CameraView:
        height, width = size
        info = self.lerobot.meta.features[KEY + camera].get("info") or {}
        if f"gt.intrinsics_{camera}" in row:
            lens = Intrinsics(width, height, *map(float, row[f"gt.intrinsics_{camera}"]))
        elif "simgen.K" in info:
            lens = Intrinsics(width, height, *(float(info["simgen.K"][i][j]) for i, j in ((0, 0), (1, 1), (0, 2), (1, 2))))
        else:
            lens = Intrinsics.from_fov_y(width, height, np.deg2rad(FOV_Y_DEG))
        key = f"gt.world_T_{camera}"
        pose = Pose.from_matrix(row[key].numpy().astype(np.float64).reshape(4, 4)) if key in row else LEVEL
        return CameraView(camera, lens, pose)


def assemble(source: Foreign, root: Path, shards: Sequence[Path], *, labels: Labels, job: dict, rejected: list[dict]) -> None:
    """The dataset of these episodes: the source's rows with new photographs; pictures that were not drawn anew are left out.

    Args:
        source: where the rows come from.
        root: where; must not exist.
        shards: folders with `videos/`, `photographs.json` and `columns.json`, in order.
        labels: what the videos were made with.
        job: what was asked for, for `meta/rendered.json`.
        rejected: attempts that were not kept, each with its `draw` and `reason`.
    """
    disable_progress_bars()
    meta, told = source.lerobot.meta, [photographs.read(shard) for shard in shards]
    drawn = {f"{KEY}{camera}{suffix}" for camera in source.cameras for suffix in ("", "_depth", "_seg")}
    kept = {key: one for key, one in meta.features.items() if key not in OWN and (not key.startswith(KEY) or key in drawn)}
    table = {key: _plain(key, one) for key, one in kept.items() if not key.startswith("simgen.") or key == "simgen.subtask"}
    table |= photographs.features(told[0])
    dataset, videos = begun(root, source.root.resolve().name, meta.fps, meta.robot_type, table)
    rows = [read_columns(shard) for shard in shards]
    with VideoEncodingManager(dataset):
        for shard, row, said in zip(shards, rows, told, strict=True):
            videos.folder = shard / "videos"
            for frame, index in enumerate(source.span(row["simgen/episode"])):
                dataset.add_frame(_row(source, index, table) | photographs.row(said, frame))
            dataset.save_episode(parallel_encoding=False)
    count_frames(root)
    add_columns(root, rows, rejected, truth=False)
    if source.exact:
        shutil.copyfile(source.root / IMPORTED, root / IMPORTED)
        (root / TRUTH).parent.mkdir()
        for position, row in enumerate(rows):
            shutil.copyfile(source.root / TRUTH.format(row["simgen/episode"]), root / TRUTH.format(position))
    reasons = Counter(one["reason"] for one in rejected)
    summary = {"format": 1, "job": job, "episodes": len(shards), "rejected": rejected, "reasons": reasons, "guesses": source.guesses}
    write_json(root / RENDERED, summary)


def _plain(key: str, feature: dict) -> dict:
    """A feature as it is asked for; what LeRobot found out about a video is left for it to find out again."""
    info = {name: value for name, value in (feature.get("info") or {}).items() if name == "is_depth_map" or name.startswith("simgen.")}
    if key.endswith("_seg"):
        feature = feature | {"dtype": "image"}
    return {"dtype": feature["dtype"], "shape": tuple(feature["shape"]), "names": feature["names"]} | ({"info": info} if info else {})


def _row(source: Foreign, index: int, table: dict[str, dict]) -> dict:
    """What LeRobot's `add_frame` takes: blank for what is in a video, the rest as it was."""
    raw, row = source.lerobot.hf_dataset[index], {}
    pictures = None
    for key, feature in table.items():
        if feature["dtype"] == "video":
            row[key] = np.zeros(feature["shape"], np.uint8 if feature["shape"][2] == 3 else np.float32)
        elif feature["dtype"] == "image":
            pictures = pictures or source.lerobot[index]
            row[key] = Image.fromarray(np.rint(255 * pictures[key][0].numpy()).astype(np.uint8))
        elif feature["dtype"] == "string" and key in raw:
            row[key] = raw[key]
        elif key in raw:
            row[key] = np.array(raw[key], feature["dtype"]).reshape(feature["shape"])
    tasks = source.lerobot.meta.tasks
    return row | {"task": tasks.index[int(raw["task_index"])]}


def _picture(tensor) -> np.ndarray:
    return (tensor * 255).round().byte().permute(1, 2, 0).numpy()
