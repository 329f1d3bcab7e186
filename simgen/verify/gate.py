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
    frames: Sequence[np.ndarray], observations: Sequence[Observation], *, limits: Limits, states: Sequence[State] | None = None
) -> tuple[Adherence, ...]:
    """The gate's judgement of every frame of one camera's clip, (T,).

    Args:
        frames: (T,) of (H, W, 3), uint8 sRGB or floats from 0 to 1.
        observations: the exact truth of each, (T,).
        limits: what to go by: `Limits.of(world)`.
        states: the physics truth of each, (T,), where contacts are to be looked at apart.

    Raises:
        ShapeMismatch: if frames and observations differ in number or size.
    """
    return tuple(limits.judge(one) for one in measure(frames, observations, states=states))


def gate(
    world: World,
    controls: ControlClip,
    appearance: Appearance,
    *,
    seed: int,
    limits: Limits | None = None,
    policy: Policy = Policy(),
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
    """
    bench = _Bench(controls, appearance, limits or Limits.of(world.name))
    clip = world.render(controls, appearance, seed=seed)
    best, judged = clip, bench.judged(clip.frames, bench.limits)
    attempts = [Attempt("first", world.name, seed, _failed(judged))]
    for number in range(1, policy.reseeds + 1):
        if attempts[-1].failed:
            again = int(stream(seed, number, "gate").integers(2**63))
            best, judged = bench.mended(best, judged, world.render(controls, appearance, seed=again))
            attempts.append(Attempt("reseeded", world.name, again, _failed(judged)))
    if attempts[-1].failed and isinstance(world, Anchored) and any(one.passed for one in judged):
        at = max(range(len(judged)), key=lambda t: (judged[t].passed, judged[t].score))
        held = world.render_anchored(controls, appearance, seed=seed, anchor=best.frames[at], at=at)
        best, judged = bench.mended(best, judged, held)
        attempts.append(Attempt("anchored", world.name, seed, _failed(judged)))
    if attempts[-1].failed and policy.fallback is not None:
        best, judged = bench.replaced(best, judged, policy.fallback, seed)
        attempts.append(Attempt("replaced", policy.fallback.name, seed, _failed(judged)))
    return Gated(best, judged, tuple(attempts))


class _Bench:
    """The truth of one clip, with which every drawing of it is compared."""

    def __init__(self, controls: ControlClip, appearance: Appearance, limits: Limits):
        self.limits, self._controls, self._appearance = limits, controls, appearance

    def judged(self, frames: np.ndarray, limits: Limits) -> tuple[Adherence, ...]:
        return adherence(frames, self._controls.observations, limits=limits, states=self._controls.states)

    def mended(self, best: Clip, judged: tuple[Adherence, ...], other: Clip) -> tuple[Clip, tuple[Adherence, ...]]:
        """With the frames that failed and pass in the other clip taken from there, unless the whole is the worse for it."""
        theirs = self.judged(other.frames, self.limits)
        if all(one.passed for one in theirs):
            return other, theirs
        mixed = _mixed(best, other, [not mine.passed and one.passed for mine, one in zip(judged, theirs, strict=True)])
        after = self.judged(mixed.frames, self.limits)
        return (mixed, after) if len(_failed(after)) < len(_failed(judged)) else (best, judged)

    def replaced(self, best: Clip, judged: tuple[Adherence, ...], world: World, seed: int) -> tuple[Clip, tuple[Adherence, ...]]:
        """With every frame that failed taken from another world, and judged as that world's frames are, among themselves."""
        other = world.render(self._controls, self._appearance, seed=seed)
        theirs = self.judged(other.frames, Limits.of(world.name))
        taken = [not one.passed for one in judged]
        return _mixed(best, other, taken), tuple(b if take else a for a, b, take in zip(judged, theirs, taken, strict=True))


def _mixed(best: Clip, other: Clip, taken: Sequence[bool]) -> Clip:
    frames = np.where(np.array(taken)[:, None, None, None], other.frames, best.frames)
    source = tuple(b if take else a for a, b, take in zip(best.source, other.source, taken, strict=True))
    return Clip(frames, best.world, source)


def _failed(judged: Sequence[Adherence]) -> tuple[int, ...]:
    return tuple(t for t, one in enumerate(judged) if not one.passed)
