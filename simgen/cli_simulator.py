"""The command line's commands about simulators: what they can do, and how far two of them part."""

from typing import Annotated

import tyro

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
    from simgen.simulator import REGISTRY

    for name in names:
        REGISTRY.check(name)
    failed = 0
    for name in names or [one for one in sorted(REGISTRY.table()) if record.installed(one)]:
        print(f"{name}, {record.engine_of(name)} {record.installed(name)}", flush=True)
        found = measure(name, lambda row: print(f"  {row.group:<12}{row}", flush=True))
        failed += sum(row.passed is False for row in found.rows)
        where = record.shipped(name) if write else record.measured_here(name)
        print(f"Record   {record.write(found, where)}")
    return 1 if failed else 0
