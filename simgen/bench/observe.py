"""Milliseconds of one exact observation, beside PyBullet's own picture of the same instant."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from simgen import simulator as simulators
from simgen.scenario import Scene
from simgen.scenario.surface import surfaces
from simgen.simulator.raycast import RayCaster

REPETITIONS = 25
THINGS = ("apple", "banana", "book", "bottle", "bowl", "can", "carton", "mug")
TURN = 0.05
"""Radians by which every joint is told to turn between the two instants that are drawn in turn, so that flow has motion to follow."""


def run() -> dict:
    """Draw the same scene with the ray caster (all buffers) and with getCameraImage (TinyRenderer: rgb, depth, segmentation).

    A Panda at home, a table and eight meshes at 256 x 256. The two are interleaved; the ratio is the median over
    repetitions of one time over the other of the same repetition.
    """
    scene = _scene()
    simulator, caster = simulators.make("pybullet", renderer="tiny"), RayCaster.of(scene)
    simulator.build(scene)
    states = [simulator.reset(0)]
    states.append(simulator.step(np.append(states[0].joint_position + TURN, 0.0).astype(np.float32)))
    view = simulator.view("front")
    pictures = [caster.observe(view, state.link_pose, state.time_ns) for state in states]
    caster.watch.seconds.clear()
    ours, theirs = [], []
    for repetition in range(REPETITIONS):
        now, before = repetition % 2, 1 - repetition % 2
        theirs.append(_seconds(simulator.camera_image, "front"))
        arguments = states[now].link_pose, states[now].time_ns, pictures[before], states[before].link_pose
        ours.append(_seconds(caster.observe, view, *arguments))
    simulator.close()
    return {
        "tiny_over_observe": round(median(a / b for a, b in zip(theirs, ours, strict=True)), 2),
        "observe_ms": round(1000 * median(ours), 2),
        "tiny_ms": round(1000 * median(theirs), 2),
        "stage_ms": {stage: round(1000 * seconds / REPETITIONS, 2) for stage, seconds in caster.watch.seconds.items()},
        "triangles": sum(len(surface.faces) for surface in surfaces(scene)),
        "repetitions": REPETITIONS,
    }


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
