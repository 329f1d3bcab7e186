"""Everything that is measured of a frame. Each number is 0, or near it, where all is well, and grows with what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from simgen.errors import ShapeMismatch
from simgen.observation import Observation, State
from simgen.verify.expectation import expectation
from simgen.verify.motion import UNKNOWN, Earlier, Motion
from simgen.verify.reference import References
from simgen.verify.study import Study, shading_of, study

OF_FRAMES = {
    "nonfinite": "share of pixels that are no number",
    "blank": "share of the picture's tiles without any variation, where the truth has some",
    "unlike": "1 - correlation of lightness with the prediction over the frame",
    "missing_edges": "share of the visible outlines without an edge within 2 pixels (1 - boundary recall)",
    "missing_edges_foreground": "of what can move",
    "missing_edges_gripper": "of the gripper",
    "missing_edges_contact": "within reach of a contact",
    "unforeseen": "of the worst window: outlines that the critic sees and neither the truth nor the reference has",
    "strange_colour": "of the worst window: edges of colour where the truth is smooth",
    "blot_colour": "of the worst spot: colour, the same",
    "still": "change of still pixels from frame to frame, beyond exposure",
    "moving": "change of moving pixels along the exact flow",
    "frozen": "share of the predicted change from frame to frame that did not come",
    "flicker": "change of brightness from tile to tile and frame to frame that is not predicted",
}
"""What is measured of a frame as a whole."""
OF_BODIES = {
    "displaced": "share of its difference from the prediction that standing 3 to 18 pixels away explains",
    "gone": "share of it that its absence explains",
    "unseen": "share of its outline that the critic sees in the reference and not in the photograph",
    "off": "difference of it and its surroundings from the prediction",
    "repainted": "share of its painted pattern that is not there",
    "colour": "colour that is not predicted",
    "identity": "colour that it does not have in the rest of the clip",
}
"""What is measured of every body; that of a frame is of its worst body, by what is usual for a body of its kind."""
MEANING = OF_FRAMES | {name: f"of the worst body: {meaning}" for name, meaning in OF_BODIES.items()}
"""What every metric of a frame is."""
METRICS = tuple(MEANING)
"""Names of all metrics of a frame; NaN where there is nothing to measure."""
CALM, LEAST_UNREST, MOST_UNREST = 0.05, 0.3, 6.0
"""Median of `off` over the bodies of a frame that counts once, and how little and how often it may be counted in."""
MIRRORED = 2.0
"""What a frame of nothing but metal adds to that."""
FEWEST_PARTS = 4
"""Bodies without which nobody can say what most of them have."""


@dataclass(frozen=True, eq=False)
class Part:
    """What one thing in a frame came to: a body, or a robot's arm or gripper."""

    body: int
    """Its id."""
    kind: str
    """One of `KINDS`: what is usual depends on it."""
    pixels: int
    metrics: dict[str, float]
    """`OF_BODIES`; NaN where there is nothing to measure."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """What one frame came to."""

    frame: dict[str, float]
    """`OF_FRAMES`; NaN where there is nothing to measure."""
    parts: tuple[Part, ...]
    """Everything in it, in the order of `Expectation.things` without the background."""

    def unrest(self, part: Part | None = None) -> float:
        """How little the prediction of the frame, or of a body in it, can be relied on.

        1 is usual; it is less where the other bodies are close to their prediction, and more behind a dirty lens, in snow, and where
        much is of metal, in which the rest is mirrored. What is measured counts for so much less, in a fair frame for so much more.
        """
        off = [one.metrics["off"] for one in self.parts if one is not part and np.isfinite(one.metrics["off"])]
        apart = float(np.clip(np.median(off) / CALM, LEAST_UNREST, MOST_UNREST)) if len(off) >= FEWEST_PARTS else 1.0
        metal = sum(one.pixels for one in self.parts if one.kind == "metal") / max(sum(one.pixels for one in self.parts), 1)
        return apart * (1 + MIRRORED * metal)


Seen = tuple[Sequence[np.ndarray], Sequence[Observation]]
"""Frames, (T,) of (H, W, 3), uint8 sRGB or floats from 0 to 1, and the truth of each, (T,)."""


def measure(
    frames: Sequence[np.ndarray],
    observations: Sequence[Observation],
    *,
    references: References | None = None,
    states: Sequence[State] | None = None,
) -> tuple[Measurement, ...]:
    """All metrics of a clip of one camera, (T,).

    Args:
        frames: (T,) of (H, W, 3), uint8 sRGB, or floats from 0 to 1.
        observations: the truth of each, (T,).
        references: what truth and conditions predict, (T,), uint8, where the conditions are known.
        states: the physics truth of each, (T,), where contacts are to be looked at apart.

    Raises:
        ShapeMismatch: if frames, observations and references differ in number or size.
    """
    return together({"": (frames, observations)}, references={} if references is None else {"": references}, states=states)[""]


def together(
    clips: Mapping[str, Seen], *, references: Mapping[str, References] = MappingProxyType({}), states: Sequence[State] | None = None
) -> dict[str, tuple[Measurement, ...]]:
    """All metrics of the clips of several cameras that saw the same instants: camera to (T,). Frames are read once, in order."""
    studies = {name: _studies(*seen, references.get(name), states) for name, seen in clips.items()}
    found = {}
    for name, clip in studies.items():
        usual, after = usual_colours(clip), [*(one.motion for one in clip[1:]), UNKNOWN]
        found[name] = tuple(measurement(one, usual, next_one) for one, next_one in zip(clip, after, strict=True))
    return found


def _studies(frames, observations: Sequence[Observation], references: References | None, states: Sequence[State] | None) -> list[Study]:
    for name, others in (("observations", observations), ("references", references)):
        if others is not None and len(frames) != len(others):
            raise ShapeMismatch("frames", (len(frames),), name, (len(others),))
    found, before = [], None
    for t in range(len(frames)):
        shading = shading_of(frames[t], expectation(observations[t]), None if references is None else references[t])
        found.append(study(shading, before, None if states is None else states[t]))
        before = Earlier.of(shading)
    return found


def usual_colours(clip: Iterable[Study]) -> dict[int, np.ndarray]:
    """Median over a clip of each thing's colour, (3,), where it was seen five times or more."""
    seen: dict[int, list[np.ndarray]] = {}
    for frame in clip:
        for thing, colour in zip(frame.ids, frame.colour, strict=True):
            if np.isfinite(colour[0]):
                seen.setdefault(int(thing), []).append(colour)
    return {thing: np.median(colours, axis=0) for thing, colours in seen.items() if len(colours) >= 5}


