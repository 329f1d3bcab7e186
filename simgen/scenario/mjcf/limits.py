"""What of an MJCF a tree of rigid links cannot do: told in one sentence rather than left out."""

from collections.abc import Iterator
from pathlib import Path

import mujoco
import numpy as np

from simgen.errors import AssetError
from simgen.scenario.mjcf.names import body_name, joint_name

WORLD = 0
"""MuJoCo's body that everything stands in."""
FIELDS = {mujoco.mjtGeom.mjGEOM_HFIELD: "a height field", mujoco.mjtGeom.mjGEOM_SDF: "a distance field"}
"""Geoms that are no bodies with a surface of triangles."""


def check(path: Path, model: mujoco.MjModel) -> int:
    """The body that is the base: the one at the top, or WORLD.

    Raises:
        AssetError: if the file says what cannot be kept.
    """
    for problem in _problems(model):
        raise AssetError(path, problem)
    return _base(path, model)


def _base(path: Path, model: mujoco.MjModel) -> int:
    tops = [body for body in range(1, model.nbody) if model.body_parentid[body] == WORLD and model.body_mocapid[body] < 0]
    bare = not model.body_geomnum[WORLD]
    free = [body for body in tops if mujoco.mjtJoint.mjJNT_FREE in _joints(model, body)]
    if len(free) > 1:
        names = " and ".join(f"'{body_name(model, body)}'" for body in free[:2])
        raise AssetError(path, f"has {len(free)} bodies that move freely, {names} among them; give each a file of its own.")
    if free:
        others = [body_name(model, body) for body in tops if body not in free]
        solid = (model.geom_bodyid == WORLD) & (model.geom_type != mujoco.mjtGeom.mjGEOM_PLANE)
        if others or solid.any():
            beside = f"'{others[0]}'" if others else "a geom of the world"
            problem = f"'{body_name(model, free[0])}' moves freely beside {beside}, which hangs together with it by nothing"
            raise AssetError(path, f"{problem}; give each a file of its own.")
        return free[0]
    if not tops and bare:
        raise AssetError(path, "has no body and no geom; give it one.")
    return tops[0] if len(tops) == 1 and bare and not _joints(model, tops[0]) else WORLD


def _joints(model: mujoco.MjModel, body: int) -> set[mujoco.mjtJoint]:
    """Types of a body's joints."""
    first = model.body_jntadr[body]
    return {mujoco.mjtJoint(kind) for kind in model.jnt_type[first : first + model.body_jntnum[body]]}


def _problems(model: mujoco.MjModel) -> Iterator[str]:
    for joint in range(model.njnt):
        name, dof = joint_name(model, joint), model.jnt_dofadr[joint]
        if model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_BALL:
            yield f"'{name}' is a ball joint, which no engine here is told of; make it three hinges."
        if model.jnt_stiffness[joint] or model.jnt_stiffnesspoly[joint].any():
            yield f"the joint '{name}' has a spring, which no engine here is told of; set its stiffness to 0."
        if model.dof_dampingpoly[dof].any():
            yield f"the joint '{name}' is damped by more than its speed times a number; give its damping one number."
    for tendon in range(model.ntendon):
        if _matters(model, tendon):
            name = _called(model, mujoco.mjtObj.mjOBJ_TENDON, tendon)
            yield f"{name} limits, pulls or brakes joints, which no engine here is told of; take it out."
    for equality in range(model.neq):
        if model.eq_active0[equality] and not _follows(model, equality) and not _steers(model, equality):
            name = _called(model, mujoco.mjtObj.mjOBJ_EQUALITY, equality)
            yield f"{name} closes a loop or couples joints other than one by one and evenly, which a tree of links cannot; take it out."
    if model.nflex:
        yield "has something soft (flex), which no engine here is told of; take it out."
    for geom in range(model.ngeom):
        if kind := FIELDS.get(mujoco.mjtGeom(model.geom_type[geom])):
            yield f"{_called(model, mujoco.mjtObj.mjOBJ_GEOM, geom)} is {kind}; make it a mesh."


def _called(model: mujoco.MjModel, kind: mujoco.mjtObj, number: int) -> str:
    """Something by its name, or by its number among its like."""
    what = kind.name.removeprefix("mjOBJ_").lower()
    name = mujoco.mj_id2name(model, kind, number)
    return f"the {what} '{name}'" if name else f"{what} {number + 1}"


def _matters(model: mujoco.MjModel, tendon: int) -> bool:
    """Whether a tendon does something by itself, not only through an actuator."""
    told = (model.tendon_limited, model.tendon_stiffness, model.tendon_damping, model.tendon_frictionloss)
    curved = (model.tendon_stiffnesspoly, model.tendon_dampingpoly)
    return any(values[tendon] for values in told) or any(np.any(values[tendon]) for values in curved)


def _follows(model: mujoco.MjModel, equality: int) -> bool:
    """Whether it makes one joint follow another evenly, as a URDF's mimic."""
    pair = model.eq_obj2id[equality] >= 0
    return bool(model.eq_type[equality] == mujoco.mjtEq.mjEQ_JOINT and pair and not model.eq_data[equality, 2:5].any())


def _steers(model: mujoco.MjModel, equality: int) -> bool:
    """Whether it ties a body to one that is moved by hand from outside."""
    if mujoco.mjtEq(model.eq_type[equality]) not in (mujoco.mjtEq.mjEQ_WELD, mujoco.mjtEq.mjEQ_CONNECT):
        return False
    kind = mujoco.mjtObj(model.eq_objtype[equality])
    ends = model.eq_obj1id[equality], model.eq_obj2id[equality]
    bodies = ends if kind == mujoco.mjtObj.mjOBJ_BODY else [model.site_bodyid[end] for end in ends]
    return bool((model.body_mocapid[list(bodies)] >= 0).any())
