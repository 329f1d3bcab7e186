"""Surfaces: does every surface show its own paint, in its own colour, and nothing else?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter

from simgen.verify.photograph import blocks
from simgen.verify.shading import Shading

WINDOW = 25
"""Pixels across the windows in which detail is compared and inventions are looked for: the size of a small object."""
RICH = 0.03
"""Slopes of paint and shape, in `opponent` a pixel, that are worth comparing."""
BLOCK = 4
"""Windows are made of blocks of so many pixels."""
SPOTS = (8, 12, 24)
"""Pixels across the windows in which spots are looked for."""
FLOOR = 0.1
"""Spread around a spot, in `opponent`, with which it is compared at least."""


@dataclass(frozen=True, eq=False)
class Surfaces:
    """The insides of the things of one frame. K things."""

    shading: Shading

    @cached_property
    def _products(self) -> np.ndarray:
        """Slopes of the photograph squared, of the prediction squared, their product and the count, over colours, float32, (4, H, W)."""
        seen, expected = (one.reshape(6, *one.shape[2:]) for one in (self.shading.photograph.gradient, self.shading.predicted_gradient))
        parts = [np.einsum("chw,chw->hw", one, other) for one, other in ((seen, seen), (expected, expected), (seen, expected))]
        return np.stack([*parts, np.ones_like(parts[0])]) * self.shading.expectation.inside

    @cached_property
    def unpainted(self) -> np.ndarray:
        """1 - correlation between the slopes of photograph and prediction over each thing, float32, (K,); less where few are expected."""
        where, things = self.shading.expectation.where.ravel(), len(self.shading.expectation.things)
        sums = np.stack([np.bincount(where, part.ravel(), minlength=things) for part in self._products])
        return self._deviation(sums, 60)

    @cached_property
    def unpainted_here(self) -> np.ndarray:
        """The same in a window around every block, float32, (h, w)."""
        return self._deviation(WINDOW**2 * _window(self._products, WINDOW), 250)

    def _deviation(self, sums: np.ndarray, enough: int) -> np.ndarray:
        seen, expected, both, count = sums
        grain = 0.35 * self.shading.noise**2 * count
        correlation = both / np.sqrt(np.maximum(expected * np.maximum(seen - grain, 0.25 * seen), 1e-9))
        clear = expected / np.maximum(expected + RICH**2 * count + 4 * grain, 1e-9)
        return np.where(count > enough, clear * (1 - correlation), np.nan)

    @cached_property
    def colour(self) -> np.ndarray:
        """Median of what each thing has beyond the prediction, `opponent`, float32, (K, 3); NaN where too little is seen."""
        expectation = self.shading.expectation
        sound = expectation.inside & self.shading.telling
        chosen = np.flatnonzero(sound)
        thing = expectation.where.ravel()[chosen]
        order = np.argsort(thing, kind="stable")
        chosen, bounds = chosen[order], np.searchsorted(thing[order], np.arange(len(expectation.things) + 1))
        residual = self.shading.residual.reshape(3, -1)
        found = np.full((len(expectation.things), 3), np.nan, np.float32)
        for number, (start, stop) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
            if stop - start >= 20:
                some = chosen[start:stop:max(1, (stop - start) // 600)]
                found[number] = np.median(residual[:, some], axis=1)
        return found

    @cached_property
    def darkest(self) -> np.ndarray:
        """Mean albedo of each thing in its darkest channel, linear, (K,)."""
        expectation = self.shading.expectation
        where, albedo = expectation.where.ravel(), expectation.albedo.reshape(-1, 3)
        return np.min([np.bincount(where, albedo[:, channel]) for channel in range(3)], axis=0) / expectation.area

    @cached_property
    def unexplained(self) -> np.ndarray:
        """Slopes of the photograph beyond those that the prediction has nearby, lightness and colour, (2, H, W); 0 outside surfaces."""
        seen, expected = self.shading.photograph.gradient, self.shading.predicted_gradient
        found = []
        for channels in (slice(0, 1), slice(1, 3)):
            slope = np.sqrt(np.einsum("dchw,dchw->hw", seen[:, channels], seen[:, channels]))
            reason = _greatest(np.sqrt(np.einsum("dchw,dchw->hw", expected[:, channels], expected[:, channels])))
            found.append(np.maximum(slope - 1.5 * reason - 2 * self.shading.noise, 0))
        return np.stack(found) * self.shading.expectation.inside

    @cached_property
    def strange(self) -> np.ndarray:
        """Mean of `unexplained`, capped, in a window around every block, float32, (2, h, w)."""
        return _window(np.minimum(self.unexplained, 0.3), WINDOW)

    @cached_property
    def blot(self) -> np.ndarray:
        """How far the residual of a small window stands out from those around it, against their spread, float32, (2, h, w): the most
        over windows of `SPOTS`, in lightness and colour. What varies by itself, as metal does, hides more (after Finn and Johnson, 1968).
        """
        expectation, residual = self.shading.expectation, self.shading.residual
        inside = (expectation.inside & self.shading.telling).astype(np.float32)
        off = np.stack([residual[0], 2 * residual[1], 2 * residual[2]]).clip(-1, 1) * inside
        planes = np.concatenate([off, off**2, inside[None]])
        found = 0
        for size in SPOTS:
            near, wide = _window(planes, size) * size**2, _window(planes, 3 * size) * (3 * size) ** 2
            around = wide - near
            count, others = near[6], np.maximum(around[6], 1)
            mean = around[:3] / others
            spread = np.maximum(around[3:6] / others - mean**2, 0)
            apart = np.abs(near[:3] / np.maximum(count, 1) - mean) / np.sqrt(spread + FLOOR**2)
            sound = (count > 0.5 * size**2) & (around[6] > 1.5 * size**2)
            found = np.maximum(found, np.stack([apart[0], np.hypot(apart[1], apart[2])]) * sound)
        return found


def _window(planes: np.ndarray, size: int) -> np.ndarray:
    """Means of (C, H, W) over squares of about `size` pixels around every block, nothing beyond the picture, (C, h, w)."""
    coarse = blocks(planes, BLOCK)
    across = max(1, round(size / BLOCK))
    return uniform_filter(coarse, (0, across, across), mode="constant") if coarse.size else np.zeros((len(planes), 1, 1), np.float32)


def _greatest(plane: np.ndarray) -> np.ndarray:
    """The greatest value within 2 pixels along u and v."""
    out = plane
    for axis in (0, 1):
        out = maximum_filter1d(out, 5, axis=axis)
    return out
