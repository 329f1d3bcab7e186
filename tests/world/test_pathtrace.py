"""The path-traced world: exact geometry, photometry that adds up, sound triangles, and the same bytes for the same seed."""

from dataclasses import replace

import numpy as np
import pytest

from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Contacts, Link, State
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.scenario.finish import Finish
from simgen.scenario.illumination import Emitter, Illumination
from simgen.scenario.scene import Camera, PlacedBody
from simgen.scenario.sensor import Sensor
from simgen.scenario.surface import Surface, links
from simgen.simulator.raycast import RayCaster
from simgen.stopwatch import Stopwatch
from simgen.world import Appearance, ControlClip, make
from simgen.world.pathtrace import scenery as sceneries
from simgen.world.pathtrace import trace, variant
from simgen.world.pathtrace.camera import PINHOLE, Cameras, Lens, bent
from simgen.world.pathtrace.material import Materials
from simgen.world.pathtrace.mesh import sound
from simgen.world.pathtrace.scenery import Scenery
from simgen.world.pathtrace.trace import Tracer, calmed

SIZE = 48
UPRIGHT = np.array([[0.0, 0, 0, 1, 0, 0, 0]])
BODY = (Link(2, 0, "thing", 1),)
LUX = np.array([1000.0, 1000.0, 1000.0])
SHARP = Sensor(shot_noise=0.0, read_noise=0.0, bloom=0.0, vignetting=0.0)


@pytest.fixture(scope="module", autouse=True)
def ready():
    variant.activate(variant.best())


def lit(sky=0.0, sun=0.0, towards=(0, 0, 1.0), emitters=()) -> Illumination:
    """An even or a given sky, and a sun of so many lux."""
    towards = np.array(towards, float) / np.linalg.norm(towards)
    everywhere = np.broadcast_to(np.asarray(sky, np.float32), (64, 128, 3)).copy()
    return Illumination(towards, np.full(3, float(sun)), everywhere, tuple(emitters), 0.0, np.zeros(3))


def plate(size=4.0, colour=(1.0, 1.0, 1.0), z=0.0, **fields) -> Surface:
    """A matt square that faces up."""
    h = size / 2
    corners = np.array([[-h, -h, z], [h, -h, z], [h, h, z], [-h, h, z]])
    uv = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    return Surface(
        2, 0, corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), colour, **{"uv": uv, "finish": Finish(roughness=1.0)} | fields
    )


def post(x=0.0, y=0.0, side=0.2, height=1.0, colour=(0.5, 0.5, 0.5)) -> Surface:
    """A square column on the ground."""
    h = side / 2
    corners = np.array([[sx * h + x, sy * h + y, z] for z in (0, height) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))], float)
    quads = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    faces = np.array([f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))], np.int32)
    return Surface(2, 0, corners, faces, colour, finish=Finish(roughness=1.0))


def above(height=2.0, size=SIZE, fov=40) -> CameraView:
    """Looks straight down; picture right is the world's x, picture up its y."""
    return CameraView("top", Intrinsics.from_fov_y(size, size, np.radians(fov)), Pose.looking((0, 0, height), (0, 0, 0), up=(0, 1, 0)))


def photograph(surfaces, illumination, view=None, samples=64, seed=0) -> np.ndarray:
    """Luminance of a picture, float64, (H, W), denoised."""
    view = view or above()
    scenery = Scenery(surfaces, BODY, UPRIGHT)
    scenery.set_up(UPRIGHT, illumination)
    seen = RayCaster([s for s in surfaces if np.isfinite(s.vertices).all()], BODY).observe(view, UPRIGHT, 0)
    picture = Tracer(Stopwatch()).radiance(scenery.scene, seen, illumination, PINHOLE, samples=samples, seed=seed)
    return picture.astype(np.float64).mean(-1)


LENSES = {
    "plain": Intrinsics.from_fov_y(64, 48, np.radians(50)),
    "off centre": Intrinsics(64, 48, 60.0, 60.0, 25.3, 29.8),
    "oblong pixels": Intrinsics(64, 48, 60.0, 48.0, 31.0, 25.0),
    "distorted": Intrinsics(64, 48, 55.0, 55.0, 31.0, 25.0, (-0.15, 0.03, 0.002, -0.001, 0.0)),
}


