"""CameraViews as Mitsuba's sensors, exact in every pixel: focal lengths, principal point, lens distortion and depth of field."""

from __future__ import annotations  # Mitsuba has no types before a variant is chosen

from dataclasses import dataclass

import mitsuba as mi
import numpy as np

from simgen.geometry import CameraView, Intrinsics
from simgen.lens import distorted, pinhole

CAMERA_T_MITSUBA = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Mitsuba's cameras have x to the left and y up."""


@dataclass(frozen=True)
class Lens:
    """What blurs: all zeros is a pinhole."""

    aperture_m: float = 0.0
    """Radius of the opening, metres."""
    focus_m: float = 1.0
    """Distance along the axis that is sharp."""


PINHOLE = Lens()


class Cameras:
    """Sensors by what they are made of; a moving camera only gets another pose."""

    def __init__(self):
        self._sensors: dict[tuple, tuple[mi.Sensor, mi.SceneParameters]] = {}

    def sensor(self, view: CameraView, lens: Lens) -> tuple[mi.Sensor, Intrinsics]:
        """A sensor, and the intrinsics of the picture it draws: the view's own, or wider ones to be `bent` to it."""
        drawn = _drawn(view.intrinsics, lens)
        key = drawn, lens, view.near, view.far
        if key not in self._sensors:
            sensor = mi.load_dict(_description(drawn, lens, view))
            self._sensors[key] = sensor, mi.traverse(sensor)
        sensor, params = self._sensors[key]
        params["to_world"] = mi.Transform4f(view.world_T_camera.matrix @ CAMERA_T_MITSUBA)
        params.update()
        return sensor, drawn


def bent(image: np.ndarray, drawn: Intrinsics, intrinsics: Intrinsics) -> np.ndarray:
    """A picture, (h, w, C), drawn with one camera as another at the same place sees it, (H, W, C)."""
    return image if drawn == intrinsics else distorted(image, drawn, intrinsics, order=1)


def unbent(image: np.ndarray, intrinsics: Intrinsics, drawn: Intrinsics) -> np.ndarray:
    """A buffer of a camera, (H, W, C), under the pixels of the wider picture drawn for it, (h, w, C): the nearest it has."""
    if drawn == intrinsics:
        return image
    u, v = np.moveaxis(intrinsics.project(drawn.rays()), -1, 0)
    rows = np.clip(v, 0, intrinsics.height - 1).astype(np.intp)
    columns = np.clip(u, 0, intrinsics.width - 1).astype(np.intp)
    return image[rows, columns]


def _drawn(intrinsics: Intrinsics, lens: Lens) -> Intrinsics:
    """Mitsuba draws square pixels without distortion, and through a thin lens only around the picture's middle."""
    square = np.isclose(intrinsics.fx, intrinsics.fy, rtol=1e-9)
    centred = (intrinsics.cx, intrinsics.cy) == (intrinsics.width / 2, intrinsics.height / 2)
    if square and not intrinsics.distorted and (centred or lens == PINHOLE):
        return intrinsics
    wide, f = pinhole(intrinsics), max(intrinsics.fx, intrinsics.fy)
    across = max(wide.cx, wide.width - wide.cx) * f / wide.fx
    down = max(wide.cy, wide.height - wide.cy) * f / wide.fy
    width, height = 2 * int(np.ceil(across)), 2 * int(np.ceil(down))
    return Intrinsics(width, height, f, f, width / 2, height / 2)


def _description(drawn: Intrinsics, lens: Lens, view: CameraView) -> dict:
    film = {"type": "hdrfilm", "width": drawn.width, "height": drawn.height, "pixel_format": "rgba", "component_format": "float32"}
    optics = {
        "fov_axis": "x",
        "fov": float(np.degrees(2 * np.arctan(0.5 * drawn.width / drawn.fx))),
        "near_clip": float(view.near),
        "far_clip": float(view.far),
        # the denoiser wants noise that no neighbour shares: no other filter than a box
        "film": {**film, "rfilter": {"type": "box"}},
        "sampler": {"type": "independent"},
    }
    if lens != PINHOLE:
        return {"type": "thinlens", "aperture_radius": lens.aperture_m, "focus_distance": lens.focus_m, **optics}
    offset = {"principal_point_offset_x": 0.5 - drawn.cx / drawn.width, "principal_point_offset_y": 0.5 - drawn.cy / drawn.height}
    return {"type": "perspective", **offset, **optics}
