"""An Observation of a Frame: what was not given is worked out."""

import numpy as np

from simgen.arrays.flow import backward_flow
from simgen.arrays.frame import Frame
from simgen.arrays.normal import normals
from simgen.observation import Observation
from simgen.scenario.classes import CLASSES


def observed(frame: Frame, previous: Frame | Observation | None) -> Observation:
    """An Observation of a frame.

    Normals come from depth; flow from what moved, as far as that is known (`backward_flow`); the albedo is the picture.

    Args:
        frame: of this instant.
        previous: of the same camera and the same episode, a Frame where it carries poses; None: this is its first, and no flow is known.
    """
    hit = np.isfinite(frame.depth)
    something = frame.instance > 0
    unknown = np.full((*hit.shape, 2), np.nan, np.float32)
    flow = frame.flow
    if flow is None:
        flow = unknown if previous is None else backward_flow(frame, previous)
    return Observation(
        view=frame.view,
        time_ns=frame.time_ns,
        depth=frame.depth,
        instance=frame.instance,
        link=np.where(something, 0, -1).astype(np.int32),
        semantic=np.where(something, CLASSES["object"], 0).astype(np.int32) if frame.semantic is None else frame.semantic,
        normal=normals(frame.depth, frame.view.intrinsics, frame.depth_step) if frame.normal is None else frame.normal,
        flow=flow,
        albedo=np.where(hit[..., None], frame.rgb, 0).astype(np.uint8) if frame.albedo is None else frame.albedo,
        rgb=frame.rgb,
    )
