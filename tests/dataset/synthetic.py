"""Episodes without a simulator: balls that roll on a plane, seen exactly by two cameras."""

import numpy as np

from simgen.dataset import Episode, Subtask
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Contacts, Link, Observation, State, Trajectory
from simgen.randomness import stream
from simgen.scenario import Scene
from simgen.scenario.classes import CLASSES
from simgen.world import Clip

RADIUS = 0.06
RATE = 20
NAMES = ("cube", "ball", "can")
EYES = {"front": (0.9, 0.1, 0.6), "top": (0.1, -0.05, 1.1)}
COLOURS = np.array([[40, 50, 90], [150, 140, 120], [200, 60, 50], [60, 170, 80], [60, 90, 200]], np.uint8)
JOINTS = ("j1", "j2", "j3")
ACTIONS = ("dx", "dy", "dz", "grip")


def synthetic(draw: int = 0, *, seed: int = 0, frames: int = 12, size: int = 64, names=NAMES, success: bool = True) -> Episode:
    """Episode `draw` of `seed`; equal arguments make equal episodes."""
    rng = stream(seed, draw, "synthetic")
    scene = _scene(draw, seed, size, names)
    links = (Link(1, 0, "robot", CLASSES["robot"]), Link(1, 1, "robot/hand", CLASSES["gripper"])) + tuple(
        Link(body.id, 0, body.name, CLASSES[body.label]) for body in scene.bodies
    )
    start = np.concatenate([rng.uniform(-0.2, 0.2, (len(names), 2)), np.full((len(names), 1), RADIUS)], axis=1)
    velocity = np.concatenate([rng.uniform(-0.2, 0.2, (len(names), 2)), np.zeros((len(names), 1))], axis=1)
    spin = rng.normal(size=(len(names), 4))
    states = [_state(t, frames, start + velocity * t / RATE, velocity, spin, rng, success) for t in range(frames + 1)]
    seen = {camera: tuple(_observation(scene, camera, state, links) for state in states[:-1]) for camera in EYES}
    clips = {camera: Clip(np.stack([frame.rgb for frame in views]), "raw", ("raw",) * frames) for camera, views in seen.items()}
    return Episode(
        scene=scene,
        links=links,
        trajectory=Trajectory(tuple(states[:-1]), rng.normal(size=(frames, len(ACTIONS))).astype(np.float32), seen),
        final=states[-1],
        action_names=ACTIONS,
        joint_names=JOINTS,
        clips=clips,
        subtasks=(Subtask(0, frames // 2, "reach for the cube"), Subtask(frames // 2, frames, "push the cube")),
        simulator="synthetic",
        versions={"python": "3.12", "simgen": "0"},
    )


def _scene(draw: int, seed: int, size: int, names) -> Scene:
    shapes = {"cube": {"box": {"size": [0.08, 0.06, 0.04]}}, "ball": {"sphere": {"radius": RADIUS}}}
    can = {"cylinder": {"radius": 0.03, "height": 0.1}}
    bodies = [
        {"id": 2 + row, "name": name, "label": name if name in CLASSES else "object", "shape": shapes.get(name, can)}
        | {"position": (0.0, 0.0, RADIUS), "orientation_wxyz": (1.0, 0.0, 0.0, 0.0), "restitution": 0.25 * row, "mass": 0.1}
        for row, name in enumerate(names)
    ]
    cameras = {name: {"width": size, "height": size, "position": eye, "look_at": (0.0, 0.0, 0.0)} for name, eye in EYES.items()}
    return Scene.model_validate(
        {"schema_version": 1, "name": "rolling", "seed": seed, "episode": draw, "control_rate": RATE, "bodies": bodies}
        | {"cameras": cameras, "instruction": f"push the cube, please, {draw % 2}", "task": {"name": "push"}}
    )


def _state(t, frames, positions, velocity, spin, rng, success) -> State:
    done = success and t >= frames - 2
    hand = np.array([[0, 0, 0, 1, 0, 0, 0], [0.1, 0, 0.3 + 0.01 * t, 1, 0, 0, 0]], np.float64)
    turned = spin + 0.05 * t
    bodies = np.concatenate([positions, turned / np.linalg.norm(turned, axis=1, keepdims=True)], axis=1)
    count = len(positions)
    return State(
        time_ns=t * 1_000_000_000 // RATE,
        link_pose=np.concatenate([hand, bodies]),
        link_velocity=np.concatenate([np.zeros((2, 6)), np.concatenate([velocity, rng.normal(size=(count, 3))], axis=1)]),
        joint_position=rng.normal(size=len(JOINTS)),
        joint_velocity=rng.normal(size=len(JOINTS)),
        joint_torque=rng.normal(size=len(JOINTS)),
        tcp=Pose.from_wxyz(rng.normal(size=3), rng.normal(size=4)),
        gripper=float(rng.uniform(0, 0.08)),
        articulation={"drawer/slide": float(rng.normal())},
        contacts=_contacts(int(rng.integers(0, 4)), count, rng),
        mass=np.array([0.1] * (count - 1) + [np.inf]),
        friction=np.full(count, 0.8),
        progress=t / frames,
        success=bool(done),
    )


def _contacts(count: int, bodies: int, rng) -> Contacts:
    a = np.sort(rng.integers(1, bodies + 1, count)).astype(np.int32)
    vectors = rng.normal(size=(3, count, 3))
    return Contacts(a, (a + 1).astype(np.int32), vectors[0], vectors[1], rng.uniform(0, 5, count), vectors[2], -rng.uniform(0, 1e-3, count))


def _observation(scene: Scene, camera: str, state: State, links) -> Observation:
    """Rays against the plane z = 0 within 0.6 m and a ball around every body."""
    size = scene.cameras[camera].width
    lens = Intrinsics.from_fov_y(size, size, 0.9)
    pose = Pose.looking(EYES[camera], (0.0, 0.0, 0.0))
    rays, eye = lens.rays() @ pose.rotation.T, pose.position
    depth = -eye[2] / rays[..., 2]
    hit = eye + rays * depth[..., None]
    inside = (depth > 0) & (np.abs(hit[..., :2]).max(axis=-1) < 0.6)
    depth = np.where(inside, depth, np.inf)
    normal = np.where(inside[..., None], pose.rotation.T @ np.array([0.0, 0.0, 1.0]), 0.0)
    instance = np.where(inside, 1, 0)
    for row, body in enumerate(scene.bodies):
        from_centre = eye - state.link_pose[2 + row, :3]
        a, b = (rays * rays).sum(-1), (rays * from_centre).sum(-1)
        root = b * b - a * (from_centre @ from_centre - RADIUS**2)
        near = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0.0))) / a, np.inf)
        nearer = near < depth
        depth, instance = np.where(nearer, near, depth), np.where(nearer, body.id, instance)
        outward = (from_centre + rays * np.where(nearer, near, 0.0)[..., None]) / RADIUS @ pose.rotation
        normal = np.where(nearer[..., None], outward, normal)
    semantic = np.array([0, *(next(link.semantic for link in links if link.body == number) for number in range(1, 2 + len(scene.bodies)))])
    albedo = COLOURS[instance]
    flow = np.where((instance > 0)[..., None], rays[..., :2], np.nan)
    return Observation(
        view=CameraView(camera, lens, pose),
        time_ns=state.time_ns,
        depth=depth.astype(np.float32),
        instance=instance.astype(np.int32),
        link=np.where(instance > 0, 0, -1).astype(np.int32),
        semantic=semantic[instance].astype(np.int32),
        normal=normal.astype(np.float32),
        flow=flow.astype(np.float32),
        albedo=albedo,
        roughness=np.where(instance > 0, 40 * instance, 255).astype(np.uint8),
        metallic=np.where(instance == 2, 255, 0).astype(np.uint8),
        rgb=(albedo * (0.4 + 0.6 * np.clip(-normal[..., 2:], 0, 1))).astype(np.uint8),
    )
