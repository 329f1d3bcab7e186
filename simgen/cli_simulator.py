"""The command line's commands about simulators: what they can do, and how far two of them part."""

from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console

from simgen.errors import InvalidValue

# As in cli.py, a command imports its rooms when it runs.


def conformance(
    names: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(name="name", metavar="[NAME ...]")] = (),
    *,
    write: bool = False,
) -> int:
    """Check simulators: contract, geometry, dynamics, contacts, control, weather, determinism and snapshots; status 1 where one fails.

    What was found is kept, and `simgen list simulators` shows it.

    Args:
        names: From `simgen list simulators`, yours too; by default all that are installed.
        write: Keep what was found in the package, for all who install it, instead of in your cache.
    """
    from simgen.conformance import record
    from simgen.conformance.measure import measure
    from simgen.simulator import REGISTRY, engine_of

    for name in names:
        REGISTRY.check(name)
    failed = 0
    for name in names or [one for one in sorted(REGISTRY.table()) if record.installed(one)]:
        print(f"{name}, {engine_of(name)} {record.installed(name)}", flush=True)
        found = measure(name, lambda row: print(f"  {row.group:<12}{row}", flush=True))
        failed += sum(row.passed is False for row in found.rows)
        where = record.shipped(name) if write else record.measured_here(name)
        print(f"Record   {record.write(found, where)}")
    return 1 if failed else 0


def compare_engines(
    scene: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SCENE")],
    *,
    engines: Annotated[tuple[str, str], tyro.conf.arg(metavar="FIRST SECOND")],
    out: Path,
    seed: int = 0,
    episode: int = 0,
    seconds: Annotated[float | None, tyro.conf.arg(metavar="FLOAT")] = None,
    actions: Literal["expert", "wander"] = "expert",
    size: int = 256,
) -> None:
    """Play one scene with the same actions in two engines and measure how far they part, beside two floors of the first.

    Args:
        scene: A name from `simgen list scenes`, or a YAML file; with a robot and a task.
        engines: Two names from `simgen list simulators`; the first arranges the scene and leads.
        out: Folder of `report.json` and `report.html`.
        seed: Root seed.
        episode: Which draw of it.
        seconds: At most so many; by default until the expert is done, or as long as the scene lasts.
        actions: `expert`: the task's expert leads in the first engine, its actions are replayed in the second, and there it also
            tries by itself. `wander`: the hand is sent from place to place.
        size: Width and height of pictures.
    """
    if size < 8:
        raise InvalidValue("--size", size, "at least 8")
    from simgen.evaluation.engines.compare import compare_engines as compare
    from simgen.evaluation.engines.html import write_page

    console = Console(stderr=True)
    with console.status("starting") as status:
        comparison = compare(
            scene,
            engines=engines,
            seed=seed,
            episode=episode,
            seconds=seconds,
            actions=actions,
            size=(size, size),
            progress=lambda doing: status.update(doing),
        )
        status.update("drawing the page")
        numbers, page = comparison.write(out), write_page(comparison, out)
    print(comparison)
    print(f"Numbers  {numbers}")
    print(f"Page     {page.resolve()}")
