"""Scenes that simulators are tried in, every number given."""

import numpy as np

from simgen.geometry import Pose
from simgen.observation import State
from simgen.scenario.scene import Camera, Mount, PlacedBody, RobotPlacement, Scene
from simgen.simulator import Simulator
from simgen.simulator.control import action_bounds, to_action

DROP = 1.0
"""Metres above the floor from which the ball of the trial scene is dropped."""
FLOOR, CUBE, BALL = 2, 3, 4
"""Body ids of the trial scene."""
GRAVITY = 9.81
"""m/s2."""
UPRIGHT = (1.0, 0.0, 0.0, 0.0)
DOWN = (0.0, 1.0, 0.0, 0.0)
"""Of a hand whose fingers point down."""
BOX = {"box": {"size": (0.05, 0.05, 0.05)}}
FLAT = {"box": {"size": (0.2, 0.2, 0.04)}}
"""Too flat to tip over while it slides."""
SPHERE = {"sphere": {"radius": 0.05}}
GROUND = {"name": "ground", "shape": {"box": {"size": (30.0, 30.0, 0.1)}}, "position": (0.0, 0.0, -0.05), "fixed": True, "label": "floor"}
"""Its top is z = 0."""
HAND = Camera(position=(0.06, 0.0, 0.03), look_at=(0.0, 0.0, 0.3), width=48, height=48, mount=Mount(body="robot", link="panda_hand"))
PITCH = 20.0
"""Degrees by which the cabinet of the grasp leans forward, so that its drawer creeps open."""


def body(name: str, shape: dict, position: tuple, orientation_wxyz: tuple = UPRIGHT, **properties) -> dict:
    """A body's fields but its id."""
    return {"name": name, "shape": shape, "position": position, "orientation_wxyz": orientation_wxyz} | properties


def scene(*bodies: dict, robot: bool = False, **settings) -> Scene:
    """A Scene of these bodies, numbered from 2, without a robot unless asked."""
    placed = tuple(PlacedBody(**({"orientation_wxyz": UPRIGHT} | fields), id=number) for number, fields in enumerate(bodies, start=2))
    said = {"schema_version": 1, "name": "trial", "cameras": {}, "robot": RobotPlacement() if robot else None}
    return Scene(**(said | settings), seed=0, episode=0, bodies=placed)


def trial_scene() -> Scene:
    """The scene of the contract: the arm, a floor at z = 0, a cube at rest on it, a ball in the air, two cameras."""
    floor = {"box": {"size": (3.0, 3.0, 0.1)}}
    bodies = (
        body("floor", floor, (0.0, 0.0, -0.05), label="floor", fixed=True),
        body("cube", BOX, (0.5, 0.1, 0.025), label="cube", mass=0.2),
        body("ball", {"sphere": {"radius": 0.03}}, (0.3, -0.4, DROP), label="ball", mass=0.1),
    )
    front = Camera(position=(1.3, 0.4, 0.9), look_at=(0.4, 0.0, 0.1), width=96, height=64)
    return scene(*bodies, robot=True, cameras={"front": front, "hand": HAND})


def trial_actions(scene: Scene, steps: int) -> np.ndarray:
    """Actions, float32, (steps, A), that move the hand to and fro over the cube and work the gripper."""
    low, high = action_bounds(scene)
    phase = np.arange(steps)[:, None] / 7.0 + np.arange(len(low))
    return (0.5 * (low + high) + 0.2 * (high - low) * np.sin(phase)).astype(np.float32)


def household(size: int = 256) -> Scene:
    """The arm before things of the shelf: a cabinet whose drawer stands open, a mug, an apple, and a cube to be grasped."""
    bodies = (
        GROUND,
        body(
            "cabinet",
            {"urdf": {"file": "cabinet/cabinet.urdf"}},
            (0.8, 0.3, 0.0),
            label="cabinet",
            fixed=True,
            joints={"drawer_slide": 0.08},
        ),
        body("mug", {"mesh": {"file": "household/mug.obj"}}, (0.5, -0.2, 0.002), label="mug", mass=0.32),
        body("apple", {"mesh": {"file": "household/apple.obj"}}, (0.62, -0.05, 0.002), label="apple", mass=0.18),
        body("cube", BOX, (0.45, 0.0, 0.025), label="cube", mass=0.1),
    )
    front = Camera(position=(0.12, -1.0, 0.72), look_at=(0.55, 0.05, 0.12), width=size, height=size)
    wrist = HAND.model_copy(update={"width": size // 2, "height": size // 2, "fov_y_deg": 75.0})
    return scene(*bodies, robot=True, cameras={"front": front, "wrist": wrist})


def grasp_scene() -> Scene:
    """A cube to be grasped, a mug beside it, and a cabinet that leans forward, whose drawer creeps open by its damping."""
    half = np.deg2rad(0.5 * PITCH)
    leaning = (float(np.cos(half)), 0.0, float(-np.sin(half)), 0.0)
    bodies = (
        GROUND,
        body("cube", BOX, (0.45, 0.0, 0.025), label="cube", mass=0.1),
        body("mug", {"mesh": {"file": "household/mug.obj"}}, (0.4, -0.25, 0.002), label="mug", mass=0.32),
        body(
            "cabinet",
            {"urdf": {"file": "cabinet/cabinet.urdf"}},
            (0.8, 0.4, 0.05),
            leaning,
            label="cabinet",
            fixed=True,
            joint_damping=60.0,
        ),
    )
    return scene(*bodies, robot=True)


def row_of(simulator: Simulator, name: str) -> int:
    """Row of the link table."""
    return next(row for row, link in enumerate(simulator.links) if link.name == name)


def run(simulator: Simulator, seconds: float, action: np.ndarray | None = None) -> list[State]:
    """States after each control step of a run without a robot, or under one action."""
    action = np.zeros(0, np.float32) if action is None else action
    return [simulator.step(action) for _ in range(round(seconds * simulator.scene.control_rate))]


def lead(simulator: Simulator, state: State, target: Pose, gripper: float, steps: int) -> State:
    """The state after the hand was sent to a pose for so many control steps."""
    for _ in range(steps):
        state = simulator.step(to_action(target, gripper, state, simulator.jacobian(), simulator.scene))
    return state


def grasp(simulator: Simulator, state: State) -> State:
    """Reach down for the cube at (0.45, 0), close the gripper and begin to lift: 45 control steps."""
    for height, gripper, steps in ((0.1, 1.0, 8), (0.022, 1.0, 14), (0.022, 0.0, 10), (0.06, 0.0, 13)):
        state = lead(simulator, state, Pose.from_wxyz((0.45, 0.0, height), DOWN), gripper, steps)
    return state
