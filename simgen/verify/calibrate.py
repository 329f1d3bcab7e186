"""Calibration: limits from frames known to be good, their harmless changes, and faults injected into them."""

from collections.abc import Callable, Sequence
from importlib.metadata import version

import numpy as np
from scipy.optimize import minimize

from simgen.errors import InvalidValue
from simgen.verify.faults import STRENGTHS
from simgen.verify.harmless import HARMLESS
from simgen.verify.limits import Limits, features
from simgen.verify.measure import METRICS
from simgen.verify.trial import Specimen, Trial, good, harmless, spoiled

FALSE_ALARMS = 0.02
"""Share of good frames that may fail."""
FOLDS = 5
"""Clips are set aside a fifth at a time, so that the bound is found on frames the weights have not seen."""
LEAST = 5
"""Clips that make a calibration."""
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


def calibrate(found: Sequence[Trial], faults: Sequence[str], *, world: str, datasets: dict[str, str]) -> Limits:
    """Limits that fail `FALSE_ALARMS` of good frames, whichever metric it is that fails them.

    A metric's limit is proportional to the span from its median to its 99th percentile; the proportion is such that the
    greatest excess of a frame keeps within 1 in all but half of the false alarms. The weighted sum, a logistic regression
    without negative weights, takes the other half.

    Raises:
        InvalidValue: if there are fewer than `LEAST` clips.
    """
    clips = sorted({trial.specimen for trial in found})
    if len(clips) < LEAST:
        raise InvalidValue("the number of clips to calibrate on", len(clips), f"at least {LEAST}")
    values = np.array([[trial.measurement.metrics[name] for name in METRICS] for trial in found])
    bad = np.array([trial.name in faults for trial in found])
    fold = np.array([clips.index(trial.specimen) % FOLDS for trial in found])
    heavy = np.array([_WEAK if trial.strength == 0 else 1.0 for trial in found])
    usual, limit = _alone(values[~bad])
    excess = np.nan_to_num((values - usual) / (limit - usual), nan=0.0, posinf=1e3)
    crossed = np.zeros(len(found))
    for number in range(FOLDS):
        here = fold == number
        if here.any() and not here.all():
            crossed[here] = _sums(excess[here], _weights(excess[~here], bad[~here], heavy[~here]))
    bound = max(float(np.quantile(crossed[~bad], 1 - FALSE_ALARMS / 2)), 1e-6)
    weights = _weights(excess, bad, heavy)
    failed = (crossed > bound) | (excess.max(axis=1) > 1)
    return Limits(
        simgen=version("simgen"),
        world=world,
        frames=int((~bad).sum()),
        faults=int(bad.sum()),
        false_alarms=round(float(failed[~bad].mean()), 4),
        usual=_named(usual),
        limit=_named(limit),
        weight=_named(weights[:, 0]),
        steep=_named(weights[:, 1]),
        bound=float(f"{bound:.4g}"),
        datasets=datasets,
    )


def _alone(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and limit of every metric, of good frames, (M,) each."""
    seen = np.where(np.isfinite(values).any(axis=0), values, 0.0)
    usual = np.nanmedian(seen, axis=0)
    span = np.maximum(np.nanquantile(seen, 0.99, axis=0) - usual, _LEAST_SPREAD)
    greatest = np.nan_to_num((seen - usual) / span, nan=0.0).max(axis=1)
    limit = usual + span * max(float(np.quantile(greatest, 1 - FALSE_ALARMS / 2)), 1.0)
    limit[METRICS.index("nonfinite")] = 1e-9  # one such pixel is one too many
    return usual, limit


def _weights(excess: np.ndarray, bad: np.ndarray, heavy: np.ndarray) -> np.ndarray:
    """Of `features`, none negative, (M, 2): logistic regression in which good and bad frames count alike."""
    columns = features(excess).reshape(len(excess), -1)
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


def _sums(excess: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (features(excess) * weights).sum(axis=(1, 2))


def _named(values: np.ndarray) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in zip(METRICS, values, strict=True)}
