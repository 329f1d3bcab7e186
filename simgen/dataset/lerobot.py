"""Episodes as LeRobot sees them: the features of a dataset, one row a frame, and the writing of both.

| key | shape | what it is |
|---|---|---|
| `observation.images.<camera>` | (H, W, 3) | the world's photograph, H.264 |
| `observation.state` | (J + 1,) | arm joints in radians, then the gripper's opening in metres |
| `action` | (A,) | what was commanded after this frame |
| `next.reward`, `next.success` | (1,) | after the action: 1.0 when the task is done, else 0.0; whether it is |
| `next.done` | (1,) | whether this is the last frame |
| `simgen.subtask` | text | the caption of this stretch |
| `gt.sim_time_ns` | (1,) | simulated time, int64 |
| `gt.progress` | (1,) | 0 to 1; NaN without a task |
| `gt.joint_velocity`, `gt.joint_torque` | (J,) | rad/s, newton metres |
| `gt.tcp_wxyz` | (7,) | tool centre point in the world: position, then quaternion |
| `gt.<body>.pose_wxyz` | (7,) | world_T_body: position, then quaternion |
| `gt.<body>.velocity` | (6,) | linear in m/s, then angular in rad/s, world frame |
| `gt.<body>.contact_force` | (1,) | sum of the normal forces of every contact of the body, newtons |
| `gt.world_T_<camera>` | (16,) | camera pose, rows of the 4x4 matrix |
| `gt.intrinsics_<camera>` | (4,) | fx, fy, cx, cy in pixels |
| `simgen.source.<camera>`, `.valid.`, `.adherence.` | | who drew the photograph and what the gate said, `photographs.py` |

Numbers are float32 here, because LeRobot reads float64 so; the truth files hold every digit. All are one-dimensional,
because LeRobot cannot merge others. With `labels="lerobot"` every camera also has `observation.images.<camera>_depth`
(metres; LeRobot's 12-bit lossless depth video, linear from 0 to `DEPTH_MAX`, so that the error stays below
`DEPTH_ERROR`, both in `video.py`; what is farther, and the background, reads `DEPTH_MAX`) and `observation.images.<camera>_seg`
(semantic class ids; LeRobot reads id / 255). A policy takes every image for an input, so they are not there by default.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from datasets.utils import disable_progress_bars
from lerobot.datasets import dataset_writer
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.datasets.video_utils import VideoEncodingManager
from PIL import Image

from simgen.dataset import photographs
from simgen.dataset.truth import Truth
from simgen.dataset.video import DEPTH, KEY, RGB, Labels, ReadyVideos
from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Pose
from simgen.observation import State
from simgen.scenario.classes import CLASSES

VIDEO_FILE = 25
"""Megabytes; LeRobot copies the file it is filling for every episode it adds, so a small one keeps that short."""
HWC = ["height", "width", "channels"]
POSE = ["x", "y", "z", "qw", "qx", "qy", "qz"]
TWIST = ["vx", "vy", "vz", "wx", "wy", "wz"]


@dataclass(frozen=True)
class Part:
    """One finished episode on disk."""

    folder: Path
    """Holds its truth file, the folder `video.encode` wrote and what `photographs.write` kept."""

    @property
    def truth(self) -> Path:
        """Its truth file."""
        return self.folder / "truth.h5"

    @property
    def videos(self) -> Path:
        """Where its videos are."""
        return self.folder / "videos"


def write(root: Path, parts: Sequence[Part], labels: Labels = "none") -> None:
    """A LeRobot dataset of these episodes at `root`, which must not exist. No picture is encoded again.

    Raises:
        InvalidValue: as `features` does.
        DamagedDataset: if a truth file cannot be read.
    """
    disable_progress_bars()
    with Truth(parts[0].truth) as truth:
        scene = truth.scene
    fps, table = scene.control_rate, features(parts, labels)
    dataset, videos = begun(root, scene.name, fps, scene.robot.name if scene.robot else "none", table)
    with VideoEncodingManager(dataset), _nothing_to_embed(table):
        for part in parts:
            videos.folder = part.videos
            told = photographs.read(part.folder)
            with Truth(part.truth) as truth:
                for frame, row in enumerate(rows(truth, table)):
                    dataset.add_frame(row | photographs.row(told, frame))
            dataset.save_episode(parallel_encoding=False)


def features(parts: Sequence[Part], labels: Labels = "none") -> dict[str, dict]:
    """LeRobot's description of a dataset of these episodes: every body that is in any of them.

    Raises:
        InvalidValue: if LeRobot would take a name for an image, or episodes differ in their cameras or joints.
    """
    table, bodies, lenses = {}, {}, {}
    for part in parts:
        with Truth(part.truth) as truth:
            own = _common_features(truth, labels) | photographs.features(photographs.read(part.folder))
            if table and own != table:
                raise InvalidValue("an episode", truth.scene.episode, "like the others in cameras, joints, actions, classes and metrics")
            table = own
            bodies |= {body.name: None for body in truth.scene.bodies}
            for camera in truth.cameras:
                lens = {"simgen.K": truth[f"camera/{camera}/K"].tolist()}
                lens["simgen.distortion"] = truth[f"camera/{camera}/distortion"].tolist()
                lenses.setdefault(camera, []).append(lens)
    for camera, seen in lenses.items():
        if all(lens == seen[0] for lens in seen):
            for key in {f"{KEY}{camera}{suffix}" for suffix in ("", "_depth", "_seg")} & table.keys():
                table[key] = table[key] | {"info": table[key].get("info", {}) | seen[0]}
    for name in bodies:
        table |= _body_features(name)
    return table


def rows(truth: Truth, table: dict[str, dict]) -> Iterator[dict]:
    """What LeRobot's `add_frame` takes, one a frame: NaN for a body that this episode lacks, blank for what is in a video."""
    scene, states, actions = truth.scene, truth.states, truth["action/value"]
    captions = [part.text for part in truth.subtasks for _ in range(part.start, part.stop)]
    blank = {key: np.zeros(one["shape"], np.uint8) for key, one in table.items() if one["dtype"] == "video" and one["shape"][2] == 3}
    blank |= {key: np.zeros(one["shape"], np.float32) for key, one in table.items() if one["dtype"] == "video" and one["shape"][2] == 1}
    absent = {key: np.full(one["shape"], np.nan, np.float32) for key, one in table.items() if one["dtype"] == "float32"}
    owner = np.array([link.body for link in truth.links])
    cameras = {camera: camera_rows(truth, camera) for camera in truth.cameras}
    for t in range(len(truth)):
        row = blank | absent | _arm(truth, states[t]) | _bodies(truth, states[t], owner) | _outcome(states[t + 1], last=t == len(truth) - 1)
        row |= {"task": scene.instruction or scene.description or scene.name, "simgen.subtask": captions[t]}
        row |= {"gt.sim_time_ns": np.array([states[t].time_ns], np.int64), "gt.progress": np.array([states[t].progress], np.float32)}
        if "action" in table:
            row["action"] = actions[t].astype(np.float32)
        for camera, (matrices, lens) in cameras.items():
            row |= {f"gt.world_T_{camera}": matrices[t], f"gt.intrinsics_{camera}": lens}
            if f"{KEY}{camera}_seg" in table:
                row[f"{KEY}{camera}_seg"] = Image.fromarray(truth.frame(camera, "semantic", t).astype(np.uint8))
        yield row


