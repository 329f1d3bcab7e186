"""A recorded dataset photographed anew: under other weather, light, camera, materials or by another world, its physics untouched.

Every episode keeps its actions, states and truth file, byte for byte; only new materials change the maps of what surfaces look
like. Photographs of one run share `simgen/pair` over all datasets: counterfactual pairs.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path

from simgen import dataset as datasets
from simgen import world as worlds
from simgen.dataset import Episode
from simgen.dataset.reader import Dataset, Record
from simgen.dataset.store import Store
from simgen.errors import GateRefuses, InvalidValue, OtherAssets
from simgen.observation import Observation
from simgen.photography import Gate, Studio, check_gate, usual_gate
from simgen.randomness import stream
from simgen.record import OFF_THE_PHYSICS, Attempt, Progress, crew, followed
from simgen.rollout import versions
from simgen.scale import until_enough
from simgen.scenario import Scene
from simgen.scenario.files import digests
from simgen.scenario.override import Override
from simgen.scenario.repaint import repainted
from simgen.simulator.raycast import RayCaster
from simgen.stopwatch import Stopwatch

LOOKS = ("albedo", "roughness", "metallic")
"""Maps that follow the materials."""


@dataclass(frozen=True)
class Order:
    """What is asked of a rendering; equal orders make equal photographs."""

    source: Path
    """The recorded dataset."""
    positions: tuple[int, ...]
    """Which of its episodes, from 0."""
    seed: int
    world: str
    override: Override
    materials: bool
    """Whether surfaces get another look."""
    gate: Gate
    assets: Path | None
    """Where the scenario's own files lie; None where it has none."""


def render(
    source: str | Path,
    out: str | Path,
    *,
    world: str,
    weather: str | None = None,
    light: str | None = None,
    sensor: str | None = None,
    materials: bool = False,
    seed: int = 0,
    episodes: Sequence[int] | None = None,
    gate: Gate | None = None,
    assets: str | Path | None = None,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """Photograph a recorded dataset anew, as a dataset of the same rows at `out`.

    Like a recording it waits in `<out>.partial` until it is whole; whatever ends the run, the same call goes on from there.

    Args:
        source: folder of the recorded dataset.
        out: folder of the new one.
        world: who draws the photographs.
        weather: a preset and its level from 0 to 5, `rain:4`, drawn anew for every episode; None keeps the recorded.
        light: the same.
        sensor: the same.
        materials: give surfaces another look of the same kind.
        seed: of everything that is drawn here.
        episodes: positions in the source, from 0; None is all.
        gate: what becomes of photographs that do not show what the physics says; None marks them, but for the world `raw`.
        assets: folder of files that stood beside the scenario: meshes, textures, HDR images.
        overwrite: replace a finished dataset at `out`, once the new one is complete.
        workers: processes; None is one a core. The dataset is the same with any number.

    Raises:
        DamagedDataset: if there is no dataset, or a part of it is missing.
        OutputExists, CannotWrite, WorkerDied, GateRefuses, UnknownName, InvalidValue, OtherAssets.
    """
    override = Override(weather, light, sensor)
    override.check()
    check_gate(gate or "off")
    worlds.REGISTRY.check(world)
    dataset = datasets.open(source)
    positions = _chosen(episodes, len(dataset))
    folder = None if assets is None else Path(assets).resolve()
    order = Order(dataset.root.resolve(), positions, seed, world, override, materials, gate or usual_gate(world), folder)
    _check(order, dataset)
    workers = crew(workers, len(positions))
    store = Store(out, facts(order, dataset), overwrite=overwrite)
    wanted = len(positions)
    attempts = until_enough(partial(Darkroom, order, store), wanted=wanted, start=0, limit=wanted, workers=workers)
    try:
        kept = followed(attempts, wanted, progress)
        if not kept:
            raise GateRefuses(dataset.root.name, wanted, world)
        return store.finish(kept)
    finally:
        store.close()


def _chosen(episodes: Sequence[int] | None, count: int) -> tuple[int, ...]:
    positions = tuple(range(count)) if episodes is None else tuple(sorted(set(episodes)))
    wrong = next((position for position in positions if not 0 <= position < count), None)
    if wrong is not None or not positions:
        raise InvalidValue("--episodes", wrong, f"from 0 to {count - 1}")
    return positions


def _check(order: Order, dataset: Dataset) -> None:
    """Find what cannot be drawn before anything is started."""
    if worlds.make(order.world).needs_rgb and (order.override.parts or order.materials):
        must = "one that draws weather, light and materials itself: this one passes on what the simulator drew"
        raise InvalidValue("--world", order.world, must)
    for position in order.positions[:1]:
        _same_files(dataset[position].scene, order.assets)


def _same_files(scene: Scene, folder: Path | None) -> None:
    """Raise OtherAssets if a file of the scene is another one by now."""
    for reference, digest in digests(scene.bodies, scene.robot, folder).items():
        if scene.assets.get(reference, digest) != digest:
            raise OtherAssets(reference)


def facts(order: Order, dataset: Dataset) -> dict:
    """What makes the new dataset what it is, but for how many episodes it has."""
    truths = "".join(dataset.columns["simgen/truth_sha256"])
    return {
        "rendered_from": {"name": dataset.root.resolve().name, "sha256": hashlib.sha256(truths.encode()).hexdigest()},
        "seed": order.seed,
        "world": order.world,
        "override": asdict(order.override),
        "materials": order.materials,
        "gate": order.gate,
        "versions": versions(),
    }


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
