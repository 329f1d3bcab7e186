"""The contract of `simgen.simulator.Simulator`: shapes, ids, time, limits and the order of calls."""

import numpy as np

from simgen.errors import InvalidValue, UnknownName
from simgen.report import Failed, expect
from simgen.scenario.surface import links
from simgen.simulator.control import action_bounds, action_names
from simgen.testing.simulator.stage import FLOOR, row_of, trial_actions, trial_scene
from simgen.testing.simulator.trial import Trial, play


def check_links(trial: Trial) -> str:
    """The link table is that of the scene."""
    scene = trial_scene()
    simulator, _ = trial.start(scene)
    expect(simulator.links == links(scene), f"expected {len(links(scene))} links, got {[link.name for link in simulator.links]}")
    return f"{len(simulator.links)} links"


def check_state(trial: Trial) -> str:
    """States have the shapes and dtypes of simgen.observation.State."""
    scene = trial_scene()
    _, state = trial.start(scene)
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


def check_places(trial: Trial) -> str:
    """At reset every body stands where the scene says, at rest."""
    scene = trial_scene()
    simulator, state = trial.start(scene)
    rows = {link.body: row for row, link in enumerate(simulator.links) if link.index == 0}
    error = max(np.abs(state.link_pose[rows[body.id]] - body.pose.row).max() for body in scene.bodies)
    speed = float(np.abs(state.link_velocity).max())
    expect(error < 1e-6 and speed < 1e-9, f"off by {error:.3g} m, moving at {speed:.3g} m/s")
    return f"within {error:.1g} m"


def check_time(trial: Trial) -> str:
    """A step lasts 1 / control_rate seconds."""
    scene = trial_scene()
    simulator, _ = trial.start(scene)
    times = [simulator.step(action).time_ns for action in trial_actions(scene, 3)]
    expected = [round(k * 1e9 / scene.control_rate) for k in (1, 2, 3)]
    expect(times == expected, f"times are {times} ns, not {expected}")
    return f"{times[0] / 1e6:g} ms"


def check_actions(trial: Trial) -> str:
    """A wrong action raises InvalidValue and leaves the world unchanged."""
    scene = trial_scene()
    actions = trial_actions(scene, 6)
    simulator, _ = trial.start(scene)
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


def check_limits(trial: Trial) -> str:
    """The largest actions keep the arm within its limits."""
    scene = trial_scene()
    simulator, _ = trial.start(scene)
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


def check_observation(trial: Trial) -> str:
    """Observations have the shapes, dtypes and ids of simgen.observation.Observation."""
    scene = trial_scene()
    simulator, _ = trial.start(scene)
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


def check_camera(trial: Trial) -> str:
    """Depth, camera pose and intrinsics put the floor at z = 0."""
    simulator, _ = trial.start(trial_scene())
    seen = simulator.observe("front")
    depth = np.where(np.isfinite(seen.depth), seen.depth, 0.0).astype(np.float64)
    points = seen.view.world_T_camera.apply(seen.view.intrinsics.rays() * depth[..., None])
    floor = (seen.instance == FLOOR) & (np.abs(points[..., :2]) < 1.4).all(axis=-1)
    expect(floor.sum() > 500, f"only {floor.sum()} pixels show the floor")
    worst = float(np.abs(points[floor][:, 2]).max())
    expect(worst < 2e-3, f"the floor is off by {worst:.2e} m")
    return f"{floor.sum()} pixels within {worst:.1e} m"


def check_unknown_camera(trial: Trial) -> str:
    """An unknown camera raises UnknownName."""
    simulator, _ = trial.start(trial_scene())
    try:
        simulator.observe("nobody")
    except UnknownName as error:
        return str(error)
    raise Failed("it gave a picture")


def check_jacobian(trial: Trial) -> str:
    """The Jacobian says how the hand moves when the joints do."""
    simulator, state = trial.start(trial_scene())
    for action in trial_actions(simulator.scene, 5):
        state = simulator.step(action)
    row = row_of(simulator, "robot/panda_hand")
    lever = state.tcp.position - state.link_pose[row, :3]
    velocity = state.link_velocity[row].copy()
    velocity[:3] += np.cross(velocity[3:], lever)
    error = float(np.abs(simulator.jacobian() @ state.joint_velocity - velocity).max())
    expect(error < 1e-4, f"off by {error:.2e} m/s or rad/s")
    return f"within {error:.1e} at {np.abs(velocity).max():.2f} m/s or rad/s"


def check_close(trial: Trial) -> str:
    """Closing twice is harmless, and what is closed can be built again."""
    scene = trial_scene()
    simulator, _ = trial.start(scene)
    simulator.close()
    simulator.close()
    simulator.build(scene)
    simulator.reset(0)
    simulator.close()
    trial.forget()
    return "closed, built, closed"


CHECKS = (
    check_links, check_state, check_places, check_time, check_actions, check_limits, check_observation, check_camera,
    check_unknown_camera, check_jacobian,
)  # fmt: skip
CLOSING = (check_close,)
