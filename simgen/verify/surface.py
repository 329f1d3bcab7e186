"""Surfaces: does every surface show its own paint, in its own colour, and nothing else?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import binary_erosion, find_objects, maximum_filter1d, uniform_filter

from simgen.verify.photograph import blocks
from simgen.verify.shading import Shading

WINDOW = 25
"""Pixels across the windows in which inventions are looked for: the size of a small object."""
BLOCK = 4
"""Windows are made of blocks of so many pixels."""
SPOTS = (8, 12, 24)
"""Pixels across the windows in which spots are looked for."""
FEWEST = 60
"""Pixels of a thing without which nothing can be said of its paint."""
PATTERN = 3, 15
"""Pixels across the finest and the coarsest pattern that is compared: finer ones alias, coarser ones may be light."""
PATTERN_SPREAD = np.array([0.06, 0.025, 0.025], np.float32)[:, None, None]
"""Of what a good photograph has of patterns beyond the prediction, `opponent`: lightness, and both colours."""
PATTERN_DOUBT = 800.0
"""Squared spreads, summed over a thing, that its pattern must have for half of it to be believed."""
PALE = 0.2
"""Share of a thing's brightest channel that is added before colours are compared: what is little lit takes colour from around it."""
FLOOR = 0.1
"""Spread around a spot, in `opponent`, with which it is compared at least."""


@dataclass(frozen=True, eq=False)
class Surfaces:
    """The insides of the things of one frame. K things."""

    shading: Shading

    @cached_property
    def repainted(self) -> np.ndarray:
        """How much less of its own paint each thing shows than is predicted, as a share of that paint, float32, (K,): 0 where it shows
        it all or has no pattern to show, 1 where the pattern is another one."""
        expectation = self.shading.expectation
        planes = np.concatenate([self.shading.photograph.log - self.shading.predicted, expectation.paint])
        found = np.full(len(expectation.things), np.nan, np.float32)
        for number, box in enumerate(find_objects(expectation.where + 1)):
            if box is None or expectation.things[number] <= 1 or expectation.area[number] < FEWEST:
                continue
            own = binary_erosion(expectation.where[box] == number, border_value=1).astype(np.float32)
            off, paint = (_pattern(planes[:, *box], own).reshape(2, 3, *own.shape) / PATTERN_SPREAD).clip(-6, 6)
            found[number] = -(off * paint).sum() / ((paint**2).sum() + PATTERN_DOUBT)
        return found

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
    def tint(self) -> np.ndarray:
        """How far the mean colour of each thing is from the predicted one, in ratios of channels whatever the lightness, against how
        colourful it is, float32, (K,); NaN of what is small. Light from thing to thing tints the colourful more than the grey."""
        expectation = self.shading.expectation
        own = np.flatnonzero(expectation.hit & ~expectation.outline)
        where, things = expectation.where.ravel()[own], len(expectation.things)
        count = np.bincount(where, minlength=things)
        planes = np.moveaxis(self.shading.photograph.linear, -1, 0).reshape(3, -1), np.maximum(self.shading.fitted, 0)
        seen, expected = (
            np.stack([np.bincount(where, plane[own], minlength=things) for plane in part], axis=1) / np.maximum(count, 1)[:, None]
            for part in planes
        )
        seen, expected = (np.log(part + PALE * part.max(axis=1, keepdims=True) + 1e-4) for part in (seen, expected))
        off = seen - expected
        off -= np.median(off[count >= FEWEST], axis=0) if (count >= FEWEST).sum() >= 4 else 0  # the whole frame's is the camera's
        ratio = np.stack([off[:, 0] - off[:, 1], off[:, 2] - 0.5 * (off[:, 0] + off[:, 1])])
        return np.where(count >= FEWEST // 2, np.hypot(*ratio) / (PALE + np.ptp(expected, axis=1)), np.nan).astype(np.float32)

    @cached_property
    def darkest(self) -> np.ndarray:
        """Mean albedo of each thing in its darkest channel, linear, (K,)."""
        expectation = self.shading.expectation
        where, albedo = expectation.where.ravel(), expectation.albedo.reshape(-1, 3)
        return np.min([np.bincount(where, albedo[:, channel]) for channel in range(3)], axis=0) / expectation.area

    @cached_property
    def strange(self) -> np.ndarray:
        """Edges of colour that no prediction has nearby: their mean slope, capped, in a window around every block, float32, (h, w)."""
        seen, expected = (np.sqrt(np.einsum("dchw,dchw->hw", one[:, 1:], one[:, 1:])) for one in self._gradients)
        strange = np.maximum(seen - 1.5 * _greatest(expected) - 2 * self.shading.noise, 0) * self.shading.expectation.inside
        return _window(np.minimum(strange, 0.3)[None], WINDOW)[0]

    @property
    def _gradients(self) -> tuple[np.ndarray, np.ndarray]:
        return self.shading.photograph.gradient, self.shading.predicted_gradient

    @cached_property
    def blot(self) -> np.ndarray:
        """How far the colour of a small window, beyond the prediction, stands out from that around it, against its spread, float32,
        (h, w): the most over windows of `SPOTS`. What varies by itself, as metal does, hides more (after Finn and Johnson, 1968).
        """
        inside = (self.shading.expectation.inside & self.shading.telling).astype(np.float32)
        off = (2 * self.shading.residual[1:]).clip(-1, 1) * inside
        planes = np.concatenate([off, off**2, inside[None]])
        found = np.zeros(1, np.float32)
        for size in SPOTS:
            near, wide = _window(planes, size) * size**2, _window(planes, 3 * size) * (3 * size) ** 2
            around = wide - near
            count, others = near[4], np.maximum(around[4], 1)
            mean = around[:2] / others
            spread = np.maximum(around[2:4] / others - mean**2, 0)
            apart = np.abs(near[:2] / np.maximum(count, 1) - mean) / np.sqrt(spread + FLOOR**2)
            sound = (count > 0.5 * size**2) & (around[4] > 1.5 * size**2)
            found = np.maximum(found, np.hypot(*apart) * sound)
        return found


def _pattern(planes: np.ndarray, own: np.ndarray) -> np.ndarray:
    """What of planes, (C, h, w), varies over `PATTERN` within a mask, float32, (h, w); 0 outside."""
    inside, means = planes * own, []
    for size in PATTERN:
        share = uniform_filter(own, size, mode="constant")
        means.append(uniform_filter(inside, (0, size, size), mode="constant") / np.maximum(share, 1e-3))
    return (means[0] - means[1]) * own


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
