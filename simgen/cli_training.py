"""The command line's commands that train: what they need, and the worlds they make."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from simgen.errors import InvalidValue
from simgen.terminal import following

Whole = Annotated[int | None, tyro.conf.arg(metavar="INT")]

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
        size: Of network and batches: `smoke`, `cpu` or `gpu`.
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
    what: Annotated[Literal["world"], tyro.conf.Positional, tyro.conf.arg(metavar="WHAT")],
    *,
    data: Path,
    out: Path,
    weights: Annotated[str, tyro.conf.arg(metavar="NAME|PATH")] = "neural",
    beside: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=PATH")] = (),
    frames: Whole = None,
) -> None:
    """Measure the neural world on held-out pairs, beside flat colour, recoloured flat colour, and the preview.

    Args:
        what: `world`.
        data: Folder of pairs, from `simgen pairs`.
        out: Where `evaluation.json`, the same to be read as `evaluation.md`, `frames.json` and sheets of pictures go.
        weights: From the shelf controlnets/ or a folder.
        beside: Other networks to measure in the same run, each with the name it goes by.
        frames: Look at no more than so many.
    """
    from simgen.training.evaluate import evaluate as measure
    from simgen.world.neural.weights import load

    others = [one.partition("=") for one in beside]
    if not all(name and path for name, _, path in others):
        raise InvalidValue("--beside", " ".join(beside), "names and folders, as in --beside regression=out/weights")
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        line = bar.add_task("Drawing held-out frames", total=None)

        def told(done: int, whole: int) -> None:
            bar.update(line, completed=done, total=whole)

        networks = {name: load(path) for name, _, path in others}
        result = measure(data, load(weights), out, beside=networks, frames=frames, progress=told)
    print(f"{result['frames']} frames of {result['scenes']} held-out scenes")
    print(f"{'':<24}{'PSNR':>8}{'SSIM':>8}{'edges':>8}{'MMD2':>8}{'warping':>8}{'weather':>8}")
    for name, scores in result["methods"].items():
        numbers = [scores.get(key) for key in ("psnr", "ssim", "edge_f1", "mmd2", "warping_ratio", "weather_told")]
        print(f"{name:<24}" + "".join(f"{'':8}" if number is None else f"{number:8.3f}" for number in numbers))
    print(f"Tables   {out / 'evaluation.md'}")
    print(f"Numbers  {out / 'evaluation.json'}")
    print(f"Sheet    {out / 'evaluation.png'}")
