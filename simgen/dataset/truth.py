"""The physics truth of one episode in one HDF5 file, exact to the bit.

T frames, and T + 1 instants: row t of an instant table goes with frame t, and its last row is the state after the last
action. L links, B bodies in the order of `Scene.bodies` (the robot is a link, not a body), J arm joints, A numbers an
action, C contacts in all. SI units, world frame, quaternions w, x, y, z.

    attributes             format, simulator, scene_sha256
    scene                  the Scene as canonical JSON
    time_ns                (T+1,) simulated time
    link/                  body, index, name, semantic (L,); pose (T+1, L, 7); velocity (T+1, L, 6)
    robot/                 joint_names (J,); joint_position, joint_velocity, joint_torque (T+1, J); tcp (T+1, 7); gripper (T+1,)
    articulation/          names (N,); position (T+1, N) of the joints of the other articulated bodies
    body/                  id, name, label, semantic, restitution (B,); extent (B, 2, 3), its own frame; mass, friction (T+1, B);
                           position, linear_velocity, angular_velocity (T+1, B, 3); orientation_wxyz (T+1, B, 4);
                           box_3d (T+1, B, 8, 3) corners
    contact/               first_row (T+2,): rows first_row[t]:first_row[t+1] belong to instant t; frame, link_a, link_b,
                           force, distance (C,); position, normal, friction (C, 3)
    action/                names (A,); value (T, A)
    task/                  progress, success (T+1,)
    subtask/               start, stop (frames), start_ns, stop_ns, text
    camera/<name>/         attributes width, height, near, far; K (3, 3); distortion (5,); time_ns (T,); world_T_camera (T, 7)
        box_2d             (T, B, 4) u_min, v_min, u_max, v_max, pixel edges; NaN when unseen
        visible_pixels     (T, B)
        visibility         (T, B) visible pixels over those it would cover alone; NaN where nobody counted
        image_position     (T, B, 2) of the body's origin, pixels; NaN behind the camera
        depth, normal, flow (float32), instance, link, semantic (smallest integer that holds them), albedo, rgb,
        roughness, metallic (T, H, W, ...) as in `Observation`, one chunk a frame; rgb only where the simulator drew,
                           roughness and metallic only where someone knew them

Of what was imported (`imported.py`) nobody knows the Scene: there are the attributes format and simulator, action/value, of every camera
what stands in its group but for boxes, visibility and image positions, with `link` 0 and ids as wide as in memory, and

    recorded/<key>         (T, N) the rows of LeRobot's half, as they were recorded

Format 1 knew neither roughness nor metallic and is read like format 2. The light that falls on the scene is appearance,
not physics, and is not kept.

Bytes depend on the episode alone: not on its place in the dataset, the clock, the folder or the process. Maps are
compressed by HDF5's own gzip, level 1 after a byte shuffle, which every HDF5 library reads. A camera's frame of a
pick-and-place scene at 256 pixels, 2.36 MB, took 12.9 ms and 432 kB so; LZF, which h5py alone reads, 7.8 ms and 513 kB;
zlib outside HDF5 in one or two threads was no faster on a busy machine.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np

from simgen.dataset.episode import Episode, Subtask
from simgen.errors import DamagedDataset
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Contacts, Link, Observation, State, Trajectory
from simgen.scenario import Scene

FORMAT = 2
READABLE = (1, 2)
"""Formats that this version reads."""
CONTACTS = ("link_a", "link_b", "position", "normal", "force", "friction", "distance")
MAPS = ("depth", "instance", "link", "semantic", "normal", "flow", "albedo", "rgb", "roughness", "metallic")
IDS = ("instance", "link", "semantic")
"""Maps that are narrower on disk than in memory."""


def read(path: Path) -> Episode:
    """The whole episode, all but its photographs and package versions, as it was before it was written.

    Raises:
        DamagedDataset: if the file is missing or unreadable.
    """
    with Truth(path) as truth:
        return truth.episode()


class Truth:
    """A truth file open for reading; frames are read when asked for. `truth["body/position"]` is any table, whole.

    Raises:
        DamagedDataset: if the file is missing or unreadable, here or wherever something is read from it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        try:
            self._file = h5py.File(self.path, "r")
            form = self._file.attrs["format"]
        except (OSError, KeyError) as error:
            raise DamagedDataset(self.path, "not a readable truth file") from error
        if form not in READABLE:
            raise DamagedDataset(self.path, f"its format is {form}, and this version of SimGen reads {' and '.join(map(str, READABLE))}")

    def __enter__(self) -> "Truth":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()

    def __len__(self) -> int:
        """Frames."""
        return len(self["action/value"])

    def __getitem__(self, key: str) -> np.ndarray:
        """A table, or one camera's map at every frame, by its path in the layout."""
        return self._read(key, ())

    @cached_property
    def scene(self) -> Scene:
        """The concrete draw."""
        return Scene.model_validate_json(self._read("scene", ()))

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The link table."""
        columns = (self["link/body"], self["link/index"], self._words("link/name"), self["link/semantic"])
        return tuple(Link(int(body), int(index), name, int(semantic)) for body, index, name, semantic in zip(*columns, strict=True))

    @cached_property
    def subtasks(self) -> tuple[Subtask, ...]:
        """Captions in order."""
        spans = zip(self["subtask/start"], self["subtask/stop"], self._words("subtask/text"), strict=True)
        return tuple(Subtask(int(start), int(stop), text) for start, stop, text in spans)

    @cached_property
    def joint_names(self) -> tuple[str, ...]:
        """The arm's joints, (J,)."""
        return self._words("robot/joint_names")

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        """(A,)."""
        return self._words("action/names")

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names, in order."""
        return tuple(self._file["camera"]) if "camera" in self._file else ()

    @property
    def recorded(self) -> tuple[str, ...]:
        """Keys of the rows that were imported, in order."""
        return tuple(self._file["recorded"]) if "recorded" in self._file else ()

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The state at every frame and after the last action, (T + 1,)."""
        return tuple(self._states())

    def count(self, camera: str) -> dict[str, int]:
        """How many frames there are of every map of a camera."""
        return {name: len(self._file[f"camera/{camera}/{name}"]) for name in MAPS if name in self._file[f"camera/{camera}"]}

    def observation(self, camera: str, frame: int) -> Observation:
        """What a camera saw at one frame."""
        maps = {name: self.frame(camera, name, frame) for name in MAPS if name in self._file[f"camera/{camera}"]}
        maps |= {name: maps[name].astype(np.int32) for name in IDS}
        return Observation(view=self.view(camera, frame), time_ns=int(self._read(f"camera/{camera}/time_ns", frame)), **maps)

    def frame(self, camera: str, name: str, frame: int) -> np.ndarray:
        """One map of one frame, (H, W, ...), as narrow as it is on disk."""
        return self._read(f"camera/{camera}/{name}", frame)

    def view(self, camera: str, frame: int) -> CameraView:
        """Where a camera was at one frame."""
        group = self._file[f"camera/{camera}"]
        K, distortion = self[f"camera/{camera}/K"], self[f"camera/{camera}/distortion"]
        size = int(group.attrs["width"]), int(group.attrs["height"])
        lens = Intrinsics(*size, *(float(K[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2))), tuple(map(float, distortion)))
        pose = Pose.from_row(self._read(f"camera/{camera}/world_T_camera", frame))
        return CameraView(camera, lens, pose, float(group.attrs["near"]), float(group.attrs["far"]))

    def episode(self, seen: Mapping[str, Sequence[Observation]] | None = None) -> Episode:
        """Everything, as an Episode without photographs and package versions; `seen` stands in for reading every map."""
        if seen is None:
            seen = {camera: tuple(self.observation(camera, t) for t in range(len(self))) for camera in self.cameras}
        return Episode(
            scene=self.scene,
            links=self.links,
            trajectory=Trajectory(self.states[:-1], self["action/value"], seen),
            final=self.states[-1],
            action_names=self.action_names,
            joint_names=self.joint_names,
            clips={},
            subtasks=self.subtasks,
            simulator=str(self._file.attrs["simulator"]),
            visibility={camera: shares for camera, shares in self._visibility() if not np.isnan(shares).all()},
        )

    def _visibility(self) -> Iterator[tuple[str, np.ndarray]]:
        return ((camera, self[f"camera/{camera}/visibility"]) for camera in self.cameras)

    def _states(self) -> Iterator[State]:
        rows = {name: self[f"link/{name.removeprefix('link_')}"] for name in ("link_pose", "link_velocity")}
        rows |= {name: self[f"robot/{name}"] for name in ("joint_position", "joint_velocity", "joint_torque")}
        rows |= {name: self[f"body/{name}"] for name in ("mass", "friction")}
        numbers = {"time_ns": self["time_ns"], "gripper": self["robot/gripper"]}
        numbers |= {name: self[f"task/{name}"] for name in ("progress", "success")}
        tcp, joints, angles = self["robot/tcp"], self._words("articulation/names"), self["articulation/position"]
        for t, contacts in enumerate(self._contacts()):
            yield State(
                tcp=Pose.from_row(tcp[t]),
                articulation=dict(zip(joints, map(float, angles[t]), strict=True)),
                contacts=contacts,
                **{name: row[t] for name, row in rows.items()},
                **{name: number[t].item() for name, number in numbers.items()},
            )

    def _contacts(self) -> Iterator[Contacts]:
        columns, first_row = {name: self[f"contact/{name}"] for name in CONTACTS}, self["contact/first_row"]
        for start, stop in zip(first_row[:-1], first_row[1:], strict=True):
            yield Contacts(**{name: column[start:stop] for name, column in columns.items()})

    def _words(self, key: str) -> tuple[str, ...]:
        return tuple(word.decode() for word in self[key])

    def _read(self, key: str, where) -> np.ndarray:
        try:
            return self._file[key][where]
        except (OSError, KeyError, RuntimeError) as error:
            raise DamagedDataset(self.path, f"{key} cannot be read") from error
