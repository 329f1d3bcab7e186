"""Backward flow from arrays: by the poses of what moved where they are known, by what depth and ids say where they are not."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simgen.arrays.frame import Frame
from simgen.arrays.register import registered
from simgen.geometry import CameraView, Pose
from simgen.observation import Observation

TOLERANCE = 0.01
"""Share of its depth by which a point may miss the surface seen there before and still be of it; an eight-bit depth misses by less."""
MOVED = 0.35
"""Pixels a pixel of its outline that would have been seen elsewhere, had a thing stood still, from which it has moved: about 0.7 pixels."""
AROUND = tuple((row, column) for row in (-1, 0, 1) for column in (-1, 0, 1))


def backward_flow(now: Frame, before: Frame | Observation) -> np.ndarray:
    """Previous position minus this one in pixels, float32, (H, W, 2); NaN where the point was not visible, or nobody knows where it was.

    Things whose pose is known at both instants moved as it did, and the background stands still. So do other things, as far as what
    was seen before does not contradict it; those that it contradicts are registered, depth map to depth map, as rigid bodies
    (`registered`), unless it contradicts that motion, too. A point counts as visible before if the thing of its id was seen there at
    its distance.

    Args:
        now: of this instant.
        before: the one before, of the same camera; a Frame where it carries poses.
    """
    points = _Points.of(now)
    camera_T_world = before.view.world_T_camera.inverse()
    guess = camera_T_world @ now.view.world_T_camera
    known = {number: camera_T_world @ motion @ now.view.world_T_camera for number, motion in _known(now, before).items()}
    path = _Path.of(before, points, guess.apply(points.place)).moved(known)
    loose = [number for number in path.contradicted(now) if number > 0 and number not in known]
    found = {number: registered(now, before, number, guess) for number in loose}
    told = {number: motion for number, motion in found.items() if motion is not None}
    path = path.moved(told)
    lost = {*loose} - {*told} | ({*path.contradicted(now)} & {*told} if told else set())
    seen, where = path.seen & ~np.isin(points.id, list(lost)), path.where
    flow = np.full((now.depth.size, 2), np.nan, np.float32)
    flow[points.pixel[seen]] = (where - points.centre)[seen]
    flow = flow.reshape(*now.depth.shape, 2)
    _beyond(now, before, flow)
    return flow


@dataclass(frozen=True, eq=False)
class _Points:
    """What a frame shows, N pixels of it."""

    pixel: np.ndarray
    """Number of the pixel, (N,)."""
    centre: np.ndarray
    """Its position in pixels, (N, 2)."""
    id: np.ndarray
    """Instance ids, (N,)."""
    place: np.ndarray
    """Metres, camera frame, (N, 3)."""

    @classmethod
    def of(cls, frame: Frame) -> "_Points":
        hit = np.isfinite(frame.depth)
        v, u = np.nonzero(hit)
        place = frame.view.intrinsics.rays()[hit] * frame.depth[hit][:, None]
        return cls(np.flatnonzero(hit), np.stack([u, v], 1) + 0.5, frame.instance[hit], place)


@dataclass(frozen=True, eq=False)
class _Path:
    """Where points would have been in the frame before."""

    before: Frame | Observation
    points: _Points
    were: np.ndarray
    """Metres, camera frame of then, (N, 3)."""
    where: np.ndarray
    """Pixels, (N, 2); NaN behind the camera."""
    seen: np.ndarray
    """Which were seen: their thing was, in that pixel, at a depth that it has there or in a pixel beside it, bool, (N,)."""

    @classmethod
    def of(cls, before: Frame | Observation, points: _Points, were: np.ndarray) -> "_Path":
        where = before.view.intrinsics.project(were)
        return cls(before, points, were, where, _seen(before, points.id, were, where))

    def moved(self, motions: Mapping[int, Pose]) -> "_Path":
        """The same, but for things of which then_T_now is known."""
        if not motions:
            return self
        were = self.were.copy()
        for number, then_T_now in motions.items():
            own = self.points.id == number
            were[own] = then_T_now.apply(self.points.place[own])
        return _Path.of(self.before, self.points, were)

    def contradicted(self, now: Frame) -> list[int]:
        """Things that were seen before but not there: too many of their points would have been seen where others were, or most of
        them lie behind what was seen of the thing itself."""
        row, column, inside = _looked_up(self.before.view, self.where)
        nearer, lost = self.were[:, 2] < self.before.depth[row, column] * (1 - TOLERANCE), inside & ~self.seen
        own = self.before.instance[row, column] == self.points.id
        outline = _outline(now.instance).reshape(-1)[self.points.pixel]
        numbers, group = np.unique(self.points.id, return_inverse=True)
        each = lost & nearer, lost & ~nearer & own, inside, outline
        missed, behind, every, length = (np.bincount(group[which], minlength=len(numbers)) for which in each)
        there = np.isin(numbers, self.before.instance)
        return numbers[there & ((missed > MOVED * np.maximum(length, 1)) | (2 * behind > every))].tolist()


def _known(now: Frame, before: Frame | Observation) -> dict[int, Pose]:
    """What takes points of each thing, world frame, from where they are to where they were, of those whose poses are known."""
    earlier = before.body_pose if isinstance(before, Frame) else {}
    return {number: earlier[number] @ pose.inverse() for number, pose in now.body_pose.items() if number in earlier}


def _looked_up(view: CameraView, where: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row and column of the pixels at these positions, and which of them are in the picture."""
    height, width = view.intrinsics.height, view.intrinsics.width
    inside = (where >= 0).all(1) & (where[:, 0] < width) & (where[:, 1] < height)
    column, row = np.where(inside[:, None], where, 0).astype(np.intp).T
    return row, column, inside


def _seen(before: Frame | Observation, ids: np.ndarray, were: np.ndarray, where: np.ndarray) -> np.ndarray:
    row, column, inside = _looked_up(before.view, where)
    same = inside & (before.instance[row, column] == ids)
    height, width = before.depth.shape
    low, high = np.full(len(ids), np.inf), np.zeros(len(ids))
    for down, right in AROUND:
        place = np.clip(row + down, 0, height - 1), np.clip(column + right, 0, width - 1)
        depth = before.depth[place]
        beside = (before.instance[place] == ids) & np.isfinite(depth)
        low, high = np.where(beside, np.minimum(low, depth), low), np.where(beside, np.maximum(high, depth), high)
    return same & (were[:, 2] >= low * (1 - TOLERANCE)) & (were[:, 2] <= high * (1 + TOLERANCE))


def _outline(instance: np.ndarray) -> np.ndarray:
    """Pixels beside another thing, bool, (H, W)."""
    outline = np.zeros(instance.shape, bool)
    down, right = instance[1:] != instance[:-1], instance[:, 1:] != instance[:, :-1]
    outline[1:] |= down
    outline[:-1] |= down
    outline[:, 1:] |= right
    outline[:, :-1] |= right
    return outline


def _beyond(now: Frame, before: Frame | Observation, flow: np.ndarray) -> None:
    """Write the flow of what has no depth, which only a turning camera moves."""
    empty = ~np.isfinite(now.depth)
    v, u = np.nonzero(empty)
    turn = before.view.world_T_camera.rotation.T @ now.view.world_T_camera.rotation
    where = before.view.intrinsics.project(now.view.intrinsics.rays()[empty] @ turn.T)
    row, column, inside = _looked_up(before.view, where)
    seen = inside & ~np.isfinite(before.depth[row, column])
    flow[v[seen], u[seen]] = (where - np.stack([u, v], 1) - 0.5)[seen]
