"""Focus: what distance a camera is set to, and how wide a point elsewhere becomes."""

import numpy as np

from simgen.geometry import Intrinsics
from simgen.observation import Observation
from simgen.scenario.sensor import Sensor

CHIP_HEIGHT_M = 4.8e-3
"""Of a small camera (1/3 inch): turns an f-number into an aperture."""


def focus_distance(sensor: Sensor, first: Observation) -> float:
    """Metres along the optical axis: what the sensor says, else to what the middle of a clip's first picture shows."""
    return sensor.focus_m or middle_depth(first)


def aperture_m(sensor: Sensor, lens: Intrinsics) -> float:
    """Diameter of the opening, metres."""
    return lens.fy / lens.height * CHIP_HEIGHT_M / sensor.f_number


def blur_circle(observation: Observation, sensor: Sensor, focus_m: float) -> np.ndarray:
    """Diameter in pixels of what a point at each pixel's depth becomes by a thin lens, negative before the focus, float32, (H, W)."""
    lens = observation.view.intrinsics
    return np.float32(aperture_m(sensor, lens) * lens.fy) * (np.float32(1 / focus_m) - 1 / np.maximum(observation.depth, np.float32(1e-3)))


def middle_depth(observation: Observation) -> float:
    """Metres along the optical axis: what the middle of a picture shows; half as far as the camera sees where it shows nothing."""
    height, width = observation.depth.shape
    middle = observation.depth[height * 2 // 5 : max(height * 3 // 5, 1), width * 2 // 5 : max(width * 3 // 5, 1)]
    seen = middle[np.isfinite(middle)]
    return float(np.median(seen)) if len(seen) else observation.view.far / 2
