"""What is seen is where the state says it is; and the engine's own picture, where it has one, shows the same."""

import numpy as np

from simgen.geometry import Pose
from simgen.observation import State
from simgen.report import NotOffered, expect
from simgen.scenario.robot import robot_model
from simgen.scenario.scene import Camera, Scene
from simgen.scenario.surface import body_articulation
from simgen.simulator import Simulator
from simgen.simulator.kinematics import arm
from simgen.testing.simulator.stage import GROUND, body, grasp, household, row_of, run, scene
from simgen.testing.simulator.trial import Trial

SAME = 0.999
"""Share of pixels of which two pictures must say the same body: what lies on outlines may fall to either side."""
DEPTH = 5e-4
"""Metres by which the depth of two pictures may differ, in the median over pixels of one body."""
LINKS = 1e-5
"""Metres by which a link may be off what its joints say: a chain of products in single precision."""


def alike(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Share of pixels of one id, and the median depth difference in metres where both see one body; of (ids, depth) each."""
    (ids, depth), (ids_too, depth_too) = one, other
    both = (ids == ids_too) & (ids > 0)
    off = np.abs(depth[both].astype(np.float64) - depth_too[both])
    return float((ids == ids_too).mean()), float(np.median(off)) if both.any() else float("inf")


def observed(simulator: Simulator, camera: str) -> tuple[np.ndarray, np.ndarray]:
    """Body ids and depth that SimGen's ray caster sees at the engine's poses."""
    seen = simulator.observe(camera)
    return seen.instance, seen.depth


def drawn(simulator: Simulator, camera: str) -> tuple[np.ndarray, np.ndarray]:
    """Body ids and depth in the engine's own picture.

    Raises:
        NotOffered: if it has none.
    """
    if not hasattr(simulator, "camera_image"):
        raise NotOffered("not offered: it has no camera_image")
    _, depth, ids = simulator.camera_image(camera)
    return ids, depth


def solids() -> Scene:
    """Every simple shape, each turned, before one camera; some fall."""
    turned = (0.9, 0.3, 0.2, 0.1)
    bodies = (
        GROUND | {"shape": {"box": {"size": (6.0, 6.0, 0.1)}}},
        body("box", {"box": {"size": (0.1, 0.15, 0.2)}}, (0.0, -0.3, 0.3), turned),
        body("ball", {"sphere": {"radius": 0.08}}, (0.1, 0.0, 0.4), turned),
        body("can", {"cylinder": {"radius": 0.05, "height": 0.2}}, (0.0, 0.3, 0.3), turned),
        body("pill", {"capsule": {"radius": 0.05, "height": 0.15}}, (-0.3, 0.1, 0.3), turned),
    )
    return scene(*bodies, cameras={"front": Camera(position=(1.2, 0.3, 0.7), look_at=(0.0, 0.0, 0.15))})


def check_seen(trial: Trial) -> str:
    """A falling ball is seen where the state says it is."""
    ball = body("ball", {"sphere": {"radius": 0.1}}, (0.0, 0.0, 0.8))
    stage = scene(GROUND, ball, cameras={"front": Camera(position=(2.0, 0.0, 0.5), look_at=(0.0, 0.0, 0.5))})
    simulator, _ = trial.start(stage)
    state = run(simulator, 0.25)[-1]
    seen = simulator.observe("front")
    rows, columns = np.nonzero(seen.instance == 3)
    expect(len(rows) > 100, f"{len(rows)} pixels show it")
    centre = seen.view.world_T_camera.inverse().apply(state.link_pose[row_of(simulator, "ball"), :3])
    pixel = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
    off = float(np.abs(seen.view.intrinsics.project(centre) - pixel).max())
    nearest = float(seen.depth[seen.instance == 3].min())
    expect(off < 1.0 and abs(nearest - (centre[2] - 0.1)) < 2e-3, f"{off:.2f} pixels off; {nearest:.4f} m for {centre[2] - 0.1:.4f} m")
    return f"{off:.2f} pixels off, {1000 * abs(nearest - (centre[2] - 0.1)):.2f} mm"


def check_links(trial: Trial) -> str:
    """Links stand where their joints put them: the arm's and the drawer's."""
    stage = household()
    simulator, state = trial.start(stage)
    worst = 0.0
    for height in (0.02, -0.01, 0.0):
        state = simulator.step(np.array([0.02, 0.02, height, 0.0, 0.1, 0.1, 1.0]))
        hand = arm(stage).tool(state.joint_position)
        cabinet = state.pose(row_of(simulator, "cabinet"))
        slide = {"drawer_slide": state.articulation["cabinet/drawer_slide"]}
        tree = body_articulation(stage.body("cabinet").shape, None)
        drawer = cabinet @ tree.forward(slide)[1]
        for told, expected in ((state.tcp, hand), (state.pose(row_of(simulator, "cabinet/drawer")), drawer)):
            worst = max(worst, _off(told, expected))
    tool = state.pose(row_of(simulator, f"robot/{robot_model('panda').tcp_link}")) @ Pose(
        robot_model("panda").tcp_position, Pose.identity().orientation
    )
    worst = max(worst, _off(tool, state.tcp))
    expect(worst < LINKS, f"off by {worst:.1e} m or rad")
    return f"within {worst:.1e} m or rad"


def _off(one: Pose, other: Pose) -> float:
    """Largest difference of two poses' matrices, metres and radians alike."""
    return float(np.abs(one.matrix - other.matrix).max())


def _compared(simulator: Simulator, state: State, cameras: tuple[str, ...]) -> str:
    told = []
    for camera in cameras:
        same, depth = alike(observed(simulator, camera), drawn(simulator, camera))
        told.append(f"{camera} {same:.3%}, {1000 * depth:.3f} mm")
        expect(same >= SAME and depth < DEPTH, f"at {state.time_ns / 1e9:g} s: {told[-1]}")
    return "; ".join(told)


def check_picture(trial: Trial) -> str:
    """The engine's own picture shows simple shapes where they are seen, at rest and in the air."""
    simulator, state = trial.start(solids())
    _compared(simulator, state, ("front",))
    return _compared(simulator, run(simulator, 0.25)[-1], ("front",))


def check_shelf_picture(trial: Trial) -> str:
    """The engine's own picture shows arm, cabinet with open drawer and meshes where they are seen, from the hand too."""
    simulator, state = trial.start(household())
    cameras = ("front", "wrist")
    _compared(simulator, state, cameras)
    return _compared(simulator, grasp(simulator, state), cameras)


CHECKS = (check_seen, check_links, check_picture, check_shelf_picture)
