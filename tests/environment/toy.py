"""A small vector environment that does all that a large one does: pictures, text, infos of every kind, snapshots, faults."""

import sys
import time

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Dict, Text
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from simgen.environment.remote import serve
from simgen.errors import InvalidValue, UnknownName

SCENES = ("reach", "push")
STEPS = 5
"""Until an episode is cut off."""


class Toy(VectorEnv):
    """Rows that add up their actions; a row ends when its sum passes 3 or after `STEPS` steps, and begins anew in the same step."""

    def __init__(self, rows: int = 3, size: int = 8, seconds: float = 0.0):
        self.num_envs, self.size, self.seconds = rows, size, seconds
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": ["rgb_array"], "render_fps": 10}
        self.render_mode = "rgb_array"
        pictures = Dict({name: Box(0, 255, (size, size, 3), np.uint8) for name in ("wrist", "front")}, sort_keys=False)
        place, words = Box(-np.inf, np.inf, (2,), np.float64), Text(40, charset="abcdefghijklmnopqrstuvwxyz ")
        self.single_observation_space = Dict({"pixels": pictures, "agent_pos": place, "task": words})
        self.single_action_space = Box(np.float32([-1, -2]), np.float32([1, 2]), dtype=np.float32)
        self.observation_space = batch_space(self.single_observation_space, rows)
        self.action_space = batch_space(self.single_action_space, rows)
        self._rng = np.random.default_rng(0)
        self._sums: np.ndarray | None = None
        self._steps = np.zeros(rows, np.int64)
        self._scenes = ["reach"] * rows

    def reset(self, *, seed=None, options=None):
        options = dict(options or {})
        scenes = options.get("scene", self._scenes)
        for name in [scenes] if isinstance(scenes, str) else scenes:
            if name not in SCENES:
                raise UnknownName("scene", name, SCENES)
        self._scenes = [scenes] * self.num_envs if isinstance(scenes, str) else list(scenes)
        mask = options.get("reset_mask", np.ones(self.num_envs, bool))
        if self._sums is None:
            self._sums = np.zeros((self.num_envs, 2))
        seeds = seed if isinstance(seed, list) else [None if seed is None else seed + row for row in range(self.num_envs)]
        for row in np.flatnonzero(mask):
            rng = self._rng if seeds[row] is None else np.random.default_rng(seeds[row])
            self._begin(row, rng)
        for row, blob in enumerate(options.get("snapshot", [])):
            if blob is not None:
                self._sums[row], self._steps[row] = np.frombuffer(blob[:16]), int.from_bytes(blob[16:], "little")
        return self._seen(), {"seed": np.array([s if s is not None else -1 for s in seeds], np.int64), "scene": np.array(self._scenes)}

    def step(self, actions):
        if self._sums is None:
            raise ResetNeeded("Call reset first.")
        if not np.isfinite(actions).all() or not self.action_space.contains(actions):
            raise InvalidValue("the action of a row", "NaN or beyond", "finite and within the action space")
        if (actions == 1.0).all():
            raise RuntimeError("the arm fell off\nits bolts were made in /etc/secret")
        if self.seconds:
            time.sleep(self.seconds)
        self._sums = self._sums + actions
        self._steps = self._steps + 1
        terminated, truncated = self._sums[:, 0] > 3, self._steps >= STEPS
        infos = self._infos(actions, ended := terminated | truncated)
        for row in np.flatnonzero(ended):
            self._begin(row, self._rng)
        rewards = self._sums[:, 0] * 0.1
        return self._seen(), rewards, terminated, truncated, infos

    def snapshot(self, row: int) -> bytes:
        return self._sums[row].tobytes() + int(self._steps[row]).to_bytes(8, "little")

    def render(self):
        return tuple(self._seen()["pixels"]["front"])

    def _begin(self, row: int, rng: np.random.Generator) -> None:
        self._sums[row], self._steps[row] = rng.normal(size=2), 0

    def _seen(self) -> dict:
        shape = (self.num_envs, self.size, self.size, 3)
        shade = (self._sums * 37 % 256).astype(np.uint8)
        flat = [np.broadcast_to(shade[:, number].reshape(-1, 1, 1, 1), shape).copy() for number in (0, 1)]
        pictures = dict(zip(("wrist", "front"), flat, strict=True))
        return {"pixels": pictures, "agent_pos": self._sums.copy(), "task": tuple(f"{name} it" for name in self._scenes)}

    def _infos(self, actions: np.ndarray, ended: np.ndarray) -> dict:
        """Every kind that travels."""
        last = np.full(self.num_envs, None, object)
        for row in np.flatnonzero(ended):
            last[row] = {"agent_pos": self._sums[row].copy(), "task": self._scenes[row], "why": None, "tries": [1, 2.5, True]}
        shaky = np.where(np.arange(self.num_envs) == 0, np.nan, actions[:, 0])
        return {
            "final_obs": last,
            "_final_obs": ended,
            "adherence": {"edges": shaky, "_edges": ~np.isnan(shaky), "worst": np.float32(np.nanmax(shaky)), "never": -np.inf},
            "progress": np.array(["begun", "far"] * self.num_envs)[: self.num_envs],
            "count": int(self._steps.sum()),
            "half": actions.astype(np.float16),
            "empty": np.zeros((0, 3), np.uint16),
        }


def assert_same(one, other) -> None:
    """Equal bit for bit, with the same types, order and shapes, however deep."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        if one.dtype == object:
            assert_same(list(one.flat), list(other.flat))
        else:
            assert one.tobytes() == other.tobytes()
    elif isinstance(one, dict):
        assert list(one) == list(other)
        assert_same(list(one.values()), list(other.values()))
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for mine, yours in zip(one, other, strict=True):
            assert_same(mine, yours)
    elif isinstance(one, float | np.generic):
        assert np.float64(one).tobytes() == np.float64(other).tobytes()
    else:
        assert one == other


if __name__ == "__main__":  # a server in a process of its own: its address goes to standard output
    with serve(Toy(seconds=float(sys.argv[1])), token=sys.argv[2]) as server:
        print(server.address, flush=True)
        server.wait()
