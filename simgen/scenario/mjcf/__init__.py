"""MJCF (MuJoCo's XML) said as URDF, from the model that MuJoCo itself compiles of it. Needs the extra `mujoco`."""

import simgen.headless  # noqa: F401
from simgen.errors import MissingExtra

try:
    import mujoco as mujoco
except ImportError as error:
    raise MissingExtra("mujoco", "mujoco") from error
