"""MuJoCo environments of Gymnasium and Gymnasium-Robotics, drawn by the renderer that they have."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict

from simgen.arrays import Frame
from simgen.environment.wrap.choice import chosen
from simgen.environment.wrap.leaf import Path, at, pictured, put
from simgen.environment.wrap.mjscene import drawn_by, frame_of, view_of
from simgen.errors import InvalidValue

RENDER = "render"
"""The camera that `env.render()` shows."""
PIXELS, STATE = "pixels", "state"
HINT = "there"


class MuJoCo:
    """Reads `env.unwrapped.mujoco_renderer`, of an environment made with `render_mode="rgb_array"`. Cameras are those of the model, and
    `render`, the one that `env.render()` shows, which alone is taken where nobody says.

    Photographs take the place of a picture that stands in the observation, as that of `AddRenderObservation`; else they come under
    `pixels`, camera by camera, beside what was there, and an observation that is no dictionary goes under `state`.
    """

    def __init__(self, env: gymnasium.Env, cameras: Sequence[str] | None = None):
        """Find the cameras.

        Raises:
            UnknownName: if one of those asked for is not there.
            InvalidValue: if the environment draws no pictures, or shows one and several cameras are asked for.
        """
        self._env = env.unwrapped
        if env.render_mode != "rgb_array":
            raise InvalidValue("render_mode", env.render_mode, "'rgb_array', so that there are pictures")
        model = self._env.model
        named = [model.camera(number).name for number in range(model.ncam)]
        self.cameras = chosen((RENDER,) if cameras is None else cameras, (RENDER, *named), HINT)
        self._place = _picture(env.observation_space)
        if self._place is not None and len(self.cameras) > 1:
            raise InvalidValue("cameras", self.cameras, "a single one, for the observation holds a single picture")

    @staticmethod
    def recognises(env: gymnasium.Env | gymnasium.vector.VectorEnv) -> bool:
        """Whether it has a model and Gymnasium's renderer."""
        return hasattr(env.unwrapped, "mujoco_renderer") and hasattr(env.unwrapped, "model")

    def frames(self, observation: Any, info: Mapping) -> dict[str, list[Frame]]:
        """One frame a camera."""
        picture = self._env.render()  # moves what is only drawn, as goals are, and makes the viewer
        return {camera: [self._frame(camera, picture)] for camera in self.cameras}

    def _frame(self, camera: str, picture: np.ndarray) -> Frame:
        renderer, model = self._env.mujoco_renderer, self._env.model
        viewer = renderer.viewer
        number = renderer.camera_id if camera == RENDER else model.camera(camera).id
        rgb = picture if camera == RENDER else viewer.render("rgb_array", number)
        drawn, buffer = drawn_by(lambda: _drawn(viewer, number), viewer.vopt, model)
        view = view_of(camera, viewer.scn.camera, buffer.shape)
        return frame_of(view, model, self._env.data, rgb, buffer, drawn)

    def shown(self, observation: Any, pictures: Mapping[str, Sequence[np.ndarray]]) -> Any:
        """Photographs in place of the picture, or beside what was there."""
        if self._place is not None:
            (ones,) = pictures.values()
            return put(observation, self._place, pictured(ones, at(observation, self._place)))
        beside = observation if isinstance(observation, Mapping) else {STATE: observation}
        return {**beside, PIXELS: {camera: ones[0] for camera, ones in pictures.items()}}

    def space(self, space: gymnasium.Space) -> gymnasium.Space:
        """The same, or with `pixels` beside what was there."""
        if self._place is not None:
            return space
        size = self._env.mujoco_renderer.height, self._env.mujoco_renderer.width, 3
        pixels = Dict({camera: Box(0, 255, size, np.uint8) for camera in self.cameras})
        beside = dict(space.spaces) if isinstance(space, Dict) else {STATE: space}
        return Dict({**beside, PIXELS: pixels})


def _picture(space: gymnasium.Space) -> Path | None:
    """Where the observation holds a picture."""
    parts = {(key,): part for key, part in space.items()} if isinstance(space, Dict) else {(): space}
    found = [path for path, part in parts.items() if isinstance(part, Box) and part.dtype == np.uint8 and len(part.shape) == 3]
    return found[0] if found else None


def _drawn(viewer: Any, camera: int) -> tuple[np.ndarray, np.ndarray]:
    """Kind and id of what is drawn in every pixel, int32, (H, W, 2), -1 where nothing is, and the depth buffer, float32, (H, W).

    The viewer's own `segmentation=True` overflows in numpy 2, whose bytes do not grow when they are multiplied.
    """
    flags = sys.modules["mujoco"].mjtRndFlag  # whoever made the environment has imported it
    for flag in (flags.mjRND_SEGMENT, flags.mjRND_IDCOLOR):
        viewer.scn.flags[flag] = 1
    colours, buffer = viewer.render("rgbd_tuple", camera)
    for flag in (flags.mjRND_SEGMENT, flags.mjRND_IDCOLOR):
        viewer.scn.flags[flag] = 0
    red, green, blue = np.moveaxis(colours.astype(np.int32), -1, 0)
    number = red + (green << 8) + (blue << 16)
    table = np.full((viewer.scn.ngeom + 1, 2), -1, np.int32)
    for geom in (viewer.scn.geoms[place] for place in range(viewer.scn.ngeom)):
        if geom.segid >= 0:
            table[geom.segid + 1] = int(geom.objtype), geom.objid
    return table[np.where(number > viewer.scn.ngeom, 0, number)], buffer
