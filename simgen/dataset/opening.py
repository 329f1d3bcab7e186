"""LeRobot's half of a dataset, opened without a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from lerobot.datasets import dataset_metadata
from lerobot.datasets.lerobot_dataset import LeRobotDataset

from simgen.errors import DamagedDataset


def opened(root: Path) -> LeRobotDataset:
    """The LeRobot dataset in a folder; depth comes in metres.

    Raises:
        DamagedDataset: if LeRobot cannot read it.
    """
    try:
        with _without_statistics():
            return LeRobotDataset("simgen/local", root=root, video_backend="pyav", depth_output_unit="m")
    except Exception as error:  # whatever parquet, json or LeRobot's look at the network come to
        raise DamagedDataset(root, f"LeRobot cannot read it ({type(error).__name__})") from error


@contextmanager
def _without_statistics() -> Iterator[None]:
    """LeRobot reads hundreds of columns of statistics with its table of episodes, to drop them: most of the time it takes."""
    load = dataset_metadata.load_episodes
    dataset_metadata.load_episodes = _episodes
    try:
        yield
    finally:
        dataset_metadata.load_episodes = load


def _episodes(root: Path) -> datasets.Dataset:
    """What LeRobot's `load_episodes` gives."""
    files = sorted((root / "meta/episodes").glob("*/*.parquet"))
    columns = [name for name in pq.read_schema(files[0]).names if not name.startswith("stats/")]
    return datasets.Dataset(pa.concat_tables(pq.read_table(file, columns=columns) for file in files))
