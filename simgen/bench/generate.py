"""Frames a second of the whole chain, beside the script a user would write without SimGen."""

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset

from simgen import simulator as simulators
from simgen.dataset import Episode
from simgen.generate import generate
from simgen.record import record

SCENE, SEED, EPISODES, REPETITIONS = "pick_place", 0, 4, 2


def run() -> dict:
    """Record the same episodes with SimGen (rgb, all truth) and with a plain script (getCameraImage and add_frame).

    The plain script replays the actions SimGen's expert chose, so that both step the same physics and save the same
    frames; it keeps LeRobot's own defaults. All are interleaved, and ratios are medians over repetitions of frames a second
    over those of the plain script of the same repetition. Worker processes are started, and load their packages, within
    the time that is measured; the plain script has them loaded already.
    """
    episodes = list(generate(SCENE, episodes=EPISODES, seed=SEED))
    frames = sum(len(episode) for episode in episodes)
    stages: Counter[str] = Counter()
    ways: dict[str, Callable[[Path], None]] = {
        "plain": lambda out: plain_script(episodes, out),
        "simgen_1_worker": lambda out: _simgen(out, 1, stages),
        f"simgen_{os.cpu_count()}_workers": lambda out: _simgen(out, os.cpu_count(), Counter()),
    }
    rates = {name: [] for name in ways}
    for _ in range(REPETITIONS):
        for name, way in ways.items():
            with TemporaryDirectory() as folder:
                start = time.perf_counter()
                way(Path(folder) / "data")
                rates[name].append(frames / (time.perf_counter() - start))
    return _report(rates, stages, frames, len(episodes[0].scene.cameras))


def plain_script(episodes: list[Episode], out: Path) -> None:
    """What a user writes first: step, getCameraImage (rgb, depth, segmentation) for every camera, add_frame."""
    first = episodes[0]
    simulator = simulators.make("pybullet", draws=True)
    dataset = LeRobotDataset.create("plain/script", fps=first.scene.control_rate, features=_features(first), root=out)
    for episode in episodes:
        simulator.build(episode.scene)
        state = simulator.reset(episode.scene.seed)
        for action in episode.trajectory.actions:
            pictures = {f"observation.images.{name}": simulator.camera_image(name)[0] for name in episode.scene.cameras}
            joints = np.append(state.joint_position, state.gripper).astype(np.float32)
            dataset.add_frame({**pictures, "observation.state": joints, "action": action, "task": episode.scene.instruction})
            state = simulator.step(action)
        dataset.save_episode()
    dataset.finalize()
    simulator.close()


def _features(episode: Episode) -> dict:
    def vector(names):
        return {"dtype": "float32", "shape": (len(names),), "names": list(names)}

    pictures = {
        f"observation.images.{name}": {
            "dtype": "video",
            "shape": (camera.height, camera.width, 3),
            "names": ["height", "width", "channels"],
        }
        for name, camera in episode.scene.cameras.items()
    }
    return {**pictures, "observation.state": vector([*episode.joint_names, "gripper"]), "action": vector(episode.action_names)}


def _simgen(out: Path, workers: int, stages: Counter) -> None:
    record(SCENE, out, world="raw", episodes=EPISODES, seed=SEED, workers=workers, progress=lambda p: stages.update(p.attempt.seconds))


def _report(rates: dict[str, list[float]], stages: Counter, frames: int, cameras: int) -> dict:
    ratios = {
        f"{name}_over_plain": round(median(a / b for a, b in zip(rates[name], rates["plain"], strict=True)), 2)
        for name in rates
        if name != "plain"
    }
    milliseconds = {name: round(1000 * seconds / frames / REPETITIONS, 2) for name, seconds in stages.most_common()}
    return {
        **ratios,
        "frames_per_second": {name: round(median(values), 2) for name, values in rates.items()},
        "milliseconds_per_frame": milliseconds,
        "frames": frames,
        "cameras": cameras,
    }
