"""Control steps a second of environments around one world, beside a plain vector in which each has its own, and what memory both take."""

import gc
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from gymnasium.vector import AsyncVectorEnv, VectorEnv

from simgen.environment.env import Environment
from simgen.environment.vector import VectorEnvironment
from simgen.scale import sharing_cores

SCENE, WORLD, CHUNK = "pick_place", "neural", 8
SIZES, COUNTS = (128, 256), (1, 4, 16)
WARM, ROUNDS = 2, 5
"""Decisions before time counts, which compile; decisions that count."""
GENTLE = 0.1
"""Share of an action's range that is used."""


def run() -> dict:
    """Step 1, 4 and 16 environments of two cameras at 128 and 256 pixels, in chunks of 1 and 8 actions, beside Gymnasium's own
    AsyncVectorEnv of as many environments, each in a process with a world of its own, which draws every step.

    The kinds follow one another in one run, for sixteen worlds leave no room beside them; each figure is a median over rounds. The gate
    is off: it costs all alike. Processes of the plain vector compute on one thread each where there are more of them than cores, for
    otherwise they would wait for one another. Memory is the proportional set size of all processes of a kind, beyond what this one had
    before.
    """
    return {f"{size}px_{count}": beside(size, count) for size in SIZES for count in COUNTS}


def beside(size: int, count: int) -> dict:
    """So many environments of this size, of every kind."""
    asked = {"scene": SCENE, "world": WORLD, "size": (size, size), "gate": "off"}
    kinds = {
        "chunk_1": (1, partial(VectorEnvironment, num_envs=count, **asked)),
        f"chunk_{CHUNK}": (CHUNK, partial(VectorEnvironment, num_envs=count, chunk=CHUNK, **asked)),
        "plain": (1, partial(_plain, count, asked)),
    }
    rates, taken = {}, {}
    for name, (steps, make) in kinds.items():
        seconds, taken[name] = _measured(make)
        rates[name] = count * steps / seconds
    over = {f"{name}_over_plain": round(rates[name] / rates["plain"], 2) for name in kinds if name != "plain"}
    return {"control_steps_per_second": {name: round(rate, 2) for name, rate in rates.items()}, **over, "memory_mib": taken}


def _measured(make: Callable[[], VectorEnv]) -> tuple[float, int]:
    """Seconds of a decision, and MiB taken."""
    before = _memory()
    env = make()
    env.reset(seed=0)
    for _ in range(WARM):
        env.step(_actions(env))
    taken = _memory() - before
    seconds = median(_seconds(env) for _ in range(ROUNDS))
    env.close()
    return seconds, round(taken / 2**20)


def _plain(count: int, asked: dict) -> AsyncVectorEnv:
    """What a user writes first."""
    with sharing_cores(min(count, len(os.sched_getaffinity(0)))):
        return AsyncVectorEnv([partial(Environment, **asked)] * count, context="spawn")


def _seconds(env: VectorEnv) -> float:
    actions = _actions(env)
    start = time.perf_counter()
    env.step(actions)
    return time.perf_counter() - start


def _actions(env: VectorEnv) -> np.ndarray:
    """The hand goes a little aside and back."""
    low, high = env.action_space.low, env.action_space.high
    middle = 0.5 * (low + high)
    return (middle + GENTLE * np.random.default_rng(0).uniform(-0.5, 0.5, low.shape) * (high - low)).astype(np.float32)


def _memory() -> int:
    """Bytes of this process and its children, what several share counted in parts."""
    gc.collect()
    return sum(_share(pid) for pid in [os.getpid(), *_descendants(os.getpid())])


def _descendants(pid: int) -> list[int]:
    children = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return [one for child in children for one in (child, *_descendants(child))]


def _share(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
