"""Environments: the arrow closed into a loop, in which policies act upon physics and see photographs of it.

    import gymnasium, simgen.environment

    env = gymnasium.make("simgen/PickPlace-v0", world="neural", weather="rain:3")
    observation, info = env.reset(seed=0)
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())

`gymnasium.make_vec(id, num_envs=8, vectorization_mode="vector_entry_point")` has many of them share one world. A row is the same alone
and beside others, in this process or another; only what a policy will look at is drawn, and what it saw is what is recorded.

| id | scene |
|---|---|
| `simgen/PickPlace-v0`, `simgen/Push-v0`, `simgen/Stack-v0`, `simgen/Reach-v0`, `simgen/OpenDrawer-v0` | that of the scenes shelf |
| `simgen/Scene-v0` | any: `scene="my_scene.yaml"` |
"""

from importlib import import_module

import gymnasium

SCENES = {"PickPlace": "pick_place", "Push": "push", "Stack": "stack", "Reach": "reach", "OpenDrawer": "open_drawer"}
"""Name of an environment to its scene."""
IDS = tuple(f"simgen/{name}-v0" for name in (*SCENES, "Scene"))
"""Every registered id."""
EXPORTED = {
    "Environment": "simgen.environment.env",
    "VectorEnvironment": "simgen.environment.vector",
    "Rules": "simgen.environment.rules",
    "rules_of": "simgen.environment.rules",
}
"""What comes when it is called, so that a process that only simulates loads no world."""

for _id, _scene in zip(IDS, (*SCENES.values(), None), strict=True):
    gymnasium.register(
        id=_id,
        entry_point="simgen.environment.env:Environment",
        vector_entry_point="simgen.environment.vector:VectorEnvironment",
        kwargs={} if _scene is None else {"scene": _scene},
    )


def __getattr__(name: str):
    if name not in EXPORTED:
        raise AttributeError(f"module 'simgen.environment' has no attribute '{name}'")
    return getattr(import_module(EXPORTED[name]), name)
