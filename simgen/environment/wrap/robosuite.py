"""robosuite: its pictures, and depth, ids and poses from the simulation behind them."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from simgen.arrays import Frame
from simgen.environment.wrap.choice import chosen
from simgen.environment.wrap.leaf import array, at, pictured, put
from simgen.environment.wrap.mjscene import drawn_by, frame_of, view_of

IMAGE = "_image"
HINT = "shown: make the environment with use_camera_obs=True, and its GymWrapper with flatten_obs=False"


class Robosuite:
    """Reads `<camera>_image` of a `GymWrapper(env, flatten_obs=False)`; what else a camera would give is drawn once more by `env.sim`,
    so that the environment need not be made with `camera_depths` and `camera_segmentations`, and the motion of every body is known.
    Photographs take the place of the pictures, upside down where those are: robosuite's own default, `macros.IMAGE_CONVENTION`."""

    def __init__(self, env: gymnasium.Env, cameras: Sequence[str] | None = None):
        """Find the cameras.

        Raises:
            UnknownName: if one of those asked for is not there.
            InvalidValue: if the observation shows none.
        """
        self._env = env.unwrapped
        shown = [name for name in self._env.camera_names if name + IMAGE in _keys(env.observation_space)]
        self.cameras = chosen(cameras, shown, HINT)

    @staticmethod
    def recognises(env: gymnasium.Env | gymnasium.vector.VectorEnv) -> bool:
        """Whether it has robosuite's simulation and cameras."""
        return hasattr(env.unwrapped, "sim") and hasattr(env.unwrapped, "camera_names")

    def frames(self, observation: Mapping, info: Mapping) -> dict[str, list[Frame]]:
        """One frame a camera."""
        return {camera: [self._frame(camera, array(observation[camera + IMAGE]))] for camera in self.cameras}

    def _frame(self, camera: str, picture: np.ndarray) -> Frame:
        sim, size = self._env.sim, picture.shape[:2]
        renderer, asked = sim._render_context_offscreen, {"camera_name": camera, "height": size[0], "width": size[1]}
        drawn, buffer = drawn_by(lambda: sim.render(**asked, depth=True, segmentation=True), renderer.vopt, sim.model)
        view = view_of(camera, renderer.scn.camera, size)
        return frame_of(view, sim.model, sim.data, picture[:: _downwards()], buffer[::-1], drawn[::-1])

    def shown(self, observation: Mapping, pictures: Mapping[str, Sequence[np.ndarray]]) -> Mapping:
        """The photographs stand where the pictures stood, as they stood."""
        for camera, ones in pictures.items():
            path = (camera + IMAGE,)
            observation = put(observation, path, pictured([one[:: _downwards()] for one in ones], at(observation, path)))
        return observation

    def space(self, space: gymnasium.Space) -> gymnasium.Space:
        """The same."""
        return space


def _keys(space: Any) -> set[str]:
    return {*space} if isinstance(space, gymnasium.spaces.Dict) else set()


def _downwards() -> int:
    """-1 where robosuite hands out pictures whose lowest row comes first, else 1."""
    macros = sys.modules.get("robosuite.macros")  # whoever made the environment has imported it
    return 1 if getattr(macros, "IMAGE_CONVENTION", "opengl") == "opencv" else -1
