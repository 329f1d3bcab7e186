"""A play: one simulator on its way through one episode after another, and what cameras see of it; no photographs are taken here."""

import io
import json
import zipfile
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from simgen import simulator as simulators
from simgen import task as tasks
from simgen.environment.pilot import Pilot
from simgen.environment.privileged import privileged
from simgen.environment.rules import Rules
from simgen.environment.safety import Guard, Safety
from simgen.errors import InvalidValue
from simgen.generate import Job, arrange
from simgen.geometry import CameraView, Pose
from simgen.observation import Link, Observation, State
from simgen.randomness import stream
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.scenario.schedule import conditions_at
from simgen.simulator import Simulator
from simgen.simulator.appearance import Appearances
from simgen.simulator.control import hold
from simgen.simulator.raycast import RayCaster


@dataclass(frozen=True)
class Opening:
    """What an episode begins with."""

    seed: int
    """Root seed of the draw."""
    episode: int
    """Episode i of a seed is the same alone and in a batch."""
    job: Job
    """The scenario, and what takes the place of its weather, light and sensor."""
    scene: Scene | None = None
    """A draw that is played as it is; None draws one."""
    snapshot: bytes | None = None
    """Where to go on from; None is the beginning."""


@dataclass(frozen=True, eq=False)
class Instant:
    """One control step as it is kept for a dataset."""

    state: State
    """Before the action."""
    action: np.ndarray
    """What was carried out, float32, (A,)."""
    views: dict[str, CameraView]
    """Where the cameras were."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What came of a decision, or of the beginning."""

    state: State
    """The physics truth now, judged by the task."""
    seen: dict[str, Observation]
    """Camera to exact buffers, with light and weather where the rules ask for them; empty where nobody looks."""
    conditions: Conditions
    """Weather, light and sensor now."""
    steps: int
    """Control steps since the episode began."""
    reward: float
    terminated: bool
    """The task is done."""
    truncated: bool
    """The time is up."""
    succeeded: bool
    """It was done at some instant of this episode."""
    latency: int
    """Control steps that the last decision's actions were under way."""
    safety: Safety
    privileged: np.ndarray
    """float32, (P,)."""
    track: tuple[Instant, ...] = ()
    """The control steps since the last moment, where they are recorded."""
    cast: "Cast | None" = None
    """At the beginning of an episode."""


@dataclass(frozen=True, eq=False)
class Cast:
    """What stays the same for an episode."""

    scene: Scene
    """As it is photographed, with its instruction."""
    arranged: Scene
    """As the simulator plays it."""
    links: tuple[Link, ...]
    views: dict[str, CameraView]
    """Where the cameras are at the beginning."""
    first_pose: np.ndarray
    """world_T_link at the first instant, float64, (L, 7)."""