def measurement(frame: Study, usual: Mapping[int, np.ndarray], after: Motion = UNKNOWN) -> Measurement:
    """What a frame came to beside the usual colours of its things and the frames around it.

    Args:
        frame: what it tells.
        usual: `usual_colours` of the frames that are known.
        after: how the next frame follows from it; `UNKNOWN` of the last.
    """
    things = frame.things | {"identity": _apart(frame, usual)}
    parts = tuple(
        Part(int(thing) // 2, frame.kinds[k], int(frame.area[k]), {name: float(things[name][k]) for name in OF_BODIES})
        for k, thing in enumerate(frame.ids)
        if thing > 1
    )
    metrics = frame.metrics | _motions(frame.motion, after)
    return Measurement({name: metrics[name] for name in OF_FRAMES}, parts)


def _apart(frame: Study, usual: Mapping[int, np.ndarray]) -> np.ndarray:
    """How far each thing's colour is from its usual one, (K,)."""
    reference = np.array([usual.get(int(thing), np.full(3, np.nan)) for thing in frame.ids])
    off = frame.colour - reference
    return frame.trust * np.hypot(off[:, 1], off[:, 2])


def _motions(before: Motion, after: Motion) -> dict[str, float]:
    """Against the frame before and the frame after: a good frame beside a bad one has one good neighbour. A frozen frame differs
    from the next as if it had moved twice as far, so that only the frame before can tell it."""
    found = {name: float(np.fmin(getattr(before, name), getattr(after, name))) for name in ("still", "moving", "flicker")}
    return found | {"frozen": before.frozen}
