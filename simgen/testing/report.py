"""What checks found: one row a check, and the table they make."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One check."""

    check: str
    """What ought to hold, in words."""
    passed: bool
    figure: str
    """What was measured, or what went wrong."""

    def __str__(self) -> str:
        return f"{'passed' if self.passed else 'FAILED'}  {self.check}: {self.figure}"


@dataclass(frozen=True)
class Report:
    """All checks of one part."""

    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(row.passed for row in self.rows)

    def __str__(self) -> str:
        return "\n".join(map(str, self.rows))


class Failed(Exception):
    """A check found something else than it should; its words are the row's figure."""


def expect(holds: object, problem: str) -> None:
    """Fail the check that is running with these words unless something holds."""
    if not holds:
        raise Failed(problem)


def run(check: Callable[..., str], *arguments: object) -> Row:
    """One check as a row, named by the first line of its docstring; whatever it raises is a failure of the part."""
    name = (check.__doc__ or check.__name__).strip().splitlines()[0].rstrip(".")
    try:
        return Row(name, True, check(*arguments))
    except Failed as failure:
        return Row(name, False, str(failure))
    except Exception as error:  # a part under test may raise anything: that is its failure, not the checker's
        return Row(name, False, f"{type(error).__name__}: {error}")
