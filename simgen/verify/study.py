"""Study: what one frame tells by itself and beside the frame before; clips and frames that come one by one start from it."""

from dataclasses import dataclass

import numpy as np

from simgen.errors import ShapeMismatch
from simgen.observation import Observation, State
from simgen.verify.boundary import Boundaries
from simgen.verify.expectation import GRIPPER, Expectation, grown
from simgen.verify.motion import UNKNOWN, Earlier, Motion, motion
from simgen.verify.perception import Perception
from simgen.verify.photograph import Photograph
from simgen.verify.shading import FEWEST, Shading
from simgen.verify.surface import Surfaces
from simgen.verify.surroundings import Surroundings
from simgen.verify.whereabouts import Whereabouts

SMALL = 150
"""Pixels of a thing at which what is measured of its inside counts half."""
DARK_PAINT = 0.05
"""Linear albedo of a thing's darkest channel below which gloss and neighbours colour it more than its paint."""
METAL = 2.0
"""How much less the colour of metal says than that of matt paint: the rest is mirrored in it."""
NEAR_CONTACT = 0.04
"""Metres around a contact that belong to it."""


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


def shading_of(frame: np.ndarray, expected: Expectation, reference: np.ndarray | None) -> Shading:
    """A frame beside what its truth predicts.

    Args:
        frame: (H, W, 3), uint8 sRGB, or floats from 0 to 1.
        expected: of its observation.
        reference: what truth and conditions predict, uint8, (H, W, 3), where the conditions are known.

    Raises:
        ShapeMismatch: if they differ in size.
    """
    frame, wanted = np.asarray(frame), (*expected.observation.depth.shape, 3)
    for name, picture in (("a frame", frame), ("a reference", reference)):
        if picture is not None and picture.shape != wanted:
            raise ShapeMismatch(name, picture.shape, "its observation", wanted)
    return Shading(Photograph.of(frame), expected, reference)


def study(shading: Shading, before: Earlier | None, state: State | None) -> Study:
    """What a frame tells.

    Args:
        shading: the frame and what its truth predicts.
        before: what the frame left that its observation's flow leads to; None of the first.
        state: the physics truth, where contacts are to be looked at apart.
    """
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
