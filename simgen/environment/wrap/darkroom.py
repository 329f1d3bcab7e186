"""The darkroom: one world that photographs what all rows of somebody else's environment see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from simgen.abreast import abreast
from simgen.arrays import Frame, observed, unshadowed
from simgen.environment.wrap.draws import Draw
from simgen.observation import Observation
from simgen.verify import Adherence, Limits, Watch
from simgen.world import Appearance, Shot, Stream, World

Gate = Literal["off", "flag"]
"""Nobody looks at the photographs, or the gate does and says what it sees."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """What a camera of one row shows its policy."""

    pixels: np.ndarray
    """sRGB, uint8, (H, W, 3)."""
    adherence: Adherence | None
    """What the gate said of it; None where nobody looked."""


@dataclass
class Row:
    """One row's episode as the darkroom remembers it."""

    draw: Draw
    before: dict[str, Frame] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)


class Darkroom:
    """Photographs for all rows at once; a row is the same alone and beside others."""

    def __init__(self, world: World, cameras: Sequence[str], gate: Gate):
        """Wait for the first frames.

        Args:
            world: who draws.
            cameras: of every row, in the order of its streams.
            gate: whether every photograph is judged.
        """
        self._world, self._cameras, self._gate = world, tuple(cameras), gate
        self._stream: Stream | None = None
        self._rows: dict[int, Row] = {}

    def begin(self, draws: Mapping[int, Draw], frames: Mapping[int, Mapping[str, Frame]]) -> None:
        """These rows begin new episodes with these frames, which `photograph` is to be given next; the first time it must be all."""
        places = [(row, camera) for row in draws for camera in self._cameras]
        views = [frames[row][camera].view for row, camera in places]
        looks, seeds = [draws[row].appearance for row, _ in places], [draws[row].world_seed for row, _ in places]
        if self._stream is None:
            self._stream = self._world.stream(views, [Appearance()] * len(views), seeds=[0] * len(views))
        self._stream.reset([self._number(*place) for place in places], views, looks, seeds=seeds)
        for row, draw in draws.items():
            self._rows[row] = Row(draw, watches=self._new_watches())

    def photograph(self, frames: Mapping[int, Mapping[str, Frame]]) -> dict[int, dict[str, Photograph]]:
        """The next photograph of every camera of these rows."""
        places = [(row, camera) for row in frames for camera in self._cameras]
        seen = abreast(lambda place: self._observed(*place, frames[place[0]][place[1]]), places)
        shots = [Shot(one, conditions=self._rows[row].draw.conditions) for (row, _), one in zip(places, seen, strict=True)]
        drawn = self._stream.step(shots, [self._number(*place) for place in places])
        made = abreast(lambda each: self._judged(*each), zip(places, seen, drawn, strict=True))
        found: dict[int, dict[str, Photograph]] = {row: {} for row in frames}
        for (row, camera), one in zip(places, made, strict=True):
            found[row][camera], self._rows[row].before[camera] = one, frames[row][camera]
        return found

    def _observed(self, row: int, camera: str, frame: Frame) -> Observation:
        one = self._rows[row]
        observation = observed(frame, one.before.get(camera))
        return unshadowed(observation, one.draw.illumination) if self._world.needs_light else observation

    def _judged(self, place: tuple[int, str], seen: Observation, drawn: np.ndarray) -> Photograph:
        row, camera = place
        watch = self._rows[row].watches.get(camera)
        return Photograph(drawn, None if watch is None else watch.judge(drawn, seen))

    def _new_watches(self) -> dict[str, Watch]:
        if self._gate == "off":
            return {}
        limits = Limits.of(self._world.name, referenced=False)
        return {camera: Watch(limits) for camera in self._cameras}

    def _number(self, row: int, camera: str) -> int:
        return row * len(self._cameras) + self._cameras.index(camera)
