"""The cheap photograph: albedo times direct light, with gloss, sky, air and a camera's response; a game's render, at once."""

from collections.abc import Sequence

import numpy as np

from simgen.compiled import compiled, in_bands
from simgen.errors import InvalidValue
from simgen.geometry import CameraView
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.scenario.illumination import Illumination
from simgen.scenario.weather import Weather
from simgen.world import Appearance, Clip, ControlClip, Shot
from simgen.world.atmosphere.ray import directions, stretch
from simgen.world.covering import covered
from simgen.world.roll import Roll
from simgen.world.rows import Rows, one_by_one
from simgen.world.shading import Surfaces, background, shaded
from simgen.world.tone import LINEAR, median


class Preview:
    """Draws from exact buffers alone: albedo, normals, depth, direct light, and roughness and metallic where they are known."""

    name = "preview"
    needs_rgb = False
    needs_light = True
    causal = True

    def render(self, controls: ControlClip, appearance: Appearance, *, seed: int) -> Clip:
        """Photographs of a whole clip; each depends on itself and, for exposure, on the first.

        Raises:
            InvalidValue: if the observations carry no direct light, or their light is not finite.
            AssetError: if the light's environment is missing or no HDR image.
        """
        stream = self.stream([controls.observations[0].view], [appearance], seeds=[seed])
        frames = [stream.step([Shot(observation, controls.scene)])[0] for observation in controls.observations]
        return Clip(np.stack(frames), self.name, (self.name,) * len(frames))

    def stream(self, views: Sequence[CameraView], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> Rows:
        """Photographs of many cameras, one step at a time."""
        return Rows(_Row, one_by_one, views, appearances, seeds)


class _Row:
    """One camera's roll of film."""

    def __init__(self, view: CameraView, appearance: Appearance, seed: int):
        self._roll = Roll(view, appearance, seed)

    def see(self, shot: Shot) -> np.ndarray:
        conditions, illumination = self._roll.wind(shot)
        return cheap_light(shot.observation, conditions, illumination, known=shot.scene is not None)

    def develop(self, drawn: np.ndarray) -> np.ndarray:
        return self._roll.photograph(drawn)

    @property
    def memory(self) -> dict[str, np.ndarray]:
        return self._roll.memory

    @memory.setter
    def memory(self, memory: dict[str, np.ndarray]):
        self._roll.memory = memory


def cheap_light(observation: Observation, now: Conditions, light: Illumination, *, known: bool) -> np.ndarray:
    """What is drawn before air and camera, cd/m2 in linear sRGB, float32, (H, W, 3).

    Args:
        observation: with its direct light.
        now: weather of that instant.
        light: of that instant.
        known: whether surfaces already look as their weather makes them, as those of a Scene do; of arrays from elsewhere nobody knows.

    Raises:
        InvalidValue: if the observation carries no direct light.
    """
    return smooth_edges(photometric(observation, Weather() if known else now.weather, light), observation)


def photometric(observation: Observation, weather: Weather, illumination: Illumination) -> np.ndarray:
    """What the camera would meet without air between, cd/m2 in linear sRGB, float32, (H, W, 3).

    Args:
        observation: with its direct light.
        weather: what lies on surfaces that do not show it yet.
        illumination: of that instant.

    Raises:
        InvalidValue: if the observation carries no direct light.
    """
    seen, direction = np.isfinite(observation.depth), directions(observation.view)
    out = np.empty((*seen.shape, 3), np.float32)
    if not seen.all():
        out[~seen] = background(illumination, direction[~seen])
    out[seen] = shaded(_seen(observation, weather), illumination)
    return out


def _seen(observation: Observation, weather: Weather) -> Surfaces:
    """What is seen in the pixels in which anything is, under weather."""
    if observation.light is None:
        raise InvalidValue("light", None, "the direct-light buffer, as simulator.direct_light.lit gives it; or choose another world")
    pixel, direction = np.flatnonzero(np.isfinite(observation.depth)), directions(observation.view)
    pose, count = observation.view.world_T_camera, len(pixel)
    vectors = (np.empty((count, 3), np.float32) for _ in range(5))
    made_of = _share(observation.roughness, pixel, 0.5), _share(observation.metallic, pixel, 0.0)
    found = Surfaces(next(vectors), *made_of, *vectors)
    seen = observation.albedo, observation.normal, observation.light, observation.depth * stretch(observation.view), direction
    flat = [array.reshape(-1, *array.shape[2:]) for array in seen]
    moved = pose.rotation.astype(np.float32), pose.position.astype(np.float32)
    in_bands(_gather, count, pixel, *flat, LINEAR, *moved, found.albedo, found.normal, found.position, found.view, found.light)
    return covered(found, weather)


def _share(buffer: np.ndarray | None, pixel: np.ndarray, usual: float) -> np.ndarray:
    known = buffer is not None
    return buffer.reshape(-1)[pixel].astype(np.float32) * np.float32(1 / 255) if known else np.full(len(pixel), usual, np.float32)


@compiled
def _gather(first, end, pixel, srgb, turned, sent, length, way, linear, rotation, origin, albedo, normal, position, view, light):
    for n in range(first, end):
        k = pixel[n]
        for i in range(3):
            albedo[n, i], light[n, i], view[n, i] = linear[srgb[k, i]], sent[k, i], -way[k, i]
            position[n, i] = way[k, i] * length[k] + origin[i]
            normal[n, i] = rotation[i, 0] * turned[k, 0] + rotation[i, 1] * turned[k, 1] + rotation[i, 2] * turned[k, 2]


def smooth_edges(hdr: np.ndarray, observation: Observation) -> np.ndarray:
    """The same picture with the steps at outlines of bodies and folds smoothed: one ray a pixel knows no share of a pixel.

    Pixels on either side of an edge are mixed with their neighbours, 1 : 2 : 1 both ways, as their brightness will be seen; other
    surfaces half as much, for textures and highlights are sampled as coarsely; the sky not at all.
    """
    hdr, out = np.ascontiguousarray(hdr, dtype=np.float32), np.empty_like(hdr)
    tone, middle = np.empty_like(hdr), np.float32(max(median(hdr), 1e-9))
    in_bands(_toned, len(hdr), hdr, middle, tone)
    in_bands(_smooth, len(hdr), hdr, tone, observation.depth, observation.normal, observation.instance, middle, out)
    return out


@compiled
def _toned(first, end, hdr, middle, tone):
    """Write light as its brightness will be seen, 0 to 1."""
    for row in range(first, end):
        here, there = hdr[row].reshape(-1), tone[row].reshape(-1)
        for i in range(len(here)):
            there[i] = here[i] / (here[i] + middle)


@compiled
def _smooth(first, end, hdr, tone, depth, normal, instance, middle, out):
    height, width = depth.shape
    down, share = np.empty(3 * width + 6, np.float32), np.empty(3 * width, np.float32)
    for row in range(first, end):
        above, below = max(row - 1, 0), min(row + 1, height - 1)
        for column in range(width):
            part = np.float32(0.5) if depth[row, column] < np.inf else np.float32(0)
            before, after = max(column - 1, 0), min(column + 1, width - 1)
            edge = _step(depth, normal, instance, row, column, above, column) or _step(depth, normal, instance, row, column, below, column)
            edge = edge or _step(depth, normal, instance, row, column, row, before)
            edge = edge or _step(depth, normal, instance, row, column, row, after)
            share[3 * column : 3 * column + 3] = np.float32(1) if edge else part
        over, here, under = tone[above].reshape(-1), tone[row].reshape(-1), tone[below].reshape(-1)
        light, smooth = hdr[row].reshape(-1), out[row].reshape(-1)
        for i in range(3 * width):
            down[i + 3] = (over[i] + under[i]) * np.float32(0.25) + here[i] * np.float32(0.5)
        down[:3], down[-3:] = down[3:6], down[-6:-3]
        for i in range(3 * width):
            soft = (down[i] + down[i + 6]) * np.float32(0.25) + down[i + 3] * np.float32(0.5)
            soft = min(here[i] + (soft - here[i]) * share[i], np.float32(1 - 1e-6))
            smooth[i] = soft * middle / (np.float32(1) - soft) if share[i] > 0 else light[i]


@compiled
def _step(depth, normal, instance, row, column, other_row, other_column):
    """Whether an outline or a fold lies between two pixels."""
    if instance[row, column] != instance[other_row, other_column]:
        return True
    here, there = depth[row, column], depth[other_row, other_column]
    if here != there and not abs(here - there) <= np.float32(0.04) * min(here, there):
        return True
    alike = normal[row, column, 0] * normal[other_row, other_column, 0] + normal[row, column, 1] * normal[other_row, other_column, 1]
    return alike + normal[row, column, 2] * normal[other_row, other_column, 2] < np.float32(0.7)
