"""The physics truth of an episode as rows the page can show: time series, bodies and contacts."""

from typing import Any

import numpy as np

from simgen.controls import segmentation_colours
from simgen.dataset import Episode
from simgen.scenario.classes import CLASSES
from simgen.scenario.scene import ROBOT_ID


def plain(value: Any) -> Any:
    """Arrays and numbers as JSON knows them: six significant digits; what is not finite becomes None."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value]
    return float(f"{value:.6g}") if np.isfinite(value) else None


def names(episode: Episode) -> dict[str, dict]:
    """Body id to its name, class, colour, the names of its links, and whether it is fixed."""
    fixed = {body.id for body in episode.scene.bodies if body.fixed}
    classes = {number: name for name, number in (CLASSES | episode.scene.classes).items()}
    table: dict[str, dict] = {}
    for link in episode.links:
        colour = "#" + bytes(segmentation_colours(np.array(link.body))).hex()
        kind = classes.get(link.semantic, str(link.semantic))
        entry = {"name": link.name, "class": kind, "colour": colour, "fixed": link.body in fixed, "links": {}}
        table.setdefault(str(link.body), entry)["links"][str(link.index)] = link.name
    return table


def series(episode: Episode) -> list[dict]:
    """What is plotted over the frames: title, unit and named lines, (T,) each. What the scene does not have is left out."""
    states, scene = episode.trajectory.states, episode.scene
    plots = []
    if len(states[0].joint_position):
        choices = (("position", "rad", "joint_position"), ("velocity", "rad/s", "joint_velocity"), ("torque", "N m", "joint_torque"))
        for title, unit, field in choices:
            values = np.stack([getattr(state, field) for state in states])
            plots.append(_plot(f"joint {title}", unit, episode.joint_names, values, "joints"))
        plots.append(_plot("gripper opening", "mm", ("opening",), 1e3 * np.array([[state.gripper] for state in states])))
    if np.isfinite(episode.progress).any():
        plots.append(_plot("task progress", "", ("progress",), episode.progress[:, None], bounds=(0, 1)))
    force = np.array([[np.abs(state.contacts.force).sum(), np.abs(state.contacts.force).max(initial=0)] for state in states])
    plots.append(_plot("contact force", "N", ("sum", "greatest"), force))
    if episode.trajectory.actions.size:
        plots.append(_plot(f"action, {scene.control}", "", episode.action_names, episode.trajectory.actions))
    return plots


def _plot(title: str, unit: str, lines, values: np.ndarray, group: str = "", bounds: tuple[float, float] | None = None) -> dict:
    """One plot; plots of one group share a place and are chosen between."""
    rows = [{"name": name, "values": plain(column)} for name, column in zip(lines, values.T, strict=True)]
    return {"title": title, "unit": unit, "group": group, "bounds": bounds, "lines": rows}


def bodies(episode: Episode) -> list[dict]:
    """Every body but the robot: pose, velocity, mass and friction at every frame."""
    states = episode.trajectory.states
    pose, velocity = np.stack([state.link_pose for state in states]), np.stack([state.link_velocity for state in states])
    mass, friction = np.stack([state.mass for state in states]), np.stack([state.friction for state in states])
    rows = {link.body: row for row, link in enumerate(episode.links) if link.index == 0 and link.body != ROBOT_ID}
    return [
        {
            "id": body.id,
            "pose": plain(pose[:, rows[body.id]]),
            "velocity": plain(velocity[:, rows[body.id]]),
            "mass": plain(mass[:, number]),
            "friction": plain(friction[:, number]),
        }
        for number, body in enumerate(episode.scene.bodies)
    ]


def contacts(episode: Episode) -> list[list[dict]]:
    """The touching pairs of every frame, the strongest first."""
    return [_touching(episode, state.contacts) for state in episode.trajectory.states]


def _touching(episode: Episode, touching) -> list[dict]:
    order = np.argsort(-np.abs(touching.force), kind="stable")
    return [
        {
            "a": _end(episode, touching.link_a[row]),
            "b": _end(episode, touching.link_b[row]),
            "force": plain(touching.force[row]),
            "friction": plain(np.linalg.norm(touching.friction[row])),
            "gap": plain(1e3 * touching.distance[row]),
            "position": plain(touching.position[row]),
        }
        for row in order
    ]


def _end(episode: Episode, row: int) -> dict:
    link = episode.links[row]
    return {"id": link.body, "name": link.name}
