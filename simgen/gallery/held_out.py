"""Side by side on what no network was trained on: flat colour, controls, cheap light, the neural world and the path tracer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from simgen import simulator as simulators
from simgen.controls import depth_map, depth_range, edge_map, normal_map
from simgen.dataset.durable import write_json, writing
from simgen.gallery import CAPTION, MARGIN, MOMENT, run
from simgen.generate import arrange
from simgen.observation import Observation, State
from simgen.photography import lit_views, world_seed
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions, conditions_of
from simgen.simulator.raycast import RayCaster
from simgen.training.methods import FAULTLESS
from simgen.training.plan import planned
from simgen.training.scores import decibels, structure
from simgen.training.warping import changes, warping_error
from simgen.world import Appearance, ControlClip, World
from simgen.world.develop import metered
from simgen.world.neural.toning import toned

SEED = 2026
"""Root seed of the scenes shown, which is not that of any pairs."""
CAMERA = "front"


@dataclass(frozen=True)
class Shown:
    """One scene of the sheet, by its number in `training.plan`, with a light of its own."""

    number: int
    light: str
    caption: str


SHEET = (
    Shown(118, "overcast:1", "held-out weather: drizzle, in an office"),
    Shown(111, "workshop_lamps:2", "held-out room: laboratory, in dust"),
    Shown(13, "golden_hour:2", "held-out material: fabric, in a yard"),
    Shown(62, "warm_lamp:3", "held-out room: laboratory, in rain"),
    Shown(34, "window:2", "held-out room and material: laboratory, fabric, in frost"),
    Shown(76, "night:2", "held-out material: fabric, at night"),
)
"""Six scenes with something in them that no network was trained on."""
FILM = Shown(174, "morning:2", "held-out room and material: laboratory, fabric, in snow")
FRAMES = 100
"""Of the film, or as many as its run has."""
COLUMNS = ("simulator", "controls", "cheap light", "neural", "path-traced")
QUALITY, SMALL = 80, 60
"""Of the sheet's JPEG and of the film's WebP."""


@dataclass(frozen=True, eq=False)
class _Clip:
    """A stretch of a scene's run as its camera sees it, under steady conditions."""

    scene: Scene
    states: list[State]
    bare: list[Observation]
    """Before weather fell and light shone."""
    seen: tuple[Observation, ...]
    conditions: Conditions

    def drawn(self, world: World) -> np.ndarray:
        """Photographs, uint8, (T, H, W, 3)."""
        clip = ControlClip(self.seen, self.scene, tuple(self.states))
        return world.render(clip, Appearance(conditions=(self.conditions,)), seed=world_seed(self.scene)).frames


def held_out_sheet(
    out: str | Path, worlds: Sequence[World], *, size: int = 512, progress: Callable[[int, int], None] = lambda *_: None
) -> Path:
    """Draw `<out>/held_out.jpg`, a row a scene.

    Args:
        out: a folder.
        worlds: cheap light, neural and path tracer, in this order.
        size: width and height of a photograph in pixels.
        progress: told how many scenes are done, and of how many.

    Raises:
        CannotWrite: if the folder cannot be written.
    """
    rows = []
    for number, shown in enumerate(SHEET):
        progress(number, len(SHEET))
        clip = _clip(shown, size, 1)
        rows.append([clip.bare[0].albedo, _controls(clip)[0], *(clip.drawn(world)[0] for world in worlds)])
    page = _page(rows, [shown.caption for shown in SHEET])
    out = Path(out)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        page.save(out / "held_out.jpg", quality=QUALITY, optimize=True, progressive=True)
    return out / "held_out.jpg"


def film(out: str | Path, neural: World, traced: World, *, size: int = 256, frames: int = FRAMES) -> tuple[Path, dict]:
    """Draw `<out>/held_out.webp`, a film of flat colour, controls, the neural world and the path tracer; and say how near the last two
    are, which is also written as `held_out.json`.

    Args:
        out: a folder.
        neural: streams, frame after frame.
        traced: to be compared with.
        size: width and height of each picture in pixels.
        frames: how many follow each other.

    Raises:
        CannotWrite: if the folder cannot be written.
    """
    clip, out = _clip(FILM, size, frames), Path(out)
    ours, theirs = clip.drawn(neural), clip.drawn(traced)
    columns = [[one.albedo for one in clip.bare], _controls(clip), ours, theirs]
    pages = [Image.fromarray(np.concatenate(pictures, 1)) for pictures in zip(*columns, strict=True)]
    told = _compared(clip, ours, theirs)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        place = out / "held_out.webp"
        step_ms = 1000 // clip.scene.control_rate
        write_json(out / "held_out.json", told)
        pages[0].save(place, save_all=True, append_images=pages[1:], duration=step_ms, loop=0, quality=SMALL, method=4)
    return place, told


