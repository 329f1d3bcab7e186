"""The privileged state: the physics truth of a task as one vector, for critics that may know more than the policy sees."""

import numpy as np

from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.scenario.robot import robot_model

POSE = ("x", "y", "z", "qw", "qx", "qy", "qz")
TWIST = ("vx", "vy", "vz", "wx", "wy", "wz")


def privileged_names(scene: Scene) -> tuple[str, ...]:
    """What each number means, (P,): the same for every Scene of a scenario. Bodies are named by their part in the task."""
    joints, roles = robot_model(scene.robot.name).arm, sorted(scene.task.roles)
    names = [f"{kind}.{joint}" for kind in ("position", "velocity") for joint in joints]
    names += ["gripper", "progress", *(f"tcp.{axis}" for axis in POSE)]
    names += [f"{role}.{axis}" for role in roles for axis in (*POSE, *TWIST)]
    return (*names, *(f"{role}/{joint}" for role in roles for joint in _joints(scene, role)))


def privileged(state: State, scene: Scene, links: tuple[Link, ...]) -> np.ndarray:
    """The numbers that `privileged_names` names, metres, radians and their rates, world frame, float32, (P,).

    Args:
        state: judged by the task.
        scene: with its task and robot.
        links: its link table.
    """
    parts = [state.joint_position, state.joint_velocity, [state.gripper, state.progress], state.tcp.row]
    rows = {link.name: row for row, link in enumerate(links) if link.index == 0}
    roles = sorted(scene.task.roles)
    for role in roles:
        row = rows[scene.task.roles[role]]
        parts += [state.link_pose[row], state.link_velocity[row]]
    joints = [state.articulation[f"{scene.task.roles[role]}/{joint}"] for role in roles for joint in _joints(scene, role)]
    return np.concatenate([*parts, joints]).astype(np.float32)


def _joints(scene: Scene, role: str) -> list[str]:
    """The movable joints of the body that plays a role."""
    body = next(body for body in scene.bodies if body.name == scene.task.roles[role])
    return sorted(body.joints)
