"""What SimGen needs to know of a robot beyond its URDF: assets/<name>/robot.yaml."""

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field

from simgen import shelves
from simgen.errors import UnknownName
from simgen.scenario.distribution import Finite, Model

Length = Annotated[Finite, Field(gt=0)]


class RobotModel(Model):
    """An arm with a parallel gripper."""

    urdf: str
    """Beside this file, on the assets shelf, `package://NAME/PATH` or absolute; an MJCF if its name ends in .xml or .mjcf."""
    arm: list[str]
    """Joint names, from the base to the hand."""
    home: list[Finite]
    """Radians, one for each joint of the arm."""
    fingers: list[str]
    """Prismatic joint names; each moves half the opening."""
    opening: Length
    """Metres between the fingers, fully open."""
    gripper_links: list[str]
    """Links of class `gripper`; the others are of class `robot`."""
    tcp_link: str
    tcp_position: tuple[Finite, Finite, Finite]
    """Metres, in the frame of tcp_link."""
    grip_force: Length
    """Newtons, of each finger."""


def robots() -> dict[str, Path]:
    """Every robot on the assets shelf by name."""
    return {path.parent.name: path for path in sorted(shelves.shelf("assets").glob("*/robot.yaml"))}


@cache
def robot_model(name: str) -> RobotModel:
    """The robot of that name.

    Raises:
        UnknownName: if there is none.
    """
    known = robots()
    if name not in known:
        raise UnknownName("robot", name, known)
    return RobotModel.model_validate(yaml.safe_load(known[name].read_text()))
