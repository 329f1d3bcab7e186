"""Optical flow as colours, for looking at."""

import numpy as np

# Steps between red, yellow, green, cyan, blue, magenta and red again: finer where the eye is.
_STEPS = (15, 6, 4, 11, 13, 6)


def _wheel() -> np.ndarray:
    """The 55 colours of the wheel, float32 in [0, 1], (55, 3)."""
    corners = np.array([(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0, 0)], dtype=np.float32)
    runs = [start + (end - start) * np.arange(n)[:, None] / n for start, end, n in zip(corners[:-1], corners[1:], _STEPS, strict=True)]
    return np.concatenate(runs).astype(np.float32)


_WHEEL = _wheel()


def flow_map(flow: np.ndarray, largest: float | None = None) -> np.ndarray:
    """Flow as colours, uint8, (H, W, 3), for flow in pixels, (H, W, 2): hue is direction, saturation is length.

    White is rest, black is unknown (NaN), and `largest` is the length in pixels of full saturation (None takes the
    longest of this frame); what is longer is darkened. The wheel is that of Baker et al., "A Database and Evaluation
    Methodology for Optical Flow" (2011): red points right, yellow down, cyan left.
    """
    known = np.isfinite(flow).all(axis=-1)
    u, v = np.where(known, flow[..., 0], 0), np.where(known, flow[..., 1], 0)
    length = np.hypot(u, v)
    largest = length.max() if largest is None else largest
    length = (length / max(largest, 1e-6))[..., None]
    turn = (np.arctan2(v, u) / (2 * np.pi) % 1 * len(_WHEEL)).astype(np.float32)
    whole = turn.astype(np.intp)
    part = (turn - whole)[..., None]
    hue = (1 - part) * _WHEEL[whole % len(_WHEEL)] + part * _WHEEL[(whole + 1) % len(_WHEEL)]
    colour = np.where(length <= 1, 1 - length * (1 - hue), 0.75 * hue)
    return (255 * colour * known[..., None]).astype(np.uint8)
