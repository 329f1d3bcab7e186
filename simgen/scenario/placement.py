"""Where bodies stand: relations solved into a collision-free arrangement, one body after another, by bounded rejection."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from pyquaternion import Quaternion

from simgen.errors import PlacementFailed
from simgen.geometry import Pose
from simgen.scenario.collider import Collider, collider, distance, nearer_than, overlap
from simgen.scenario.orientation import quaternion, yaw
from simgen.scenario.relation import SIDES, ClutterOn, Inside, NextTo, in_order
from simgen.scenario.resolve import Streams, resolve
from simgen.scenario.rest import ROUNDING, Top, laid_down, top
from simgen.scenario.robot import robot_model
from simgen.scenario.scenario import ROBOT, Body
from simgen.scenario.scene import BodyProperties, RobotPlacement
from simgen.scenario.shape import Sphere
from simgen.scenario.stance import LIFT, Refused, Stance

TRIES = 100
"""Places tried for one body before the arrangement is begun anew."""
ARRANGEMENTS = 10
"""Arrangements begun before the scenario is called impossible."""
CONE = 30.0
"""Degrees either way within which a place beside a body still counts as that side."""
STEPS = 200
"""Steps of an approach before it is given up."""
CLOSE = 1e-5
"""Metres; an approach that comes this near its gap has arrived."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A body that has found its place."""

    collider: Collider
    pose: Pose
    fixed: bool
    ground: str | None
    """Name of the body whose top it stands on."""

    @cached_property
    def vertices(self) -> np.ndarray:
        """Corners of its convex hull, world frame, metres, float64, (V, 3)."""
        return self.pose.apply(self.collider.vertices)

    @cached_property
    def top(self) -> Top | None:
        return top(self.vertices)


def arrange(
    scenario: str, bodies: Mapping[str, Body], robot: RobotPlacement | None, streams: Streams, folder: Path | None
) -> dict[str, Pose]:
    """world_T_body of every body, in which all their relations hold and nothing touches what it does not stand on.

    Bodies are placed in turn, each after those it refers to, at random where its relations leave room; a place that
    collides is refused and another tried, at most TRIES times, and then the whole arrangement begins anew, at most
    ARRANGEMENTS times.

    Args:
        scenario: what to call the scenario if it is impossible.
        bodies: drawn, but for `position` and `orientation`, which are drawn anew with every try.
        robot: drawn; its triangles at its start are an obstacle.
        streams: where randomness comes from.
        folder: where the scenario file stands.

    Raises:
        PlacementFailed: with how often each reason refused a place.
    """
    reasons = Counter()
    robots = {} if robot is None else {ROBOT: _robot(robot)}
    for _ in range(ARRANGEMENTS):
        placed = dict(robots)
        for name in in_order({name: body.references for name, body in bodies.items()}):
            found = _Search(name, bodies[name], placed, streams, folder).run(reasons)
            if found is None:
                break
            placed[name] = found
        else:
            return {name: placed[name].pose for name in bodies}
    raise PlacementFailed(scenario, sum(reasons.values()), reasons)


def _robot(placement: RobotPlacement) -> Placed:
    model = robot_model(placement.name)
    joints = dict(zip(model.arm, placement.joints or model.home, strict=True)) | dict.fromkeys(model.fingers, model.opening / 2)
    body = BodyProperties(shape={"urdf": {"file": model.urdf}}, joints=joints)
    pose = Pose(placement.position, yaw(np.deg2rad(placement.yaw_deg)))
    return Placed(collider(body, None), pose, fixed=True, ground=None)


