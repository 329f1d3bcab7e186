"""Development: what a camera makes of the light that reaches it, from cd/m2 to sRGB bytes.

The camera meters once, on the first frame of a clip, as a camera with locked exposure does; after that every frame is
developed by itself. In order: the shutter's smear, exposure, grease and drops on the lens, bloom, veil, vignetting, white
balance, noise, the film's tone curve, sRGB, dead pixels. What is zero is skipped.
"""

from functools import cached_property, lru_cache

import numpy as np

from simgen.compiled import compiled, in_bands
from simgen.errors import InvalidValue
from simgen.geometry import CameraView, locked
from simgen.observation import Observation
from simgen.randomness import stream
from simgen.scenario.colorimetry import adaptation, glow, luminance
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Illumination
from simgen.scenario.sensor import Sensor
from simgen.scenario.skylight import illuminant
from simgen.world.glass import Glass
from simgen.world.scatter import bloom, blurred, veil
from simgen.world.shutter import smeared
from simgen.world.tone import GREY, PRINT, STEPS, WHITE
from simgen.world.tone import to_linear as to_linear
from simgen.world.tone import to_srgb as to_srgb

BRIGHT = 0.8
"""Exposure of the 95th percentile of a picture whose tones are spread as usual."""
DIM_CD_M2, DARK_CD_M2, DARK_STOPS = 30.0, 0.005, 3.0
"""From `DIM` down to `DARK` the camera lets pictures grow darker by up to so many stops: dusk looks like dusk, night like night."""
BRIGHTEST = 3000.0
"""Exposure beyond which light is lost before it reaches the lens' scatter: a sun's disc would drown every picture."""
FARTHEST = 0.8
"""Logarithm of a channel's share to which automatic white balance follows the light at most: candlelight stays warm."""


class Developer:
    """One camera's development of one clip."""

    def __init__(self, gain: float, view: CameraView, *, seed: int, interval_s: float = 0.0):
        """Set the exposure.

        Args:
            gain: exposure of 1 cd/m2, before `exposure_ev`: what `metered` made of the first frame.
            view: the camera, whose name tells its dead pixels and drops from another's.
            seed: of the photograph.
            interval_s: from the frame before to the next that is developed; 0 where there is none before, and nothing smears.
        """
        self.gain, self.interval_s = gain, interval_s
        self._seed, self._camera = seed, view.name
        self._glass = Glass(seed, view.name, (view.intrinsics.height, view.intrinsics.width))

    def develop(
        self, frame: int, hdr: np.ndarray, observation: Observation, conditions: Conditions, illumination: Illumination
    ) -> np.ndarray:
        """One frame, sRGB, uint8, (H, W, 3).

        Args:
            frame: its number in the clip, which tells its noise from another's.
            hdr: cd/m2 in linear sRGB, (H, W, 3).
            observation: its exact buffers: flow and depth.
            conditions: of that frame.
            illumination: of that frame.

        Raises:
            InvalidValue: if `hdr` is not finite.
        """
        _check(hdr, frame)
        sensor, light = conditions.sensor, np.asarray(hdr, dtype=np.float32)
        if sensor.shutter_s > 0 and self.interval_s > 0:
            light = smeared(light, observation.flow, observation.depth, sensor.shutter_s / self.interval_s)
        gain = np.float32(self.gain * 2.0**sensor.exposure_ev)
        light = self._through_lens(np.minimum(light * gain, np.float32(BRIGHTEST)), sensor)
        if sensor.glare > 0:
            light = light + veil(observation.view, observation.depth, illumination) * np.float32(gain * sensor.glare)
        light = np.ascontiguousarray(light, dtype=np.float32)
        picture, balance = np.empty(light.shape, np.uint8), white_balance(sensor, illumination).astype(np.float32)
        noise = self._grain(light.shape, frame, sensor), np.float32(sensor.shot_noise**2), np.float32(sensor.read_noise**2)
        in_bands(_printed, len(light), light, _vignette(light.shape[:2], sensor.vignetting), balance, *noise, PRINT, picture)
        return self._stuck(picture, sensor.dead_pixels)

    def _through_lens(self, light: np.ndarray, sensor: Sensor) -> np.ndarray:
        if sensor.lens_smear > 0 or sensor.lens_drops > 0:
            spread = blurred(light)
            light = self._glass.greasy(light, spread, sensor.lens_smear)
            light = self._glass.wet(light, 0.6 * light + 0.4 * spread, sensor.lens_drops)
        return bloom(light, sensor.bloom)

    def _grain(self, shape: tuple, frame: int, sensor: Sensor) -> np.ndarray:
        """Standard normal numbers, float32, of that shape; none where nothing is noisy."""
        if sensor.shot_noise == 0 and sensor.read_noise == 0:
            return np.zeros((0, *shape[1:]), np.float32)
        return stream(self._seed, frame, f"sensor noise {self._camera}").standard_normal(shape, dtype=np.float32)

    def _stuck(self, picture: np.ndarray, share: float) -> np.ndarray:
        """Dead pixels; more of them where the share is larger, and those of a smaller share always among them."""
        if share > 0:
            rank, white = self._flaws
            picture[(rank < share) & white], picture[(rank < share) & ~white] = 255, 0
        return picture

    @cached_property
    def _flaws(self) -> tuple[np.ndarray, np.ndarray]:
        """In which order pixels die, 0 to 1, and which stay white, (H, W)."""
        rng = stream(self._seed, 0, f"dead pixels {self._camera}")
        return rng.random(self._glass.size), rng.random(self._glass.size) < 0.5


