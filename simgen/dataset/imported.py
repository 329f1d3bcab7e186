"""Recordings of other simulators as a LeRobot dataset that is photographed anew like any that is not SimGen's (`foreign.py`).

| key | what it is |
|---|---|
| `observation.images.<camera>` | the recorded picture |
| `observation.images.<camera>_depth`, `_seg` | as `labels="lerobot"` has them, but ids of instances; `_seg` only where none is over 255 |
| `observation.state`, `action`, `next.reward`, `next.done`, `next.success` | where the log has them |
| `gt.world_T_<camera>`, `gt.intrinsics_<camera>` | where the log says them |
| `gt.<name>` | whatever else the log says of each frame |

Depth, ids, normals and flow stand exactly, and all numbers with all their digits, in `truth/episode_*.h5`: `camera/` as in `truth.py`,
and `recorded/<key>` with the rows as they were. Normals and flow that the log has not are worked out from depth, ids and poses
(`simgen.arrays`). What the log does not say, and what was taken instead, is in `meta/imported.json`.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from datasets.utils import disable_progress_bars
from lerobot.datasets.video_utils import VideoEncodingManager
from PIL import Image

from simgen.arrays import observed
from simgen.dataset import photographs, video
from simgen.dataset.columns import FILE as COLUMNS
from simgen.dataset.columns import read_columns
from simgen.dataset.durable import write_json
from simgen.dataset.lerobot import begun, camera_features, camera_rows, plain, vector
from simgen.dataset.reader import Lazy
from simgen.dataset.recording import Footage, Recording
from simgen.dataset.seen import SeenWriter
from simgen.dataset.truth import Truth
from simgen.dataset.video import KEY, Labels
from simgen.dataset.whole import TRUTH, add_columns, count_frames, place
from simgen.errors import BadRecording
from simgen.observation import Observation
from simgen.world import Clip

IMPORTED = "meta/imported.json"
RECORDING = "recording.json"
MOST_IDS = 255
"""LeRobot keeps a segmentation as a picture of 8 bits."""
BOOLEAN = ("next.done", "next.success")


def fill(recording: Recording, number: int, form: str, folder: Path) -> None:
    """Put one episode into a folder of a `Store`.

    Args:
        recording: the episode; each frame is read once.
        number: which one it is.
        form: name of the kind of log.
        folder: where; has `videos/`.

    Raises:
        BadRecording: if a frame cannot be read.
        InvalidValue: if it is shorter than two frames, a camera's size is odd, or LeRobot would take a name for a picture.
    """
    file = folder / "truth.h5"
    with SeenWriter(file, form, len(recording), _rows(recording)) as writer:
        for camera, footage in recording.footage.items():
            writer.camera(plain(camera), _observations(footage))
    with closing(Truth(file)) as truth:
        seen = {camera: Lazy(len(recording), lambda t, camera=camera: truth.observation(camera, t)) for camera in truth.cameras}
        clips = {camera: _clip(truth, camera) for camera in truth.cameras}
        video.encode_clips(folder / "videos", recording.rate, clips, seen, "lerobot")
        highest = max(int(truth[f"camera/{camera}/instance"].max()) for camera in truth.cameras)
    photographs.write(folder, clips, {})
    write_json(folder / RECORDING, _facts(recording) | {"highest_id": highest})
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    columns = {"simgen/episode": number, "simgen/success": recording.success, "simgen/labels": "lerobot", "simgen/world": "raw"}
    columns |= {"simgen/simulator": form, "simgen/truth_sha256": digest, "simgen/pair": digest, "simgen/rendered_from": ""}
    write_json(folder / COLUMNS, columns)


def assemble(root: Path, shards: Sequence[Path], *, labels: Labels, job: dict, rejected: list[dict]) -> None:
    """The dataset of these episodes; arguments are those of `whole.assemble`.

    Raises:
        BadRecording: if episodes differ in what they have.
    """
    disable_progress_bars()
    told = [json.loads((shard / RECORDING).read_text()) for shard in shards]
    table = _features(shards, told)
    fps = told[0]["rate"]
    dataset, videos = begun(root, job["imported_from"], fps, told[0]["robot"], table)
    with VideoEncodingManager(dataset):
        for shard, one in zip(shards, told, strict=True):
            videos.folder = shard / "videos"
            drawn = photographs.read(shard)
            with Truth(shard / "truth.h5") as truth:
                for frame, row in enumerate(_lerobot_rows(truth, table)):
                    dataset.add_frame(row | photographs.row(drawn, frame) | {"task": one["task"]})
            dataset.save_episode(parallel_encoding=False)
    count_frames(root)
    columns = [read_columns(shard) for shard in shards]
    add_columns(root, columns, rejected, truth=False)
    for position, shard in enumerate(shards):
        place(shard / "truth.h5", root / TRUTH.format(position))
    said = [one | {"truth_sha256": column["simgen/truth_sha256"]} for one, column in zip(told, columns, strict=True)]
    found = list(dict.fromkeys(guess for one in told for guess in one["guesses"]))
    write_json(root / IMPORTED, {"format": job["format"], "imported_from": job["imported_from"], "guesses": found, "recordings": said})


def guesses(root: Path) -> tuple[str, ...]:
    """What the log of an imported dataset does not say, and what was taken instead."""
    return tuple(json.loads((root / IMPORTED).read_text())["guesses"])


def _observations(footage: Footage) -> Iterator[Observation]:
    """Of every frame; without flow where nobody knows the way of the camera."""
    before = None
    for frame in footage.frames:
        yield observed(frame, before)
        before = frame if footage.pose_known else None


def _clip(truth: Truth, camera: str) -> Clip:
    return Clip(truth[f"camera/{camera}/rgb"], "raw", ("raw",) * len(truth))


def _rows(recording: Recording) -> dict[str, np.ndarray]:
    """The numbers of every frame by LeRobot's keys, (T, N)."""
    named = {"action": recording.actions, "observation.state": recording.state}
    rows = {key: row for key, row in named.items() if row is not None}
    rows |= {f"next.{name}": np.asarray(row).reshape(-1, 1) for name, row in recording.outcome.items()}
    return rows | {f"gt.{plain(name)}": row for name, row in recording.numbers.items()}


