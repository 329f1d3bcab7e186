"""What SimGen recorded: Scene, states and exact maps are there, and the truth file goes along."""

import hashlib
from dataclasses import fields, replace
from pathlib import Path

from simgen import dataset as datasets
from simgen import world as worlds
from simgen.dataset import Episode
from simgen.dataset.reader import Record
from simgen.dataset.store import Store
from simgen.errors import OtherAssets
from simgen.observation import Observation
from simgen.photography import Studio, usual_gate
from simgen.randomness import stream
from simgen.record import OFF_THE_PHYSICS, Attempt
from simgen.render.order import Order
from simgen.rollout import versions
from simgen.scenario import Scene
from simgen.scenario.files import digests
from simgen.scenario.repaint import repainted
from simgen.simulator.raycast import RayCaster
from simgen.stopwatch import Stopwatch

LOOKS = ("albedo", "roughness", "metallic")
"""Maps that follow the materials."""


class Recorded:
    """A dataset of SimGen as a source.

    Raises:
        DamagedDataset: if a part of it is missing.
    """

    def __init__(self, root: Path):
        self._dataset = datasets.open(root)

    def __len__(self) -> int:
        return len(self._dataset)

    def usual_gate(self, world: str) -> str:
        """What the gate does where nobody says."""
        return usual_gate(world)

    def check(self, order: Order) -> None:
        """Raise OtherAssets if a file of the scenes is another one by now."""
        with self._dataset[order.positions[0]] as record:
            _same_files(record.scene, order.assets)

    @property
    def sha256(self) -> str:
        """Of all that its episodes are."""
        return hashlib.sha256("".join(self._dataset.columns["simgen/truth_sha256"]).encode()).hexdigest()

    @staticmethod
    def darkroom(order: Order, store: Store) -> "Darkroom":
        """Who does the work, in a worker process."""
        return Darkroom(order, store)

    def finish(self, store: Store, kept: list[int]) -> Path:
        """Put the dataset together."""
        return store.finish(kept)


class Darkroom:
    """Photographs and stores one episode at a time; one a worker process."""

    def __init__(self, order: Order, store: Store):
        self._order, self._store = order, store
        self._dataset = datasets.open(order.source)
        self._studio = Studio(worlds.make(order.world), order.gate)

    def __call__(self, number: int) -> Attempt:
        """Photograph the `number`th of the chosen episodes, unless an earlier run already did."""
        position = self._order.positions[number]
        draw = int(self._dataset.columns["simgen/episode"][position])
        if draw in self._store.done():
            return Attempt(draw, True, True, 0, {})
        if draw in {rejection.draw for rejection in self._store.rejected()}:
            return Attempt(draw, False, False, 0, {})
        watch = Stopwatch()
        with self._dataset[position] as record:
            episode = self._photographed(record, position, watch)
            kept = not self._studio.refuses(episode.adherence)
            with watch("store"):
                if kept:
                    truth = None if self._order.materials else record.truth.path
                    self._store.write(episode, record.columns["simgen/labels"], truth)
                else:
                    self._store.reject(draw, OFF_THE_PHYSICS, episode.scene.attempt)
        return Attempt(draw, kept, kept, len(episode), dict(watch.seconds))

    def _photographed(self, record: Record, position: int, watch: Stopwatch) -> Episode:
        order = self._order
        with watch("read"):
            kept = {one.name: getattr(record, one.name) for one in fields(Episode)}
            seen = {camera: tuple(frames) for camera, frames in record.trajectory.observations.items()}
        was, ran = (scene.model_copy(update={"folder": order.assets and str(order.assets)}) for scene in (record.scene, record.truth.scene))
        if order.materials:
            was, ran = (repainted(scene, seed=order.seed) for scene in (was, ran))
            with watch("cast"):
                seen = _recast(was, record, seen)
        scene = order.override.on(was, seed=order.seed)
        with watch("world"):
            seed = int(stream(order.seed, scene.episode, "render/world").integers(2**63))
            photographs = self._studio.shoot(scene, record.trajectory.states, seen, seed=seed)
        new = {
            "scene": scene,
            "simulated": None if scene == ran else ran,
            "trajectory": replace(record.trajectory, observations=seen),
            "clips": photographs.clips,
            "adherence": photographs.adherence,
            "world_seed": seed,
            "rendered_from": f"{order.source.name}/{position}",
            "versions": versions(),
        }
        return Episode(**kept | new)


def _recast(scene: Scene, record: Record, seen: dict[str, tuple[Observation, ...]]) -> dict[str, tuple[Observation, ...]]:
    """The same observations of other materials; the simulator's own picture, which shows the old ones, is left out."""
    caster, states = RayCaster.of(scene), record.trajectory.states
    found = {}
    for camera, frames in seen.items():
        looks = [caster.observe(one.view, state.link_pose, one.time_ns) for one, state in zip(frames, states, strict=True)]
        found[camera] = tuple(
            replace(one, rgb=None, **{name: getattr(look, name) for name in LOOKS}) for one, look in zip(frames, looks, strict=True)
        )
    return found


def _same_files(scene: Scene, folder: Path | None) -> None:
    """Raise OtherAssets if a file of the scene is another one by now."""
    for reference, digest in digests(scene.bodies, scene.robot, folder).items():
        if scene.assets.get(reference, digest) != digest:
            raise OtherAssets(reference)
