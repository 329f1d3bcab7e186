"""Bodies obey Newton, Coulomb, Huygens and Euler; what is measured is compared with the formula."""

import numpy as np

from simgen.observation import State
from simgen.report import expect
from simgen.scenario.scene import PlacedBody, Scene
from simgen.simulator import Simulator
from simgen.testing.simulator.stage import FLAT, GRAVITY, GROUND, SPHERE, body, row_of, run, scene
from simgen.testing.simulator.trial import Trial

CLOSE = 0.03
"""Share by which a coefficient or an acceleration may be off. Another rule than the product, as the mean, the root or the smaller of
two coefficients, is off by 40 % or more in these scenes."""
EXCESS = 0.09
"""Share of the speed of impact by which a bounce may be too fast: engines mend overlap by speed; half of it may be lacking."""
ROUNDING = 1e-5
"""Of the largest momentum: hundreds of roundings of single precision."""
FREE = {"angular_damping": 0.0}
BRICK = (0.06, 0.1, 0.2)
"""Sides of the body that spins, metres: three different moments of inertia."""


def slope(share: float, across: float = 0.0) -> tuple[float, float, float]:
    """Gravity that pulls along the floor by a share of what it pulls down: a slope of which every body keeps its place."""
    return (share * GRAVITY, across * GRAVITY, -GRAVITY)


def acceleration(simulator: Simulator, states: list[State], name: str, since: float, until: float) -> np.ndarray:
    """Mean acceleration of a body between two instants of a run, m/s2, (3,)."""
    rate, row = simulator.scene.control_rate, row_of(simulator, name)
    first, last = (states[round(time * rate) - 1].link_velocity[row, :3] for time in (since, until))
    return (last - first) / (until - since)


def check_fall(trial: Trial) -> str:
    """Dropped bodies fall half g t squared, light and heavy alike."""
    bodies = [body(f"ball{k}", SPHERE, (float(k), 0.0, 10.0), mass=mass) for k, mass in enumerate((0.05, 5.0))]
    simulator, _ = trial.start(scene(*bodies))
    worst, rate = 0.0, simulator.scene.physics_rate
    for state in run(simulator, 1.0):
        t = state.time_ns / 1e9
        # a first-order method may fall g t h / 2 too far or not far enough
        allowed = 0.5 * GRAVITY * t / rate + 1e-5
        worst = max(worst, np.abs(state.link_pose[:, 2] - (10.0 - 0.5 * GRAVITY * t * t)).max() / allowed)
    expect(worst <= 1.0, f"off by {worst:.2f} times what a physics step of 1/{rate} s allows")
    return f"off by {worst:.3f} of what a physics step of 1/{rate} s allows"


def check_slide(trial: Trial) -> str:
    """A sliding body is braked by the product of the two coefficients."""
    rub = {"low": 0.2, "middle": 0.6, "high": 1.0}
    blocks = [body(name, FLAT, (0.0, 0.5 * k - 0.5, 0.02), friction=mu, **FREE) for k, (name, mu) in enumerate(rub.items())]
    simulator, _ = trial.start(scene(GROUND | {"friction": 0.5}, *blocks, gravity=slope(0.7)))
    states = run(simulator, 0.7)
    found = {name: 0.7 - acceleration(simulator, states, name, 0.2, 0.7)[0] / GRAVITY for name in rub}
    worst = max(abs(found[name] / (0.5 * mu) - 1.0) for name, mu in rub.items())
    told = ", ".join(f"{found[name]:.4f} for 0.5 x {mu}" for name, mu in rub.items())
    expect(worst < CLOSE, told)
    return told


def check_hold(trial: Trial) -> str:
    """A body holds up to the friction angle, and slips beyond it."""
    steep, margin = 0.4, 1.07
    blocks = [
        body("held", FLAT, (0.0, -0.3, 0.02), friction=steep * margin),
        body("slips", FLAT, (0.0, 0.3, 0.02), friction=steep / margin),
    ]
    simulator, first = trial.start(scene(GROUND | {"friction": 1.0}, *blocks, gravity=slope(steep)))
    last = run(simulator, 1.0)[-1]
    held, slips = (last.link_pose[row_of(simulator, name), 0] - first.link_pose[row_of(simulator, name), 0] for name in ("held", "slips"))
    expect(abs(held) < 1e-3, f"7 % below the angle it creeps {1000 * held:.2f} mm in a second")
    expect(slips > 0.05, f"7 % beyond the angle it moves {1000 * slips:.2f} mm in a second")
    return f"{1000 * held:.3f} mm in a second 7 % below the angle, {1000 * slips:.0f} mm as far beyond it"


