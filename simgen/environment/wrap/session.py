"""A session: the rows of somebody else's environment, which of them begin anew, and what their policies are shown."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from simgen.arrays import Frame
from simgen.environment.wrap.adapter import Adapter
from simgen.environment.wrap.darkroom import Darkroom, Gate, Photograph
from simgen.environment.wrap.draws import Draw, Draws
from simgen.errors import InvalidValue, ShapeMismatch
from simgen.scenario.override import Override
from simgen.world import World

RowFrames = dict[int, dict[str, Frame]]
"""Row and camera to what it gave."""
Sight = dict[str, Photograph]
"""Camera to what it shows."""


class Session:
    """One environment's, of one row or many."""

    def __init__(self, adapter: Adapter, world: World, override: Override, gate: Gate):
        """Wait for the first reset.

        Args:
            adapter: reads the environment.
            world: who draws.
            override: weather, light and sensor.
            gate: whether photographs are judged.
        """
        self.adapter, self._world, self._override = adapter, world, override
        self._darkroom = Darkroom(world, adapter.cameras, gate)
        self._draws: list[Draws] = []
        self._drawn: dict[int, Draw] = {}
        self._time_ns: dict[int, int] = {}
        self._shown: dict[int, Sight] = {}

    def reset(
        self,
        observation: Any,
        info: Mapping,
        *,
        seed: int | Sequence[int | None] | None,
        options: Sequence[Mapping | None] | Mapping | None,
        rows: Sequence[int] | None = None,
    ) -> Any:
        """What is shown of the first instant of new episodes.

        Args:
            observation: the environment's own.
            info: the same.
            seed: root seed: of every row, or of the first, from which those of the others count on.
            options: `OPTIONS` of the photographs, for all rows or for each.
            rows: those that begin anew; None is all. The others stay as they are shown.
        """
        frames = self._frames(observation, info)
        if not self._draws:
            self._draws = [Draws(self._override) for _ in frames]
            rows = None
        if len(frames) != len(self._draws):
            raise InvalidValue("the number of rows", len(frames), f"{len(self._draws)}, as it was at first")
        anew = range(len(frames)) if rows is None else rows
        seeds, said = self._each("seeds", seed), self._each("options['simgen']", options)
        self._begin({row: self._draws[row].next(seeds[row], said[row]) for row in anew}, frames)
        self._look({row: frames[row] for row in anew})
        return self.visible(observation)

    def step(self, observation: Any, info: Mapping) -> Any:
        """What is shown of the next instant; rows whose clock did not go on have begun anew."""
        if not self._draws:
            raise InvalidValue("the order of calls", "step", "reset first")
        frames = self._frames(observation, info)
        anew = [row for row, cameras in frames.items() if _time(cameras) <= self._time_ns[row]]
        self._begin({row: self._draws[row].next() for row in anew}, frames)
        self._look(frames)
        return self.visible(observation)

    def last(self, observation: Any, info: Mapping, rows: Sequence[int]) -> dict[int, Sight]:
        """Photographs of the last instant of these rows' episodes, of which the environment tells beside the first of the next.

        Args:
            observation: of that instant, of one row or of all.
            info: the same.
            rows: whose episodes ended.
        """
        frames = self._frames(observation, info)
        frames = {rows[0]: frames[0]} if len(frames) < len(self._draws) else {row: frames[row] for row in rows}
        self._look(frames)
        return {row: self._shown[row] for row in rows}

    def visible(self, observation: Any, instead: Mapping[int, Sight] = MappingProxyType({}), rows: Sequence[int] | None = None) -> Any:
        """An observation with what is shown.

        Args:
            observation: the environment's own, of these rows.
            instead: what some rows show in place of that.
            rows: of the observation; None is all.
        """
        shown, rows = {**self._shown, **instead}, range(len(self._draws)) if rows is None else rows
        return self.adapter.shown(observation, {camera: [shown[row][camera].pixels for row in rows] for camera in self.adapter.cameras})

    @property
    def records(self) -> list[dict]:
        """Of every row: what its photographs were drawn from, and what the gate said of them; the caller's own."""
        drawn = [deepcopy(self._drawn[row].record) for row in range(len(self._draws))]
        return [{"world": self._world.name, **record, **_judged(self._shown[row])} for row, record in enumerate(drawn)]

    def _begin(self, draws: Mapping[int, Draw], frames: RowFrames) -> None:
        if draws:
            self._darkroom.begin(draws, frames)
            self._drawn |= draws

    def _look(self, frames: RowFrames) -> None:
        self._shown |= self._darkroom.photograph(frames)
        self._time_ns |= {row: _time(cameras) for row, cameras in frames.items()}

    def _frames(self, observation: Any, info: Mapping) -> RowFrames:
        """Row and camera to what it gave."""
        given = self.adapter.frames(observation, info)
        if {*given} != {*self.adapter.cameras}:
            raise InvalidValue("the cameras of an adapter's frames", sorted(given), f"{sorted(self.adapter.cameras)}, as it said")
        counts = {camera: len(frames) for camera, frames in given.items()}
        if len({*counts.values()}) != 1:
            raise InvalidValue("the number of an adapter's frames", counts, "the same for every camera, one a row")
        return {row: {camera: frames[row] for camera, frames in given.items()} for row in range(next(iter(counts.values())))}

    def _each(self, name: str, value: Any) -> list:
        """One a row."""
        count = len(self._draws)
        if name == "seeds" and value is not None and not hasattr(value, "__len__"):
            return [value + row for row in range(count)]
        if value is None or isinstance(value, Mapping):
            return [value] * count
        if len(value) != count:
            raise ShapeMismatch(name, (len(value),), "the environment", (count,))
        return list(value)


def _time(cameras: Mapping[str, Frame]) -> int:
    return max(frame.time_ns for frame in cameras.values())


def _judged(shown: Sight) -> dict:
    judged = {camera: one.adherence for camera, one in shown.items() if one.adherence is not None}
    if not judged:
        return {}
    return {
        "adherence": {camera: one.score for camera, one in judged.items()},
        "adherent": {camera: one.passed for camera, one in judged.items()},
    }
