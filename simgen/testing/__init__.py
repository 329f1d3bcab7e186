"""Checkers for plugin authors, and for our own tests: does a part keep its contract?"""

from simgen.report import Report as Report
from simgen.report import Row as Row
from simgen.testing.dataset import check_dataset as check_dataset
from simgen.testing.simulator import check_agreement as check_agreement
from simgen.testing.simulator import check_simulator as check_simulator
