"""Bodies feel the weather where a Scene couples them to it, by simgen.simulator.weather, and nothing at all where it does not."""

import numpy as np

from simgen.report import expect
from simgen.scenario.change import Change
from simgen.scenario.weather import Weather
from simgen.simulator.weather import AIR, DRAG, friction_factor
from simgen.testing.simulator.dynamics import CLOSE, FREE, acceleration, slope
from simgen.testing.simulator.stage import FLAT, GRAVITY, GROUND, body, run, scene, trial_actions, trial_scene
from simgen.testing.simulator.trial import Trial, fingerprint

GROUNDS = {"dry": Weather(), "film": Weather(wetness=0.5), "puddles": Weather(wetness=1.0), "ice": Weather(ice=1.0)}
STORM = Weather(rain_mm_h=50.0, wetness=1.0, wind_m_s=25.0, wind_azimuth_deg=60.0, visibility_m=200.0)
RAINING = Change(at=0.3, over=0.5, weather={"wetness": 1.0, "ice": 0.9, "wind_m_s": 12.0, "wind_azimuth_deg": 200.0})


def stormy_scene():
    """The trial scene coupled to a storm that changes on the way."""
    return trial_scene().model_copy(update={"weather": STORM, "changes": (RAINING,), "coupled": True})


def check_slippery(trial: Trial) -> str:
    """What is wet or icy is as slippery as the table says."""
    told = []
    for name, weather in GROUNDS.items():
        block = body("block", FLAT, (0.0, 0.0, 0.02), friction=0.8, mass=5.0, **FREE)
        simulator, _ = trial.start(scene(GROUND | {"friction": 0.5}, block, weather=weather, coupled=True, gravity=slope(0.6)))
        found = 0.6 - acceleration(simulator, run(simulator, 0.5), "block", 0.2, 0.5)[0] / GRAVITY
        expected = 0.5 * 0.8 * friction_factor(weather)
        told.append(f"{name} {found:.4f} for {expected:.4f}")
        expect(abs(found - expected) < CLOSE * 0.4, told[-1])
    return ", ".join(told)


def check_states(trial: Trial) -> str:
    """States say the friction there is, and masses do not change with the weather."""
    dry = np.array([placed.friction for placed in trial_scene().bodies])
    for weather in GROUNDS.values():
        _, state = trial.start(trial_scene().model_copy(update={"weather": weather, "coupled": True}))
        expected = dry * np.sqrt(friction_factor(weather))
        expect(np.allclose(state.friction, expected, rtol=1e-6), f"friction is {state.friction}, not {expected}")
        expect(np.allclose(state.mass, [np.inf, 0.2, 0.1]), f"masses are {state.mass}")
    return f"{len(GROUNDS)} weathers"


def check_braking(trial: Trial) -> str:
    """A body thrown along ice that thaws is braked by mu g from then on."""
    pull, rub = 0.2, 0.4
    block = body("block", FLAT, (0.0, 0.0, 0.02), friction=0.8, mass=5.0, **FREE)
    thaw = Change(at=0.5, weather={"ice": 0.0})
    stage = scene(GROUND | {"friction": 0.5}, block, weather=Weather(ice=1.0), changes=(thaw,), coupled=True, gravity=slope(pull))
    simulator, _ = trial.start(stage)
    states = run(simulator, 1.5)
    before, after = (acceleration(simulator, states, "block", *span)[0] / GRAVITY for span in ((0.2, 0.5), (0.55, 0.75)))
    told = f"{before:+.4f} g on ice for {pull - 0.1 * rub:+.4f}, {after:+.4f} g after the thaw for {pull - rub:+.4f}"
    expect(abs(before - (pull - 0.1 * rub)) < CLOSE * rub and abs(after - (pull - rub)) < CLOSE * rub, told)
    speed = float(abs(states[-1].link_velocity[1, 0]))
    expect(speed < 1e-2, f"{told}; half a second later it still moves at {speed:.3f} m/s")
    return told


def check_wind(trial: Trial) -> str:
    """Wind pushes a body by the law of drag."""
    sides, mass, wind = (0.1, 0.2, 0.3), 0.5, 20.0
    box = body("box", {"box": {"size": sides}}, (0.0, 0.0, 0.0), mass=mass, **FREE)
    stage = scene(box, gravity=(0.0, 0.0, 0.0), weather=Weather(wind_m_s=wind, wind_azimuth_deg=90.0), coupled=True)
    simulator, _ = trial.start(stage)
    # v' = k (w - v)^2, so that v = w k w t / (1 + k w t)
    rate = 0.5 * AIR * DRAG * (sides[0] * sides[2]) / mass * wind
    velocity = run(simulator, 3.0)[-1].link_velocity[0]
    expected = wind * rate * 3.0 / (1.0 + rate * 3.0)
    told = f"{velocity[1]:.4f} m/s after three seconds for {expected:.4f}"
    expect(abs(velocity[1] / expected - 1.0) < CLOSE, told)
    expect(
        np.abs(velocity[[0, 2]]).max() < CLOSE and np.abs(velocity[3:]).max() < CLOSE, f"it is turned, or pushed aside: {velocity.round(3)}"
    )
    return told


def check_uncoupled(trial: Trial) -> str:
    """Without coupling, weather changes no bit of a run."""
    actions = trial_actions(trial_scene(), 12)

    def played(weather: Weather) -> list[bytes]:
        simulator, state = trial.start(trial_scene().model_copy(update={"weather": weather, "changes": (RAINING,)}))
        return [fingerprint(one) + one.friction.tobytes() for one in (state, *map(simulator.step, actions))]

    expect(played(Weather()) == played(STORM), "a storm changes the run")
    return f"{len(actions)} steps, bit for bit"


CHECKS = (check_slippery, check_states, check_braking, check_wind, check_uncoupled)
