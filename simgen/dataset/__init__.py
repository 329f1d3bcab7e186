"""Datasets: LeRobot v3.0 with the physics truth beside it."""

from simgen.dataset.episode import Episode as Episode
from simgen.dataset.episode import Subtask as Subtask
