"""Does a simulator keep the contract of `simgen.simulator.Simulator`?"""

from collections.abc import Callable

import numpy as np

from simgen.errors import InvalidValue, UnknownName
from simgen.observation import State
from simgen.scenario.scene import Camera, Mount, PlacedBody, Scene
from simgen.scenario.surface import links
from simgen.simulator import Simulator
from simgen.simulator.control import action_bounds, action_names, hold
from simgen.testing.report import Failed, Report, Row, expect, run

DROP = 1.0
"""Metres above the floor from which the ball is dropped."""
FLOOR, CUBE, BALL = 2, 3, 4
"""Body ids."""


def trial_scene() -> Scene:
    """The scene of the checks: the arm, a floor at z = 0, a cube at rest on it, a ball in the air, two cameras."""
    upright = {"orientation_wxyz": (1.0, 0.0, 0.0, 0.0)}
    floor, cube, ball = {"box": {"size": (3.0, 3.0, 0.1)}}, {"box": {"size": (0.05, 0.05, 0.05)}}, {"sphere": {"radius": 0.03}}
    bodies = (
        PlacedBody(id=FLOOR, name="floor", label="floor", shape=floor, position=(0.0, 0.0, -0.05), fixed=True, **upright),
        PlacedBody(id=CUBE, name="cube", label="cube", shape=cube, position=(0.5, 0.1, 0.025), mass=0.2, **upright),
        PlacedBody(id=BALL, name="ball", label="ball", shape=ball, position=(0.3, -0.4, DROP), mass=0.1, **upright),
    )
    cameras = {
        "front": Camera(position=(1.3, 0.4, 0.9), look_at=(0.4, 0.0, 0.1), width=96, height=64),
        "hand": Camera(
            position=(0.06, 0.0, 0.03), look_at=(0.0, 0.0, 0.3), width=48, height=48, mount=Mount(body="robot", link="panda_hand")
        ),
    }
    return Scene(schema_version=1, name="trial", cameras=cameras, seed=0, episode=0, bodies=bodies)


def trial_actions(scene: Scene, steps: int) -> np.ndarray:
    """Actions, float32, (steps, A), that move the hand to and fro over the cube and work the gripper."""
    low, high = action_bounds(scene)
    phase = np.arange(steps)[:, None] / 7.0 + np.arange(len(low))
    return (0.5 * (low + high) + 0.2 * (high - low) * np.sin(phase)).astype(np.float32)


def fingerprint(state: State) -> bytes:
    """Every number of a state; equal bytes are equal states, bit for bit."""
    touching = state.contacts
    arrays = [
        state.link_pose, state.link_velocity, state.joint_position, state.joint_velocity, state.joint_torque, state.tcp.row,
        touching.link_a, touching.link_b, touching.position, touching.normal, touching.force, touching.friction, touching.distance,
    ]  # fmt: skip
    numbers = [state.time_ns, state.gripper, *sorted(state.articulation.items())]
    return repr(numbers).encode() + b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def play(simulator: Simulator, actions: np.ndarray) -> list[bytes]:
    """The fingerprints of a run."""
    return [fingerprint(simulator.step(action)) for action in actions]


def check_simulator(make: Callable[[], Simulator], report: Callable[[Row], None] | None = None) -> Report:
    """Check a simulator against the contract.

    Args:
        make: makes a new one, as `lambda: MySimulator()`.
        report: called with each row as soon as it is known, as `print`.

    Returns:
        A report with one row a check; nothing is raised, whatever the simulator does.
    """
    scene, rows = trial_scene(), []
    shared: dict[str, Simulator] = {}

    def first() -> Simulator:
        if "first" not in shared:
            shared["first"] = make()
            shared["first"].build(scene)
        return shared["first"]

    for check in CHECKS:
        rows.append(run(check, first, make, scene))
        if report is not None:
            report(rows[-1])
    return Report(tuple(rows))


def check_links(first, make, scene: Scene) -> str:
    """The link table is that of the scene."""
    simulator = first()
    expect(simulator.links == links(scene), f"expected {len(links(scene))} links, got {[link.name for link in simulator.links]}")
    return f"{len(simulator.links)} links"


def check_state(first, make, scene: Scene) -> str:
    """States have the shapes and dtypes of simgen.observation.State."""
    state = first().reset(0)
    rows, bodies, joints = len(links(scene)), len(scene.bodies), len(state.joint_position)
    shapes = {"link_pose": (rows, 7), "link_velocity": (rows, 6), "mass": (bodies,), "friction": (bodies,)}
    shapes |= {"joint_position": (joints,), "joint_velocity": (joints,), "joint_torque": (joints,)}
    for name, shape in shapes.items():
        array = getattr(state, name)
        expect(array.shape == shape and array.dtype == np.float64, f"{name} is {array.dtype} {array.shape}, not float64 {shape}")
    lengths = np.linalg.norm(state.link_pose[:, 3:], axis=1)
    expect(np.allclose(lengths, 1.0, atol=1e-6), f"quaternions of length {lengths.min():.6f} to {lengths.max():.6f}")
    expect(state.time_ns == 0, f"time is {state.time_ns} ns at reset")
    expect(np.allclose(state.mass, [np.inf, 0.2, 0.1]), f"masses are {state.mass}")
    return f"{rows} links, {joints} joints"


