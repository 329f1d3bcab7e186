"""Named weathers: what the levels 1 to 5 of each mean, as intervals of its numbers; what is not named keeps its default.

Main figures, level 1 to level 5 (`presets.table("weather")` prints all):

    clear        visibility 50-60 km to 80-100 km
    overcast     clouds over 0.6-0.7 to all of the sky
    breeze       wind 2-3 to 12-16 m/s
    haze         visibility 10-15 km to 1-2 km
    fog          visibility 400-700 m to 4-7 m
    drizzle      rain 0.1-0.2 to 0.8-1.2 mm/h
    rain         rain 1-2 to 40-60 mm/h
    storm        rain 5-10 to 80-120 mm/h, wind 8-10 to 20-28 m/s
    wet          wetness 0.1-0.2 to 0.9-1 and nothing falls
    snow         snow 0.3-0.5 to 6-9 mm/h, cover 0.05-0.15 to 0.85-1
    blizzard     snow 1-2 to 10-15 mm/h, wind 8-10 to 20-28 m/s, visibility 400-800 m to 8-15 m
    frost        ice 0.03-0.06 to 0.25-0.35, a thin cover of snow
    ice          ice 0.1-0.2 to 0.9-1
    dust         dust 0.1-0.2 to 0.85-1
    sandstorm    dust, wind 8-10 to 18-25 m/s, visibility 800-1500 m to 8-15 m
"""

from simgen.scenario.span import Span, always, factors, steps

ANYWHERE = always(0.0, 360.0)

WEATHERS: dict[str, dict[str, Span]] = {
    "clear": {"visibility_m": steps((50e3, 60e3), (80e3, 100e3))},
    "overcast": {"cloud_cover": steps((0.6, 0.7), (1.0, 1.0)), "visibility_m": factors((20e3, 30e3), (8e3, 12e3))},
    "breeze": {"wind_m_s": steps((2.0, 3.0), (12.0, 16.0)), "wind_azimuth_deg": ANYWHERE},
    "haze": {"visibility_m": factors((10e3, 15e3), (1e3, 2e3))},
    "fog": {"visibility_m": factors((400.0, 700.0), (4.0, 7.0)), "cloud_cover": steps((0.5, 0.6), (1.0, 1.0))},
    "drizzle": {
        "rain_mm_h": factors((0.1, 0.2), (0.8, 1.2)),
        "wetness": steps((0.1, 0.15), (0.4, 0.5)),
        "visibility_m": factors((8e3, 12e3), (1e3, 2e3)),
        "cloud_cover": steps((0.8, 0.85), (1.0, 1.0)),
        "wind_m_s": steps((0.0, 1.0), (2.0, 4.0)),
        "wind_azimuth_deg": ANYWHERE,
    },
    "rain": {
        "rain_mm_h": factors((1.0, 2.0), (40.0, 60.0)),
        "wetness": steps((0.3, 0.4), (0.9, 1.0)),
        "visibility_m": factors((6e3, 9e3), (400.0, 700.0)),
        "cloud_cover": steps((0.85, 0.9), (1.0, 1.0)),
        "wind_m_s": steps((0.0, 2.0), (6.0, 10.0)),
        "wind_azimuth_deg": ANYWHERE,
    },
    "storm": {
        "rain_mm_h": factors((5.0, 10.0), (80.0, 120.0)),
        "wetness": steps((0.5, 0.6), (0.95, 1.0)),
        "visibility_m": factors((3e3, 5e3), (200.0, 400.0)),
        "cloud_cover": steps((0.9, 0.95), (1.0, 1.0)),
        "wind_m_s": steps((8.0, 10.0), (20.0, 28.0)),
        "wind_azimuth_deg": ANYWHERE,
    },
    "wet": {"wetness": steps((0.1, 0.2), (0.9, 1.0)), "cloud_cover": steps((0.4, 0.5), (0.7, 0.8))},
    "snow": {
        "snow_mm_h": factors((0.3, 0.5), (6.0, 9.0)),
        "snow_cover": steps((0.05, 0.15), (0.85, 1.0)),
        "visibility_m": factors((3e3, 5e3), (100.0, 200.0)),
        "cloud_cover": steps((0.85, 0.9), (1.0, 1.0)),
        "wind_m_s": steps((0.0, 1.0), (4.0, 6.0)),
        "wind_azimuth_deg": ANYWHERE,
    },
    "blizzard": {
        "snow_mm_h": factors((1.0, 2.0), (10.0, 15.0)),
        "snow_cover": steps((0.2, 0.3), (0.85, 1.0)),
        "visibility_m": factors((400.0, 800.0), (8.0, 15.0)),
        "cloud_cover": always(1.0),
        "wind_m_s": steps((8.0, 10.0), (20.0, 28.0)),
        "wind_azimuth_deg": ANYWHERE,
    },
    "frost": {
        "ice": steps((0.03, 0.06), (0.25, 0.35)),
        "snow_cover": steps((0.02, 0.05), (0.15, 0.2)),
        "visibility_m": factors((20e3, 30e3), (4e3, 6e3)),
    },
    "ice": {"ice": steps((0.1, 0.2), (0.9, 1.0)), "wetness": steps((0.02, 0.05), (0.1, 0.2))},
    "dust": {"dust": steps((0.1, 0.2), (0.85, 1.0)), "visibility_m": factors((10e3, 15e3), (1e3, 2e3))},
    "sandstorm": {
        "dust": steps((0.2, 0.3), (0.9, 1.0)),
        "visibility_m": factors((800.0, 1500.0), (8.0, 15.0)),
        "cloud_cover": steps((0.3, 0.4), (0.7, 0.8)),
        "wind_m_s": steps((8.0, 10.0), (18.0, 25.0)),
        "wind_azimuth_deg": ANYWHERE,
    },
}
