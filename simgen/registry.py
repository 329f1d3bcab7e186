"""Names and what they stand for: what is built in, and what plugins add through entry points."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points

from simgen.errors import UnknownName


@dataclass(frozen=True)
class Registry:
    """Names to `module:attribute` strings; nothing is imported until it is asked for."""

    kind: str
    """What the names are names of, for the sentence when one is unknown."""
    group: str
    """Entry points of installed packages that join."""
    built_in: Mapping[str, str]

    def table(self) -> dict[str, str]:
        """Every name, with `module:attribute`; a plugin cannot take a built-in name."""
        return {point.name: point.value for point in entry_points(group=self.group)} | dict(self.built_in)

    def check(self, name: str) -> None:
        """Nothing, if the name is known.

        Raises:
            UnknownName: if it is not.
        """
        if name not in (known := self.table()):
            raise UnknownName(self.kind, name, known)

    def load(self, name: str):
        """What a name stands for, imported.

        Raises:
            UnknownName: if nothing is called so.
            MissingExtra: if what it needs is not installed.
        """
        self.check(name)
        module, _, attribute = self.table()[name].partition(":")
        return getattr(import_module(module), attribute)
