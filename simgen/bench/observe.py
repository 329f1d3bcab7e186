"""Milliseconds of one exact observation, beside PyBullet's own picture of the same instant."""

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np
from pyquaternion import Quaternion

from simgen import simulator as simulators
from simgen.geometry import CameraView, Pose
from simgen.observation import Observation, State
from simgen.scenario import Scene
from simgen.scenario.surface import surfaces
from simgen.simulator.raycast import RayCaster

REPETITIONS = 25
THINGS = ("apple", "banana", "book", "bottle", "bowl", "can", "carton", "mug")
TURN = 0.05
"""Radians by which every joint is told to turn between the two instants that are drawn in turn, so that flow has motion to follow."""
SHIFT = (0.01, 0.0, 0.0)
"""Metres by which the moving camera moves between them, in its own frame."""


def run() -> dict:
    """Draw the same scene with the ray caster (all buffers) and with getCameraImage (TinyRenderer: rgb, depth, segmentation).

    A Panda at home, a table and eight meshes at 256 x 256, drawn at two instants in turn between which the arm moves: once
    by a camera that stands still, so that the ray caster remembers the table, and once by one that moves too. All are
    interleaved; a ratio is the median over repetitions of one time over the other of the same repetition.
    """
    scene = _scene()
    simulator, caster = simulators.make("pybullet", draws=True), RayCaster.of(scene)
    simulator.build(scene)
    states = [simulator.reset(0)]
    states.append(simulator.step(np.append(states[0].joint_position + TURN, 0.0).astype(np.float32)))
    front = simulator.view("front")
    nudged = replace(front, name="moving", world_T_camera=front.world_T_camera @ Pose(SHIFT, Quaternion()))
    cameras = {"still": (front, front), "moving": (replace(front, name="moving"), nudged)}
    before = {name: [_observe(caster, views[i], states[i]) for i in (0, 1)] for name, views in cameras.items()}
    caster.watch.seconds.clear()
    times: dict[str, list[float]] = {"tiny": [], **{name: [] for name in cameras}}
    for repetition in range(REPETITIONS):
        now, last = repetition % 2, 1 - repetition % 2
        times["tiny"].append(_seconds(simulator.camera_image, "front"))
        for name, views in cameras.items():
            times[name].append(_seconds(_observe, caster, views[now], states[now], before[name][last], states[last]))
    simulator.close()
    return {
        "tiny_over_observe": _ratio(times["tiny"], times["still"]),
        "tiny_over_observe_moving_camera": _ratio(times["tiny"], times["moving"]),
        "tiny_ms": round(1000 * median(times["tiny"]), 2),
        "observe_ms": round(1000 * median(times["still"]), 2),
        "observe_moving_camera_ms": round(1000 * median(times["moving"]), 2),
        "stage_ms_of_both": {stage: round(1000 * seconds / REPETITIONS, 2) for stage, seconds in caster.watch.seconds.items()},
        "triangles": sum(len(surface.faces) for surface in surfaces(scene)),
        "repetitions": REPETITIONS,
    }


def _observe(caster: RayCaster, view: CameraView, state: State, before: Observation | None = None, last: State | None = None):
    return caster.observe(view, state.link_pose, state.time_ns, before, None if last is None else last.link_pose)


def _ratio(theirs: list[float], ours: list[float]) -> float:
    return round(median(a / b for a, b in zip(theirs, ours, strict=True)), 2)


def _seconds(work: Callable, *arguments) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def _scene() -> Scene:
    upright = (1.0, 0.0, 0.0, 0.0)
    table = {
        "id": 2,
        "name": "table",
        "label": "table",
        "fixed": True,
        "shape": {"urdf": {"file": "table/table.urdf"}},
        "position": (0.0, 0.0, 0.0),
        "orientation_wxyz": upright,
    }
    things = [
        {
            "id": 3 + i,
            "name": name,
            "label": name,
            "shape": {"mesh": {"file": f"household/{name}.obj"}},
            "position": (0.4 + 0.12 * (i // 3), -0.25 + 0.25 * (i % 3), 0.1),
            "orientation_wxyz": upright,
        }
        for i, name in enumerate(THINGS)
    ]
    front = {"width": 256, "height": 256, "fov_y_deg": 42, "position": (1.2, -0.75, 0.65), "look_at": (0.42, 0.0, 0.12)}
    data = {"schema_version": 1, "name": "bench", "control": "joint_position", "cameras": {"front": front}, "seed": 0, "episode": 0}
    return Scene.model_validate({**data, "bodies": [table, *things]})
