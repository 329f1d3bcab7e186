"""How many frames a second a recording has, as LeRobot counts them: a whole number."""

import numpy as np

RATE = 30
"""Where nobody says."""


def pace(said: object) -> tuple[int, tuple[str, ...]]:
    """Frames a second, and what was guessed about them, if anything: all, where what is said is no number above 0."""
    if not isinstance(said, int | float) or not 0 < said < np.inf:
        return RATE, (f"{RATE} frames a second",)
    whole = max(round(said), 1)
    return whole, () if abs(whole - said) < 0.005 * said else (f"{whole} frames a second, for {said:g} is no whole number",)
