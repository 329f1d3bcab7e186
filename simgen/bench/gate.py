"""The gate against injected faults and harmless changes, on path-traced clips that no calibration has seen."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from simgen import simulator as simulators
from simgen import world as worlds
from simgen.generate import job_of, play
from simgen.photography import Studio, prospects, world_seed
from simgen.scenario.override import Override
from simgen.scenario.schedule import conditions_at
from simgen.stopwatch import Stopwatch
from simgen.verify import Limits
from simgen.verify.faults import FAULTS
from simgen.verify.harmless import HARMLESS
from simgen.verify.trial import Specimen, Trial, good, harmless, spoiled
from simgen.world import Appearance, Clip, ControlClip, World

WORLD, SIZE, SEED, LENGTH = "pathtrace", (192, 192), 9001, 5
"""The seed is that of no calibration."""
SCENES = (
    ("pick_place", "clear", "golden_hour"),
    ("push", "overcast", "window"),
    ("stack", "clear", "workshop_lamps"),
    ("open_drawer", "haze", "morning"),
    ("reach", "clear", "noon"),
)
"""Scene, weather and light of each clip."""
STRONG = {"moved": 1, "gripper_displaced": 1, "removed": 1, "invented": 1, "recoloured": 1, "retextured": 1, "flicker": 1}
"""Lowest strength that counts as strong: displacements of 8 pixels, and what compares with them; of all others every strength."""


def run() -> dict:
    """Recall of every fault and false alarms of every harmless change with the limits that are shipped.

    One clip from the middle of an episode of each scene, seen by all cameras; a ROC is of the worst excess of a frame against
    that of the same clips' good frames.
    """
    world = worlds.make(WORLD)
    specimens = [specimen(world, *scene, number) for number, scene in enumerate(SCENES)]
    found = []
    for number, one in enumerate(specimens):
        found += [*good(one), *harmless(one, SEED), *spoiled(one, specimens[number - 1], SEED)]
    return report(found, Limits.of(WORLD, referenced=True))


def specimen(world: World, scene: str, weather: str, light: str, number: int) -> Specimen:
    """`LENGTH` frames of all cameras."""
    override = Override(weather, light)
    job = job_of(scene, world="raw", seed=SEED + number, size=SIZE, override=override, gate="off")
    engine = simulators.make(job.simulator)
    try:
        episode = play(job, 0, engine, Studio(_Nothing()), Stopwatch())
    finally:
        engine.close()
    start = max(len(episode) // 2 - LENGTH, 0)
    part = slice(start, start + LENGTH)
    states = episode.trajectory.states[part]
    appearance = Appearance(conditions=tuple(conditions_at(episode.scene, state.time_ns) for state in states))
    seen = {camera: tuple(views[part]) for camera, views in episode.trajectory.observations.items()}
    frames = {
        camera: world.render(ControlClip(views, episode.scene, states), appearance, seed=world_seed(episode.scene)).frames
        for camera, views in seen.items()
    }
    expected = prospects(episode.scene, states, seen, worlds_of=dict.fromkeys(seen, WORLD))
    truth = {camera: one.observations for camera, one in expected.items()}
    return Specimen(f"{scene} {weather} {light}", frames, truth, states, {camera: one.references for camera, one in expected.items()})


class _Nothing:
    """A world that draws nothing, for the episodes whose photographs nobody looks at."""

    name, needs_rgb, needs_light, causal = "nothing", False, False, True

    def render(self, controls: ControlClip, appearance: Appearance, *, seed: int) -> Clip:
        frames = np.zeros((len(controls), *controls.observations[0].albedo.shape), np.uint8)
        return Clip(frames, self.name, (self.name,) * len(frames))


def report(found: Sequence[Trial], limits: Limits) -> dict:
    """What the limits make of these trials."""
    scores: dict[tuple[str, int], list[float]] = defaultdict(list)
    for trial in found:
        scores[trial.name, trial.strength].append(limits.worst(trial.measurement))
    fine = np.array(scores["good", 0])
    strong = [score for (name, strength), some in scores.items() if name in FAULTS and strength >= STRONG.get(name, 0) for score in some]
    return {
        "recall_of_strong_faults": _beyond(strong),
        "false_alarms": _beyond(fine),
        "good_frames": len(fine),
        "faults": {f"{name}/{level}": _row(fine, some) for (name, level), some in sorted(scores.items()) if name in FAULTS},
        "harmless": {f"{name}/{level}": _beyond(some) for (name, level), some in sorted(scores.items()) if name in HARMLESS},
        "limits": {"world": limits.world, "simgen": limits.simgen, "frames": limits.frames, "false_alarms": limits.false_alarms},
    }


def _row(fine: np.ndarray, bad: Sequence[float]) -> dict:
    """How many frames had the fault, how many of them failed, and the area under the ROC curve (Mann and Whitney, 1947)."""
    order = np.sort(fine)
    below = (np.searchsorted(order, bad, "left") + np.searchsorted(order, bad, "right")) / 2
    return {"frames": len(bad), "recall": _beyond(bad), "auc": round(float(below.mean() / max(len(order), 1)), 3)}


def _beyond(scores: Sequence[float]) -> float:
    return round(float(np.mean(np.array(scores) > 1)), 3) if len(scores) else float("nan")
