"""Weather on a table, a bin and a block."""

from dataclasses import replace

import numpy as np
import pytest

from simgen.geometry import Pose
from simgen.scenario import solid
from simgen.scenario.finish import Finish
from simgen.scenario.surface import Surface
from simgen.scenario.weather import Weather
from simgen.scenario.weathering import Weathered, ripples, weathered
from simgen.scenario.weathering.sheet import clipped, face_slopes, refined, rim, sheet_of
from simgen.scenario.weathering.wet import porosity, wetted

CONCRETE, STEEL, GLAZE = Finish(roughness=0.9), Finish(roughness=0.9, metallic=1.0), Finish(roughness=0.8, clearcoat=1.0)
GREY = np.full((8, 8, 3), 150, np.uint8)


def box(size=(1.2, 0.8, 0.05), body: int = 2, **more) -> Surface:
    shape = solid.box(size)
    return Surface(body, 0, shape.vertices, shape.faces, (0.6, 0.6, 0.6), shape.uv, GREY, shape.normals, **more)


def under(weather: Weather, *bodies: tuple[Surface, Pose], seed: int = 1) -> Weathered:
    bodies = bodies or ((box(), Pose.identity()),)
    return weathered([surface for surface, _ in bodies], {(some.body, some.link): pose for some, pose in bodies}, weather, seed=seed)


def at(x: float, y: float, z: float) -> Pose:
    return Pose.from_wxyz([x, y, z], [1, 0, 0, 0])


def lying(found: Weathered) -> list[Surface]:
    """What is no part of the dry box: its triangles are finer."""
    return [surface for surface in found.surfaces if len(surface.faces) > 12]


def seen_from_above_m2(surface: Surface) -> float:
    corners = surface.vertices[surface.faces]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return 0.5 * np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum()


def brightness(surface: Surface) -> float:
    return float(surface.texture.mean() * np.mean(surface.colour))


def test_without_weather_nothing_is_touched():
    table = box()
    found = under(Weather(rain_mm_h=20.0, visibility_m=10.0), (table, Pose.identity()))
    assert found.surfaces == (table,) and found.surfaces[0] is table and found.puddles == ()


def test_water_darkens_concrete_more_than_steel_or_glaze():
    dry = brightness(box())
    concrete, steel, glaze = (1 - brightness(wetted(box(finish=finish), 1.0)) / dry for finish in (CONCRETE, STEEL, GLAZE))
    assert concrete > 0.25 and steel == pytest.approx(0.0, abs=0.01) and glaze < 0.5 * concrete


def test_what_is_matt_is_porous_and_what_is_dense_is_not():
    assert porosity(CONCRETE) == 1.0 and porosity(STEEL) == porosity(GLAZE) == porosity(Finish(roughness=0.2)) == 0.0


def test_wetter_is_darker_and_smoother():
    stages = [wetted(box(finish=CONCRETE), wetness) for wetness in (0.1, 0.3, 0.5)]
    assert [brightness(stage) for stage in stages] == sorted((brightness(stage) for stage in stages), reverse=True)
    assert [stage.finish.roughness for stage in stages] == sorted((stage.finish.roughness for stage in stages), reverse=True)


def test_a_roughness_map_gets_smoother_too():
    matt = replace(CONCRETE, roughness_map=np.full((4, 4), 250, np.uint8))
    assert wetted(box(finish=matt), 0.5).finish.roughness_map.mean() < 100


@pytest.mark.parametrize("weather", [Weather(wetness=1.0), Weather(dust=1.0), Weather(snow_cover=1.0), Weather(ice=1.0)])
def test_the_underside_stays_as_it_was(weather):
    found = under(weather)
    below = [some for some in found.surfaces if (face_slopes(some, Pose.identity()) < -0.5).any()]
    assert len(below) == 1
    assert brightness(below[0]) == brightness(box()) and below[0].finish is box().finish
    assert all(some.vertices[:, 2].min() > 0.02 for some in lying(found))


