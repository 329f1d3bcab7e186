"""Material: what a scenario says a body is made of. In YAML: `material: wood`, or `material: {kind: {choice: [wood, plastic]}}`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Discriminator, Tag, model_validator

from simgen.errors import UnknownName
from simgen.scenario.distribution import Choice, Fraction, Model, Number, Positive

Kind = Literal[
    "wood",
    "planks",
    "laminate",
    "metal",
    "painted_metal",
    "plastic",
    "rubber",
    "fabric",
    "concrete",
    "plaster",
    "asphalt",
    "ceramic",
    "tiles",
    "brick",
    "cardboard",
    "paper",
    "glass",
    "foliage",
]
KINDS: tuple[str, ...] = Kind.__args__


def _known_kind(value: Any) -> Any:
    named = value.get("choice", []) if isinstance(value, dict) else [value]
    for name in named if isinstance(named, list) else []:
        if isinstance(name, str) and name not in KINDS:
            raise ValueError(str(UnknownName("material", name, KINDS)))
    return value


def _tag(value: Any) -> str:
    return "choice" if isinstance(value, dict | BaseModel) else "name"


KindOrChoice = Annotated[
    Annotated[Choice[Kind], Tag("choice")] | Annotated[Kind, Tag("name")], Discriminator(_tag), BeforeValidator(_known_kind)
]


class Material(Model):
    """What a body is made of. Looks only: mass and friction are the body's own."""

    kind: KindOrChoice | None = None
    """None is what the body's class suggests, and keeps a texture that the asset brings."""
    wear: Fraction | None = None
    """Scratches, smudges and stains: 0 is new, 1 is worn out. None is what the class suggests."""
    scale: Positive = 1.0
    """Enlarges the pattern; 1 is its size in nature."""
    seed: Number | None = None
    """Which of the many looks of this kind. Drawn for every body of a Scene that gives none, so that no two look alike."""

    @model_validator(mode="before")
    @classmethod
    def _from_a_word(cls, data: Any) -> Any:
        """`material: wood` is `material: {kind: wood}`."""
        return {"kind": data} if isinstance(data, str) else data