@compiled
def _printed(first, end, light, vignette, balance, grain, shot, read, table, picture):
    """Write bytes of exposures: darker corners, white balance, noise and the film's curve.

    Photons counted and the sensor read out: the variance of noise is shot x exposure + read, in every channel.
    """
    scale, most, none = np.float32(1 / WHITE), np.float32(WHITE), np.float32(0)
    for row in range(first, end):
        for column in range(light.shape[1]):
            left = vignette[row, column]
            r, g, b = light[row, column, 0] * left, light[row, column, 1] * left, light[row, column, 2] * left
            for i in range(3):
                exposure = r * balance[i, 0] + g * balance[i, 1] + b * balance[i, 2]
                if len(grain):
                    exposure += grain[row, column, i] * np.sqrt(shot * max(exposure, none) + read)
                place = np.sqrt(min(max(exposure, none), most) * scale) * np.float32(STEPS - 1)
                picture[row, column, i] = table[int(place + np.float32(0.5))]


def metered(first: np.ndarray) -> float:
    """Exposure of 1 cd/m2: a compromise that brings the mean of logarithms to a grey card and the 95th percentile near white.

    A hundred times the light gives the same picture, but for night, which stays darker.

    Raises:
        InvalidValue: if `first`, cd/m2 in linear sRGB, (H, W, 3), is not finite.
    """
    _check(first, 0)
    light = luminance(np.asarray(first, dtype=np.float64)).reshape(-1)
    low, bright, high = np.percentile(light, [2, 95, 99])
    if high <= 0:
        return 1.0  # darkness: any exposure will do
    mean = float(np.exp(np.log(np.clip(light, max(low, high * 1e-4), high)).mean()))
    gain = (GREY / mean) ** 0.5 * (BRIGHT / max(float(bright), mean)) ** 0.5
    share = np.clip(np.log(DIM_CD_M2 / mean) / np.log(DIM_CD_M2 / DARK_CD_M2), 0, 1)
    return gain * 2.0 ** (-DARK_STOPS * float(share))


def white_balance(sensor: Sensor, illumination: Illumination) -> np.ndarray:
    """The matrix, (3, 3), from scene to picture colours: what the camera takes for neutral comes out neutral.

    That is `white_balance_k`, moved by `auto_white_balance` towards the colour of the light, less and less the farther that is;
    von Kries on Bradford's cones.
    """
    set_ = np.maximum(glow(sensor.white_balance_k), 0.01)
    away = np.log(np.maximum(illuminant(illumination), 0.01) / set_)
    farthest = max(float(np.abs(away).max()), 1e-9)
    neutral = set_ * np.exp(sensor.auto_white_balance * FARTHEST * np.tanh(farthest / FARTHEST) / farthest * away)
    return adaptation(neutral / luminance(neutral))


@lru_cache(maxsize=64)
def _vignette(size: tuple[int, int], loss: float) -> np.ndarray:
    """Share of light that is left: all in the middle, `loss` less in the corners, float32, (H, W)."""
    y, x = (np.linspace(-1, 1, count, dtype=np.float32) for count in size)
    out = (y[:, None] ** 2 + x[None] ** 2) / 2
    return locked(1 - np.float32(loss) * (0.4 * out + 0.6 * out**2))


def _check(hdr: np.ndarray, frame: int):
    if not np.isfinite(hdr).all():
        raise InvalidValue(f"the light of frame {frame}", "not a number", "finite in every pixel; report the scene that gave it")