def _common_features(truth: Truth, labels: Labels) -> dict[str, dict]:
    """All but the bodies."""
    joints, actions = truth.joint_names, truth.action_names
    table = {}
    for camera in truth.cameras:
        table |= camera_features(camera, truth.view(camera, 0), labels, CLASSES | truth.scene.classes)
    if joints:
        table["observation.state"] = vector([*joints, "gripper"])
        table |= {"gt.joint_velocity": vector(joints), "gt.joint_torque": vector(joints), "gt.tcp_wxyz": vector(POSE)}
    if actions:
        table["action"] = vector(actions)
    table |= {"next.reward": vector(["reward"]), "gt.progress": vector(["progress"])}
    table |= {key: vector([key.removeprefix("next.")], "bool") for key in ("next.done", "next.success")}
    return table | {"gt.sim_time_ns": vector(["ns"], "int64"), "simgen.subtask": vector(None, "string")}


def vector(names: Sequence[str] | None, dtype: str = "float32") -> dict:
    return {"dtype": dtype, "shape": (len(names or [""]),), "names": names and list(names)}


def plain(name: str) -> str:
    if "image" in name:
        raise InvalidValue("a name in the dataset", name, "free of the word 'image', by which LeRobot knows pictures")
    return name


def _body_features(name: str) -> dict[str, dict]:
    return {
        f"gt.{plain(name)}.pose_wxyz": vector(POSE),
        f"gt.{name}.velocity": vector(TWIST),
        f"gt.{name}.contact_force": vector(["newtons"]),
    }


