"""SimGen's environments as LeRobot knows them.

    lerobot-eval --env.discover_packages_path=simgen.environment.lerobot --env.type=simgen --env.task=pick_place \\
        --env.suites='["nominal", "weather=rain:4", "light=night"]' --policy.path=OUT/checkpoints/last/pretrained_model

Every suite is reported by its name. Episode i of a suite has the same physics in every other: what differs is what the policy sees.
"""

from dataclasses import dataclass, field
from functools import cached_property

import gymnasium
from lerobot.configs import FeatureType, PolicyFeature
from lerobot.envs.configs import EnvConfig

from simgen import shelves
from simgen.environment.lerobot.suite import Stage, Suite, options_of
from simgen.errors import InvalidValue
from simgen.scenario import Scenario, load
from simgen.scenario.robot import robot_model
from simgen.world import DEFAULT


@EnvConfig.register_subclass("simgen")
@dataclass
class SimGenConfig(EnvConfig):
    """What `--env.type=simgen` takes. Its features follow from the scene, and are those of SimGen's datasets."""

    task: str | None = "pick_place"
    """A scene of the scenes shelf, or a YAML file."""
    suites: list[str] = field(default_factory=lambda: ["nominal"])
    """`nominal`, or what differs from it: `weather=rain:4`, `light=night`, `sensor=...`, several joined by commas."""
    world: str = DEFAULT
    simulator: str = "pybullet"
    width: int | None = None
    """Of every camera in pixels, instead of the scene's own; with `height`."""
    height: int | None = None
    control: str | None = None
    """Control mode, instead of the scene's."""
    look_every: int = 1
    """Steps from one photograph to the next: give it the policy's n_action_steps, for it looks no oftener."""
    latency: int = 0
    """Control steps from a look to the moment its action is carried out."""
    gate: str | None = None
    """What becomes of frames that do not show what the physics says."""
    episode_length: int | None = None
    """Control steps; None is the scene's duration."""
    processes: int | None = None
    """That do the physics; None is one a core."""
    record: str | None = None
    """Where a dataset of all episodes shall stand; None keeps nothing."""

    def __post_init__(self):
        scenario, shapes = self._scenario, {name: (one.height, one.width, 3) for name, one in self._scenario.cameras.items()}
        if (self.width is None) != (self.height is None):
            raise InvalidValue("--env.width, --env.height", (self.width, self.height), "given together")
        if self.width is not None:
            shapes = dict.fromkeys(shapes, (self.height, self.width, 3))
        for suite in self.suites:
            options_of(suite)
        joints, hand = len(robot_model(scenario.robot.name).arm), 6
        actions = 1 + (hand if (self.control or scenario.control) == "ee_delta" else joints)
        pictures = {f"observation.images.{name}": PolicyFeature(FeatureType.VISUAL, shape) for name, shape in shapes.items()}
        self.fps = scenario.control_rate
        self.features = {
            "action": PolicyFeature(FeatureType.ACTION, (actions,)),
            "agent_pos": PolicyFeature(FeatureType.STATE, (joints + 1,)),
            **pictures,
        }
        self.features_map = {"action": "action", "agent_pos": "observation.state"} | {name: name for name in pictures}

    @cached_property
    def _scenario(self) -> Scenario:
        return load(shelves.scene(self.task))

    @property
    def gym_kwargs(self) -> dict:
        """What the environment is made with."""
        size = None if self.width is None else (self.width, self.height)
        named = ("world", "simulator", "control", "look_every", "latency", "gate", "processes", "record")
        return {"scene": self.task, "size": size, "max_steps": self.episode_length} | {name: getattr(self, name) for name in named}

    def create_envs(self, n_envs: int, use_async_envs: bool = False) -> dict[str, dict[int, gymnasium.vector.VectorEnv]]:
        """Suite to its vector of environments. All suites take turns on one stage: they share its simulators and its world.

        Args:
            n_envs: episodes side by side.
            use_async_envs: makes no difference; `processes` says where the physics runs.

        Raises:
            InvalidValue: if suites are to be played at once.
        """
        if self.max_parallel_tasks > 1:
            raise InvalidValue("--env.max_parallel_tasks", self.max_parallel_tasks, "1; more episodes at once come by --eval.batch_size")
        stage = Stage(n_envs, len(self.suites), self.gym_kwargs)
        return {suite: {0: Suite(stage, options_of(suite))} for suite in self.suites}
