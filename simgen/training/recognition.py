"""Recognition: can weather and light be told from a photograph? A small classifier of hand features, for path-traced ones to train."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import minimum_filter

from simgen.errors import InvalidValue
from simgen.scenario.conditions import Conditions
from simgen.scenario.weathering.lying import LYING
from simgen.training.scores import looks

SHRINKAGES = (0.02, 0.1, 0.3, 0.6)
"""How far the shared covariance is drawn to a round one; taken is what tells most of scenes left out in turn."""
FOLDS = 5
FEWEST = 8
"""Frames without which a class is not learned."""
PATCH = 7
"""Pixels a side of a patch whose darkest value tells of haze."""
TO_BE_SEEN = 0.2
"""From this amount on, what lies on surfaces is to be seen."""
WEATHERS = {
    **dict.fromkeys(("clear", "breeze", "overcast"), "fair"),
    **dict.fromkeys(("haze", "fog"), "fog"),
    **dict.fromkeys(("drizzle", "rain", "storm", "wet"), "wet"),
    **dict.fromkeys(("snow", "blizzard"), "snow"),
    **dict.fromkeys(("frost", "ice"), "ice"),
    **dict.fromkeys(("dust", "sandstorm"), "dust"),
}
"""Weathers that one picture hardly tells apart; any other is a kind of its own."""
PLAIN_FROM = 3
"""Level from which on a weather is plain to see; below it, it counts as fair."""
LIGHTS = {
    **dict.fromkeys(("default", "noon", "morning", "hazy_sun", "golden_hour"), "sun"),
    **dict.fromkeys(("overcast", "window", "dusk"), "soft"),
    **dict.fromkeys(("workshop_lamps", "cool_lamp", "spot"), "lamps"),
}
"""Lights that look alike once a camera has metered them; any other is a kind of its own."""


def weather_kind(weather: str) -> str:
    """Kind of a weather's preset, `rain:3`."""
    name, _, level = weather.partition(":")
    return "fair" if level and int(level) < PLAIN_FROM else WEATHERS.get(name, name)


def light_kind(light: str) -> str:
    """Kind of a light's preset, `noon:2`; of none, of the usual one."""
    name = light.partition(":")[0] or "default"
    return LIGHTS.get(name, name)


def lying_in(conditions: Conditions) -> str:
    """What lies on surfaces most: `wetness`, `snow_cover`, `ice` or `dust`; `bare` where nothing is to be seen."""
    amounts = {name: float(getattr(conditions.weather, name)) for name in LYING}
    most = max(amounts, key=amounts.__getitem__)
    return most if amounts[most] >= TO_BE_SEEN else "bare"


def traits(picture: np.ndarray) -> np.ndarray:
    """What tells weather and light in a picture, uint8, (H, W, 3): its looks, and of its whole and of three bands from above to below
    colourfulness, white and glare, and the darkest of every patch (He et al., 2009), float64, (D,); its looks come first."""
    shares = picture.astype(np.float32) * np.float32(1 / 255)
    bright, dull = shares.max(-1), shares.min(-1)
    colourful = (bright - dull) / np.maximum(bright, np.float32(1e-3))
    dark, warm = minimum_filter(dull, PATCH), shares[..., 0] - shares[..., 2]
    white = (bright > 0.7) & (colourful < 0.12)
    maps = [bright, colourful, dark, warm, white, bright > 0.97]
    parts = [[band.mean() for band in np.array_split(one.astype(np.float32), 3)] for one in maps]
    parts += [np.percentile(one, [10, 50, 90]) for one in (colourful, dark, warm)]
    return np.concatenate([looks(picture), *parts])


@dataclass(frozen=True, eq=False)
class Classifier:
    """Linear discriminants of classes that are equally likely (Fisher, 1936; regularised after Friedman, 1989)."""

    names: tuple[str, ...]
    """Of the classes, (K,)."""
    centre: np.ndarray
    """Mean of the traits, (D,)."""
    spread: np.ndarray
    """Their spread, (D,)."""
    direction: np.ndarray
    """(D, K)."""
    offset: np.ndarray
    """(K,)."""

    def told(self, seen: np.ndarray) -> np.ndarray:
        """Class of every row of traits, (N, D): names, (N,)."""
        score = _scaled(seen, self.centre, self.spread) @ self.direction + self.offset
        return np.array(self.names)[score.argmax(1)]


def learned(seen: np.ndarray, labels: np.ndarray, scenes: np.ndarray) -> Classifier:
    """A classifier of the classes of which there are enough frames.

    Args:
        seen: traits, (N, D).
        labels: class names, (N,).
        scenes: names of the scenes that frames are of, (N,): in choosing the shrinkage, no scene stands on both sides.

    Raises:
        InvalidValue: if there are not two classes to tell apart.
    """
    names, counts = np.unique(labels, return_counts=True)
    enough = np.isin(labels, names[counts >= FEWEST])
    if len(np.unique(labels[enough])) < 2:
        raise InvalidValue("classes", names.tolist(), f"at least two with {FEWEST} frames; make more pairs")
    seen, labels, scenes = seen[enough], labels[enough], scenes[enough]
    right = [_tried(seen, labels, scenes, shrinkage) for shrinkage in SHRINKAGES]
    return _fitted(seen, labels, SHRINKAGES[int(np.argmax(right))])


def _tried(seen: np.ndarray, labels: np.ndarray, scenes: np.ndarray, shrinkage: float) -> float:
    """Share of frames told right when their scenes are left out."""
    fold, right = np.unique(scenes, return_inverse=True)[1] % FOLDS, 0
    for number in range(FOLDS):
        inside = fold != number
        if len(np.unique(labels[inside])) > 1 and not inside.all():
            right += (_fitted(seen[inside], labels[inside], shrinkage).told(seen[~inside]) == labels[~inside]).sum()
    return right / len(labels)


def _fitted(seen: np.ndarray, labels: np.ndarray, shrinkage: float) -> Classifier:
    centre, spread = seen.mean(0), seen.std(0) + 1e-6
    scaled, names = _scaled(seen, centre, spread), np.unique(labels)
    means = np.stack([scaled[labels == name].mean(0) for name in names])
    rest = scaled - means[np.searchsorted(names, labels)]
    shared = rest.T @ rest / len(rest)
    size = len(shared)
    shared = (1 - shrinkage) * shared + shrinkage * np.eye(size) * (np.trace(shared) / size + 1e-9)
    direction = np.linalg.solve(shared, means.T)
    return Classifier(tuple(map(str, names)), centre, spread, direction, -0.5 * (means.T * direction).sum(0))


def _scaled(seen: np.ndarray, centre: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Traits about 1 in size; what is far outside all that was learned counts as just outside."""
    return np.clip((seen - centre) / spread, -4, 4)
