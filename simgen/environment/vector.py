"""Many environments that share one world, as Gymnasium knows them: simulators in processes of their own, photographs in one batch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array

from simgen import world as worlds
from simgen.environment.env import RENDER_MODES, Parts, side_by_side
from simgen.environment.loop import Turn
from simgen.environment.openings import OPTIONS, Openings
from simgen.errors import InvalidValue
from simgen.scenario import Scenario
from simgen.world import World


class VectorEnvironment(VectorEnv):
    """N rows, each what `Environment` is alone, bit for bit, whatever the number of processes."""

    metadata = {"render_modes": RENDER_MODES, "render_fps": 20, "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(
        self,
        scene: str | Path | Scenario = "pick_place",
        *,
        num_envs: int = 1,
        world: str | World = worlds.DEFAULT,
        processes: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        record: str | Path | None = None,
        overwrite: bool = False,
        render_mode: str | None = None,
        **rules,
    ):
        """Make it; nothing is played before `reset`.

        Args:
            scene: a name on the scenes shelf, a YAML file, or a Scenario.
            num_envs: rows.
            world: who draws the photographs of all rows, by name or made already.
            processes: that do the physics; a process that dies is replaced and its rows go on where they were. None is one a core, at
                most one a row, for more than one row, but this one where the simulator steps all rows as one; 0 is this one.
            autoreset_mode: what becomes of a row whose episode has ended, as in Gymnasium's own vectors.
            record: where a dataset of every whole episode shall stand when this is closed; None keeps nothing.
            overwrite: replace what stands there.
            render_mode: `rgb_array`, or None.
            rules: see `rules_of`.

        Raises:
            UnknownName, InvalidScenario, AssetError, InvalidValue, OutputExists, UnfinishedJob.
        """
        if num_envs < 1:
            raise InvalidValue("num_envs", num_envs, "at least 1")
        self._mode = AutoresetMode(autoreset_mode)
        self._parts = parts = Parts(scene, world, num_envs, record, overwrite, processes, rules)
        self.metadata = VectorEnvironment.metadata | {"render_fps": parts.fps, "autoreset_mode": self._mode}
        self.num_envs, self.render_mode = num_envs, render_mode
        self.single_observation_space, self.single_action_space = parts.observation_space, parts.action_space
        self.observation_space = batch_space(parts.observation_space, num_envs)
        self.action_space = batch_space(parts.action_space, num_envs)
        self._openings = [Openings(parts.rules) for _ in range(num_envs)]
        self._turns: list[Turn | None] = [None] * num_envs

    @property
    def restarts(self) -> int:
        """How often a process died and was replaced."""
        return self._parts.loop.restarts

    def reset(self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        """Begin an episode in every row.

        Args:
            seed: of row i it is `seed + i`; or one a row.
            options: as of one environment, each one for all or a list with one a row; and `reset_mask`, bool, (N,): the rows to reset.

        Raises:
            InvalidValue, UnknownName: if an option is none, or of another length; nothing has happened then.
        """
        options = dict(options or {})
        rows = self._masked(options.pop("reset_mask", None))
        seeds = self._seeds(seed)
        each = {row: {name: self._of_row(name, value, row) for name, value in options.items()} for row in rows}
        return self._batched(self._begun({row: (seeds[row], each[row]) for row in rows}))

    def step(self, actions: np.ndarray) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray, dict]:
        """Carry out a decision in every row.

        Raises:
            InvalidValue: on an action of a wrong shape, with a number that is not finite or out of bounds, and before `reset`; nothing has
                happened then.
        """
        over = self._over()
        if over and self._mode is AutoresetMode.DISABLED:
            raise InvalidValue("the order of calls", f"step after the end of rows {over}", "reset of those first, by reset_mask")
        turns = self._advanced(actions, over)
        final = {}
        if self._mode is AutoresetMode.NEXT_STEP:
            turns |= self._begun(dict.fromkeys(over, (None, {})))
        elif self._mode is AutoresetMode.SAME_STEP:
            final = {row: turn for row, turn in turns.items() if turn.terminated or turn.truncated}
            self._begun(dict.fromkeys(final, (None, {})))
        return self._stepped(final)

    def step_going(self, actions: np.ndarray) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray, dict]:
        """The same of the rows whose episode goes on; the others stay as they are, with no more reward, until they are reset.

        Raises:
            InvalidValue: as `step`.
        """
        over = self._over()
        self._advanced(actions, over)
        observation, rewards, *flags, info = self._stepped({})
        rewards[over] = 0.0
        return observation, rewards, *flags, info

    def _over(self) -> list[int]:
        """Rows whose episode has ended."""
        if any(turn is None for turn in self._turns):
            raise InvalidValue("the order of calls", "step", "reset first")
        return [row for row, turn in enumerate(self._turns) if turn.terminated or turn.truncated]

    def _advanced(self, actions: object, over: Sequence[int]) -> dict[int, Turn]:
        """What comes of the actions of all rows but those."""
        checked = self._checked(actions, [row for row in range(self.num_envs) if row not in over])
        for row in checked:
            self._turns[row] = None
        turns = self._parts.loop.step(checked)
        for row, turn in turns.items():
            self._turns[row] = turn
        return turns

    def _stepped(self, final: Mapping[int, Turn]) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray, dict]:
        """Where all rows are now; of those whose episode ended and began anew at once, how it ended."""
        observation, info = self._batched(dict(enumerate(self._turns)), final)
        ends = [final.get(row, turn) for row, turn in enumerate(self._turns)]
        rewards = np.array([end.reward for end in ends], np.float64)
        return observation, rewards, *(np.array([getattr(end, name) for end in ends], bool) for name in ("terminated", "truncated")), info

    def render(self) -> tuple[np.ndarray, ...] | None:
        """What every row's cameras show, side by side, uint8, (H, W, 3) each; None without a render mode."""
        if self.render_mode is None or any(turn is None for turn in self._turns):
            return None
        return tuple(side_by_side(list(turn.observation["pixels"].values())) for turn in self._turns)

    def snapshot(self, row: int) -> bytes:
        """Everything that `reset(options={"snapshot": [...]})` needs to go on with a row from here, bit for bit."""
        if not 0 <= row < self.num_envs or self._turns[row] is None:
            raise InvalidValue("row", row, f"one of {self.num_envs}, after reset")
        return self._parts.loop.snapshot(row)

    def close_extras(self, **kwargs) -> None:
        """Free everything, and put the recorded dataset together."""
        self._parts.loop.close()

    @property
    def task(self) -> str:
        """The task's name."""
        return self._parts.rules.job.scenario.task.name

    @property
    def instructions(self) -> tuple[str, ...]:
        """Every row's instruction; before `reset`, the task's name."""
        return tuple(self.task if turn is None else turn.observation["task"] for turn in self._turns)

    @property
    def _max_episode_steps(self) -> int:
        return self._parts.most_steps

    @property
    def privileged_names(self) -> tuple[str, ...]:
        """What the numbers of `info["privileged"]` are, (P,)."""
        return self._parts.privileged_names

    def _begun(self, asked: Mapping[int, tuple[int | None, dict]]) -> dict[int, Turn]:
        openings = {row: self._parts.opening(self._openings[row], *one) for row, one in asked.items()}
        if not openings:
            return {}
        for row in openings:
            self._turns[row] = None
        turns = self._parts.loop.reset(openings)
        for row, turn in turns.items():
            self._turns[row] = turn
        return turns

    def _checked(self, actions: object, rows: Sequence[int]) -> dict[int, np.ndarray]:
        count = len(actions) if hasattr(actions, "__len__") else 0
        if count != self.num_envs:
            raise InvalidValue("the number of actions", count, f"{self.num_envs}, one a row")
        return {row: self._parts.checker.checked(actions[row], row) for row in rows}

    def _masked(self, mask: object) -> list[int]:
        if mask is None:
            return list(range(self.num_envs))
        array = np.asarray(mask)
        if array.shape != (self.num_envs,) or array.dtype != bool or not array.any():
            raise InvalidValue("reset_mask", mask, f"bool, ({self.num_envs},), with a True in it")
        return np.flatnonzero(array).tolist()

    def _seeds(self, seed: object) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int | np.integer):
            return [int(seed) + row for row in range(self.num_envs)]
        seeds = list(seed)
        if len(seeds) != self.num_envs:
            raise InvalidValue("the number of seeds", len(seeds), f"{self.num_envs}, one a row")
        return seeds

    def _of_row(self, name: str, value: object, row: int) -> object:
        if not isinstance(value, list | tuple) or name not in OPTIONS:
            return value
        if len(value) != self.num_envs:
            raise InvalidValue(f"the number of {name} options", len(value), f"{self.num_envs}, one a row")
        return value[row]

    def _batched(self, turns: Mapping[int, Turn], final: Mapping[int, Turn] | None = None) -> tuple[dict, dict]:
        """Gymnasium's observation of all rows, with infos of these."""
        blank = create_empty_array(self.single_observation_space, self.num_envs)
        observations = [self._turns[row].observation for row in range(self.num_envs)]
        info: dict[str, Any] = {}
        for row, turn in turns.items():
            if final and row in final:
                info = self._add_info(info, {"final_obs": final[row].observation, "final_info": final[row].info}, row)
            info = self._add_info(info, turn.info, row)
        return concatenate(self.single_observation_space, observations, blank), info
