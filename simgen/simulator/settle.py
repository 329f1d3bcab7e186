"""Let the bodies of a Scene come to rest, and see whether they stay where they were put."""

import numpy as np

from simgen.errors import Unsettled
from simgen.geometry import Pose
from simgen.observation import Link, State
from simgen.scenario.scene import ROBOT_ID, PlacedBody, Scene
from simgen.scenario.shape import Sphere
from simgen.simulator import Simulator
from simgen.simulator.control import hold

OVERLAP = 0.004
"""Metres two bodies may overlap before anything has moved."""
FALLEN = 0.15
"""Metres a body may sink."""
STRAYED = 0.05
"""Metres a body may move sideways."""
TIPPED = np.deg2rad(25.0)
"""Radians a body's upward axis may tip."""
SLOW = 0.01, 0.1
"""m/s and rad/s below which a body is at rest."""
RESTFUL = 0.15
"""Seconds everything must be at rest."""


def settled(scene: Scene, simulator: Simulator, *, seconds: float = 3.0) -> Scene:
    """The Scene after its bodies have come to rest under gravity, the robot holding still, dry and out of the wind.

    Args:
        scene: as drawn; bodies may stand a little above what they rest on.
        simulator: any; it is left with this Scene, uncoupled from its weather, built.
        seconds: simulated time after which bodies that still move are given up.

    Raises:
        Unsettled: if bodies overlap, or one falls, tips over, moves away or does not come to rest.
    """
    if all(body.fixed for body in scene.bodies):
        return scene
    simulator.build(scene.model_copy(update={"coupled": False}) if scene.coupled else scene)
    state = simulator.reset(scene.seed)
    rows = {link.body: row for row, link in enumerate(simulator.links) if link.index == 0}
    moving = [body for body in scene.bodies if not body.fixed]
    _check_apart(simulator.links, state, scene)
    rest, action = 0, hold(scene, state)
    for _ in range(round(seconds * scene.control_rate)):
        state = simulator.step(action)
        rest = rest + 1 if all(_slow(state, rows[body.id]) for body in moving) else 0
        if rest >= RESTFUL * scene.control_rate:
            break
    for body in moving:
        _check_place(body, state.pose(rows[body.id]))
        if not _slow(state, rows[body.id]):
            raise Unsettled("still moving", body.name)
    return scene.model_copy(update={"bodies": tuple(_at_rest(body, state, rows[body.id]) for body in scene.bodies)})


def _slow(state: State, row: int) -> bool:
    linear, angular = state.link_velocity[row, :3], state.link_velocity[row, 3:]
    return bool(np.linalg.norm(linear) < SLOW[0] and np.linalg.norm(angular) < SLOW[1])


def _check_apart(links: tuple[Link, ...], state: State, scene: Scene) -> None:
    names = {ROBOT_ID: "robot"} | {body.id: body.name for body in scene.bodies}
    touching = state.contacts
    for a, b, distance in zip(touching.link_a, touching.link_b, touching.distance, strict=True):
        first, second = links[a].body, links[b].body
        if first != second and distance < -OVERLAP:
            raise Unsettled("overlapping", f"{names[first]} and {names[second]}")


def _check_place(body: PlacedBody, now: Pose) -> None:
    moved = now.position - body.pose.position
    if moved[2] < -FALLEN:
        raise Unsettled("fell", body.name)
    upward = np.clip(body.pose.rotation[2] @ now.rotation[2], -1.0, 1.0)
    if not isinstance(body.shape, Sphere) and np.arccos(upward) > TIPPED:
        raise Unsettled("tipped over", body.name)
    if np.linalg.norm(moved[:2]) > STRAYED:
        raise Unsettled("moved away", body.name)


def _at_rest(body: PlacedBody, state: State, row: int) -> PlacedBody:
    if body.fixed:
        return body
    joints = {name: state.articulation.get(f"{body.name}/{name}", value) for name, value in body.joints.items()}
    return body.moved(state.pose(row)).model_copy(update={"joints": joints})
