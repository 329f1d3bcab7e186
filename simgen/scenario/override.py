"""Override: other weather, light or camera response than a Scene says, in the words of a command line."""

from dataclasses import dataclass

from simgen.scenario.conditions import Conditions, conditions_of
from simgen.scenario.scene import Scene


@dataclass(frozen=True)
class Override:
    """What takes the place of what a Scene says; None leaves it. Written `rain`, or `rain:4` for level 4 of 0 to 5."""

    weather: str | None = None
    light: str | None = None
    sensor: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        """Those that are said: weather, light and sensor, by name."""
        return {name: text for name, text in vars(self).items() if text is not None}

    def check(self) -> None:
        """Know every name before anything is started.

        Raises:
            UnknownName: if there is no such preset.
            InvalidValue: if a level is not one of 0 to 5.
        """
        conditions_of(**self.parts, seed=0, episode=0)

    def on(self, scene: Scene, *, seed: int) -> Scene:
        """A Scene as it would have been drawn with these in its scenario; what changes of them in its course is left out.

        Args:
            scene: whose episode number counts.
            seed: the root seed of the draw.
        """
        if not self.parts:
            return scene
        base = Conditions(scene.weather, scene.light, scene.sensor)
        drawn = conditions_of(**self.parts, seed=seed, episode=scene.episode, base=base)
        bare = (change.model_copy(update=dict.fromkeys(self.parts)) for change in scene.changes)
        left = [change for change in bare if (change.weather, change.light, change.sensor) != (None, None, None)]
        said = {name: getattr(drawn, name).model_dump() for name in self.parts}
        # anew, not model_copy: a copy would keep the SHA-256 of the scene it was made from
        other = scene.model_dump() | said | {"changes": [change.model_dump() for change in left], "folder": scene.folder}
        return Scene.model_validate(other)


NOTHING = Override()
"""Everything as the Scene says."""
