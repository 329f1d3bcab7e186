"""Direct light against a path tracer that follows light to the first surface only."""

import mitsuba as mi
import numpy as np
import pytest
from staging import ball, box, camera, poses, scene

from simgen.geometry import Pose
from simgen.scenario.light import Lamp, Light
from simgen.scenario.sky import illuminate
from simgen.scenario.surface import links, surfaces
from simgen.scenario.weather import Weather
from simgen.simulator.direct_light import lit
from simgen.simulator.raycast import RayCaster
from simgen.world.pathtrace.camera import CAMERA_T_MITSUBA
from simgen.world.pathtrace.lights import emitters, shine
from simgen.world.pathtrace.variant import activate, best

STAGE = scene(
    box(2, [3, 3, 0.1], (0, 0, -0.05), fixed=True),
    box(3, [0.3, 0.3, 0.5], (-0.2, 0.2, 0.25)),
    ball(4, 0.2, (0.4, -0.2, 0.3)),
    box(5, [0.1, 2, 1.5], (-1, 0, 0.75), fixed=True),
)
VIEW = camera((1.6, -1.2, 1.4), (0, 0, 0.1), (128, 128), 50)
DESK = Lamp(position=(0.3, 0.8, 1.5), look_at=(0, 0, 0), radius=0.15, flux_lm=1500.0)
LIGHTS = {
    "noon": Light(elevation_deg=50, azimuth_deg=-40, cloud_cover=0.0),
    "low sun": Light(elevation_deg=12, azimuth_deg=-70, cloud_cover=0.2),
    "overcast": Light(cloud_cover=1.0),
    "lamp": Light(daylight=0.0, lamps=(DESK,)),
    "dusk": Light(elevation_deg=-5, cloud_cover=0.2),
}


@pytest.fixture(scope="module")
def ready():
    activate(best())


def traced(illumination, link_pose, samples: int = 256) -> np.ndarray:
    """Radiance of white matt surfaces by light that was reflected once, float32, (H, W, 3)."""
    rows = {(link.body, link.index): row for row, link in enumerate(links(STAGE))}
    shapes = {}
    for number, surface in enumerate(surfaces(STAGE)):
        made_of = mi.Properties()
        made_of["bsdf"] = mi.load_dict({"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": 1.0}}})
        mesh = mi.Mesh(f"m{number}", len(surface.vertices), len(surface.faces), made_of)
        params = mi.traverse(mesh)
        placed = Pose.from_row(link_pose[rows[surface.body, surface.link]]).apply(surface.vertices)
        params["faces"], params["vertex_positions"] = (
            mi.UInt32(surface.faces.astype(np.uint32).ravel()),
            mi.Float(placed.astype(np.float32).ravel()),
        )
        params.update()
        shapes[f"m{number}"] = mesh
    integrator = {"type": "path", "max_depth": 2, "hide_emitters": True}
    found = mi.load_dict({"type": "scene", "integrator": integrator, **shapes, **emitters(illumination)})
    params = mi.traverse(found)
    shine(params, illumination, np.zeros(3))
    params.update()
    film = {"type": "hdrfilm", "width": 128, "height": 128, "rfilter": {"type": "box"}, "pixel_format": "rgb"}
    to_world = mi.ScalarTransform4f(VIEW.world_T_camera.matrix @ CAMERA_T_MITSUBA)
    sensor = mi.load_dict({"type": "perspective", "fov": 50.0, "fov_axis": "y", "to_world": to_world, "film": film})
    return np.array(mi.render(found, sensor=sensor, spp=samples, seed=0))[..., :3]


@pytest.mark.slow
@pytest.mark.parametrize("name", LIGHTS)
def test_direct_light_is_what_a_path_tracer_finds_on_white_matt_surfaces(ready, name):
    illumination, link_pose = illuminate(Weather(), LIGHTS[name]), poses(STAGE)
    caster = RayCaster.of(STAGE)
    cheap = lit(caster.observe(VIEW, link_pose, 0), caster, link_pose, illumination)
    hit, exact = np.isfinite(cheap.depth), traced(illumination, link_pose)
    assert np.allclose(cheap.light[hit].mean(0), exact[hit].mean(0), rtol=0.06)
    error = np.abs(cheap.light - exact).mean(-1)[hit] / exact[hit].mean()
    assert np.median(error) < 0.06 and error.mean() < 0.12
