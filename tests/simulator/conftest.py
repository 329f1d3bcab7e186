"""A cache of its own for the tests, and simulators that are closed behind them."""

import pytest

from simgen.simulator.pybullet import PyBullet


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Convex pieces are made once a session, and nothing is left in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def start():
    """Build a scene and reset it: `simulator, state = start(scene)`."""
    made = []

    def start(scene, **options):
        simulator = PyBullet(**options)
        made.append(simulator)
        simulator.build(scene)
        return simulator, simulator.reset(0)

    yield start
    for simulator in made:
        simulator.close()
