"""The neural world: a network makes cheap light as good as traced light; air and camera are the physics that all worlds share."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from simgen.errors import InvalidValue, ShapeMismatch
from simgen.geometry import CameraView
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, Clip, ControlBatch, ControlClip
from simgen.world.neural import weights as shelf
from simgen.world.neural.denoise import Sampling, denoised
from simgen.world.neural.frozen import Frozen
from simgen.world.neural.network import NeuralShading
from simgen.world.neural.row import Row


class Neural:
    """Draws from exact buffers and direct light; without the light it still draws, from geometry, weather and lamps alone.

    A frame depends on itself, on the first, for exposure and focus, and on the one before, which is carried along the exact flow.
    """

    name = "neural"
    needs_rgb = False
    needs_light = True
    causal = True

    def __init__(self, *, weights: str | Path | NeuralShading = shelf.USUAL, sampling: Sampling = Sampling(), device: str | None = None):  # noqa: B008
        """Load the network.

        Args:
            weights: a name on the shelf controlnets/, a folder, or a network.
            sampling: how it is asked.
            device: of torch; None is a GPU where there is one.

        Raises:
            UnknownName, UnusableWeights: if the weights are not there or not sound.
        """
        network = weights if isinstance(weights, NeuralShading) else shelf.load(weights)
        self.network = network.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.frozen = Frozen(self.network)
        """What its streams ask: the same network, quicker."""
        self.sampling = sampling
        self.watch = Stopwatch()
        """Where a step spends its time."""

    def render(self, controls: ControlClip, appearance: Appearance, *, seed: int) -> Clip:
        """Photographs of a whole clip, one after the other.

        Raises:
            ShapeMismatch: if a map of weights is not of the clip's size.
            AssetError: if the light's environment is missing or no HDR image.
        """
        stream = self.stream([controls.observations[0].view], [appearance], seeds=[seed])
        frames = [stream.step(ControlBatch((observation,), (controls.scene,)))[0] for observation in controls.observations]
        return Clip(np.stack(frames), self.name, (self.name,) * len(frames))

    def stream(self, views: Sequence[CameraView], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> "NeuralStream":
        """Photographs of many cameras at once, one step at a time.

        Args:
            views: one a row; they may move, but keep their size.
            appearances: one a row; frame t is drawn as `at(t)`, and those beyond the last as the last.
            seeds: one a row; a row is the same alone and beside others.

        Raises:
            InvalidValue: if these are not equally many.
        """
        if not len(views) == len(appearances) == len(seeds):
            raise InvalidValue("views, appearances and seeds", (len(views), len(appearances), len(seeds)), "equally many, one a row")
        return NeuralStream(self, views, appearances, seeds)


class NeuralStream:
    """Rows of (environment, camera), each with its exposure, its last frame and its seed."""

    def __init__(self, world: Neural, views: Sequence[CameraView], appearances: Sequence[Appearance], seeds: Sequence[int]):
        self._world = world
        self._sizes = [(view.intrinsics.height, view.intrinsics.width) for view in views]
        self._rows = [Row(appearance, seed, world.watch) for appearance, seed in zip(appearances, seeds, strict=True)]

    def step(self, controls: ControlBatch) -> np.ndarray:
        """One frame of every row, sRGB, uint8, (N, H, W, 3).

        Raises:
            ShapeMismatch: if an observation is not of its row's size, or there are not as many as rows.
        """
        if len(controls.observations) != len(self._rows):
            raise ShapeMismatch("a batch of controls", (len(controls.observations),), "the stream", (len(self._rows),))
        for number, (observation, size) in enumerate(zip(controls.observations, self._sizes, strict=True)):
            if observation.depth.shape != size:
                raise ShapeMismatch(f"the observation of row {number}", observation.depth.shape, "its camera", size)
        seen = [row.see(one, scene) for row, one, scene in zip(self._rows, controls.observations, controls.scenes, strict=True)]
        noise = [row.noise() for row in self._rows] if self._world.sampling.steps > 1 else None
        with self._world.watch("network"):
            tones = denoised(self._world.frozen, seen, noise, self._world.sampling)
        return np.stack([row.develop(tone) for row, tone in zip(self._rows, tones, strict=True)])

    def reset(self, rows: Sequence[int], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> None:
        """Begin these rows anew.

        Raises:
            InvalidValue: if these are not equally many.
        """
        if not len(rows) == len(appearances) == len(seeds):
            raise InvalidValue("rows, appearances and seeds", (len(rows), len(appearances), len(seeds)), "equally many")
        for number, appearance, seed in zip(rows, appearances, seeds, strict=True):
            self._rows[number] = Row(appearance, seed, self._world.watch)
