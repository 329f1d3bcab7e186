"""A small world of boxes and spheres, ray-cast with numpy, for tests that need observations or a whole Episode."""

from dataclasses import dataclass

import numpy as np
from pyquaternion import Quaternion

from simgen.dataset.episode import Episode, Subtask
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Contacts, Link, Observation, State, Trajectory
from simgen.scenario.classes import CLASSES
from simgen.scenario.scene import Scene
from simgen.world import Clip

LINKS = (
    Link(1, 0, "robot", CLASSES["robot"]),
    Link(1, 1, "robot/finger", CLASSES["gripper"]),
    Link(2, 0, "table", CLASSES["table"]),
    Link(3, 0, "red_cube", CLASSES["cube"]),
    Link(4, 0, "blue_ball", CLASSES["ball"]),
)


@dataclass(frozen=True)
class Solid:
    """A box (full edge lengths) or a sphere (one radius) somewhere."""

    body: int
    link: int
    size: tuple[float, ...]
    pose: Pose
    colour: tuple[int, int, int] = (200, 200, 200)
    semantic: int = 1

    def hit(self, origin, directions):
        """Distance along each direction, inf where missed, and the outward normal, in the frame given."""
        inverse = self.pose.inverse()
        o, d = inverse.apply(origin), directions @ inverse.rotation.T
        distance, normal = _sphere(o, d, self.size[0]) if len(self.size) == 1 else _box(o, d, np.array(self.size) / 2)
        return distance, normal @ self.pose.rotation.T


def _sphere(o, d, radius):
    a, b, c = (d * d).sum(-1), (d * o).sum(-1), o @ o - radius**2
    root = b * b - a * c
    distance = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
    distance[distance <= 0] = np.inf
    return distance, np.nan_to_num((o + np.where(np.isfinite(distance), distance, 0)[..., None] * d) / radius)


def _box(o, d, half):
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (-half - o) / d, (half - o) / d
    enter, leave = np.minimum(low, high), np.maximum(low, high).min(-1)
    axis = enter.argmax(-1)
    enter = enter.max(-1)
    distance = np.where((enter < leave) & (enter > 0), enter, np.inf)
    normal = np.zeros(d.shape)
    np.put_along_axis(normal, axis[..., None], -np.sign(np.take_along_axis(d, axis[..., None], -1)), -1)
    return distance, normal


def observe(solids, view: CameraView, before=None, time_ns: int = 0) -> Observation:
    """What a camera sees of solids; `before` is (solids, view) of the instant before, in the same order."""
    rays = view.intrinsics.rays()
    world_T_camera = view.world_T_camera
    directions = rays @ world_T_camera.rotation.T
    hits = [solid.hit(world_T_camera.position, directions) for solid in solids]
    distances = np.stack([distance for distance, _ in hits])
    nearest = distances.argmin(0)
    depth = distances.min(0)
    hit = np.isfinite(depth)

    def pick(values, background):
        return np.where(hit, np.array(values)[nearest], background).astype(np.int32)

    normals = np.take_along_axis(np.stack([normal for _, normal in hits]), nearest[None, ..., None], 0)[0] @ world_T_camera.rotation
    points = world_T_camera.position + np.where(hit, depth, 0)[..., None] * directions
    albedo = np.array([solid.colour for solid in solids])[nearest] * hit[..., None]
    shade = 0.35 + 0.65 * np.clip(normals @ np.array([0.3, -0.6, -0.74]), 0, 1)
    rgb = np.where(hit[..., None], albedo * shade[..., None], np.linspace(150, 220, len(depth))[:, None, None])
    return Observation(
        view,
        time_ns,
        depth.astype(np.float32),
        pick([solid.body for solid in solids], 0),
        pick([solid.link for solid in solids], -1),
        pick([solid.semantic for solid in solids], 0),
        (normals * hit[..., None]).astype(np.float32),
        _flow(points, nearest, hit, solids, view, before),
        albedo.astype(np.uint8),
        rgb.astype(np.uint8),
    )


def _flow(points, nearest, hit, solids, view, before):
    flow = np.full(hit.shape + (2,), np.nan, dtype=np.float32)
    if before is None:
        return flow
    earlier, earlier_view = before
    pixels = view.intrinsics.project(view.world_T_camera.inverse().apply(points))
    for number, (now, then) in enumerate(zip(solids, earlier, strict=True)):
        here = hit & (nearest == number)
        was = (then.pose @ now.pose.inverse()).apply(points[here])
        flow[here] = earlier_view.intrinsics.project(earlier_view.world_T_camera.inverse().apply(was)) - pixels[here]
    return flow


def camera(width=128, height=96, eye=(0.0, 0.0, 0.0), target=(1.0, 0.0, 0.0), name="front", fov_y=0.9) -> CameraView:
    return CameraView(name, Intrinsics.from_fov_y(width, height, fov_y), Pose.looking(eye, target))


