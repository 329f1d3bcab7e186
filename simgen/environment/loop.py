"""The loop: decisions in, photographs and exact truth out, for any rows of an environment."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simgen import simulator as simulators
from simgen.environment.company import Company, Decision, Here
from simgen.environment.eye import Eye, Sight
from simgen.environment.play import Moment, Opening
from simgen.environment.rules import Rules
from simgen.environment.together import Together
from simgen.environment.workers import Workers, crew
from simgen.errors import InvalidValue
from simgen.scenario import Scene
from simgen.world import World

if TYPE_CHECKING:
    from simgen.environment.recorder import Recorder


@dataclass(frozen=True, eq=False)
class Turn:
    """What Gymnasium calls a step of one environment."""

    observation: dict
    reward: float
    terminated: bool
    truncated: bool
    info: dict


class Loop:
    """N environments that share one world."""

    def __init__(self, world: World, rules: Rules, rows: int, *, processes: int | None = 0, recorder: "Recorder | None" = None):
        """Start the simulators.

        Args:
            world: who draws for all rows.
            rules: what all rows play by.
            rows: how many.
            processes: that do the physics; 0 is this one, and so is None where the simulator steps many rows as one, and else one a core.
            recorder: keeps every episode that is played to its end; None keeps nothing.
        """
        self._rules, self._recorder = rules, recorder
        self._company = _company(rules, rows, processes)
        self._eye = Eye(world, rules, rows)
        self._facts: dict[int, dict] = {}
        self._steps = [0] * rows

    @property
    def restarts(self) -> int:
        """How often a worker process died and was replaced."""
        return self._company.restarts

    def reset(self, openings: Mapping[int, Opening]) -> dict[int, Turn]:
        """Begin new episodes in these rows.

        Raises:
            PlacementFailed, AssetError: if a scene cannot be set up.
            InvalidValue: if a snapshot is none, or one of another kind of environment.
            OffThePhysics: if the first frame fails the gate, where the rules say so.
        """
        kept = {row: self._opened(opening.snapshot) for row, opening in openings.items() if opening.snapshot is not None}
        asked = {row: replace(one, snapshot=kept[row]["play"].tobytes()) if row in kept else one for row, one in openings.items()}
        moments = self._company.begin(asked)
        self._eye.begin(moments)
        sights = self._eye.look(moments)
        for row, moment in moments.items():
            self._steps[row], self._facts[row] = 0, _facts(moment.cast.scene)
            if row in kept:
                sights[row] = self._recalled(row, kept[row])
            if self._recorder is not None:
                self._recorder.begin(row, moment, sights[row], whole=row not in kept)
        return {row: self._turn(row, moment, sights[row]) for row, moment in moments.items()}

    def step(self, actions: Mapping[int, np.ndarray]) -> dict[int, Turn]:
        """Carry out these rows' decisions.

        Args:
            actions: row to float32, (chunk, A), checked.

        Raises:
            OffThePhysics: if a frame fails the gate, where the rules say so; that row must begin anew.
            WorkerKeepsDying: if processes die of it, one after the other.
        """
        for row in actions:
            self._steps[row] += 1
        moments = self._company.step({row: Decision(one, self._looks(row)) for row, one in actions.items()})
        sights = self._eye.look(moments)
        if self._recorder is not None:
            for row, moment in moments.items():
                self._recorder.add(row, moment, sights[row])
        return {row: self._turn(row, moment, sights[row]) for row, moment in moments.items()}

    def _looks(self, row: int) -> bool:
        return self._steps[row] % self._rules.look_every == 0

    def snapshot(self, row: int) -> bytes:
        """All that going on with a row needs, in an environment of the same rules: physics, tasks, plans under way, what the world
        remembers, and what is shown. Only the gate begins anew: its next look knows no frame before."""
        about = {"kind": self._kind, "steps": self._steps[row]}
        content = io.BytesIO()
        kept = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
        np.savez_compressed(content, play=np.frombuffer(self._company.snapshot(row), np.uint8), **kept, **self._eye.memory(row))
        return content.getvalue()

    @property
    def _kind(self) -> list:
        rules = self._rules
        return [rules.job.world, rules.gate, rules.chunk, rules.execute, rules.look_every, sorted(rules.job.scenario.cameras)]

    def _opened(self, snapshot: bytes) -> dict[str, np.ndarray]:
        """The parts of a snapshot, if it is one of such an environment."""
        try:
            with np.load(io.BytesIO(snapshot), allow_pickle=False) as stored:
                kept = {name: stored[name] for name in stored.files}
            kind = json.loads(kept["about"].tobytes())["kind"]
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise InvalidValue("a snapshot", f"{len(snapshot)} bytes", "what snapshot() gave, unchanged") from error
        if kind != self._kind:
            raise InvalidValue("a snapshot", f"of an environment with {kind}", f"of one with {self._kind}")
        return kept

    def _recalled(self, row: int, kept: Mapping[str, np.ndarray]) -> Sight:
        self._steps[row] = json.loads(kept["about"].tobytes())["steps"]
        return self._eye.recall(row, {name: value for name, value in kept.items() if name not in ("about", "play")})

    def close(self) -> None:
        """Free everything; closing twice is harmless."""
        self._company.close()
        if self._recorder is not None:
            self._recorder.close()

    def _turn(self, row: int, moment: Moment, sight: Sight) -> Turn:
        state = moment.state
        observation = {
            "pixels": {camera: photograph.pixels for camera, photograph in sight.items()},
            "agent_pos": np.array([*state.joint_position, state.gripper], np.float32),
            "task": self._facts[row]["task"],
        }
        info = self._facts[row] | {
            "is_success": state.success,
            "success_once": moment.succeeded,
            "progress": float(state.progress),
            "control_steps": moment.steps,
            "time_s": state.time_ns * 1e-9,
            "latency_steps": moment.latency,
            "contacts": moment.safety.contacts,
            "contact_force_n": moment.safety.force_n,
            "cost": moment.safety.cost,
            "disturbance_m": moment.safety.disturbance_m,
            "privileged": moment.privileged,
            **_seen(sight, state.time_ns),
        }
        return Turn(observation, moment.reward, moment.terminated, moment.truncated, info)


def _company(rules: Rules, rows: int, processes: int | None) -> Company:
    kind = simulators.REGISTRY.load(rules.job.simulator) if processes is None else None
    if hasattr(kind, "fleet"):
        return Together(rules, kind.fleet(rows, draws=rules.rgb))
    count = crew(rows) if processes is None else processes
    return Workers(rules, rows, count) if count else Here(rules, rows)


def _facts(scene: Scene) -> dict:
    """What stays the same for an episode."""
    looks = [part.model_dump_json() for part in (scene.weather, scene.light, scene.sensor, *scene.changes)]
    return {
        "task": scene.instruction,
        "physics_seed": scene.seed,
        "physics_episode": scene.episode,
        "scene_sha256": scene.sha256,
        "appearance_id": hashlib.sha256("".join(looks).encode()).hexdigest()[:16],
    }


def _seen(sight: Sight, time_ns: int) -> dict:
    """What is known of the photographs, by camera."""
    told = {
        "source": {camera: one.source for camera, one in sight.items()},
        "age_s": {camera: (time_ns - one.time_ns) * 1e-9 for camera, one in sight.items()},
        "refused": {camera: one.refused is not None for camera, one in sight.items()},
    }
    judged = {camera: one.adherence for camera, one in sight.items() if one.adherence is not None}
    if judged:
        told["adherence"] = {camera: one.score for camera, one in judged.items()}
        told["adherent"] = {camera: one.passed for camera, one in judged.items()}
    return told
