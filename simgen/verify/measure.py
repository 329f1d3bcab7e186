"""Everything that is measured of a frame. Each number is 0, or near it, where all is well, and grows with what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from simgen.errors import ShapeMismatch
from simgen.observation import Observation, State
from simgen.verify.boundary import Boundaries
from simgen.verify.expectation import GRIPPER, Expectation, expectation, grown
from simgen.verify.motion import UNKNOWN, Motion, motion
from simgen.verify.perception import Perception
from simgen.verify.photograph import Photograph
from simgen.verify.reference import References
from simgen.verify.shading import FEWEST, Shading
from simgen.verify.surface import Surfaces
from simgen.verify.surroundings import Surroundings
from simgen.verify.whereabouts import Whereabouts

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
SMALL = 150
"""Pixels of a thing at which what is measured of its inside counts half."""
DARK_PAINT = 0.05
"""Linear albedo of a thing's darkest channel below which gloss and neighbours colour it more than its paint."""
CALM, LEAST_UNREST, MOST_UNREST = 0.05, 0.3, 6.0
"""Median of `off` over the bodies of a frame that counts once, and how little and how often it may be counted in."""
METAL = 2.0
"""How much less the colour of metal says than that of matt paint: the rest is mirrored in it."""
MIRRORED = 2.0
"""What a frame of nothing but metal adds to that."""
FEWEST_PARTS = 4
"""Bodies without which nobody can say what most of them have."""
NEAR_CONTACT = 0.04
"""Metres around a contact that belong to it."""


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


@dataclass(frozen=True, eq=False)
class Study:
    """What one frame tells, and what its comparison with other frames and cameras starts from. K things."""

    ids: np.ndarray
    """`Expectation.things`, (K,)."""
    area: np.ndarray
    """Pixels of each, (K,)."""
    kinds: tuple[str, ...]
    """Of each, (K,)."""
    metrics: dict[str, float]
    """Those that need no other frame."""
    things: dict[str, np.ndarray]
    """Those of `OF_BODIES` that need no other frame, (K,) each."""
    colour: np.ndarray
    """Of each thing, beyond the prediction and beyond the whole frame's, `opponent`, (K, 3)."""
    trust: np.ndarray
    """How much the colour of each thing can be relied on, 0 to 1, (K,)."""
    motion: Motion
    """How it follows from the frame before."""


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
        usual = _usual_colours(clip)
        found[name] = tuple(_measurement(clip, t, usual) for t in range(len(clip)))
    return found


def _studies(frames, observations: Sequence[Observation], references: References | None, states: Sequence[State] | None) -> list[Study]:
    for name, others in (("observations", observations), ("references", references)):
        if others is not None and len(frames) != len(others):
            raise ShapeMismatch("frames", (len(frames),), name, (len(others),))
    found, before = [], None
    for t in range(len(frames)):
        frame, observation, reference = np.asarray(frames[t]), observations[t], None if references is None else references[t]
        for name, picture in (("a frame", frame), ("a reference", reference)):
            if picture is not None and picture.shape != (*observation.depth.shape, 3):
                raise ShapeMismatch(name, picture.shape, "its observation", (*observation.depth.shape, 3))
        shading = Shading(Photograph.of(frame), expectation(observation), reference)
        found.append(_study(shading, before, None if states is None else states[t]))
        before = shading
    return found


def _study(shading: Shading, before: Shading | None, state: State | None) -> Study:
    surfaces, surroundings, whereabouts, expected = Surfaces(shading), Surroundings(shading), Whereabouts(shading), shading.expectation
    perception = Perception(shading)
    trust = expected.area / (expected.area + SMALL)
    tinted = trust / (1 + DARK_PAINT / (surfaces.darkest + 0.02)) if shading.reference is None else trust
    things = {
        "displaced": whereabouts.displaced,
        "gone": whereabouts.gone,
        "unseen": perception.unseen,
        "off": surroundings.off,
        "repainted": surfaces.repainted,
        "colour": tinted * surfaces.tint / (1 + METAL * surroundings.metal),
    }
    colour = surfaces.colour - _middle(surfaces.colour, expected.area)
    follows = UNKNOWN if before is None else motion(shading, before)
    metrics = _of_frame(shading, Boundaries(shading), surfaces, state) | {"unforeseen": perception.unforeseen}
    return Study(expected.things, expected.area, surroundings.kinds, metrics, things, colour, tinted, follows)


def _of_frame(shading: Shading, boundaries: Boundaries, surfaces: Surfaces, state: State | None) -> dict[str, float]:
    photograph, expectation = shading.photograph, shading.expectation
    gripper = expectation.observation.semantic == GRIPPER
    contact = None if state is None else _around_contacts(expectation.observation, state)
    return {
        "nonfinite": photograph.nonfinite,
        "blank": _blank(shading),
        "unlike": 1 - _likeness(shading),
        "missing_edges": 1 - boundaries.recall(),
        "missing_edges_foreground": 1 - boundaries.recall(_foreground(expectation)),
        "missing_edges_gripper": 1 - boundaries.recall(grown(gripper, 3)),
        "missing_edges_contact": float("nan") if contact is None else 1 - boundaries.recall(contact),
        "strange_colour": float(surfaces.strange.max()),
        "blot_colour": float(surfaces.blot.max()),
    }


