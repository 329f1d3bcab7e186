"""Calibration: limits from frames known to be good and harmless changes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np

from simgen.errors import InvalidValue
from simgen.verify.faults import STRENGTHS
from simgen.verify.harmless import HARMLESS
from simgen.verify.limits import FRAME, SHARES, Limits, eased
from simgen.verify.measure import METRICS, OF_BODIES, OF_FRAMES
from simgen.verify.surroundings import KINDS
from simgen.verify.trial import Specimen, Trial, good, harmless

FALSE_ALARMS = 0.02
"""Share of good frames that may fail."""
RARE_ALARMS, LEAST_FAR = 0.02, 0.7
"""Share of good frames that a single metric may fail, and the least spreads that it may go."""
FOLDS = 5
"""Clips are set aside a fifth at a time, so that the limits hold for clips they were not made from."""
LEAST = 5
"""Clips that make a calibration."""
ENOUGH = 100
"""Bodies of one kind that make what is usual of it; with fewer it is that of all."""
RARE = 0.995
"""Quantile of a metric among good frames that is taken for its spread."""
UNKNOWN = 1e3
"""Spread of a metric that fewer than `LEAST` clips gave a value of."""
_LEAST_SPREAD, _OF_SHARES = 0.02, 0.1
"""Between a metric's median and what is rare, so that what never varies in good frames is no hair trigger; and of those that are
shares of a change or of an outline, of which a tenth is none."""


def trials(specimens: Sequence[Specimen], seed: int, progress: Callable[[str], None] = lambda _: None) -> list[Trial]:
    """All trials of a calibration: every clip as it is and with two harmless changes, which take turns, with chance from one seed."""
    found, names = [], tuple(HARMLESS)
    for number, specimen in enumerate(specimens):
        some = names[2 * number % len(names)], names[(2 * number + 1) % len(names)]
        found += [*good(specimen), *harmless(specimen, seed, (number % STRENGTHS,), some)]
        progress(specimen.name)
    return found


def calibrate(found: Sequence[Trial], *, world: str, datasets: dict[str, str], referenced: bool = False) -> Limits:
    """Limits that fail `FALSE_ALARMS` of good frames of clips they were not made from, whichever metric it is that fails them.

    A metric counts in spreads from its median to what is rare among bodies of one kind. How many of them it may go is found on clips
    set aside: so many that `RARE_ALARMS` of frames go farther, then more or less for all metrics alike, until `FALSE_ALARMS` fail.

    Raises:
        InvalidValue: if there are fewer than `LEAST` clips.
    """
    clips = sorted({trial.specimen for trial in found})
    if len(clips) < LEAST:
        raise InvalidValue("the number of clips to calibrate on", len(clips), f"at least {LEAST}")
    table = _Table.of(found)
    fold = np.array([clips.index(trial.specimen) % FOLDS for trial in found])
    far = np.zeros(len(table.value))
    for number in range(FOLDS):
        aside = (fold == number)[table.trial]
        far[aside] = table.far(*table.spread(~aside))[aside]
    most = table.most(far)
    worst = table.worst(far / most[table.number])
    most *= (ease := float(np.quantile(worst, 1 - FALSE_ALARMS)))
    usual, rare = table.spread(np.ones(len(table.trial), bool))
    reach = dict(zip(METRICS, most.tolist(), strict=True))
    limit = {
        kind: {name: usual[kind][name] + reach[name] * (value - usual[kind][name]) for name, value in some.items()}
        for kind, some in rare.items()
    }
    limit[FRAME] |= {"nonfinite": 1e-9, "blank": min(limit[FRAME]["blank"], 0.95)}  # one such pixel is one too many, and so is nothing else
    return Limits(
        simgen=version("simgen"),
        world=world,
        referenced=referenced,
        clips=len(clips),
        frames=len(found),
        false_alarms=round(float((worst > ease).mean()), 4),
        usual=_rounded(usual),
        limit=_rounded(limit),
        datasets=datasets,
    )


@dataclass(frozen=True, eq=False)
class _Table:
    """Every value that was measured: N of them."""

    kind: np.ndarray
    """`FRAME` or a kind of body, (N,)."""
    name: np.ndarray
    """Of the metric, (N,)."""
    value: np.ndarray
    """Over the unrest of its frame, (N,)."""
    trial: np.ndarray
    """Whose frame it is, (N,)."""
    part: np.ndarray
    """Which frame or body it is of, (N,), rising."""
    clip: np.ndarray
    """Of which clip, (N,)."""

    @classmethod
    def of(cls, found: Sequence[Trial]) -> "_Table":
        """Every finite value of these trials."""
        rows, part, clips = [], 0, sorted({trial.specimen for trial in found})
        for number, trial in enumerate(found):
            one = trial.measurement
            bodies = ((body.kind, body.metrics, one.unrest(body)) for body in one.parts)
            for kind, metrics, unrest in ((FRAME, one.frame, one.unrest()), *bodies):
                rows += [
                    (kind, name, value, number, part, clips.index(trial.specimen))
                    for name, value in eased(metrics, unrest).items()
                    if np.isfinite(value)
                ]
                part += 1
        return cls(*(np.array(column) for column in zip(*rows, strict=True)))

    @cached_property
    def number(self) -> np.ndarray:
        """Of each value's metric in `METRICS`, (N,)."""
        column = {name: number for number, name in enumerate(METRICS)}
        return np.array([column[name] for name in self.name])

    def spread(self, chosen: np.ndarray) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
        """Kind to metric to its median, and to what is rare, of some values, bool, (N,)."""
        usual, rare, enough = {}, {}, min(LEAST, len(np.unique(self.clip[chosen])))
        for kind, names in ((FRAME, OF_FRAMES), *((kind, OF_BODIES) for kind in KINDS)):
            usual[kind], rare[kind] = {}, {}
            for name in names:
                here = chosen & (self.name == name)
                own = self.value[here & (self.kind == kind)]
                values = own if len(own) >= ENOUGH or kind == FRAME else self.value[here]
                if len(np.unique(self.clip[here])) < enough:  # nobody knows what is rare: no frame fails by it
                    usual[kind][name], rare[kind][name] = 0.0, UNKNOWN
                    continue
                usual[kind][name] = float(np.median(values))
                least = _OF_SHARES if name in SHARES or name.startswith("missing") else _LEAST_SPREAD
                rare[kind][name] = max(float(np.quantile(values, RARE)), usual[kind][name] + least)
        return usual, rare

    def far(self, usual: dict[str, dict[str, float]], rare: dict[str, dict[str, float]]) -> np.ndarray:
        """Spreads by which each value is beyond its median, (N,)."""
        low, high = (np.array([table[kind][name] for kind, name in zip(self.kind, self.name, strict=True)]) for table in (usual, rare))
        return (self.value - low) / (high - low)

    def most(self, far: np.ndarray) -> np.ndarray:
        """Spreads that `RARE_ALARMS` of frames exceed, of each metric, (M,)."""
        found = np.zeros((int(self.trial.max()) + 1, len(METRICS)))
        np.maximum.at(found, (self.trial, self.number), far)
        return np.maximum(np.quantile(found, 1 - RARE_ALARMS, axis=0), LEAST_FAR)

    def worst(self, excess: np.ndarray) -> np.ndarray:
        """Of each trial the body, or the frame, that its metrics together speak most against, as `limits.together` has it, (T,)."""
        size = np.sqrt(np.bincount(self.part, np.maximum(excess, 0) ** 2))
        found = np.zeros(int(self.trial.max()) + 1)
        np.maximum.at(found, self.trial, size[self.part])
        return found


def _rounded(table: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {kind: {name: float(f"{value:.4g}") for name, value in some.items()} for kind, some in table.items()}
