"""Plots as inline SVG: lines over time, on a logarithmic or a plain scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 460, 190
"""Of a plot in pixels of its own."""
LEFT, RIGHT, TOP, BOTTOM = 54, 8, 10, 24
"""Room around the lines."""

PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a plot."""

    name: str
    values: np.ndarray
    """(T,)."""
    kind: str
    """Its class in the page's style sheet."""


@dataclass(frozen=True)
class Scale:
    """From a value to pixels from the top."""

    low: float
    high: float
    logarithmic: bool

    def place(self, values: np.ndarray) -> np.ndarray:
        """Pixels from the top; what is below the scale lies on its floor."""
        values = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        if self.logarithmic:
            share = np.log(values / self.low) / np.log(self.high / self.low)
        else:
            share = (values - self.low) / (self.high - self.low)
        return TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM)

    @property
    def ticks(self) -> list[float]:
        """Values that are written beside the scale."""
        if not self.logarithmic:
            return [self.low + (self.high - self.low) * share for share in (0.0, 0.5, 1.0)]
        first, last = round(np.log10(self.low)), round(np.log10(self.high))
        return [10.0**power for power in range(first, last + 1, max(1, -(-(last - first) // 5)))]


def scale_of(lines: Sequence[Line], *, logarithmic: bool, least: float = 1e-7) -> Scale:
    """A scale on which every line fits; a logarithmic one begins and ends at a power of ten, not below `least`."""
    values = np.concatenate([line.values for line in lines])
    if not logarithmic:
        return Scale(0.0, max(float(values.max()), 1e-12), False)
    above = values[values > least]
    low = 10.0 ** np.floor(np.log10(above.min())) if len(above) else least
    high = 10.0 ** np.ceil(np.log10(above.max())) if len(above) else 10 * least
    return Scale(float(low), float(max(high, 10 * low)), True)


def plot(times: np.ndarray, lines: Sequence[Line], title: str, unit: str, *, logarithmic: bool = True, marks: Sequence[float] = ()) -> str:
    """An SVG of lines over seconds; `marks` are values at which the page draws a rule."""
    scale = scale_of(lines, logarithmic=logarithmic)
    span = max(float(times[-1]), 1e-9)
    x = LEFT + times / span * (WIDTH - LEFT - RIGHT)
    parts = [_level(scale, value, unit) for value in scale.ticks]
    parts += [_rule(scale, mark) for mark in marks if scale.low < mark < scale.high]
    parts += [_second(share, span, anchor) for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end"))]
    for line in lines:
        points = " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x, scale.place(line.values), strict=True))
        parts.append(f'<polyline class="{line.kind}" points="{points}"><title>{escape(line.name)}</title></polyline>')
    label = escape(title, quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _level(scale: Scale, value: float, unit: str) -> str:
    down = float(scale.place(np.array([value]))[0])
    rule = f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down:.1f}" y2="{down:.1f}"/>'
    return f'{rule}<text class="axis" x="{LEFT - 6}" y="{down + 3.5:.1f}" text-anchor="end">{_written(value, unit)}</text>'


def _second(share: float, span: float, anchor: str) -> str:
    across = LEFT + share * (WIDTH - LEFT - RIGHT)
    return f'<text class="axis" x="{across:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{share * span:.3g} s</text>'


def _rule(scale: Scale, value: float) -> str:
    down = float(scale.place(np.array([value]))[0])
    return f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down:.1f}" y2="{down:.1f}"/>'


def _written(value: float, unit: str) -> str:
    """A value with its unit, if it has one, and the prefix that keeps it short."""
    if not unit:
        return f"{value:.3g}"
    size, prefix = next(((size, prefix) for size, prefix in PREFIXES if value >= 0.999 * size), PREFIXES[-1])
    return f"{value / size:.3g} {prefix}{unit}"
