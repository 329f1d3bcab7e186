"""The physics truth, read out of PyBullet into arrays."""

from collections.abc import Sequence

import numpy as np

from simgen.geometry import Pose
from simgen.observation import Contacts
from simgen.simulator.bullet.loading import Actor
from simgen.simulator.touching import touching


def link_motion(engine, actors: Sequence[Actor], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Poses and velocities of link frames in the order of the link table, float64, (L, 7) and (L, 6).

    PyBullet speaks of centres of mass; velocities are carried over to the frames' origins.
    """
    pose, velocity, centre = np.empty((rows, 7)), np.empty((rows, 6)), np.empty((rows, 3))
    for actor in actors:
        position, xyzw = engine.getBasePositionAndOrientation(actor.uid)
        centre[actor.row] = position
        pose[actor.row] = (Pose.from_xyzw(position, xyzw) @ actor.com_T_base).row
        velocity[actor.row] = np.concatenate(engine.getBaseVelocity(actor.uid))
        if actor.links:
            found = engine.getLinkStates(actor.uid, actor.links, computeLinkVelocity=1, computeForwardKinematics=1)
            for row, state in enumerate(found, start=actor.row + 1):
                x, y, z, w = state[5]
                pose[row] = *state[4], w, x, y, z
                velocity[row] = *state[6], *state[7]
                centre[row] = state[0]
    velocity[:, :3] += np.cross(velocity[:, 3:], pose[:, :3] - centre)
    return pose, velocity


def contacts(engine, row_of: dict[tuple[int, int], int], fixed: set[int]) -> Contacts:
    """Pairs that touch, or pushed each other in the last physics step; not those of two links that nothing can move."""
    points = [point for point in engine.getContactPoints() or () if point[8] <= 0.0 or point[9] != 0.0]
    if not points:
        return Contacts.none()
    first, second = np.array([[row_of[point[1], point[3]], row_of[point[2], point[4]]] for point in points]).T
    on_first, on_second, normal, along, across = np.array([[point[k] for k in (5, 6, 7, 11, 13)] for point in points]).transpose(1, 0, 2)
    distance, force, rub_along, rub_across = np.array([[point[k] for k in (8, 9, 10, 12)] for point in points]).T
    friction = rub_along[:, None] * along + rub_across[:, None] * across
    return touching(first, second, 0.5 * (on_first + on_second), normal, force, friction, distance, fixed)


def articulation(engine, actors: Sequence[Actor], names: Sequence[str]) -> dict[str, float]:
    """Positions of the joints of other bodies than the robot, `body/joint` to radians or metres."""
    found = {}
    for actor, name in zip(actors, names, strict=True):
        if actor.joints:
            states = engine.getJointStates(actor.uid, list(actor.joints.values()))
            found |= {f"{name}/{joint}": state[0] for joint, state in zip(actor.joints, states, strict=True)}
    return found
