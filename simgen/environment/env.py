"""One environment, as Gymnasium knows it."""

from importlib import import_module
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from simgen import world as worlds
from simgen.environment.loop import Loop, Turn
from simgen.environment.openings import Openings
from simgen.environment.privileged import privileged_names
from simgen.environment.rules import Rules, rules_of
from simgen.environment.spaces import Checker, action_space, check_alike, observation_space
from simgen.errors import InvalidValue
from simgen.scenario import Scenario, draw
from simgen.world import World

RENDER_MODES = ("rgb_array",)


class Environment(gymnasium.Env):
    """A policy acts upon physics and sees photographs of it.

    Observation: `pixels`, camera to uint8, (H, W, 3); `agent_pos`, the arm's joints in radians and the gripper's opening in metres,
    float32, (J + 1,); `task`, what to do, in words. Action: as the scene's control mode says, float32, (A,), or (chunk, A).

    `info` tells the exact truth: `is_success`, `success_once`, `progress`, `contacts`, `contact_force_n`, `cost`, `disturbance_m`
    (`safety`), `privileged` (named by `privileged_names`); of the photographs, by camera, `adherence`, `adherent`, `source`, `age_s` and
    `refused`; and what to replay the episode from: `physics_seed`, `physics_episode`, `scene_sha256`, `appearance_id`.

    The episode ends, `terminated`, when the task is done, and is `truncated` after `max_steps` control steps.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": 20}

    def __init__(
        self,
        scene: str | Path | Scenario = "pick_place",
        *,
        world: str | World = worlds.DEFAULT,
        record: str | Path | None = None,
        overwrite: bool = False,
        processes: int = 0,
        render_mode: str | None = None,
        **rules,
    ):
        """Make it; nothing is played before `reset`.

        Args:
            scene: a name on the scenes shelf, a YAML file, or a Scenario.
            world: who draws the photographs, by name or made already.
            record: where a dataset of every whole episode shall stand when this is closed; None keeps nothing.
            overwrite: replace what stands there.
            processes: 1 has the physics in a process of its own, which is replaced should it die; 0 has it here.
            render_mode: `rgb_array`, or None.
            rules: weather, light, sensor, simulator, control, size, chunk, execute, latency, overdue, look_every, reward, max_steps, gate:
                see `rules_of`.

        Raises:
            UnknownName, InvalidScenario, AssetError, InvalidValue, OutputExists, UnfinishedJob.
        """
        parts = Parts(scene, world, 1, record, overwrite, processes, rules)
        self._parts, self._loop, self._openings = parts, parts.loop, Openings(parts.rules)
        self.metadata = Environment.metadata | {"render_fps": parts.fps}
        self.observation_space, self.action_space = parts.observation_space, parts.action_space
        self.render_mode = render_mode
        self._turn: Turn | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        """Begin an episode: number 0 of a seed, or the next of the last one.

        Args:
            seed: root seed.
            options: `scene`, `weather`, `light`, `sensor`: for this episode, in place of the environment's own; `snapshot`: go on from it.
        """
        opening = self._parts.opening(self._openings, seed, options or {})
        super().reset(seed=seed)
        self._turn = None
        self._turn = self._loop.reset({0: opening})[0]
        return self._turn.observation, self._turn.info

    def step(self, action: np.ndarray) -> tuple[dict, float, bool, bool, dict]:
        """Carry out a decision.

        Raises:
            InvalidValue: on an action of a wrong shape, with a number that is not finite or out of bounds, and before `reset` or after an
                episode's end; nothing has happened then.
        """
        checked = self._parts.checker.checked(action)
        if self._turn is None or self._turn.terminated or self._turn.truncated:
            raise InvalidValue("the order of calls", "step", "reset first, and again after an episode's end")
        self._turn = None
        self._turn = turn = self._loop.step({0: checked})[0]
        return turn.observation, turn.reward, turn.terminated, turn.truncated, turn.info

    def render(self) -> np.ndarray | None:
        """What the cameras show, side by side, uint8, (H, W, 3); None without a render mode."""
        if self.render_mode is None or self._turn is None:
            return None
        return side_by_side(list(self._turn.observation["pixels"].values()))

    def snapshot(self) -> bytes:
        """Everything that `reset(options={"snapshot": ...})` needs to go on from here, bit for bit."""
        if self._turn is None:
            raise InvalidValue("the order of calls", "snapshot", "reset first")
        return self._loop.snapshot(0)

    def close(self) -> None:
        """Free everything, and put the recorded dataset together."""
        self._loop.close()

    @property
    def privileged_names(self) -> tuple[str, ...]:
        """What the numbers of `info["privileged"]` are, (P,)."""
        return self._parts.privileged_names

    @property
    def task(self) -> str:
        """The task's name."""
        return self._parts.rules.job.scenario.task.name

    @property
    def task_description(self) -> str:
        """The episode's instruction; before `reset`, the task's name."""
        return self.task if self._turn is None else self._turn.observation["task"]

    @property
    def _max_episode_steps(self) -> int:
        return self._parts.most_steps


class Parts:
    """What one environment and a vector of them are made of."""

    def __init__(self, scene, world: str | World, rows: int, record, overwrite: bool, processes: int | None, rules: dict):
        """Make everything.

        Raises:
            UnknownName, InvalidScenario, AssetError, InvalidValue, OutputExists, UnfinishedJob.
        """
        if processes is not None and processes < 0:
            raise InvalidValue("processes", processes, "0 or more")
        world = worlds.make(world) if isinstance(world, str) else world
        self.rules: Rules = rules_of(scene, world, recording=record is not None, **rules)
        example = draw(self.rules.job.scenario, 0, 0)
        self.observation_space, self.action_space = observation_space(self.rules, example), action_space(self.rules, example)
        self.checker, self.privileged_names = Checker(self.rules, example), privileged_names(example)
        recorder = None
        if record is not None:  # who keeps nothing need not wait for LeRobot
            recorder = import_module("simgen.environment.recorder").Recorder(record, self.rules, overwrite=overwrite)
        self.loop = Loop(world, self.rules, rows, processes=processes, recorder=recorder)

    def opening(self, openings: Openings, seed: int | None, options: dict):
        """What an episode begins with, if it fits the spaces."""
        opening = openings.next(seed, options)
        if opening.scene is not None:
            check_alike(self.rules, opening.scene, {"observation": self.observation_space, "action": self.action_space})
        return opening

    @property
    def fps(self) -> int:
        """Looks a second."""
        return max(round(self.rules.job.scenario.control_rate / self.rules.execute), 1)

    @property
    def most_steps(self) -> int:
        """Steps of the environment in an episode."""
        return -(-self.rules.max_steps // self.rules.execute)


def side_by_side(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures, uint8, (H, W, 3) each, in a row, black below the lower ones."""
    height = max(len(picture) for picture in pictures)
    return np.concatenate([np.pad(picture, ((0, height - len(picture)), (0, 0), (0, 0))) for picture in pictures], axis=1)
