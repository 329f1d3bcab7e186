"""Small scenes, their poses without a simulator, and a second ray caster to check the first against."""

import numpy as np
import trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.scenario import Scene
from simgen.scenario.robot import robot_model
from simgen.scenario.surface import links, robot_articulation, surfaces

HOUSEHOLD = ("apple", "banana", "book", "bottle", "bowl", "can", "carton", "mug")


def body(number: int, shape: dict, position=(0, 0, 0), wxyz=(1, 0, 0, 0), **more) -> dict:
    return {"id": number, "name": f"body{number}", "shape": shape, "position": position, "orientation_wxyz": wxyz, **more}


def box(number: int, size, position=(0, 0, 0), **more) -> dict:
    return body(number, {"box": {"size": size}}, position, **more)


def ball(number: int, radius: float, position=(0, 0, 0), **more) -> dict:
    return body(number, {"sphere": {"radius": radius}}, position, **more)


def scene(*bodies: dict, robot=None) -> Scene:
    data = {"schema_version": 1, "name": "test", "robot": robot, "cameras": {}, "seed": 0, "episode": 0, "bodies": bodies}
    return Scene.model_validate(data)


def kitchen() -> Scene:
    """A Panda behind a table with eight household things on it."""
    things = [
        body(3 + i, {"mesh": {"file": f"household/{name}.obj"}}, (0.4 + 0.12 * (i // 3), -0.25 + 0.25 * (i % 3), 0.1))
        for i, name in enumerate(HOUSEHOLD)
    ]
    return scene(box(2, [1.2, 1.4, 0.04], (0.4, 0, -0.02), fixed=True), *things, robot={"name": "panda"})


def poses(stage: Scene, joints=None, **moved: Pose) -> np.ndarray:
    """World poses of every link, (L, 7): the robot's at its home or at `joints`, bodies where they are placed or `moved`."""
    rows = []
    if stage.robot is not None:
        model, tree = robot_model(stage.robot.name), robot_articulation(stage.robot.name)
        arm = dict(zip(model.arm, model.home if joints is None else joints, strict=True))
        rows += [pose.row for pose in tree.forward(arm | dict.fromkeys(model.fingers, 0.04))]
    return np.array(rows + [moved.get(placed.name, placed.pose).row for placed in stage.bodies])


def camera(eye, target, size=(64, 64), fov_y=50.0, distortion=(0.0,) * 5, near=0.01, far=20.0) -> CameraView:
    return CameraView("camera", Intrinsics.from_fov_y(*size, np.deg2rad(fov_y), distortion), Pose.looking(eye, target), near, far)


def hand_camera(stage: Scene, link_pose: np.ndarray, size=(128, 128)) -> CameraView:
    """Beside the fingers, looking at their tips."""
    row = next(row for row, link in enumerate(links(stage)) if link.name == "robot/panda_hand")
    hand_T_camera = Pose.looking((0.075, 0, 0), (0, 0, 0.13))
    return CameraView("wrist", Intrinsics.from_fov_y(*size, np.deg2rad(72)), Pose.from_row(link_pose[row]) @ hand_T_camera)


class Reference:
    """All triangles of a scene in the world frame, cast by trimesh (Embree through embreex, or trimesh's own Python)."""

    def __init__(self, stage: Scene, link_pose: np.ndarray, engine=RayMeshIntersector):
        table = links(stage)
        rows = {(link.body, link.index): row for row, link in enumerate(table)}
        meshes, self.row = [], []
        for surface in surfaces(stage):
            row = rows[surface.body, surface.link]
            meshes.append(trimesh.Trimesh(Pose.from_row(link_pose[row]).apply(surface.vertices), surface.faces, process=False))
            self.row += [row] * len(surface.faces)
        self.mesh = trimesh.util.concatenate(meshes)
        self.row = np.array(self.row)
        self.body = np.array([link.body for link in table])[self.row]
        self.engine = engine(self.mesh)

    def look(self, view: CameraView) -> tuple[np.ndarray, np.ndarray]:
        """Depth (inf where nothing) and body id (0 where nothing)."""
        direction = view.intrinsics.rays().reshape(-1, 3) @ view.world_T_camera.rotation.T
        origin = view.world_T_camera.position + view.near * direction
        depth, body_id = np.full(len(direction), np.inf), np.zeros(len(direction), int)
        face, ray, place = self.engine.intersects_id(origin, direction, multiple_hits=False, return_locations=True)
        depth[ray] = view.world_T_camera.inverse().apply(place)[:, 2]
        body_id[ray] = self.body[face]
        beyond = depth > view.far
        depth[beyond], body_id[beyond] = np.inf, 0
        return depth.reshape(view.intrinsics.height, -1), body_id.reshape(view.intrinsics.height, -1)

    def hidden(self, eye: np.ndarray, points: np.ndarray, clearance=1e-3) -> np.ndarray:
        """Whether something lies between the eye and each point, nearer to the eye by more than `clearance` of the way."""
        face, ray, place = self.engine.intersects_id(
            np.broadcast_to(eye, points.shape), points - eye, multiple_hits=False, return_locations=True
        )
        share = np.full(len(points), np.inf)
        share[ray] = np.linalg.norm(place - eye, axis=1) / np.linalg.norm(points[ray] - eye, axis=1)
        return share < 1 - clearance
