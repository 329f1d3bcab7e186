"""Injected faults, at three strengths each: what a world model gets wrong, made on purpose so that the gate can be measured."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt, gaussian_filter, uniform_filter, zoom

from simgen.geometry import locked
from simgen.observation import Observation
from simgen.verify.expectation import GRIPPER
from simgen.verify.photograph import LINEAR

Fault = Callable[[np.ndarray, Sequence[Observation], np.random.Generator, int, np.ndarray], np.ndarray]
"""Takes frames, uint8, (T, H, W, 3), their observations, a generator, the strength, 0 to 2, and frames of another episode of the
same size; gives frames with the fault, unchanged where the clip has nothing to spoil."""
STRENGTHS = 3
SHIFTS = (4, 8, 16)
"""Pixels in a picture 256 pixels high."""
SEEN, VISIBLE = 40, 14
"""Pixels in a picture of 256 by 256 that a fault must change, and by how many codes in a mean over 3 by 3 pixels, to be seen."""
_CODES = np.arange(1 << 12) / ((1 << 12) - 1)
_SRGB = locked(np.rint(255 * np.where(_CODES <= 0.0031308, 12.92 * _CODES, 1.055 * _CODES ** (1 / 2.4) - 0.055)).astype(np.uint8))


def encoded(linear: np.ndarray) -> np.ndarray:
    """sRGB of linear light, uint8."""
    return _SRGB[np.rint(np.clip(linear, 0, 1) * (len(_SRGB) - 1)).astype(int)]


def removed(frames, observations, rng, strength, donor):
    """A body fades into what is behind it: by half, by four fifths, wholly."""
    masks = _body(observations, rng)
    share = (0.5, 0.8, 1.0)[strength]
    return _each(frames, masks, lambda frame, mask, t: _mixed(frame, _filled(frame, mask, rng), _soft(_wider(mask)) * share))


def invented(frames, observations, rng, strength, donor):
    """Something stands where nothing does: 10, 18 or 32 pixels across, at one place in the world."""
    size = _scaled((10, 18, 32)[strength], observations[0])
    patch, shape = _something(frames, donor, size, rng)
    place = _place(observations, rng, size)
    out = frames.copy()
    for t, corner in enumerate(place):
        if corner is not None:
            out[t] = _pasted(frames[t], patch, shape, corner)
    return out


def moved(frames, observations, rng, strength, donor):
    """A body stands 4, 8 or 16 pixels beside its place."""
    return _shifted(frames, _body(observations, rng), _scaled(SHIFTS[strength], observations[0]), rng)


def gripper_displaced(frames, observations, rng, strength, donor):
    """The gripper is drawn 4, 8 or 16 pixels beside its place."""
    masks = [observation.semantic == GRIPPER for observation in observations]
    return _shifted(frames, [_if_seen(mask) for mask in masks], _scaled(SHIFTS[strength], observations[0]), rng)


def recoloured(frames, observations, rng, strength, donor):
    """A body changes colour, not lightness: ratios of channels change by about 1.3, 1.8 and 3."""
    turn, size = rng.uniform(0, 2 * np.pi), (0.3, 0.6, 1.1)[strength]
    red, blue = size * np.cos(turn), size * np.sin(turn)
    factor = np.exp(np.array([0.5 * red - 0.17 * blue, -0.5 * red - 0.17 * blue, 0.83 * blue]))
    factor /= factor @ (0.30, 0.59, 0.11)
    masks = _body(observations, rng)
    return _each(frames, masks, lambda frame, mask, t: _mixed(frame, encoded(LINEAR[frame] * factor), _soft(mask)))


def retextured(frames, observations, rng, strength, donor):
    """A body keeps its light but wears another texture: mixed by half, by three quarters, wholly."""
    share, pick = (0.5, 0.75, 1.0)[strength], rng.integers(1 << 30)
    masks = _body(observations, rng, textured=True)
    return _each(
        frames, masks, lambda frame, mask, t: _rewoven(frame, observations[t].albedo, mask, share, np.random.default_rng(pick))
    )


def frozen(frames, observations, rng, strength, donor):
    """The picture stands still for 1, 3 or 8 frames while the world moves."""
    length = min((1, 3, 8)[strength], len(frames) - 1)
    speed = [float(np.mean(np.nan_to_num(np.hypot(*np.moveaxis(seen.flow, -1, 0))) > 1)) for seen in observations]
    start = 1 + int(np.argmax([sum(speed[t : t + length]) for t in range(1, len(frames) - length + 1)])) if len(frames) > 1 else 1
    out = frames.copy()
    out[start : start + length] = frames[start - 1]
    return out


def other_episode(frames, observations, rng, strength, donor):
    """A quarter, half or all of the picture comes from another episode."""
    out, height = frames.copy(), frames.shape[1]
    rows = (height // 4, height // 2, height)[strength]
    top = int(rng.integers(0, height - rows + 1))
    out[:, top : top + rows] = donor[np.arange(len(frames)) % len(donor), top : top + rows]
    return out


def flicker(frames, observations, rng, strength, donor):
    """Brightness changes from frame to frame and place to place: by about 8, 15 and 30 %."""
    size, (height, width) = (0.08, 0.15, 0.30)[strength], frames.shape[1:3]
    out = np.empty_like(frames)
    for t, frame in enumerate(frames):
        field = zoom(rng.normal(size=(5, 5)), (height / 5, width / 5), order=3)[:height, :width]
        out[t] = encoded(LINEAR[frame] * np.exp(size * field)[..., None])
    return out


def black(frames, observations, rng, strength, donor):
    """A third of the picture is black; all is nearly black; all is black."""
    out = frames.copy()
    if strength == 0:
        out[:, : frames.shape[1] // 3] = 0
    elif strength == 1:
        out[:] = rng.integers(0, 3, frames.shape)
    else:
        out[:] = 0
    return out


def nan(frames, observations, rng, strength, donor):
    """One pixel, one pixel in a hundred, or all are no number; frames become floats from 0 to 1."""
    out = frames.astype(np.float32) / 255
    share = (0.0, 0.01, 1.0)[strength]
    for frame in out:
        frame[rng.random(frame.shape[:2]) < share] = np.nan
        frame[rng.integers(frame.shape[0]), rng.integers(frame.shape[1])] = np.nan
    return out


FAULTS: dict[str, Fault] = {
    "removed": removed,
    "invented": invented,
    "moved": moved,
    "gripper_displaced": gripper_displaced,
    "recoloured": recoloured,
    "retextured": retextured,
    "frozen": frozen,
    "other_episode": other_episode,
    "flicker": flicker,
    "black": black,
    "nan": nan,
}
"""Every fault by name."""


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Pixels that changed by 10 codes or more, or are no number, bool, (..., H, W)."""
    if after.dtype != np.uint8:
        return ~np.isfinite(after).all(axis=-1)
    return np.abs(after.astype(np.int16) - before.astype(np.int16)).max(axis=-1) >= 10


