"""Going on from a snapshot is, bit for bit, going on as if it had never been taken."""

from collections.abc import Callable

import numpy as np

from simgen.errors import InvalidValue
from simgen.observation import State
from simgen.report import Failed, expect
from simgen.scenario.scene import Scene
from simgen.simulator import Simulator
from simgen.testing.simulator.stage import BOX, GROUND, body, grasp, grasp_scene, row_of, scene, trial_actions, trial_scene
from simgen.testing.simulator.trial import Trial, fingerprint, play
from simgen.testing.simulator.weather import stormy_scene

STEPS = 24
MOVING = 0.01
"""m/s at which the drawer is taken to be on its way."""


def lifting() -> np.ndarray:
    """Actions, float32, (STEPS, 7), that lift what the closed gripper holds and turn it."""
    k = np.arange(STEPS)
    still = np.zeros(STEPS)
    return np.stack([still, 0.01 * np.sin(k), still + 0.005, still, still, still + 0.1, still], axis=1).astype(np.float32)


def check_snapshot(trial: Trial) -> str:
    """A run goes on from a snapshot as if it had never been taken."""
    simulator, actions = trial.start(trial_scene())[0], trial_actions(trial_scene(), STEPS)
    plain = play(simulator, actions)
    simulator.reset(0)
    before = play(simulator, actions[: STEPS // 2])
    kept = simulator.snapshot()
    expect(isinstance(kept, bytes), f"a snapshot is {type(kept).__name__}, not bytes")
    expect(before + play(simulator, actions[STEPS // 2 :]) == plain, "taking a snapshot changes the run")
    expect(fingerprint(simulator.restore(kept)) == before[-1], "the restored state is another")
    expect(play(simulator, actions[STEPS // 2 :]) == plain[STEPS // 2 :], "the restored run differs")
    return f"{STEPS // 2} steps, bit for bit, {len(kept)} bytes"


def check_second(trial: Trial) -> str:
    """A second simulator goes on from the snapshot of the first."""
    simulator, actions = trial.start(trial_scene())[0], trial_actions(trial_scene(), STEPS)
    play(simulator, actions[: STEPS // 2])
    kept = simulator.snapshot()
    plain = play(simulator, actions[STEPS // 2 :])
    with trial.another(trial_scene()) as other:
        other.restore(kept)
        expect(play(other, actions[STEPS // 2 :]) == plain, "the run differs")
    return f"{STEPS // 2} steps, bit for bit"


def check_grasp(trial: Trial) -> str:
    """A grasp beside a moving drawer goes on from a snapshot."""
    simulator, state = trial.start(grasp_scene())
    grasp(simulator, state)
    plain = play(simulator, lifting())
    state = grasp(simulator, simulator.reset(0))
    held = _held(simulator, state)
    kept = simulator.snapshot()
    expect(play(simulator, lifting()) == plain, "taking a snapshot changes the run")
    expect(fingerprint(simulator.restore(kept)) == fingerprint(state), "the restored state is another")
    expect(play(simulator, lifting()) == plain, "the restored run differs")
    return f"{STEPS} steps, bit for bit; {held}"


def check_elsewhere(trial: Trial) -> str:
    """A grasp beside a moving drawer goes on in another process."""
    simulator, state = trial.start(grasp_scene())
    _held(simulator, grasp(simulator, state))
    kept = simulator.snapshot()
    plain = play(simulator, lifting())
    expect(trial.elsewhere(_continued, grasp_scene(), kept) == plain, "the run differs")
    return f"{STEPS} steps, bit for bit"


def check_over_contacts(trial: Trial) -> str:
    """Free fall is restored over contacts of later, which leave nothing behind."""
    stage = scene(GROUND, body("cube", BOX, (0.0, 0.0, 0.2), (0.9, 0.3, 0.2, 0.1)))
    simulator, _ = trial.start(stage)
    none = np.zeros((20, 0), np.float32)
    play(simulator, none[:1])
    kept = simulator.snapshot()
    plain = play(simulator, none)
    simulator.restore(kept)
    expect(play(simulator, none) == plain, "the restored run differs")
    return "20 steps, bit for bit"


def check_storm(trial: Trial) -> str:
    """A run that feels changing weather goes on from a snapshot."""
    stage = stormy_scene()
    simulator, actions = trial.start(stage)[0], trial_actions(stage, STEPS)
    play(simulator, actions[:8])  # while the weather changes
    kept = simulator.snapshot()
    plain = play(simulator, actions[8:])
    expect(simulator.restore(kept).time_ns == 8 * 10**9 // stage.control_rate, "the restored time is another")
    expect(play(simulator, actions[8:]) == plain, "the restored run differs")
    with trial.another(stage) as other:
        other.restore(kept)
        expect(play(other, actions[8:]) == plain, "in a second simulator the run differs")
    return f"{STEPS - 8} steps, bit for bit"


def check_refused(trial: Trial) -> str:
    """What is no snapshot of this Scene raises InvalidValue and changes nothing."""
    simulator, actions = trial.start(trial_scene())[0], trial_actions(trial_scene(), 6)
    with trial.another(scene(GROUND, body("cube", BOX, (0.0, 0.0, 0.2)))) as other:
        other.reset(0)
        foreign = other.snapshot()
    play(simulator, actions[:3])
    kept = simulator.snapshot()
    plain = play(simulator, actions[3:])
    simulator.restore(kept)
    for wrong, what in ((b"", "nothing"), (b"nonsense", "nonsense"), (kept[: len(kept) // 2], "half of one"), (foreign, "another scene's")):
        try:
            simulator.restore(wrong)
        except InvalidValue:
            continue
        raise Failed(f"{what} was taken for a snapshot")
    expect(play(simulator, actions[3:]) == plain, "what was refused changed the world")
    return "4 wrong snapshots refused"


def _held(simulator: Simulator, state: State) -> str:
    """Both fingers hold the cube and the drawer is on its way, in words."""
    cube, drawer = row_of(simulator, "cube"), row_of(simulator, "cabinet/drawer")
    holding = {simulator.links[a].name for a in state.contacts.link_a[state.contacts.link_b == cube]}
    fingers = {"robot/panda_leftfinger", "robot/panda_rightfinger"}
    expect(fingers <= holding, f"the cube is held by {sorted(holding)}, not by both fingers")
    speed = float(np.linalg.norm(state.link_velocity[drawer, :3]))
    expect(speed > MOVING, f"the drawer does not move: {speed:.4f} m/s")
    return f"the drawer at {speed:.3f} m/s"


def _continued(make: Callable[[], Simulator], stage: Scene, kept: bytes) -> list[bytes]:
    simulator = make()
    simulator.build(stage)
    simulator.restore(kept)
    run = play(simulator, lifting())
    simulator.close()
    return run


CHECKS = (check_snapshot, check_second, check_grasp, check_elsewhere, check_over_contacts, check_storm, check_refused)