class _Search:
    """The search for a place of one body among those that stand already."""

    def __init__(self, name: str, body: Body, placed: Mapping[str, Placed], streams: Streams, folder: Path | None):
        self.name, self.body, self.placed, self.streams = name, body, placed, streams
        self.rng = streams.placement(name)
        self.collider = collider(body, folder)

    def run(self, reasons: Counter) -> Placed | None:
        """A place that will do; counts why the others would not."""
        for _ in range(TRIES):
            try:
                return self._try()
            except Refused as reason:
                reasons[f"{self.name} {reason}"] += 1
        return None

    def _try(self) -> Placed:
        if self.body.position is not None:
            return self._where_it_is_told()
        if isinstance(self.body.support, Inside):
            return self._inside(self.body.support)
        if self.body.next_to is not None:
            return self._beside(self.body.next_to)
        return self._on_top()

    def _stance(self, *, resting: bool) -> Stance:
        """How it stands in this try."""
        drawn = resolve(self.body.orientation, f"bodies.{self.name}.orientation", self.streams.layout)
        upright = Quaternion() if drawn is None else quaternion(drawn)
        if resting and not self.body.fixed and not isinstance(self.body.shape, Sphere):
            upright = laid_down(self.collider, upright)
        turn, target = 0.0, None
        if isinstance(self.body.support, ClutterOn):
            turn = self.rng.uniform(-np.pi, np.pi)
        if self.body.facing is not None:
            off = np.deg2rad(self.body.facing.tolerance_deg)
            turn, target = self.rng.uniform(-off, off), self._point(self.body.facing.facing)
        return Stance(self.collider.vertices @ upright.rotation_matrix.T, upright, turn, target)

    def _point(self, target) -> np.ndarray:
        return self.placed[target].pose.position[:2] if isinstance(target, str) else np.asarray(target)[:2]

    def _where_it_is_told(self) -> Placed:
        """At its drawn position: it may touch, and reach SKIN into, what it is put on."""
        position = np.array(resolve(self.body.position, f"bodies.{self.name}.position", self.streams.layout))
        pose = Pose(position, self._stance(resting=False).orientation(position[:2]))
        for other, there in self.placed.items():
            if not (self.body.fixed and there.fixed) and overlap(self.collider, pose, there.collider, there.pose):
                raise Refused(f"overlaps {other}")
        return Placed(self.collider, pose, self.body.fixed, None)

    def _on_top(self) -> Placed:
        support, stance = self.body.support, self._stance(resting=True)
        ground = self.body.ground
        surface = self._top(ground)
        if support.region is not None:
            (low_x, high_x), (low_y, high_y) = support.region
            here = (self.rng.uniform(low_x, high_x), self.rng.uniform(low_y, high_y), 0.0)
            xy = self.placed[ground].pose.apply(here)[:2]
        else:
            # a body that faces something turns with its place, so only its origin can be kept on the surface beforehand
            reach = stance.footprint(np.zeros(2)) if stance.target is None else np.zeros((1, 2))
            low = surface.corners.min(axis=0) + support.margin - reach.min(axis=0)
            high = surface.corners.max(axis=0) - support.margin - reach.max(axis=0)
            if np.any(low > high + ROUNDING):
                raise Refused(f"is too large for {ground}")
            xy = self.rng.uniform(low, np.maximum(low, high))
        return self._stand(stance, stance.at(xy, surface.height), ground)

    def _beside(self, relation: NextTo) -> Placed:
        there, stance = self.placed[relation.next_to], self._stance(resting=True)
        ground = self.body.ground or there.ground
        level = there.vertices[:, 2].min() if ground is None else self._top(ground).height
        middle, spread = (0.0, 180.0) if relation.side == "any" else (SIDES[relation.side], CONE)
        bearing = np.deg2rad(middle + self.rng.uniform(-spread, spread))
        out, origin = np.array([np.cos(bearing), np.sin(bearing)]), there.pose.position[:2]
        start = _radius(there.vertices[:, :2] - origin) + _radius(stance.vertices[:, :2]) + relation.distance

        def nearer(travel: float) -> Pose:
            return stance.at(origin + (start - travel) * out, level)

        pose = self._approach(nearer, there, relation.distance, start)
        return self._stand(stance, pose, ground, relation.next_to)

    def _inside(self, relation: Inside) -> Placed:
        there, stance = self.placed[relation.inside], self._stance(resting=True)
        (low, high), height = there.collider.bounds(there.pose), float(np.ptp(stance.vertices[:, 2]))
        xy = self.rng.uniform(low[:2], high[:2])

        def lower(travel: float) -> Pose:
            return stance.at(xy, high[2] + LIFT - travel)

        pose = self._approach(lower, there, LIFT, float(high[2] - low[2]))
        if pose.apply(self.collider.vertices)[:, 2].min() + 0.5 * height > high[2]:
            raise Refused(f"does not sink into {relation.inside}")
        # raised by the margin, the bottom is as far away as the walls must be
        raised = Pose(pose.position + (0.0, 0.0, relation.margin), pose.orientation)
        if nearer_than(relation.margin, self.collider, raised, there.collider, there.pose):
            raise Refused(f"is too close to a wall of {relation.inside}")
        self._keep_clear(pose, relation.margin, relation.inside)
        return Placed(self.collider, pose, self.body.fixed, None)

    def _approach(self, pose_after: Callable[[float], Pose], there: Placed, gap: float, furthest: float) -> Pose:
        """The first pose of a straight way at which the gap is left: each step is as long as is safe (Mirtich, 1996)."""
        travel = 0.0
        for _ in range(STEPS):
            pose = pose_after(travel)
            slack = distance(self.collider, pose, there.collider, there.pose) - gap
            if abs(slack) < CLOSE:
                return pose
            travel += slack
            if slack < 0 or travel > furthest:
                break
        raise Refused("cannot be brought to its distance")

    def _top(self, ground: str) -> Top:
        surface = self.placed[ground].top
        if surface is None:
            raise Refused(f"has no level top to stand on: {ground}")
        return surface

    def _stand(self, stance: Stance, pose: Pose, ground: str | None, near: str | None = None) -> Placed:
        """Checked against the edge of what it stands on, its region, and every other body but the one it is meant to be near."""
        relation = self.body.support or self.body.next_to
        if ground is not None and not self._top(ground).carries(stance.footprint(pose.position[:2]), relation.margin):
            raise Refused(f"reaches over the edge of {ground}")
        region = getattr(relation, "region", None)
        if region is not None:
            x, y, _ = self.placed[ground].pose.inverse().apply(pose.position)
            if not all(low - ROUNDING <= value <= high + ROUNDING for value, (low, high) in zip((x, y), region, strict=True)):
                raise Refused(f"leaves its region of {ground}")
        self._keep_clear(pose, relation.gap if isinstance(relation, ClutterOn) else relation.margin, near)
        return Placed(self.collider, pose, self.body.fixed, ground)

    def _keep_clear(self, pose: Pose, gap: float, near: str | None) -> None:
        """What lies wholly beneath it is ground to it, not a neighbour."""
        lowest = pose.apply(self.collider.vertices)[:, 2].min()
        for name, there in self.placed.items():
            neighbour = name != near and there.vertices[:, 2].max() > lowest + ROUNDING
            if neighbour and nearer_than(gap, self.collider, pose, there.collider, there.pose):
                raise Refused(f"is too close to {name}")


def _radius(points: np.ndarray) -> float:
    """The greatest distance from the origin of points, (N, 2)."""
    return float(np.linalg.norm(points, axis=1).max())
