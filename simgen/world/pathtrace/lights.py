"""Illumination as Mitsuba's emitters: sky, sun, discs and spots, changed by parameters so that nothing is compiled anew."""

from __future__ import annotations  # Mitsuba has no types before a variant is chosen

import mitsuba as mi
import numpy as np

from simgen.errors import InvalidValue
from simgen.scenario.illumination import Emitter, Illumination, cone_core

FAR = 1000.0
"""Metres to the disc that stands for the sun."""
SUN = np.radians(0.3)
"""Half the angle it is seen under: the sun's 0.265 degrees, and a little haze."""
CELLAR = np.array([0.0, 0.0, -900.0])
"""Where what does not shine is put away, so that it throws no shadow."""
SKY_T_WORLD = np.array([[0.0, 0, -1, 0], [-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
"""Mitsuba's panoramas have y up and their middle column at +z; ours z up and their first column at x."""


def pattern(illumination: Illumination) -> tuple:
    """What of the lamps is structure: which are discs, and the cones of the spots."""
    return tuple(emitter.cos_cone for emitter in illumination.emitters)


def emitters(illumination: Illumination) -> dict:
    """Entries of a scene's dictionary that have the right structure; `shine` gives them their light."""
    sky = np.ones((*illumination.sky.shape[:2], 3), np.float32)
    found = {
        "sky": {"type": "envmap", "bitmap": mi.Bitmap(sky), "to_world": mi.ScalarTransform4f(SKY_T_WORLD)},
        "sun": _disc(),
    }
    for number, emitter in enumerate(illumination.emitters):
        found[f"lamp_{number}"] = _spot(emitter.cos_cone) if emitter.cos_cone > 0 else _disc()
    return found


def shine(params: mi.SceneParameters, illumination: Illumination, middle: np.ndarray) -> None:
    """Set every light's place, colour and share of the samples; `middle` is where the scene is, metres, (3,).

    Raises:
        InvalidValue: if a light has numbers that are not finite.
    """
    _check(illumination)
    _shine_sky(params, illumination)
    lux = [np.pi * illumination.sky[: len(illumination.sky) // 2].mean(), illumination.sun_illuminance.mean()]
    bright = illumination.sun_illuminance / (np.pi * np.sin(SUN) ** 2)
    _place_disc(params, "sun", middle + FAR * illumination.sun_direction, -illumination.sun_direction, FAR * np.tan(SUN), bright)
    for number, emitter in enumerate(illumination.emitters):
        _place_lamp(params, f"lamp_{number}", emitter)
        lux.append(_lux(emitter, middle))
    # the root: in proportion to its light a lamp in the sun's shadow would get no sample at all
    shares = np.sqrt(np.maximum(lux, 0.0))
    shares /= max(shares.max(), 1e-12)
    for name, share in zip(_weights(illumination), shares, strict=True):
        params[name] = float(share if share == 0 else max(share, 0.05))


def _check(illumination: Illumination) -> None:
    lamps = ((f"lamp {n}", emitter.radiance) for n, emitter in enumerate(illumination.emitters))
    for name, light in (("the sky", illumination.sky), ("the sun", illumination.sun_illuminance), *lamps):
        if not np.isfinite(light).all():
            raise InvalidValue(f"the light of {name}", float(light[~np.isfinite(light)][0]), "finite; mend the environment image")


def _weights(illumination: Illumination) -> list[str]:
    lamps = (f"lamp_{n}{'' if e.cos_cone > 0 else '.emitter'}" for n, e in enumerate(illumination.emitters))
    return [f"{name}.sampling_weight" for name in ("sky", "sun.emitter", *lamps)]


def _shine_sky(params: mi.SceneParameters, illumination: Illumination) -> None:
    """Columns run the other way round, and the first is repeated at both ends."""
    turned = np.maximum(np.asarray(illumination.sky, np.float32)[:, ::-1], 0)
    width = params["sky.data"].shape[1]
    rimmed = np.concatenate([turned[:, -1:], turned, turned[:, :1]], axis=1) if width == turned.shape[1] + 2 else turned
    params["sky.data"] = mi.TensorXf(np.ascontiguousarray(rimmed))


def _place_lamp(params: mi.SceneParameters, name: str, emitter: Emitter) -> None:
    if emitter.cos_cone == 0:
        _place_disc(params, name, emitter.position, emitter.direction, emitter.radius, emitter.radiance)
        return
    params[f"{name}.to_world"] = mi.Transform4f(_towards(emitter.position, emitter.direction, 1.0))
    params[f"{name}.intensity.value"] = mi.Color3f((emitter.radiance * np.pi * emitter.radius**2).tolist())


def _place_disc(params: mi.SceneParameters, name: str, position, direction, radius: float, radiance: np.ndarray) -> None:
    place = position if np.any(radiance > 0) else CELLAR
    params[f"{name}.to_world"] = mi.Transform4f(_towards(place, direction, radius))
    params[f"{name}.emitter.radiance.value"] = mi.Color3f(np.maximum(radiance, 0).tolist())


def _towards(position: np.ndarray, direction: np.ndarray, scale: float) -> np.ndarray:
    """A frame whose z axis is `direction`, (4, 4)."""
    across = np.cross(direction, [0.0, 0, 1] if abs(direction[2]) < 0.9 else [1.0, 0, 0])
    across /= np.linalg.norm(across)
    matrix = np.eye(4)
    matrix[:3, :3] = scale * np.stack([across, np.cross(direction, across), direction], axis=1)
    matrix[:3, 3] = position
    return matrix


def _lux(emitter: Emitter, middle: np.ndarray) -> float:
    """Light it brings to the middle of the scene, at least what a tenth of its axis would: it may be aimed elsewhere."""
    way = middle - emitter.position
    distance = max(float(np.linalg.norm(way)), 0.1)
    towards = emitter.intensity(np.array(way @ emitter.direction / distance)).mean()
    return max(float(towards), 0.1 * float(emitter.radiance.mean()) * np.pi * emitter.radius**2) / distance**2


def _disc() -> dict:
    return {"type": "disk", "emitter": {"type": "area", "radiance": {"type": "rgb", "value": [1.0, 1.0, 1.0]}}}


def _spot(cos_cone: float) -> dict:
    half = float(np.arccos(cos_cone))
    cone = {"cutoff_angle": float(np.degrees(half)), "beam_width": float(np.degrees(cone_core(half)))}
    return {"type": "spot", "intensity": {"type": "rgb", "value": [1.0, 1.0, 1.0]}, **cone}
