"""What bodies and joints of an MJCF are called where the file does not say."""

import mujoco


def body_name(model: mujoco.MjModel, body: int) -> str:
    """Of a body; of one without a name, `body_` and its number."""
    return model.body(body).name or f"body_{body}"


def joint_name(model: mujoco.MjModel, joint: int) -> str:
    """Of a joint; of one without a name, its body's and its number among that body's joints."""
    body = model.jnt_bodyid[joint]
    return model.joint(joint).name or f"{body_name(model, body)}_joint_{joint - model.body_jntadr[body] + 1}"
