"""Control maps: the depth, segmentation, edge, normal and flow images that steer a world model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.controls.canny import image_edges as image_edges
from simgen.controls.depth import DepthMode as DepthMode
from simgen.controls.depth import depth_map, depth_range
from simgen.controls.edge import edge_map
from simgen.controls.flow import flow_map as flow_map
from simgen.controls.normal import normal_map
from simgen.controls.segmentation import segmentation_colours
from simgen.controls.segmentation import shaded_segmentation as shaded_segmentation
from simgen.observation import Observation


@dataclass(frozen=True, eq=False)
class Controls:
    """The control maps of one frame. Every array is (H, W, ...) of one size; background is 0 in each but flow."""

    depth: np.ndarray
    """Nearness, float32, (H, W): 1 at the near end of the scale, 0 at its far end and where nothing was hit."""
    segmentation: np.ndarray
    """Colours of the body ids, uint8, (H, W, 3); the same id has the same colour for ever."""
    edge: np.ndarray
    """Edges of the geometry, uint8, (H, W): 255 on an edge, else 0."""
    normal: np.ndarray
    """Surface normals as colours, uint8, (H, W, 3): red right, green up, blue towards the camera."""
    flow: np.ndarray
    """Backward flow in pixels, float32, (H, W, 2); NaN where the point was not visible."""


def controls(
    observation: Observation, *, near: float, far: float, mode: DepthMode = "inverse", low: float = 0.1, high: float = 0.2
) -> Controls:
    """The control maps of one frame.

    `near`, `far` and `mode` scale depth as in `depth_map` (take one scale a clip from `depth_range`);
    `low` and `high` are the thresholds of `edge_map`. Raises InvalidValue as those do.
    """
    return Controls(
        depth=depth_map(observation.depth, near, far, mode),
        segmentation=segmentation_colours(observation.instance),
        edge=edge_map(observation, low, high),
        normal=normal_map(observation.normal),
        flow=observation.flow,
    )


def clip_controls(observations: Sequence[Observation], mode: DepthMode = "inverse") -> tuple[Controls, ...]:
    """The control maps of a clip, (T,), with one depth scale for all its frames, so that depth does not flicker."""
    near, far = depth_range([observation.depth for observation in observations])
    return tuple(controls(observation, near=near, far=far, mode=mode) for observation in observations)
