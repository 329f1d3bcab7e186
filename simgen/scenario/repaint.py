"""Repaint: the same bodies of other make: what a Scene's surfaces look like drawn anew, and nothing that physics feels."""

from simgen.randomness import stream
from simgen.scenario.scene import Scene


def repainted(scene: Scene, *, seed: int) -> Scene:
    """A Scene whose bodies keep their kind of material and have another look of it: other grain, wear marks and labels.

    Args:
        scene: whose episode number counts.
        seed: the root seed of the draw.
    """
    bodies = []
    for body in scene.model_dump()["bodies"]:
        look = float(stream(seed, scene.episode, f"repaint/{body['name']}").integers(2**31))
        bodies.append(body | {"material": body["material"] | {"seed": look}})
    return Scene.model_validate(scene.model_dump() | {"bodies": bodies, "folder": scene.folder})