def check_places(first, make, scene: Scene) -> str:
    """At reset every body stands where the scene says, at rest."""
    simulator = first()
    state = simulator.reset(0)
    rows = {link.body: row for row, link in enumerate(simulator.links) if link.index == 0}
    error = max(np.abs(state.link_pose[rows[body.id]] - body.pose.row).max() for body in scene.bodies)
    speed = float(np.abs(state.link_velocity).max())
    expect(error < 1e-6 and speed < 1e-9, f"off by {error:.3g} m, moving at {speed:.3g} m/s")
    return f"within {error:.1g} m"


def check_time(first, make, scene: Scene) -> str:
    """A step lasts 1 / control_rate seconds."""
    simulator = first()
    simulator.reset(0)
    times = [simulator.step(action).time_ns for action in trial_actions(scene, 3)]
    expected = [round(k * 1e9 / scene.control_rate) for k in (1, 2, 3)]
    expect(times == expected, f"times are {times} ns, not {expected}")
    return f"{times[0] / 1e6:g} ms"


def check_seed(first, make, scene: Scene) -> str:
    """One seed is one run, and a second simulator gives the same."""
    simulator, actions = first(), trial_actions(scene, 12)
    runs = []
    for _ in range(2):
        start = fingerprint(simulator.reset(7))
        runs.append([start, *play(simulator, actions)])
    expect(runs[0] == runs[1], "two runs of one simulator differ")
    other = make()
    other.build(scene)
    runs.append([fingerprint(other.reset(7)), *play(other, actions)])
    other.close()
    expect(runs[0] == runs[2], "a second simulator gives another run")
    return f"{len(actions)} steps, three runs, bit for bit"


def check_snapshot(first, make, scene: Scene) -> str:
    """Going on from a snapshot is going on as if it had never been taken."""
    simulator, actions = first(), trial_actions(scene, 24)
    simulator.reset(0)
    plain = play(simulator, actions)
    simulator.reset(0)
    before = play(simulator, actions[:12])
    kept = simulator.snapshot()
    expect(isinstance(kept, bytes), f"a snapshot is {type(kept).__name__}, not bytes")
    expect(before + play(simulator, actions[12:]) == plain, "taking a snapshot changes the run")
    expect(fingerprint(simulator.restore(kept)) == before[-1], "the restored state is another")
    expect(play(simulator, actions[12:]) == plain[12:], "the restored run differs")
    other = make()
    other.build(scene)
    other.restore(kept)
    expect(play(other, actions[12:]) == plain[12:], "restored in a second simulator, the run differs")
    other.close()
    return f"{len(actions[12:])} steps, bit for bit, {len(kept)} bytes"


def check_actions(first, make, scene: Scene) -> str:
    """A wrong action raises InvalidValue and leaves the world unchanged."""
    simulator, actions = first(), trial_actions(scene, 6)
    simulator.reset(0)
    plain = play(simulator, actions)
    simulator.reset(0)
    play(simulator, actions[:3])
    n = len(action_names(scene))
    for wrong in (np.zeros(n + 1), np.zeros((1, n)), np.full(n, np.nan), np.full(n, np.inf)):
        try:
            simulator.step(wrong)
        except InvalidValue:
            continue
        raise Failed(f"an action of shape {wrong.shape} with {wrong.flat[0]} was taken")
    expect(play(simulator, actions[3:]) == plain[3:], "wrong actions changed the world")
    return "4 wrong actions refused"


def check_limits(first, make, scene: Scene) -> str:
    """The largest actions keep the arm within its limits."""
    simulator = first()
    low, high = action_bounds(scene.model_copy(update={"control": "joint_position"}))
    worst = -np.inf
    for extreme in action_bounds(scene):
        simulator.reset(0)
        for _ in range(15):
            joints = simulator.step(extreme).joint_position
            expect(np.isfinite(joints).all(), f"joints are {joints}")
            worst = max(worst, float((low[:-1] - joints).max()), float((joints - high[:-1]).max()))
    expect(worst < 0.02, f"a joint is {worst:.3f} rad beyond its limit")
    return f"{-worst:.3f} rad to spare"


def check_fall(first, make, scene: Scene) -> str:
    """A dropped body falls half g t squared."""
    simulator = first()
    state = simulator.reset(0)
    row = next(row for row, link in enumerate(simulator.links) if link.body == BALL)
    action, worst = hold(scene, state), 0.0
    steps = int(0.4 * scene.control_rate)
    for k in range(1, steps + 1):
        t = k / scene.control_rate
        height = simulator.step(action).link_pose[row, 2]
        worst = max(worst, abs(height - (DROP + 0.5 * scene.gravity[2] * t * t)))
    # semi-implicit Euler runs ahead by g t h / 2
    bound = 0.5 * abs(scene.gravity[2]) * (steps / scene.control_rate) / scene.physics_rate + 1e-6
    expect(worst <= bound, f"off by {worst:.2e} m, more than {bound:.2e} m")
    return f"within {worst:.1e} m of {bound:.1e} m allowed"


