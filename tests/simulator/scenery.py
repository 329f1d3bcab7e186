"""Scenes built in Python, every number given."""

from simgen.scenario.scene import Camera, PlacedBody, RobotPlacement, Scene

BOX = {"box": {"size": (0.05, 0.05, 0.05)}}
SPHERE = {"sphere": {"radius": 0.05}}
UPRIGHT = (1.0, 0.0, 0.0, 0.0)
GROUND = dict(name="ground", shape={"box": {"size": (2.0, 2.0, 0.1)}}, position=(0.0, 0.0, -0.05), fixed=True, friction=1.0, label="floor")
"""Its top is z = 0; friction 1, so that the friction of a pair is the other body's."""
CAMERA = Camera(position=(1.2, 0.9, 0.8), look_at=(0.45, 0.0, 0.1), width=96, height=64)


def body(name: str, shape: dict, position, orientation_wxyz=UPRIGHT, **properties) -> dict:
    """A body's fields but its id."""
    return {"name": name, "shape": shape, "position": position, "orientation_wxyz": orientation_wxyz} | properties


def scene(*bodies: dict, robot: bool = False, **settings) -> Scene:
    """A Scene of these bodies, numbered from 2, without a robot unless asked."""
    placed = [PlacedBody(**({"orientation_wxyz": UPRIGHT} | fields), id=number) for number, fields in enumerate(bodies, start=2)]
    stage = {"schema_version": 1, "name": "test", "cameras": {"front": CAMERA}, "robot": RobotPlacement() if robot else None}
    return Scene(**(stage | settings), seed=0, episode=0, bodies=tuple(placed))


def table(**settings) -> Scene:
    """The arm over a slab, with five bodies of five shapes on it and a wrist camera."""
    cameras = {"front": CAMERA, "wrist": Camera(position=(0.05, 0, 0.04), look_at=(0, 0, 0.2), width=64, height=64, mount=HAND)}
    bodies = (
        GROUND,
        body("cube", BOX, (0.45, 0.0, 0.026), friction=1.0, mass=0.1, colour=(0.8, 0.1, 0.1)),
        body("ball", {"sphere": {"radius": 0.03}}, (0.55, 0.1, 0.031)),
        body("can", {"cylinder": {"radius": 0.03, "height": 0.1}}, (0.5, -0.15, 0.051), colour=(0.1, 0.6, 0.2)),
        body(
            "pill", {"capsule": {"radius": 0.02, "height": 0.06}}, (0.6, -0.05, 0.051), (0.7071067811865476, 0.7071067811865476, 0.0, 0.0)
        ),
        body("slab", {"box": {"size": (0.1, 0.06, 0.02)}}, (0.4, 0.2, 0.011)),
    )
    return scene(*bodies, robot=True, **({"cameras": cameras} | settings))


HAND = {"body": "robot", "link": "panda_hand"}
