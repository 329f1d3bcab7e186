"""What getCameraImage draws of some of the surfaces, and whether any of the others could show."""

from dataclasses import dataclass

import numpy as np

from simgen.compiled import compiled
from simgen.geometry import CameraView

PAD = 1e-3
"""Metres by which a box is taken larger than what is in it: far more than TinyRenderer's single precision moves a pixel."""
SLACK = 1e-6
"""The same for the depth buffer, which holds single precision too."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What getCameraImage draws of some of the surfaces."""

    rgb: np.ndarray
    """uint8, (H, W, 3)."""
    buffer: np.ndarray
    """PyBullet's own depth, 0 at the near plane to 1 at the far one, float32, (H, W)."""
    surface: np.ndarray
    """PyBullet's number of what is seen, int32, (H, W); negative for background."""

    def over(self, behind: "Layer") -> "Layer | None":
        """Both as one, pixel by pixel the nearer; None where two are equally near: which one wins is PyBullet's to say, by
        digits that it does not return."""
        both = (self.surface >= 0) & (behind.surface >= 0)
        if (both & (self.buffer == behind.buffer)).any():
            return None
        nearer = (self.surface >= 0) & (~both | (self.buffer < behind.buffer))
        rgb = np.where(nearer[..., None], self.rgb, behind.rgb)
        return Layer(rgb, np.where(nearer, self.buffer, behind.buffer), np.where(nearer, self.surface, behind.surface))

    def hides(self, view: CameraView, turn: np.ndarray, place: np.ndarray, box: np.ndarray) -> bool:
        """Whether all that may be in a box is behind what is drawn here, at every pixel: drawing it then changes nothing.

        Args:
            view: the camera, its lens without distortion.
            turn: rotation of the box in the world, (3, 3).
            place: position of its frame in the world, (3,).
            box: its least and greatest corner in its own frame, (2, 3).
        """
        said, camera = view.intrinsics, view.world_T_camera
        pixel = np.array([[1 / said.fx, 0, (0.5 - said.cx) / said.fx], [0, 1 / said.fy, (0.5 - said.cy) / said.fy], [0, 0, 1]])
        to_box = np.ascontiguousarray(turn.T @ camera.rotation @ pixel)
        return _behind(self.buffer, to_box, turn.T @ (camera.position - place), box[0] - PAD, box[1] + PAD, view.near, view.far)


@compiled
def _behind(buffer, ray, eye, low, high, near, far):
    """Rays against a box (slabs: Kay and Kajiya 1986); `ray` takes (column, row, 1) to a direction whose length counts depth."""
    for row in range(buffer.shape[0]):
        for column in range(buffer.shape[1]):
            first, last = near, far
            for axis in range(3):
                along = ray[axis, 0] * column + ray[axis, 1] * row + ray[axis, 2]
                if abs(along) < 1e-12:
                    along = 1e-12
                a, b = (low[axis] - eye[axis]) / along, (high[axis] - eye[axis]) / along
                first, last = max(first, min(a, b)), min(last, max(a, b))
            if first <= last and buffer[row, column] + SLACK >= far / (far - near) * (1.0 - near / first):
                return False
    return True
