"""Direct light by normals and depth alone, for what nobody can cast shadows of."""

from dataclasses import replace

import numpy as np

from simgen.observation import Observation
from simgen.scenario.illumination import Illumination
from simgen.scenario.skylight import irradiance


def unshadowed(observation: Observation, illumination: Illumination) -> Observation:
    """An observation with the light of sun, sky and lamps by its normals and depth alone: nothing casts a shadow."""
    pose = observation.view.world_T_camera
    hit = np.isfinite(observation.depth)
    normal = observation.normal[hit].astype(np.float64) @ pose.rotation.T
    point = pose.apply(observation.view.intrinsics.rays()[hit] * observation.depth[hit][:, None])
    lux = irradiance(illumination.sky, normal).astype(np.float64)
    lux += np.maximum(normal @ illumination.sun_direction, 0)[:, None] * illumination.sun_illuminance
    for lamp in illumination.emitters:
        way = lamp.position - point
        distance = np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
        towards = way / distance
        cosine = np.maximum((normal * towards).sum(1), 0)[:, None]
        lux += lamp.intensity(-(towards @ lamp.direction)) * cosine / (distance**2 + lamp.radius**2)
    light = np.zeros((*hit.shape, 3), np.float32)
    light[hit] = lux / np.pi
    return replace(observation, light=light)