def check_roll(trial: Trial) -> str:
    """A ball that rolls gains 5/7 of what pulls it, without slipping."""
    steep = float(np.tan(np.deg2rad(10.0)))
    ball = body("ball", SPHERE, (0.0, 0.0, 0.05), friction=1.0, spinning_friction=0.0, **FREE)
    simulator, _ = trial.start(scene(GROUND | {"friction": 1.0, "spinning_friction": 0.0}, ball, gravity=slope(steep)))
    states = run(simulator, 0.8)
    share = acceleration(simulator, states, "ball", 0.2, 0.8)[0] / (steep * GRAVITY)
    velocity = states[-1].link_velocity[row_of(simulator, "ball")]
    slip = abs(velocity[0] - 0.05 * velocity[4]) / abs(velocity[0])
    told = f"{share:.4f} for {5 / 7:.4f}, slipping by {slip:.1%}"
    expect(abs(share * 7 / 5 - 1.0) < CLOSE and slip < CLOSE, told)
    return told


def _tumbling(damping: float) -> Scene:
    """A brick that falls on the edge of a ledge, and from there into the void."""
    ledge = body("ledge", {"box": {"size": (0.2, 0.6, 0.1)}}, (-0.1, 0.0, 0.0), fixed=True)
    turned = (0.92, 0.3, 0.2, 0.15)
    brick = body("brick", {"box": {"size": BRICK}}, (0.02, 0.05, 0.35), turned, mass=0.6, angular_damping=damping)
    return scene(ledge, brick, control_rate=240)


def _in_the_void(trial: Trial, damping: float) -> tuple[PlacedBody, np.ndarray, np.ndarray, float]:
    """The brick, its angular momentum, (T, 3), and energy of rotation, (T,), over a second of free fall, and its first spin in rad/s."""
    stage = _tumbling(damping)
    simulator, _ = trial.start(stage)
    states = run(simulator, 1.6)
    touched = max((k for k, state in enumerate(states) if len(state.contacts)), default=None)
    expect(touched is not None, "the brick never touches the ledge")
    falling = states[touched + 2 : touched + 242]
    expect(len(falling) == 240, f"the brick still touches the ledge after {(touched + 1) / 240:.2f} s")
    brick, row = stage.body("brick"), row_of(simulator, "brick")
    a, b, c = np.square(BRICK)
    moments = brick.mass / 12.0 * np.array([b + c, a + c, a + b])
    momentum, energy = [], []
    for state in falling:
        rotation, spin = state.pose(row).rotation, state.link_velocity[row, 3:]
        momentum.append(rotation @ (moments * (rotation.T @ spin)))
        energy.append(0.5 * spin @ momentum[-1])
    spin = float(np.linalg.norm(falling[0].link_velocity[row, 3:]))
    expect(spin > 2.0, f"the ledge gives it no spin: {spin:.2f} rad/s")
    return brick, np.array(momentum), np.array(energy), spin


def check_spin(trial: Trial) -> str:
    """A body that spins freely keeps its angular momentum and its energy."""
    _, momentum, energy, spin = _in_the_void(trial, 0.0)
    turned = float(np.linalg.norm(momentum - momentum[0], axis=1).max() / np.linalg.norm(momentum[0]))
    lost = float(np.abs(energy / energy[0] - 1.0).max())
    # Euler's method errs by |w| h / 2 a radian, over a second of |w| radians
    allowed = 0.5 * spin * spin / 240
    told = f"momentum within {turned:.1%}, energy within {lost:.1%}, at {spin:.1f} rad/s over a second; {allowed:.0%} allowed"
    expect(max(turned, lost) < allowed, told)
    return told


def check_angular_damping(trial: Trial) -> str:
    """Angular damping takes its share of spin a second."""
    _, momentum, _, spin = _in_the_void(trial, 0.5)
    kept = float(np.linalg.norm(momentum[-1]) / np.linalg.norm(momentum[0]))
    expected = 0.5 ** (239 / 240)
    told = f"{kept:.4f} kept of {expected:.4f}"
    expect(abs(kept / expected - 1.0) < CLOSE, told)
    return told


