"""Methods: what draws a held-out frame: the network, asked in several ways, other networks, and what can be had without any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgen.errors import InvalidValue
from simgen.scenario.conditions import Conditions
from simgen.scenario.sensor import Sensor
from simgen.scenario.sky import illuminate
from simgen.training.recognition import light_kind, traits
from simgen.training.scores import recoloured
from simgen.training.shard import Pair
from simgen.world.atmosphere import through_air
from simgen.world.develop import Developer, metered
from simgen.world.neural.buffers import buffers
from simgen.world.neural.denoise import Sampling, carried, denoised
from simgen.world.neural.network import NeuralShading
from simgen.world.neural.row import corrected

STEPS = 4
"""Of the denoiser that draws one of many photographs."""
TRACED = "path_traced"
PLAIN = ("simulator", "recoloured", "cheap")
"""Flat colour; the same with the colour statistics of path-traced pictures under such light; the preview."""
SAMPLINGS = {
    "neural": Sampling(),
    f"neural_{STEPS}_steps": Sampling(steps=STEPS),
    "neural_geometry_only": Sampling(weights=dict.fromkeys(("cheap", "albedo", "light", "material"), 0.0)),
}
"""The network in one step; as a denoiser; in one step from geometry, weather and light alone."""
FAULTLESS = Sensor(shot_noise=0.0, read_noise=0.0)

Networks = Mapping[str, tuple[NeuralShading, Sampling]]
"""Name of a method to its network and how that is asked."""


def networks(network: NeuralShading, beside: Mapping[str, NeuralShading]) -> Networks:
    """The network under the names of `SAMPLINGS`, and others beside it in one step.

    Raises:
        InvalidValue: if another one takes a name that is taken.
    """
    found = {name: (network, sampling) for name, sampling in SAMPLINGS.items()}
    for name, other in beside.items():
        if name in (*found, *PLAIN, TRACED):
            raise InvalidValue("--beside", name, "a name that no method has yet")
        found[name] = other, Sampling()
    return found


@dataclass(frozen=True, eq=False)
class Drawing:
    """What one method makes of frames that follow each other."""

    frames: list[np.ndarray]
    """Photographs, sRGB, uint8, (H, W, 3) each."""
    bare: np.ndarray
    """The first before the air, which all worlds share, uint8, (H, W, 3)."""

    @cached_property
    def traits(self) -> np.ndarray:
        """Of the first, as `recognition.traits` sees them."""
        return traits(self.frames[0])

    @cached_property
    def bare_traits(self) -> np.ndarray:
        """Of the same before the air."""
        return self.traits if self.bare is self.frames[0] else traits(self.bare)


def drawings(pairs: Sequence[Pair], asked: Networks, statistics: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, Drawing]:
    """Method to what it makes of frames that follow each other; the path tracer's comes last.

    Args:
        pairs: the frames.
        asked: who draws beside those of `PLAIN`.
        statistics: kind of light to mean and spread of path-traced pictures, (3,) each; of all of them under the empty name.
    """
    mean, spread = statistics.get(light_kind(pairs[0].light), statistics[""])
    flat = [pair.observation.albedo for pair in pairs]
    made = {
        name: Drawing(frames, frames[0])
        for name, frames in (("simulator", flat), ("recoloured", [recoloured(one, mean, spread) for one in flat]))
    }
    lights = {"cheap": [pair.cheap for pair in pairs]}
    lights |= {name: neural_light(pairs, network, sampling) for name, (network, sampling) in asked.items()}
    lights[TRACED] = [pair.target for pair in pairs]
    return made | {
        name: Drawing(photographs(pairs, light), photographs(pairs[:1], light[:1], air=False)[0]) for name, light in lights.items()
    }


def neural_light(pairs: Sequence[Pair], network: NeuralShading, sampling: Sampling) -> list[np.ndarray]:
    """What the network makes of frames that follow each other, cd/m2 before the air, float32, (H, W, 3) each."""
    gain, found, last = metered(pairs[0].cheap), [], None
    for number, pair in enumerate(pairs):
        seen, now = pair.observation, pair.conditions
        frame = buffers(seen, pair.cheap, now, illuminate(now.weather, now.light), gain=gain, focus_m=pairs[0].focus_m)
        if last is not None:
            frame.maps["history"] = carried(last, seen.flow)
        noise = None
        if sampling.steps > 1:
            noise = [np.random.default_rng(number).standard_normal(pair.cheap.shape, dtype=np.float32)]
        tone = denoised(network, [frame], noise, sampling)[0]
        last = np.clip(tone, 0, 1)
        found.append(corrected(pair.cheap, tone, ~np.isfinite(seen.depth), gain))
    return found


def photographs(pairs: Sequence[Pair], lights: Sequence[np.ndarray], *, air: bool = True) -> list[np.ndarray]:
    """Light before the air as frames of one clip, sRGB, uint8, (H, W, 3), by a camera of no faults that meters the first.

    Args:
        pairs: the frames.
        lights: cd/m2 in linear sRGB, float32, (H, W, 3) each.
        air: whether it is seen through the weather's air, or as if there were none.
    """
    camera, frames = None, []
    for number, (pair, light) in enumerate(zip(pairs, lights, strict=True)):
        seen, now = pair.observation, Conditions(pair.conditions.weather, pair.conditions.light, FAULTLESS)
        illumination = illuminate(now.weather, now.light)
        hdr = through_air(light, seen, now, illumination, seed=0) if air else light
        camera = camera or Developer(metered(hdr), seen.view, seed=0)
        frames.append(camera.develop(number, hdr, seen, now, illumination))
    return frames
