"""Draws: what the photographs of a row's next episode are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgen.errors import InvalidValue, UnknownName
from simgen.randomness import stream
from simgen.scenario.conditions import Conditions, conditions_of
from simgen.scenario.illumination import Illumination
from simgen.scenario.override import Override
from simgen.scenario.sky import illuminate
from simgen.scenario.words import words
from simgen.world import Appearance

OPTIONS = ("seed", "episode", "weather", "light", "sensor")
"""What an episode's photographs are drawn from; what `info["simgen"]` says, and `reset(options={"simgen": ...})` takes."""
TOLD = ("world", "conditions", "prompt", "adherence", "adherent")
"""What a record says beside those."""


@dataclass(frozen=True)
class Draw:
    """Of one episode."""

    seed: int
    """Root seed."""
    episode: int
    """Its number under that seed."""
    override: Override
    """Weather, light and sensor that were asked for; where nothing was, it is a clear day and a good camera."""

    @cached_property
    def conditions(self) -> Conditions:
        """Weather, light and sensor, all numbers fixed."""
        return conditions_of(**self.override.parts, seed=self.seed, episode=self.episode)

    @cached_property
    def appearance(self) -> Appearance:
        """The same, and in words."""
        said = words(self.conditions)
        return Appearance(said.prompt, said.negative_prompt, (self.conditions,))

    @cached_property
    def illumination(self) -> Illumination:
        """The light of it."""
        return illuminate(self.conditions.weather, self.conditions.light)

    @property
    def world_seed(self) -> int:
        """Of the photographs, the same for all cameras, which see the same rain."""
        return int(stream(self.seed, self.episode, "wrap/world").integers(2**63))

    @cached_property
    def record(self) -> dict:
        """What draws it again, and what came of it."""
        numbers = {part: getattr(self.conditions, part).model_dump(mode="json") for part in ("weather", "light", "sensor")}
        return {"seed": self.seed, "episode": self.episode, **vars(self.override), "conditions": numbers, "prompt": self.appearance.prompt}


class Draws:
    """One row's episodes: 0 of a seed, and after that 1, 2, ..."""

    def __init__(self, override: Override):
        """Nobody has said a seed yet."""
        self._override, self._seed, self._episode = override, None, -1

    def next(self, seed: int | None = None, options: Mapping[str, object] | None = None) -> Draw:
        """The next episode's.

        Args:
            seed: the root seed; None goes on with the last, or takes one that nobody chose.
            options: a record, or any of `OPTIONS`, for this episode in place of what goes without saying; None is as if it were not there.

        Raises:
            UnknownName: if there is no such preset.
            InvalidValue: if a seed, an episode or a level is none.
        """
        said = {name: value for name, value in (options or {}).items() if name in OPTIONS and value is not None}
        override = Override(**{part: said.get(part, getattr(self._override, part)) for part in ("weather", "light", "sensor")})
        override.check()
        seed = said.get("seed", seed)
        if seed is not None:
            self._seed, self._episode = _whole("seed", seed), 0
        elif self._seed is None:
            self._seed, self._episode = int(np.random.SeedSequence().generate_state(1)[0]), 0
        else:
            self._episode += 1
        if "episode" in said:
            self._episode = _whole("episode", said["episode"])
        return Draw(self._seed, self._episode, override)


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise InvalidValue(name, value, "an integer of 0 or more")
    return int(value)


def checked(options: object) -> Mapping[str, object]:
    """Options of one row's photographs.

    Raises:
        InvalidValue: if they are no dictionary.
        UnknownName: if one of them means nothing here.
    """
    if not isinstance(options, Mapping):
        raise InvalidValue("options['simgen']", options, f"a dictionary of {', '.join(OPTIONS)}")
    for name in options:
        if name not in (*OPTIONS, *TOLD):
            raise UnknownName("option of the photographs", name, OPTIONS)
    return options
