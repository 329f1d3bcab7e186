"""HDR images: Radiance .hdr and OpenEXR .exr files as linear numbers."""

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import OpenEXR

from simgen import shelves
from simgen.errors import AssetError
from simgen.geometry import locked

SIZE = re.compile(rb"-Y (\d+) \+X (\d+)")
LARGEST = 1 << 27
"""Pixels; a header that asks for more is taken for garbage."""


def read_hdr(path: Path) -> np.ndarray:
    """The pixels of a .hdr or .exr file, linear, not negative, float32, (H, W, 3), top row first; remembered until the file changes.

    Raises:
        AssetError: if the file is not such an image.
    """
    return _read(path, shelves.sha256(path))


@lru_cache(maxsize=4)
def _read(path: Path, digest: str) -> np.ndarray:
    suffix = path.suffix.lower()
    if suffix not in {".hdr", ".exr"}:
        raise AssetError(path, "is not an HDR image by its name; give a .hdr or .exr file.")
    try:
        pixels = radiance_rgbe(path.read_bytes()) if suffix == ".hdr" else _exr(path)
    except (ValueError, IndexError, KeyError, RuntimeError, TypeError) as error:  # RuntimeError: OpenEXR's own
        raise AssetError(path, f"is not an HDR image that can be read ({error}); export it again as .hdr or .exr.") from error
    if not np.isfinite(pixels).all():
        raise AssetError(path, "holds pixels that are not finite; export it again as .hdr or .exr.")
    return locked(np.maximum(pixels, 0))


def _exr(path: Path) -> np.ndarray:
    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = file.channels()
        missing = [name for name in "RGB" if name not in channels]
        if missing:
            raise ValueError(f"no channel {', '.join(missing)}")
        return np.stack([channels[name].pixels.astype(np.float32) for name in "RGB"], axis=-1)


def radiance_rgbe(data: bytes) -> np.ndarray:
    """Pixels, float32, (H, W, 3), of a Radiance picture: shared exponents, run-length coded or plain (Ward, 1991).

    Raises:
        ValueError: if it is none.
    """
    if not data.startswith((b"#?RADIANCE", b"#?RGBE")):
        raise ValueError("it does not begin as a Radiance picture does")
    head, _, body = data.partition(b"\n\n")
    if b"FORMAT=32-bit_rle_xyze" in head:
        raise ValueError("it holds XYZ colours")
    line, _, body = body.partition(b"\n")
    size = SIZE.fullmatch(line.strip())
    if size is None:
        raise ValueError("its rows do not run from top left to bottom right")
    height, width = int(size[1]), int(size[2])
    if not 0 < height * width <= LARGEST:
        raise ValueError(f"it claims to be {width} x {height} pixels")
    rgbe = _rows(np.frombuffer(body, np.uint8), height, width)
    scale = np.where(rgbe[..., 3:] > 0, np.ldexp(np.float32(1), rgbe[..., 3:].astype(np.int32) - 136), 0)
    return (rgbe[..., :3] * scale).astype(np.float32)


def _rows(data: np.ndarray, height: int, width: int) -> np.ndarray:
    """Mantissas and exponents, uint8, (H, W, 4)."""
    coded = 8 <= width < 32768 and len(data) >= 4 and tuple(data[:2]) == (2, 2) and data[2] < 128
    if not coded:
        if len(data) < height * width * 4:
            raise ValueError("it ends early")
        return data[: height * width * 4].reshape(height, width, 4)
    pixels, at = np.empty((height, 4, width), np.uint8), 0
    for row in range(height):
        at += 4
        for channel in range(4):
            at = _runs(data, at, pixels[row, channel])
    return pixels.transpose(0, 2, 1)


def _runs(data: np.ndarray, at: int, out: np.ndarray) -> int:
    """Decode one channel of one row from `at`; where the next begins."""
    filled = 0
    while filled < len(out):
        if at + 1 >= len(data):
            raise ValueError("it ends early")
        count = int(data[at])
        run = count > 128
        count = count - 128 if run else count
        if count == 0 or filled + count > len(out):
            raise ValueError("a run is longer than its row")
        source = data[at + 1] if run else data[at + 1 : at + 1 + count]
        if not run and len(source) < count:
            raise ValueError("it ends early")
        out[filled : filled + count] = source
        filled += count
        at += 2 if run else 1 + count
    return at
