"""The files that a scenario refers to: meshes, URDFs, MJCFs and textures."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from simgen import shelves
from simgen.errors import AssetError, InvalidScenario, UnknownName
from simgen.scenario.articulation import WORLD
from simgen.scenario.distribution import Choice
from simgen.scenario.mesh import read_texture
from simgen.scenario.mjcf_files import is_mjcf, mjcf_files
from simgen.scenario.robot import robot_model, robots
from simgen.scenario.scene import BodyProperties, PlacedBody, RobotPlacement
from simgen.scenario.shape import AnyShape, FileParameters, Mesh, Urdf
from simgen.scenario.surface import body_articulation, body_surfaces, hull, robot_articulation


def check_files(file: str, folder: Path | None, bodies: Mapping[str, BodyProperties], robot: RobotPlacement | None) -> None:
    """Open every file once, so that what is missing or broken is found before any simulator starts.

    Raises:
        InvalidScenario: naming the first key whose file is missing, empty or unreadable, or lacks what the scenario asks of it.
    """
    for name, body in bodies.items():
        for key, problem in _problems(name, body, folder):
            raise InvalidScenario(file, f"bodies.{name}.{key}", problem)
    if robot is not None:
        try:
            robot_articulation(robot.name)
        except AssetError as error:
            raise InvalidScenario(file, "robot.name", str(error)) from error
        arm = robot_model(robot.name).arm
        if robot.joints is not None and len(robot.joints) != len(arm):
            raise InvalidScenario(file, "robot.joints", f"must be {len(arm)} numbers, one a joint of the arm, got {len(robot.joints)}.")


def _problems(name: str, body: BodyProperties, folder: Path | None) -> Iterator[tuple[str, str]]:
    """What is wrong with the files of one body, by key."""
    if body.texture is not None:
        try:
            read_texture(shelves.asset(body.texture, folder))
        except AssetError as error:
            yield "texture", str(error)
    for key, shape in _shapes(body):
        if body.joints and not isinstance(shape, Urdf):
            yield "joints", f"only a urdf or mjcf has joints, and {key} is none; leave them out."
        for kind, parameters in _files(shape):
            # joints and scale may still be distributions, and neither bears on whether the file can be read
            bare = shape.model_copy(update={kind: parameters.model_copy(update={"scale": 1.0})})
            placed = PlacedBody(
                id=0, name=name, shape=bare, joints=dict.fromkeys(body.joints, 0.0), texture=body.texture,
                position=(0, 0, 0), orientation_wxyz=(1, 0, 0, 0),
            )  # fmt: skip
            said = "mjcf" if kind == "urdf" and is_mjcf(parameters.file) else kind
            yield from _opened(placed, f"{key}.{said}.file", folder)
            if isinstance(bare, Urdf) and not body.fixed and body_articulation(bare, folder).links[0] == WORLD:
                yield "fixed", f"must be true, for the base of {parameters.file} is the world that it stands in, not a thing."


def _opened(body: PlacedBody, key: str, folder: Path | None) -> Iterator[tuple[str, str]]:
    try:
        hull(body, folder)
    except AssetError as error:
        yield key, str(error)
    except UnknownName as error:
        yield "joints", str(error)
    try:
        body_surfaces(body, folder)
    except AssetError as error:
        yield "texture", str(error)


def _shapes(body: BodyProperties) -> Iterator[tuple[str, AnyShape]]:
    """Every shape that a body may take, with its key."""
    if not isinstance(body.shape, Choice):
        yield "shape", body.shape
        return
    for number, shape in enumerate(body.shape.choice):
        yield f"shape.choice.{number}", shape


def _files(shape: AnyShape) -> list[tuple[str, FileParameters]]:
    return [("mesh", shape.mesh)] if isinstance(shape, Mesh) else [("urdf", shape.urdf)] if isinstance(shape, Urdf) else []


def digests(bodies: Iterable[BodyProperties], robot: RobotPlacement | None, folder: Path | None) -> dict[str, str]:
    """SHA-256 of every file that drawn bodies and their robot refer to, by reference, and of all that an MJCF is made of."""
    found = {}
    for body in bodies:
        named = [parameters.file for _, parameters in _files(body.shape)] + [body.texture] * (body.texture is not None)
        for reference in named:
            found |= _digests(reference, folder)
    if robot is not None:
        found |= _digests(robot_model(robot.name).urdf, robots()[robot.name].parent)
    return found


def _digests(reference: str, folder: Path | None) -> dict[str, str]:
    """Of one file; files that an MJCF is made of are referred to as if they stood where it does."""
    path = shelves.asset(reference, folder)
    found = {reference: shelves.sha256(path)}
    for part in mjcf_files(path)[1:] if is_mjcf(path) else ():
        beside, slash, _ = reference.rpartition("/")
        found[f"{beside}{slash}{os.path.relpath(part, path.parent)}"] = shelves.sha256(part)
    return found
