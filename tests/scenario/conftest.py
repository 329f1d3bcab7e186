"""A table to put things on."""

import pytest
from furniture import TABLE

from simgen.scenario import Scenario, from_dict


@pytest.fixture
def kitchen():
    """Makes a scenario of a table and the given bodies, without a robot unless one is given."""

    def make(bodies: dict | None = None, **more) -> Scenario:
        data = {
            "schema_version": 1,
            "name": "kitchen",
            "robot": None,
            "cameras": {"front": {"position": [1.5, 0, 1], "look_at": [0.4, 0, 0]}},
            "bodies": {"table": TABLE, **(bodies or {})},
        }
        return from_dict(data | more)

    return make
