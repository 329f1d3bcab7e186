"""The same again, bit for bit: in one simulator, in a second one and in another process."""

import hashlib
from collections.abc import Callable

import numpy as np

from simgen.report import expect
from simgen.scenario.scene import Scene
from simgen.simulator import Simulator
from simgen.testing.simulator.stage import GROUND, SPHERE, body, grasp, grasp_scene, household, scene, trial_actions, trial_scene
from simgen.testing.simulator.trial import Trial, fingerprint, play

STEPS = 12
SEEDS = (0, 1, 2**31, 2**63 - 1)


def check_twice(trial: Trial) -> str:
    """One seed is one run."""
    simulator, actions = trial.start(trial_scene())[0], trial_actions(trial_scene(), STEPS)
    runs = [[fingerprint(simulator.reset(7)), *play(simulator, actions)] for _ in range(2)]
    _expect_same(*runs, "two runs of one simulator differ")
    return f"{STEPS} steps, bit for bit"


def check_second(trial: Trial) -> str:
    """A second simulator gives the same run, while the first goes on."""
    stage = household()
    simulator, state = trial.start(stage)
    actions = trial_actions(stage, STEPS)
    with trial.another(stage) as other:
        first, second = [fingerprint(state)], [fingerprint(other.reset(0))]
        for action in actions:
            first.append(fingerprint(simulator.step(action)))
            second.append(fingerprint(other.step(action)))
    _expect_same(first, second, "they differ")
    return f"{STEPS} steps of the household scene, bit for bit"


def check_process(trial: Trial) -> str:
    """Another process gives the same run."""
    stage = household()
    simulator, _ = trial.start(stage, seed=3)
    here = _digest(play(simulator, trial_actions(stage, STEPS)))
    expect(trial.elsewhere(_run_of, stage, 3) == here, "the runs differ")
    return f"{STEPS} steps of the household scene, bit for bit"


def check_seeds(trial: Trial) -> str:
    """Any seed is taken, and what ran before leaves nothing behind."""
    simulator, actions = trial.start(trial_scene())[0], trial_actions(trial_scene(), STEPS)
    alone = {}
    for seed in SEEDS:
        simulator.reset(seed)
        alone[seed] = _digest(play(simulator, actions))
    for seed in reversed(SEEDS):
        simulator.reset(seed)
        expect(_digest(play(simulator, actions)) == alone[seed], f"the run of seed {seed} depends on the one before it")
    return f"{len(SEEDS)} seeds, {len(set(alone.values()))} different runs"


def check_other_scene(trial: Trial) -> str:
    """Another Scene in between leaves nothing behind."""
    stage, actions = trial_scene(), trial_actions(trial_scene(), STEPS)
    plain = play(trial.start(stage)[0], actions)
    other, _ = trial.start(scene(GROUND, body("ball", SPHERE, (0.0, 0.0, 0.3), restitution=0.5), gravity=(1.0, 0.0, -3.0)))
    for _ in range(STEPS):
        other.step(np.zeros(0, np.float32))
    again = play(trial.start(stage)[0], actions)
    _expect_same(plain, again, "the runs before and after differ")
    return f"{STEPS} steps, bit for bit"


def check_grasp(trial: Trial) -> str:
    """A grasp, with all its contacts, comes out the same in another process."""
    here = _digest(_grasped(*trial.start(grasp_scene())))
    expect(trial.elsewhere(_grasp_of, grasp_scene()) == here, "the runs differ")
    return "45 steps, bit for bit"


def _grasped(simulator: Simulator, state) -> list[bytes]:
    return [fingerprint(grasp(simulator, state))]


def _digest(run: list[bytes]) -> str:
    return hashlib.sha256(b"".join(run)).hexdigest()


def _expect_same(one: list[bytes], other: list[bytes], problem: str) -> None:
    first = next((k for k, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), None)
    expect(first is None, f"{problem} from step {first} on")


def _run_of(make: Callable[[], Simulator], stage: Scene, seed: int) -> str:
    simulator = make()
    simulator.build(stage)
    simulator.reset(seed)
    run = play(simulator, trial_actions(stage, STEPS))
    simulator.close()
    return _digest(run)


def _grasp_of(make: Callable[[], Simulator], stage: Scene) -> str:
    simulator = make()
    simulator.build(stage)
    run = _grasped(simulator, simulator.reset(0))
    simulator.close()
    return _digest(run)


CHECKS = (check_twice, check_second, check_process, check_seeds, check_other_scene, check_grasp)
