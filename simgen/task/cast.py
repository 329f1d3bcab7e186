"""Who plays which part in a task, its settings, and how to say it in words."""

from collections.abc import Iterable
from string import Formatter

import numpy as np

from simgen.errors import InvalidScenario, UnknownName
from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.scenario.classes import CLASSES
from simgen.scenario.robot import RobotModel, robot_model
from simgen.scenario.scene import PlacedBody
from simgen.scenario.words import called
from simgen.task.thing import Thing, thing


def cast(scene: Scene, links: tuple[Link, ...], roles: tuple[str, ...]) -> tuple[Thing, ...]:
    """The bodies that play these roles, in this order.

    Raises:
        UnknownName: if the scene gives a role the task does not know, or names a body that is not there.
        InvalidScenario: if a role is not given, two are played by one body, or there is no robot to do the task.
    """
    name, given = scene.task.name, scene.task.roles
    if scene.robot is None:
        raise InvalidScenario(scene.name, "robot", f"the task '{name}' needs a robot to do it; give one.")
    for role in given:
        if role not in roles:
            raise UnknownName(f"role of the task '{name}'", role, roles)
    for role in roles:
        if role not in given:
            raise InvalidScenario(scene.name, f"task.roles.{role}", f"the task '{name}' needs a body for it; name one.")
    if len(set(given.values())) < len(given):
        raise InvalidScenario(scene.name, "task.roles", "one body plays two roles; name a different body for each.")
    return tuple(thing(_body(scene, given[role]), scene, links) for role in roles)


def settings(scene: Scene, defaults: dict[str, float]) -> dict[str, float]:
    """The task's settings: `defaults` with what the scene says in their place; all must be greater than 0.

    Raises:
        UnknownName: if the scene gives a setting the task does not know.
        InvalidScenario: if one is not greater than 0.
    """
    for name, value in scene.task.settings.items():
        if name not in defaults:
            raise UnknownName(f"setting of the task '{scene.task.name}'", name, defaults)
        if not value > 0:
            raise InvalidScenario(scene.name, f"task.settings.{name}", f"must be greater than 0, got {value:g}.")
    return defaults | scene.task.settings


def fill(phrasings: Iterable[str], scene: Scene) -> tuple[str, ...]:
    """Phrasings with the roles in their braces put in words.

    Raises:
        UnknownName: if braces hold something that is not a role of the scene's task.
        InvalidScenario: if braces do not pair.
    """
    parts = {role: called(_body(scene, name)) for role, name in scene.task.roles.items()}
    filled = []
    for phrasing in phrasings:
        try:
            asked = [role for _, role, _, _ in Formatter().parse(phrasing) if role is not None]
        except ValueError as error:
            raise InvalidScenario(scene.name, "task.instructions", f"{phrasing!r} has a brace without its pair; mend it.") from error
        for role in asked:
            if role not in parts:
                raise UnknownName("role in an instruction", role, parts)
        filled.append(phrasing.format(**parts))
    return tuple(filled)


def graspable(role: str, part: Thing, scene: Scene) -> None:
    """Check that a body fits between the fingers.

    Raises:
        InvalidScenario: if it is too wide whichever way it is taken.
    """
    opening = hand(scene).opening
    if np.min(part.size) > 0.95 * opening:
        problem = f"'{part.name}' is {np.min(part.size):.3g} m across at its narrowest, the gripper opens {opening:g} m; make it smaller."
        raise InvalidScenario(scene.name, f"task.roles.{role}", problem)


def hand(scene: Scene) -> RobotModel:
    """The robot that does the task."""
    return robot_model(scene.robot.name)


def gripper_rows(links: tuple[Link, ...]) -> np.ndarray:
    """Rows of the gripper in the link table, int, (G,)."""
    return np.array([row for row, link in enumerate(links) if link.semantic == CLASSES["gripper"]])


def touching(state: State, rows: np.ndarray, part: Thing) -> bool:
    """Whether any of these links touches a body."""
    a, b = state.contacts.link_a, state.contacts.link_b
    return bool(np.any((np.isin(a, rows) & (b == part.row)) | (np.isin(b, rows) & (a == part.row))))


def nearness(distance: float, span: float) -> float:
    """1 at distance 0, 1/2 at `span`, towards 0 far away."""
    return float(span / (span + max(0.0, distance)))


def _body(scene: Scene, name: str) -> PlacedBody:
    known = {body.name: body for body in scene.bodies}
    if name not in known:
        raise UnknownName("body", name, known)
    return known[name]
