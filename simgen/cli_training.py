"""The command line's commands that train: what they need, and the worlds they make."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from simgen.errors import InvalidValue
from simgen.terminal import following

Whole = Annotated[int | None, tyro.conf.arg(metavar="INT")]
Told = Callable[[int, int], None]
"""Told how many frames are done, and of how many."""

# As in cli.py, a command imports its rooms when it runs.


def pairs(
    *,
    out: Path,
    frames: Whole = None,
    seed: int = 0,
    size: int = 256,
    footage: Annotated[Path | None, tyro.conf.arg(metavar="ROOT")] = None,
    every: int = 10,
) -> None:
    """Make pairs to train the neural world on: exact buffers with cheap light, and the light it should draw.

    By default the path tracer draws it, of many scenes; the same command goes on where it was stopped, and several of them may
    fill one folder. With --footage it is taken from a dataset's own photographs, to tune the network to a camera or a look.

    Args:
        out: Folder of the pairs.
        frames: How many pictures to trace, at least.
        seed: Root seed.
        size: Width and height of a traced picture in pixels.
        footage: A dataset with physics truth, instead of tracing.
        every: Frames of the footage from one that is taken to the next.
    """
    if (frames is None) == (footage is None):
        raise InvalidValue("--frames, --footage", (frames, footage), "one of them")
    kept = f"Stopped. The finished shards are kept in {out}; the same command goes on from there."
    if footage is not None:
        from simgen.training.footage import pairs_from

        print(f"Pairs    {pairs_from(footage, out, every=every)}")
        return
    from simgen.training.pairs import make_pairs

    with following(out, "Drawing pairs", kept) as progress:
        made = make_pairs(out, frames=frames, seed=seed, size=size, progress=progress)
    print(f"Pairs    {made}  ({progress.kept} frames; {progress.failed} scenes could not be arranged)")


def train(
    what: Annotated[Literal["world", "critic"], tyro.conf.Positional, tyro.conf.arg(metavar="WHAT")],
    *,
    data: Path,
    out: Path,
    minutes: Annotated[float | None, tyro.conf.arg(metavar="FLOAT")] = None,
    steps: Whole = None,
    size: str = "cpu",
    weights: Annotated[str | None, tyro.conf.arg(metavar="NAME|PATH")] = None,
    rank: int = 0,
    rate: Annotated[float | None, tyro.conf.arg(metavar="FLOAT")] = None,
    seed: int = 0,
    device: Annotated[str | None, tyro.conf.arg(metavar="DEVICE")] = None,
) -> None:
    """Train the neural world or the gate's critic on pairs; the same command goes on where it was stopped, and sees pairs that came
    meanwhile.

    Args:
        what: `world`, or `critic`, which tells depth and outlines of photographs and makes the gate stronger.
        data: Folder of pairs, from `simgen pairs`.
        out: Folder of checkpoints, log, validation sheets and, in the end, `weights`.
        minutes: How long to train, over all runs of the command; give this or --steps.
        steps: How many steps to train.
        size: Of network and batches: `smoke`, `cpu` or `gpu`; `one-pass` is `cpu` as a plain regression, to compare with.
        weights: Begin with these, from the shelf controlnets/ or a folder.
        rank: Of low-rank adapters (LoRA) of a world, which alone are trained then; 0 trains every weight.
        rate: Highest learning rate, instead of the size's own.
        seed: Root seed.
        device: Of torch, `cpu` or `cuda`; by default a GPU where there is one.
    """
    from simgen.training.critic import fit_critic
    from simgen.training.fit import Budget, fit

    budget = Budget(steps, minutes)
    if what == "critic" and rank:
        raise InvalidValue("--rank", rank, "0: a critic is trained whole")
    columns = TextColumn("Training {task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        line = bar.add_task(what, total=1.0)

        def told(news) -> None:
            bar.update(line, completed=news.spent, description=f"{what}  step {news.step}  loss {news.loss:.4f}")

        said = {"budget": budget, "size": size, "weights": weights, "rate": rate, "seed": seed, "device": device, "progress": told}
        made = fit_critic(data, out, **said) if what == "critic" else fit(data, out, rank=rank, **said)
    print(f"Weights  {made}")
    print(f"Log      {out / 'log.jsonl'}")
    print(f"Sheets   {out / 'validation'}")


def evaluate(
    what: Annotated[Literal["world", "drift", "pictures"], tyro.conf.Positional, tyro.conf.arg(metavar="WHAT")],
    *,
    out: Path,
    data: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None,
    weights: Annotated[str, tyro.conf.arg(metavar="NAME|PATH")] = "neural",
    beside: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=PATH")] = (),
    critic: Annotated[str, tyro.conf.arg(metavar="NAME|PATH")] = "critic",
    frames: Whole = None,
    scene: str = "pick_place",
    weather: Annotated[str | None, tyro.conf.arg(metavar="NAME[:LEVEL]")] = None,
    light: Annotated[str | None, tyro.conf.arg(metavar="NAME[:LEVEL]")] = None,
    size: Whole = None,
    seed: int = 0,
) -> None:
    """Measure the neural world on held-out pairs, beside flat colour, recoloured flat colour, and the preview; or its drift in a run
    without end; or show it beside the path tracer.

    Args:
        what: `world`, on pairs; `drift`, on a run of 1,000 frames that ends as it began; `pictures`, a sheet of scenes with something
            in them that no network is trained on, and a film of 100 frames.
        out: Where numbers go, as JSON and as Markdown to be read, and sheets of pictures.
        data: Folder of pairs, from `simgen pairs`; drift needs none.
        weights: From the shelf controlnets/ or a folder.
        beside: Other networks to measure on the same pairs, each with the name it goes by.
        critic: Who reads depth and outlines in the photographs of pairs, from the shelf controlnets/ or a folder.
        frames: Look at no more than so many frames of pairs; or how many frames the run or the film has.
        scene: Where the run takes place, with its weather and light.
        weather: Of the run, instead of the scene's.
        light: The same.
        size: Width and height in pixels of the run's pictures, usually 128, of the film's, 256, and of half of the sheet's.
        seed: Root seed of the run.
    """
    if size is not None and size < 16:
        raise InvalidValue("--size", size, "at least 16 pixels")
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        line = bar.add_task("Drawing frames", total=None)

        def told(done: int, whole: int) -> None:
            bar.update(line, completed=done, total=whole)

        if what == "drift":
            _drift(out, weights, frames or 1000, (scene, weather, light), size or 128, seed, told)
        elif what == "pictures":
            _pictures(out, weights, frames or 100, size or 256, told)
        else:
            _on_pairs(out, data, weights, beside, critic, frames, told)


def _drift(out: Path, weights: str, frames: int, where: tuple[str, str | None, str | None], size: int, seed: int, told: Told) -> None:
    from simgen.generate import job_of
    from simgen.scenario.override import Override
    from simgen.training.drift import drift
    from simgen.world.neural.world import Neural
    from simgen.world.pathtrace import PathTrace

    scene, weather, light = where
    job = job_of(scene, seed=seed, size=(size, size), override=Override(weather, light))
    result = drift(job, Neural(weights=weights), out, frames=frames, tracer=PathTrace(), progress=told)
    for camera, found in result["cameras"].items():
        print(f"{camera:<16}{'first':>10}{'last':>10}{'difference':>12}")
        for name, metric in found["metrics"].items():
            print(f"  {name:<14}{metric['first']:10.3f}{metric['last']:10.3f}{metric['difference']:12.4f}")
    print(f"Tables   {out / 'drift.md'}")
    print(f"Numbers  {out / 'drift.json'}")
    print(f"Sheet    {out / 'drift.png'}")


def _pictures(out: Path, weights: str, frames: int, size: int, told: Told) -> None:
    from simgen.gallery.held_out import film, held_out_sheet
    from simgen.world.neural.world import Neural
    from simgen.world.pathtrace import PathTrace
    from simgen.world.preview import Preview

    neural, traced = Neural(weights=weights), PathTrace()
    print(f"Sheet    {held_out_sheet(out, (Preview(), neural, traced), size=2 * size, progress=told)}")
    place, found = film(out, neural, traced, size=size, frames=frames)
    print(f"Film     {place}")
    print("         " + ", ".join(f"{name} {value}" for name, value in found.items()))


def _on_pairs(out: Path, data: Path | None, weights: str, beside: Sequence[str], critic: str, frames: int | None, told: Told) -> None:
    from simgen.training.evaluate import evaluate as measure
    from simgen.verify.critic import load as load_critic
    from simgen.world.neural.weights import load

    if data is None:
        raise InvalidValue("--data", None, "a folder of pairs, from: simgen pairs")
    others = [one.partition("=") for one in beside]
    if not all(name and path for name, _, path in others):
        raise InvalidValue("--beside", " ".join(beside), "names and folders, as in --beside regression=out/weights")
    networks = {name: load(path) for name, _, path in others}
    result = measure(data, load(weights), out, beside=networks, critic=load_critic(critic), frames=frames, progress=told)
    print(f"{result['frames']} frames of {result['scenes']} held-out scenes")
    print(f"{'':<24}{'PSNR':>8}{'SSIM':>8}{'edges':>8}{'MMD2':>8}{'warping':>8}{'weather':>8}")
    for name, scores in result["methods"].items():
        numbers = [scores.get(key) for key in ("psnr", "ssim", "edge_f1", "mmd2", "warping_ratio", "weather_told")]
        print(f"{name:<24}" + "".join(f"{'':8}" if number is None else f"{number:8.3f}" for number in numbers))
    print(f"Tables   {out / 'evaluation.md'}")
    print(f"Numbers  {out / 'evaluation.json'}")
    print(f"Sheet    {out / 'evaluation.png'}")
