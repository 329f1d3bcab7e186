"""Adapters: how a camera of somebody else's environment is read, and where its photograph goes."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import gymnasium
import numpy as np

from simgen.arrays import Frame
from simgen.environment.wrap.isaaclab import IsaacLab
from simgen.environment.wrap.maniskill import ManiSkill
from simgen.environment.wrap.mujoco import MuJoCo
from simgen.environment.wrap.plain import Plain
from simgen.environment.wrap.robosuite import Robosuite
from simgen.errors import InvalidValue, UnknownName


class Adapter(Protocol):
    """What SimGen asks of an environment that is not its own.

    For one of your own, ten lines:

        class Mine:
            cameras = ("front",)

            def __init__(self, env):
                self.sim = env.unwrapped.sim

            def frames(self, observation, info):
                rgb, depth, ids = self.sim.render("front")                  # uint8; float32 in metres; int32, 0 is background
                view = CameraView("front", Intrinsics.from_fov_y(128, 128, 0.8), Pose.from_matrix(self.sim.world_T_camera("front")))
                return {"front": [Frame(view, round(1e9 * self.sim.time), rgb, depth, ids)]}      # one a row

            def shown(self, observation, pictures):
                return observation | {"image": pictures["front"][0]}

            def space(self, space):
                return space                                                # it had an "image" before

        env = simgen.wrap(env, adapter=Mine(env), world="neural", weather="rain:3")
    """

    cameras: tuple[str, ...]
    """Whose pictures are replaced."""

    def frames(self, observation: Any, info: Mapping) -> Mapping[str, Sequence[Frame]]:
        """What every camera gave with an observation: one Frame a row of a batched environment, else one.

        A Frame's time counts from the beginning of its row's episode: where it does not go on, the row has begun anew. Over a VectorEnv
        all must come from `observation` and `info`, for it is asked for the last of an episode after the next has begun.
        """

    def shown(self, observation: Any, pictures: Mapping[str, Sequence[np.ndarray]]) -> Any:
        """The observation with these photographs, camera to sRGB, uint8, (H, W, 3), one a row; the given one stays as it is."""

    def space(self, space: gymnasium.Space) -> gymnasium.Space:
        """The space of that, batched or of one row as the given one is: the same, where there were pictures before."""


BUILT_IN = {"maniskill": ManiSkill, "isaaclab": IsaacLab, "robosuite": Robosuite, "mujoco": MuJoCo, "plain": Plain}
"""Name to what reads such environments, in the order in which they are tried."""


def adapter_of(env: gymnasium.Env | gymnasium.vector.VectorEnv, said: str | Adapter | None, cameras: Sequence[str] | None) -> Adapter:
    """The adapter that was named, given or, where none was, recognises the environment.

    Raises:
        UnknownName: if none, or no camera, is called so.
        InvalidValue: if nobody recognises it, or it lacks what its adapter needs.
    """
    if said is not None and not isinstance(said, str):
        for camera in cameras or ():
            if camera not in said.cameras:
                raise UnknownName("camera", camera, said.cameras)
        return said
    if said is not None and said not in BUILT_IN:
        raise UnknownName("adapter", said, BUILT_IN)
    found = [one for name, one in BUILT_IN.items() if name == said or (said is None and one.recognises(env))]
    if not found:
        known = ", ".join(BUILT_IN)
        way = "pass adapter=, made for it"
        if isinstance(env, gymnasium.vector.VectorEnv):
            way += ", or wrap every environment before they are put together"
        raise InvalidValue("the environment", str(env), f"one that an adapter recognises ({known}); {way}")
    return found[0](env, cameras)
