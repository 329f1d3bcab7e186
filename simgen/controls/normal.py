"""Surface normals as colours."""

import numpy as np


def normal_map(normal: np.ndarray) -> np.ndarray:
    """Normals as colours, uint8, (H, W, 3), for unit normals in the camera frame, (H, W, 3); black where there is none.

    The OpenGL convention of normal maps and ControlNets: red grows to the right, green upwards, blue towards the
    camera, each from -1 at 0 to 1 at 255. A wall that faces the camera is (128, 128, 255).
    """
    colour = np.empty(normal.shape, dtype=np.uint8)
    hit = (normal[..., 0] != 0) | (normal[..., 1] != 0) | (normal[..., 2] != 0)
    for channel, sign in enumerate((1, -1, -1)):  # camera axes are right, down, forward
        colour[..., channel] = (normal[..., channel] * np.float32(127.5 * sign) + 128) * hit
    return colour
