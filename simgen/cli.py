"""The command line: each command is a function; its signature is the interface and its docstring the help."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from functools import partial, wraps
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import simgen
from simgen.errors import BadCommandLine, InvalidValue, SimGenError, UnknownName

# A command imports its rooms when it runs: `simgen --help` waits for no simulator.

Control = Literal["joint_position", "joint_velocity", "ee_delta"]
Labels = Literal["none", "lerobot"]
TRAINING = "--policy.type=act --policy.push_to_hub=false --policy.pretrained_backbone_weights=null"
"""Trains on a laptop without a network; with one, leave the last flag out and the backbone starts from ImageNet."""
Root = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="ROOT")]
What = tyro.conf.arg(metavar="WHAT")
Whole = Annotated[int | None, tyro.conf.arg(metavar="INT")]


def generate(
    scene: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SCENE")],
    *,
    out: Path,
    episodes: int = 10,
    seed: int = 0,
    start: int = 0,
    world: str = "raw",
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

    job_of(scene, world=world, simulator=simulator, control=control, size=size)  # a slip is told before LeRobot is loaded
    from simgen.record import record

    with _following(out) as progress:
        root = record(
            scene,
            out,
            episodes=episodes,
            seed=seed,
            start=start,
            world=world,
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


def listing(what: Annotated[str | None, tyro.conf.Positional, What] = None) -> None:
    """List what can be named: scenes, worlds, simulators, tasks and robots.

    Args:
        what: One of them; all by default.
    """
    from simgen import shelves, simulator, task, world
    from simgen.scenario.robot import robots

    known: dict[str, Mapping[str, Any]] = {
        "scenes": shelves.scenes(),
        "worlds": world.REGISTRY.table(),
        "simulators": simulator.REGISTRY.table(),
        "tasks": task.REGISTRY.table(),
        "robots": robots(),
    }
    if what is not None and what not in known:
        raise UnknownName("list", what, known)
    for kind in [what] if what else known:
        print(kind)
        for name, place in sorted(known[kind].items()):
            print(f"  {name:<20} {place}")


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


COMMANDS = {"generate": generate, "view": view, "check": check, "export": export, "list": listing, "bench": bench, "doctor": doctor}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status.

    0 is well, 1 is a check that failed, 2 is something the user can mend (one sentence says what), 130 is Ctrl-C.
    """
    try:
        return _understood(list(sys.argv[1:] if arguments is None else arguments))() or 0
    except SimGenError as error:
        print(f"simgen: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"\nsimgen: {stop or 'Stopped.'}", file=sys.stderr)
        return 130


def _understood(arguments: list[str]) -> Callable[[], int | None]:
    """The command with its arguments, ready to run.

    Raises:
        UnknownName: there is no such command.
        BadCommandLine: its arguments make no sense.
    """
    if arguments == ["--version"]:
        return partial(print, simgen.__version__)
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        raise UnknownName("command", arguments[0], COMMANDS)
    app = tyro.extras.SubcommandApp()
    for name, command in COMMANDS.items():
        app.command(_later(command), name=name)
    complaint = StringIO()
    try:
        with redirect_stderr(complaint):
            return app.cli(
                prog="simgen",
                description=simgen.__doc__.splitlines()[0],
                args=arguments or ["--help"],
                config=(tyro.conf.FlagCreatePairsOff,),
            )
    except SystemExit as stop:
        if stop.code:
            command = f"simgen {arguments[0]}" if arguments[0] in COMMANDS else "simgen"
            raise BadCommandLine(_sentence(complaint.getvalue()), command) from None
        return lambda: None


def _later(command: Callable) -> Callable:
    """The command, but calling it only remembers its arguments: parsing and running are kept apart."""

    @wraps(command)
    def remember(*args, **options):
        return partial(command, *args, **options)

    return remember


def _sentence(box: str) -> str:
    """What a box of tyro's says, without its title, frame and colours, and the help of each argument, which it indents."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", box).replace("│", " ").splitlines()[1:]
    text = "\n".join(line.strip() for line in lines if not line.startswith(" " * 10))
    parts = [" ".join(part.split()).rstrip(".") for part in re.split(r"^[╰─╯-]+$", text, flags=re.MULTILINE)]
    return "; ".join(part for part in parts if part and not part.startswith(("For full helptext", "Argument helptext")))


class _Line:
    """The line itself; called with each `simgen.record.Progress`."""

    def __init__(self, bar: Progress):
        self._bar, self._task, self.failed = bar, bar.add_task("Recording episodes", total=None, note=""), 0

    def __call__(self, progress) -> None:
        self.failed = progress.failed
        note = f"{self.failed} failed attempts" if self.failed else ""
        self._bar.update(self._task, total=progress.wanted, completed=progress.kept, note=note)


@contextmanager
def _following(out: Path) -> Iterator[_Line]:
    """A line on the terminal that follows a recording, nothing where nobody looks; Ctrl-C says what is kept."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[note]}")
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            yield _Line(bar)
    except KeyboardInterrupt:
        kept = f"Stopped. The finished episodes are kept in {out}.partial; the same command goes on from there."
        raise KeyboardInterrupt(kept) from None


if __name__ == "__main__":
    sys.exit(main())
