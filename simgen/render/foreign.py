"""What did not come from SimGen: arrays alone. Light comes from normals without shadows, and worlds that need a Scene say so."""

import hashlib
from functools import partial
from pathlib import Path

from simgen import world as worlds
from simgen.arrays import unshadowed
from simgen.dataset import foreign, photographs, video
from simgen.dataset.columns import FILE as COLUMNS
from simgen.dataset.columns import judged_columns, surroundings
from simgen.dataset.durable import write_json
from simgen.dataset.foreign import Foreign
from simgen.dataset.store import Store
from simgen.errors import InvalidValue
from simgen.observation import Observation
from simgen.photography import Photographs, Studio
from simgen.randomness import stream
from simgen.record import OFF_THE_PHYSICS, Attempt
from simgen.render.order import Order
from simgen.scenario.conditions import conditions_of
from simgen.scenario.sky import illuminate
from simgen.scenario.words import words
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, ControlClip


class Arrays:
    """A foreign dataset as a source.

    Raises:
        DamagedDataset, NoControls: if it cannot be one.
    """

    def __init__(self, root: Path):
        self._source = Foreign(root)

    def __len__(self) -> int:
        return len(self._source)

    def usual_gate(self, world: str) -> str:
        """Nobody looks: the limits of the gate are those of exact truth."""
        return "off"

    def check(self, order: Order) -> None:
        """Raise InvalidValue where surfaces should change that nobody knows."""
        if order.materials:
            raise InvalidValue("--materials", True, "left out: nobody knows the surfaces of a dataset that is not SimGen's")

    @property
    def sha256(self) -> str:
        """Of its description."""
        return self._source.sha256

    @staticmethod
    def darkroom(order: Order, store: Store) -> "Darkroom":
        """Who does the work, in a worker process."""
        return Darkroom(order, store)

    def finish(self, store: Store, kept: list[int]) -> Path:
        """Put the dataset together."""
        return store.finish(kept, partial(foreign.assemble, self._source))


class Darkroom:
    """Photographs and stores one episode at a time; one a worker process."""

    def __init__(self, order: Order, store: Store):
        self._order, self._store, self._source = order, store, Foreign(order.source)
        self._studio = Studio(worlds.make(order.world), order.gate)

    def __call__(self, number: int) -> Attempt:
        """Photograph the `number`th of the chosen episodes, unless an earlier run already did."""
        position = self._order.positions[number]
        if position in self._store.done():
            return Attempt(position, True, True, 0, {})
        if position in {rejection.draw for rejection in self._store.rejected()}:
            return Attempt(position, False, False, 0, {})
        watch = Stopwatch()
        with watch("read"):
            seen = self._source.observations(position)
        with watch("world"):
            appearance, made = self._photographed(position, seen)
        kept = not self._studio.refuses(made.adherence)
        with watch("store"):
            if kept:
                self._store.keep(position, partial(self._fill, position, appearance, seen, made))
            else:
                self._store.reject(position, OFF_THE_PHYSICS)
        return Attempt(position, kept, kept, len(self._source.span(position)), dict(watch.seconds))

    def _photographed(self, position: int, seen: dict[str, tuple[Observation, ...]]) -> tuple[Appearance, Photographs]:
        order = self._order
        conditions = conditions_of(**order.override.parts, seed=order.seed, episode=position)
        said = words(conditions)
        appearance = Appearance(said.prompt, said.negative_prompt, (conditions,))
        if self._studio.needs_light:
            light = illuminate(conditions.weather, conditions.light)
            seen = {camera: tuple(unshadowed(one, light) for one in frames) for camera, frames in seen.items()}
        seed = int(stream(order.seed, position, "render/world").integers(2**63))
        drawn = {camera: self._studio.draw(ControlClip(frames), appearance, seed=seed) for camera, frames in seen.items()}
        clips = {camera: clip for camera, (clip, _) in drawn.items()}
        return appearance, Photographs(clips, {camera: judged for camera, (_, judged) in drawn.items() if judged})

    def _fill(self, position: int, appearance: Appearance, seen: dict, made: Photographs, folder: Path) -> None:
        order, conditions = self._order, appearance.at(0)
        video.encode_clips(folder / "videos", self._source.lerobot.fps, made.clips, seen, "lerobot")
        photographs.write(folder, made.clips, made.adherence)
        columns = {
            "simgen/episode": position,
            "simgen/success": True,
            "simgen/labels": "lerobot",
            "simgen/world": order.world,
            "simgen/pair": hashlib.sha256(f"{self._source.sha256}/{position}".encode()).hexdigest(),
            "simgen/rendered_from": f"{order.source.name}/{position}",
            "simgen/caption": words(conditions).caption,
        }
        write_json(folder / COLUMNS, columns | judged_columns(made.adherence) | surroundings(conditions))
