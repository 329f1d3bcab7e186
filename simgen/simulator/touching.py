"""Contacts as every engine tells them: sorted, from b towards a, without those of two links that nothing can move."""

import numpy as np

from simgen.observation import Contacts


def touching(
    first: np.ndarray,
    second: np.ndarray,
    position: np.ndarray,
    normal: np.ndarray,
    force: np.ndarray,
    friction: np.ndarray,
    distance: np.ndarray,
    fixed: set[int],
) -> Contacts:
    """Contacts in the order and with the signs of `Contacts`.

    Args:
        first: row of the link table, int, (C,).
        second: the same.
        position: midpoint, world frame, metres, (C, 3).
        normal: unit normal from the second towards the first, world frame, (C, 3).
        force: normal force on the first along it, newtons, (C,).
        friction: friction force on the first, world frame, newtons, (C, 3).
        distance: metres, negative where bodies overlap, (C,).
        fixed: rows of links that nothing can move.
    """
    rows = np.stack([first, second], axis=1).astype(np.int32)
    kept = np.array([not fixed.issuperset(pair) for pair in rows.tolist()], dtype=bool)
    if not kept.any():
        return Contacts.none()
    rows, position, force, distance = rows[kept], np.asarray(position)[kept], np.asarray(force)[kept], np.asarray(distance)[kept]
    swap = np.where(rows[:, 0] > rows[:, 1], -1.0, 1.0)[:, None]
    normal, friction = swap * np.asarray(normal)[kept], swap * np.asarray(friction)[kept]
    rows = np.sort(rows, axis=1)
    order = np.lexsort((*position.T[::-1], rows[:, 1], rows[:, 0]))
    columns = (rows[:, 0], rows[:, 1], position, normal, force, friction, distance)
    return Contacts(*(np.ascontiguousarray(column[order]) for column in columns))