def check_linear_damping(trial: Trial) -> str:
    """Linear damping takes its share of speed a second."""
    share, pull = 0.6, 2.0
    ball = body("ball", SPHERE, (0.0, 0.0, 0.0), linear_damping=share)
    simulator, _ = trial.start(scene(ball, gravity=(0.0, 0.0, -pull), control_rate=240))
    # dv/dt = -g + ln(1 - d) v
    k = -np.log(1.0 - share)
    expected, found = pull / k * (1 - np.exp(-k)), -run(simulator, 1.0)[-1].link_velocity[0, 2]
    told = f"{found:.4f} m/s after a second for {expected:.4f}"
    expect(abs(found / expected - 1.0) < 0.5 * CLOSE, told)
    return told


def check_collision(trial: Trial) -> str:
    """Bodies that push and hit each other keep their common momentum."""
    bodies = [
        body("left", SPHERE, (-0.09, 0.0, 0.0), mass=1.0, restitution=1.0, **FREE),
        body("right", SPHERE, (-0.02, 0.005, 0.0), mass=3.0, restitution=1.0, **FREE),
        body("box", {"box": {"size": (0.05, 0.05, 0.05)}}, (0.07, 0.02, 0.02), mass=2.0, restitution=0.5, **FREE),
    ]
    simulator, first = trial.start(scene(*bodies, gravity=(0.0, 0.0, 0.0)))
    momenta = np.array([first.mass[:, None] * state.link_velocity[:, :3] for state in run(simulator, 3.0)])
    largest = float(np.linalg.norm(momenta, axis=2).max())
    expect(np.linalg.norm(momenta[-1, 2]) > 1e-3 * largest > 0.0, "the box was not hit by the balls, which overlap at first")
    lost = float(np.linalg.norm(momenta.sum(axis=1), axis=1).max()) / largest
    expect(lost < ROUNDING, f"{lost:.1e} of the largest momentum is lost")
    return f"{lost:.1e} of the largest momentum is lost"


def check_bounce(trial: Trial) -> str:
    """A bounce has the product of the two restitutions."""
    cases = [(restitution, height) for restitution in (0.0, 0.5, 1.0) for height in (0.5, 0.77, 1.0)]
    balls = [body(f"ball{k}", SPHERE, (0.4 * k, 0.0, 0.05 + height), restitution=e) for k, (e, height) in enumerate(cases)]
    simulator, _ = trial.start(scene(GROUND | {"restitution": 0.8}, *balls, control_rate=240))
    heights = np.array([state.link_pose[1:, 2] for state in run(simulator, 1.0)]) - 0.05
    found: dict[float, list[float]] = {}
    for k, (restitution, height) in enumerate(cases):
        bottom = int(np.argmax(np.diff(heights[:, k]) > 0))
        found.setdefault(restitution, []).append(float(np.sqrt(max(heights[bottom:, k].max(), 0.0) / height)))
    told = ", ".join(f"{min(e):.3f} to {max(e):.3f} for {0.8 * asked:.2f}" for asked, e in found.items())
    expect(all(-0.5 * EXCESS < one - 0.8 * asked < EXCESS for asked, e in found.items() for one in e), told)
    return told


def check_drawer(trial: Trial) -> str:
    """A drawer on a slope slides as its friction and damping let it, and stops at its limit."""
    damping, friction, pull, mass, limit = 20.0, 1.0, 4.0, 1.08, 0.2
    file = {"urdf": {"file": "cabinet/cabinet.urdf"}}
    cabinet = body("cabinet", file, (0.0, 0.0, 0.0), fixed=True, joint_damping=damping, joint_friction=friction)
    simulator, _ = trial.start(scene(cabinet, gravity=(-pull, 0.0, -GRAVITY)))
    way = np.array([state.articulation["cabinet/drawer_slide"] for state in run(simulator, 2.5)])
    speed, expected = (way[17] - way[7]) / 0.5, (mass * pull - friction) / damping
    told = f"{speed:.4f} m/s for {expected:.4f}, then {way[-1]:.4f} m of {limit}"
    expect(abs(speed / expected - 1.0) < 2 * CLOSE and abs(way[-1] - limit) < 1e-3 and way.max() < limit + 2e-3, told)
    return told


CHECKS = (
    check_fall, check_slide, check_hold, check_roll, check_spin, check_angular_damping, check_linear_damping, check_collision,
    check_bounce, check_drawer,
)  # fmt: skip