@pytest.mark.parametrize("name", LENSES)
def test_outlines_are_where_the_ray_caster_sees_them(name):
    intrinsics = LENSES[name]
    view = CameraView("side", intrinsics, Pose.looking((1.5, -1.2, 1.4), (0, 0, 0.4)))
    things = [post(), post(0.5, 0.3, 0.3, 0.4), post(-0.4, -0.4, 0.2, 0.7)]
    scenery = Scenery(things, BODY, UPRIGHT)
    scenery.set_up(UPRIGHT, lit(sky=1000.0))
    covered = coverage(scenery, view, PINHOLE)
    fine = 8
    scaled = [getattr(intrinsics, key) * fine for key in ("fx", "fy", "cx", "cy")]
    finer = Intrinsics(intrinsics.width * fine, intrinsics.height * fine, *scaled, intrinsics.distortion)
    exact = np.isfinite(RayCaster(things, BODY).observe(replace(view, intrinsics=finer), UPRIGHT, 0).depth)
    exact = exact.reshape(intrinsics.height, fine, intrinsics.width, fine).mean((1, 3))
    assert np.abs(covered - exact).mean() < 0.02
    for axis in (0, 1):  # an outline that is moved by d pixels changes coverage by d times its gradient
        slope = np.gradient(exact, axis=axis)
        assert abs((slope * (covered - exact)).sum() / (slope**2).sum()) < 0.1


def coverage(scenery: Scenery, view: CameraView, lens: Lens) -> np.ndarray:
    mi = variant.mi
    sensor, drawn = Cameras().sensor(view, lens)
    picture = np.array(mi.render(scenery.scene, sensor=sensor, spp=128, seed=1))
    return bent(picture, drawn, view.intrinsics)[..., 3]


def test_a_thin_lens_keeps_what_is_in_focus_sharp_and_in_its_place():
    view = replace(above(), intrinsics=Intrinsics(SIZE, SIZE, 60.0, 60.0, 22.0, 26.0))
    scenery = Scenery([plate(0.5)], BODY, UPRIGHT)
    scenery.set_up(UPRIGHT, lit(sky=1000.0))
    sharp, focused, blurred = (coverage(scenery, view, lens) for lens in (PINHOLE, Lens(0.05, 2.0), Lens(0.05, 1.0)))
    assert np.abs(focused - sharp).max() < 0.3
    assert np.abs(blurred - sharp).max() > 0.3
    assert abs(blurred.sum() / sharp.sum() - 1) < 0.05


def test_a_white_plate_under_an_even_sky_shows_the_skys_luminance():
    assert photograph([plate()], lit(sky=1000.0), samples=128)[12:36, 12:36].mean() == pytest.approx(1000.0, rel=0.06)


def test_sunlight_on_a_matt_plate_is_albedo_times_illuminance_over_pi():
    grey = photograph([plate(colour=(0.7354,) * 3)], lit(sun=50_000.0), samples=64)[12:36, 12:36].mean()  # linear 0.5
    assert grey == pytest.approx(0.5 * 50_000 / np.pi, rel=0.12)
    slanting = photograph([plate(colour=(0.7354,) * 3)], lit(sun=50_000.0, towards=(1, 0, 1)), samples=64)[12:36, 12:36].mean()
    assert slanting / grey == pytest.approx(np.cos(np.pi / 4), rel=0.12)


def test_a_lamp_brings_the_light_its_disc_sends():
    lamp = Emitter(np.array([0, 0, 1.0]), np.array([0, 0, -1.0]), 0.1, np.full(3, 1e4), 0.0)
    spot = replace(lamp, cos_cone=np.cos(np.radians(40)))
    grey = plate(colour=(0.7354,) * 3)
    lux = 1e4 * np.pi * 0.1**2 / 1.01  # of a disc of radius r at 1 m: L pi r^2 / (1 + r^2)
    for light in (lamp, spot):
        seen = photograph([grey], lit(emitters=[light]), view=above(3.0, fov=4))[16:32, 16:32].mean()
        assert seen == pytest.approx(0.5 * lux / np.pi, rel=0.12)


def test_darker_paint_looks_darker():
    light = lit(sky=1000.0)
    means = [photograph([plate(colour=(grey,) * 3)], light, samples=16)[12:36, 12:36].mean() for grey in (0.1, 0.4, 0.7, 1.0)]
    assert means == sorted(means) and means[0] < 0.2 * means[-1]


