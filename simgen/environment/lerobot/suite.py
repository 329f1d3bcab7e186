"""A suite: episodes under one weather, light and sensor, as LeRobot's rollout plays them; suites take turns on one stage."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode

from simgen.environment.vector import VectorEnvironment
from simgen.errors import InvalidValue, UnknownName
from simgen.scenario.override import Override

NOMINAL = "nominal"
AXES = ("weather", "light", "sensor")


def options_of(suite: str) -> dict[str, str]:
    """The options of a reset that a suite's name says: `nominal` none, `weather=rain:4,light=night` two.

    Raises:
        InvalidValue, UnknownName: if it says something else.
    """
    if suite == NOMINAL:
        return {}
    options = {}
    for part in suite.split(","):
        axis, _, preset = part.strip().partition("=")
        if axis not in AXES:
            raise UnknownName("axis of a suite", axis, (*AXES, NOMINAL))
        if not preset or axis in options:
            raise InvalidValue(f"suite {suite}", part, f"{NOMINAL}, or preset and level of every axis once: weather=rain:4,light=night")
        options[axis] = preset
    Override(**options).check()
    return options


class Stage:
    """The environments that all suites play on, made when the first begins and freed when the last has left."""

    def __init__(self, count: int, suites: int, asked: dict[str, Any]):
        """Remember what is asked for."""
        self.count, self._suites, self._asked = count, suites, asked
        self._env: VectorEnvironment | None = None

    @property
    def env(self) -> VectorEnvironment:
        """The environments."""
        if self._env is None:
            made = {name: value for name, value in self._asked.items() if value is not None}
            self._env = VectorEnvironment(num_envs=self.count, autoreset_mode=AutoresetMode.DISABLED, render_mode="rgb_array", **made)
        return self._env

    def leave(self) -> None:
        """One suite is done."""
        self._suites -= 1
        if self._suites == 0 and self._env is not None:
            self._env.close()


class Suite(gymnasium.vector.VectorEnv):
    """What LeRobot's rollout asks of a vector: rows stay as they are after their episode until the next reset, and actions out of
    bounds, which policies give now and then, are clipped as a robot's controller does."""

    def __init__(self, stage: Stage, options: dict[str, str]):
        """Take turns on a stage, each reset with these options."""
        self._stage, self._options = stage, options
        self.num_envs = stage.count

    @property
    def metadata(self) -> dict:
        """Of the environments."""
        return self._stage.env.metadata

    @property
    def observation_space(self) -> gymnasium.Space:
        """Of all rows."""
        return self._stage.env.observation_space

    @property
    def action_space(self) -> gymnasium.Space:
        """Of all rows."""
        return self._stage.env.action_space

    @property
    def single_observation_space(self) -> gymnasium.Space:
        """Of one row."""
        return self._stage.env.single_observation_space

    @property
    def single_action_space(self) -> gymnasium.Space:
        """Of one row."""
        return self._stage.env.single_action_space

    def reset(self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        """Begin an episode in every row; options of LeRobot's own change nothing."""
        return self._stage.env.reset(seed=seed, options=dict(self._options))

    def step(self, actions: np.ndarray) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray, dict]:
        """Carry out an action in every row whose episode goes on.

        Raises:
            InvalidValue: on an action of a wrong shape or with a number that is not finite.
        """
        space = self._stage.env.action_space
        actions = np.asarray(actions, np.float32)
        return self._stage.env.step_going(np.clip(actions, space.low, space.high) if actions.shape == space.shape else actions)

    def render(self) -> tuple[np.ndarray, ...]:
        """What every row's cameras show, side by side, uint8, (H, W, 3) each."""
        return self._stage.env.render()

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple:
        """What a method or attribute of every row gives."""
        found = self.get_attr(name)
        return tuple(one(*args, **kwargs) if callable(one) else one for one in found)

    def get_attr(self, name: str) -> tuple:
        """An attribute of every row."""
        env = self._stage.env
        if name == "render":
            return tuple(lambda picture=picture: picture for picture in env.render())
        if name in ("task", "_max_episode_steps"):
            return (getattr(env, name),) * self.num_envs
        if name == "task_description":
            return env.instructions
        raise AttributeError(f"Rows of a suite have no {name}")

    def close_extras(self, **kwargs: Any) -> None:
        """Leave the stage; the last to leave frees it."""
        self._stage.leave()
