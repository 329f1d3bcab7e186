"""A suite: episodes under one weather, light and sensor, as LeRobot's rollout plays them; suites take turns on one stage."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv

from simgen.environment.vector import VectorEnvironment
from simgen.errors import InvalidValue, UnknownName
from simgen.scenario.override import Override

NOMINAL = "nominal"
AXES = ("weather", "light", "sensor")


def named(suites: Sequence[str]) -> dict[str, dict[str, str]]:
    """Suites by their names without blanks, each with its options of a reset.

    Raises:
        InvalidValue, UnknownName: if there are none, one is there twice, or a name says something else.
    """
    names = [name.replace(" ", "") for name in suites]
    if not names or len(set(names)) < len(names):
        raise InvalidValue("--env.suites", list(suites), f"one or more, each once: [{NOMINAL}, weather=rain:4]")
    return {name: options_of(name) for name in names}


def options_of(suite: str) -> dict[str, str]:
    """The options of a reset that a suite's name says: `nominal` none, `weather=rain:4,light=night` two.

    Raises:
        InvalidValue, UnknownName: if it says something else.
    """
    if suite == NOMINAL:
        return {}
    options = {}
    for part in suite.split(","):
        axis, _, preset = part.partition("=")
        if axis not in AXES:
            raise UnknownName("axis of a suite", axis, (*AXES, NOMINAL))
        if not preset or axis in options:
            raise InvalidValue(f"suite {suite}", part, "a preset and its level, every axis once: weather=rain:4,light=night")
        options[axis] = preset
    Override(**options).check()
    return options


class Stage:
    """The environments that all suites play on, one after the other.

    They are made when the first begins, for a policy may prove unfit before that, and are freed when the last suite has left.
    """

    def __init__(self, make: Callable[[], VectorEnvironment], *, count: int, suites: int):
        """Nobody plays yet.

        Args:
            make: makes them, with autoreset mode DISABLED.
            count: how many they are.
            suites: how many will play.
        """
        self._make, self.count, self._left = make, count, suites
        self._env, self._playing = None, None

    @property
    def env(self) -> VectorEnvironment:
        """The environments."""
        if self._env is None:
            self._env = self._make()
        return self._env

    def enter(self, suite: "Suite") -> None:
        """A suite begins its episodes, whoever played before."""
        self._playing = suite

    def check(self, suite: "Suite") -> None:
        """Raise InvalidValue if another suite has begun since."""
        if self._playing is not suite:
            raise InvalidValue("the order of calls", "step", "reset of this suite first: suites share their environments")

    def leave(self) -> None:
        """A suite is done."""
        self._left -= 1
        if self._left == 0 and self._env is not None:
            self._env.close()


class Suite(VectorEnv):
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
    def observation_space(self) -> spaces.Space:
        """Of all rows."""
        return self._stage.env.observation_space

    @property
    def action_space(self) -> spaces.Space:
        """Of all rows."""
        return self._stage.env.action_space

    @property
    def single_observation_space(self) -> spaces.Space:
        """Of one row."""
        return self._stage.env.single_observation_space

    @property
    def single_action_space(self) -> spaces.Space:
        """Of one row."""
        return self._stage.env.single_action_space

    def reset(self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        """Begin an episode in every row; options of LeRobot's own change nothing."""
        self._stage.enter(self)
        return self._stage.env.reset(seed=seed, options=dict(self._options))

    def step(self, actions: np.ndarray) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray, dict]:
        """Carry out an action in every row whose episode goes on.

        Args:
            actions: float32, (N, A).

        Raises:
            InvalidValue: on a wrong shape, on a number that is not finite, and before this suite's reset.
        """
        self._stage.check(self)
        actions, space = np.asarray(actions, np.float32), self.action_space
        if actions.shape == space.shape:
            actions = np.where(np.isfinite(actions), np.clip(actions, space.low, space.high), actions)
        return self._stage.env.step_going(actions)

    def render(self) -> tuple[np.ndarray, ...]:
        """What every row's cameras show, side by side, uint8, (H, W, 3) each."""
        return self._stage.env.render()

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple:
        """What a method or attribute of every row gives."""
        return self.render() if name == "render" else self.get_attr(name)

    def get_attr(self, name: str) -> tuple:
        """An attribute of every row: `task`, `task_description`, `_max_episode_steps`."""
        env = self._stage.env
        if name in ("task", "_max_episode_steps"):
            return (getattr(env, name),) * self.num_envs
        if name == "task_description":
            return env.instructions
        raise AttributeError(f"Rows of a suite have no {name}")

    def close_extras(self, **kwargs: Any) -> None:
        """Leave the stage; the last to leave frees it."""
        self._stage.leave()
