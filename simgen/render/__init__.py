"""A recorded dataset photographed anew: under other weather, light, camera, materials or by another world, its physics untouched.

Every episode keeps its actions, states and truth file, byte for byte; only new materials change the maps of what surfaces look
like. Photographs of one run share `simgen/pair` over all datasets: counterfactual pairs. Of a dataset that did not come from
SimGen, every row stays and its cameras with depth and segmentation are drawn anew (`foreign.py`).
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from simgen import world as worlds
from simgen.dataset.store import Store
from simgen.dataset.whole import SUMMARY
from simgen.errors import GateRefuses, InvalidValue
from simgen.photography import Gate, check_gate
from simgen.record import Progress, crew, followed
from simgen.render.foreign import Arrays
from simgen.render.order import Order, chosen
from simgen.render.recorded import Recorded
from simgen.scale import until_enough
from simgen.scenario.override import Override


def render(
    source: str | Path,
    out: str | Path,
    *,
    world: str = worlds.DEFAULT,
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
        NoControls: if it is not SimGen's and shows pictures without depth and segmentation.
        OutputExists, CannotWrite, WorkerDied, GateRefuses, UnknownName, InvalidValue, OtherAssets.
    """
    override = Override(weather, light, sensor)
    override.check()
    check_gate(gate or "off")
    _check_world(world, changes=bool(override.parts or materials))
    root = Path(source).resolve()
    kind = Recorded if (root / SUMMARY).is_file() else Arrays
    there = kind(root)
    positions = chosen(episodes, len(there))
    folder = None if assets is None else Path(assets).resolve()
    order = Order(root, positions, seed, world, override, materials, gate or there.usual_gate(world), folder)
    there.check(order)
    wanted, workers = len(positions), crew(workers, len(positions))
    store = Store(out, order.facts(root.name, there.sha256), overwrite=overwrite)
    attempts = until_enough(partial(kind.darkroom, order, store), wanted=wanted, start=0, limit=wanted, workers=workers)
    try:
        kept = followed(attempts, wanted, progress)
        if not kept:
            raise GateRefuses(root.name, wanted, world)
        return there.finish(store, kept)
    finally:
        store.close()


def _check_world(world: str, *, changes: bool) -> None:
    """Raise UnknownName if there is no such world, InvalidValue if it cannot draw what is to change."""
    if worlds.REGISTRY.load(world).needs_rgb and changes:
        must = "one that draws weather, light and materials itself: this one passes on what the simulator drew"
        raise InvalidValue("--world", world, must)
