"""SimGen's own convention: an observation that carries what its cameras gave."""

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Dict

from simgen.arrays import Frame
from simgen.environment.wrap.choice import chosen
from simgen.environment.wrap.leaf import array, at, pictured, put
from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Intrinsics, Pose

CAMERAS, TIME = "cameras", "time_s"
NEEDED = {"rgb", "depth", "instance", "K", "world_T_camera"}
OPTIONAL = ("semantic", "normal", "flow", "albedo")
HINT = f"in observation['{CAMERAS}'], each with {', '.join(sorted(NEEDED))}, and observation['{TIME}'] beside them"


class Plain:
    """Reads `observation["cameras"][name]`: `rgb`, `depth`, `instance` and, where they are known, `semantic`, `normal`, `flow` and
    `albedo`, as `simgen.arrays.Frame` says; `K`, float, (3, 3), in pixels; `world_T_camera`, float, (4, 4), of a camera that looks along
    its z with y down; and `observation["time_s"]`, seconds since the episode began. Photographs take the place of `rgb`."""

    def __init__(self, env: gymnasium.Env | gymnasium.vector.VectorEnv, cameras: Sequence[str] | None = None):
        """Find the cameras.

        Raises:
            UnknownName: if one of those asked for is not there.
            InvalidValue: if none is.
        """
        self.cameras = chosen(cameras, _cameras(env.observation_space), HINT)

    @staticmethod
    def recognises(env: gymnasium.Env | gymnasium.vector.VectorEnv) -> bool:
        """Whether the observation carries such cameras."""
        return bool(_cameras(env.observation_space))

    def frames(self, observation: Mapping, info: Mapping) -> dict[str, list[Frame]]:
        """One frame a row."""
        seconds = np.atleast_1d(array(observation[TIME])).reshape(-1)
        return {camera: self._frames(camera, observation[CAMERAS][camera], seconds) for camera in self.cameras}

    def _frames(self, camera: str, given: Mapping, seconds: np.ndarray) -> list[Frame]:
        parts = {name: array(given[name]) for name in (*NEEDED, *OPTIONAL) if name in given}
        if parts["depth"].ndim == 2:
            parts = {name: part[None] for name, part in parts.items()}
        if len(seconds) != len(parts["depth"]):
            raise InvalidValue(f"observation['{TIME}']", seconds.shape, f"one number a row, for {len(parts['depth'])} rows")
        rows = [{name: part[row] for name, part in parts.items()} for row in range(len(seconds))]
        return [_frame(camera, one, now) for one, now in zip(rows, seconds.tolist(), strict=True)]

    def shown(self, observation: Mapping, pictures: Mapping[str, Sequence[np.ndarray]]) -> Mapping:
        """The photographs stand where `rgb` stood."""
        for camera, ones in pictures.items():
            path = (CAMERAS, camera, "rgb")
            observation = put(observation, path, pictured(ones, at(observation, path)))
        return observation

    def space(self, space: gymnasium.Space) -> gymnasium.Space:
        """The same."""
        return space


def _cameras(space: Any) -> list[str]:
    if not isinstance(space, Dict) or not {CAMERAS, TIME} <= {*space} or not isinstance(space[CAMERAS], Dict):
        return []
    return [name for name, one in space[CAMERAS].items() if isinstance(one, Dict) and {*one} >= NEEDED]


def _frame(camera: str, given: Mapping[str, np.ndarray], seconds: float) -> Frame:
    height, width = given["depth"].shape
    K = given["K"]
    lens = Intrinsics(width, height, *(float(K[place]) for place in ((0, 0), (1, 1), (0, 2), (1, 2))))
    view = CameraView(camera, lens, Pose.from_matrix(given["world_T_camera"]))
    maps = {name: given[name] for name in ("rgb", "depth", "instance", *OPTIONAL) if name in given}
    return Frame(view, round(1e9 * seconds), **maps)
