"""Numbers that may be constants or distributions: what a scenario may write wherever it writes a number.

Each distribution is a model with one field of its own name, so that the YAML form is the model:
`mass: 0.2`, or `mass: {uniform: [0.1, 0.3]}`.
"""

from difflib import get_close_matches
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError
from scipy.special import log_ndtr, ndtri_exp

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Model(BaseModel):
    """A part of a scenario: unknown keys are refused, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        """Refuses unknown keys before pydantic does, to say which key may have been meant."""
        unknown = [key for key in data if key not in cls.model_fields] if isinstance(data, dict) else []
        if unknown:
            close = get_close_matches(str(unknown[0]), cls.model_fields, n=1)
            hint = f"did you mean '{close[0]}'? " if close else ""
            if isinstance(unknown[0], bool):
                hint = "YAML reads the bare words on, off, yes and no as true and false; "
            problem = f"is not a key; {hint}known: {', '.join(cls.model_fields)}."
            raise PydanticCustomError("unknown_key", "{problem}", {"key": str(unknown[0]), "problem": problem})
        return data


def _ordered(interval):
    low, high = interval
    if not low <= high:
        raise ValueError(f"the first number must not exceed the second, got [{low}, {high}]")
    return interval


Interval = Annotated[tuple[Finite, Finite], AfterValidator(_ordered)]


class Uniform(Model):
    """Any number of an interval, each as likely as the next."""

    uniform: Interval

    def sample(self, rng: np.random.Generator) -> float:
        return float(rng.uniform(*self.uniform))

    def support(self) -> tuple[float, float]:
        return self.uniform


class Bell(Model):
    """Parameters of a normal distribution."""

    mean: Finite
    std: Annotated[float, Field(gt=0)]


class Normal(Model):
    """The normal distribution, unbounded: where a sign matters, use truncated_normal."""

    normal: Bell

    def sample(self, rng: np.random.Generator) -> float:
        return float(rng.normal(self.normal.mean, self.normal.std))

    def support(self) -> tuple[float, float]:
        return (-np.inf, np.inf)


class TruncatedBell(Bell):
    """Parameters of a normal distribution cut to an interval."""

    low: Finite
    high: Finite

    @model_validator(mode="after")
    def _has_room(self):
        if not self.low < self.high:
            raise ValueError(f"low must be less than high, got {self.low} and {self.high}")
        return self


class TruncatedNormal(Model):
    """The normal distribution conditioned on an interval."""

    truncated_normal: TruncatedBell

    def sample(self, rng: np.random.Generator) -> float:
        """By inverting the distribution function, in logarithms and on its lower side, so that far tails are exact too."""
        bell, share = self.truncated_normal, rng.random()
        ends = sorted([(bell.low - bell.mean) / bell.std, (bell.high - bell.mean) / bell.std])
        side = -1.0 if ends[0] > 0 else 1.0
        low, high = sorted(side * end for end in ends)
        logarithm = log_ndtr(high) + np.log(share + (1 - share) * np.exp(log_ndtr(low) - log_ndtr(high)))
        return float(np.clip(bell.mean + side * bell.std * ndtri_exp(logarithm), bell.low, bell.high))

    def support(self) -> tuple[float, float]:
        return (self.truncated_normal.low, self.truncated_normal.high)


class LogUniform(Model):
    """Uniform in the logarithm: every factor as likely as the next."""

    log_uniform: Interval

    @model_validator(mode="after")
    def _positive(self):
        if self.log_uniform[0] <= 0:
            raise ValueError(f"log_uniform must start above 0, got {self.log_uniform[0]}")
        return self

    def sample(self, rng: np.random.Generator) -> float:
        low, high = self.log_uniform
        return float(np.clip(np.exp(rng.uniform(np.log(low), np.log(high))), low, high))

    def support(self) -> tuple[float, float]:
        return self.log_uniform


class IntegerRange(Model):
    """Any whole number of an interval, both ends included."""

    integer: Annotated[tuple[int, int], AfterValidator(_ordered)]

    def sample(self, rng: np.random.Generator) -> float:
        return float(rng.integers(self.integer[0], self.integer[1], endpoint=True))

    def support(self) -> tuple[float, float]:
        return self.integer


class Choice[T](Model):
    """One of a list, each as likely as the next or as `weights` say."""

    choice: Annotated[list[T], Field(min_length=1)]
    weights: list[Annotated[float, Field(ge=0)]] | None = None

    @model_validator(mode="after")
    def _weighted(self):
        if self.weights is not None and (len(self.weights) != len(self.choice) or sum(self.weights) <= 0):
            raise ValueError("weights must be one number a choice, not all zero")
        return self

    def sample(self, rng: np.random.Generator) -> T:
        weights = None if self.weights is None else np.asarray(self.weights) / sum(self.weights)
        return self.choice[rng.choice(len(self.choice), p=weights)]

    def support(self) -> tuple[float, float]:
        return (min(self.choice), max(self.choice))


KINDS = {
    "uniform": Uniform,
    "normal": Normal,
    "truncated_normal": TruncatedNormal,
    "log_uniform": LogUniform,
    "integer": IntegerRange,
    "choice": Choice[Finite],
}
DISTRIBUTIONS = tuple(KINDS.values())


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return next((kind for kind in KINDS if kind in value), "uniform")
    if isinstance(value, BaseModel):
        return next((kind for kind, model in KINDS.items() if isinstance(value, model)), "constant")
    return "constant"


def _known_kind(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str | list):
        raise ValueError(f"must be a number or a distribution such as {{uniform: [0, 1]}}, got {value!r}")
    if isinstance(value, dict) and not any(kind in value for kind in KINDS):
        raise ValueError(f"no distribution is called {next(iter(value), '')!r}; known: {', '.join(KINDS)}")
    return value


Number = Annotated[
    Annotated[Finite, Tag("constant")]
    | Annotated[Uniform, Tag("uniform")]
    | Annotated[Normal, Tag("normal")]
    | Annotated[TruncatedNormal, Tag("truncated_normal")]
    | Annotated[LogUniform, Tag("log_uniform")]
    | Annotated[IntegerRange, Tag("integer")]
    | Annotated[Choice[Finite], Tag("choice")],
    Discriminator(_kind),
    BeforeValidator(_known_kind),
]
"""A finite float, or a distribution over floats. In a Scene it is always a float."""


def _within(low: float, high: float, *, open_low: bool = False):
    """A check that a constant, or all of a distribution's support, lies in an interval."""

    def check(value):
        least, most = value.support() if isinstance(value, DISTRIBUTIONS) else (value, value)
        if least < low or most > high or (open_low and least <= low):
            interval = f"{'greater than' if open_low else 'at least'} {low:g}" + (f" and at most {high:g}" if high < np.inf else "")
            got = f"{value:g}" if isinstance(value, float) else f"a distribution reaching from {least:g} to {most:g}"
            raise ValueError(f"must be {interval}, got {got}")
        return value

    return AfterValidator(check)


