"""Audit: a whole dataset through the gate, as a table, a page and an exit status."""

from simgen.audit.calibration import calibrate_datasets as calibrate_datasets
from simgen.audit.report import Report as Report
from simgen.audit.verification import verify_dataset as verify_dataset