def touched(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Frames in which a fault is to be seen at all, bool, (T,): `SEEN` pixels that changed beyond grain, or one that is no number.

    A thing that fades into what has its own colour, or moves where nothing is to be seen in the dark, is no fault of the picture.
    """
    if after.dtype != np.uint8:
        return changed(before, after).any(axis=(1, 2))
    off = uniform_filter(after.astype(np.float32) - before, (0, 3, 3, 0))
    return (np.abs(off).max(axis=-1) >= VISIBLE).sum(axis=(1, 2)) >= SEEN * after[0, ..., 0].size / 65536


def _scaled(pixels: float, observation: Observation) -> int:
    return max(2, round(pixels * observation.depth.shape[0] / 256))


def _if_seen(mask: np.ndarray) -> np.ndarray | None:
    return mask if mask.sum() >= 60 * mask.size / 65536 else None


def _body(observations: Sequence[Observation], rng, textured: bool = False) -> list[np.ndarray | None]:
    """Where one body is seen in each frame: not the robot, nor what fills a quarter of the picture unless texture is wanted."""
    counts: dict[int, int] = {}
    for seen in observations:
        ids, areas = np.unique(seen.instance, return_counts=True)
        for number, area in zip(ids, areas, strict=True):
            least, most = 60 * seen.depth.size / 65536, seen.depth.size * (1 if textured else 0.25)
            rich = not textured or _richness(seen, number) > 0.06
            if number > 1 and least <= area <= most and rich:
                counts[int(number)] = counts.get(int(number), 0) + 1
    often = [number for number in sorted(counts) if counts[number] * 2 >= len(observations)]
    if not often:
        return [None] * len(observations)
    chosen = often[int(rng.integers(len(often)))]
    return [_if_seen(seen.instance == chosen) for seen in observations]


def _richness(observation: Observation, number: int) -> float:
    """How much the albedo of a body varies in fine, in the logarithm."""
    light = np.log(LINEAR[observation.albedo].mean(axis=-1) + 0.02)
    mask = observation.instance == number
    fine = light - gaussian_filter(light, 3)
    return float(fine[mask].std())


def _each(frames, masks, change) -> np.ndarray:
    return np.stack([frame if mask is None else change(frame, mask, t) for t, (frame, mask) in enumerate(zip(frames, masks, strict=True))])


def _wider(mask: np.ndarray) -> np.ndarray:
    return binary_dilation(mask, iterations=2)


def _soft(mask: np.ndarray) -> np.ndarray:
    return gaussian_filter(mask.astype(np.float32), 0.7)


def _mixed(frame: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.rint(frame + (other.astype(np.float32) - frame) * share[..., None]).astype(np.uint8)


def _filled(frame: np.ndarray, mask: np.ndarray, rng) -> np.ndarray:
    """The frame without what the mask covers: colours of the rim carried inwards, with the grain of the surroundings."""
    hole = _wider(mask)
    distance, (row, column) = distance_transform_edt(hole, return_indices=True)
    out = frame.astype(np.float32)
    carried = out[row, column]
    for sigma in (6, 3, 1.5):
        smooth = np.stack([gaussian_filter(carried[..., c], sigma) for c in range(3)], axis=-1)
        carried = np.where((distance > sigma / 2)[..., None], smooth, carried)
    grain = out - np.stack([gaussian_filter(out[..., c], 2) for c in range(3)], axis=-1)
    rim = binary_dilation(hole, iterations=8) & ~hole
    samples = grain[rim]
    if len(samples):
        carried[hole] += 0.7 * samples[rng.integers(len(samples), size=hole.sum())]
    return np.clip(np.where(hole[..., None], carried, out), 0, 255).astype(np.uint8)


def _shifted(frames, masks, pixels: int, rng) -> np.ndarray:
    turn = rng.uniform(0, 2 * np.pi)
    down, right = round(pixels * np.sin(turn)), round(pixels * np.cos(turn))

    def shift(frame, mask, t):
        alpha = _soft(mask)
        empty = _filled(frame, mask, rng)
        over = np.zeros_like(alpha), np.zeros_like(frame)
        height, width = mask.shape
        to = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
        of = slice(max(-down, 0), height + min(-down, 0)), slice(max(-right, 0), width + min(-right, 0))
        over[0][to], over[1][to] = alpha[of], frame[of]
        return _mixed(empty, over[1], over[0])

    return _each(frames, masks, shift)


def _something(frames, donor, size: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """A picture of something and its outline: a lit ball, a box with a pattern, or the busiest of 8 pieces of another episode."""
    v, u = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    kind = rng.integers(3)
    if kind == 0:
        shape = u * u + v * v <= 1
        shade = 0.35 + 0.65 * np.clip(0.5 * u - 0.6 * v + 0.6 * np.sqrt(np.maximum(1 - u * u - v * v, 0)), 0, 1)
        return encoded(rng.uniform(0.03, 0.8, 3) * shade[..., None]), shape
    if kind == 1:
        shape = np.maximum(np.abs(u), np.abs(v) * rng.uniform(1, 1.8)) <= 1
        stripes = (np.sin(u * rng.uniform(2, 8)) > 0)[..., None]
        return encoded(np.where(stripes, rng.uniform(0.03, 0.8, 3), rng.uniform(0.03, 0.8, 3))), shape
    pieces = []
    for _ in range(8):
        row, column = rng.integers(0, donor.shape[1] - size + 1), rng.integers(0, donor.shape[2] - size + 1)
        pieces.append(donor[rng.integers(len(donor)), row : row + size, column : column + size])
    return max(pieces, key=lambda piece: piece.std(axis=(0, 1)).sum()), u * u + v * v <= 1


def _place(observations, rng, size: int) -> list[tuple[int, int] | None]:
    """Upper left corner at every frame of a patch that stays at one point of the world; None where that is out of sight."""
    first = observations[len(observations) // 2]
    height, width = first.depth.shape
    rows, columns = np.nonzero(first.instance[size : height - size, size : width - size] > 0) if min(height, width) > 2 * size else ([], [])
    if not len(rows):
        return [None] * len(observations)
    pick = int(rng.integers(len(rows)))
    row, column = rows[pick] + size, columns[pick] + size
    world = first.view.world_T_camera.apply(first.view.intrinsics.rays()[row, column] * first.depth[row, column])
    places = []
    for seen in observations:
        u, v = np.nan_to_num(seen.view.intrinsics.project(seen.view.world_T_camera.inverse().apply(world)), nan=-1e6)
        corner = int(np.clip(v, -1e6, 1e6)) - size // 2, int(np.clip(u, -1e6, 1e6)) - size // 2
        inside = 0 <= corner[0] <= height - size and 0 <= corner[1] <= width - size
        places.append(corner if inside else None)
    return places


def _pasted(frame, patch, shape, corner) -> np.ndarray:
    out, size = frame.copy(), len(patch)
    window = out[corner[0] : corner[0] + size, corner[1] : corner[1] + size]
    window[:] = _mixed(window, patch, gaussian_filter(shape.astype(np.float32), 0.6))
    return out


def _rewoven(frame, albedo, mask, share: float, rng) -> np.ndarray:
    """Light stays, paint is turned around and shifted within the body's box."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    paint = np.log(LINEAR[albedo[box]] + 0.02)
    _, (row, column) = distance_transform_edt(~mask[box], return_indices=True)
    whole = paint[row, column]
    other = np.roll(whole[::-1, ::-1], (int(rng.integers(len(whole))), int(rng.integers(whole.shape[1]))), axis=(0, 1))
    changed = frame.copy()
    changed[box] = encoded((LINEAR[frame[box]] + 0.02) * np.exp(share * (other - paint)) - 0.02)
    return _mixed(frame, changed, mask.astype(np.float32))
