"""Datasets: LeRobot v3.0 with the physics truth beside it."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from simgen.dataset.episode import Episode as Episode
from simgen.dataset.episode import Subtask as Subtask

if TYPE_CHECKING:
    from simgen.dataset.reader import Dataset


def open(root: str | Path) -> "Dataset":  # named as it is called: simgen.dataset.open
    """A finished dataset, LeRobot's half and the physics truth aligned: `open(root)[6][0].observations["front"].depth`.

    Raises:
        DamagedDataset: if there is none, or a part of it is missing or unreadable.
    """
    return import_module("simgen.dataset.reader").Dataset(root)