def check_weight(first, make, scene: Scene) -> str:
    """Contact forces on a body at rest add up to its weight."""
    simulator = first()
    state = simulator.reset(0)
    for _ in range(scene.control_rate):
        state = simulator.step(hold(scene, state))
    row = next(row for row, link in enumerate(simulator.links) if link.body == CUBE)
    c = state.contacts
    side = np.where(c.link_a == row, 1.0, np.where(c.link_b == row, -1.0, 0.0))
    force = (side[:, None] * (c.normal * c.force[:, None] + c.friction)).sum(axis=0)
    weight = 0.2 * abs(scene.gravity[2])
    expect(np.abs(force - [0.0, 0.0, weight]).max() < 0.01 * weight, f"{force} N on a body of {weight:.3f} N")
    expect((c.link_a <= c.link_b).all(), "contacts are not ordered by link")
    return f"{force[2]:.4f} N for {weight:.4f} N"


def check_observation(first, make, scene: Scene) -> str:
    """Observations have the shapes, dtypes and ids of simgen.observation.Observation."""
    simulator = first()
    simulator.reset(0)
    for name, camera in scene.cameras.items():
        seen, size = simulator.observe(name), (camera.height, camera.width)
        maps = {"depth": ("float32", size), "instance": ("int32", size), "link": ("int32", size), "semantic": ("int32", size)}
        maps |= {"normal": ("float32", (*size, 3)), "flow": ("float32", (*size, 2)), "albedo": ("uint8", (*size, 3))}
        for field, (dtype, shape) in maps.items():
            array = getattr(seen, field)
            expect((array.dtype, array.shape) == (dtype, shape), f"{name}'s {field} is {array.dtype} {array.shape}, not {dtype} {shape}")
        hit = seen.instance > 0
        expect((np.isfinite(seen.depth) == hit).all(), f"{name}: depth and ids disagree on what is background")
        known = {(link.body, link.index, link.semantic) for link in simulator.links}
        found = set(zip(*(array[hit].tolist() for array in (seen.instance, seen.link, seen.semantic)), strict=True))
        expect(found <= known, f"{name} shows ids that are not in the link table: {sorted(found - known)}")
        expect(np.allclose(np.linalg.norm(seen.normal[hit], axis=-1), 1.0, atol=1e-3), f"{name}: normals are not unit vectors")
    return f"{len(scene.cameras)} cameras"


def check_camera(first, make, scene: Scene) -> str:
    """Depth, camera pose and intrinsics put the floor at z = 0."""
    simulator = first()
    simulator.reset(0)
    seen = simulator.observe("front")
    depth = np.where(np.isfinite(seen.depth), seen.depth, 0.0).astype(np.float64)
    points = seen.view.world_T_camera.apply(seen.view.intrinsics.rays() * depth[..., None])
    floor = (seen.instance == FLOOR) & (np.abs(points[..., :2]) < 1.4).all(axis=-1)
    expect(floor.sum() > 500, f"only {floor.sum()} pixels show the floor")
    worst = float(np.abs(points[floor][:, 2]).max())
    expect(worst < 2e-3, f"the floor is off by {worst:.2e} m")
    return f"{floor.sum()} pixels within {worst:.1e} m"


def check_unknown_camera(first, make, scene: Scene) -> str:
    """An unknown camera raises UnknownName."""
    simulator = first()
    simulator.reset(0)
    try:
        simulator.observe("nobody")
    except UnknownName as error:
        return str(error)
    raise Failed("it gave a picture")


def check_jacobian(first, make, scene: Scene) -> str:
    """The Jacobian says how the hand moves when the joints do."""
    simulator = first()
    state = simulator.reset(0)
    for action in trial_actions(scene, 5):
        state = simulator.step(action)
    row = next(row for row, link in enumerate(simulator.links) if link.name == "robot/panda_hand")
    lever = state.tcp.position - state.link_pose[row, :3]
    velocity = state.link_velocity[row].copy()
    velocity[:3] += np.cross(velocity[3:], lever)
    error = float(np.abs(simulator.jacobian() @ state.joint_velocity - velocity).max())
    expect(error < 1e-4, f"off by {error:.2e} m/s or rad/s")
    return f"within {error:.1e} at {np.abs(velocity).max():.2f} m/s or rad/s"


def check_close(first, make, scene: Scene) -> str:
    """Closing twice is harmless, and what is closed can be built again."""
    simulator = first()
    simulator.close()
    simulator.close()
    simulator.build(scene)
    simulator.reset(0)
    simulator.close()
    return "closed, built, closed"


CHECKS = (
    check_links, check_state, check_places, check_time, check_seed, check_snapshot, check_actions, check_limits, check_fall,
    check_weight, check_observation, check_camera, check_unknown_camera, check_jacobian, check_close,
)  # fmt: skip
