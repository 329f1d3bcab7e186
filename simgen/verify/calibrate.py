"""Calibration: limits from frames known to be good, their harmless changes, and faults injected into them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version

import numpy as np
from scipy.optimize import minimize

from simgen.errors import InvalidValue
from simgen.verify.faults import STRENGTHS
from simgen.verify.harmless import HARMLESS
from simgen.verify.limits import FRAME, Limits, eased, features
from simgen.verify.measure import METRICS, OF_BODIES, OF_FRAMES
from simgen.verify.surroundings import KINDS
from simgen.verify.trial import Specimen, Trial, good, harmless, spoiled

FALSE_ALARMS = 0.02
"""Share of good frames that may fail."""
FOLDS = 5
"""Clips are set aside a fifth at a time, so that the bound is found on frames the weights have not seen."""
LEAST = 5
"""Clips that make a calibration."""
ENOUGH = 100
"""Bodies of one kind that make what is usual of it; with fewer it is that of all."""
LOCAL = ("removed", "invented", "moved", "gripper_displaced", "recoloured", "retextured")
"""Faults of one body, by which bodies learn what is wrong with them."""
_LEAST_SPREAD = 0.02
"""Between a metric's median and its limit, so that what never varies in good frames is no hair trigger."""
_PULL = 3e-3
"""Of the weights to zero."""
_WEAK = 0.5
"""How much a fault of the lowest strength counts in the fit."""


def trials(specimens: Sequence[Specimen], seed: int, progress: Callable[[str], None] = lambda _: None) -> list[Trial]:
    """All trials of a calibration: every clip as it is, with two harmless changes, and spoiled, with chance from one seed."""
    found: list[Trial] = []
    for number, specimen in enumerate(specimens):
        found += trials_of(specimen, specimens[number - 1], number, seed)
        progress(specimen.name)
    return found


def trials_of(specimen: Specimen, donor: Specimen, number: int, seed: int) -> list[Trial]:
    """Those of one clip; strengths and changes take turns with its number."""
    names, turn = tuple(HARMLESS), number % STRENGTHS
    some = names[2 * number % len(names)], names[(2 * number + 1) % len(names)]
    strengths = (turn, (turn + 1) % STRENGTHS)
    return [*good(specimen), *harmless(specimen, seed, (turn,), some), *spoiled(specimen, donor, seed, strengths)]


def calibrate(found: Sequence[Trial], faults: Sequence[str], *, world: str, datasets: dict[str, str], referenced: bool = False) -> Limits:
    """Limits that fail `FALSE_ALARMS` of good frames, whichever metric it is that fails them.

    A metric's excess counts in spans from its median to its 99th percentile, among bodies of one kind; the greatest of a frame
    causes a quarter of the false alarms. Two weighted sums, logistic regressions without negative weights, cause the rest: a
    quarter that of whole frames, and half that of the worst body, which is fitted to bodies that a fault spoilt and bodies that
    none did.

    Raises:
        InvalidValue: if there are fewer than `LEAST` clips.
    """
    clips = sorted({trial.specimen for trial in found})
    if len(clips) < LEAST:
        raise InvalidValue("the number of clips to calibrate on", len(clips), f"at least {LEAST}")
    bad = np.array([trial.name in faults for trial in found])
    fold = np.array([clips.index(trial.specimen) % FOLDS for trial in found])
    frames, bodies = _Table.of_frames(found, bad), _Table.of_bodies(found, bad)
    most = _spans(frames, bodies, bad)
    failed, bounds, weights = np.zeros(len(found), bool), [], []
    for table, share in ((frames, 1 / 4), (bodies, 1 / 2)):
        sums = _sums_of_others(table, fold)
        worst = np.zeros(len(found))
        np.maximum.at(worst, table.trial, sums)
        bounds.append(max(float(np.quantile(worst[~bad], 1 - share * FALSE_ALARMS)), 1e-6))
        np.maximum.at(failed, table.trial, (sums > bounds[-1]) | (table.excess.max(axis=1) > most))
        weights.append(_weights(table))
    columns = np.concatenate(weights)
    return Limits(
        simgen=version("simgen"),
        world=world,
        referenced=referenced,
        frames=int((~bad).sum()),
        faults=int(bad.sum()),
        false_alarms=round(float(failed[~bad].mean()), 4),
        usual=_by_kind(frames.usual | bodies.usual),
        limit=_by_kind(frames.limit | bodies.limit),
        most=float(f"{most:.4g}"),
        weight=_named(METRICS, columns[:, 0]),
        steep=_named(METRICS, columns[:, 1]),
        bound=float(f"{bounds[0]:.4g}"),
        bound_of_body=float(f"{bounds[1]:.4g}"),
        datasets=datasets,
    )


