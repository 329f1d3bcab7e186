"""Frames a second of the neural world: its network alone and the whole step by stage, beside the floor and a path-traced frame."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from simgen import simulator as simulators
from simgen.generate import arrange, job_of
from simgen.geometry import CameraView
from simgen.observation import Observation, State
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.scenario.light import Lamp, Light
from simgen.simulator.appearance import Appearances
from simgen.simulator.raycast import RayCaster
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, ControlClip, Shot
from simgen.world.neural.buffers import MODALITIES, VECTOR, Buffers
from simgen.world.neural.denoise import Sampling, denoised
from simgen.world.neural.network import NeuralShading
from simgen.world.neural.world import Neural
from simgen.world.pathtrace import PathTrace

SCENE, STILL, MOVING, SIZE = "pick_place", "front", "wrist", 256
"""One camera that stands still, so that what hides its light is remembered, and one on the hand."""
LIGHT = Light(lamps=(Lamp(position=(0.3, 0.6, 1.1)), Lamp(position=(0.9, -0.5, 1.3), radius=0.1, temperature_k=3000.0, cone_deg=90.0)))
"""Sun, sky and two lamps."""
MOTION = 0.02, 0.0, -0.02, 0.0, 0.0, 0.0, 1.0
"""What the hand is told to do: metres, radians and the gripper, a frame."""
WARM, FRAMES, TRACED = 4, 30, 3
"""Frames before time counts, which compile; frames that count; frames that are path-traced."""
BATCHES = 1, 16, 64
"""Frames at once on a GPU."""
DEVELOPING = "air", "development"
"""Stages of weather and camera, which all worlds share."""


@dataclass(frozen=True, eq=False)
class Instant:
    """Physics at one instant, and where the cameras are."""

    state: State
    views: dict[str, CameraView]


def run() -> dict:
    """Photograph an episode at 256 x 256 in which the arm moves: exact buffers, direct light, maps, network, air and camera.

    Physics is left out. All is interleaved frame by frame: a camera that stands still, one that moves with the hand, both in one
    stream, and the network alone. Times are medians, and beside them the least. The floor is what the network's multiplications
    and additions take at the best rate of a product of matrices or a convolution, measured in the same loop.
    """
    scene, instants = _episode()
    world = Neural()
    takes = {cameras: _Take(world, scene, cameras) for cameras in ((STILL,), (MOVING,), (STILL, MOVING))}
    alone, rates, frames = [], [], [_frame()]
    for number, instant in enumerate(instants):
        for take in takes.values():
            take.shoot(instant, counts=number >= WARM)
        alone.append(_seconds(lambda: denoised(world.network, frames, None, Sampling())))
        rates.append(_rate())
    step, traced = takes[STILL,].report(), _traced(scene, instants)
    return {
        "network": _beside_floor(alone[WARM:], world.network, frames, max(rates)),
        "step": step,
        "step_moving_camera": takes[MOVING,].report(),
        "step_two_cameras": takes[STILL, MOVING].report(),
        "pathtraced_ms": round(1000 * traced, 1),
        "pathtraced_over_step": round(1000 * traced / step["ms"], 1),
        "gpu": _on_gpu(world.network) if torch.cuda.is_available() else None,
        "size": SIZE,
        "threads": torch.get_num_threads(),
        "frames": FRAMES,
    }


class _Take:
    """Some cameras' run through the world, timed."""

    def __init__(self, world: Neural, scene: Scene, cameras: tuple[str, ...]):
        self._world, self._scene, self._cameras = world, scene, cameras
        self._caster, self._watch, self._laps = RayCaster.shared(scene), Stopwatch(), list[dict[str, float]]()
        self._before: tuple[tuple[Observation, ...], np.ndarray] | None = None

    def shoot(self, instant: Instant, counts: bool) -> None:
        """One step; what came before it is remembered."""
        now, pose = Conditions(light=LIGHT), instant.state.link_pose
        views = [instant.views[camera] for camera in self._cameras]
        if self._before is None:
            self._dresser = Appearances(self._scene, pose)
            self._stream = self._world.stream(views, [Appearance(conditions=(now,))] * len(views), seeds=range(len(views)))
        self._watch.seconds.clear()
        self._world.watch.seconds.clear()
        start = time.perf_counter()
        with self._watch("exact buffers"):
            seen = [self._seen(row, view, instant.state) for row, view in enumerate(views)]
        self._before = tuple(seen), pose
        with self._watch("direct light"):
            seen = [self._dresser.of(one, pose, now) for one in seen]
        self._stream.step([Shot(one, self._scene) for one in seen])
        whole = time.perf_counter() - start
        if counts:
            self._laps.append(self._watch.seconds | self._world.watch.seconds | {"whole": whole})

    def _seen(self, row: int, view: CameraView, state: State) -> Observation:
        before = () if self._before is None else (self._before[0][row], self._before[1])
        return self._caster.observe(view, state.link_pose, state.time_ns, *before)

    def report(self) -> dict:
        """Milliseconds of a step of all cameras, and frames a second of them together."""
        stages = {stage: round(1000 * median(lap[stage] for lap in self._laps), 1) for stage in self._laps[0] if stage != "whole"}
        whole = [lap["whole"] for lap in self._laps]
        drawing = median(lap["whole"] - sum(lap[stage] for stage in DEVELOPING) for lap in self._laps)
        return {
            "fps": round(len(self._cameras) / median(whole), 1),
            "fps_before_air_and_camera": round(len(self._cameras) / drawing, 1),
            "ms": round(1000 * median(whole), 1),
            "least_ms": round(1000 * min(whole), 1),
            "stage_ms": stages,
        }


