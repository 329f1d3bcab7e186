"""The command line: each command is a function; its signature is the interface and its docstring the help."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console
from rich.progress import Progress

from simgen.cli_environment import Control, Preset, Whole, serve
from simgen.cli_importing import importing
from simgen.cli_simulator import compare_engines, conformance
from simgen.cli_training import evaluate, pairs, train
from simgen.errors import InvalidValue, SimGenError, UnknownName
from simgen.terminal import following, understood

# A command imports its rooms when it runs: `simgen --help` waits for no simulator.

Labels = Literal["none", "lerobot"]
Gate = Literal["off", "flag", "retry", "replace", "drop"]
TRAINING = "--policy.type=act --policy.push_to_hub=false --policy.pretrained_backbone_weights=null"
"""Trains on a laptop without a network; with one, leave the last flag out and the backbone starts from ImageNet."""
Root = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="ROOT")]
What = tyro.conf.arg(metavar="WHAT")


def generate(
    scene: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SCENE")],
    *,
    out: Path,
    episodes: int = 10,
    seed: int = 0,
    start: int = 0,
    world: str = "neural",
    weather: Preset = None,
    light: Preset = None,
    sensor: Preset = None,
    gate: Gate | None = None,
    simulator: str = "pybullet",
    control: Control | None = None,
    labels: Labels = "none",
    keep_failed: bool = False,
    overwrite: bool = False,
    workers: Whole = None,
    width: Whole = None,
    height: Whole = None,
) -> None:
    """Record episodes of a scene as a LeRobot dataset with exact ground truth.

    Args:
        scene: A name from `simgen list scenes`, or a YAML file.
        out: Folder of the dataset.
        episodes: How many to keep.
        seed: Root seed; the same seed makes the same episodes, byte for byte.
        start: Number of the first episode.
        world: Who draws the photographs, from `simgen list worlds`.
        weather: Instead of the scene's own, a name from `simgen list weathers` and a level from 0 to 5: `rain:4`.
        light: The same, from `simgen list lights`.
        sensor: The same, from `simgen list sensors`.
        gate: For photographs that do not show what the physics says. `off`: nobody looks. `flag`: they are marked; the
            default of every world but `raw`. `retry`: they are drawn again first. `replace`: then by `preview`. `drop`: they
            are drawn again, and an episode of which more than 5 % still fail is left out.
        simulator: Who does the physics, from `simgen list simulators`.
        control: What actions mean, instead of the scene's own.
        labels: `lerobot` adds depth and segmentation as features LeRobot itself reads.
        keep_failed: Keep the attempts in which the expert failed, too.
        overwrite: Replace a finished dataset.
        workers: Processes; by default one a core.
        width: Of every camera in pixels, instead of the scene's own.
        height: Of every camera in pixels, instead of the scene's own.
    """
    if (width is None) != (height is None):
        raise InvalidValue("--width, --height", (width, height), "given together")
    size = None if width is None else (width, height)
    from simgen.generate import job_of
    from simgen.scenario.override import Override

    override = Override(weather, light, sensor)
    job_of(scene, world=world, simulator=simulator, control=control, size=size, override=override)  # a slip is told before LeRobot loads
    from simgen.record import record

    with following(out, "Recording episodes") as progress:
        root = record(
            scene,
            out,
            episodes=episodes,
            seed=seed,
            start=start,
            world=world,
            weather=weather,
            light=light,
            sensor=sensor,
            gate=gate,
            simulator=simulator,
            control=control,
            size=size,
            labels=labels,
            keep_failed=keep_failed,
            overwrite=overwrite,
            workers=workers,
            progress=progress,
        )
    print(f"Dataset  {root}  ({episodes} episodes; {progress.failed} attempts failed)")
    print(f"Look     simgen view {root}")
    print(f"Check    simgen check {root}")
    print(f"Train    lerobot-train --dataset.repo_id=local/{root.name} --dataset.root={root} {TRAINING} --output_dir={root}-act")


def render(
    root: Root,
    *,
    out: Path,
    world: str = "neural",
    weather: Preset = None,
    light: Preset = None,
    sensor: Preset = None,
    materials: bool = False,
    seed: int = 0,
    episodes: Annotated[tuple[int, ...] | None, tyro.conf.arg(metavar="INT [INT ...]")] = None,
    gate: Gate | None = None,
    assets: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None,
    overwrite: bool = False,
    workers: Whole = None,
) -> None:
    """Photograph a recorded dataset anew: other weather, light, camera, materials or world, the same physics.

    Args:
        root: Folder of a dataset; one that is not SimGen's needs depth and segmentation beside its pictures.
        out: Folder of the new dataset.
        world: Who draws the photographs, from `simgen list worlds`.
        weather: Instead of the recorded, a name from `simgen list weathers` and a level from 0 to 5: `rain:4`.
        light: The same, from `simgen list lights`.
        sensor: The same, from `simgen list sensors`.
        materials: Give surfaces another look of the same kind.
        seed: Of everything that is drawn here.
        episodes: Which ones, from 0; all by default.
        gate: As in `simgen generate`.
        assets: Folder of the files that stood beside the scenario, where it had its own.
        overwrite: Replace a finished dataset.
        workers: Processes; by default one a core.
    """
    from simgen.dataset.whole import SUMMARY
    from simgen.render import render as photograph

    with following(out, "Rendering episodes") as progress:
        made = photograph(
            root,
            out,
            world=world,
            weather=weather,
            light=light,
            sensor=sensor,
            materials=materials,
            seed=seed,
            episodes=episodes,
            gate=gate,
            assets=assets,
            overwrite=overwrite,
            workers=workers,
            progress=progress,
        )
    print(f"Dataset  {made}  ({progress.kept} episodes; {progress.failed} left out)")
    if (made / SUMMARY).is_file():  # what came from elsewhere has no truth to be looked at or judged by
        print(f"Look     simgen view {made}")
        print(f"Verify   simgen verify {made}")


def verify(
    root: Root,
    *,
    html: Path | None = None,
    limits: Path | None = None,
    most_failing: float = 0.05,
    calibrate: Path | None = None,
) -> int:
    """Measure whether a dataset's photographs show what its physics says; status 1 where too many do not.

    Args:
        root: Folder of a dataset.
        html: Write a page with the worst frames, too.
        limits: A file of limits to judge by, instead of those that SimGen brings for the dataset's world.
        most_failing: Share of frames that may fail.
        calibrate: Judge nothing, but take this dataset for sound and write the limits that it keeps to this file.
    """
    from simgen.audit import calibrate_datasets, verify_dataset

    if calibrate is not None:
        print(calibrate_datasets([root], calibrate))
        return 0
    report = verify_dataset(root, limits=limits, most_failing=most_failing)
    print(report)
    if html is not None:
        report.write_html(html)
        print(f"Page     {html.resolve()}")
    return 0 if report.passed else 1


def view(root: Root, *, episode: int = 0, out: Path | None = None, rerun: bool = False) -> None:
    """Draw an episode as one self-contained page: pictures, exact maps, plots and the scene's numbers.

    Args:
        root: Folder of a dataset.
        episode: Which one, from 0.
        out: The page, by default beside the dataset; with --rerun a recording, by default none.
        rerun: Open the episode in the rerun viewer instead.
    """
    if rerun:
        from simgen import dataset
        from simgen.view.rerun import view_rerun

        view_rerun(dataset.open(root)[episode], out)
        return
    from simgen.view import view as draw

    print(f"Page     {draw(root, out, episode).resolve()}")


def check(root: Root) -> int:
    """Check a dataset: does every row agree with its videos and its physics truth?

    Args:
        root: Folder of a dataset.
    """
    from simgen.testing import check_dataset

    report = check_dataset(root)
    print(report)
    return 0 if report.passed else 1


def export(root: Root, *, out: Path, episode: int = 0, camera: str | None = None) -> None:
    """Write an episode's control clips for Cosmos: rgb, depth, segmentation and edges as PNG and MP4, with a spec.

    Args:
        root: Folder of a dataset.
        out: Where the clips go, one folder a camera.
        episode: Which one, from 0.
        camera: One camera's name; all by default.
    """
    from simgen import dataset
    from simgen.export import export_clip

    record = dataset.open(root)[episode]
    if camera is not None and camera not in record.clips:
        raise UnknownName("camera", camera, record.clips)
    for name in [camera] if camera else record.clips:
        seen, frames = record.trajectory.observations[name], record.clips[name].frames
        scene = record.scene
        clip = export_clip(
            tuple(seen), out / name, rate=scene.control_rate, frames=frames, number=episode, name=scene.name, prompt=scene.instruction
        )
        print(f"Clip     {clip}")


def gallery(*, out: Path, world: str = "pathtrace", simulator: str = "pybullet", size: int = 512, seed: int = 0) -> None:
    """Photograph one scene under twelve weathers and lights, and twelve scenes, as two contact sheets.

    Args:
        out: Where `weathers.jpg` and `scenes.jpg` go.
        world: Who draws the photographs, from `simgen list worlds`.
        simulator: Who does the physics, from `simgen list simulators`.
        size: Width and height of a photograph in pixels.
        seed: Root seed.
    """
    if size < 8:
        raise InvalidValue("--size", size, "at least 8")
    from simgen import world as worlds
    from simgen.gallery import gallery as draw

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        line = bar.add_task("Taking photographs", total=None)
        sheets = draw(
            out,
            world=worlds.make(world),
            simulator=simulator,
            size=size,
            seed=seed,
            progress=lambda done, whole: bar.update(line, completed=done, total=whole),
        )
    for path in sheets:
        print(f"Sheet    {path}")


def listing(what: Annotated[str | None, tyro.conf.Positional, What] = None) -> None:
    """List what can be named: scenes, worlds, weathers, lights, sensors, simulators, tasks and robots.

    Args:
        what: One of them; all by default. `weathers`, `lights` and `sensors` alone show what every level from 0 to 5 means,
            and `simulators` what checks found out about each.
    """
    from simgen import shelves, simulator, task, world
    from simgen.scenario import presets
    from simgen.scenario.robot import robots

    known: dict[str, Mapping[str, Any]] = {
        "scenes": shelves.scenes(),
        "worlds": world.REGISTRY.table(),
        **{f"{kind}s": dict.fromkeys(presets.names(kind), "") for kind in ("weather", "light", "sensor")},
        "simulators": simulator.REGISTRY.table(),
        "tasks": task.REGISTRY.table(),
        "robots": robots(),
    }
    if what is not None and what not in known:
        raise UnknownName("list", what, known)
    if what in ("weathers", "lights", "sensors"):
        print(presets.table(what.removesuffix("s")))
        return
    if what == "simulators":
        from simgen.conformance.matrix import matrix

        print(matrix())
        return
    for kind in [what] if what else known:
        print(kind)
        for name, place in sorted(known[kind].items()):
            print(f"  {name:<20} {place}".rstrip())


def bench(what: Annotated[str, tyro.conf.Positional, What], *, as_json: Annotated[bool, tyro.conf.arg(name="json")] = False) -> None:
    """Measure this machine.

    Args:
        what: `observe`, `generate`, or another measurement by name.
        as_json: Print one JSON object.
    """
    from simgen.bench import REGISTRY

    figures = REGISTRY.load(what)()
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<40} {value:.4g}" if isinstance(value, float) else f"{name:<40} {value}")


def doctor() -> int:
    """Look at this machine: what SimGen needs, what it found, and what to do about the rest."""
    from simgen.doctor import diagnose

    rows = diagnose()
    for row in rows:
        print(f"{'ok' if row.ok else 'FAIL' if row.essential else 'note':<5}{row.name:<20}{row.detail}")
        if not row.ok:
            print(f"{'':<25}{row.mend}")
    return 0 if all(row.ok for row in rows if row.essential) else 1


COMMANDS = {
    "generate": generate,
    "render": render,
    "view": view,
    "check": check,
    "verify": verify,
    "export": export,
    "import": importing,
    "gallery": gallery,
    "pairs": pairs,
    "train": train,
    "evaluate": evaluate,
    "serve": serve,
    "list": listing,
    "bench": bench,
    "doctor": doctor,
    "conformance": conformance,
    "compare-engines": compare_engines,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status.

    0 is well, 1 is a check that failed, 2 is something the user can mend (one sentence says what), 130 is Ctrl-C.
    """
    try:
        return understood(list(sys.argv[1:] if arguments is None else arguments), COMMANDS)() or 0
    except SimGenError as error:
        print(f"simgen: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"\nsimgen: {str(stop) or 'Stopped.'}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
