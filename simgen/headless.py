"""MuJoCo's pictures on a machine without a display: importing this before MuJoCo has it draw by EGL."""

import os

if "DISPLAY" not in os.environ:
    os.environ.setdefault("MUJOCO_GL", "egl")  # read once, by whoever imports MuJoCo first, Genesis among them; else it asks for a display