def _facts(recording: Recording) -> dict:
    """What is said of the whole episode."""
    names = {"action": recording.action_names, "observation.state": recording.state_names}
    known = {camera: {"lens": footage.lens_known, "pose": footage.pose_known} for camera, footage in recording.footage.items()}
    facts = {"name": recording.name, "rate": recording.rate, "task": recording.task, "robot": recording.robot}
    return facts | {"names": names, "known": known, "guesses": recording.told}


def _features(shards: Sequence[Path], told: Sequence[dict]) -> dict[str, dict]:
    """LeRobot's description of a dataset of these episodes."""
    narrow = max(one["highest_id"] for one in told) <= MOST_IDS
    tables = []
    for shard, one in zip(shards, told, strict=True):
        with Truth(shard / "truth.h5") as truth:
            tables.append(_own_features(truth, one, narrow) | photographs.features(photographs.read(shard)))
        if (tables[-1], one["rate"]) != (tables[0], told[0]["rate"]):
            keys = {key for key in tables[0] | tables[-1] if tables[0].get(key) != tables[-1].get(key)} or {"its rate"}
            raise BadRecording(one["name"], f"it is not like {told[0]['name']} in {', '.join(sorted(keys)[:3])}, as episodes must be")
    return tables[0]


def _own_features(truth: Truth, said: dict, narrow: bool) -> dict[str, dict]:
    table = {}
    for camera in truth.cameras:
        known = said["known"][camera]
        leave = {f"gt.intrinsics_{camera}": not known["lens"], f"gt.world_T_{camera}": not known["pose"]}
        leave[f"{KEY}{camera}_seg"] = not narrow
        found = camera_features(camera, truth.view(camera, 0), "lerobot", {})
        table |= {key: feature for key, feature in found.items() if not leave.get(key)}
    for key in truth.recorded:
        width, prefix = truth[f"recorded/{key}"].shape[1], key.split(".")[-1]
        names = said["names"].get(key) or [f"{prefix}_{number}" for number in range(width)]
        table[key] = vector(names, "bool" if key in BOOLEAN else "float32")
    return table


def _lerobot_rows(truth: Truth, table: dict[str, dict]) -> Iterator[dict]:
    """What LeRobot's `add_frame` takes, one a frame: blank for what is in a video."""
    videos = {key: one["shape"] for key, one in table.items() if one["dtype"] == "video"}
    blank = {key: np.zeros(shape, np.uint8 if shape[2] == 3 else np.float32) for key, shape in videos.items()}
    rows = {key: truth[f"recorded/{key}"].astype(table[key]["dtype"]) for key in truth.recorded}
    cameras = {camera: camera_rows(truth, camera) for camera in truth.cameras}
    for frame in range(len(truth)):
        row = blank | {key: values[frame] for key, values in rows.items()}
        for camera, (matrices, lens) in cameras.items():
            seen = {f"gt.world_T_{camera}": matrices[frame], f"gt.intrinsics_{camera}": lens}
            seen[f"{KEY}{camera}_seg"] = Image.fromarray(truth.frame(camera, "instance", frame).astype(np.uint8))
            row |= {key: value for key, value in seen.items() if key in table}
        yield row
