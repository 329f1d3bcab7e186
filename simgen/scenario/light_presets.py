"""Named lights: what the levels 1 to 5 of each mean, as intervals of its numbers; what is not named keeps its default.

The higher the level, the further from plain daylight. Lamps hang around a table top at z = 0 before a robot at the origin, 1.2 to
2.2 m up, so that cameras which look down on the table do not see them. Main figures, level 1 to level 5 (`presets.table("light")`
prints all):

    noon             sun 60-66 to 82-88 degrees up
    morning          sun 26-32 to 9-13 degrees up
    golden_hour      sun 10-13 to 1.5-3 degrees up, in haze
    dusk             sun 0 to -1 degrees, to 4.5 to 6 degrees below the horizon
    night            sun 8-10 to 16-18 degrees below the horizon, and one faint lamp
    overcast         clouds over 0.7-0.8 to all of the sky
    hazy_sun         turbidity 4-5 to 9-10
    workshop_lamps   four lamps, daylight 2 % down to 0.01 %
    warm_lamp        one lamp, 3300-3500 K to 1900-2200 K
    cool_lamp        one lamp, 5000-5500 K to 8500-9500 K
    spot             one lamp, cone 70-80 to 20-25 degrees
    window           a disc of sky at the side, daylight 3 % down to 0.03 %
"""

from simgen.scenario.span import Span, always, factors, steps

ANYWHERE = always(0.0, 360.0)
OPEN_SIDE = always(235.0, 305.0)
"""Where a low sun comes in: rooms have no wall towards -y."""
INDOORS = factors((0.015, 0.02), (0.0001, 0.0002))
"""Share of daylight in a room that lamps light."""
CLOUDED = steps((0.7, 0.8), (0.95, 1.0))
"""So that what daylight there is comes without a sun's sharp shadows."""


def _lamp(x: tuple, y: tuple, z: tuple, look_at: tuple, radius: float, **spans: Span) -> dict:
    """A lamp somewhere in a box; `spans` are its flux, temperature and cone."""
    place = tuple(always(*side) for side in (x, y, z))
    return {"position": place, "look_at": tuple(map(always, look_at)), "radius": always(radius), **spans}


def _workshop(x: float, y: float) -> dict:
    spread = 0.06
    return _lamp(
        (x - spread, x + spread), (y - spread, y + spread), (1.9, 2.2), (x, y, 0.0), 0.25,
        flux_lm=steps((2200.0, 2600.0), (3200.0, 4000.0)), temperature_k=steps((3900.0, 4100.0), (4600.0, 5400.0)), cone_deg=always(180.0),
    )  # fmt: skip


LIGHTS: dict[str, dict[str, Span | tuple[dict, ...]]] = {
    "noon": {"elevation_deg": steps((60.0, 66.0), (82.0, 88.0)), "azimuth_deg": ANYWHERE, "ambient": steps((0.44, 0.48), (0.3, 0.35))},
    "morning": {"elevation_deg": steps((26.0, 32.0), (9.0, 13.0)), "azimuth_deg": OPEN_SIDE, "turbidity": steps((3.0, 3.2), (3.5, 4.5))},
    "golden_hour": {
        "elevation_deg": steps((10.0, 13.0), (1.5, 3.0)),
        "azimuth_deg": OPEN_SIDE,
        "turbidity": steps((3.2, 3.6), (5.0, 6.0)),
    },
    "dusk": {"elevation_deg": steps((-1.0, 0.0), (-6.0, -4.5)), "azimuth_deg": ANYWHERE, "ambient": steps((0.55, 0.6), (0.8, 0.85))},
    "night": {
        "elevation_deg": steps((-10.0, -8.0), (-18.0, -16.0)),
        "azimuth_deg": ANYWHERE,
        "ambient": steps((0.6, 0.65), (0.8, 0.85)),
        "lamps": (
            _lamp((-0.1, 0.3), (0.5, 0.9), (1.8, 2.2), (0.45, 0.0, 0.0), 0.1,
                  flux_lm=steps((150.0, 200.0), (300.0, 400.0)), temperature_k=always(2600.0, 3200.0), cone_deg=always(180.0)),
        ),
    },
    "overcast": {
        "cloud_cover": steps((0.7, 0.8), (1.0, 1.0)),
        "elevation_deg": steps((45.0, 54.0), (20.0, 30.0)),
        "ambient": steps((0.6, 0.65), (0.85, 0.9)),
    },
    "hazy_sun": {"turbidity": steps((4.0, 5.0), (9.0, 10.0)), "elevation_deg": steps((45.0, 54.0), (25.0, 35.0)), "azimuth_deg": ANYWHERE},
    "workshop_lamps": {
        "daylight": INDOORS,
        "cloud_cover": CLOUDED,
        "ambient": steps((0.52, 0.55), (0.65, 0.7)),
        "lamps": tuple(_workshop(x, y) for x in (0.05, 0.95) for y in (-0.6, 0.6)),
    },
    "warm_lamp": {
        "daylight": INDOORS,
        "cloud_cover": CLOUDED,
        "lamps": (
            _lamp((0.2, 0.6), (0.5, 0.9), (1.2, 1.6), (0.45, 0.0, 0.0), 0.1,
                  flux_lm=steps((700.0, 900.0), (1100.0, 1500.0)), temperature_k=steps((3300.0, 3500.0), (1900.0, 2200.0)),
                  cone_deg=always(180.0)),
        ),
    },
    "cool_lamp": {
        "daylight": INDOORS,
        "cloud_cover": CLOUDED,
        "lamps": (
            _lamp((0.0, 0.5), (-0.9, -0.5), (1.3, 1.8), (0.45, 0.0, 0.0), 0.12,
                  flux_lm=steps((800.0, 1000.0), (1500.0, 2000.0)), temperature_k=steps((5000.0, 5500.0), (8500.0, 9500.0)),
                  cone_deg=always(180.0)),
        ),
    },
    "spot": {
        "daylight": factors((0.004, 0.006), (0.00005, 0.0001)),
        "cloud_cover": CLOUDED,
        "lamps": (
            _lamp((0.2, 0.6), (-0.4, 0.4), (1.8, 2.2), (0.45, 0.0, 0.0), 0.06,
                  flux_lm=steps((600.0, 700.0), (900.0, 1200.0)), temperature_k=steps((3800.0, 4200.0), (3000.0, 3400.0)),
                  cone_deg=steps((70.0, 80.0), (20.0, 25.0))),
        ),
    },
    "window": {
        "daylight": factors((0.025, 0.03), (0.0003, 0.0005)),
        "cloud_cover": CLOUDED,
        "lamps": (
            _lamp((0.5, 1.3), (1.6, 2.0), (1.2, 1.5), (0.45, 0.0, 0.1), 0.5,
                  flux_lm=steps((4000.0, 5000.0), (7000.0, 9000.0)), temperature_k=steps((6000.0, 6300.0), (6800.0, 7500.0)),
                  cone_deg=always(180.0)),
        ),
    },
}  # fmt: skip
