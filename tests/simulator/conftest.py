"""A cache of its own for the tests, and simulators that are closed behind them."""

import pytest

from simgen import simulator as simulators


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Convex pieces are made once a session, and nothing is left in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_generate_tests(metafunc):
    """A module's tests run over its ENGINES, where it names any."""
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", getattr(metafunc.module, "ENGINES", ("pybullet",)))


@pytest.fixture
def start(engine):
    """Build a scene and reset it: `simulator, state = start(scene)`."""
    made = []

    def start(scene, **options):
        simulator = simulators.make(engine, **options)
        made.append(simulator)
        simulator.build(scene)
        return simulator, simulator.reset(0)

    yield start
    for simulator in made:
        simulator.close()
