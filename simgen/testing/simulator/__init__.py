"""Does a simulator keep the contract of `simgen.simulator.Simulator`, and does its physics say what the Scene says?

Every check has one bound for all engines, from the size of a step, the precision of a number or what a camera can see. The first
line of its docstring is its row in the report; the figure beside it is what was measured.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

from simgen.errors import UnknownName
from simgen.report import Report, Row, run
from simgen.simulator import Simulator
from simgen.testing.simulator import contact, contract, control, dynamics, geometry, repeat, snapshot, weather
from simgen.testing.simulator.agreement import check_agreement as check_agreement
from simgen.testing.simulator.stage import trial_actions as trial_actions
from simgen.testing.simulator.stage import trial_scene as trial_scene
from simgen.testing.simulator.trial import Trial
from simgen.testing.simulator.trial import fingerprint as fingerprint

GROUPS: dict[str, tuple[Callable[[Trial], str], ...]] = {
    "contract": contract.CHECKS,
    "geometry": geometry.CHECKS,
    "dynamics": dynamics.CHECKS,
    "contact": contact.CHECKS,
    "control": control.CHECKS,
    "weather": weather.CHECKS,
    "determinism": repeat.CHECKS,
    "snapshot": snapshot.CHECKS,
    "closing": contract.CLOSING,
}
"""Every check, by what it is about."""
CHECKS = tuple(check for checks in GROUPS.values() for check in checks)


def check_simulator(
    make: Callable[[], Simulator], report: Callable[[Row], None] | None = None, *, groups: Sequence[str] = tuple(GROUPS)
) -> Report:
    """Check a simulator: its contract, geometry, dynamics, contacts, control, weather, determinism and snapshot.

    Args:
        make: makes a new one, as `lambda: MySimulator()`; it also does so in another process.
        report: called with each row as soon as it is known, as `print`.
        groups: of checks, from `GROUPS`; all by default.

    Returns:
        A report with one row a check; nothing is raised, whatever the simulator does.

    Raises:
        UnknownName: if there is no such group.
    """
    for group in groups:
        if group not in GROUPS:
            raise UnknownName("group of checks", group, GROUPS)
    trial, rows = Trial(make), []
    for group in groups:
        for check in GROUPS[group]:
            rows.append(run(check, trial, group=group))
            if report is not None:
                report(rows[-1])
            if rows[-1].passed is False:
                _forget(trial)  # what failed may have left a broken engine
    _forget(trial)
    return Report(tuple(rows))


def _forget(trial: Trial) -> None:
    with suppress(Exception):  # closing has a check of its own
        trial.forget()
