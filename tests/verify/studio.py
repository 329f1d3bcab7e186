"""A small photo studio: the analytic world with a planked table, photographed by a matt shader under any light."""

from dataclasses import replace

import analytic
import numpy as np
from scipy.ndimage import gaussian_filter

from simgen.observation import Observation
from simgen.verify.faults import encoded
from simgen.verify.photograph import LINEAR
from simgen.verify.trial import Specimen

WIDTH, HEIGHT, FRAMES, DT = 128, 96, 5, 0.1
TABLE, CUBE, BALL = 2, 3, 4


def observations(start: float = 0.5, frames: int = FRAMES) -> tuple[Observation, ...]:
    """The arm pushes the cube into the ball; a still camera looks on."""
    view = analytic.camera(WIDTH, HEIGHT, (0.75, -0.5, 0.4), (0.42, 0.02, 0.03), fov_y=0.75)
    times = [start + DT * number for number in range(frames)]
    seen = []
    for time in times:
        now, then = analytic._solids(time), analytic._solids(time - DT)
        seen.append(planked(analytic.observe(now, view, (then, view) if seen else None, round(time * 1e9))))
    return tuple(seen)


def planked(observation: Observation) -> Observation:
    """With planks painted on the table and rings on the ball."""
    depth = np.where(np.isfinite(observation.depth), observation.depth, 0)
    points = observation.view.world_T_camera.apply(observation.view.intrinsics.rays() * depth[..., None])
    grain = 1 + 0.25 * np.sin(points[..., 1] * 120) * np.sin(points[..., 0] * 37 + 3 * np.sin(points[..., 1] * 45))
    rings = 1 + 0.35 * np.sign(np.sin(points[..., 2] * 300))
    factor = np.where(observation.instance == TABLE, grain, np.where(observation.instance == BALL, rings, 1.0))
    return replace(observation, albedo=np.clip(observation.albedo * factor[..., None], 0, 255).astype(np.uint8))


def photographs(seen: tuple[Observation, ...], seed: int = 0, *, sun=(0.3, -0.6, -0.74), exposure: float = 0.7, grain: float = 0.004):
    """Matt surfaces under a warm sun and a blue sky, with a shadow's soft edge across the table, uint8, (T, H, W, 3)."""
    rng, frames = np.random.default_rng(seed), []
    towards = np.array(sun) / np.linalg.norm(sun)
    for observation in seen:
        facing = np.clip(observation.normal @ towards, 0, 1)
        v, u = np.mgrid[: facing.shape[0], : facing.shape[1]]
        shade = gaussian_filter((u + 0.6 * v > 140).astype(float), 1.5)
        light = facing[..., None] * (1 - 0.6 * shade)[..., None] * np.array([1.0, 0.9, 0.75]) + np.array([0.28, 0.33, 0.4])
        linear = np.where(observation.instance[..., None] > 0, LINEAR[observation.albedo] * light, (0.5, 0.6, 0.75))
        frames.append(encoded(exposure * linear + rng.normal(size=linear.shape) * grain))
    return np.stack(frames)


def with_references(specimen: Specimen) -> Specimen:
    """A clip beside what is predicted of it: the same pictures without grain, darker, and bluer as no light from the table is in them."""
    predicted = {
        camera: np.stack([encoded(0.8 * LINEAR[gaussian_filter(frame, (0.6, 0.6, 0))] * np.array([0.95, 1, 1.06])) for frame in frames])
        for camera, frames in specimen.frames.items()
    }
    return replace(specimen, references=predicted)


def specimen(number: int) -> Specimen:
    """A good clip, each number another moment and light."""
    rng = np.random.default_rng(number)
    seen = observations(0.4 + 0.12 * number)
    sun = (rng.uniform(-0.5, 0.6), rng.uniform(-0.9, -0.2), -0.7)
    return Specimen(f"clip {number}", {"front": photographs(seen, number, sun=sun, exposure=rng.uniform(0.5, 0.8))}, {"front": seen})
