"""SimGen: physics scenes in, photorealistic robot video with exact ground truth out.

    Scenario -> Scene -> simulator -> Observation -> Controls -> world -> Clip -> Episode -> dataset

A scenario file says what a scene may be; a Scene is one draw of it; a simulator runs it with an expert; each camera
leaves Observations; Controls steer a world, which turns them into photographs; the Episode goes into a LeRobot dataset.
Each stage takes the previous stage's type, never its object: arrays from another simulator enter as Observations.

    for episode in simgen.generate("pick_place", weather="rain:3", episodes=3, seed=0): ...

Nothing is imported before it is asked for, so `import simgen` is quick and needs no simulator.
"""

import sys
from importlib import import_module
from importlib.metadata import version
from types import ModuleType

NOUNS = {
    "Pose": "simgen.geometry",
    "Intrinsics": "simgen.geometry",
    "CameraView": "simgen.geometry",
    "Scenario": "simgen.scenario",
    "Scene": "simgen.scenario",
    "Observation": "simgen.observation",
    "State": "simgen.observation",
    "Trajectory": "simgen.observation",
    "Appearance": "simgen.world",
    "Clip": "simgen.world",
    "ControlClip": "simgen.world",
    "Episode": "simgen.dataset",
    "SimGenError": "simgen.errors",
    "wrap": "simgen.environment.wrap",
}
"""Every exported noun, and the verb `wrap`, and the room it lives in."""

__version__ = version("simgen")
__all__ = ["__version__", "generate", *NOUNS]  # noqa: PLE0604


class _Package(ModuleType):
    """The package itself, whose nouns come when called, and whose `generate` is the function, not the room of that name."""

    def __getattr__(self, name: str):
        if name not in NOUNS:
            raise AttributeError(f"module 'simgen' has no attribute '{name}'")
        return getattr(import_module(NOUNS[name]), name)

    def __dir__(self):
        return sorted({*super().__dir__(), *__all__})

    @property
    def generate(self):
        """`simgen.generate.generate`: the episodes of a scenario, one after another."""
        return import_module("simgen.generate").generate

    @generate.setter
    def generate(self, room: ModuleType):
        """Python binds a room to its package once it is imported; the function keeps its name."""


sys.modules[__name__].__class__ = _Package
