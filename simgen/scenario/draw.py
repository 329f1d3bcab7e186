"""Drawing: one Scene of the many a Scenario allows."""

from pydantic import ValidationError

from simgen.geometry import Pose
from simgen.scenario.complaint import invalid
from simgen.scenario.files import digests
from simgen.scenario.placement import arrange
from simgen.scenario.resolve import Streams, resolve
from simgen.scenario.scenario import Body, Scenario
from simgen.scenario.scene import ROBOT_ID, BodyProperties, RobotPlacement, Scene, Stage

LAYOUT = ("position", "orientation")
"""What is drawn while the body's place is searched."""


def draw(scenario: Scenario, seed: int, episode: int, attempt: int = 0) -> Scene:
    """One concrete draw.

    Every value is drawn from a stream named after its key, so that turning one into a constant leaves all others as they
    were. Another `attempt` keeps every value but where the bodies stand.

    Args:
        scenario: what to draw from.
        seed: the root seed.
        episode: number of the episode; the same alone and in a batch.
        attempt: how many arrangements of this episode were rejected already.

    Raises:
        PlacementFailed: if no arrangement fits.
        InvalidScenario: if what was drawn is no possible scene.
    """
    streams = Streams(seed, episode, attempt)
    drawn = {name: resolve(getattr(scenario, name), name, streams.leaf) for name in Stage.model_fields}
    try:
        robot = None if drawn["robot"] is None else RobotPlacement.model_validate(drawn["robot"])
        bodies = _bodies(scenario, streams)
        poses = arrange(scenario.file, bodies, robot, streams, scenario.folder)
        ids = _ids(scenario)
        drawn |= {
            "seed": seed,
            "episode": episode,
            "attempt": attempt,
            "bodies": [_placed(body, name, ids[name], poses[name]) for name, body in bodies.items()],
            "assets": digests(bodies.values(), robot, scenario.folder),
            "folder": None if scenario.folder is None else str(scenario.folder),
        }
        return Scene.model_validate(drawn)
    except ValidationError as error:
        raise invalid(scenario.file, drawn, error) from error


def _bodies(scenario: Scenario, streams: Streams) -> dict[str, Body]:
    """Every copy of every body, drawn but for its layout."""
    found = {}
    for kind, body in scenario.bodies.items():
        count = int(resolve(body.count, f"bodies.{kind}.count", streams.leaf))
        for name in body.copies(kind)[:count]:
            data = {
                field: resolve(getattr(body, field), f"bodies.{name}.{field}", streams.leaf)
                for field in Body.model_fields
                if field not in (*LAYOUT, "count")
            }
            if data["material"]["seed"] is None:
                data["material"]["seed"] = float(streams.leaf(f"bodies.{name}.material.seed").integers(2**31))
            found[name] = Body.model_validate(data | {field: getattr(body, field) for field in LAYOUT})
    return found


def _ids(scenario: Scenario) -> dict[str, int]:
    """The id of every copy there may be: the same however many were drawn."""
    names = [name for kind, body in scenario.bodies.items() for name in body.copies(kind)]
    return {name: number for number, name in enumerate(names, start=ROBOT_ID + 1)}


def _placed(body: Body, name: str, number: int, pose: Pose) -> dict:
    """Plain data of a PlacedBody."""
    properties = body.model_dump(include=set(BodyProperties.model_fields))
    return properties | {"id": number, "name": name, "position": pose.position.tolist(), "orientation_wxyz": pose.wxyz.tolist()}
