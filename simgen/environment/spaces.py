"""Spaces: what a policy is shown and what it may do, in Gymnasium's terms."""

from collections.abc import Mapping
from string import printable

import numpy as np
from gymnasium import spaces

from simgen.environment.rules import Rules
from simgen.errors import InvalidValue
from simgen.scenario import Scene
from simgen.scenario.robot import robot_model
from simgen.simulator.control import action_bounds, action_names

LONGEST_TASK = 400
"""Letters of an instruction."""
SLACK = 1e-6
"""Share of an action's range by which it may lie outside, for what float32 makes of a bound."""


def observation_space(rules: Rules, scene: Scene) -> spaces.Dict:
    """`pixels/<camera>`, uint8, (H, W, 3); `agent_pos`: the arm's joints in radians and the gripper's opening in metres, float32,
    (J + 1,); `task`: what to do, in words."""
    cameras = rules.job.scenario.cameras.items()
    model = robot_model(scene.robot.name)
    letters = frozenset(printable) | frozenset("".join(rules.job.scenario.task.instructions or ()))
    return spaces.Dict(
        {
            "pixels": spaces.Dict({name: spaces.Box(0, 255, (one.height, one.width, 3), np.uint8) for name, one in cameras}),
            "agent_pos": spaces.Box(-np.inf, np.inf, (len(model.arm) + 1,), np.float32),
            "task": spaces.Text(max_length=LONGEST_TASK, min_length=0, charset=letters),
        }
    )


def action_space(rules: Rules, scene: Scene) -> spaces.Box:
    """The scene's actions, float32, (A,), or (chunk, A) of them."""
    low, high = (bound.astype(np.float32) for bound in action_bounds(scene))
    if rules.chunk > 1:
        low, high = (np.tile(bound, (rules.chunk, 1)) for bound in (low, high))
    return spaces.Box(low, high, dtype=np.float32)


class Checker:
    """Knows a good action from a bad one."""

    def __init__(self, rules: Rules, scene: Scene):
        """Learn the bounds."""
        self._space, self._names = action_space(rules, scene), action_names(scene)

    def checked(self, action: object, row: int | None = None) -> np.ndarray:
        """One row's actions, float32, (chunk, A).

        Raises:
            InvalidValue: on a wrong shape, what is no finite number, or what lies out of bounds.
        """
        whose = "an action" if row is None else f"the action of environment {row}"
        try:
            array = np.asarray(action, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InvalidValue(whose, type(action).__name__, "an array of numbers") from error
        if array.shape != self._space.shape:
            raise InvalidValue(f"the shape of {whose}", array.shape, f"{self._space.shape}: {', '.join(self._names)}")
        if not np.isfinite(array).all():
            raise InvalidValue(whose, array.tolist(), "finite numbers only")
        low, high = self._space.low, self._space.high
        slack = SLACK * (high - low)
        beyond = (array < low - slack) | (array > high + slack)
        if beyond.any():
            place = tuple(np.argwhere(beyond)[0].tolist())
            must = f"from {low[place]:g} to {high[place]:g}; gymnasium.wrappers.ClipAction clips"
            raise InvalidValue(f"{self._names[place[-1]]} of {whose}", float(array[place]), must)
        return np.clip(array, low, high).reshape(-1, len(self._names))


def check_alike(rules: Rules, scene: Scene, spaces_: Mapping[str, spaces.Space]) -> None:
    """Raise InvalidValue if a Scene cannot be played in an environment of these spaces, `observation` and `action`."""
    cameras = {name: (one.height, one.width, 3) for name, one in scene.cameras.items()}
    known = {name: box.shape for name, box in spaces_["observation"]["pixels"].items()}
    if cameras != known:
        raise InvalidValue(f"the cameras of scene {scene.name}", cameras, f"those of the environment, {known}")
    if scene.robot is None or scene.task is None or action_space(rules, scene) != spaces_["action"]:
        raise InvalidValue(f"the robot, task and control of scene {scene.name}", scene.control, "those of the environment")
