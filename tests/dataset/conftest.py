import shutil
from pathlib import Path

import pytest
from synthetic import synthetic

from simgen import dataset as datasets
from simgen.dataset.reader import Dataset
from simgen.dataset.store import Store


def made(out: Path, draws=(0, 1, 3), labels="none", **how) -> Path:
    """A finished dataset of synthetic episodes."""
    store = Store(out, {"seed": 0})
    for draw in draws:
        store.write(synthetic(draw, **how), labels)
    return store.finish(list(draws))


@pytest.fixture(scope="session")
def plain(tmp_path_factory) -> Path:
    """Three episodes, photographs only."""
    return made(tmp_path_factory.mktemp("plain") / "data")


@pytest.fixture(scope="session")
def opened(plain) -> Dataset:
    """The same, open."""
    return datasets.open(plain)


@pytest.fixture(scope="session")
def labelled(tmp_path_factory) -> Path:
    """Two episodes with LeRobot's own depth and segmentation."""
    return made(tmp_path_factory.mktemp("labelled") / "data", (0, 1), "lerobot", frames=6)


@pytest.fixture
def copy(small, tmp_path) -> Path:
    """A dataset of one's own, to damage."""
    return shutil.copytree(small, tmp_path / "data")


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """Two short episodes with one body."""
    return made(tmp_path_factory.mktemp("small") / "data", (0, 1), frames=6, names=("cube",))
