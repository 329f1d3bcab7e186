"""The photograph that truth predicts: the reference, or albedo where there is none, under the light that explains most of the frame."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import gaussian_filter

from simgen.verify.expectation import Expectation
from simgen.verify.photograph import LINEAR, Photograph, gradient, opponent

SAMPLES = 4000
"""Pixels that the light is fitted to, at most."""
ROUNDS = 4
"""Of reweighting, so that shadows, highlights and faults do not bend the fit."""
SOFT = 0.5
"""Pixels by which a reference is blurred: it is sampled more coarsely than a photograph."""
FEWEST = 50
"""Pixels without which nothing is fitted."""


@dataclass(frozen=True, eq=False)
class Shading:
    """A frame and what its truth predicts.

    Light that comes from far away and is nowhere blocked is, on matt surfaces, a quadratic in the normal (Ramamoorthi and
    Hanrahan, 2001). Here it may also vary slowly over the picture, for lamps and lenses, and a veil that thickens with
    distance lies over it, for fog. The coefficients are those of the whole frame: a single body cannot bend them. A reference
    knows shadows, lamps and fog; what such light adds to it is what comes from surface to surface and the camera's own doing.
    """

    photograph: Photograph
    expectation: Expectation
    reference: np.ndarray | None = None
    """What truth and conditions predict, sRGB, uint8, (H, W, 3); None where only the albedo is known."""

    @cached_property
    def predicted(self) -> np.ndarray:
        """`opponent` of the prediction, float32, (3, H, W); the photograph's own where nothing was hit and no reference tells more."""
        hit = self.expectation.hit
        return np.where(hit, opponent(np.clip(self.fitted, 1e-3, 1).T).reshape(3, *hit.shape), self._beyond)

    @cached_property
    def _beyond(self) -> np.ndarray:
        """`opponent` of what is predicted where nothing was hit, (3, H, W)."""
        if self.reference is None:
            return self.photograph.log
        sky, expected = ~self.expectation.hit & ~self.photograph.clipped, opponent(LINEAR[self.reference])
        off = (self.photograph.log - expected)[:, sky]
        return expected + (np.median(off, axis=1) if off.shape[1] >= FEWEST else np.zeros(3))[:, None, None]

    @cached_property
    def unlit(self) -> np.ndarray:
        """What the fitted light falls on, linear, float32, (H*W, 3)."""
        if self.reference is None:
            return self.expectation.albedo.reshape(-1, 3)
        return gaussian_filter(LINEAR[self.reference], (SOFT, SOFT, 0)).reshape(-1, 3)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of lightness from pixel to pixel."""
        return self.grain[0]

    @cached_property
    def grain(self) -> tuple[float, float, float]:
        """Standard deviation from pixel to pixel in `opponent`, by the median of second differences (after Immerkaer, 1996)."""
        off = self.photograph.log - self.predicted
        return tuple(self._grain(plane) for plane in off)

    def _grain(self, light: np.ndarray) -> float:
        bumps = light[1:-1, 1:-1] - 0.25 * (light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:])
        bumps = np.abs(bumps[self.expectation.inside[1:-1, 1:-1]])
        return float(np.median(bumps[:: max(1, len(bumps) // SAMPLES)]) / (0.6745 * np.sqrt(1.25))) if len(bumps) > FEWEST else 0.0

    @cached_property
    def residual(self) -> np.ndarray:
        """What the photograph has beyond the prediction, in `opponent`, float32, (3, H, W).

        A shadow takes the sun's colour and leaves the sky's; a highlight adds the light's own colour to the paint's. What of the
        colour goes with the lightness in this way over the whole frame is not counted (after Finlayson et al., 2006).
        """
        found = self.photograph.log - self.predicted
        if len(self.chosen) < FEWEST:
            return found
        light = np.clip(found[0], -2, 2)
        shade, shine = np.minimum(light, 0), np.maximum(light, 0)
        for channel in (1, 2):
            columns = [np.ones_like(light), shade, shine]
            if self.reference is None:
                paint = self.expectation.paint[channel]
                columns += [paint, shade * paint, shine * paint]
            columns = np.stack(columns).reshape(len(columns), -1)
            values = found[channel].ravel()[self.chosen]
            found[channel] -= (_robust(columns[:, self.chosen], values, np.ones_like(values), 0.05) @ columns).reshape(light.shape)
        return found

    @cached_property
    def telling(self) -> np.ndarray:
        """Where colour can be compared, bool, (H, W): a reference knows what fades, the albedo does not."""
        return self.photograph.coloured if self.reference is None else np.ones_like(self.photograph.coloured)

    @cached_property
    def predicted_gradient(self) -> np.ndarray:
        """Slopes of the prediction along u and v, float32, (2, 3, H, W)."""
        return gradient(self.predicted)

    @cached_property
    def fitted(self) -> np.ndarray:
        """Predicted linear light, float32, (3, H*W)."""
        chosen = self.chosen
        if len(chosen) < FEWEST:
            return np.full((3, self.expectation.where.size), self.photograph.linear.mean(), np.float32)
        light, veil = self._columns
        unlit, seen = self.unlit.T, self.photograph.linear.reshape(-1, 3)
        found = []
        for channel in range(3):
            columns = np.concatenate([unlit[channel, chosen] * light[:, chosen], veil[:, chosen]])
            values = seen[chosen, channel]
            found.append(_robust(columns, values, 1 / (values + 0.03), 0.15))
        lit, veiled = np.split(np.array(found, np.float32), [len(light)], axis=1)
        return unlit * (lit @ light) + veiled @ veil

    @cached_property
    def chosen(self) -> np.ndarray:
        """Some pixels of the insides of things, evenly taken, neither clipped nor too many, as indices into H*W, (N,)."""
        found = np.flatnonzero(self.expectation.inside & ~self.photograph.clipped)
        return found[:: max(1, len(found) // SAMPLES)]

    @property
    def _columns(self) -> tuple[np.ndarray, np.ndarray]:
        """What light may depend on, (L, H*W), and what a veil may, (V, H*W)."""
        seen = self.expectation.observation
        height, width = seen.depth.shape
        light = np.ones((15, height, width), np.float32)
        light[1:4] = np.moveaxis(seen.normal, -1, 0)
        _, x, y, z = light[:4]
        light[4], light[5], light[6], light[7], light[8] = x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1
        v, u = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None]
        light[9], light[10], light[11], light[12], light[13] = u, v, u * u, v * v, u * v
        finite = np.where(self.expectation.hit, seen.depth, 0)
        light[14] = finite / max(float(finite.max()), 1e-6)
        taken = light if self.reference is None else light[[0, 1, 2, 3, 9, 10, 14]]
        return taken.reshape(len(taken), -1), light[[0, 14]].reshape(2, -1)


def _robust(columns: np.ndarray, values: np.ndarray, scale: np.ndarray, loose: float) -> np.ndarray:
    """Coefficients, (M,), of columns, (M, N), that fit most values; errors times `scale` beyond `loose` count less (Huber, 1964)."""
    weight = scale**2
    for _ in range(ROUNDS):
        weighted = columns * weight
        normal = weighted @ columns.T
        normal[np.diag_indices_from(normal)] += 1e-3 * max(np.trace(normal) / len(normal), 1e-6)  # a slight pull to zero
        found = np.linalg.solve(normal, weighted @ values)
        error = np.abs(found @ columns - values) * scale
        weight = (scale * np.minimum(1, loose / np.maximum(error, 1e-6))) ** 2
    return found
