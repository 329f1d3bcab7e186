"""Checkers for plugin authors, and for our own tests: does a part keep its contract?"""

from simgen.testing.dataset import check_dataset as check_dataset
from simgen.testing.report import Report as Report
from simgen.testing.report import Row as Row
from simgen.testing.simulator import check_simulator as check_simulator
