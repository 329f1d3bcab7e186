"""Where a body stands relative to others. In YAML: `place: [{on_top_of: table, margin: 0.02}, {facing: robot}]`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Discriminator, Tag

from simgen.scenario.distribution import Interval, Model, NonNegative, Vector

SIDES = {"behind": 0.0, "left": 90.0, "front": 180.0, "right": -90.0}
"""Bearing of each side in degrees from the world's x axis: as seen by someone at the origin who looks along x."""


class OnTopOf(Model):
    """At rest on a body's highest level, the whole footprint on it."""

    on_top_of: str
    """A body with a level top."""
    margin: NonNegative = 0.005
    """Metres kept from the surface's edge and from every other body."""
    region: tuple[Interval, Interval] | None = None
    """Intervals of x and y in metres, in the surface's frame, for the body's origin; None is the whole top."""


class ClutterOn(Model):
    """At rest anywhere on a body's highest level, turned at random about the vertical."""

    clutter_on: str
    """A body with a level top."""
    margin: NonNegative = 0.005
    """Metres kept from the surface's edge."""
    gap: NonNegative = 0.01
    """Metres kept from every other body."""
    region: tuple[Interval, Interval] | None = None
    """As in on_top_of."""


class NextTo(Model):
    """Beside a body, on what that body stands on unless on_top_of or clutter_on says otherwise."""

    next_to: str
    side: Literal["left", "right", "front", "behind", "any"] = "any"
    """As seen from the origin along the world's x axis: left is +y, behind is +x."""
    distance: NonNegative = 0.05
    """Metres between the two surfaces where they are nearest."""
    margin: NonNegative = 0.005
    """Metres kept from every other body, and from the edge of what it stands on."""


class Inside(Model):
    """At rest on the bottom of a container."""

    inside: str
    """A body with a hollow that opens upwards."""
    margin: NonNegative = 0.005
    """Metres kept from the container's walls and from every other body."""


def _target(value: Any) -> str:
    return "name" if isinstance(value, str) else "point"


class Facing(Model):
    """Turned about the vertical until the body's x axis points at something."""

    facing: Annotated[Annotated[str, Tag("name")] | Annotated[Vector, Tag("point")], Discriminator(_target)]
    """A body, `robot`, or a point of the world in metres."""
    tolerance_deg: NonNegative = 0.0
    """The heading is off by up to so much either way."""


KINDS = {"on_top_of": OnTopOf, "clutter_on": ClutterOn, "next_to": NextTo, "inside": Inside, "facing": Facing}


def _kind(value: Any) -> str:
    keys = value if isinstance(value, dict) else type(value).model_fields
    return next(kind for kind in KINDS if kind in keys)


def _known_kind(value: Any) -> Any:
    if isinstance(value, BaseModel) or (isinstance(value, dict) and any(kind in value for kind in KINDS)):
        return value
    named = next(iter(value), "") if isinstance(value, dict) else value
    hint = " (YAML reads the bare word on as true; write on_top_of)" if named is True else ""
    raise ValueError(f"no relation is called {named!r}{hint}; known: {', '.join(KINDS)}")


Relation = Annotated[
    Annotated[OnTopOf, Tag("on_top_of")]
    | Annotated[ClutterOn, Tag("clutter_on")]
    | Annotated[NextTo, Tag("next_to")]
    | Annotated[Inside, Tag("inside")]
    | Annotated[Facing, Tag("facing")],
    Discriminator(_kind),
    BeforeValidator(_known_kind),
]
"""One of the relations above."""


def reference(relation: Relation) -> str | None:
    """The body, or `robot`, that a relation refers to; None for a point."""
    named = getattr(relation, _kind(relation))
    return named if isinstance(named, str) else None


def in_order(references: Mapping[str, Sequence[str]]) -> list[str]:
    """Names so that each follows all it refers to: those that refer to none first, otherwise as they stand.

    A name that refers in a circle, or to what is not there, is left out.
    """
    waiting, placed = sorted(references, key=lambda name: bool(references[name])), []
    while ready := next((name for name in waiting if set(references[name]) <= set(placed)), None):
        waiting.remove(ready)
        placed.append(ready)
    return placed
