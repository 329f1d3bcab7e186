"""SimGen's environments as LeRobot knows them.

    lerobot-eval --env.discover_packages_path=simgen.environment.lerobot --env.type=simgen --env.task=pick_place \\
        --env.suites='["nominal", "weather=rain:4", "light=night,sensor=cheap:3"]' \\
        --policy.path=OUT/checkpoints/last/pretrained_model --eval.batch_size=4 --eval.n_episodes=20

`eval_info.json` reports every suite by its name, under `per_group`. Episode i of a suite has the same physics in every other: what
differs is what the policy sees. `--env.suites` is a list in YAML, in brackets even if there is one; a suite with a comma needs quotes
of its own, as above. `lerobot-train` takes the same words, and evaluates every `--env_eval_freq` steps.
"""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gymnasium.vector import AutoresetMode, VectorEnv
from lerobot.configs import FeatureType, PolicyFeature
from lerobot.envs.configs import EnvConfig

from simgen import world as worlds
from simgen.environment.lerobot.suite import Stage, Suite, named
from simgen.environment.rules import Rules, rules_of
from simgen.environment.spaces import action_space, observation_space
from simgen.environment.vector import VectorEnvironment
from simgen.errors import InvalidValue
from simgen.scenario import draw

IMAGES = "observation.images."


@EnvConfig.register_subclass("simgen")
@dataclass
class SimGenConfig(EnvConfig):
    """What `--env.type=simgen` takes; all of it is checked before anything is started.

    The features follow from the scene, and are those of SimGen's datasets.
    """

    task: str | None = "pick_place"
    """A scene of the scenes shelf, or a YAML file."""
    fps: int | None = None
    """Follows from the scene: its control rate."""
    suites: list[str] = field(default_factory=lambda: ["nominal"])
    """`nominal`, or what differs from it: `weather=rain:4`, `light=night`, `sensor=cheap`, several joined by commas."""
    world: str = worlds.DEFAULT
    simulator: str = "pybullet"
    width: int | None = None
    """Of every camera in pixels, instead of the scene's own; with `height`. As the policy was trained: LeRobot does not compare."""
    height: int | None = None
    control: str | None = None
    """Control mode, instead of the scene's."""
    look_every: int = 1
    """Steps from one photograph to the next, and one at the end. A policy that looks only when its queue of actions is empty, as ACT
    does, misses nothing with its n_action_steps here: in the world `raw` it plays the same to the bit; in the others its
    pictures, and so its actions, differ slightly from those of looking always. One with n_obs_steps above 1, or a temporal
    ensemble, looks at every step and needs 1."""
    latency: int = 0
    """Control steps from a look to the moment its action is carried out."""
    gate: str | None = None
    """What becomes of frames that do not show what the physics says; None marks them, but for the world `raw`."""
    episode_length: int | None = None
    """Control steps; None is the scene's duration."""
    processes: int | None = None
    """That do the physics; None is one a core, at most one an episode of the batch."""
    record: str | None = None
    """Where a dataset of all episodes of all suites shall stand, with those that fill up the last batch; None keeps nothing. Of the
    evaluations that `lerobot-train` makes, the second's is called `<record>-2`, and so on."""

    _evaluations = 0

    def __post_init__(self):
        if (self.width is None) != (self.height is None):
            raise InvalidValue("--env.width, --env.height", (self.width, self.height), "given together")
        if self.max_parallel_tasks > 1:
            raise InvalidValue("--env.max_parallel_tasks", self.max_parallel_tasks, "1; more episodes at once come by --eval.batch_size")
        if self.record is not None and Path(self.record).exists():
            raise InvalidValue("--env.record", self.record, "a folder that is not there yet")
        self._suites = named(self.suites)
        rules = self._rules()
        rate = rules.job.scenario.control_rate
        if self.fps not in (None, rate):
            raise InvalidValue("--env.fps", self.fps, f"left out, or {rate}, the control rate of scene {rules.job.scenario.name}")
        self.fps = rate
        self._take_features(rules)

    def _rules(self) -> Rules:
        """What is played; no world is made for it, for what a world needs changes none of the spaces."""
        worlds.REGISTRY.check(self.world)
        also = ("world", "processes", "record")
        return rules_of(world=worlds.make("raw"), **{name: value for name, value in self.gym_kwargs.items() if name not in also})

    def _take_features(self, rules: Rules) -> None:
        scene = draw(rules.job.scenario, 0, 0)
        seen, done = observation_space(rules, scene), action_space(rules, scene)
        pictures = {IMAGES + name: PolicyFeature(FeatureType.VISUAL, one.shape) for name, one in seen["pixels"].items()}
        state = PolicyFeature(FeatureType.STATE, seen["agent_pos"].shape)
        self.features = {"action": PolicyFeature(FeatureType.ACTION, done.shape), "agent_pos": state, **pictures}
        self.features_map = {"action": "action", "agent_pos": "observation.state"} | {name: name for name in pictures}

    @property
    def gym_kwargs(self) -> dict:
        """What the environment is made with."""
        size = None if self.width is None else (self.width, self.height)
        same = ("world", "simulator", "control", "look_every", "latency", "gate", "processes", "record")
        return {"scene": self.task, "size": size, "max_steps": self.episode_length} | {name: getattr(self, name) for name in same}

    def create_envs(self, n_envs: int, use_async_envs: bool = False) -> dict[str, dict[int, VectorEnv]]:
        """Suite to its vector of environments. All suites take turns on one stage: they share its simulators and its world, which are
        made when the first is reset.

        Args:
            n_envs: episodes side by side.
            use_async_envs: makes no difference; `processes` says where the physics runs.
        """
        self._evaluations += 1
        asked = self.gym_kwargs
        if self.record is not None and self._evaluations > 1:
            asked["record"] = f"{self.record}-{self._evaluations}"
        asked |= {"num_envs": n_envs, "autoreset_mode": AutoresetMode.DISABLED, "render_mode": "rgb_array"}
        stage = Stage(partial(VectorEnvironment, **asked), count=n_envs, suites=len(self._suites))
        return {name: {0: Suite(stage, options)} for name, options in self._suites.items()}