def _clip(shown: Shown, size: int, frames: int) -> _Clip:
    """So many frames around the middle of the run."""
    plan, engine = planned(shown.number, seed=SEED, size=size), simulators.make("pybullet")
    try:
        scene = arrange(plan.job, plan.episode, engine)
        played = [(state, engine.view(CAMERA)) for state, _ in run(scene, engine)]
    finally:
        engine.close()
    start = min(max(int(MOMENT * len(played)) - frames // 2, 0), max(len(played) - frames, 0))
    states, bare, caster = [], [], RayCaster.shared(scene)
    for state, view in played[start : start + frames]:
        last = (bare[-1], states[-1].link_pose) if bare else ()
        bare.append(caster.observe(view, state.link_pose, state.time_ns, *last))
        states.append(state)
    said = conditions_of(plan.weather, shown.light, None, seed=SEED, episode=shown.number)
    conditions = Conditions(said.weather, said.light, FAULTLESS)
    seen = lit_views(scene, states, {CAMERA: bare}, [conditions] * len(states))[CAMERA]
    return _Clip(scene, states, bare, seen, conditions)


def _controls(clip: _Clip) -> list[np.ndarray]:
    """Depth, normals, edges and direct light, each at half size, uint8, (H, W, 3)."""
    near, far = depth_range([one.depth for one in clip.bare])
    gain, found = metered(clip.seen[0].light), []
    for bare, seen in zip(clip.bare, clip.seen, strict=True):
        depth = np.rint(depth_map(bare.depth, near, far) * 255).astype(np.uint8)
        light = np.rint(np.clip(toned(seen.light * np.float32(gain)), 0, 1) * 255).astype(np.uint8)
        grey = [np.repeat(one[..., None], 3, -1) for one in (depth, edge_map(bare))]
        parts = [_half(one) for one in (grey[0], normal_map(bare.normal), grey[1], light)]
        found.append(np.concatenate([np.concatenate(parts[:2], 1), np.concatenate(parts[2:], 1)]))
    return found


def _half(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    return np.asarray(Image.fromarray(picture).resize((width // 2, height // 2), Image.Resampling.BOX))


def _compared(clip: _Clip, ours: np.ndarray, theirs: np.ndarray) -> dict:
    """How near the stream is to the path-traced film, and how restless both are along the exact flow."""
    errors = {}
    for name, frames in (("neural", ours), ("path_traced", theirs)):
        errors[name] = [warping_error(changes(*frames[n - 1 : n + 1], clip.seen[n].flow)) for n in range(1, len(frames))]
    return {
        "frames": len(ours),
        "psnr": round(float(np.mean([decibels(*pair) for pair in zip(ours, theirs, strict=True)])), 3),
        "ssim": round(float(np.mean([structure(*pair) for pair in zip(ours, theirs, strict=True)])), 4),
        "warping": {name: round(float(np.mean(values)), 3) for name, values in errors.items()},
        "warping_ratio": round(float(np.sum(errors["neural"]) / max(np.sum(errors["path_traced"]), 1e-9)), 3),
    }


def _page(rows: Sequence[Sequence[np.ndarray]], captions: Sequence[str]) -> Image.Image:
    """Rows of pictures, the names of the columns above and a caption below each row."""
    size, across = rows[0][0].shape[0], len(rows[0])
    height, width = size + CAPTION + MARGIN, size + MARGIN
    page = Image.new("RGB", (across * width + MARGIN, len(rows) * height + CAPTION + MARGIN), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=CAPTION - 6)
    for column, name in enumerate(COLUMNS):
        pen.text((MARGIN + column * width + 2, 4), name, fill="black", font=font)
    for row, (pictures, caption) in enumerate(zip(rows, captions, strict=True)):
        top = CAPTION + MARGIN + row * height
        for column, picture in enumerate(pictures):
            page.paste(Image.fromarray(picture), (MARGIN + column * width, top))
        pen.text((MARGIN + 2, top + size + 2), caption, fill="black", font=font)
    return page
