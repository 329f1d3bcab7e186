"""ManiSkill 3: batched tensors, depth in whole millimetres; as `mani_skill.sensors.camera` and `mani_skill.render.shaders` write them."""

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from simgen.arrays import Frame
from simgen.environment.wrap.choice import chosen
from simgen.environment.wrap.leaf import array, at, pictured, put
from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Intrinsics, Pose

DATA, PARAM = "sensor_data", "sensor_param"
NEEDED = {"rgb", "depth", "segmentation"}
HINT = "given: make the environment with obs_mode='rgb+depth+segmentation'"
MILLIMETRE = 1e-3


class ManiSkill:
    """Reads `sensor_data` and `sensor_param` of `obs_mode="rgb+depth+segmentation"` (`normal` and `albedo`, where they are asked for, are
    not read: theirs are another shader's). Time is `elapsed_steps` over the control frequency. Photographs take the place of `rgb`."""

    def __init__(self, env: gymnasium.Env | gymnasium.vector.VectorEnv, cameras: Sequence[str] | None = None):
        """Find the cameras.

        Raises:
            UnknownName: if one of those asked for is not there.
            InvalidValue: if none has pictures, depth and segmentation.
        """
        data = env.observation_space[DATA]
        self._env = env.unwrapped
        self.cameras = chosen(cameras, [name for name, one in data.items() if {*one} >= NEEDED], HINT)

    @staticmethod
    def recognises(env: gymnasium.Env | gymnasium.vector.VectorEnv) -> bool:
        """Whether the observation carries sensors as ManiSkill writes them."""
        space = env.observation_space
        return isinstance(space, gymnasium.spaces.Dict) and {DATA, PARAM} <= {*space}

    def frames(self, observation: Mapping, info: Mapping) -> dict[str, list[Frame]]:
        """One frame a row."""
        steps = array(info["elapsed_steps"] if "elapsed_steps" in info else self._env.elapsed_steps)
        seconds = np.atleast_1d(steps).astype(np.float64) / float(self._env.control_freq)
        return {camera: self._frames(camera, observation, seconds) for camera in self.cameras}

    def _frames(self, camera: str, observation: Mapping, seconds: np.ndarray) -> list[Frame]:
        data, param = observation[DATA][camera], observation[PARAM][camera]
        parts = {"rgb": data["rgb"], "depth": data["depth"], "ids": data["segmentation"]}
        parts = {name: array(part) for name, part in parts.items()}
        parts |= {"K": array(param["intrinsic_cv"]), "camera_T_world": array(param["extrinsic_cv"])}
        if parts["rgb"].ndim == 3:  # CPUGymWrapper takes the rows away
            parts = {name: part[None] for name, part in parts.items()}
        if len(seconds) != len(parts["rgb"]):
            raise InvalidValue("elapsed_steps", seconds.shape, f"one number a row, for {len(parts['rgb'])} rows")
        rows = [{name: part[row] for name, part in parts.items()} for row in range(len(seconds))]
        return [_frame(camera, one, now) for one, now in zip(rows, seconds.tolist(), strict=True)]

    def shown(self, observation: Mapping, pictures: Mapping[str, Sequence[np.ndarray]]) -> Mapping:
        """The photographs stand where `rgb` stood."""
        for camera, ones in pictures.items():
            path = (DATA, camera, "rgb")
            observation = put(observation, path, pictured(ones, at(observation, path)))
        return observation

    def space(self, space: gymnasium.Space) -> gymnasium.Space:
        """The same."""
        return space


def _frame(camera: str, given: Mapping[str, Any], seconds: float) -> Frame:
    depth = given["depth"][..., 0]
    step = MILLIMETRE if depth.dtype.kind in "iu" else 0.0
    # int16 holds 32.7 m and turns over beyond; nothing at all is 0
    metres = np.where(depth > 0, depth.astype(np.float32) * np.float32(step or 1), np.float32(np.inf))
    height, width = depth.shape
    K, camera_T_world = given["K"], np.eye(4)
    camera_T_world[:3] = given["camera_T_world"][:3]
    lens = Intrinsics(width, height, float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2]))
    view = CameraView(camera, lens, Pose.from_matrix(camera_T_world).inverse())
    ids = given["ids"][..., 0].astype(np.int32)
    return Frame(view, round(1e9 * seconds), given["rgb"][..., :3], metres, ids, depth_step=step)
