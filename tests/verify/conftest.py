"""Limits of the small studio, made once."""

import pytest
from studio import specimen, with_references

from simgen.verify import Limits
from simgen.verify.calibrate import calibrate, trials
from simgen.verify.trial import good


@pytest.fixture(scope="session")
def specimens():
    """Six good clips."""
    return [specimen(number) for number in range(6)]


@pytest.fixture(scope="session")
def limits(specimens) -> Limits:
    """From five of them, with room to spare, as five are few; the sixth is never seen by a calibration."""
    found = calibrate(trials(specimens[:5], 0), world="studio", datasets={})
    return roomier(found)


@pytest.fixture(scope="session")
def limits_of_references(specimens) -> Limits:
    """The same of comparisons with references."""
    compared = [with_references(one) for one in specimens[:5]]
    found = [trial for one in compared for trial in good(one)]
    return roomier(calibrate(found, world="studio", referenced=True, datasets={}))


def roomier(found: Limits) -> Limits:
    limit = {
        kind: {name: value + 0.4 * (value - found.usual[kind][name]) for name, value in some.items()} for kind, some in found.limit.items()
    }
    return found.model_copy(update={"limit": limit})
