"""MJCF (MuJoCo's XML) said as URDF, from the model that MuJoCo itself compiles of it. Needs the extra `mujoco`."""

import os

from simgen.errors import MissingExtra

if "DISPLAY" not in os.environ:
    os.environ.setdefault("MUJOCO_GL", "egl")  # read once, by whoever imports it first, and a simulator may want to draw later
try:
    import mujoco as mujoco
except ImportError as error:
    raise MissingExtra("mujoco", "mujoco") from error
