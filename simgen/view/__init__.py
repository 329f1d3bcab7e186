"""One self-contained page of one episode: pictures, exact maps, plots and numbers, all at the same frame."""

from contextlib import suppress
from pathlib import Path

from simgen import dataset
from simgen.dataset import Episode
from simgen.errors import CannotWrite
from simgen.view.html import page


def view(source: Episode | str | Path, out: Path | None = None, episode: int = 0) -> Path:
    """Write the page of an episode: one HTML file that needs no network and no other file.

    Args:
        source: an episode in memory, or the folder of a dataset.
        out: the file to write; None takes `<name>-episode-<number>.html` beside the dataset, or here.
        episode: which episode of the dataset, from 0; of no account for one in memory.

    Returns:
        The file.

    Raises:
        InvalidValue: if the episode has no frame.
        CannotWrite: if the file cannot be written.
        SimGenError: if the dataset cannot be read, as `simgen.dataset.open` says.
    """
    if isinstance(source, Episode):
        shown, beside = source, Path(f"{source.scene.name}-episode-{source.scene.episode}.html")
    else:
        root = Path(source)
        shown, beside = dataset.open(root)[episode], root.parent / f"{root.resolve().name}-episode-{episode}.html"
    path = beside if out is None else Path(out)
    text = page(shown)
    unfinished = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise CannotWrite(path, error.strerror or str(error)) from error
    return path