def begun(root: Path, name: str, fps: int, robot: str | None, table: dict[str, dict]) -> tuple[LeRobotDataset, ReadyVideos]:
    """An empty dataset whose videos are there already, and where they are looked for.

    Args:
        root: where; must not exist.
        name: in LeRobot's `simgen/NAME`.
        fps: frames a second.
        robot: LeRobot's robot type.
        table: features by key.
    """
    dataset = LeRobotDataset.create(
        f"simgen/{name}",
        fps=fps,
        root=root,
        robot_type=robot,
        features=table,
        rgb_encoder=RGB,
        depth_encoder=DEPTH,
        streaming_encoding=True,
        video_files_size_in_mb=VIDEO_FILE,
        video_backend="pyav",  # asked for any other, LeRobot prints a hundred lines where the system has no FFmpeg
    )
    dataset.writer._streaming_encoder = videos = ReadyVideos(fps)
    return dataset, videos


def camera_features(camera: str, view: CameraView, labels: Labels, classes: dict[str, int]) -> dict[str, dict]:
    """LeRobot's features of one camera, by key: its video, pose and lens and, with labels, its depth and segmentation.

    Args:
        camera: its name.
        view: for its size.
        labels: `lerobot` adds depth and segmentation.
        classes: class names to ids.
    """
    height, width = view.intrinsics.height, view.intrinsics.width
    key = f"{KEY}{plain(camera)}"
    table = {
        key: {"dtype": "video", "shape": (height, width, 3), "names": HWC},
        f"gt.world_T_{camera}": vector([f"{i}{j}" for i in range(4) for j in range(4)]),
        f"gt.intrinsics_{camera}": vector(["fx", "fy", "cx", "cy"]),
    }
    if labels == "lerobot":
        if camera.endswith(("_depth", "_seg")):
            raise InvalidValue("a camera's name", camera, "without _depth or _seg at its end, which the labels carry")
        info = {"is_depth_map": False, "simgen.ids": {str(number): name for name, number in classes.items()}}
        table[f"{key}_depth"] = {"dtype": "video", "shape": (height, width, 1), "names": HWC, "info": {"is_depth_map": True}}
        table[f"{key}_seg"] = {"dtype": "image", "shape": (height, width, 1), "names": HWC, "info": info}
    return table


def _arm(truth: Truth, state: State) -> dict:
    if not truth.joint_names:
        return {}
    return {
        "observation.state": np.array([*state.joint_position, state.gripper], np.float32),
        "gt.joint_velocity": state.joint_velocity.astype(np.float32),
        "gt.joint_torque": state.joint_torque.astype(np.float32),
        "gt.tcp_wxyz": state.tcp.row.astype(np.float32),
    }


def _bodies(truth: Truth, state: State, owner: np.ndarray) -> dict:
    touching = np.stack([owner[state.contacts.link_a], owner[state.contacts.link_b]])
    base = {link.body: row for row, link in enumerate(truth.links) if link.index == 0}
    row = {}
    for body in truth.scene.bodies:
        force = state.contacts.force[np.any(touching == body.id, axis=0)].sum()
        row[f"gt.{body.name}.pose_wxyz"] = state.link_pose[base[body.id]].astype(np.float32)
        row[f"gt.{body.name}.velocity"] = state.link_velocity[base[body.id]].astype(np.float32)
        row[f"gt.{body.name}.contact_force"] = np.array([force], np.float32)
    return row


def _outcome(after: State, *, last: bool) -> dict:
    return {
        "next.reward": np.array([after.success], np.float32),
        "next.success": np.array([after.success], bool),
        "next.done": np.array([last], bool),
    }


def camera_rows(truth: Truth, camera: str) -> tuple[np.ndarray, np.ndarray]:
    """Pose matrices, float32, (T, 16), and fx, fy, cx, cy, float32, (4,)."""
    matrices = [Pose.from_row(row).matrix.ravel() for row in truth[f"camera/{camera}/world_T_camera"]]
    return np.array(matrices, np.float32), truth[f"camera/{camera}/K"][[0, 1, 0, 1], [0, 1, 2, 2]].astype(np.float32)


@contextmanager
def _nothing_to_embed(table: dict[str, dict]) -> Iterator[None]:
    """LeRobot looks for pictures to embed row by row even where no feature has any, which is half the time it takes."""
    if any(feature["dtype"] == "image" for feature in table.values()):
        yield
        return
    embed = dataset_writer.embed_images
    dataset_writer.embed_images = lambda rows: rows
    try:
        yield
    finally:
        dataset_writer.embed_images = embed
