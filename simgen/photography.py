"""Photography: what cameras saw becomes photographs under the Scene's own weather and light, each judged by the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from simgen import world as worlds
from simgen.errors import UnknownName
from simgen.observation import Observation, State
from simgen.randomness import stream
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.scenario.schedule import conditions_at
from simgen.scenario.weathering.lying import Lying
from simgen.scenario.words import words
from simgen.simulator.appearance import Appearances
from simgen.verify import Adherence, Limits, Policy, References, adherence, gate, references
from simgen.world import Appearance, Clip, ControlClip, World

Gate = Literal["off", "flag", "retry", "replace", "drop"]
"""What becomes of a frame that no longer shows what the physics says: nobody looks; it is marked invalid; it is drawn again with
other seeds first; and then by a world that is exact by construction; or an episode of which too many stay invalid is left out."""
REPLACEMENT = "preview"
"""Exact by construction."""
REFERENCE = "preview"
"""Draws what truth and conditions predict, with which photographs are compared."""
EXACT = ("raw", "preview")
"""Worlds that draw from buffers alone, so that nothing is to be predicted of them beyond those."""
MOST_INVALID = 0.05
"""Share of an episode's frames that may fail the gate before `drop` leaves it out."""


@dataclass(frozen=True, eq=False)
class Photographs:
    """Of one episode."""

    clips: dict[str, Clip]
    """Camera to its frames."""
    adherence: dict[str, tuple[Adherence, ...]]
    """Camera to what the gate said of every frame; empty where nobody looked."""


class Studio:
    """A world with a gate behind it; one serves many episodes."""

    def __init__(self, world: World, policy: Gate = "off"):
        """Make the replacement where one is asked for.

        Raises:
            UnknownName: if there is no such policy.
        """
        check_gate(policy)
        self.world, self.gate = world, policy
        stand_in = worlds.make(REPLACEMENT) if policy == "replace" else None
        self._worlds = [one for one in (world, stand_in) if one is not None]
        self._policy = Policy(fallback=stand_in)
        self._reference = None if policy == "off" else reference_of(world.name)

    @property
    def needs_light(self) -> bool:
        """Whether any of its worlds looks at the direct light."""
        return any(world.needs_light for world in self._worlds)

    def shoot(self, scene: Scene, states: Sequence[State], seen: Mapping[str, Sequence[Observation]], *, seed: int) -> Photographs:
        """Photographs of every camera.

        Args:
            scene: as it shall be photographed.
            states: the physics truth, (T,).
            seen: camera to its observations, (T,).
            seed: one for all cameras, which see the same rain.

        Raises:
            InvalidValue: if the world needs what the observations lack.
        """
        conditions = tuple(conditions_at(scene, state.time_ns) for state in states)
        said = words(conditions[0], scene)
        appearance = Appearance(said.prompt, said.negative_prompt, conditions)
        if self.needs_light or self._reference is not None:
            seen = lit_views(scene, states, seen, conditions)
        clips, judgements = {}, {}
        for camera, frames in seen.items():
            controls = ControlClip(tuple(frames), scene, tuple(states))
            clips[camera], judged = self.draw(controls, appearance, seed=seed)
            if judged:
                judgements[camera] = judged
        return Photographs(clips, judgements)

    def draw(self, controls: ControlClip, appearance: Appearance, *, seed: int) -> tuple[Clip, tuple[Adherence, ...]]:
        """One camera's photographs and what the gate said of them, which is nothing where it is off."""
        reference = None if controls.scene is None else self._reference
        if self.gate in ("retry", "replace", "drop"):
            gated = gate(self.world, controls, appearance, seed=seed, policy=self._policy, reference=reference)
            return gated.clip, gated.adherences
        clip = self.world.render(controls, appearance, seed=seed)
        if self.gate == "off":
            return clip, ()
        predicted = None if reference is None else references(reference, controls, appearance, seed=seed)
        limits = Limits.of(self.world.name, referenced=predicted is not None)
        return clip, adherence(clip.frames, controls.observations, limits=limits, references=predicted, states=controls.states)

    def refuses(self, judgements: Mapping[str, Sequence[Adherence]]) -> bool:
        """Whether so many frames of an episode's cameras stayed invalid that it is left out."""
        frames = [one.passed for judged in judgements.values() for one in judged]
        return self.gate == "drop" and frames.count(False) > MOST_INVALID * len(frames)


