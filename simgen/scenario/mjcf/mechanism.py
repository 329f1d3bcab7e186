"""Bodies and joints of an MJCF as links and joints of a URDF."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

import mujoco
import numpy as np
from pyquaternion import Quaternion

from simgen.geometry import Pose
from simgen.scenario.mjcf.limits import WORLD
from simgen.scenario.mjcf.names import body_name, joint_name

SPECK = 1e-6
"""Share of all it carries that a link between two joints of one body weighs: it is only there to have a frame."""
SPECK_SIZE = 0.01
"""Metres: the radius of the ball that such a link weighs as."""
FAR = 1e3
"""Metres that an unlimited slide reaches: a URDF's has ends."""
STRONG = 1e3
"""N or N m of a motor whose strength the file does not say."""
SPEED = {"prismatic": 0.2, "other": 2.0}
"""m/s or rad/s that a motor reaches: an MJCF does not say."""


@dataclass(frozen=True, eq=False)
class Mechanism:
    """The links below one body of a compiled model."""

    model: mujoco.MjModel
    base: int
    """The body that is the base link."""

    def links(self) -> Iterator[tuple[int | None, Element]]:
        """Every link, the base first, with its body; None of one that only stands between two joints."""
        for body in self._bodies():
            for name in self._between(body):
                yield None, _speck(name, SPECK * self.model.body_subtreemass[body])
            yield body, self._link(body)

    def joints(self) -> Iterator[Element]:
        """The joints above all links but the base."""
        for body in self._bodies()[1:]:
            yield from self._chain(body)

    def _bodies(self) -> list[int]:
        """The base and what hangs below it, without what is moved by hand."""
        model, found = self.model, [self.base]
        for body in range(1, model.nbody):  # a parent's number is lower than its children's
            if model.body_parentid[body] in found and body != self.base and model.body_mocapid[body] < 0:
                found.append(body)
        return found

    def _link(self, body: int) -> Element:
        model, link = self.model, Element("link", name=body_name(self.model, body))
        carried = self._carried(body)
        if carried == [body]:
            link.append(_inertial(model.body_mass[body], _principal(model, body), np.diag(model.body_inertia[body])))
        else:
            link.append(self._together(body, carried))
        return link

    def _carried(self, body: int) -> list[int]:
        """The bodies whose mass a link has: its own, or of a body without mass that of all that is fixed to it.

        Engines take a base without mass for one that nothing can move.
        """
        top = self._top(body)
        if self.base == WORLD or self.model.body_mass[top] > 0:
            return [body]
        return [other for other in self._bodies() if self._top(other) == top] if body == top else []

    def _top(self, body: int) -> int:
        """The highest body that a body is fixed to."""
        while body != self.base and not self._moving(body):
            body = self.model.body_parentid[body]
        return int(body)

    def _together(self, body: int, carried: list[int]) -> Element:
        """The inertia of bodies that are fixed to one."""
        model = self.model
        masses, frames = model.body_mass[carried], [self._from(body, other) @ _principal(model, other) for other in carried]
        mass = float(masses.sum())
        centre = sum((weight * frame.position for weight, frame in zip(masses, frames, strict=True)), np.zeros(3)) / (mass or 1.0)
        matrix = np.zeros((3, 3))
        for other, frame in zip(carried, frames, strict=True):
            arm = frame.position - centre
            matrix += frame.rotation @ np.diag(model.body_inertia[other]) @ frame.rotation.T
            matrix += model.body_mass[other] * (arm @ arm * np.eye(3) - np.outer(arm, arm))
        return _inertial(mass, Pose(centre, Quaternion()), matrix)

    def _from(self, top: int, body: int) -> Pose:
        """top_T_body of a body that is fixed to another."""
        model, found = self.model, Pose.identity()
        while body != top:
            found = Pose.from_wxyz(model.body_pos[body], model.body_quat[body]) @ found
            body = model.body_parentid[body]
        return found

    def _moving(self, body: int) -> list[int]:
        """The joints of a body, in the order in which they move it."""
        first = self.model.body_jntadr[body]
        return [] if body == self.base else list(range(first, first + self.model.body_jntnum[body]))

    def _anchor(self, joint: int) -> np.ndarray:
        """Where a joint turns its body about, in the body's frame; a slide has no such place."""
        hinge = self.model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_HINGE
        return self.model.jnt_pos[joint] if hinge else np.zeros(3)

    def _between(self, body: int) -> list[str]:
        """Names of the links between a body's joints: the last joint's own is the body, if it turns about the body's origin."""
        joints = self._moving(body)
        last = bool(joints) and not self._anchor(joints[-1]).any()
        return [f"{body_name(self.model, body)}__{joint_name(self.model, joint)}" for joint in joints[: len(joints) - last]]

    def _chain(self, body: int) -> Iterator[Element]:
        """The joints from the parent's frame to the body's; each stands where the ones before it have moved it."""
        model, name = self.model, body_name(self.model, body)
        parent = body_name(model, model.body_parentid[body])
        here = Pose.from_wxyz(model.body_pos[body], model.body_quat[body])
        for joint, child in zip(self._moving(body), [*self._between(body), name], strict=False):
            yield self._joint(joint, parent, child, here)
            parent, here = child, Pose(-self._anchor(joint), Quaternion())
        if parent != name:
            mount = Element("joint", name=f"{name}__mount", type="fixed")
            mount.extend([Element("parent", link=parent), Element("child", link=name), origin(here)])
            yield mount

    def _joint(self, joint: int, parent: str, child: str, here: Pose) -> Element:
        model, axis = self.model, self.model.jnt_axis[joint]
        rest = -model.qpos0[model.jnt_qposadr[joint]]  # the file's pose is that of this position, not of 0
        limited = bool(model.jnt_limited[joint])
        if model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_SLIDE:
            kind, back = "prismatic", Pose(rest * axis, Quaternion())
        else:
            kind, back = "revolute" if limited else "continuous", Pose(np.zeros(3), Quaternion(axis=axis, angle=rest))
        made = Element("joint", name=joint_name(model, joint), type=kind)
        made.extend([Element("parent", link=parent), Element("child", link=child)])
        made.append(origin(here @ Pose(self._anchor(joint), Quaternion()) @ back))
        SubElement(made, "axis", xyz=numbers(axis))
        low, high = model.jnt_range[joint] if limited else (-FAR, FAR)
        ends = {} if kind == "continuous" else {"lower": repr(float(low)), "upper": repr(float(high))}
        SubElement(made, "limit", effort=repr(self._strength(joint)), velocity=repr(SPEED.get(kind, SPEED["other"])), **ends)
        dof = model.jnt_dofadr[joint]
        SubElement(made, "dynamics", damping=repr(float(model.dof_damping[dof])), friction=repr(float(model.dof_frictionloss[dof])))
        made.extend(self._mimic(joint))
        return made

    def _strength(self, joint: int) -> float:
        """Most that motors do to a joint."""
        model = self.model
        if model.jnt_actfrclimited[joint]:
            return float(np.abs(model.jnt_actfrcrange[joint]).max())
        mine = (model.actuator_trnid[:, 0] == joint) & (model.actuator_trntype == mujoco.mjtTrn.mjTRN_JOINT)
        mine &= model.actuator_forcelimited.astype(bool)
        return float((np.abs(model.actuator_forcerange).max(1) * np.abs(model.actuator_gear[:, 0]))[mine].sum()) or STRONG

    def _mimic(self, joint: int) -> Iterator[Element]:
        """MuJoCo's equality is one of distances from the file's pose."""
        model = self.model
        for equality in np.flatnonzero(model.eq_active0):
            if model.eq_type[equality] == mujoco.mjtEq.mjEQ_JOINT and model.eq_obj1id[equality] == joint:
                leader, (offset, factor) = model.eq_obj2id[equality], model.eq_data[equality, :2]
                own, other = (model.qpos0[model.jnt_qposadr[one]] for one in (joint, leader))
                numbered = {"multiplier": repr(float(factor)), "offset": repr(float(own + offset - factor * other))}
                yield Element("mimic", joint=joint_name(model, leader), **numbered)


