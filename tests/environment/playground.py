"""What tests of environments share: a small scene, gentle actions, and worlds that do as they are told."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from plain import plain

from simgen.environment import Environment, VectorEnvironment
from simgen.world import Clip
from simgen.world.preview import Preview
from simgen.world.rows import Rows, one_by_one


@cache
def tiny() -> str:
    """A YAML file of the small scene."""
    return str(plain(Path(mkdtemp())))


def alone(**rules) -> Environment:
    """One environment of the small scene."""
    return Environment(tiny(), **({"world": "raw"} | rules))


def many(count: int = 3, **rules) -> VectorEnvironment:
    """Several of them."""
    return VectorEnvironment(tiny(), num_envs=count, **({"world": "raw", "processes": 0} | rules))


def gentle(space, count: int, seed: int = 0) -> np.ndarray:
    """Actions, float32, (count, ...), within a fifth of what is allowed."""
    rng = np.random.default_rng(seed)
    low, high = space.low, space.high
    return (low + high + rng.uniform(-0.2, 0.2, (count, *low.shape)) * (high - low)).astype(np.float32) / 2


def equal(one, other) -> bool:
    """Whether two observations, infos or parts of them are the same, bit for bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray) and one.dtype == object:
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return one == other or (one != one and other != other)


class Marker:
    """Paints into every frame which Scene it is of and when it was taken, bit by bit, and remembers nothing."""

    name = "marker"
    needs_rgb, needs_light, causal = False, False, True

    def render(self, controls, appearance, *, seed):
        frames = [marked(one.depth.shape, controls.scene.seed, one.time_ns) for one in controls.observations]
        return Clip(np.stack(frames), self.name, (self.name,) * len(frames))

    def stream(self, views, appearances, *, seeds):
        return Rows(lambda *_: _Marked(), one_by_one, views, appearances, seeds)


class _Marked:
    def __init__(self):
        self.memory = {}

    def see(self, shot):
        return marked(shot.observation.depth.shape, shot.scene.seed, shot.observation.time_ns)

    def develop(self, drawn):
        return drawn


def marked(size: tuple[int, int], seed: int, time_ns: int) -> np.ndarray:
    """The picture of 16 bits of a seed and 48 of a time, each a byte of the first row."""
    picture = np.zeros((*size, 3), np.uint8)
    bits = [seed >> n & 1 for n in range(16)] + [time_ns // 1000 >> n & 1 for n in range(32)]
    picture[0, : len(bits), 0] = np.array(bits) * 255
    return picture


def read(picture: np.ndarray) -> tuple[int, int]:
    """Seed and time of a marked picture."""
    bits = (picture[0, :48, 0] > 127).astype(int)
    return int(bits[:16] @ (1 << np.arange(16))), int(bits[16:] @ (1 << np.arange(32, dtype=np.int64))) * 1000


class Failing(Preview):
    """The preview, but for some frames, which show a wall of one colour."""

    name = "failing"

    def __init__(self, fails):
        self.fails = fails

    def stream(self, views, appearances, *, seeds):
        return _Failing(super().stream(views, appearances, seeds=seeds), self.fails)


class _Failing:
    def __init__(self, stream, fails):
        self._stream, self._fails, self._frame = stream, fails, -1

    def step(self, shots, rows=None):
        self._frame += 1
        drawn = self._stream.step(shots, rows)
        return [np.full_like(one, 90) for one in drawn] if self._frame in self._fails else drawn

    def reset(self, *asked, **also):
        self._frame = -1
        self._stream.reset(*asked, **also)
