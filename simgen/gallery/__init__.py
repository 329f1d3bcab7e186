"""Contact sheets: one instant of one scene under many weathers and lights, and one instant of many scenes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from simgen import simulator as simulators
from simgen import task as tasks
from simgen.dataset.durable import writing
from simgen.generate import Job, arrange, job_of
from simgen.observation import Observation, State
from simgen.randomness import stream
from simgen.rollout import demonstrate
from simgen.scenario.conditions import Conditions, conditions_of
from simgen.scenario.scene import Scene
from simgen.scenario.schedule import conditions_at
from simgen.scenario.words import words
from simgen.simulator import Simulator
from simgen.simulator.appearance import Appearances
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, ControlClip, World

MOMENT = 0.5
"""Share of an episode that has passed when its photograph is taken."""
ACROSS = 4
MARGIN, CAPTION = 6, 26
"""Pixels between photographs, and of the strip of words below each."""


@dataclass(frozen=True)
class Look:
    """What one photograph of a sheet shows."""

    scene: str
    weather: str | None = None
    """As on the command line, `rain:3`; None is the scene's own."""
    light: str | None = None
    sensor: str | None = None
    episode: int = 0

    @property
    def caption(self) -> str:
        """In a few words."""
        said = [part.replace("_", " ") for part in (self.weather, self.light, self.sensor) if part]
        return ", ".join([self.scene.replace("_", " "), *said])


_SHOWN = 3
"""The episode of the first sheet: whose room and table are plain enough to show what weather does."""
WEATHERS = tuple(
    Look("pick_place", weather, light, sensor, _SHOWN)
    for weather, light, sensor in [
        ("clear", "noon", None),
        ("clear", "golden_hour:4", None),
        ("overcast", "overcast", None),
        ("fog:3", "morning", None),
        ("rain:4", "overcast", "rainy_lens:2"),
        ("wet:5", "golden_hour:3", None),
        ("snow:4", "overcast", None),
        ("clear", "dusk:4", None),
        ("clear", "warm_lamp:4", None),
        ("clear", "workshop_lamps", None),
        ("storm:4", "spot", "night_gain:2"),
        ("dust:4", "hazy_sun", "glare:3"),
    ]
)
"""One scene under twelve weathers and lights."""
SCENES = tuple(
    Look(scene, light=light, episode=episode)
    for scene, episode, light in [
        ("pick_place", 1, "noon"),
        ("stack", 5, "morning"),
        ("open_drawer", 2, "window"),
        ("push", 8, "hazy_sun"),
        ("reach", 4, "workshop_lamps"),
        ("pick_place", 6, "golden_hour:3"),
        ("stack", 7, "overcast"),
        ("open_drawer", 9, "noon"),
        ("push", 11, "warm_lamp"),
        ("reach", 10, "morning"),
        ("pick_place", 12, "cool_lamp"),
        ("stack", 13, "spot:2"),
    ]
)
"""Twelve scenes, each with a room, materials, objects and a light of its own."""
SHEETS = {"weathers": WEATHERS, "scenes": SCENES}


def gallery(
    out: str | Path,
    *,
    world: World,
    simulator: str = "pybullet",
    size: int = 512,
    seed: int = 0,
    camera: str = "front",
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> list[Path]:
    """Draw every sheet of `SHEETS` as `<out>/<name>.jpg`, photographs of `size` x `size` pixels, four a row.

    Raises:
        UnknownName: if a scene has no such camera, or an engine, weather, light or sensor is unknown.
        CannotWrite: if the folder cannot be written.
    """
    out, done, whole, paths = Path(out), 0, sum(map(len, SHEETS.values())), []
    for name, looks in SHEETS.items():
        pictures = []
        for picture in photographs(looks, world=world, simulator=simulator, size=size, seed=seed, camera=camera):
            pictures.append(picture)
            done += 1
            progress(done, whole)
        with writing(out):
            out.mkdir(parents=True, exist_ok=True)
            paths.append(out / f"{name}.jpg")
            sheet(pictures, [look.caption for look in looks]).save(paths[-1], quality=72, optimize=True, progressive=True)
    return paths


def photographs(looks: Sequence[Look], *, world: World, simulator: str, size: int, seed: int, camera: str) -> Iterator[np.ndarray]:
    """The photograph of every look, sRGB, uint8, (size, size, 3). Looks of one episode of a scene share one run of its expert."""
    played: dict[tuple[str, int], Instant] = {}
    for look in looks:
        key = look.scene, look.episode
        if key not in played:
            job = job_of(look.scene, world=world.name, simulator=simulator, seed=seed, size=(size, size))
            played = {key: instant(job, look.episode, camera)}  # one at a time: pictures of this size are large
        conditions = conditions_of(look.weather, look.light, look.sensor, seed=seed, episode=look.episode, base=played[key].conditions)
        yield photograph(played[key], conditions, world)


@dataclass(frozen=True, eq=False)
class Instant:
    """What is needed to photograph one moment of an episode."""

    scene: Scene
    state: State
    observation: Observation

    @property
    def conditions(self) -> Conditions:
        """The scene's own."""
        return conditions_at(self.scene, self.state.time_ns)


def instant(job: Job, episode: int, camera: str) -> Instant:
    """The moment of an episode when `MOMENT` of it has passed."""
    engine = simulators.make(job.simulator)
    try:
        scene = arrange(job, episode, engine)
        steps = sum(1 for _ in run(scene, engine))
        state, _ = next(islice(run(scene, engine), int(MOMENT * steps), None))
        return Instant(scene, state, engine.observe(camera))
    finally:
        engine.close()


def run(scene: Scene, engine: Simulator) -> Iterator[tuple[State, np.ndarray | None]]:
    """Every instant of the expert's run, with its action."""
    engine.build(scene)
    state, task = engine.reset(scene.seed), tasks.make(scene, engine.links)
    return demonstrate(scene, engine, task, task.expert(stream(scene.seed, scene.episode, "expert")), state, Stopwatch())


def photograph(moment: Instant, conditions: Conditions, world: World) -> np.ndarray:
    """One moment under these conditions, sRGB, uint8, (H, W, 3)."""
    scene, observation = moment.scene, moment.observation
    if world.needs_light:
        observation = Appearances(scene, moment.state.link_pose).of(observation, moment.state.link_pose, conditions)
    said = words(conditions, scene)
    controls = ControlClip((observation,), scene, (moment.state,))
    return world.render(controls, Appearance(said.prompt, said.negative_prompt, (conditions,)), seed=scene.seed).frames[0]


def sheet(pictures: Sequence[np.ndarray], captions: Sequence[str]) -> Image.Image:
    """Photographs of one size side by side, their captions below."""
    height, width = pictures[0].shape[:2]
    down = -(-len(pictures) // ACROSS)
    page = Image.new("RGB", (ACROSS * (width + MARGIN) + MARGIN, down * (height + CAPTION + MARGIN) + MARGIN), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=CAPTION - 10)
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        row, column = divmod(number, ACROSS)
        left, top = MARGIN + column * (width + MARGIN), MARGIN + row * (height + CAPTION + MARGIN)
        page.paste(Image.fromarray(picture), (left, top))
        pen.text((left + 2, top + height + 4), caption, fill="black", font=font)
    return page
