"""Puts a simulator through all checks."""

from collections.abc import Callable
from functools import partial

from simgen import simulator as simulators
from simgen.conformance.record import Record, installed
from simgen.report import Report, Row
from simgen.testing import check_agreement, check_simulator

REFERENCE = "pybullet"
"""Whom the others are compared with."""


def measure(simulator: str, report: Callable[[Row], None] | None = None) -> Record:
    """The record of one simulator; those that are not the reference are compared with it, too.

    Args:
        simulator: its name.
        report: called with each row as soon as it is known.

    Raises:
        UnknownName: if no simulator is called so.
        MissingExtra: if its engine is not installed.
    """
    simulators.REGISTRY.load(simulator)
    make = partial(simulators.make, simulator)
    rows = check_simulator(make, report).rows
    if simulator != REFERENCE and installed(REFERENCE):
        rows += check_agreement(partial(simulators.make, REFERENCE), make, report).rows
    return Record.of(simulator, Report(rows))
