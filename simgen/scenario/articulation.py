"""A URDF, or an MJCF said as one, as links and joints: what moves against what, with no geometry loaded."""

from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import yourdfpy
from pyquaternion import Quaternion

from simgen import shelves
from simgen.errors import AssetError, UnknownName
from simgen.geometry import Pose, locked
from simgen.scenario.mjcf_files import is_mjcf

KINDS = {"fixed", "revolute", "continuous", "prismatic"}
MJCF = "simgen.scenario.mjcf.convert"
"""Says an MJCF as a URDF; imported only where there is one, for it needs MuJoCo."""
WORLD = "world"
"""Name of a base link that is no thing but the place where one stands."""


@dataclass(frozen=True)
class Mimic:
    """A joint that follows another: position = multiplier * followed + offset."""

    joint: str
    multiplier: float
    offset: float


@dataclass(frozen=True, eq=False)
class Joint:
    """What lets one link move against another."""

    name: str
    type: str
    """`fixed`, `revolute`, `continuous` or `prismatic`."""
    parent: str
    child: str
    origin: Pose
    """parent_T_joint: where the child link's frame stands at position 0."""
    axis: np.ndarray
    """Unit axis in the joint's frame, float64, (3,)."""
    limits: tuple[float, float]
    """Lowest and highest position, radians or metres; infinite for a continuous joint."""
    mimic: Mimic | None = None

    def motion(self, position: float) -> Pose:
        """joint_T_child at a position in radians or metres."""
        if self.type == "fixed":
            return Pose.identity()
        if self.type == "prismatic":
            return Pose(self.axis * position, Quaternion())
        return Pose(np.zeros(3), Quaternion(axis=self.axis, angle=position))


@dataclass(frozen=True, eq=False)
class Articulation:
    """The kinematic tree of a URDF."""

    file: Path
    links: tuple[str, ...]
    """Names, the base first, then depth first in the order of the file."""
    joints: tuple[Joint, ...]
    """The joint above each link but the base, in the order of `links`: joints[i] moves links[i + 1]."""
    scale: float
    """What the file's lengths were multiplied by; already in `joints`."""
    robot: yourdfpy.Robot = field(repr=False)
    """The file as parsed, not scaled, for the shapes and materials of its links."""

    def forward(self, joints: dict[str, float]) -> list[Pose]:
        """base_T_link of every link, in the order of `links`; joints that are not named stand at 0.

        Args:
            joints: joint name to position, radians or metres; a mimic joint follows its leader unless it is named itself.

        Raises:
            UnknownName: if a joint is not in the URDF.
        """
        by_name = {joint.name: joint for joint in self.joints}
        for name in joints:
            if name not in by_name:
                raise UnknownName("joint", name, by_name)
        poses = {self.links[0]: Pose.identity()}
        for joint in self.joints:
            poses[joint.child] = poses[joint.parent] @ joint.origin @ joint.motion(_position(joint, joints, by_name))
        return [poses[link] for link in self.links]


def _position(joint: Joint, positions: dict[str, float], by_name: dict[str, Joint]) -> float:
    if joint.name in positions or joint.mimic is None:
        return float(positions.get(joint.name, 0.0))
    leader = by_name[joint.mimic.joint]
    return joint.mimic.multiplier * _position(leader, positions, by_name) + joint.mimic.offset


def articulation(path: Path, scale: float = 1.0) -> Articulation:
    """Read a URDF or an MJCF, its lengths (prismatic limits among them) multiplied by `scale`; remembered until the file changes.

    A file whose name ends in .xml or .mjcf is an MJCF and read as the URDF that `simgen.scenario.mjcf.convert` writes of it.

    Raises:
        AssetError: if it has not one base, every link below it exactly once and joints of known kinds, or what it is made of is missing.
        MissingExtra: if it is an MJCF and MuJoCo is not installed.
    """
    if is_mjcf(path):
        path = import_module(MJCF).urdf(path)
    return _read(path, shelves.sha256(path), scale)


@lru_cache(maxsize=128)
def _read(path: Path, digest: str, scale: float) -> Articulation:
    try:
        ElementTree.parse(path)  # yourdfpy would log broken XML, guess at it and go on
        robot = yourdfpy.URDF.load(str(path), load_meshes=False, build_scene_graph=False).robot
    except Exception as error:  # whatever the XML parser or the URDF reader trips over is the file's fault
        raise AssetError(path, f"cannot be read as a URDF ({error}); check its XML.") from error
    below = {link.name: [] for link in robot.links}
    for joint in (_joint(path, joint, scale) for joint in robot.joints):
        for link in (joint.parent, joint.child):
            if link not in below:
                raise AssetError(path, f"joint '{joint.name}' names a link '{link}' that does not exist; add it or mend the name.")
        below[joint.parent].append(joint)
    joints = _depth_first(path, below)
    base = next(link for link in below if link not in {joint.child for joint in joints})
    leaders = {joint.name for joint in joints if joint.mimic is None}
    for joint in joints:
        if joint.mimic is not None and joint.mimic.joint not in leaders:
            raise AssetError(path, f"joint '{joint.name}' mimics '{joint.mimic.joint}'; name a joint that exists and mimics no other.")
    return Articulation(path, (base, *(joint.child for joint in joints)), joints, scale, robot)


def _depth_first(path: Path, below: dict[str, list[Joint]]) -> tuple[Joint, ...]:
    children = [joint.child for joints in below.values() for joint in joints]
    bases = [link for link in below if link not in children]
    if len(bases) != 1:
        raise AssetError(path, f"has {len(bases)} links without a parent; a URDF needs exactly one base.")
    ordered, waiting = [], list(reversed(below[bases[0]]))
    while waiting:
        ordered.append(waiting.pop())
        waiting.extend(reversed(below[ordered[-1].child]))
        if len(ordered) >= len(below):
            break
    if len(ordered) != len(below) - 1 or len(set(children)) != len(children):
        raise AssetError(path, "has a link with two parents or a loop; every link must hang below the base exactly once.")
    return tuple(ordered)


def _joint(path: Path, joint: yourdfpy.Joint, scale: float) -> Joint:
    if joint.type not in KINDS:
        raise AssetError(path, f"joint '{joint.name}' is of type '{joint.type}'; use one of {', '.join(sorted(KINDS))}.")
    axis = np.asarray([1.0, 0.0, 0.0] if joint.axis is None else joint.axis, dtype=np.float64)
    length = np.linalg.norm(axis)
    if length == 0 and joint.type != "fixed":
        raise AssetError(path, f"joint '{joint.name}' has an axis of length 0; give it a direction.")
    origin = Pose.identity() if joint.origin is None else Pose.from_matrix(joint.origin)
    origin = Pose(scale * origin.position, origin.orientation)
    limits = (-np.inf, np.inf)
    if joint.limit is not None and joint.type != "continuous":
        unit = scale if joint.type == "prismatic" else 1.0
        limits = (unit * _number(joint.limit.lower), unit * _number(joint.limit.upper))
    mimic = None
    if joint.mimic is not None:
        mimic = Mimic(joint.mimic.joint, _number(joint.mimic.multiplier, 1.0), _number(joint.mimic.offset))
    return Joint(joint.name, joint.type, joint.parent, joint.child, origin, locked(axis / max(length, 1e-12)), limits, mimic)


def _number(value: float | None, otherwise: float = 0.0) -> float:
    return otherwise if value is None else float(value)
