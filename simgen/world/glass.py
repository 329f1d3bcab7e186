"""Glass: what sits on a camera's front lens: water drops and grease."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from simgen.randomness import stream

DROPS = 450
"""As many as a wholly wet lens has room for."""
SMALLEST, LARGEST = 0.008, 0.05
"""Radius of a drop, share of the picture's width."""
TURN = -3.0
"""A drop shows the scene upside down and this many times smaller: it is a strong lens."""


@dataclass(frozen=True, eq=False)
class Glass:
    """One camera's front lens; its drops and smears are the same for a seed and a camera's name, whatever is asked of them."""

    seed: int
    camera: str
    size: tuple[int, int]
    """Height and width of the picture, pixels."""

    def wet(self, light: np.ndarray, blur: np.ndarray, share: float) -> np.ndarray:
        """A picture, float32, (H, W, 3), through drops that cover a share of it.

        Each shows the scene upside down, out of focus, with a dark rim. With a growing share further drops grow from nothing.

        Args:
            light: linear.
            blur: the same, out of focus.
            share: 0 to 1.
        """
        out = light
        height, width = self.size
        for row, column, radius in self._grown(share):
            top, left = max(int(row - radius), 0), max(int(column - radius), 0)
            bottom, right = min(int(row + radius) + 2, height), min(int(column + radius) + 2, width)
            if top >= bottom or left >= right or radius < 0.5:
                continue
            out = out.copy() if out is light else out
            v, u = np.mgrid[top:bottom, left:right].astype(np.float32)
            y, x = (v - row) / radius, (u - column) / radius
            out_by = np.sqrt(x * x + y * y * np.float32(0.8))
            place = row + TURN * y * radius * (0.4 + out_by), column + TURN * x * radius * (0.4 + out_by)
            inside = np.stack([map_coordinates(blur[..., c], place, order=1, mode="mirror") for c in range(3)], axis=-1)
            shade = 1.08 - 0.75 * np.clip((out_by - 0.55) / 0.45, 0, 1) ** 2 - 0.15 * y * (1 - out_by)
            cover = np.clip((1 - out_by) * np.maximum(radius * 0.25, 1.2), 0, 1)[..., None]
            box = out[top:bottom, left:right]
            box += (inside * shade[..., None] - box) * cover
        return out

    def greasy(self, light: np.ndarray, blur: np.ndarray, amount: float) -> np.ndarray:
        """The same picture through streaks of grease, which spread a share of the light widely."""
        share = (self._grease * np.float32(amount))[..., None]
        return light + (blur - light) * share

    def _grown(self, share: float) -> np.ndarray:
        """Row, column and radius in pixels of every drop, (N, 3)."""
        place, radius = self._drops
        area = np.pi * radius**2 / np.sqrt(0.8)
        before = np.cumsum(area) - area
        size = np.sqrt(np.clip((share * self.size[0] * self.size[1] - before) / area, 0, 1))
        return np.column_stack([place, radius * size])[size > 0]

    @cached_property
    def _drops(self) -> tuple[np.ndarray, np.ndarray]:
        rng = stream(self.seed, 0, f"lens drops {self.camera}")
        place = rng.random((DROPS, 2)) * self.size
        radius = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), DROPS)) * self.size[1]
        return place, radius

    @cached_property
    def _grease(self) -> np.ndarray:
        """How much of the light is spread where the lens is wholly greasy, 0 to 0.85, float32, (H, W)."""
        rng = stream(self.seed, 0, f"lens smear {self.camera}")
        small = max(self.size) / 64  # drawn at 64 pixels, so that it does not depend on the resolution
        wipes = gaussian_filter(rng.standard_normal((96, 96)), (1.2, 9)) * 6 + gaussian_filter(rng.standard_normal((96, 96)), 8) * 10
        angle = rng.uniform(0, np.pi)
        v, u = np.mgrid[: self.size[0], : self.size[1]] / small - 32
        place = 48 + v * np.cos(angle) - u * np.sin(angle), 48 + v * np.sin(angle) + u * np.cos(angle)
        return (0.85 / (1 + np.exp(-1.5 * map_coordinates(wipes, place, order=1, mode="mirror")))).astype(np.float32)
