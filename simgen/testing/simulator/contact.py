"""Contacts are true: who touches, where, which way and how hard."""

import numpy as np

from simgen.observation import Contacts, State
from simgen.report import expect
from simgen.scenario.surface import surfaces
from simgen.simulator import Simulator
from simgen.testing.simulator.dynamics import CLOSE, slope
from simgen.testing.simulator.stage import BOX, CUBE, FLAT, GRAVITY, GROUND, body, household, row_of, run, scene, trial_scene
from simgen.testing.simulator.trial import Trial

EXACT = 0.01
"""Share of a weight by which forces at rest may be off."""
SEEN = 5e-4
"""Metres that a camera would see: the bound of two pictures' depths."""
NEAR = 1e-3
"""Metres by which a contact may be off the surfaces that touch, and by which what touches may be apart."""


def force_on(row: int, contacts: Contacts) -> np.ndarray:
    """Everything that contacts do to a row of the link table, newtons, (3,): on a as they are told, on b the reverse."""
    side = np.where(contacts.link_a == row, 1.0, np.where(contacts.link_b == row, -1.0, 0.0))
    return (side[:, None] * (contacts.normal * contacts.force[:, None] + contacts.friction)).sum(axis=0)


def between(simulator: Simulator, contacts: Contacts, one: str, other: str) -> np.ndarray:
    """Which contacts are of these two links, bool, (C,)."""
    a, b = sorted((row_of(simulator, one), row_of(simulator, other)))
    return (contacts.link_a == a) & (contacts.link_b == b)


def check_weight(trial: Trial) -> str:
    """Contact forces on a body at rest add up to its weight."""
    stage = trial_scene().model_copy(update={"robot": None, "cameras": {}})
    simulator, _ = trial.start(stage)
    state = run(simulator, 0.4)[-1]  # the ball is still in the air
    row = next(row for row, link in enumerate(simulator.links) if link.body == CUBE)
    force, weight = force_on(row, state.contacts), 0.2 * GRAVITY
    expect(np.abs(force - [0.0, 0.0, weight]).max() < EXACT * weight, f"{force} N on a body of {weight:.3f} N")
    return f"{force[2]:.4f} N for {weight:.4f} N"


def check_shelf_weight(trial: Trial) -> str:
    """Meshes of the shelf weigh what State.mass says."""
    simulator, _ = trial.start(household().model_copy(update={"robot": None, "cameras": {}}))
    states = run(simulator, 1.5)
    told = []
    for name in ("mug", "cube"):
        mass = states[-1].mass[[placed.name for placed in simulator.scene.bodies].index(name)]
        force = np.mean([force_on(row_of(simulator, name), state.contacts) for state in states[-10:]], axis=0)
        told.append(f"{name} {np.linalg.norm(force):.4f} N for {mass * GRAVITY:.4f} N")
        expect(
            np.abs(force - [0.0, 0.0, mass * GRAVITY]).max() < 2 * EXACT * mass * GRAVITY, f"{name}: {force} N for {mass * GRAVITY:.4f} N"
        )
    return ", ".join(told)


def check_resting(trial: Trial) -> str:
    """Meshes of the shelf rest on what carries them, neither above it nor in it."""
    names = ("mug", "can", "carton")
    things = [body(name, {"mesh": {"file": f"household/{name}.obj"}}, (0.3 * k, 0.0, 0.002), mass=0.3) for k, name in enumerate(names)]
    simulator, _ = trial.start(scene(GROUND, *things))
    state, worst, told = run(simulator, 1.5)[-1], 0.0, []
    for name in names:
        pose, number = state.pose(row_of(simulator, name)), simulator.scene.body(name).id
        parts = [surface.vertices for surface in surfaces(simulator.scene) if surface.body == number]
        lowest = float(min(pose.apply(vertices)[:, 2].min() for vertices in parts))
        worst = max(worst, abs(lowest))
        told.append(f"{name} {1000 * lowest:+.3f} mm")
    expect(worst < SEEN, ", ".join(told))
    return ", ".join(told)


