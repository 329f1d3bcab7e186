"""The terminal: words become a command with its arguments, and a line follows long work."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from functools import partial, wraps
from io import StringIO
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import simgen
from simgen.errors import BadCommandLine, UnknownName


def understood(arguments: list[str], commands: Mapping[str, Callable]) -> Callable[[], int | None]:
    """The command with its arguments, ready to run.

    Raises:
        UnknownName: there is no such command.
        BadCommandLine: its arguments make no sense.
    """
    if arguments == ["--version"]:
        return partial(print, simgen.__version__)
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands:
        raise UnknownName("command", arguments[0], commands)
    app = tyro.extras.SubcommandApp()
    for name, command in commands.items():
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
            command = f"simgen {arguments[0]}" if arguments[0] in commands else "simgen"
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


class Line:
    """The line itself; called with each `simgen.record.Progress`."""

    def __init__(self, bar: Progress, doing: str):
        self._bar, self._task, self.kept, self.failed = bar, bar.add_task(doing, total=None, note=""), 0, 0

    def __call__(self, progress) -> None:
        self.kept, self.failed = progress.kept, progress.failed
        note = f"{self.failed} failed attempts" if self.failed else ""
        self._bar.update(self._task, total=progress.wanted, completed=progress.kept, note=note)

    def count(self, done: int, whole: int) -> None:
        """How many are done, and of how many."""
        self._bar.update(self._task, total=whole, completed=done)


@contextmanager
def following(out: Path, doing: str, kept: str | None = None) -> Iterator[Line]:
    """A line on the terminal that follows long work, nothing where nobody looks; Ctrl-C says what is kept, by default of a recording."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[note]}")
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            yield Line(bar, doing)
    except KeyboardInterrupt:
        usual = f"Stopped. The finished episodes are kept in {out}.partial; the same command goes on from there."
        raise KeyboardInterrupt(kept or usual) from None
