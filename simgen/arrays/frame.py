"""A frame: what one camera of somebody else's simulator or log gave at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simgen.errors import InvalidValue, ShapeMismatch
from simgen.geometry import CameraView, Pose

CHANNELS = {"rgb": 3, "depth": 0, "instance": 0, "semantic": 0, "normal": 3, "flow": 2, "albedo": 3}
DTYPES = {"rgb": np.uint8, "depth": np.float32, "albedo": np.uint8, "normal": np.float32, "flow": np.float32}
DTYPES |= dict.fromkeys(("instance", "semantic"), np.int32)


@dataclass(frozen=True, eq=False)
class Frame:
    """What one camera gave at one instant. Every array is (H, W, ...) of the camera's size.

    Raises:
        InvalidValue, ShapeMismatch: if an array is not what its field says.
    """

    view: CameraView
    """The camera: name, intrinsics and pose at this instant."""
    time_ns: int
    """Nanoseconds since the episode began."""
    rgb: np.ndarray
    """The picture, sRGB, uint8, (H, W, 3)."""
    depth: np.ndarray
    """Distance along the optical axis in metres, float32, (H, W); inf where nothing is."""
    instance: np.ndarray
    """Ids of what moves as one, int32, (H, W); 0 is background, which stands still."""
    semantic: np.ndarray | None = None
    """Class ids of SimGen's class table, int32, (H, W); None where nobody knows: then whatever has an instance id is an `object`."""
    normal: np.ndarray | None = None
    """Unit surface normals in the camera frame, facing the camera, float32, (H, W, 3), zeros where nothing is; None: from depth."""
    flow: np.ndarray | None = None
    """Backward flow in pixels, float32, (H, W, 2), NaN where not known; None: from depth, ids and poses."""
    albedo: np.ndarray | None = None
    """Surface colour without light, sRGB, uint8, (H, W, 3); None: the picture, with the light that is in it."""
    body_pose: Mapping[int, Pose] = field(default_factory=dict)
    """Instance id to world_T_body, of those of which it is known."""
    depth_step: float = 0.0
    """Metres from one value of depth to the next: 0.001 where it comes in whole millimetres, 0 where it is continuous."""

    def __post_init__(self):
        size = self.view.intrinsics.height, self.view.intrinsics.width
        for name, channels in CHANNELS.items():
            array = getattr(self, name)
            if array is None and name not in ("rgb", "depth", "instance"):
                continue
            _check(f"{name} of camera '{self.view.name}'", array, DTYPES[name], size + (channels,) * bool(channels))
        if np.isnan(self.depth).any() or (self.depth <= 0).any():
            worst = float(self.depth[~(self.depth > 0)][0])
            raise InvalidValue(f"depth of camera '{self.view.name}'", worst, "above 0 metres everywhere, and inf where nothing is")
        if not self.depth_step >= 0:
            raise InvalidValue("depth_step", self.depth_step, "0 or more metres")
        for name in ("instance", "semantic"):
            ids = getattr(self, name)
            if ids is not None and ids.min() < 0:
                raise InvalidValue(f"{name} of camera '{self.view.name}'", int(ids.min()), "0 for background and above 0 for all else")


def _check(name: str, array: object, dtype: type, shape: tuple[int, ...]) -> None:
    if not isinstance(array, np.ndarray):
        raise InvalidValue(name, type(array).__name__, "a numpy array")
    if array.dtype != dtype:
        raise InvalidValue(name, array.dtype.name, np.dtype(dtype).name)
    if array.shape != shape:
        raise ShapeMismatch(name, array.shape, "its view", shape)
