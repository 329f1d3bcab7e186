"""Seconds a path-traced photograph, by variant of Mitsuba and by stage."""

import json
import subprocess
import sys
import time
from dataclasses import asdict

import numpy as np

from simgen import simulator as simulators
from simgen.generate import arrange, job_of
from simgen.scenario.schedule import conditions_at
from simgen.world import Appearance, ControlClip
from simgen.world.pathtrace import PathTrace
from simgen.world.pathtrace.variant import Variant, usable

SCENE, CAMERA, SIZE, FRAMES = "pick_place", "front", 256, 12
MOTION = 0.02, 0.0, -0.02, 0.0, 0.0, 0.0, 1.0
"""What the hand is told to do: metres, radians and the gripper, a frame."""
WARM = 2
"""Frames drawn before time counts: they compile."""
CHILD = """
import json
from simgen.bench.pathtrace import measure
from simgen.world.pathtrace.variant import Variant
print(json.dumps(measure(Variant(**{fields!r}))))
"""


def run() -> dict:
    """Draw the first frames of an episode at 256 x 256 with every variant that draws here, each in a process of its own.

    The arm moves from frame to frame. Building the scene and compiling, which are done once, are told apart.
    """
    found = {}
    for variant in usable():
        child = [sys.executable, "-c", CHILD.format(fields=asdict(variant))]
        done = subprocess.run(child, capture_output=True, text=True, check=True)
        found[variant.name] = json.loads(done.stdout.splitlines()[-1])
    return {"size": SIZE, "frames": FRAMES, "variants": found}


def measure(variant: Variant) -> dict:
    """The figures of one variant, in this process."""
    controls = _clip()
    world = PathTrace(variant=variant)
    looks = Appearance(conditions=tuple(conditions_at(controls.scene, state.time_ns) for state in controls.states))
    start = time.perf_counter()
    world.render(ControlClip(controls.observations[:WARM], controls.scene, controls.states[:WARM]), looks, seed=0)
    first = time.perf_counter() - start
    world.watch.seconds.clear()
    start = time.perf_counter()
    world.render(controls, looks, seed=0)
    seconds = time.perf_counter() - start
    stages = {name: round(part / FRAMES, 3) for name, part in world.watch.seconds.items()}
    return {
        "seconds_a_frame": round(seconds / FRAMES, 3),
        "seconds_of_stages": stages,
        "seconds_to_build_and_compile": round(first, 1),
        "samples": world.samples,
        "library": variant.library,
    }


def _clip() -> ControlClip:
    """The first frames of an episode, every joint of the arm turning."""
    simulator = simulators.make("pybullet")
    scene = arrange(job_of(SCENE, world="pathtrace", simulator="pybullet", size=(SIZE, SIZE), seed=0), 0, simulator)
    simulator.build(scene)
    states = [simulator.reset(scene.seed)]
    observations = [simulator.observe(CAMERA)]
    while len(states) < FRAMES:
        states.append(simulator.step(np.array(MOTION, np.float32)))
        observations.append(simulator.observe(CAMERA))
    simulator.close()
    return ControlClip(tuple(observations), scene, tuple(states))
