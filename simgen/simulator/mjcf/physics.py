"""The physics of assemblies as MJCF (mujoco.readthedocs.io, XML reference)."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np

from simgen.geometry import Pose
from simgen.scenario.scene import Scene
from simgen.simulator.assembly import Assembly, Geom, Piece, Touch
from simgen.simulator.motor import Motors

JOINTS = {"revolute": "hinge", "continuous": "hinge", "prismatic": "slide"}
SMALLEST = 1e-9
"""Least moment of inertia, kg m2: the compiler takes none for 0."""
HIDDEN = "3"
"""Group of shapes that collide and are not looked at."""
IMPRATIO = "10"
"""How much harder friction is than the contact itself, against creep."""
HARD = (0.99, 0.999, 1e-3, 0.5, 2.0)
"""Impedance of contacts and of joints' limits: how little of a force gets past."""
STUCK = (0.999, 0.999, 1e-3, 0.5, 2.0)
"""The same of joints' friction, against creep."""
MENDED = 0.05
"""Share of an overlap that is made good in one physics step; what is mended by speed comes on top of a bounce."""


def lone(assembly: Assembly, motors: Motors | None = None) -> str:
    """One assembly by itself, whose shapes may touch everything.

    Bodies are called as in the link table, joints `body/joint`, shapes `link#number`. Nothing is actuated or seen; joints with a motor are
    as heavy as it makes them and have no brakes but it.
    """
    root, assets, world = _document(assembly.pieces[0].name)
    _add(assembly, assets, world, motors, touching=True)
    _mirror(root, motors)
    return tostring(root, encoding="unicode")


def whole(scene: Scene, assemblies: Sequence[Assembly], motors: Motors | None = None) -> str:
    """All of a Scene in one world, with names and motors as in `lone`; which shapes may touch, and how, is said pair by pair."""
    root, assets, world = _document(scene.name)
    step = {"timestep": repr(1.0 / scene.physics_rate), "gravity": _numbers(scene.gravity)}
    brake = _numbers((-MENDED * scene.physics_rate**2, -scene.physics_rate))
    hard = {"solreflimit": brake, "solimplimit": _numbers(HARD), "solreffriction": brake, "solimpfriction": _numbers(STUCK)}
    SubElement(SubElement(root, "default"), "joint", hard)
    SubElement(root, "option", integrator="Euler", cone="elliptic", impratio=IMPRATIO, tolerance="1e-10", **step)
    for assembly in assemblies:
        _add(assembly, assets, world, motors if assembly.id is None else None, touching=False)
    contact = SubElement(root, "contact")
    for first, second, one, other in _pairs(assemblies):
        SubElement(contact, "pair", geom1=first, geom2=second, **_meeting(one, other, scene.physics_rate))
    _mirror(root, motors)
    return tostring(root, encoding="unicode")


def _document(name: str) -> tuple[Element, Element, Element]:
    """Root, assets and world of a model."""
    root = Element("mujoco", model=name)
    SubElement(root, "compiler", angle="radian", inertiafromgeom="false", balanceinertia="true", autolimits="false")
    return root, SubElement(root, "asset"), SubElement(root, "worldbody")


def _mirror(root: Element, motors: Motors | None) -> None:
    """Fingers move alike."""
    if motors is not None:
        left, right = (f"robot/{name}" for name in motors.names[motors.arm :])
        SubElement(SubElement(root, "equality"), "joint", joint1=left, joint2=right)


def geom_name(piece: Piece, number: int) -> str:
    """Of one of a link's shapes."""
    return f"{piece.name}#{number}"


def joint_name(assembly: Assembly, piece: Piece) -> str:
    """Of what lets a link move."""
    return f"{assembly.pieces[0].name}/{piece.joint.name}"


