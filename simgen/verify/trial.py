"""Trials: good clips, clips with an injected fault and clips with a harmless change, each measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from simgen.observation import Observation, State
from simgen.randomness import stream
from simgen.verify.faults import FAULTS, STRENGTHS, touched
from simgen.verify.harmless import HARMLESS
from simgen.verify.measure import Measurement, measure, together
from simgen.verify.reference import References


@dataclass(frozen=True, eq=False)
class Specimen:
    """A short clip that is known to be good, seen by all cameras at once."""

    name: str
    """Which; trials of it draw their chance by this name."""
    frames: dict[str, np.ndarray]
    """Camera to frames, uint8, (T, H, W, 3)."""
    observations: dict[str, tuple[Observation, ...]]
    """Camera to the truth of each frame, (T,)."""
    states: tuple[State, ...] | None = None
    """The physics truth of each frame, (T,), where it is known."""
    references: dict[str, References] = field(default_factory=dict)
    """Camera to what truth and conditions predict, (T,), where the conditions are known."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One frame, measured."""

    specimen: str
    camera: str
    name: str
    """`good`, or the fault or the harmless change."""
    strength: int
    """0 to 2; 0 for `good`."""
    alone: bool
    """Whether only this frame of its clip has the fault; False where all have it."""
    measurement: Measurement


def good(specimen: Specimen) -> Iterator[Trial]:
    """Every frame as it is."""
    clips = {camera: (specimen.frames[camera], specimen.observations[camera]) for camera in specimen.frames}
    for camera, measured in together(clips, references=specimen.references, states=specimen.states).items():
        yield from (Trial(specimen.name, camera, "good", 0, False, one) for one in measured)


def harmless(
    specimen: Specimen, seed: int, strengths: Sequence[int] = range(STRENGTHS), names: Sequence[str] = tuple(HARMLESS)
) -> Iterator[Trial]:
    """These harmless changes at these strengths, of one camera each."""
    for number, name in enumerate(names):
        for strength in strengths:
            rng = stream(seed, strength, f"{specimen.name}/{name}")
            camera = _turn(specimen, number + strength)
            frames = HARMLESS[name](specimen.frames[camera], rng, strength)
            measured = measure(
                frames, specimen.observations[camera], references=specimen.references.get(camera), states=specimen.states
            )
            yield from (Trial(specimen.name, camera, name, strength, False, one) for one in measured)


def spoiled(specimen: Specimen, donor: Specimen, seed: int, strengths: Sequence[int] = range(STRENGTHS)) -> Iterator[Trial]:
    """Every fault at these strengths, of one camera each: in every second trial the whole clip has it, else a frame in the middle alone.

    Only frames in which the fault is to be seen count; the others of the clip are not told.
    """
    for name, fault in FAULTS.items():
        for strength in strengths:
            rng = stream(seed, strength, f"{specimen.name}/{name}")
            turn = int(rng.integers(1 << 16))
            camera = _turn(specimen, turn)
            whole = _Cut(specimen, camera, slice(None))
            after = fault(whole.frames, whole.observations, rng, strength, _like(donor, whole.frames))
            alone = bool(turn // 2 % 2) and name != "frozen"
            cut = whole
            if alone:
                middle = len(whole.frames) // 2
                after, cut = _only(whole.frames, after, middle), _Cut(specimen, camera, slice(max(middle - 2, 0), middle + 3))
            yield from (Trial(specimen.name, camera, name, strength, alone, found) for found in cut.measured(after[cut.part]))


@dataclass(frozen=True, eq=False)
class _Cut:
    """Some frames of one camera."""

    specimen: Specimen
    camera: str
    part: slice

    @property
    def frames(self) -> np.ndarray:
        return self.specimen.frames[self.camera][self.part]

    @property
    def observations(self) -> tuple[Observation, ...]:
        return self.specimen.observations[self.camera][self.part]

    def measured(self, after: np.ndarray) -> Iterator[Measurement]:
        """What the frames that were touched came to."""
        seen = touched(self.frames, after)
        if not seen.any():
            return
        states, references = self.specimen.states, self.specimen.references.get(self.camera)
        measured = measure(
            after,
            self.observations,
            references=None if references is None else references[self.part],
            states=None if states is None else states[self.part],
        )
        yield from (measured[t] for t in np.flatnonzero(seen))


def _turn(specimen: Specimen, number: int) -> str:
    cameras = sorted(specimen.frames)
    return cameras[number % len(cameras)]


def _like(donor: Specimen, frames: np.ndarray) -> np.ndarray:
    """Frames of the donor of the same size."""
    return next((other for other in donor.frames.values() if other.shape[1:] == frames.shape[1:]), frames[::-1])


def _only(before: np.ndarray, after: np.ndarray, t: int) -> np.ndarray:
    out = before.copy() if after.dtype == before.dtype else before.astype(np.float32) / 255
    out[t] = after[t]
    return out
