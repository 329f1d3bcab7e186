"""The recorder: what policies did and saw becomes a dataset, a row for every control step.

Photographs are those that the policy was shown, and none other: a row at which nobody looked holds the last one, its source says
`held` and the gate's column says that it is not valid. The dense truth of every row is cast anew from its exact state.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from simgen.dataset import Episode, Subtask
from simgen.dataset.store import Store
from simgen.environment.eye import Photograph, Sight
from simgen.environment.play import Cast, Instant, Moment
from simgen.environment.rules import Rules
from simgen.observation import Observation, State, Trajectory
from simgen.photography import world_seed
from simgen.rollout import versions
from simgen.scenario.robot import robot_model
from simgen.simulator.control import action_names
from simgen.simulator.raycast import RayCaster
from simgen.verify import METRICS, Adherence
from simgen.world import Clip

HELD = "held"
"""Source of a frame that was shown again."""
SHORTEST = 2
"""Frames that a video must have."""


@dataclass
class _Tape:
    """One row's episode so far."""

    cast: Cast
    instants: list[Instant] = field(default_factory=list)
    shown: list[Sight] = field(default_factory=list)
    """One an instant."""
    now: Sight = field(default_factory=dict)


class Recorder:
    """Keeps every episode that is played to its end; those that are broken off are left out.

    Until it is closed they wait in `<out>.partial`, and the same environment made again goes on from there.
    """

    def __init__(self, out: str | Path, rules: Rules, *, overwrite: bool = False):
        """Find the place.

        Raises:
            OutputExists: if something stands at `out`.
            UnfinishedJob: if another environment's episodes wait beside it.
            CannotWrite: if the folder cannot be made.
        """
        job = {"scenario": rules.job.scenario.model_dump(mode="json"), "override": asdict(rules.job.override)}
        job |= {"versions": versions(rules.job.simulator)}
        told = {name: value for name, value in vars(rules).items() if name != "job"} | {"simulator": rules.job.simulator}
        self._store = Store(out, {"environment": job | told, "world": rules.job.world}, overwrite=overwrite)
        self._rules = rules
        self._tapes: dict[int, _Tape] = {}
        self._next = max(self._store.done(), default=-1) + 1

    def begin(self, row: int, moment: Moment, sight: Sight, *, whole: bool) -> None:
        """A row's new episode; one that goes on from a snapshot is not `whole`, and is not kept."""
        self._tapes.pop(row, None)
        if whole:
            self._tapes[row] = _Tape(moment.cast, now=sight)

    def add(self, row: int, moment: Moment, sight: Sight) -> None:
        """What came of a row's decision."""
        tape = self._tapes.get(row)
        if tape is None:
            return
        tape.instants += moment.track
        tape.shown += [tape.now] * len(moment.track)
        tape.now = sight
        if moment.terminated or moment.truncated:
            del self._tapes[row]
            if len(tape.instants) >= SHORTEST:
                self._store.write(self._episode(tape, moment.state), number=self._next)
                self._next += 1

    def close(self) -> None:
        """Put the dataset together, if there is anything to put."""
        done = sorted(self._store.done())
        if done and self._store.partial.exists():
            self._store.finish(done)
        self._store.close()

    def _episode(self, tape: _Tape, final: State) -> Episode:
        scene, states = tape.cast.scene, [instant.state for instant in tape.instants]
        caster, observations, visibility = RayCaster.shared(tape.cast.arranged), {}, {}
        for camera in scene.cameras:
            seen = _cast(caster, camera, tape.instants)
            shares = [caster.visible_fraction(one, state.link_pose) for one, state in zip(seen, states, strict=True)]
            visibility[camera] = np.array([[share[body.id] for body in scene.bodies] for share in shares], np.float32)
            observations[camera] = seen
        told = list(zip(tape.shown, states, strict=True))
        frames = {camera: [_shown(sight[camera], state) for sight, state in told] for camera in scene.cameras}
        judged = {} if self._rules.gate == "off" else frames
        return Episode(
            scene=scene,
            links=tape.cast.links,
            trajectory=Trajectory(tuple(states), np.stack([instant.action for instant in tape.instants]).astype(np.float32), observations),
            final=final,
            action_names=action_names(scene),
            joint_names=tuple(robot_model(scene.robot.name).arm),
            clips={camera: self._clip(shown) for camera, shown in frames.items()},
            subtasks=(Subtask(0, len(states), scene.instruction),),
            simulator=self._rules.job.simulator,
            visibility=visibility,
            adherence={camera: tuple(one.adherence for one in shown) for camera, shown in judged.items()},
            world_seed=world_seed(scene),
            versions=versions(self._rules.job.simulator),
        )

    def _clip(self, shown: list[Photograph]) -> Clip:
        return Clip(np.stack([one.pixels for one in shown]), self._rules.job.world, tuple(one.source for one in shown))


def _cast(caster: RayCaster, camera: str, instants: list[Instant]) -> tuple[Observation, ...]:
    """The exact truth of every instant, flow from each to the next."""
    found, before = [], (None, None)
    for instant in instants:
        pose = instant.state.link_pose
        found.append(caster.observe(instant.views[camera], pose, instant.state.time_ns, *before))
        before = found[-1], pose
    return tuple(found)


def _shown(photograph: Photograph, state: State) -> Photograph:
    """As it is recorded: one that was taken earlier is held, and shows what was."""
    if photograph.time_ns == state.time_ns:
        return photograph
    nothing = Adherence(False, 0.0, dict.fromkeys(METRICS, float("nan")), (HELD,))
    return Photograph(photograph.pixels, photograph.time_ns, HELD, nothing if photograph.adherence is not None else None)
