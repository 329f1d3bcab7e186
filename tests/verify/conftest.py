"""Limits of the small studio, made once."""

import pytest
from studio import specimen, with_references

from simgen.verify import Limits
from simgen.verify.calibrate import calibrate, trials
from simgen.verify.faults import FAULTS
from simgen.verify.trial import good, spoiled


@pytest.fixture(scope="session")
def specimens():
    """Six good clips."""
    return [specimen(number) for number in range(6)]


@pytest.fixture(scope="session")
def limits(specimens) -> Limits:
    """From five of them, with room to spare, as five are few; the sixth is never seen by a calibration."""
    found = calibrate(trials(specimens[:5], 0), tuple(FAULTS), world="studio", datasets={})
    return roomier(found)


@pytest.fixture(scope="session")
def limits_of_references(specimens) -> Limits:
    """The same of comparisons with references."""
    compared = [with_references(one) for one in specimens[:5]]
    found = [trial for one in compared for trial in (*good(one), *spoiled(one, compared[0], 0, (2,)))]
    return roomier(calibrate(found, tuple(FAULTS), world="studio", referenced=True, datasets={}))


def roomier(found: Limits) -> Limits:
    return found.model_copy(update={name: 1.4 * getattr(found, name) for name in ("most", "bound", "bound_of_body")})
