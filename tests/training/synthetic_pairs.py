"""Shards of pairs without a simulator: level ground whose traced light is warmer and darker than the cheap light."""

from pathlib import Path

import numpy as np

from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.training.shard import Pair, write_shard

SIZE = 48


def pair(rng: np.random.Generator, previous: int) -> Pair:
    """Patches of random colour in sunlight."""
    camera = CameraView("front", Intrinsics.from_fov_y(SIZE, SIZE, 1.0), Pose.looking((0, -2, 1), (0, 0, 0.4)), far=8.0)
    patch = rng.integers(40, 220, (6, 6, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    up = camera.world_T_camera.rotation.T @ [0, 0, 1]
    one, whole = np.ones((SIZE, SIZE), np.int32), np.ones((SIZE, SIZE, 3), np.float32)
    flow = np.zeros((SIZE, SIZE, 2), np.float32) if previous >= 0 else np.full((SIZE, SIZE, 2), np.nan, np.float32)
    light = whole * 9000
    seen = Observation(camera, 0, 2 * whole[..., 0], one, 0 * one, one, (whole * up).astype(np.float32), flow, patch,
                       roughness=one.astype(np.uint8), metallic=one.astype(np.uint8) * 0, light=light)  # fmt: skip
    cheap = light * (patch / np.float32(255)) ** 2
    return Pair(seen, Conditions(), cheap, cheap * np.float32([0.9, 0.7, 0.5]), 1e-4, 2.0, previous)


def write_pairs(out: Path, numbers, *, held=()) -> Path:
    """Shards of these numbers, four frames each."""
    (out / "shards").mkdir(parents=True, exist_ok=True)
    for number in numbers:
        rng = np.random.default_rng(number)
        meta = {"number": number, "seed": 0, "split": "held-out" if number in held else "train", "weather": "clear:1"}
        write_shard(out / "shards" / f"{number:06d}", [pair(rng, row - 1 if row % 2 else -1) for row in range(4)], meta)
    return out
