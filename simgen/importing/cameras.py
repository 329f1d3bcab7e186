"""`cameras.json`: where the cameras of a recording stood, and what lenses they had, for logs that do not say it themselves.

    {"fps": 20, "task": "put the cube into the bin",
     "cameras": {"front": {"intrinsics": [[110, 0, 64], [0, 110, 64], [0, 0, 1]],
                           "distortion": [0, 0, 0, 0, 0],
                           "world_T_camera": [[...], [...], [...], [0, 0, 0, 1]]}}}

Everything may be left out. `intrinsics` is the camera matrix in pixels, counted from the corner of the picture, so that the principal
point of a centred lens is (width / 2, height / 2); `distortion` is OpenCV's k1, k2, p1, p2, k3; `world_T_camera` takes points from the
camera's frame (x right, y down, z forward) to the world's (z up), in metres: one 4x4 matrix, or one a frame.
"""

import json
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from simgen.dataset.recording import FOV_Y_DEG, LEVEL
from simgen.errors import BadRecording, SimGenError
from simgen.geometry import Intrinsics, Pose
from simgen.scenario.complaint import invalid

FILE = "cameras.json"
Row3 = Annotated[list[FiniteFloat], Field(min_length=3, max_length=3)]
Row4 = Annotated[list[FiniteFloat], Field(min_length=4, max_length=4)]
Matrix4 = Annotated[list[Row4], Field(min_length=4, max_length=4)]


class Said(BaseModel):
    """What is said of one camera."""

    model_config = ConfigDict(extra="forbid")

    intrinsics: Annotated[list[Row3], Field(min_length=3, max_length=3)] | None = None
    distortion: Annotated[list[FiniteFloat], Field(min_length=5, max_length=5)] = [0.0] * 5
    world_T_camera: list = []

    @cached_property
    def matrices(self) -> np.ndarray:
        """world_T_camera, float64, (1 or T, 4, 4); (0, 4, 4) where nothing is said.

        Raises:
            ValueError: if they are no such matrices.
        """
        if not len(self.world_T_camera):
            return np.zeros((0, 4, 4))
        found = np.array(self.world_T_camera, np.float64)
        if found.shape[-2:] != (4, 4) or found.ndim > 3:
            raise ValueError(found.shape)
        return found.reshape(-1, 4, 4)


class Cameras(BaseModel):
    """What such a file says."""

    model_config = ConfigDict(extra="forbid")

    fps: Annotated[FiniteFloat, Field(gt=0)] | None = None
    task: str | None = None
    cameras: dict[str, Said] = {}


def said(*folders: Path) -> Cameras:
    """What the first `cameras.json` in any of these folders says; nothing where there is none.

    Raises:
        BadRecording, InvalidScenario: if it cannot be read, or says something else than such a file does.
    """
    file = next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)
    if file is None:
        return Cameras()
    try:
        data = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise BadRecording(file, "not readable JSON") from error
    try:
        return Cameras.model_validate(data)
    except ValidationError as error:
        raise invalid(file, data, error) from error


def lens(place: str, size: tuple[int, int], K: np.ndarray | None, distortion=(0.0,) * 5) -> Intrinsics:
    """The lens of a camera matrix, (3, 3), for pictures of (height, width); of `FOV_Y_DEG` where there is none.

    Raises:
        BadRecording: if it is no camera matrix.
    """
    height, width = size
    if K is None:
        return Intrinsics.from_fov_y(width, height, np.deg2rad(FOV_Y_DEG))
    try:
        return Intrinsics(width, height, *(float(K[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2))), tuple(map(float, distortion)))
    except (SimGenError, IndexError) as error:
        problem = f"{np.asarray(K).tolist()} is no camera matrix, [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in pixels"
        raise BadRecording(place, problem) from error


def poses(place: str, length: int, matrices: np.ndarray | None) -> tuple[Pose, ...]:
    """world_T_camera of every frame, of matrices, (1 or T, 4, 4); `LEVEL` where there are none.

    Raises:
        BadRecording: if there are not as many as frames, or one is no pose.
    """
    if matrices is None:
        return (LEVEL,) * length
    if len(matrices) not in (1, length):
        raise BadRecording(place, f"{len(matrices)} camera poses for {length} frames")
    try:
        found = tuple(Pose.from_matrix(matrix) for matrix in matrices)
    except (SimGenError, ValueError) as error:
        raise BadRecording(place, "a camera pose is no 4x4 matrix of a rotation and a place in metres") from error
    return found * (length if len(found) == 1 else 1)