def _episode() -> tuple[Scene, list[Instant]]:
    simulator = simulators.make("pybullet")
    scene = arrange(job_of(SCENE, world="neural", simulator="pybullet", size=(SIZE, SIZE), seed=0), 0, simulator)
    simulator.build(scene)
    state, instants = simulator.reset(scene.seed), []
    while len(instants) < WARM + FRAMES:
        instants.append(Instant(state, {camera: simulator.view(camera) for camera in (STILL, MOVING)}))
        state = simulator.step(np.array(MOTION, np.float32))
    simulator.close()
    return scene, instants


def _frame() -> Buffers:
    """All maps, of no particular picture: how long the network takes does not depend on it."""
    rng = np.random.default_rng(0)
    maps = {name: rng.random((SIZE, SIZE, channels), dtype=np.float32) for name, channels in MODALITIES.items()}
    return Buffers(maps, rng.random(VECTOR, dtype=np.float32))


def _beside_floor(alone: Sequence[float], network: NeuralShading, frames: Sequence[Buffers], rate: float) -> dict:
    """What the network takes beside the least that its multiplications and additions can take at that rate."""
    work = _work(network, frames)
    return {
        "fps": round(1 / median(alone), 1),
        "ms": round(1000 * median(alone), 1),
        "least_ms": round(1000 * min(alone), 1),
        "gflop": round(work / 1e9, 2),
        "peak_gflop_s": round(rate / 1e9, 1),
        "floor_ms": round(1000 * work / rate, 1),
        "share_of_peak": round(work / rate / median(alone), 3),
    }


def _work(network: NeuralShading, frames: Sequence[Buffers]) -> float:
    """Multiplications and additions of the network as it is written, whoever carries it out."""
    maps = {name: torch.from_numpy(np.stack([frame.maps[name] for frame in frames])).permute(0, 3, 1, 2) for name in frames[0].maps}
    vector, device = torch.from_numpy(np.stack([frame.vector for frame in frames])), next(network.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network({name: array.to(device) for name, array in maps.items()}, vector.to(device))
    return float(counter.get_total_flops())


def _rate() -> float:
    """Multiplications and additions a second of the quicker of a product of two matrices and a convolution."""
    with torch.inference_mode():
        one, other = torch.rand(2, 1024, 1024)
        layer, picture = torch.nn.Conv2d(192, 192, 3, padding=1), torch.rand(1, 192, 64, 64)
        layer, picture = layer.to(memory_format=torch.channels_last), picture.to(memory_format=torch.channels_last)
        product = 2 * 1024**3 / _seconds(lambda: one @ other)
        return max(product, 2 * 9 * 192**2 * 64**2 / _seconds(lambda: layer(picture)))


def _traced(scene: Scene, instants: Sequence[Instant]) -> float:
    """Seconds a path-traced frame of the camera that stands still."""
    caster, first, tracer = RayCaster.shared(scene), instants[:TRACED], PathTrace()
    seen = tuple(caster.observe(one.views[STILL], one.state.link_pose, one.state.time_ns) for one in first)
    clip, looks = ControlClip(seen, scene, tuple(one.state for one in first)), Appearance(conditions=(Conditions(light=LIGHT),))
    tracer.render(clip, looks, seed=0)  # compiles
    return min(_seconds(lambda: tracer.render(clip, looks, seed=0)) for _ in range(2)) / TRACED


def _on_gpu(network: NeuralShading) -> dict:
    """Frames a second by batch, and which share that is of the best rate of a product of matrices there."""
    found, frame = {}, _frame()
    network = network.to("cuda")
    one = torch.rand(8192, 8192, device="cuda")
    rate = 2 * 8192**3 / min(_seconds(lambda: _awaited(lambda: one @ one)) for _ in range(5))
    vector = torch.from_numpy(frame.vector).cuda()
    for count in BATCHES:
        maps = {name: torch.from_numpy(array).cuda().permute(2, 0, 1).expand(count, -1, -1, -1) for name, array in frame.maps.items()}
        maps = {name: array.contiguous(memory_format=torch.channels_last) for name, array in maps.items()}
        with torch.inference_mode():
            times = [_seconds(lambda: _awaited(lambda: network(maps, vector.expand(count, -1)))) for _ in range(20)]  # noqa: B023
        share = count * _work(network, [frame]) / rate / median(times)
        found[str(count)] = {"fps": round(count / median(times), 1), "share_of_peak": round(share, 3)}
    return {"name": torch.cuda.get_device_name(), "peak_gflop_s": round(rate / 1e9), "batch": found}


def _awaited(work: Callable) -> None:
    work()
    torch.cuda.synchronize()


def _seconds(work: Callable) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