Positive = Annotated[Number, _within(0.0, np.inf, open_low=True)]
"""Greater than 0."""
NonNegative = Annotated[Number, _within(0.0, np.inf)]
"""0 or greater."""
Fraction = Annotated[Number, _within(0.0, 1.0)]
"""From 0 to 1."""
FieldOfView = Annotated[Number, _within(1.0, 170.0)]
"""Degrees."""
Elevation = Annotated[Number, _within(-90.0, 90.0)]
"""Degrees above the horizon."""
ConeAngle = Annotated[Number, _within(0.0, 180.0, open_low=True)]
"""Degrees, the full angle."""


def _whole(value):
    """A check that a constant, or everything a distribution can give, is a whole number."""
    if isinstance(value, IntegerRange):
        return value
    values = value.choice if isinstance(value, Choice) else [value]
    if not all(isinstance(number, float) and number.is_integer() for number in values):
        raise ValueError("must be a whole number, {integer: [low, high]} or a choice of whole numbers")
    return value


Count = Annotated[Number, _within(0.0, 64.0), AfterValidator(_whole)]
"""A number of copies."""
Level = Annotated[Number, _within(0.0, 5.0), AfterValidator(_whole)]
"""How much of a preset: a whole number from 0, none of it, to 5, the worst."""

Vector = tuple[Number, Number, Number]
"""Three numbers."""
Size = tuple[Positive, Positive, Positive]
"""Three lengths in metres, each greater than 0."""