def _speck(name: str, mass: float) -> Element:
    link = Element("link", name=name)
    link.append(_inertial(mass, Pose.identity(), 0.4 * mass * SPECK_SIZE**2 * np.eye(3)))
    return link


def _principal(model: mujoco.MjModel, body: int) -> Pose:
    """body_T_inertia: at the centre of mass, along the principal axes."""
    return Pose.from_wxyz(model.body_ipos[body], model.body_iquat[body])


def _inertial(mass: float, place: Pose, matrix: np.ndarray) -> Element:
    """Kilograms, and kg m2 about the place and along its axes, (3, 3)."""
    inertial = Element("inertial")
    inertial.append(origin(place))
    SubElement(inertial, "mass", value=repr(float(mass)))
    across = {f"i{'xyz'[a]}{'xyz'[b]}": repr(float(matrix[a, b])) for a in range(3) for b in range(a, 3)}
    SubElement(inertial, "inertia", across)
    return inertial


def origin(pose: Pose) -> Element:
    """A pose as URDFs say it: position, then angles about the fixed x, y and z axes, one after the other."""
    turn = pose.rotation
    level = np.hypot(turn[0, 0], turn[1, 0])
    if level > 1e-9:
        first, last = np.arctan2(turn[2, 1], turn[2, 2]), np.arctan2(turn[1, 0], turn[0, 0])
    else:  # x stands upright: only the sum of the other two angles matters
        first, last = np.arctan2(-turn[1, 2], turn[1, 1]), 0.0
    return Element("origin", xyz=numbers(pose.position), rpy=numbers((first, np.arctan2(-turn[2, 0], level), last)))


def numbers(values) -> str:
    """Numbers that read back exactly."""
    return " ".join(repr(float(value)) for value in values)
