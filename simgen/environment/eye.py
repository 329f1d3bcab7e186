"""The eye: one world that photographs what all rows of an environment see, and the gate that looks at every photograph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simgen import world as worlds
from simgen.abreast import abreast
from simgen.environment.play import Moment
from simgen.environment.rules import Rules
from simgen.errors import OffThePhysics
from simgen.photography import REPLACEMENT, reference_of, world_seed
from simgen.scenario import Scene
from simgen.scenario.words import words
from simgen.verify import Adherence, Limits, Watch
from simgen.verify.reference import silent
from simgen.world import Appearance, Shot, Stream, World


@dataclass(frozen=True, eq=False)
class Photograph:
    """What a camera of one row shows its policy."""

    pixels: np.ndarray
    """sRGB, uint8, (H, W, 3)."""
    time_ns: int
    """Simulated time at which it was taken."""
    source: str
    """The world that drew it."""
    adherence: Adherence | None
    """What the gate said of it; None where nobody looked."""
    refused: Adherence | None = None
    """What the gate said of the one in whose place this is shown; None where it is nobody's."""


Sight = dict[str, Photograph]
"""Camera to what it shows."""


@dataclass
class Row:
    """One row's episode as the eye remembers it."""

    scene: Scene
    shown: Sight = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)


class Eye:
    """Photographs for all rows at once; a row is the same alone and beside others."""

    def __init__(self, world: World, rules: Rules, rows: int):
        """Wait for the first episodes.

        Args:
            world: who draws.
            rules: which say what becomes of frames that fail.
            rows: how many.
        """
        self._world, self._rules, self._cameras = world, rules, tuple(rules.job.scenario.cameras)
        gated = rules.gate != "off"
        self._worlds = {
            "drawn": world,
            "predicted": reference_of(world.name) if gated else None,
            "exact": worlds.make(REPLACEMENT) if rules.gate == "replace" else None,
        }
        self._streams: dict[str, Stream] = {}
        self._rows: list[Row | None] = [None] * rows

    def begin(self, moments: Mapping[int, Moment]) -> None:
        """These rows begin new episodes."""
        casts = {row: moment.cast for row, moment in moments.items()}
        rows = [row for row in casts for _ in self._cameras]
        numbers = [number for row in casts for number in self._numbers(row)]
        views = [cast.views[camera] for cast in casts.values() for camera in self._cameras]
        looks = {row: _appearance(moments[row]) for row in casts}
        seeds = [world_seed(casts[row].scene) for row in rows]
        for name, world in self._worlds.items():
            if world is not None and name not in self._streams:
                every = [views[place % len(self._cameras)] for place in range(len(self._rows) * len(self._cameras))]
                self._streams[name] = world.stream(every, [Appearance()] * len(every), seeds=[0] * len(every))
        for stream in self._streams.values():
            stream.reset(numbers, views, [looks[row] for row in rows], seeds=seeds)
        for row, cast in casts.items():
            self._rows[row] = Row(cast.scene, watches=self._new_watches())

    def _new_watches(self) -> dict[str, Watch]:
        if self._rules.gate == "off":
            return {}
        limits = Limits.of(self._world.name, referenced=self._worlds["predicted"] is not None)
        return {camera: Watch(limits) for camera in self._cameras}

    def look(self, moments: Mapping[int, Moment]) -> dict[int, Sight]:
        """What these rows' cameras show, of which somebody looks.

        Raises:
            OffThePhysics: if a frame fails the gate, where the rules say so; those rows must begin anew.
        """
        looking = {row: moment for row, moment in moments.items() if moment.seen}
        pictures = {name: self._step(name, looking) for name in self._streams}
        every = [(row, camera) for row in looking for camera in self._cameras]

        def judged(place: tuple[int, str]) -> Photograph:
            row, camera = place
            return self._judged(row, camera, looking[row], {name: drawn[row][camera] for name, drawn in pictures.items()})

        for (row, camera), photograph in zip(every, abreast(judged, every), strict=True):
            self._rows[row].shown[camera] = photograph
        return {row: dict(self._rows[row].shown) for row in moments}

    def _step(self, name: str, moments: Mapping[int, Moment]) -> dict[int, dict[str, np.ndarray]]:
        """Row and camera to what one of the worlds draws."""
        shots = [
            Shot(moment.seen[camera], self._rows[row].scene, moment.state, silent(now) if name == "predicted" else now)
            for row, moment in moments.items()
            for now in [moment.conditions]
            for camera in self._cameras
        ]
        drawn = iter(self._streams[name].step(shots, [number for row in moments for number in self._numbers(row)]))
        return {row: {camera: next(drawn) for camera in self._cameras} for row in moments}

    def _judged(self, row: int, camera: str, moment: Moment, made: Mapping[str, np.ndarray]) -> Photograph:
        """What is shown in the end."""
        watch, reference = self._rows[row].watches.get(camera), made.get("predicted")
        taken = Photograph(made["drawn"], moment.state.time_ns, self._world.name, None)
        if watch is None:
            return taken
        taken = replace(taken, adherence=watch.judge(taken.pixels, moment.seen[camera], reference=reference, state=moment.state))
        if taken.adherence.passed or self._rules.gate == "flag":
            return taken
        if self._rules.gate == "raise":
            raise OffThePhysics(self._world.name, camera, taken.adherence.reasons)
        if self._rules.gate == "replace":
            exact = replace(taken, pixels=made["exact"], source=REPLACEMENT, refused=taken.adherence)
            return replace(exact, adherence=watch.retake(exact.pixels, limits=Limits.of(REPLACEMENT)))
        last = self._rows[row].shown.get(camera)  # the first has none before it, and is shown as it is
        return taken if last is None else replace(last, refused=taken.adherence)

    def _numbers(self, row: int) -> Sequence[int]:
        """Of a row's cameras in the streams."""
        return range(row * len(self._cameras), (row + 1) * len(self._cameras))

    def memory(self, row: int) -> dict[str, np.ndarray]:
        """All that one frame of a row hands to the next, and what it shows now, but for what the gate remembers."""
        kept = {}
        for name, stream in self._streams.items():
            for camera, number in zip(self._cameras, self._numbers(row), strict=True):
                kept |= {f"{name}/{camera}/{key}": value for key, value in stream.memory(number).items()}
        for camera, photograph in self._rows[row].shown.items():
            kept |= {f"shown/{camera}/pixels": photograph.pixels, f"shown/{camera}/time_ns": np.int64(photograph.time_ns)}
            kept[f"shown/{camera}/source"] = np.frombuffer(photograph.source.encode(), np.uint8)
        return kept

    def recall(self, row: int, memory: Mapping[str, np.ndarray]) -> Sight:
        """Go on with a row, just begun anew, from what `memory` said of it; what it shows. The gate begins anew."""
        parts: dict[tuple[str, str], dict[str, np.ndarray]] = {}
        for name, value in memory.items():
            stream, camera, key = name.split("/")
            parts.setdefault((stream, camera), {})[key] = value
        for camera, number in zip(self._cameras, self._numbers(row), strict=True):
            for name, stream in self._streams.items():
                stream.recall(number, parts.get((name, camera), {}))
            told = parts["shown", camera]
            source = told["source"].tobytes().decode()
            self._rows[row].shown[camera] = Photograph(told["pixels"], int(told["time_ns"]), source, None)
        return dict(self._rows[row].shown)


def _appearance(moment: Moment) -> Appearance:
    said = words(moment.conditions, moment.cast.scene)
    return Appearance(said.prompt, said.negative_prompt, (moment.conditions,))
