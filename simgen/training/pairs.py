"""Pairs: exact buffers with cheap light, and the path tracer's light of the same instant, drawn over many scenes and weathers.

A folder of pairs has a shard a scene. A process that is killed loses the shard in flight; the same command goes on, and several
processes may fill one folder.
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simgen import simulator as simulators
from simgen import task as tasks
from simgen.dataset.durable import write_json, writing
from simgen.errors import InvalidValue, PlacementFailed, UnfinishedJob
from simgen.generate import arrange
from simgen.geometry import CameraView, Pose
from simgen.observation import Observation, State
from simgen.photography import lit_views, world_seed
from simgen.randomness import stream
from simgen.rollout import demonstrate
from simgen.scenario import Scene
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.simulator import Simulator
from simgen.simulator.raycast import RayCaster
from simgen.stopwatch import Stopwatch
from simgen.training.plan import Plan, conditions_for, is_held, materials_of, planned, room_of
from simgen.training.shard import Pair, Shard, shards, write_shard
from simgen.world import Appearance, ControlClip
from simgen.world.develop import metered
from simgen.world.focus import focus_distance
from simgen.world.pathtrace import PathTrace
from simgen.world.pathtrace.trace import NotFinite
from simgen.world.preview import photometric, smooth_edges

MOMENTS = 4
"""Moments of an episode, beside its beginning, at which every camera takes a picture and the one before it."""
STRAYS = 6
"""Pictures of each moment by cameras placed at random, so that the network learns more than two viewpoints: they cost least, for
nothing has to move between them."""
NEAR_M, FAR_M = 0.45, 1.7
"""Metres from the middle of the workspace at which a stray camera stands."""
TRIES = 20
"""Places tried for a stray camera."""
JOB = "pairs.json"


@dataclass(frozen=True, eq=False)
class Moment:
    """One instant of an episode, seen by one camera."""

    state: State
    view: CameraView
    before: int
    """Row of the moment before it; -1 where there is none."""
    number: int
    """Which light shines."""


@dataclass(frozen=True)
class Progress:
    """How far a folder of pairs has come."""

    kept: int
    """Frames on disk."""
    wanted: int
    failed: int
    """Shards that could not be made."""


def make_pairs(
    out: str | Path,
    *,
    frames: int,
    seed: int,
    size: int = 256,
    samples: int | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """Fill a folder with at least so many pairs.

    Args:
        out: where shards go; one that holds some of the same job is added to.
        frames: how many pictures are wanted.
        seed: root seed; the same seed makes the same shards.
        size: width and height in pixels.
        samples: paths a pixel; None is the path tracer's own choice.
        progress: told after every shard.

    Raises:
        InvalidValue: if a number makes no sense.
        UnfinishedJob: if pairs of another job are there.
        CannotWrite: if the folder cannot be written.
    """
    if frames < 1 or size < 16:
        raise InvalidValue("frames and size", (frames, size), "at least 1 frame of at least 16 pixels")
    out, failed, number = Path(out), 0, 0
    _same_job(out, {"seed": seed, "size": size})
    tracer = PathTrace() if samples is None else PathTrace(samples=samples)
    engine = simulators.make("pybullet")
    try:
        while (kept := sum(len(Shard(path)) for path in shards(out))) < frames:
            progress(Progress(kept, frames, failed))
            place = out / "shards" / f"{number:06d}"
            with _alone(place) as mine:
                if mine and not place.exists():
                    failed += not _made(place, planned(number, seed=seed, size=size), engine, tracer, seed)
            number += 1
        progress(Progress(kept, frames, failed))
    finally:
        engine.close()
    return out


def _same_job(out: Path, job: dict) -> None:
    with writing(out):
        (out / "shards").mkdir(parents=True, exist_ok=True)
        if not (out / JOB).exists():
            write_json(out / JOB, job)
    there = json.loads((out / JOB).read_text())
    for key, value in job.items():
        if there.get(key) != value:
            raise UnfinishedJob(out, key, there.get(key), value)


@contextmanager
def _alone(place: Path) -> Iterator[bool]:
    """Whether no other process is at work on this shard; the system gives a killed one's claim back."""
    with writing(place), (place.parent / f".{place.name}.claim").open("w") as claim:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _made(place: Path, plan: Plan, engine: Simulator, tracer: PathTrace, seed: int) -> bool:
    """Make one shard; False where its scene cannot be arranged or drawn, which leaves nothing behind."""
    try:
        scene = arrange(plan.job, plan.episode, engine)
        caster = RayCaster.shared(scene)  # held here, so that nobody makes it anew
        moments = _chosen(_played(scene, engine), caster, stream(seed, plan.number, "pairs moments"))
        pairs = photographed(scene, moments, plan, tracer, seed=seed)
    except (PlacementFailed, NotFinite):
        return False
    split = "held-out" if is_held(scene.sha256, plan.held) else "train"
    meta = {"number": plan.number, "seed": seed, "episode": plan.episode, "scenario": scene.name, "scene_sha256": scene.sha256}
    meta |= {"room": room_of(scene), "materials": materials_of(scene), "weather": plan.weather, "sensor": plan.sensor}
    return write_shard(place, pairs, meta | {"split": split, "held": plan.held})


