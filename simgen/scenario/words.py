"""Words: the same draw that lights, wets and pushes a scene, said for a world model and for a dataset."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from simgen.scenario import phrases
from simgen.scenario.conditions import Conditions
from simgen.scenario.scene import PlacedBody, Scene

SCENERY = ("floor", "wall", "room", "background", "goal", "marker")
"""Classes that are not counted among the objects."""
ALWAYS = "cartoon, painting, computer graphics, text, watermark, deformed objects, floating objects, extra objects, missing objects"
"""What is never wanted."""
NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()


@dataclass(frozen=True)
class Words:
    """One draw in words."""

    prompt: str
    """What the photograph shows, for a world model."""
    negative_prompt: str
    """What it must not show, separated by commas; nothing of it stands in the prompt."""
    caption: str
    """One sentence on weather, light and camera, and one on the task where there is one."""
    invariants: tuple[str, ...]
    """What every photograph of this scene has in common, whatever the conditions; sentences."""


def words(conditions: Conditions, scene: Scene | None = None) -> Words:
    """The words of one draw: the same numbers give the same words, and what nobody would notice is not said.

    Args:
        conditions: weather, light and sensor, all numbers fixed.
        scene: whose bodies and task are named; None where only arrays are known.
    """
    weather = [*phrases.falling(conditions.weather), *phrases.air(conditions.weather), *phrases.lying(conditions.weather)]
    light = phrases.illumination(conditions.weather, conditions.light)
    camera = phrases.camera(conditions.sensor)
    surroundings = f"{joined(weather or ['clear, dry air'])}, in {joined(light)}"
    seen = f", with {joined(camera)}" if camera else ""
    task = "" if scene is None or not scene.instruction else f" {_sentence(scene.instruction)}"
    return Words(
        prompt=f"A realistic photograph of {_subject(scene)}: {surroundings}{seen}.",
        negative_prompt=", ".join([ALWAYS, *_absent(conditions)]),
        caption=_sentence(f"{surroundings}{seen}") + task,
        invariants=_invariants(scene),
    )


def called(body: PlacedBody) -> str:
    """A body's colour, where it has a named one, and its class; its name where the class says nothing."""
    noun = (body.name if body.label == "object" else body.label).replace("_", " ")
    return f"{body.colour} {noun}" if isinstance(body.colour, str) else noun


def joined(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def _subject(scene: Scene | None) -> str:
    if scene is None:
        return "a robot's workplace"
    things = _counted(scene)
    if scene.robot is None:
        return joined(things) if things else "an empty room"
    return f"a robot arm with {joined(things)}" if things else "a robot arm"


def _counted(scene: Scene) -> list[str]:
    """Every object with its number, in the order of the scene."""
    count = Counter(called(body) for body in scene.bodies if body.label not in SCENERY)
    return [_article(noun) if number == 1 else f"{_number(number)} {_plural(noun)}" for noun, number in count.items()]


def _number(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _plural(noun: str) -> str:
    for ending, many in (("knife", "knives"), ("shelf", "shelves")):
        if noun.endswith(ending):
            return noun.removesuffix(ending) + many
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def _absent(conditions: Conditions) -> list[str]:
    """What such a picture is easily given and must not have: only what the numbers rule out."""
    weather, light, sensor = conditions.weather, conditions.light, conditions.sensor
    day = light.daylight >= phrases.INDOORS and light.environment is None
    ruled_out = {
        "rain": not weather.rain_mm_h,
        "snow": not weather.snow_mm_h and not weather.snow_cover,
        "fog": weather.visibility_m >= phrases.MURK[-1][0],
        "wet surfaces": not weather.wetness and not weather.rain_mm_h,
        "ice": not weather.ice,
        "hard sunlight": day and (light.elevation_deg < 0.0 or phrases.overcast(weather, light)),
        "daylight": day and light.elevation_deg < phrases.TWILIGHT[1][0],
        "night": day and light.elevation_deg >= 0.0,
        "water drops on the lens": not sensor.lens_drops,
        "motion blur": not sensor.shutter_s,
    }
    return [what for what, out in ruled_out.items() if out]


def _invariants(scene: Scene | None) -> tuple[str, ...]:
    """What neither weather nor light nor camera may change."""
    lasting = ["Every surface keeps its place, shape and size.", "The camera keeps its pose and its field of view."]
    if scene is None:
        return "The same objects are there, each itself and no other.", *lasting
    things = _counted(scene)
    there = f"Exactly these objects are there: {joined(things)}." if things else "No objects are there."
    robot = [] if scene.robot is None else ["The robot arm keeps its pose and its grip."]
    task = [f"The task is the same: {scene.instruction.rstrip('.')}."] if scene.instruction else []
    return there, "Every object keeps its identity, colour and material.", *robot, *lasting, *task