@dataclass(eq=False)
class _Table:
    """Metrics of N frames, or of N bodies in them; M metrics."""

    names: tuple[str, ...]
    values: np.ndarray
    """(N, M), over the unrest of their frame; NaN where there was nothing to measure."""
    kind: np.ndarray
    """Under which name what is usual of it stands, (N,)."""
    trial: np.ndarray
    """Whose frame it is, (N,)."""
    bad: np.ndarray
    """Whether a fault spoilt it, bool, (N,)."""
    sound: np.ndarray
    """Whether no fault is in its frame, bool, (N,)."""
    heavy: np.ndarray
    """How much it counts in the fit if it is bad, (N,)."""
    usual: dict[str, np.ndarray] = field(default_factory=dict)
    """Kind to medians, (M,)."""
    limit: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of_frames(cls, found: Sequence[Trial], bad: np.ndarray) -> "_Table":
        values = np.array([[*eased(trial.measurement.frame, trial.measurement.unrest).values()] for trial in found])
        heavy = np.array([_WEAK if trial.strength == 0 else 1.0 for trial in found])
        return cls(tuple(OF_FRAMES), values, np.full(len(found), FRAME), np.arange(len(found)), bad, ~bad, heavy)

    @classmethod
    def of_bodies(cls, found: Sequence[Trial], bad: np.ndarray) -> "_Table":
        rows = [(number, part, k) for number, trial in enumerate(found) for k, part in enumerate(trial.measurement.parts)]
        trial = np.array([row[0] for row in rows])
        values = np.array([[*eased(part.metrics, found[number].measurement.unrest).values()] for number, part, _ in rows])
        spoilt = np.array([bool(found[number].spoilt) and found[number].spoilt[k] for number, _, k in rows])
        local = np.array([found[number].name in LOCAL for number, _, _ in rows])
        heavy = np.array([_WEAK if found[number].strength == 0 else 1.0 for number, _, _ in rows])
        kind = np.array([part.kind for _, part, _ in rows])
        return cls(tuple(OF_BODIES), values, kind, trial, spoilt & local & bad[trial], ~bad[trial], heavy)

    @cached_property
    def excess(self) -> np.ndarray:
        """(N, M); asked for once `usual` and `limit` are there."""
        kinds, which = np.unique(self.kind, return_inverse=True)
        usual, limit = (np.stack([table[kind] for kind in kinds])[which] for table in (self.usual, self.limit))
        return np.nan_to_num((self.values - usual) / (limit - usual), nan=0.0, posinf=1e6)


def _spans(frames: _Table, bodies: _Table, bad: np.ndarray) -> float:
    """Find median and limit of every metric, by good frames and the bodies in them; gives the excess that single metrics may reach."""
    greatest = np.zeros(len(bad))
    for table, kinds in ((frames, (FRAME,)), (bodies, KINDS)):
        for kind in kinds:
            of_kind = table.sound & (table.kind == kind)
            if of_kind.sum() < ENOUGH:
                of_kind = table.sound
            table.usual[kind], table.limit[kind] = _spread(table.values[of_kind])
        if kinds == (FRAME,):
            table.limit[FRAME][table.names.index("nonfinite")] = 1e-9  # one such pixel is one too many
        np.maximum.at(greatest, table.trial, table.excess.max(axis=1))
    return max(float(np.quantile(greatest[~bad], 1 - FALSE_ALARMS / 4)), 1.0)


def _spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and 99th percentile of every column, (M,) each, some way apart."""
    seen = np.where(np.isfinite(values).any(axis=0), values, 0.0)
    usual = np.nanmedian(seen, axis=0)
    return usual, usual + np.maximum(np.nanquantile(seen, 0.99, axis=0) - usual, _LEAST_SPREAD)


def _sums_of_others(table: _Table, fold: np.ndarray) -> np.ndarray:
    """Weighted sums, (N,), each with weights from the folds that it is not in."""
    sums, excess = np.zeros(len(table.trial)), table.excess
    for number in range(FOLDS):
        here = fold[table.trial] == number
        if here.any() and not here.all():
            sums[here] = (features(excess[here]) * _weights(table, ~here)).sum(axis=(1, 2))
    return sums


def _weights(table: _Table, chosen: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Of `features`, none negative, (M, 2): logistic regression in which good and bad rows count alike."""
    taken = np.zeros(len(table.trial), bool)
    taken[chosen] = True
    taken &= table.bad | table.sound
    columns, bad = features(table.excess[taken]).reshape(taken.sum(), -1), table.bad[taken]
    heavy = table.heavy[taken]
    share = np.where(bad, heavy / max(heavy[bad].sum(), 1e-9), 1 / max((~bad).sum(), 1))
    sign = np.where(bad, 1.0, -1.0)

    def loss(unknown: np.ndarray) -> tuple[float, np.ndarray]:
        weights, offset = unknown[:-1], unknown[-1]
        margin = sign * (columns @ weights + offset)
        slope = -sign * share / (1 + np.exp(np.clip(margin, -50, 50)))
        value = (share * np.logaddexp(0, -margin)).sum() + _PULL * (weights @ weights)
        return value, np.append(columns.T @ slope + 2 * _PULL * weights, slope.sum())

    start = np.append(np.full(columns.shape[1], 0.1), -1.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * columns.shape[1] + [(None, None)])
    return found.x[:-1].reshape(-1, 2)


def _by_kind(table: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    return {kind: _named(tuple(OF_FRAMES) if kind == FRAME else tuple(OF_BODIES), values) for kind, values in table.items()}


def _named(names: Sequence[str], values: np.ndarray) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in zip(names, values, strict=True)}