class Play:
    """One row of an environment."""

    def __init__(self, rules: Rules, simulator: Simulator | None = None):
        """Take a simulator, or make one; nothing is built yet."""
        self._rules = rules
        self._simulator = simulators.make(rules.job.simulator, draws=rules.rgb) if simulator is None else simulator

    def begin(self, opening: Opening) -> Moment:
        """The first moment of an episode.

        Raises:
            PlacementFailed: if no arrangement of the scenario fits or comes to rest.
            InvalidValue: if a snapshot is none.
        """
        if opening.snapshot is not None:
            return self.restore(opening.snapshot)
        scene = opening.scene or arrange(replace(opening.job, seed=opening.seed), opening.episode, self._simulator)
        self._enter(scene)
        self._instruction = tasks.instruct(scene, self._task, stream(scene.seed, scene.episode, "language"))
        return self._moment(reward=0.0, safety=Safety(), latency=0, track=(), look=True, begins=True)

    def step(self, actions: np.ndarray, look: bool) -> Moment:
        """Carry out a decision, or as much of it as the episode has room for.

        Args:
            actions: float32, (chunk, A), checked.
            look: whether the policy will see photographs; at an episode's end it always does.
        """
        course = self.course(actions, look)
        try:
            action = next(course)
            while True:
                action = course.send(self._simulator.step(action))
        except StopIteration as end:
            return end.value

    def course(self, actions: np.ndarray, look: bool) -> Generator[np.ndarray, State, Moment]:
        """The same for whoever steps the simulator: every action to carry out, answered by the state that came of it."""
        rules, before = self._rules, self._state
        latency = self._drawn_latency()
        self._pilot.hand(actions, now=self._steps, latency=latency)
        self._decisions += 1
        states, track = [], []
        for _ in range(min(rules.execute, rules.max_steps - self._steps)):
            action = self._pilot.action(self._steps)
            action = hold(self._scene, self._state) if action is None else action
            if rules.recording:
                track.append(Instant(self._state, action, self._views()))
            self._state = self._judged((yield action))
            self._steps += 1
            self._succeeded |= self._state.success
            states.append(self._state)
            if self._state.success:
                break
        reward = float(self._state.success) if rules.reward == "sparse" else self._state.progress - before.progress
        return self._moment(reward=reward, safety=self._guard.judge(states), latency=latency, track=tuple(track), look=look)

    def close(self) -> None:
        """Free the simulator."""
        self._simulator.close()

    def _enter(self, scene: Scene) -> None:
        """Put everything where the Scene says."""
        self._simulator.build(scene)
        self._scene, self._links = scene, self._simulator.links
        self._task = tasks.make(scene, self._links)
        self._state = self._judged(self._simulator.reset(scene.seed))
        self._first_pose = self._state.link_pose
        self._guard = Guard(scene, self._links, self._first_pose)
        self._pilot, self._instruction = Pilot(self._rules.overdue), ""
        self._steps = self._decisions = 0
        self._succeeded = self._state.success
        self._looked: dict[str, tuple[Observation, np.ndarray]] = {}
        self._caster = RayCaster.shared(scene) if self._rules.buffers else None
        self._appearances = Appearances(scene, self._first_pose) if self._rules.light else None

    def _judged(self, state: State) -> State:
        return replace(state, progress=self._task.progress(state), success=self._task.success(state))

    def _drawn_latency(self) -> int:
        least, most = self._rules.latency
        if least == most:
            return least
        return int(stream(self._scene.seed, self._scene.episode, f"latency {self._decisions}").integers(least, most + 1))

    def _views(self) -> dict[str, CameraView]:
        return {camera: self._simulator.view(camera) for camera in self._scene.cameras}

    def _moment(
        self, *, reward: float, safety: Safety, latency: int, track: tuple[Instant, ...], look: bool, begins: bool = False
    ) -> Moment:
        terminated, truncated = self._state.success, self._steps >= self._rules.max_steps
        conditions = conditions_at(self._scene, self._state.time_ns)
        cast = None
        if begins:
            scene = self._scene.model_copy(update={"instruction": self._instruction})
            cast = Cast(scene, self._scene, self._links, self._views(), self._first_pose)
        return Moment(
            state=self._state,
            seen=self._look(conditions) if look or terminated or truncated else {},
            conditions=conditions,
            steps=self._steps,
            reward=reward,
            terminated=terminated and not begins,
            truncated=truncated and not terminated and not begins,
            succeeded=self._succeeded,
            latency=latency,
            safety=safety,
            privileged=privileged(self._state, self._scene, self._links),
            track=track,
            cast=cast,
        )

    def _look(self, conditions: Conditions) -> dict[str, Observation]:
        """What every camera sees; flow tells of the time since it last looked."""
        found = {}
        for camera, view in self._views().items():
            seen = self._cast_rays(view) if self._rules.buffers else Observation.blank(view, self._state.time_ns)
            if self._rules.rgb:
                seen = replace(seen, rgb=self._simulator.picture(camera))
            found[camera] = self._appearances.of(seen, self._state.link_pose, conditions) if self._rules.light else seen
        return found

    def _cast_rays(self, view: CameraView) -> Observation:
        pose = self._state.link_pose
        seen = self._caster.observe(view, pose, self._state.time_ns, *self._looked.get(view.name, (None, None)))
        self._looked[view.name] = seen, pose
        return seen

    def snapshot(self) -> bytes:
        """Everything that going on needs; going on from it, in this process or another, is bit for bit going on as if it had never been
        taken."""
        about = {
            "scene": self._scene.json,
            "folder": self._scene.folder,
            "instruction": self._instruction,
            "steps": self._steps,
            "decisions": self._decisions,
            "succeeded": self._succeeded,
        }
        looked = {f"looked_{name}": np.vstack([seen.view.world_T_camera.row, pose]) for name, (seen, pose) in self._looked.items()}
        times = {f"looked_ns_{name}": np.int64(seen.time_ns) for name, (seen, _) in self._looked.items()}
        kept = {"about": _bytes(json.dumps(about).encode()), "engine": _bytes(self._simulator.snapshot())}
        content = io.BytesIO()
        np.savez_compressed(content, **kept, **looked, **times, **self._pilot.memory)
        return content.getvalue()

    def restore(self, snapshot: bytes) -> Moment:
        """Go on from a snapshot.

        Raises:
            InvalidValue: if it is none.
        """
        try:
            with np.load(io.BytesIO(snapshot), allow_pickle=False) as stored:
                kept = {name: stored[name] for name in stored.files}
            about = json.loads(kept["about"].tobytes())
            scene = Scene.model_validate_json(about["scene"]).model_copy(update={"folder": about["folder"]})
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise InvalidValue("a snapshot", f"{len(snapshot)} bytes", "what snapshot() gave, unchanged") from error
        self._enter(scene)
        self._state = self._judged(self._simulator.restore(kept["engine"].tobytes()))
        self._steps, self._decisions, self._succeeded = about["steps"], about["decisions"], about["succeeded"]
        self._instruction, self._pilot.memory = about["instruction"], kept
        for camera, now in self._views().items():
            if f"looked_{camera}" in kept:
                place, *pose = kept[f"looked_{camera}"]
                view = replace(now, world_T_camera=Pose.from_row(place))
                self._looked[camera] = self._caster.observe(view, np.array(pose), int(kept[f"looked_ns_{camera}"])), np.array(pose)
        return self._moment(reward=0.0, safety=Safety(), latency=0, track=(), look=False, begins=True)


def _bytes(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)