def _likeness(shading: Shading) -> float:
    """Correlation of lightness between photograph and prediction."""
    chosen = shading.chosen
    if len(chosen) < FEWEST:
        return float("nan")
    seen, expected = shading.photograph.log[0].ravel()[chosen], shading.predicted[0].ravel()[chosen]
    seen, expected = seen - seen.mean(), expected - expected.mean()
    return float((seen * expected).sum() / np.sqrt(max(float((seen**2).sum() * (expected**2).sum()), 1e-9)))


def _blank(shading: Shading) -> float:
    """Share of tiles of 16 pixels in which nothing varies, of those in which something stands."""
    light, hit = shading.photograph.pixels.sum(axis=-1, dtype=np.int32), shading.expectation.outline
    rows, columns = (size // 16 * 16 for size in light.shape)
    if not rows or not columns:
        return float(light.max() == light.min())
    tiles, stands = (part[:rows, :columns].reshape(rows // 16, 16, columns // 16, 16) for part in (light, hit))
    flat, asked = tiles.max(axis=(1, 3)) - tiles.min(axis=(1, 3)) <= 6, stands.any(axis=(1, 3))
    return float(flat[asked].mean()) if asked.any() else float("nan")


def _foreground(expectation: Expectation) -> np.ndarray:
    """Around everything but background and the two largest things, which carry the others."""
    large = np.argsort(np.where(expectation.things > 1, expectation.area, 0))[-2:]
    carried = np.ones(len(expectation.things), bool)
    carried[large] = False
    return grown(expectation.hit & carried[expectation.where], 3)


def _around_contacts(observation: Observation, state: State) -> np.ndarray:
    """Pixels that show something within `NEAR_CONTACT` of a contact, bool, (H, W)."""
    near = np.zeros(observation.depth.shape, bool)
    if not len(state.contacts):
        return near
    lens, depth = observation.view.intrinsics, observation.depth
    for contact in observation.view.world_T_camera.inverse().apply(np.unique(np.round(state.contacts.position, 2), axis=0)):
        (u, v), reach = lens.project(contact), NEAR_CONTACT * lens.fx / max(contact[2], 1e-3)
        if not (-reach < u < lens.width + reach and -reach < v < lens.height + reach):
            continue
        box = slice(max(int(v - reach), 0), int(v + reach) + 2), slice(max(int(u - reach), 0), int(u + reach) + 2)
        near[box] |= np.abs(depth[box] - contact[2]) < NEAR_CONTACT
    return near


def _middle(colour: np.ndarray, area: np.ndarray) -> np.ndarray:
    """The colour that most pixels have beyond the prediction: what the whole frame has, no thing has of its own."""
    known = np.isfinite(colour[:, 0])
    if not known.any():
        return np.zeros(3, np.float32)
    share = np.sqrt(area[known])
    middle = []
    for values in colour[known].T:
        order = np.argsort(values)
        middle.append(values[order][np.searchsorted(np.cumsum(share[order]), share.sum() / 2)])
    return np.array(middle, np.float32)


def _usual_colours(clip: Sequence[Study]) -> dict[int, np.ndarray]:
    """Median over the clip of each thing's colour, where it was seen five times or more."""
    seen: dict[int, list[np.ndarray]] = {}
    for frame in clip:
        for thing, colour in zip(frame.ids, frame.colour, strict=True):
            if np.isfinite(colour[0]):
                seen.setdefault(int(thing), []).append(colour)
    return {thing: np.median(colours, axis=0) for thing, colours in seen.items() if len(colours) >= 5}


def _measurement(clip: Sequence[Study], t: int, usual: dict[int, np.ndarray]) -> Measurement:
    study = clip[t]
    things = study.things | {"identity": _apart(study, usual)}
    parts = tuple(
        Part(int(thing) // 2, study.kinds[k], int(study.area[k]), {name: float(things[name][k]) for name in OF_BODIES})
        for k, thing in enumerate(study.ids)
        if thing > 1
    )
    metrics = study.metrics | _motions(clip, t)
    return Measurement({name: metrics[name] for name in OF_FRAMES}, parts)


def _apart(frame: Study, usual: dict[int, np.ndarray]) -> np.ndarray:
    """How far each thing's colour is from its usual one, (K,)."""
    reference = np.array([usual.get(int(thing), np.full(3, np.nan)) for thing in frame.ids])
    off = frame.colour - reference
    return frame.trust * np.hypot(off[:, 1], off[:, 2])


def _motions(clip: Sequence[Study], t: int) -> dict[str, float]:
    """Against the frame before and the frame after: a good frame beside a bad one has one good neighbour. A frozen frame differs
    from the next as if it had moved twice as far, so that only the frame before can tell it."""
    each = [clip[now].motion for now in (t, t + 1) if now < len(clip)]
    found = {name: float(np.fmin.reduce([getattr(one, name) for one in each])) for name in ("still", "moving", "flicker")}
    return found | {"frozen": clip[t].motion.frozen}