def check_stack(trial: Trial) -> str:
    """In a stack each contact carries what stands above it, its normal points from b to a, and it lies where they meet."""
    boxes = [body(f"box{k}", BOX, (0.0, 0.0, 0.025 + 0.05 * k), mass=0.1 * (k + 1)) for k in range(3)]
    simulator, _ = trial.start(scene(GROUND, *boxes))
    contacts, worst = run(simulator, 1.0)[-1].contacts, 0.0
    for lower in range(3):
        pair = (contacts.link_a == lower) & (contacts.link_b == lower + 1)
        above, carried = GRAVITY * sum(0.1 * (k + 1) for k in range(lower, 3)), float(contacts.force[pair].sum())
        worst = max(worst, abs(carried / above - 1.0))
        expect(abs(carried / above - 1.0) < EXACT, f"{carried:.4f} N between {lower} and {lower + 1}, which carries {above:.4f} N")
        off = float(np.abs(contacts.normal[pair] - [0.0, 0.0, -1.0]).max())
        expect(off < 1e-2, f"normals between {lower} and {lower + 1} are {contacts.normal[pair][0].round(3)}, not down, from b to a")
        height = contacts.position[pair, 2]
        expect(np.abs(height - 0.05 * lower).max() < NEAR, f"contacts at {height} m, surfaces meet at {0.05 * lower} m")
    return f"forces within {worst:.2%}"


def check_order(trial: Trial) -> str:
    """A contact is told once, with a before b, whichever of the two was named first."""
    wall = {"box": {"size": (0.1, 1.0, 0.4)}}
    bodies = [
        body("early", wall, (1.0, 0.0, 0.2), fixed=True),
        body("cube", BOX, (1.0 - 0.075, 0.0, 0.025), friction=0.1),
        body("other", BOX, (2.0 - 0.075, 0.0, 0.025), friction=0.1),
        body("late", wall, (2.0, 0.0, 0.2), fixed=True),
    ]
    simulator, _ = trial.start(scene(GROUND, *bodies, gravity=slope(0.5)))
    contacts = run(simulator, 1.0)[-1].contacts
    expect((contacts.link_a < contacts.link_b).all(), "link_a comes after link_b")
    for pair, along in ((("early", "cube"), 1.0), (("other", "late"), -1.0)):
        found = between(simulator, contacts, *pair)
        expect(found.any(), f"no contact between {pair[0]} and {pair[1]}")
        normal = contacts.normal[found].mean(axis=0)
        expect(np.abs(normal - [along, 0.0, 0.0]).max() < 0.02, f"between {pair[0]} and {pair[1]} the normal is {normal.round(3)}")
        expect((contacts.force[found] >= 0.0).all(), "a normal force pulls")
    return "normals from b to a both ways"


def check_balance(trial: Trial) -> str:
    """What contacts do to a body, with its weight, is its mass times its acceleration."""
    bodies = [body("lower", FLAT, (0.0, 0.0, 0.02), mass=1.0, friction=0.8), body("upper", BOX, (0.0, 0.0, 0.065), mass=0.5, friction=0.8)]
    simulator, _ = trial.start(scene(GROUND | {"friction": 0.5}, *bodies, gravity=slope(0.5), control_rate=240))
    states = run(simulator, 0.6)
    worst = 0.0
    for name, mass in (("lower", 1.0), ("upper", 0.5)):
        row = row_of(simulator, name)
        velocity = np.array([state.link_velocity[row, :3] for state in states[71:]])
        force = np.mean([force_on(row, state.contacts) for state in states[72:]], axis=0)
        wanted = mass * ((velocity[-1] - velocity[0]) / ((len(velocity) - 1) / 240) - np.array(simulator.scene.gravity))
        off = float(np.abs(force - wanted).max() / (mass * GRAVITY))
        expect(off < CLOSE, f"{force.round(3)} N on {name}, whose motion asks for {wanted.round(3)} N")
        worst = max(worst, off)
    return f"within {worst:.2%} of their weights"


