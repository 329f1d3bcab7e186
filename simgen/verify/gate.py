"""The gate: photographs are drawn, judged, and where they fail drawn again, anchored, replaced or marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from simgen.observation import Observation, State
from simgen.randomness import stream
from simgen.verify.adherence import Adherence
from simgen.verify.limits import Limits
from simgen.verify.measure import measure
from simgen.verify.reference import References, references
from simgen.world import Appearance, Clip, ControlClip, World

Way = Literal["first", "reseeded", "anchored", "replaced"]


@runtime_checkable
class Anchored(Protocol):
    """A World that can be held to a photograph it made before. Worlds without this method are not anchored but go on to what follows."""

    def render_anchored(self, controls: ControlClip, appearance: Appearance, *, seed: int, anchor: np.ndarray, at: int) -> Clip:
        """Photographs of a whole clip that look as the one of frame `at`, uint8, (H, W, 3), looks."""


@dataclass(frozen=True, eq=False)
class Policy:
    """What becomes of a clip with frames that fail, in this order. What fails to the end is kept, marked by `passed` False."""

    reseeds: int = 2
    """How often the clip is drawn again with another seed."""
    fallback: World | None = None
    """Draws what still fails: a world that is exact by construction. None: nothing is replaced."""


@dataclass(frozen=True)
class Attempt:
    """One drawing of the clip."""

    way: Way
    world: str
    seed: int
    failed: tuple[int, ...]
    """Frames that still failed after it."""


@dataclass(frozen=True, eq=False)
class Gated:
    """A clip that went through the gate."""

    clip: Clip
    """`source` tells which world drew each frame."""
    adherences: tuple[Adherence, ...]
    """Of the frames as they are in `clip`, (T,); those with `passed` False show something else than the physics says."""
    attempts: tuple[Attempt, ...]
    """In order; more than one where the first left frames that failed."""


def adherence(
    frames: Sequence[np.ndarray],
    observations: Sequence[Observation],
    *,
    limits: Limits,
    references: References | None = None,
    states: Sequence[State] | None = None,
) -> tuple[Adherence, ...]:
    """The gate's judgement of every frame of one camera's clip, (T,).

    Args:
        frames: (T,) of (H, W, 3), uint8 sRGB or floats from 0 to 1.
        observations: the exact truth of each, (T,).
        limits: what to go by: `Limits.of(world, referenced=references is not None)`.
        references: what truth and conditions predict, (T,), where the conditions are known.
        states: the physics truth of each, (T,), where contacts are to be looked at apart.

    Raises:
        ShapeMismatch: if frames, observations and references differ in number or size.
    """
    return tuple(limits.judge(one) for one in measure(frames, observations, references=references, states=states))


def gate(
    world: World,
    controls: ControlClip,
    appearance: Appearance,
    *,
    seed: int,
    limits: Limits | None = None,
    policy: Policy = Policy(),
    reference: World | None = None,
) -> Gated:
    """Draw a clip that shows what the physics says, as far as the policy goes; equal arguments give equal clips.

    Frames that fail are taken from the first later drawing in which they pass. A drawing is always one of the whole clip, so
    that exposure and whatever a world carries from frame to frame are right; the clip put together is judged as a whole.

    Args:
        world: who draws.
        controls: the exact truth, and what else the world needs.
        appearance: how it should look.
        seed: of the first drawing; those of later ones follow from it.
        limits: what to go by; None takes those of the world.
        policy: what becomes of frames that fail.
        reference: draws what truth and conditions predict, where the observations carry direct light; None: nobody does.
    """
    bench = _Bench(controls, appearance, reference, limits)
    best = bench.drawn(world, seed)
    attempts = [Attempt("first", world.name, seed, _failed(best.judged))]
    for number in range(1, policy.reseeds + 1):
        if attempts[-1].failed:
            again = int(stream(seed, number, "gate").integers(2**63))
            best = bench.mended(best, bench.drawn(world, again))
            attempts.append(Attempt("reseeded", world.name, again, _failed(best.judged)))
    if attempts[-1].failed and isinstance(world, Anchored) and any(one.passed for one in best.judged):
        at = max(range(len(controls)), key=lambda t: (best.judged[t].passed, best.judged[t].score))
        held = world.render_anchored(controls, appearance, seed=seed, anchor=best.clip.frames[at], at=at)
        best = bench.mended(best, bench.judged(held, bench.references(seed)))
        attempts.append(Attempt("anchored", world.name, seed, _failed(best.judged)))
    if attempts[-1].failed and policy.fallback is not None:
        best = bench.replaced(best, policy.fallback, seed)
        attempts.append(Attempt("replaced", policy.fallback.name, seed, _failed(best.judged)))
    return Gated(best.clip, best.judged, tuple(attempts))


@dataclass(frozen=True, eq=False)
class _Drawing:
    """A clip with what was predicted of it and what was said of it."""

    clip: Clip
    references: References | None
    judged: tuple[Adherence, ...]


class _Bench:
    """The truth of one clip, with which every drawing of it is compared."""

    def __init__(self, controls: ControlClip, appearance: Appearance, reference: World | None, limits: Limits | None):
        self._controls, self._appearance, self._reference, self._limits = controls, appearance, reference, limits

    def references(self, seed: int) -> References | None:
        if self._reference is None:
            return None
        return references(self._reference, self._controls, self._appearance, seed=seed)

    def drawn(self, world: World, seed: int) -> _Drawing:
        return self.judged(world.render(self._controls, self._appearance, seed=seed), self.references(seed))

    def judged(self, clip: Clip, predicted: References | None) -> _Drawing:
        limits = self._limits or Limits.of(clip.world, referenced=predicted is not None)
        seen, states = self._controls.observations, self._controls.states
        return _Drawing(clip, predicted, adherence(clip.frames, seen, limits=limits, references=predicted, states=states))

    def mended(self, best: _Drawing, other: _Drawing) -> _Drawing:
        """With the frames that failed and pass in the other clip taken from there, unless the whole is the worse for it."""
        if all(one.passed for one in other.judged):
            return other
        taken = [not mine.passed and one.passed for mine, one in zip(best.judged, other.judged, strict=True)]
        predicted = None if best.references is None else _chosen(best.references, other.references, taken)
        after = self.judged(_mixed(best.clip, other.clip, taken), predicted)
        return after if len(_failed(after.judged)) < len(_failed(best.judged)) else best

    def replaced(self, best: _Drawing, world: World, seed: int) -> _Drawing:
        """With every frame that failed taken from another world, and judged as that world's frames are, among themselves."""
        other = world.render(self._controls, self._appearance, seed=seed)
        theirs = adherence(other.frames, self._controls.observations, limits=Limits.of(world.name), states=self._controls.states)
        taken = [not one.passed for one in best.judged]
        judged = tuple(b if take else a for a, b, take in zip(best.judged, theirs, taken, strict=True))
        return _Drawing(_mixed(best.clip, other, taken), best.references, judged)


def _mixed(best: Clip, other: Clip, taken: Sequence[bool]) -> Clip:
    source = tuple(b if take else a for a, b, take in zip(best.source, other.source, taken, strict=True))
    return Clip(_chosen(best.frames, other.frames, taken), best.world, source)


def _chosen(one: np.ndarray, other: np.ndarray, taken: Sequence[bool]) -> np.ndarray:
    return np.where(np.array(taken)[:, None, None, None], other, one)


def _failed(judged: Sequence[Adherence]) -> tuple[int, ...]:
    return tuple(t for t, one in enumerate(judged) if not one.passed)