@pytest.mark.parametrize("share", [0.25, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("kind", ["snow_cover", "ice"])
def test_snow_and_ice_cover_the_share_that_is_asked(kind, share):
    (layer,) = lying(under(Weather(**{kind: share})))
    assert seen_from_above_m2(layer) / (1.2 * 0.8) == pytest.approx(share, rel=0.1)


def test_snow_is_thin_at_its_edges_and_never_deep():
    (layer,) = lying(under(Weather(snow_cover=1.0)))
    height = layer.vertices[:, 2] - 0.025
    assert height[rim(layer.faces)].max() < 0.001 and 0.006 < np.median(height) and height.max() < 0.018


def test_snow_never_reaches_beyond_what_it_lies_on():
    (layer,) = lying(under(Weather(snow_cover=1.0)))
    assert np.abs(layer.vertices[:, :2]).max(0) == pytest.approx([0.6, 0.4], abs=1e-9)


@pytest.mark.parametrize("pitch_deg", [15.0, 30.0, 60.0])
def test_snow_moves_an_outline_by_less_than_a_pixel(pitch_deg):
    """Seen from 1.2 m at 256 px and 50 degrees: 4.4 mm to a pixel."""
    (layer,) = lying(under(Weather(snow_cover=1.0)))
    across = np.array([np.sin(np.radians(pitch_deg)), 0.0, np.cos(np.radians(pitch_deg))])
    dry = (box().vertices @ across).max()
    assert (layer.vertices @ across).max() - dry < 0.0044


def test_what_hangs_above_keeps_snow_off():
    shelf = box((0.8, 1.2, 0.02), body=3)
    found = under(Weather(snow_cover=1.0), (box(), Pose.identity()), (shelf, at(0.4, 0, 0.4)))
    (floor,) = [some for some in lying(found) if some.body == 2]
    assert floor.vertices[:, 0].max() < 0.06 and seen_from_above_m2(floor) == pytest.approx(0.48, rel=0.15)


def test_snow_leaves_a_gap_around_what_stands_on_a_table():
    block = box((0.1, 0.1, 0.1), body=3)
    found = under(Weather(snow_cover=1.0), (box(), Pose.identity()), (block, at(0, 0, 0.075)))
    (table,) = [some for some in lying(found) if some.body == 2]
    assert np.abs(table.vertices[:, :2]).max(1).min() > 0.05


def test_snow_goes_with_its_link():
    turned = Pose.from_wxyz([0.3, 0.2, 0.5], [0.7071067811865476, 0, 0.7071067811865476, 0])
    (layer,) = lying(under(Weather(snow_cover=1.0), (box((0.4, 0.5, 0.6)), turned)))
    assert layer.body == 2 and layer.link == 0
    assert turned.apply(layer.vertices)[:, 2].min() > 0.5 + 0.2 - 1e-9


def test_puddles_come_with_much_water_and_are_smooth_and_flat():
    assert under(Weather(wetness=0.5)).puddles == ()
    found = under(Weather(wetness=1.0))
    (puddle,) = (found.surfaces[number] for number in found.puddles)
    assert puddle.finish.roughness < 0.05 and np.ptp(puddle.vertices[:, 2]) < 1e-9
    assert 0.2 < seen_from_above_m2(puddle) / (1.2 * 0.8) < 0.8


def test_no_puddle_stands_on_a_slope():
    tilted = Pose.from_wxyz([0, 0, 0.5], [np.cos(0.15), np.sin(0.15), 0, 0])
    assert under(Weather(wetness=1.0), (box(), tilted)).puddles == ()


def test_rings_run_over_puddles_while_it_rains():
    found = under(Weather(wetness=1.0))
    puddle = found.surfaces[found.puddles[0]]
    rain = Weather(rain_mm_h=10.0)
    now, again, later = (ripples(puddle, rain, seed=1, time_ns=time) for time in (10**9, 10**9, 10**9 + 10**7))
    assert now.shape == puddle.finish.height_map.shape and now.dtype == np.uint8 and now.std() > 1
    assert np.array_equal(now, again) and np.corrcoef(now.ravel(), later.ravel())[0, 1] > 0.3
    assert np.all(ripples(puddle, Weather(), seed=1, time_ns=0) == 128)


def test_dust_hides_colour_and_gloss():
    red = replace(box(finish=Finish(roughness=0.1, clearcoat=1.0)), colour=(0.8, 0.1, 0.1))
    top = next(some for some in under(Weather(dust=1.0), (red, Pose.identity())).surfaces if face_slopes(some, Pose.identity()).min() > 0.9)
    shown = top.texture.reshape(-1, 3).mean(0) * top.colour
    assert np.ptp(shown) < 60 and top.finish.roughness > 0.6 and top.finish.clearcoat < 0.5


@pytest.mark.parametrize("weather", [Weather(wetness=0.9, dust=0.3), Weather(snow_cover=0.6), Weather(ice=0.4)])
def test_the_same_seed_gives_the_same_weather(weather):
    first, second, other = (under(weather, seed=seed) for seed in (4, 4, 5))
    assert all(np.array_equal(a.vertices, b.vertices) for a, b in zip(first.surfaces, second.surfaces, strict=True))
    assert any(a.vertices.shape != b.vertices.shape for a, b in zip(first.surfaces, other.surfaces, strict=True))


def test_a_refined_sheet_has_no_cracks_and_the_same_area():
    sheet = sheet_of(box())
    fine = refined(sheet, 0.05)
    assert fine.areas().sum() == pytest.approx(sheet.areas().sum())
    edges = fine.vertices[fine.faces] - fine.vertices[np.roll(fine.faces, 1, axis=1)]
    assert np.linalg.norm(edges, axis=2).max() <= 0.05
    assert len(rim(fine.faces)) < 0.3 * len(fine.vertices)  # only where the sides of a box have seams


def test_clipping_cuts_straight_through_triangles():
    sheet = refined(sheet_of(box()), 0.1)
    half, level = clipped(sheet, sheet.vertices[:, 0] - 0.123)
    assert half.vertices[:, 0].min() == pytest.approx(0.123) and level.min() == 0.0
    whole = 2 * (1.2 * 0.8 + 1.2 * 0.05 + 0.8 * 0.05)
    assert half.areas().sum() == pytest.approx(0.8 * 0.05 + 2 * (0.6 - 0.123) * 0.85) and sheet.areas().sum() == pytest.approx(whole)
