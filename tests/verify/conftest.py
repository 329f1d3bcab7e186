"""Limits of the small studio, made once."""

import pytest
from studio import specimen

from simgen.verify import Limits
from simgen.verify.calibrate import calibrate, trials
from simgen.verify.faults import FAULTS


@pytest.fixture(scope="session")
def specimens():
    """Six good clips."""
    return [specimen(number) for number in range(6)]


@pytest.fixture(scope="session")
def limits(specimens) -> Limits:
    """From five of them, with room to spare, as five are few; the sixth is never seen by a calibration."""
    found = calibrate(trials(specimens[:5], 0), tuple(FAULTS), world="studio", datasets={})
    wider = {name: found.usual[name] + 1.4 * (found.limit[name] - found.usual[name]) for name in found.limit}
    return found.model_copy(update={"limit": wider, "bound": 1.4 * found.bound})
