"""Frames of one strip as sprite sheets: a few pictures that hold many frames each."""

import base64
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

_FRAMES = 16
"""Frames a sheet: WebP's lossless window of a million pixels then reaches the frame before, and finds it again."""
_PIXELS = 4_000_000
"""A browser decodes a sheet whole: 16 MB at most."""


def frames_a_sheet(height: int, width: int) -> int:
    """How many frames of this size go on one sheet."""
    return max(1, min(_FRAMES, _PIXELS // (height * width)))


def columns(height: int, width: int) -> int:
    """How many frames stand side by side on a sheet."""
    return int(np.ceil(np.sqrt(frames_a_sheet(height, width))))


def sheet(frames: Sequence[np.ndarray], lossless: bool) -> str:
    """One sheet of frames, uint8, (H, W, 3) each, row by row, as base64 of a WebP picture."""
    height, width = frames[0].shape[:2]
    across = columns(height, width)
    down = -(-len(frames) // across)
    picture = np.zeros((down * height, across * width, 3), dtype=np.uint8)
    for number, frame in enumerate(frames):
        row, column = divmod(number, across)
        picture[row * height : (row + 1) * height, column * width : (column + 1) * width] = frame
    packed = BytesIO()
    Image.fromarray(picture).save(packed, "WEBP", lossless=lossless, quality=50 if lossless else 85, method=2)
    return base64.b64encode(packed.getvalue()).decode("ascii")
