"""Recipes: sizes of the network and of its training, from a smoke test to a GPU; and the plain regression it is compared with."""

from dataclasses import asdict, dataclass

from simgen.errors import UnknownName


@dataclass(frozen=True)
class Recipe:
    """All numbers of a training run that are not data."""

    width: tuple[int, int, int] = (48, 96, 192)
    """Channels of the network at every level."""
    depth: tuple[int, int, int] = (1, 1, 3)
    """Blocks at every level."""
    crop: int = 128
    """Pixels a side."""
    size: int = 8
    """Crops in a batch."""
    rate: float = 1.5e-3
    """Highest learning rate; it rises for WARM steps and falls as a cosine."""
    decay: float = 1e-2
    """Weight decay."""
    average: float = 0.998
    """Share of the running average of weights that a step leaves."""
    one_pass: bool = False
    """Whether nothing but a single pass with all controls is learned: no noise to take away, nothing left out."""

    def json(self) -> dict:
        """As plain data."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


RECIPES = {
    "smoke": Recipe(width=(16, 32, 48), depth=(1, 1, 1), crop=32, size=2, average=0.9),
    "cpu": Recipe(),
    "one-pass": Recipe(one_pass=True),
    "gpu": Recipe(width=(64, 128, 256), depth=(2, 2, 4), crop=192, size=32, rate=1e-3, average=0.9995),
}


def recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        UnknownName: if there is none.
    """
    if name not in RECIPES:
        raise UnknownName("recipe", name, RECIPES)
    return RECIPES[name]
