"""HDF5 of robomimic, as its `dataset_states_to_obs.py --depth` makes it of robosuite's demonstrations.

Beside what `demonstrations.py` says, read are the conventions of robomimic 0.5: `<camera>_image` and `<camera>_depth`, upright, depth in
metres, nothing beyond `FAR`; `states`, MuJoCo's, flat; `rewards`, `dones`; the rate from `env_args["env_kwargs"]["control_freq"]`; the
instruction from `ep_meta["lang"]`, where a demonstration has one. robomimic itself records no segmentation: it has to stand beside the
pictures.

`camera_info` of a demonstration has intrinsics, and as extrinsics world_T_camera with OpenCV's axes; but of a camera `eye_in_hand`
world_T_camera of the first frame times eef_T_world of the same. That one's way is followed by `robot<n>_eef_pos` and
`robot<n>_eef_quat_site` (x, y, z, w; robosuite 1.5); `robot<n>_eef_quat` is another body's orientation, so that without the former nobody
knows the pose.
"""

from pathlib import Path

import numpy as np

from simgen.dataset.recording import Recording
from simgen.errors import BadRecording, SimGenError
from simgen.geometry import Pose
from simgen.importing.cameras import Said
from simgen.importing.demonstrations import Demonstrations
from simgen.importing.pace import pace

STATES = (("joint_pos", "gripper_qpos"), ("eef_pos", "eef_quat", "gripper_qpos"))
"""Observations of robot0 that make up the state: the first of these that is whole."""
IN_HAND = "eye_in_hand"
FAR = 20.0
"""Metres: no room of robosuite is so long, and its far plane, at which MuJoCo draws the sky, is farther."""


class Robomimic:
    """Such a file as a log.

    Raises:
        BadRecording: if it cannot be read.
    """

    def __init__(self, source: Path):
        self._demos = Demonstrations(source)
        self._container = self._demos.container

    @staticmethod
    def recognises(source: Path) -> bool:
        """Whether it has demonstrations."""
        return Demonstrations.are_in(source)

    def __len__(self) -> int:
        return len(self._demos.names)

    def episode(self, number: int) -> Recording:
        """One demonstration.

        Raises:
            BadRecording: if an array is not what it should be.
            LacksControls: if no camera has depth and segmentation.
        """
        demos, demo = self._demos, self._demos.names[number]
        kwargs = said if isinstance(said := demos.env_args.get("env_kwargs"), dict) else {}
        rate, guesses = pace(demos.beside.fps or kwargs.get("control_freq"))
        seen, left_out = demos.footage(demo, rate, self._known(demo), FAR)
        length = demos.length(demo)
        numbers = demos.observed(demo)
        if len(self._container.shape(f"data/{demo}/states") or ()) == 2:
            numbers["states"] = self._container.table(f"data/{demo}/states", length)
        parts = next((keys for names in STATES if (keys := [f"obs.robot0_{name}" for name in names])[0] in numbers), [])
        state = [numbers[key] for key in parts if key in numbers]
        robots = kwargs.get("robots") or "unknown"
        return Recording(
            demos.short(demo),
            rate,
            seen,
            actions=self._container.table(f"data/{demo}/actions", length),
            state=np.concatenate(state, axis=1) if state else None,
            numbers=numbers,
            outcome=demos.outcome(demo),
            task=self._task(demo),
            robot="+".join(map(str, robots)) if isinstance(robots, list) else str(robots),
            guesses=guesses + left_out,
        )

    def _task(self, demo: str) -> str:
        language = self._container.described(f"data/{demo}", "ep_meta").get("lang")
        return self._demos.beside.task or str(language or self._demos.env_args.get("env_name") or "recorded")

    def _known(self, demo: str) -> dict[str, Said]:
        """Camera to its lens and its pose, one for all frames or one a frame."""
        found = {}
        for camera, info in self._container.described(f"data/{demo}", "camera_info").items():
            try:
                K, E = (np.array(info[name], np.float64) for name in ("intrinsics", "extrinsics"))
                K, E = K.reshape(3, 3), E.reshape(4, 4)
            except (KeyError, TypeError, ValueError) as error:
                problem = f"camera_info of '{camera}' has no intrinsics, 3x3, and extrinsics, 4x4"
                raise BadRecording(self._demos.place(demo), problem) from error
            stood = self._held(demo, camera, E) if IN_HAND in camera else E[None]
            found[camera] = Said.model_construct(intrinsics=K.tolist(), world_T_camera=stood.tolist())
        return found

    def _held(self, demo: str, camera: str, first: np.ndarray) -> np.ndarray:
        """world_T_camera of a camera in the hand, (T, 4, 4); (0, 4, 4) where nobody knows."""
        robot, length = camera.split("_")[0], self._demos.length(demo)
        keys = [f"data/{demo}/obs/{robot}_{name}" for name in ("eef_pos", "eef_quat_site")]
        if any(self._container.shape(key) is None for key in keys):
            return np.zeros((0, 4, 4))
        position, xyzw = (self._container.table(key, length) for key in keys)
        try:
            hand = [Pose.from_xyzw(*one).matrix for one in zip(position, xyzw, strict=True)]
        except (SimGenError, ValueError) as error:
            raise BadRecording(f"{self._container.path}: {keys[1]}", "no quaternions x, y, z, w of the hand") from error
        eef_T_camera = np.linalg.inv(hand[0]) @ first @ hand[0]
        return np.array([world_T_eef @ eef_T_camera for world_T_eef in hand])