def test_shadows_fall_away_from_the_sun():
    picture = photograph([plate(), post(height=0.3)], lit(sky=500.0, sun=50_000.0, towards=(1, 0.0, 1)), samples=32)
    middle = picture[SIZE // 2 - 2 : SIZE // 2 + 2]
    left, right = middle[:, 14:18].mean(), middle[:, 31:35].mean()
    assert left < 0.3 * right


def test_a_bright_patch_of_sky_throws_its_shadow_the_right_way():
    sky = np.full((64, 128, 3), 10.0)
    sky[12:20, 28:36] = 50_000.0  # at 90 degrees from x: towards y, 45 degrees high
    picture = photograph([plate(), post(height=0.3)], lit(sky=sky), samples=32)
    middle = picture[:, SIZE // 2 - 2 : SIZE // 2 + 2]
    assert middle[31:35].mean() < 0.5 * middle[14:18].mean()  # picture down is away from y


def test_a_lamp_without_light_throws_no_shadow():
    dark = Emitter(np.array([0, 0, 0.5]), np.array([0, 0, -1.0]), 0.4, np.zeros(3), 0.0)
    plain, with_dark = (photograph([plate()], lit(sky=1000.0, emitters=lamps), samples=64) for lamps in ((), (dark,)))
    assert with_dark.mean() == pytest.approx(plain.mean(), rel=0.02)


def test_textures_lie_as_in_the_albedo_buffer():
    rng = np.random.default_rng(0)
    texture = np.kron(rng.integers(30, 255, (4, 4, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    surface = plate(1.4, texture=texture, colour=(0.9, 0.8, 0.7))
    scenery = Scenery([surface], BODY, UPRIGHT)
    light = lit(sky=1000.0)
    scenery.set_up(UPRIGHT, light)
    seen = RayCaster([surface], BODY).observe(above(), UPRIGHT, 0)
    picture = Tracer(Stopwatch()).radiance(scenery.scene, seen, light, PINHOLE, samples=64, seed=0)
    inside = np.isfinite(seen.depth)
    albedo = ((seen.albedo / 255 + 0.055) / 1.055) ** 2.4
    assert np.corrcoef(picture[inside].ravel(), albedo[inside].ravel())[0, 1] > 0.97


def test_relief_shows_under_slanting_light():
    ridges = np.tile((127.5 + 127.5 * np.sin(np.arange(64) / 64 * 6 * np.pi)).astype(np.uint8), (64, 1))
    light = lit(sun=50_000.0, towards=(1, 0, 0.7))
    flat = plate(1.0)
    raised = replace(flat, finish=Finish(roughness=1.0, height_map=ridges, height_m=0.01))
    smooth, rough = (photograph([s], light, samples=64)[18:30, 14:34] for s in (flat, raised))
    assert rough.std() > 5 * smooth.std()
    assert rough.std(axis=1).mean() > 3 * rough.std(axis=0).mean()  # across the ridges, not along them


def test_a_table_of_surfaces_draws_what_materials_of_their_own_draw(monkeypatch):
    if variant.best().name == "scalar_rgb":
        pytest.skip("the plain variant draws with materials of their own alone")
    rng = np.random.default_rng(3)
    grain = rng.integers(0, 255, (24, 16)).astype(np.uint8)
    paint = rng.integers(60, 255, (8, 12, 3)).astype(np.uint8)
    worn = Finish(roughness=0.8, roughness_map=grain, height_map=grain, height_m=0.002, clearcoat=0.5)
    ground = plate(3.0, colour=(0.9, 0.7, 0.8), texture=paint, finish=worn, uv=2.7 * plate().uv - 0.4)
    pane = plate(0.5, z=0.6, finish=Finish(roughness=0.1, transmission=0.8))
    metal = plate(0.4, z=0.3, finish=Finish(metallic=1.0, roughness=0.2))
    surfaces = [ground, post(0.3, 0.2), post(-0.4, 0.1, colour=(0.2, 0.6, 0.3)), metal, pane]
    light = lit(sky=800.0, sun=30_000.0, towards=(1, 0.4, 1.2))
    together = photograph(surfaces, light, samples=128)
    monkeypatch.setattr(sceneries, "Table", Materials)
    alone = photograph(surfaces, light, samples=128)
    assert np.abs(together / alone - 1).mean() < 0.02 and abs(together.mean() / alone.mean() - 1) < 0.01


def test_one_surface_of_a_table_gets_another_relief():
    flat, ridges = np.zeros((64, 64), np.uint8), np.tile((127.5 + 127.5 * np.sin(np.arange(64) / 64 * 6 * np.pi)).astype(np.uint8), (64, 1))
    raised = Finish(roughness=1.0, height_map=flat, height_m=0.01)
    scenery = Scenery([plate(1.0, finish=raised), plate(1.0, z=-9.0)], BODY, UPRIGHT)
    light = lit(sun=50_000.0, towards=(1, 0, 0.7))
    seen = RayCaster([plate(1.0)], BODY).observe(above(), UPRIGHT, 0)
    found = []
    for heights in (flat, ridges):
        scenery.emboss(0, heights)
        scenery.set_up(UPRIGHT, light)
        picture = Tracer(Stopwatch()).radiance(scenery.scene, seen, light, PINHOLE, samples=64, seed=0)
        found.append(picture.mean(-1)[18:30, 14:34].std())
    assert found[1] > 5 * found[0]


def spoilt() -> Surface:
    """A bumpy, textured grid with everything that is wrong with found meshes."""
    n = 12
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n)))
    i = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    faces = np.concatenate([np.stack([i, i + 1, i + n + 1], 1), np.stack([i, i + n + 1, i + n], 1)])
    faces = np.concatenate([faces, [[0, 0, 1], [5, 6, 5], [0, 12, 24]]]).astype(np.int32)  # two points twice, three on a line
    uv, normals = np.stack([x, y], 1), np.tile([0.0, 0, 1], (n * n, 1))
    uv[::7], uv[3::11] = np.nan, np.inf
    uv[40:60] = 0.5
    normals[::5], normals[1::9], normals[2::13] = 0, np.nan, [0, 0, -1]
    texture = np.random.default_rng(0).integers(100, 255, (16, 16, 3)).astype(np.uint8)
    finish = Finish(roughness=0.3, roughness_map=texture[..., 0], height_map=texture[..., 1], height_m=0.005)
    return Surface(2, 0, np.stack([x, y, 0.05 * np.sin(4 * x)], 1), faces, (1, 1, 1), uv, texture, normals, finish)


def test_spoilt_meshes_are_mended():
    sheet = sound(spoilt())
    assert all(np.isfinite(array).all() for array in (sheet.vertices, sheet.normals, sheet.uv))
    corners, normals, uv = (array[sheet.faces] for array in (sheet.vertices, sheet.normals, sheet.uv))
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.linalg.norm(face, axis=1) > 0).all()
    assert np.einsum("fci,fi->fc", normals, face).min() > 0
    edges = uv[:, 1:] - uv[:, :1]
    assert np.abs(np.linalg.det(edges)).min() > 0
    assert len(sheet.faces) == 2 * 11 * 11


def test_sound_meshes_keep_their_vertices():
    surface = post()
    sheet = sound(surface)
    assert np.array_equal(sheet.vertices[sheet.faces], surface.vertices[surface.faces])
    assert sheet.vertices.shape == surface.vertices.shape


def test_no_nan_comes_of_spoilt_meshes():
    picture = photograph([spoilt()], lit(sky=1000.0, sun=50_000.0, towards=(1, 0, 1)), samples=32)
    assert np.isfinite(picture).all()
    assert picture[12:36, 12:36].min() > 0.1 * np.median(picture)  # nor do holes


def test_light_that_is_not_finite_is_refused():
    sky = np.full((64, 128, 3), 100.0)
    sky[5] = np.nan
    with pytest.raises(InvalidValue, match="the light of the sky is nan; it must be finite"):
        photograph([plate()], lit(sky=sky), samples=1)


def test_pixels_that_are_not_finite_are_drawn_again_and_then_refused(monkeypatch):
    honest, seeds = trace._draw, []

    def draw(scene, sensor, samples, seed):
        picture = honest(scene, sensor, samples, seed)
        seeds.append(seed)
        picture[20, 20, 1] = np.nan if len(seeds) <= faults else picture[20, 20, 1]
        return picture

    monkeypatch.setattr(trace, "_draw", draw)
    faults = 1
    with pytest.warns(UserWarning, match="1 pixels of camera 'top' were not finite"):
        assert np.isfinite(photograph([plate()], lit(sky=100.0), samples=4, seed=7)).all()
    assert seeds == [7, 8]
    faults, seeds[:] = 99, []
    with (
        pytest.warns(UserWarning),
        pytest.raises(trace.NotFinite, match="1 pixels of camera 'top' at 0.000 s are not finite, drawn 3 times"),
    ):
        photograph([plate()], lit(sky=100.0), samples=4)


def test_glass_lets_through_what_is_behind():
    behind = plate(1.0, colour=(1.0, 0.1, 0.1))
    pane = plate(4.0, z=0.5, colour=(1.0, 1.0, 1.0), finish=Finish(roughness=0.05, transmission=1.0))
    light = lit(sky=1000.0)
    scenery = Scenery([behind, pane], BODY, UPRIGHT)
    scenery.set_up(UPRIGHT, light)
    seen = RayCaster([behind, pane], BODY).observe(above(), UPRIGHT, 0)
    picture = Tracer(Stopwatch()).radiance(scenery.scene, seen, light, PINHOLE, samples=64, seed=0)
    red, _, blue = picture[20:28, 20:28].mean((0, 1))
    assert np.isfinite(picture).all() and red > 3 * blue and red > 400


def test_single_bright_pixels_are_calmed_and_edges_are_not():
    picture = np.ones((16, 16, 3))
    picture[:, 8:] = 500.0
    picture[4, 3] = 1e4
    calm = calmed(picture)
    assert calm[4, 3].max() < 20
    assert np.array_equal(np.delete(calm, 4, axis=0), np.delete(picture, 4, axis=0))


def clip(frames=3) -> ControlClip:
    """A cube that moves over a plate."""
    camera = Camera(position=(0.6, -0.6, 0.6), look_at=(0.0, 0.0, 0.0), width=SIZE, height=SIZE)
    upright = {"orientation_wxyz": (1.0, 0.0, 0.0, 0.0), "label": "object"}
    ground = PlacedBody(id=2, name="ground", shape={"box": {"size": (2.0, 2.0, 0.1)}}, position=(0.0, 0.0, -0.05), fixed=True, **upright)
    cube = PlacedBody(id=3, name="cube", shape={"box": {"size": (0.1, 0.1, 0.1)}}, position=(0.0, 0.0, 0.05), colour="red", **upright)
    scene = Scene(schema_version=1, name="test", cameras={"front": camera}, robot=None, seed=3, episode=0, bodies=(ground, cube))
    caster, table = RayCaster.of(scene), links(scene)
    view = CameraView("front", Intrinsics.from_fov_y(SIZE, SIZE, np.radians(50)), camera.parent_T_camera)
    states, observations = [], []
    for frame in range(frames):
        pose = np.array([[0, 0, -0.05, 1, 0, 0, 0], [0.05 * frame, 0, 0.05, 1, 0, 0, 0]])
        states.append(state(pose, len(table), frame))
        before = (observations[-1], states[-2].link_pose) if frame else (None, None)
        observations.append(caster.observe(view, pose, states[-1].time_ns, *before))
    return ControlClip(tuple(observations), scene, tuple(states))


def state(pose: np.ndarray, count: int, frame: int) -> State:
    none = np.zeros(0)
    motion = np.zeros((count, 6))
    return State(50_000_000 * frame, pose, motion, none, none, none, Pose.identity(), 0.0, {}, Contacts.none(), np.ones(2), np.ones(2))


PLAIN = Appearance(conditions=(Conditions(sensor=SHARP),))


def test_same_seed_same_bytes_and_another_seed_other_noise():
    first, again, other = (make("pathtrace").render(clip(), PLAIN, seed=seed).frames for seed in (1, 1, 2))
    assert first.dtype == np.uint8 and first.shape == (3, SIZE, SIZE, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.abs(first.astype(int) - other).mean() < 6


def test_a_frame_depends_on_no_other():
    world, controls = make("pathtrace"), clip()
    in_order = [world.luminance(controls, PLAIN, frame, seed=1) for frame in range(3)]
    world = make("pathtrace")
    alone = world.luminance(controls, PLAIN, 2, seed=1)
    assert np.array_equal(in_order[2], alone)
    world.luminance(controls, PLAIN, 1, seed=1)
    assert np.array_equal(world.luminance(controls, PLAIN, 2, seed=1), alone)  # nor on having been the first
    assert not np.array_equal(in_order[1], alone)


def test_a_clip_without_a_scene_is_refused_in_one_sentence():
    controls = clip(1)
    with pytest.raises(InvalidValue, match="the clip's scene is None; .*choose another world"):
        make("pathtrace").render(replace(controls, scene=None), PLAIN, seed=0)
    with pytest.raises(InvalidValue, match="the clip's states is None"):
        make("pathtrace").render(replace(controls, states=None), PLAIN, seed=0)
    with pytest.raises(InvalidValue, match="samples is 0"):
        make("pathtrace", samples=0)


def test_a_library_that_is_no_llvm_is_passed_over(tmp_path, monkeypatch):
    broken = tmp_path / "libLLVM-99.so"
    broken.write_text("no library")
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", str(broken))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(variant, "SYSTEM", ())
    monkeypatch.setattr(variant, "OWN", tmp_path / "none")
    assert variant.llvm_libraries()[0] == str(broken)
    tried = []
    monkeypatch.setattr(variant, "_fault", lambda name, library: "" if name == "scalar_rgb" else tried.append(library) or "does not load")
    variant.best.cache_clear()
    chosen = variant.best()
    variant.best.cache_clear()
    assert chosen.name == "scalar_rgb" and str(broken) in tried
    assert "does not load" in chosen.why
    assert variant.best() == chosen  # remembered on disk
    variant.best.cache_clear()
