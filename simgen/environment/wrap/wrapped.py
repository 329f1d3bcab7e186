"""Somebody else's environment, one or a batch in one, seen through photographs."""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from simgen.environment.wrap.draws import checked
from simgen.environment.wrap.leaf import array
from simgen.environment.wrap.session import Session

KEY = "simgen"
"""Of `info` and of the options of `reset`."""


class Wrapped(gymnasium.Wrapper):
    """An environment whose policy sees photographs; reward, ends, and all else that it observes are as they were.

    `info["simgen"]` says what the photographs of this episode were drawn from: `world`, `seed`, `episode`, `weather`, `light`, `sensor`,
    their numbers as `conditions`, and `prompt`; a list of these where the environment is a batch. `reset(options={"simgen": ...})` draws
    them again from it, or from any of `seed`, `episode`, `weather`, `light` and `sensor`, for this episode.
    """

    def __init__(self, env: gymnasium.Env, session: Session):
        """Take the environment, which is closed with this."""
        super().__init__(env)
        self._session = session
        self.observation_space = session.adapter.space(env.observation_space)

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]:
        """Begin an episode: number 0 of a seed, or the next of the last one.

        Raises:
            UnknownName, InvalidValue: if the options of the photographs, or what the environment gives, is not sound.
        """
        said, theirs = split(options)
        rows = partial(theirs)  # before the environment takes it out
        observation, info = self.env.reset(seed=seed, options=theirs)
        observation = self._session.reset(observation, info, seed=seed, options=said, rows=rows)
        return observation, {**info, KEY: self._record()}

    def step(self, action: Any) -> tuple[Any, Any, Any, Any, dict]:
        """Carry out an action.

        Raises:
            InvalidValue: before `reset`, or if what the environment gives is not sound.
        """
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._session.step(observation, info), reward, terminated, truncated, {**info, KEY: self._record()}

    def _record(self) -> dict | list[dict]:
        records = self._session.records
        return records[0] if len(records) == 1 else records


def split(options: Mapping[str, Any] | None) -> tuple[Any, dict[str, Any] | None]:
    """Options of the photographs, and those of the environment."""
    if options is None or KEY not in options:
        return None, options
    said = options[KEY]
    said = [one and checked(one) for one in said] if isinstance(said, list | tuple | np.ndarray) else checked(said)
    return said, {key: value for key, value in options.items() if key != KEY}


def partial(options: Mapping[str, Any] | None) -> list[int] | None:
    """The rows that a reset is for, as Gymnasium (`reset_mask`) or ManiSkill (`env_idx`) say it; None is all."""
    if options and options.get("reset_mask") is not None:
        return np.flatnonzero(array(options["reset_mask"])).tolist()
    if options and options.get("env_idx") is not None:
        return array(options["env_idx"]).tolist()
    return None
