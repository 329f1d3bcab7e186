"""What cameras saw, dressed for the photograph: every world draws the same snow, water and dust in the same places."""

from dataclasses import fields

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Contacts, Observation, State
from simgen.photography import lit_views
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.scenario.light import Light
from simgen.scenario.scene import Camera, PlacedBody
from simgen.scenario.sensor import Sensor
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.simulator.appearance import LOOKS
from simgen.simulator.direct_light import lit
from simgen.simulator.raycast import RayCaster
from simgen.world import Appearance, ControlClip, make

SIZE = 64
SHARP = Sensor(shot_noise=0.0, read_noise=0.0, bloom=0.0, vignetting=0.0)
LIGHT = Light(cloud_cover=1.0)
POSES = np.array([[0.0, 0, -0.05, 1, 0, 0, 0], [0.0, 0, 0.05, 1, 0, 0, 0]])
UNDER = {
    "snow": Weather(snow_cover=0.5),
    "wet": Weather(wetness=0.5),
    "puddles": Weather(wetness=1.0),
    "ice": Weather(ice=0.5),
    "dust": Weather(dust=1.0),
}


def scene(seed: int = 3, **more) -> Scene:
    """A red cube on a wide dark slab."""
    camera = Camera(position=(0.7, -0.7, 0.8), look_at=(0.0, 0.0, 0.0), width=SIZE, height=SIZE)
    upright = {"orientation_wxyz": (1.0, 0.0, 0.0, 0.0), "label": "object"}
    slab, cube = {"box": {"size": (2.0, 2.0, 0.1)}}, {"box": {"size": (0.1, 0.1, 0.1)}}
    ground = PlacedBody(id=2, name="ground", shape=slab, position=(0.0, 0.0, -0.05), fixed=True, colour=(0.3, 0.25, 0.2), **upright)
    thing = PlacedBody(id=3, name="cube", shape=cube, position=(0.0, 0.0, 0.05), colour="red", **upright)
    return Scene(schema_version=1, name="t", cameras={"front": camera}, robot=None, seed=seed, episode=0, bodies=(ground, thing), **more)


def state() -> State:
    none = np.zeros(0)
    return State(0, POSES, np.zeros((2, 6)), none, none, none, Pose.identity(), 0.0, {}, Contacts.none(), np.ones(2), np.ones(2))


def seen(stage: Scene) -> Observation:
    view = CameraView("front", Intrinsics.from_fov_y(SIZE, SIZE, np.radians(50)), stage.cameras["front"].parent_T_camera)
    return RayCaster.of(stage).observe(view, POSES, 0)


def dressed(weather: Weather, stage: Scene | None = None) -> Observation:
    stage = stage or scene()
    return lit_views(stage, (state(),), {"front": (seen(stage),)}, (Conditions(weather, LIGHT, SHARP),))["front"][0]


def photograph(world: str, weather: Weather) -> np.ndarray:
    """Lightness, (H, W), averaged over 5 pixels each way: without noise and the finest texture."""
    controls = ControlClip((dressed(weather),), scene(), (state(),))
    options = {"samples": 64} if world == "pathtrace" else {}
    frames = make(world, **options).render(controls, Appearance(conditions=(Conditions(weather, LIGHT, SHARP),)), seed=1).frames
    return uniform_filter(frames[0].mean(-1), 5)


def test_a_dry_scene_gets_its_light_and_nothing_else():
    stage = scene()
    before, found = seen(stage), dressed(Weather(rain_mm_h=5.0, visibility_m=400.0), stage)
    expected = lit(before, RayCaster.of(stage), POSES, illuminate(Weather(rain_mm_h=5.0, visibility_m=400.0), LIGHT))
    for field in fields(Observation):
        if isinstance(one := getattr(expected, field.name), np.ndarray):
            assert np.array_equal(one, getattr(found, field.name), equal_nan=True), field.name


@pytest.mark.parametrize("weather", UNDER.values(), ids=UNDER)
def test_weather_changes_the_look_and_not_where_things_are(weather):
    before, found = seen(scene()), dressed(weather)
    assert not np.array_equal(before.albedo, found.albedo) or not np.array_equal(before.roughness, found.roughness)
    for field in fields(Observation):
        if field.name not in LOOKS and isinstance(one := getattr(before, field.name), np.ndarray):
            assert np.array_equal(one, getattr(found, field.name), equal_nan=True)
    for name in LOOKS[:3]:
        assert getattr(found, name).dtype == getattr(before, name).dtype


def test_the_same_scene_is_dressed_the_same():
    first, again, other = (dressed(UNDER["snow"], scene(seed)) for seed in (3, 3, 4))
    for name in LOOKS:
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.albedo, other.albedo)


def test_snow_lies_in_the_preview_where_it_is_path_traced():
    """Compared where a pixel and its neighbours are wholly white, or wholly bare."""
    traced, cheap = photograph("pathtrace", UNDER["snow"]), photograph("preview", UNDER["snow"])
    white = dressed(UNDER["snow"]).albedo.min(-1) > 200
    share = uniform_filter(white.astype(float), 5)
    assert 0.2 < white.mean() < 0.8
    for picture in (traced, cheap):
        assert np.percentile(picture[share == 1], 5) > np.percentile(picture[share == 0], 95)
    assert np.corrcoef(traced.ravel(), cheap.ravel())[0, 1] > 0.97


@pytest.mark.parametrize(("kind", "alike"), [("puddles", 0.5), ("ice", 0.6), ("dust", 0.6)])
def test_worlds_agree_on_what_lies(kind, alike):
    """What weather changes in one world it changes in the other, in the same places; least puddles, which mirror what is around."""
    change = [np.log((photograph(world, UNDER[kind]) + 5) / (photograph(world, Weather()) + 5)) for world in ("pathtrace", "preview")]
    ground = uniform_filter((seen(scene()).instance == 2).astype(float), 5) == 1
    traced, cheap = (one[ground] - one[ground].mean() for one in change)
    assert (traced * cheap).sum() / np.sqrt((traced**2).sum() * (cheap**2).sum()) > alike


def test_a_ray_caster_in_use_serves_scenes_with_the_same_things():
    stage = scene()
    held = RayCaster.shared(stage)
    assert RayCaster.shared(scene(instruction="Push the cube.", weather=UNDER["snow"])) is held
    moved = tuple(body.model_copy(update={"colour": "blue"}) for body in stage.bodies)
    assert RayCaster.shared(Scene.model_validate(stage.model_dump() | {"bodies": [body.model_dump() for body in moved]})) is not held
