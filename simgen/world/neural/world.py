"""The neural world: a network makes cheap light as good as traced light; air and camera are the physics that all worlds share."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from simgen.geometry import CameraView
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, Clip, ControlClip, Shot
from simgen.world.neural import weights as shelf
from simgen.world.neural.denoise import Sampling, denoised
from simgen.world.neural.frozen import Frozen
from simgen.world.neural.network import NeuralShading
from simgen.world.neural.row import Row, Seen
from simgen.world.rows import Rows


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
        frames = [stream.step([Shot(observation, controls.scene)])[0] for observation in controls.observations]
        return Clip(np.stack(frames), self.name, (self.name,) * len(frames))

    def stream(self, views: Sequence[CameraView], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> Rows:
        """Photographs of many cameras, one step at a time: rows of (environment, camera), each with its exposure, its last frame and
        its seed.

        Args:
            views: one a row; they may move, but keep their size.
            appearances: one a row; frame t is drawn as `at(t)`, and those beyond the last as the last, unless the shot says otherwise.
            seeds: one a row; a row is the same alone and beside others.

        Raises:
            InvalidValue: if these are not equally many.
        """
        return Rows(lambda *row: Row(*row, self.sampling.steps > 1, self.watch), self._draw, views, appearances, seeds)

    def _draw(self, seen: list[Seen]) -> list[np.ndarray]:
        noise = [one.noise for one in seen] if self.sampling.steps > 1 else None
        with self.watch("network"):
            return denoised(self.frozen, [one.buffers for one in seen], noise, self.sampling)