def _solids(time: float):
    """The robot pushes the cube into the ball; everything is a function of time in seconds."""
    pushed = 0.12 * np.clip(time - 0.4, 0, 1)
    turn = Quaternion(axis=(0, 0, 1), radians=0.5 * time)
    finger = Pose((0.30 + min(0.12 * time, 0.048) + pushed, 0.0, 0.05), Quaternion())
    return (
        Solid(1, 0, (0.1, 0.1, 0.4), Pose((-0.15, 0.0, 0.2), Quaternion()), (235, 235, 230), CLASSES["robot"]),
        Solid(1, 1, (0.04, 0.08, 0.03), finger, (60, 60, 66), CLASSES["gripper"]),
        Solid(2, 0, (1.2, 1.2, 0.1), Pose((0.5, 0.0, -0.05), Quaternion()), (160, 125, 90), CLASSES["table"]),
        Solid(3, 0, (0.06, 0.06, 0.06), Pose((0.40 + pushed, 0.0, 0.03), Quaternion()), (200, 40, 40), CLASSES["cube"]),
        Solid(4, 0, (0.04,), Pose((0.55 + 0.6 * pushed, 0.06, 0.04), turn), (50, 80, 210), CLASSES["ball"]),
    )


def _state(time: float, dt: float, progress: float) -> State:
    solids, earlier = _solids(time), _solids(time - dt)
    velocity = np.array([np.r_[(a.pose.position - b.pose.position) / dt, 0, 0, 0] for a, b in zip(solids, earlier, strict=True)])
    rows, position = np.array([[1, 3], [2, 3]], dtype=np.int32), np.array([[0.37, 0, 0.03], [0.4, 0, 0.0]])
    contacts = Contacts(
        rows[:, 0], rows[:, 1], position, np.array([[1.0, 0, 0], [0, 0, -1]]), np.array([3 + np.sin(9 * time), 0.98]),
        np.array([[0, 0, 0.4], [0.3, 0, 0]]), np.array([-1e-4, 0.0]),
    ) if time > 0.4 else Contacts.none()  # fmt: skip
    joints = np.sin(np.arange(7) + time)
    pose = np.array([solid.pose.row for solid in solids])
    return State(
        round(time * 1e9), pose, velocity, joints, np.cos(np.arange(7) + time), 5 * joints, solids[1].pose, 0.08 - 0.05 * min(time, 1), {},
        contacts, np.array([np.inf, 0.1, 0.05]), np.array([0.8, 0.6, 0.4]), progress, progress >= 1.0,
    )  # fmt: skip


def _scene(size, instruction: str) -> Scene:
    body = {"orientation_wxyz": (1, 0, 0, 0)}
    place = {"width": size[0], "height": size[1], "position": (1.0, -0.6, 0.6), "look_at": (0.4, 0.0, 0.05)}
    return Scene.model_validate(
        {
            "schema_version": 1, "name": "push", "description": "A finger pushes a cube.", "seed": 7, "episode": 3, "control_rate": 20,
            "cameras": {"front": place, "wrist": place | {"mount": {"body": "robot", "link": "finger"}, "fov_y_deg": 70.0}},
            "instruction": instruction, "task": {"name": "push", "roles": {"object": "red_cube"}},
            "bodies": [
                {"id": 2, "name": "table", "label": "table", "shape": {"box": {"size": [1.2, 1.2, 0.1]}}, "fixed": True,
                 "position": (0.5, 0.0, -0.05), **body},
                {"id": 3, "name": "red_cube", "label": "cube", "shape": {"box": {"size": [0.06, 0.06, 0.06]}}, "colour": "red",
                 "position": (0.4, 0.0, 0.03), **body},
                {"id": 4, "name": "blue_ball", "label": "ball", "shape": {"sphere": {"radius": 0.04}},
                 "position": (0.55, 0.06, 0.04), **body},
            ],
        }
    )  # fmt: skip


def episode(frames: int = 6, size=(64, 48), instruction: str = "push the red cube into the blue ball") -> Episode:
    """An Episode of a still and a moving camera, with contacts, joints and two subtasks."""
    dt = 0.05

    def views(time):
        finger = _solids(time)[1].pose.position
        yield camera(*size, (1.0, -0.6, 0.6), (0.4, 0.0, 0.05))
        yield camera(*size, finger + (-0.25, 0.02, 0.22), finger + (0.12, 0.0, 0.0), "wrist", 1.2)

    observations: dict[str, list] = {"front": [], "wrist": []}
    for number in range(frames):
        now, then = _solids(number * dt), _solids((number - 1) * dt)
        for view, earlier in zip(views(number * dt), views((number - 1) * dt), strict=True):
            before = (then, earlier) if number else None
            observations[view.name].append(observe(now, view, before, round(number * dt * 1e9)))
    states = tuple(_state(number * dt, dt, number / frames) for number in range(frames))
    clips = {
        name: Clip(np.stack([observation.rgb for observation in seen]), "raw", ("raw",) * frames) for name, seen in observations.items()
    }
    half = max(frames // 2, 1)
    return Episode(
        _scene(size, instruction),
        LINKS,
        Trajectory(states, np.zeros((frames, 4), np.float32), {name: tuple(seen) for name, seen in observations.items()}),
        _state(frames * dt, dt, 1.0),
        ("dx", "dy", "dz", "gripper"),
        tuple(f"joint_{number}" for number in range(1, 8)),
        clips,
        (Subtask(0, half, "reach for the red cube"), Subtask(half, frames, "push the red cube")),
        "pybullet",
        {"simgen": "0.1.0", "numpy": np.__version__},
    )
