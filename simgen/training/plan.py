"""What a shard of pairs shows: scene, weather, lights and sensor by its number alone, and on which side of the split it stands."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from simgen import shelves
from simgen.generate import Job, job_of
from simgen.randomness import stream
from simgen.scenario import Scene, draw
from simgen.scenario.conditions import Conditions, conditions_of
from simgen.scenario.override import Override
from simgen.scenario.presets import names
from simgen.scenario.span import WORST

HELD_WEATHER, HELD_ROOM, HELD_MATERIAL = "drizzle", "laboratory", "fabric"
"""A weather, a kind of room and a material of bodies that no network is trained on."""
HELD_EVERY = 7
"""One shard in so many shows something held out."""
HELD_SHARE = 1 / 16
"""Of all other scenes, those whose SHA-256 lies lowest are held out too."""
OFTEN = {"clear": 3, "rain": 2, "snow": 2}
"""Weights of weathers; all others have 1. Rain of any kind falls in a fifth of the shards, snow in a sixth."""
TRIES = 200
"""Draws after which a shard is taken on whichever side it falls."""


@dataclass(frozen=True)
class Plan:
    """One shard, before anything is simulated."""

    number: int
    job: Job
    episode: int
    weather: str
    """As on the command line, `rain:3`."""
    sensor: str
    held: tuple[str, ...]
    """What it shows that is held out, but for its SHA-256."""


def planned(number: int, *, seed: int, size: int) -> Plan:
    """What shard `number` shows: the same whoever asks, and whatever other shards there are.

    Args:
        number: of the shard, from 0.
        seed: root seed.
        size: width and height of every picture, pixels.
    """
    rng = stream(seed, number, "pairs")
    wanted = number % HELD_EVERY == HELD_EVERY - 1
    for episode in range(number * TRIES, (number + 1) * TRIES):
        scenario = rng.choice(sorted(shelves.scenes()))
        weather, sensor = _weather(rng), f"{rng.choice(names('sensor'))}:{rng.integers(1, WORST + 1)}"
        job = job_of(str(scenario), seed=seed, size=(size, size), override=Override(weather=weather))
        held = held_out(weather.partition(":")[0], draw(job.scenario, seed, episode))
        if bool(held) == wanted:
            break
    return Plan(number, job, episode, weather, sensor, held)


def held_out(weather: str, scene: Scene) -> tuple[str, ...]:
    """Names of what this shows that nothing is trained on."""
    shown = {weather, room_of(scene), *materials_of(scene)}
    return tuple(name for name in (HELD_WEATHER, HELD_ROOM, HELD_MATERIAL) if name in shown)


def is_held(sha256: str, held: Iterable[str]) -> bool:
    """Whether a finished scene stands on the held-out side."""
    return bool(tuple(held)) or int(sha256[:8], 16) < HELD_SHARE * 2**32


def room_of(scene: Scene) -> str | None:
    """The kind of room around a scene."""
    return next((body.shape.room.kind for body in scene.bodies if hasattr(body.shape, "room")), None)


def materials_of(scene: Scene) -> tuple[str, ...]:
    """Kinds of material that bodies were given, sorted."""
    return tuple(sorted({body.material.kind for body in scene.bodies if body.material.kind}))


def conditions_for(plan: Plan, moment: int, *, seed: int) -> tuple[Conditions, str]:
    """Of one moment of a shard: the weather stays, for it lies on surfaces; each moment has a light of its own; and that light's name."""
    rng = stream(seed, plan.number, f"pairs light {moment}")
    light = f"{rng.choice(names('light'))}:{rng.integers(1, WORST + 1)}" if rng.random() > 0.08 else None
    steady = conditions_of(plan.weather, None, plan.sensor, seed=seed, episode=plan.number)
    if light is None:  # late morning outdoors, which is what a scene that says nothing has
        return steady, "default"
    return conditions_of(None, light, None, seed=seed, episode=plan.number * 64 + moment, base=steady), light


def _weather(rng: np.random.Generator) -> str:
    known = names("weather")
    weight = np.array([OFTEN.get(name, 1) for name in known], dtype=np.float64)
    return f"{rng.choice(known, p=weight / weight.sum())}:{rng.integers(1, WORST + 1)}"
