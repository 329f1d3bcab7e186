"""What is known of shadows beforehand spares rays and changes no bit of the light."""

import numpy as np
import pytest
from staging import camera, kitchen, poses

from simgen.scenario.illumination import Illumination
from simgen.scenario.light import Lamp, Light
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.simulator.direct_light import Shade, lit
from simgen.simulator.raycast import RayCaster

STAGE = kitchen()
HERE, THERE = (camera(eye, (0.4, 0, 0.1), (72, 56)) for eye in ((1.2, 0.9, 0.8), (1.2, 0.8, 0.9)))


def shining(elevation_deg: float, *lamps: Lamp) -> Illumination:
    return illuminate(Weather(), Light(elevation_deg=elevation_deg, lamps=lamps))


DESK, SPOT = Lamp(position=(0.3, 0.6, 1.1)), Lamp(position=(0.9, -0.5, 1.3), radius=0.1, cone_deg=90.0)


@pytest.fixture(scope="module")
def caster() -> RayCaster:
    return RayCaster.of(STAGE)


def moved(row: int, metres: float) -> np.ndarray:
    link_pose = poses(STAGE).copy()
    link_pose[row, :3] += metres
    return link_pose


def test_light_is_the_same_with_and_without_memory_whatever_moves_or_is_switched_on(caster):
    shade = Shade()
    story = [
        (HERE, moved(-1, 0.0), shining(40.0, DESK)),
        (HERE, moved(-1, 0.0), shining(40.0, DESK)),
        (HERE, moved(-1, 0.03), shining(40.0, DESK)),
        (HERE, moved(-1, 0.03), shining(40.0, DESK, SPOT)),
        (HERE, moved(-1, 0.03), shining(25.0, SPOT)),
        (HERE, moved(0, 0.05), shining(25.0, SPOT)),
        (THERE, moved(0, 0.05), shining(25.0, SPOT)),
    ]
    for view, link_pose, light in story:
        seen = caster.observe(view, link_pose, 0)
        assert np.array_equal(lit(seen, caster, link_pose, light, shade).light, lit(seen, caster, link_pose, light).light)


def test_a_still_camera_casts_few_rays_anew_into_what_is_fixed(caster, monkeypatch):
    cast, light, link_pose, shade = [], shining(40.0, DESK), poses(STAGE), Shade()
    behind = RayCaster._behind_fixed
    monkeypatch.setattr(RayCaster, "_behind_fixed", lambda self, rays, pose: cast.append(len(rays)) or behind(self, rays, pose))
    seen = caster.observe(HERE, link_pose, 0)
    for _ in range(2):
        lit(seen, caster, link_pose, light, shade)
    assert cast[0] > 4_000 and cast[1] == 0
