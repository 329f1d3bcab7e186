"""Named colours, sRGB 0 to 1, that a scenario may write instead of three numbers."""

from simgen.errors import UnknownName

COLOURS = {
    "black": (0.03, 0.03, 0.03),
    "white": (0.95, 0.95, 0.95),
    "grey": (0.5, 0.5, 0.5),
    "silver": (0.75, 0.75, 0.77),
    "red": (0.8, 0.1, 0.1),
    "maroon": (0.5, 0.07, 0.12),
    "orange": (0.95, 0.5, 0.1),
    "amber": (1.0, 0.75, 0.0),
    "yellow": (0.95, 0.85, 0.1),
    "lime": (0.6, 0.85, 0.2),
    "green": (0.15, 0.6, 0.2),
    "olive": (0.5, 0.5, 0.15),
    "teal": (0.05, 0.5, 0.5),
    "cyan": (0.1, 0.8, 0.85),
    "blue": (0.1, 0.25, 0.8),
    "navy": (0.08, 0.12, 0.4),
    "purple": (0.45, 0.15, 0.6),
    "magenta": (0.85, 0.15, 0.65),
    "pink": (0.95, 0.6, 0.7),
    "brown": (0.4, 0.25, 0.13),
    "tan": (0.8, 0.68, 0.5),
    "beige": (0.92, 0.88, 0.75),
}


def rgb(name: str) -> tuple[float, float, float]:
    """The colour of that name, sRGB 0 to 1.

    Raises:
        UnknownName: if there is none.
    """
    if name not in COLOURS:
        raise UnknownName("colour", name, COLOURS)
    return COLOURS[name]
