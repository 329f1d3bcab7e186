"""What checks found: one row a check, and the table they make."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

LONGEST = 300
"""Characters of an exception's words."""


@dataclass(frozen=True)
class Row:
    """One check."""

    check: str
    """What ought to hold, in words."""
    passed: bool | None
    """Whether it does; None where the part does not offer what the check is about."""
    figure: str
    """What was measured, or what went wrong."""
    group: str = ""
    """What the check is about, in a word or two; empty where all checks are about one thing."""

    def __str__(self) -> str:
        verdict = {True: "passed", False: "FAILED", None: "absent"}[self.passed]
        return f"{verdict}  {self.check}: {self.figure}"


@dataclass(frozen=True)
class Report:
    """All checks of one part."""

    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed; what is not offered has neither passed nor failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Row, ...]:
        """Rows of the checks that failed."""
        return tuple(row for row in self.rows if row.passed is False)

    def __str__(self) -> str:
        parts = []
        for group, rows in groupby(self.rows, key=lambda row: row.group):
            parts += [f"{group}"] * bool(group) + [f"{'  ' if group else ''}{row}" for row in rows]
        return "\n".join(parts)


class Failed(Exception):
    """A check found something else than it should; its words are the row's figure."""


class NotOffered(Exception):
    """A check found nothing to look at, as the part need not offer it; its words are the row's figure."""


def expect(holds: object, problem: str) -> None:
    """Fail the check that is running with these words unless something holds."""
    if not holds:
        raise Failed(problem)


def name_of(check: Callable[..., str]) -> str:
    """What ought to hold: the first line of a check's docstring."""
    return (check.__doc__ or check.__name__).strip().splitlines()[0].rstrip(".")


def shortened(words: str) -> str:
    """The first line of what an exception says, cut where it would fill a page."""
    line = words.strip().splitlines()[0]
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def run(check: Callable[..., str], *arguments: object, group: str = "") -> Row:
    """One check as a row; whatever it raises is a failure of the part, but for NotOffered."""
    try:
        return Row(name_of(check), True, check(*arguments), group)
    except NotOffered as absent:
        return Row(name_of(check), None, str(absent), group)
    except Failed as failure:
        return Row(name_of(check), False, str(failure), group)
    except Exception as error:  # a part under test may raise anything: that is its failure, not the checker's
        return Row(name_of(check), False, shortened(f"{type(error).__name__}: {error}"), group)
