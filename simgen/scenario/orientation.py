"""How a body is turned: the forms a scenario may write an orientation in."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, Discriminator, Tag, model_validator
from pyquaternion import Quaternion

from simgen.scenario.distribution import Model, Number, Vector


class Wxyz(Model):
    """A quaternion w, x, y, z of any length but zero."""

    wxyz: tuple[Number, Number, Number, Number]

    @model_validator(mode="after")
    def _turns(self):
        if all(number == 0.0 for number in self.wxyz):
            raise ValueError("wxyz must not be all zero; [1, 0, 0, 0] is no rotation")
        return self


class RollPitchYaw(Model):
    """Degrees about the world's x, then y, then z, as in a URDF."""

    rpy_deg: Vector


class Yaw(Model):
    """Degrees about the world's z, counter-clockwise from above."""

    yaw_deg: Number


class AxisAngle(Model):
    """Parameters of a rotation about one axis."""

    axis: Vector
    angle: Number
    """Degrees."""

    @model_validator(mode="after")
    def _has_a_direction(self):
        if all(number == 0.0 for number in self.axis):
            raise ValueError("axis must not be all zero; [0, 0, 1] points up")
        return self


class AxisAngleDegrees(Model):
    """A rotation about one axis."""

    axis_angle_deg: AxisAngle


class UniformRotation(Model):
    """Every orientation as likely as the next: uniform on SO(3)."""

    uniform_rotation: Literal[True]

    def sample(self, rng: np.random.Generator) -> Wxyz:
        """After Shoemake, "Uniform random rotations" (Graphics Gems III, 1992)."""
        u, a, b = rng.random(), rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi)
        small, large = np.sqrt(1 - u), np.sqrt(u)
        return Wxyz(wxyz=(large * np.cos(b), small * np.sin(a), small * np.cos(a), large * np.sin(b)))


KINDS = {
    "wxyz": Wxyz,
    "rpy_deg": RollPitchYaw,
    "yaw_deg": Yaw,
    "axis_angle_deg": AxisAngleDegrees,
    "uniform_rotation": UniformRotation,
}


def _kind(value: Any) -> str:
    keys = value if isinstance(value, dict) else type(value).model_fields
    return next(kind for kind in KINDS if kind in keys)


def _known_kind(value: Any) -> Any:
    if isinstance(value, BaseModel) or (isinstance(value, dict) and any(kind in value for kind in KINDS)):
        return value
    named = repr(next(iter(value), "")) if isinstance(value, dict) else repr(value)
    raise ValueError(f"no orientation is written as {named}; known: {', '.join(KINDS)}")


Orientation = Annotated[
    Annotated[Wxyz, Tag("wxyz")]
    | Annotated[RollPitchYaw, Tag("rpy_deg")]
    | Annotated[Yaw, Tag("yaw_deg")]
    | Annotated[AxisAngleDegrees, Tag("axis_angle_deg")]
    | Annotated[UniformRotation, Tag("uniform_rotation")],
    Discriminator(_kind),
    BeforeValidator(_known_kind),
]
"""One of the forms above."""


def yaw(angle: float) -> Quaternion:
    """A turn about the world's z by an angle in radians."""
    return Quaternion(axis=[0.0, 0.0, 1.0], angle=angle)


def quaternion(drawn: dict[str, Any]) -> Quaternion:
    """The rotation that a drawn orientation means; every number in it is fixed."""
    match drawn:
        case {"wxyz": wxyz}:
            return Quaternion(wxyz).normalised
        case {"rpy_deg": (roll, pitch, turn)}:
            about_x, about_y = Quaternion(axis=[1, 0, 0], degrees=roll), Quaternion(axis=[0, 1, 0], degrees=pitch)
            return yaw(np.deg2rad(turn)) * about_y * about_x
        case {"yaw_deg": turn}:
            return yaw(np.deg2rad(turn))
        case {"axis_angle_deg": {"axis": axis, "angle": angle}}:
            return Quaternion(axis=axis, degrees=angle)
    raise TypeError(f"not a drawn orientation: {drawn}")
