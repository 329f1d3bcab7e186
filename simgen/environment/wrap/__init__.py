"""Wrapping: a policy acts in somebody else's simulator, and sees photographs of it.

env = gymnasium.make("PickCube-v1", obs_mode="rgb+depth+segmentation")                       # ManiSkill's
env = simgen.wrap(env, world="neural", weather="rain:3")
"""

from collections.abc import Sequence
from typing import get_args

import gymnasium

from simgen import world as worlds
from simgen.environment.wrap.adapter import Adapter as Adapter
from simgen.environment.wrap.adapter import adapter_of
from simgen.environment.wrap.darkroom import Gate
from simgen.environment.wrap.session import Session
from simgen.environment.wrap.vector import WrappedVector
from simgen.environment.wrap.wrapped import Wrapped
from simgen.errors import InvalidValue, UnknownName
from simgen.scenario.override import Override
from simgen.world import World


def wrap(
    env: gymnasium.Env | gymnasium.vector.VectorEnv,
    *,
    cameras: Sequence[str] | None = None,
    world: str | World = worlds.DEFAULT,
    weather: str | None = None,
    light: str | None = None,
    sensor: str | None = None,
    adapter: str | Adapter | None = None,
    gate: Gate = "off",
) -> Wrapped | WrappedVector:
    """The same environment, whose policy sees photographs in place of its pictures; all else is as it was.

    ManiSkill 3, Isaac Lab, robosuite, MuJoCo environments of Gymnasium and Gymnasium-Robotics, and observations of SimGen's own
    convention are recognised; for others an `Adapter` of ten lines says where pictures, depth, ids and camera poses are. Nothing of these
    simulators is imported. A batch, Gymnasium's or one in a single environment, shares one world.

    `reset(seed=...)` decides the photographs, too: the same seeds and actions show the same pictures; every episode draws its weather,
    light and sensor anew, and `info["simgen"]` says what was drawn.

    Args:
        env: whose cameras give pictures, depth, instance ids and poses.
        cameras: those whose pictures are replaced; None is all that can be.
        world: who draws, by name or made already.
        weather: a preset and its level from 0 to 5, `rain:4`; None is a clear day.
        light: the same; None is late morning, outdoors.
        sensor: the same; None is a good camera.
        adapter: how the environment is read: by name, or one made for it; None recognises it.
        gate: `flag` has every photograph judged, and `info["simgen"]` say what came of it. It is off where nobody says, for its limits
            come from exact truth, while here the albedo is a picture with light in it. Black pictures it finds always; of those that are
            16 pixels off, all on Gymnasium-Robotics' FetchPush and hardly any over the checkerboard of Gymnasium's Ant.

    Raises:
        UnknownName: if a world, preset, adapter, camera or gate is not there.
        InvalidValue: if the environment gives too little, or the world cannot be stepped.
        MissingExtra: if the world's package is not installed.
    """
    if gate not in get_args(Gate):
        raise UnknownName("gate", gate, get_args(Gate))
    override = Override(weather, light, sensor)
    override.check()
    world = worlds.make(world) if isinstance(world, str) else world
    if not world.causal:
        raise InvalidValue("world", world.name, "one that draws frame by frame, as 'neural', 'preview' and 'raw' do")
    session = Session(adapter_of(env, adapter, cameras), world, override, gate)
    return WrappedVector(env, session) if isinstance(env, gymnasium.vector.VectorEnv) else Wrapped(env, session)