def check_gate(policy: str) -> None:
    """Raise UnknownName if there is no such policy."""
    if policy not in get_args(Gate):
        raise UnknownName("gate", policy, get_args(Gate))


def usual_gate(world: str) -> Gate:
    """What the gate does where nobody says: it looks at every world but the simulator's own pictures."""
    return "off" if world == "raw" else "flag"


def reference_of(world: str) -> World | None:
    """Who draws what is predicted of a world's photographs; None where the buffers are prediction enough."""
    return None if world in EXACT else worlds.make(REFERENCE)


@dataclass(frozen=True, eq=False)
class Prospect:
    """What one camera's photographs are judged by."""

    observations: tuple[Observation, ...]
    """The exact truth of each, (T,), with the look that weather gives to surfaces."""
    references: References | None
    """What truth and conditions predict, (T,); None of worlds that are exact."""


def prospects(
    scene: Scene,
    states: Sequence[State],
    seen: Mapping[str, Sequence[Observation]],
    *,
    worlds_of: Mapping[str, str],
    seed: int | None = None,
) -> dict[str, Prospect]:
    """Camera to what the photographs of a recording are judged by, as they were when it was made.

    Args:
        scene: as it was photographed.
        states: the physics truth, (T,).
        seen: camera to its observations, (T,).
        worlds_of: camera to the world that drew it.
        seed: of the photographs, by which drops sit on the lens; None is that of a recording that was not photographed anew.

    Raises:
        AssetError: if a mesh, a texture or the light's environment is missing or unreadable.
    """
    conditions = tuple(conditions_at(scene, state.time_ns) for state in states)
    covered = any(Lying.of(scene, one.weather, states[0].link_pose).something for one in conditions)
    lit = {camera for camera in seen if reference_of(worlds_of[camera]) or (covered and worlds_of[camera] != "raw")}
    asked = {camera: seen[camera] for camera in seen if camera in lit}
    dressed = lit_views(scene, states, asked, conditions) if asked else {}
    appearance, found = Appearance(conditions=conditions), {}
    seed = world_seed(scene) if seed is None else seed
    for camera, frames in seen.items():
        truth, reference = dressed.get(camera, tuple(frames)), reference_of(worlds_of[camera])
        predicted = reference and references(reference, ControlClip(truth, scene, tuple(states)), appearance, seed=seed)
        found[camera] = Prospect(truth, predicted)
    return found


def world_seed(scene: Scene) -> int:
    """Of the photographs of a recording."""
    return int(stream(scene.seed, scene.episode, "world").integers(2**63))


def lit_views(
    scene: Scene, states: Sequence[State], seen: Mapping[str, Sequence[Observation]], conditions: Sequence[Conditions]
) -> dict[str, tuple[Observation, ...]]:
    """Camera to its observations, (T,), with their direct light and the look of their surfaces under the weather.

    Raises:
        AssetError: if a mesh, a texture or the light's environment is missing or unreadable.
    """
    appearances = Appearances(scene, states[0].link_pose)
    found: dict[str, list[Observation]] = {camera: [] for camera in seen}
    for frame, (state, now) in enumerate(zip(states, conditions, strict=True)):  # cameras within: what lies is laid once an instant
        for camera, frames in seen.items():
            found[camera].append(appearances.of(frames[frame], state.link_pose, now))
    return {camera: tuple(frames) for camera, frames in found.items()}
