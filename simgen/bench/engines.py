"""Control steps a second of every engine, physics alone, beside PyBullet; and of Genesis' batches beside one row."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median

import numpy as np

from simgen import shelves
from simgen import simulator as simulators
from simgen.scenario import Scene, draw, load
from simgen.simulator.control import action_bounds

SCENE, ROWS = "pick_place", (1, 4, 16)
PACKAGES = {"mujoco": "mujoco", "genesis": "genesis"}
"""What an engine beside PyBullet must have installed."""
WARM, ROUNDS = 10, 60
"""Control steps before time counts, and that count."""
GENTLE = 0.1
"""Share of an action's range that is used."""


def run() -> dict:
    """Step the arm among the things of one scene in every engine that is installed; nobody looks.

    Engines take turns, a control step each, and a ratio is the median over rounds of one time over the other of the same round. Of a
    fleet, which steps many rows as one, the figure is of all its rows together.
    """
    scene, rows = draw(load(shelves.scene(SCENE)), 0, 0), {}
    engines = ["pybullet", *(name for name, package in PACKAGES.items() if find_spec(package))]
    made = {name: _alone(name, scene) for name in engines}
    for name in engines:
        kind = simulators.REGISTRY.load(name)
        if hasattr(kind, "fleet"):
            made |= {f"{name}_{count}": _fleet(kind, count, scene) for count in ROWS}
            rows |= {f"{name}_{count}": count for count in ROWS}
    times: dict[str, list[float]] = {name: [] for name in made}
    for number in range(WARM + ROUNDS):
        for name, step in made.items():
            start = time.perf_counter()
            step(number)
            times[name].append(time.perf_counter() - start)
    rates = {name: rows.get(name, 1) / np.array(seconds[WARM:]) for name, seconds in times.items()}
    return {
        "control_steps_per_second": {name: round(median(rate.tolist()), 1) for name, rate in rates.items()},
        "over_pybullet": {name: round(median((rate / rates["pybullet"]).tolist()), 2) for name, rate in rates.items()},
        "rounds": ROUNDS,
    }


def _alone(name: str, scene: Scene) -> Callable[[int], object]:
    simulator = simulators.make(name)
    simulator.build(scene)
    simulator.reset(0)
    return lambda number: simulator.step(_action(scene, number))


def _fleet(kind, count: int, scene: Scene) -> Callable[[int], object]:
    fleet = kind.fleet(count)
    for row, simulator in enumerate(fleet.simulators):
        with fleet.sparing(row):
            simulator.build(scene)
            simulator.reset(0)
    return lambda number: fleet.step({row: _action(scene, number + row) for row in range(count)})


def _action(scene: Scene, number: int) -> np.ndarray:
    low, high = action_bounds(scene)
    return 0.5 * (low + high) + GENTLE * (high - low) * np.sin(0.3 * number + np.arange(len(low)))
