"""Graded: a model whose numbers a preset and a level may give, and any of which may still be said beside them."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Discriminator, Tag, field_validator, model_validator

from simgen.errors import UnknownName
from simgen.scenario.distribution import DISTRIBUTIONS, Choice, Level, Model
from simgen.scenario.presets import Kind, distributions, names
from simgen.scenario.span import USUAL, WORST


def _name_kind(value: Any) -> str:
    return "choice" if isinstance(value, dict | Choice) else "name"


PresetName = Annotated[Annotated[str, Tag("name")] | Annotated[Choice[str], Tag("choice")], Discriminator(_name_kind)]


class Graded(Model):
    """Numbers that a preset may give.

    `rain`, `rain:3`, `{preset: rain}` and `{preset: rain, level: 3}` say the same. A preset gives every number that is not said beside
    it; where the preset or its level is itself drawn, the numbers follow when that is known (`settled`).
    """

    kind: ClassVar[Kind]
    preset: PresetName | None = None
    """A name of `presets.names(kind)`, or a choice of them; None where only numbers are said."""
    level: Level | None = None
    """0, none of it, to 5, the worst; 3 where a preset stands alone."""

    @field_validator("preset", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        named = value.get("choice", []) if isinstance(value, dict) else [value]
        for name in named if isinstance(named, list) else []:
            if isinstance(name, str) and name not in names(cls.kind):
                raise ValueError(str(UnknownName(cls.kind, name, names(cls.kind))))
        return value

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, data: Any) -> Any:
        """A preset's numbers, wherever preset and level are fixed and possible."""
        data = _said(data) if isinstance(data, str) else data
        if not isinstance(data, dict) or data.get("preset") is None:
            return data
        data = {"level": USUAL} | data
        name, level = data["preset"], data["level"]
        if not isinstance(name, str) or name not in names(cls.kind) or isinstance(level, bool) or level not in [*range(WORST + 1)]:
            return data
        return cls.plain() | distributions(cls.kind, name, int(level)) | data

    @model_validator(mode="after")
    def _graded(self):
        if self.level is not None and self.preset is None:
            raise ValueError(f"level goes with a preset; add one of: {', '.join(names(self.kind))}")
        return self

    @classmethod
    def plain(cls) -> dict[str, Any]:
        """Every number's default."""
        return {name: field.default for name, field in cls.model_fields.items() if name not in Graded.model_fields}

    def settled(self, path: str, leaf: Callable[[str], np.random.Generator]) -> "Graded":
        """The same with preset and level drawn and the preset's numbers, constants or distributions, in place.

        Args:
            path: where it stands in the scenario, dotted.
            leaf: path to generator, such as `Streams.leaf`.
        """
        if not isinstance(self.preset, Choice) and not isinstance(self.level, DISTRIBUTIONS):
            return self
        said = {name: getattr(self, name) for name in self.model_fields_set}
        drawn = {name: value.sample(leaf(f"{path}.{name}")) for name, value in said.items() if name in Graded.model_fields and _open(value)}
        return type(self).model_validate(said | drawn)


def _said(text: str) -> dict[str, Any]:
    """`rain` or `rain:3` as a mapping."""
    name, colon, level = text.partition(":")
    return {"preset": name} | ({"level": int(level) if level.isdecimal() else level} if colon else {})


def _open(value: Any) -> bool:
    return isinstance(value, (*DISTRIBUTIONS, Choice))