def _played(scene: Scene, engine: Simulator) -> list[tuple[State, dict[str, CameraView]]]:
    """Every instant of the expert's run, and where cameras were."""
    engine.build(scene)
    state, task = engine.reset(scene.seed), tasks.make(scene, engine.links)
    expert = task.expert(stream(scene.seed, scene.episode, "expert"))
    run = demonstrate(scene, engine, task, expert, state, Stopwatch())
    return [(now, {camera: engine.view(camera) for camera in scene.cameras}) for now, _ in run]


def _chosen(played: list[tuple[State, dict[str, CameraView]]], caster: RayCaster, rng: np.random.Generator) -> list[Moment]:
    """The beginning, then moments spread over the run with those before them, seen by each camera; and by stray cameras.

    Pictures of one instant follow each other, for the path tracer moves its triangles in between.
    """
    edges = np.linspace(1, max(len(played), 2), MOMENTS + 1)
    picked = [min(int(rng.uniform(low, high)), len(played) - 1) for low, high in zip(edges[:-1], edges[1:], strict=True)]
    moments = list[Moment]()
    for number, instant in enumerate([0, *picked]):
        before: dict[str, int] = {}
        for now in [instant - 1, instant] if instant else [instant]:
            state, views = played[now]
            for camera, view in views.items():
                moments.append(Moment(state, view, before.get(camera, -1), number))
                before[camera] = len(moments) - 1
        for stray in range(STRAYS):
            view = _stray(state, view, caster, rng, f"stray_{number}_{stray}")
            moments.append(Moment(state, view, -1, number))
    return moments


def _stray(state: State, like: CameraView, caster: RayCaster, rng: np.random.Generator, name: str) -> CameraView:
    """A camera somewhere around the workspace that sees its middle."""
    for _ in range(TRIES):
        target = np.array([rng.uniform(0.3, 0.65), rng.uniform(-0.3, 0.3), rng.uniform(0.0, 0.25)])
        azimuth, elevation, distance = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(8, 70)), rng.uniform(NEAR_M, FAR_M)
        way = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
        eye = target + way * distance
        # from a little off the target, which may lie within a body
        start, end = (eye - way * 0.5 * distance).astype(np.float32), eye.astype(np.float32)
        if not caster.occluded(start[None], (end - start)[None], state.link_pose)[0]:
            break
    focal = like.intrinsics.height * rng.uniform(0.7, 1.5)
    lens = type(like.intrinsics)(like.intrinsics.width, like.intrinsics.height, focal, focal, like.intrinsics.cx, like.intrinsics.cy)
    return CameraView(name, lens, Pose.looking(eye, target), like.near, like.far)


def photographed(scene: Scene, moments: list[Moment], plan: Plan, tracer: PathTrace, *, seed: int) -> list[Pair]:
    """Both lights of every moment; the first must be the beginning, when weather lay down on the surfaces."""
    said = [conditions_for(plan, moment.number, seed=seed) for moment in moments]
    conditions, states = [one for one, _ in said], [moment.state for moment in moments]
    seen = lit_views(scene, states, {"all": _observed(scene, moments)}, conditions)["all"]
    pairs, first = [], {}
    for row, (moment, observation) in enumerate(zip(moments, seen, strict=True)):
        first.setdefault(observation.view.name, row)
        illumination = illuminate(conditions[row].weather, conditions[row].light)
        # surfaces already look as their weather makes them
        cheap = smooth_edges(photometric(observation, Weather(), illumination), observation)
        # the clip begins with the camera's first picture, on which it focuses, at the instant when weather lay down
        clip = ControlClip((seen[first[observation.view.name]], observation), scene, (states[0], moment.state))
        appearance = Appearance(conditions=(conditions[0], conditions[row]))
        target = tracer.radiance(clip, appearance, 1, seed=world_seed(scene) + row)
        focus_m = focus_distance(conditions[row].sensor, clip.observations[0])
        pairs.append(Pair(observation, conditions[row], cheap, target, metered(cheap), focus_m, moment.before, said[row][1]))
    return pairs


def _observed(scene: Scene, moments: list[Moment]) -> list[Observation]:
    caster, seen = RayCaster.shared(scene), []
    for moment in moments:
        last = () if moment.before < 0 else (seen[moment.before], moments[moment.before].state.link_pose)
        seen.append(caster.observe(moment.view, moment.state.link_pose, moment.state.time_ns, *last))
    return seen
