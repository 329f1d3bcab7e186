"""Isaac Lab 2 and 3: cameras of the scene, read beside the observation; as `isaaclab.sensors.camera` writes them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from simgen.arrays import Frame
from simgen.environment.wrap.choice import chosen
from simgen.environment.wrap.leaf import Path, array, at, put
from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Intrinsics, Pose

COLOUR = ("rgb", "rgba")
DEPTH = ("distance_to_image_plane", "depth")
IDS = ("instance_id_segmentation_fast", "instance_segmentation_fast", "instance_segmentation", "semantic_segmentation")
HINT = "in env.scene.sensors with data_types that hold 'rgb', 'distance_to_image_plane' and 'instance_id_segmentation_fast'"
UNLABELLED = 1
"""The id of what has none; 0 is what lies beyond everything."""


ENCODINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bytes": lambda pictures: pictures,
    "shares": lambda pictures: pictures.astype(np.float32) / 255,
    "less their mean": lambda pictures: pictures.astype(np.float32) / 255 - (pictures / 255).mean((1, 2), keepdims=True, dtype=np.float32),
}
"""What `mdp.image` and the direct environments make of pictures, uint8, (N, H, W, 3)."""


class IsaacLab:
    """Reads `env.unwrapped.scene.sensors`, in every row from its own origin, and replaces the copies of their pictures that stand in the
    observation: whatever equals a camera's `rgb` there, channels last or first, as bytes, as floats from 0 to 1, or less their mean as
    `mdp.image` has it. A camera that moves must be made with `update_latest_camera_pose=True`. Time is `episode_length_buf` times the
    control step."""

    def __init__(self, env: gymnasium.Env, cameras: Sequence[str] | None = None):
        """Find the cameras.

        Raises:
            UnknownName: if one of those asked for is not there.
            InvalidValue: if none has pictures, depth and segmentation.
        """
        self._env = env.unwrapped
        sensors = self._env.scene.sensors
        self.cameras = chosen(cameras, [name for name, one in sensors.items() if _complete(getattr(one, "data", None))], HINT)

    @staticmethod
    def recognises(env: gymnasium.Env | gymnasium.vector.VectorEnv) -> bool:
        """Whether there is a scene with sensors."""
        return hasattr(getattr(env.unwrapped, "scene", None), "sensors")

    def frames(self, observation: Any, info: Mapping) -> dict[str, list[Frame]]:
        """One frame a row."""
        scene = self._env.scene
        seconds = array(self._env.episode_length_buf) * float(self._env.step_dt)
        origins = array(scene.env_origins).astype(np.float64)
        return {camera: _frames(camera, scene.sensors[camera], origins, seconds.tolist()) for camera in self.cameras}

    def shown(self, observation: Any, pictures: Mapping[str, Sequence[np.ndarray]]) -> Any:
        """The photographs stand where copies of `rgb` stood.

        Raises:
            InvalidValue: if there is none.
        """
        for camera, ones in pictures.items():
            replaced = np.stack(ones)
            for path, encode in _copies(camera, observation, _colour(self._env.scene.sensors[camera].data)):
                observation = put(observation, path, at(observation, path).new_tensor(encode(replaced)))
        return observation

    def space(self, space: gymnasium.Space) -> gymnasium.Space:
        """The same."""
        return space


def _complete(data: Any) -> bool:
    output = getattr(data, "output", None) or {}
    return all(_first(output, names) is not None for names in (COLOUR, DEPTH, IDS))


def _first(output: Mapping, names: Sequence[str]) -> Any:
    return next((output[name] for name in names if output.get(name) is not None), None)


def _colour(data: Any) -> np.ndarray:
    """uint8, (N, H, W, 3)."""
    return array(_first(data.output, COLOUR))[..., :3]


def _frames(camera: str, sensor: Any, origins: np.ndarray, seconds: Sequence[float]) -> list[Frame]:
    data = sensor.data
    colour, depth, ids = _colour(data), array(_first(data.output, DEPTH))[..., 0], _ids(array(_first(data.output, IDS)))
    # what is clipped stands at 0 or at the far end, as depth_clipping_behavior says
    seen = np.isfinite(depth) & (depth > 0) & (depth < float(sensor.cfg.spawn.clipping_range[1]))
    depth = np.where(seen, depth, np.float32(np.inf)).astype(np.float32)
    place, turn, K = array(data.pos_w).astype(np.float64) - origins, array(data.quat_w_ros), array(data.intrinsic_matrices)
    posed = Pose.from_xyzw if hasattr(data.quat_w_ros, "torch") else Pose.from_wxyz  # version 3 holds warp arrays, and x, y, z, w
    height, width = depth.shape[1:]
    frames = []
    for row, now in enumerate(seconds):
        lens = Intrinsics(width, height, *(float(K[row][at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2))))
        view = CameraView(camera, lens, posed(place[row], turn[row]))
        frames.append(Frame(view, round(1e9 * now), colour[row], depth[row], ids[row]))
    return frames


def _ids(given: np.ndarray) -> np.ndarray:
    """Int32, (N, H, W), from ids, (N, H, W, 1), or their colours, uint8, (N, H, W, 4), of which black is what has no label."""
    if given.shape[-1] == 1:
        return np.where(given[..., 0] == UNLABELLED, 0, given[..., 0]).astype(np.int32)
    red, green, blue = np.moveaxis(given[..., :3].astype(np.int32), -1, 0)
    return red + (green << 8) + (blue << 16)


def _copies(camera: str, observation: Any, colour: np.ndarray) -> list[tuple[Path, Callable[[np.ndarray], np.ndarray]]]:
    """Where copies of a camera's picture stand in an observation, and what was made of them."""
    encodings = [*ENCODINGS.values(), *(lambda pictures, one=one: np.moveaxis(one(pictures), -1, 1) for one in ENCODINGS.values())]
    made = [(encode, encode(colour)) for encode in encodings]
    found = [(path, encode) for path, leaf in _leaves(observation) for encode, one in made if _equal(array(leaf), one)]
    if not found:
        raise InvalidValue(
            f"the picture of camera '{camera}' in the observation", None, "there: give the observation an unstacked image of it"
        )
    return list({path: (path, encode) for path, encode in reversed(found)}.values())


def _equal(leaf: np.ndarray, made: np.ndarray) -> bool:
    return leaf.shape == made.shape and leaf.dtype == made.dtype and np.allclose(leaf, made, rtol=0, atol=1e-4)


def _leaves(observation: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(observation, Mapping):
        for key, part in observation.items():
            yield from _leaves(part, (*path, key))
    elif hasattr(observation, "shape"):
        yield path, observation
