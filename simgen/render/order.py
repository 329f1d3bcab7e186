"""Order: what is asked of a rendering, of whatever source."""

from dataclasses import asdict, dataclass
from pathlib import Path

from simgen.errors import InvalidValue
from simgen.photography import Gate
from simgen.rollout import versions
from simgen.scenario.override import Override


@dataclass(frozen=True)
class Order:
    """What is asked of a rendering; equal orders make equal photographs."""

    source: Path
    """The recorded dataset."""
    positions: tuple[int, ...]
    """Which of its episodes, from 0."""
    seed: int
    world: str
    override: Override
    materials: bool
    """Whether surfaces get another look."""
    gate: Gate
    assets: Path | None
    """Where the scenario's own files lie; None where it has none."""

    def facts(self, name: str, digest: str) -> dict:
        """What makes the new dataset what it is, but for how many episodes it has; `name` and SHA-256 are the source's."""
        return {
            "rendered_from": {"name": name, "sha256": digest},
            "seed": self.seed,
            "world": self.world,
            "override": asdict(self.override),
            "materials": self.materials,
            "gate": self.gate,
            "versions": versions(),
        }


def chosen(episodes, count: int) -> tuple[int, ...]:
    """Positions of the episodes that are asked for, in order; None is all.

    Raises:
        InvalidValue: if one is not there, or none is asked for.
    """
    positions = tuple(range(count)) if episodes is None else tuple(sorted(set(episodes)))
    wrong = next((position for position in positions if not 0 <= position < count), None)
    if wrong is not None or not positions:
        raise InvalidValue("--episodes", wrong, f"from 0 to {count - 1}")
    return positions