def check_cone(trial: Trial) -> str:
    """Friction stays within its cone at rest, and lies on it, against the motion, where a body slides."""
    sliding, resting = body("slides", FLAT, (0.0, -0.4, 0.02), friction=0.3), body("rests", FLAT, (0.0, 0.4, 0.02), friction=1.0)
    simulator, _ = trial.start(scene(GROUND | {"friction": 1.0}, sliding, resting, gravity=slope(0.4, 0.4)))
    state = run(simulator, 0.6)[-1]
    normal, friction = _pressed(simulator, state, "rests")
    expect(np.linalg.norm(friction) <= (1.0 + CLOSE) * normal, f"{np.linalg.norm(friction):.3f} N of friction under {normal:.3f} N at rest")
    normal, friction = _pressed(simulator, state, "slides")
    share = float(np.linalg.norm(friction) / normal)
    velocity = state.link_velocity[row_of(simulator, "slides"), :3]
    along = float(-friction @ velocity / (np.linalg.norm(friction) * np.linalg.norm(velocity)))
    told = f"{share:.4f} of the normal force for 0.3 where it slides, {np.degrees(np.arccos(min(along, 1.0))):.2f} degrees off its motion"
    expect(abs(share / 0.3 - 1.0) < CLOSE and along > np.cos(np.deg2rad(3.0)), told)
    return told


def _pressed(simulator: Simulator, state: State, name: str) -> tuple[float, np.ndarray]:
    """Normal force, and friction on the body, newtons, (3,), between it and the ground."""
    contacts = state.contacts
    pair = between(simulator, contacts, "ground", name)
    expect(pair.any(), f"no contact between the ground and {name}")
    return float(contacts.force[pair].sum()), -contacts.friction[pair].sum(axis=0)


def check_apart(trial: Trial) -> str:
    """Nothing is reported between bodies that are apart, nor between two that nothing can move."""
    bodies = [
        body("cube", BOX, (0.0, 0.0, 0.025)),
        body("over", BOX, (0.0, 0.0, 0.077), fixed=True),
        body("beside", BOX, (0.052, 0.0, 0.025), fixed=True),
        body("through", BOX, (0.06, 0.03, 0.0), fixed=True),
    ]
    simulator, _ = trial.start(scene(GROUND, *bodies))
    found = set()
    for state in run(simulator, 0.5):
        contacts = state.contacts
        found |= {(simulator.links[a].name, simulator.links[b].name) for a, b in zip(contacts.link_a, contacts.link_b, strict=True)}
        expect(np.abs(contacts.distance).max(initial=0.0) < NEAR, f"contacts {1000 * np.abs(contacts.distance).max():.2f} mm apart")
    expect(found == {("ground", "cube")}, f"touching: {sorted(found)}")
    return "2 mm apart is apart"


def check_first(trial: Trial) -> str:
    """What overlaps at reset is told with its depth, and nothing has pushed yet."""
    deep = 0.003
    _, first = trial.start(scene(GROUND, body("cube", BOX, (0.0, 0.0, 0.025 - deep)), body("apart", BOX, (0.3, 0.0, 0.03))))
    contacts = first.contacts
    expect(len(contacts) > 0, "nothing is told")
    expect(set(zip(contacts.link_a.tolist(), contacts.link_b.tolist(), strict=True)) == {(0, 1)}, "it is not of ground and cube alone")
    told = -float(contacts.distance.min())
    expect(abs(told - deep) < NEAR, f"{1000 * told:.2f} mm deep for {1000 * deep:.2f} mm")
    most = float(max(np.abs(contacts.force).max(), np.abs(contacts.friction).max()))
    expect(most == 0.0, f"{most:.3f} N before the first step")
    return f"{1000 * told:.3f} mm deep for {1000 * deep:.3f} mm"


CHECKS = (
    check_weight,
    check_shelf_weight,
    check_resting,
    check_stack,
    check_order,
    check_balance,
    check_cone,
    check_apart,
    check_first,
)