def _pairs(assemblies: Sequence[Assembly]) -> Iterator[tuple[str, str, Touch, Touch]]:
    """Shapes that may touch, by name, and how they meet: those of two assemblies of which at least one can move."""
    shapes = [
        (place, piece.inertia is not None, geom_name(piece, number), geom.touch)
        for place, assembly in enumerate(assemblies)
        for piece in assembly.pieces
        for number, geom in enumerate(piece.geoms)
    ]
    for (place, moves, name, touch), (other_place, other_moves, other, other_touch) in combinations(shapes, 2):
        if place != other_place and (moves or other_moves):
            yield name, other, touch, other_touch


def _meeting(one: Touch, other: Touch, rate: int) -> dict[str, str]:
    """How two shapes meet.

    A contact is MuJoCo's spring and damper, a = -b v - k r; with b = (1 + e) / h and hardly a spring, a step h turns the velocity v
    into -e v.
    """
    slide = one.friction * other.friction
    spin = one.spinning * other.friction + other.spinning * one.friction
    roll = one.rolling * other.friction + other.rolling * one.friction
    damping = (1.0 + one.restitution * other.restitution) * rate
    return {
        "condim": "6" if roll > 0 else "4" if spin > 0 else "3",
        "friction": _numbers((slide, slide, spin, roll, roll)),
        "solref": _numbers((-MENDED * rate**2, -damping)),
        "solreffriction": _numbers((-MENDED * rate**2, -rate)),
        "solimp": _numbers(HARD),
    }


def _add(assembly: Assembly, assets: Element, world: Element, motors: Motors | None, *, touching: bool) -> None:
    made: list[Element] = []
    for piece in assembly.pieces:
        if piece.parent is None:
            body = SubElement(world, "body", name=piece.name, **_pose(assembly.world_T_base))
            if not assembly.fixed:
                SubElement(body, "freejoint", name=piece.name)
        else:
            body = SubElement(made[piece.parent], "body", name=piece.name, **_pose(piece.joint.origin))
            if piece.joint.type != "fixed":
                body.append(_joint(assembly, piece, motors))
        if piece.inertia is not None:
            moments = _numbers(np.maximum(piece.inertia.diagonal, SMALLEST))
            SubElement(body, "inertial", mass=repr(float(piece.inertia.mass)), diaginertia=moments, **_pose(piece.inertia.body_T_com))
        for number, geom in enumerate(piece.geoms):
            _shape(geom, geom_name(piece, number), body, assets, touching)
        made.append(body)


def _joint(assembly: Assembly, piece: Piece, motors: Motors | None) -> Element:
    low, high = piece.joint.limits
    said = {"damping": repr(piece.damping), "frictionloss": repr(piece.friction)}
    if motors is not None:
        said = {"armature": repr(float(motors.armature[motors.names.index(piece.joint.name)]))}
    if np.isfinite([low, high]).all() and low < high:
        said |= {"limited": "true", "range": _numbers((low, high))}
    kind = JOINTS[piece.joint.type]
    return Element("joint", name=joint_name(assembly, piece), type=kind, axis=_numbers(piece.joint.axis), **said)


def _shape(geom: Geom, name: str, body: Element, assets: Element, touching: bool) -> None:
    mask = str(int(touching))
    said = {"name": name, "contype": mask, "conaffinity": mask, "group": HIDDEN}
    said |= {"condim": "4", "friction": _numbers((geom.touch.friction, 0.0, 0.0))} | _pose(geom.link_T_geom)
    if geom.kind == "hull":
        SubElement(assets, "mesh", name=name, vertex=_numbers(geom.corners.reshape(-1)))
        SubElement(body, "geom", type="mesh", mesh=name, **said)
    else:
        SubElement(body, "geom", type=geom.kind, size=_numbers(geom.size), **said)


def _pose(pose: Pose) -> dict[str, str]:
    return {"pos": _numbers(pose.position), "quat": _numbers(pose.wxyz)}


def _numbers(values) -> str:
    """Numbers that read back exactly."""
    return " ".join(repr(float(value)) for value in values)
