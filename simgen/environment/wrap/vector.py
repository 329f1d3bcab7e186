"""Somebody else's vector of environments, seen through photographs that one world draws for all of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv, VectorWrapper

from simgen.environment.wrap.leaf import array
from simgen.environment.wrap.session import Session, Sight
from simgen.environment.wrap.wrapped import KEY, partial, split

FINAL = ("final_obs", "final_observation")
"""Where an info tells of the last instant of episodes whose rows began anew in the same step: Gymnasium, and ManiSkill."""


class WrappedVector(VectorWrapper):
    """The same as `Wrapped` for all rows at once. Rows that the vector resets by itself begin new photographs, in the step in which it
    resets them; what an episode that ended so showed last is photographed, too, in `info["final_obs"]`. `info["simgen"]` is (N,)."""

    def __init__(self, env: VectorEnv, session: Session):
        """Take the vector, which is closed with this."""
        super().__init__(env)
        self._session = session
        self.observation_space = session.adapter.space(env.observation_space)
        self.single_observation_space = session.adapter.space(env.single_observation_space)

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]:
        """Begin an episode in every row, or in those of `options["reset_mask"]`.

        Raises:
            UnknownName, InvalidValue: if the options of the photographs, or what the environment gives, is not sound.
        """
        said, theirs = split(options)
        rows = partial(theirs)  # before the environment takes it out
        observation, info = self.env.reset(seed=seed, options=theirs)
        observation = self._session.reset(observation, info, seed=seed, options=said, rows=rows)
        return observation, {**info, **self._record()}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict]:
        """Carry out an action in every row.

        Raises:
            InvalidValue: before `reset`, or if what the environment gives is not sound.
        """
        observation, reward, terminated, truncated, info = self.env.step(actions)
        over = np.flatnonzero(array(terminated) | array(truncated)).tolist()
        ends = [(key, self._last(info[key], info.get("final_info"), over)) for key in FINAL if key in info and over]
        observation = self._session.step(observation, info)
        final = {key: self._ended(info[key], sights) for key, sights in ends}
        return observation, reward, terminated, truncated, {**info, **final, **self._record()}

    def _last(self, observation: Any, info: Mapping | None, rows: list[int]) -> dict[int, Sight]:
        """What these rows showed last."""
        if _together(observation):
            return self._session.last(observation, info or {}, rows)
        return {row: self._session.last(observation[row], {}, [row])[row] for row in rows}

    def _ended(self, observation: Any, sights: Mapping[int, Sight]) -> Any:
        """Final observations with that."""
        if _together(observation):
            return self._session.visible(observation, sights)
        shown = observation.copy()
        for row in sights:
            shown[row] = self._session.visible(observation[row], sights, [row])
        return shown

    def _record(self) -> dict:
        records = np.empty(self.num_envs, object)
        records[:] = self._session.records
        return {KEY: records, f"_{KEY}": np.ones(self.num_envs, bool)}


def _together(observation: Any) -> bool:
    """Whether final observations are one batch, as ManiSkill's, rather than one a row, as Gymnasium's."""
    return not (isinstance(observation, np.ndarray) and observation.dtype == object)
