"""Named sensors: what the levels 1 to 5 of each mean, as intervals of its numbers; what is not named keeps its default.

Main figures, level 1 to level 5 (`presets.table("sensor")` prints all):

    clean            noise down to nothing
    cheap            read noise 0.4-0.6 % to 2-3 %, vignetting, bloom
    night_gain       shot noise 3-4 % to 14-18 %
    rainy_lens       drops on 2-4 % to 30-40 % of the lens
    dirty_lens       smear 0.1-0.15 to 0.8-0.95
    glare            veil 0.05-0.1 to 0.6-0.8
    motion_blur      shutter 5-8 ms to 60-80 ms
    overexposed      0.4-0.6 to 2.2-2.8 stops too bright
    underexposed     0.5-0.8 to 3-3.6 stops too dark
    warm_cast        white point 6200-6500 K to 9000-10000 K: the picture turns amber
    cold_cast        white point 4800-5000 K to 2600-2900 K: the picture turns blue
    dead_pixels      0.02-0.03 % to 0.8-1.2 % of the pixels
    shallow_focus    f/8-10 to f/1.4-2
"""

from simgen.scenario.span import Span, always, factors, steps

SENSORS: dict[str, dict[str, Span]] = {
    "clean": {
        "shot_noise": steps((0.006, 0.008), (0.0, 0.001)),
        "read_noise": steps((0.001, 0.0015), (0.0, 0.0002)),
        "bloom": steps((0.02, 0.025), (0.0, 0.005)),
        "vignetting": steps((0.1, 0.13), (0.0, 0.02)),
    },
    "cheap": {
        "shot_noise": factors((0.015, 0.02), (0.06, 0.08)),
        "read_noise": factors((0.004, 0.006), (0.02, 0.03)),
        "bloom": steps((0.04, 0.06), (0.12, 0.18)),
        "vignetting": steps((0.2, 0.25), (0.5, 0.6)),
        "dead_pixels": factors((0.00002, 0.00004), (0.0005, 0.001)),
        "auto_white_balance": steps((0.55, 0.6), (0.2, 0.3)),
    },
    "night_gain": {
        "shot_noise": factors((0.03, 0.04), (0.14, 0.18)),
        "read_noise": factors((0.006, 0.008), (0.05, 0.06)),
        "exposure_ev": steps((-0.3, -0.1), (-1.2, -0.8)),
        "shutter_s": factors((0.008, 0.01), (0.03, 0.04)),
    },
    "rainy_lens": {"lens_drops": steps((0.02, 0.04), (0.3, 0.4)), "lens_smear": steps((0.02, 0.05), (0.15, 0.25))},
    "dirty_lens": {
        "lens_smear": steps((0.1, 0.15), (0.8, 0.95)),
        "bloom": steps((0.04, 0.06), (0.15, 0.2)),
        "glare": steps((0.01, 0.03), (0.15, 0.25)),
    },
    "glare": {"glare": steps((0.05, 0.1), (0.6, 0.8)), "bloom": steps((0.05, 0.07), (0.2, 0.25))},
    "motion_blur": {"shutter_s": factors((0.005, 0.008), (0.06, 0.08))},
    "overexposed": {"exposure_ev": steps((0.4, 0.6), (2.2, 2.8)), "bloom": steps((0.03, 0.04), (0.1, 0.12))},
    "underexposed": {"exposure_ev": steps((-0.8, -0.5), (-3.6, -3.0)), "shot_noise": factors((0.012, 0.016), (0.05, 0.06))},
    "warm_cast": {"white_balance_k": steps((6200.0, 6500.0), (9000.0, 10000.0)), "auto_white_balance": always(0.0)},
    "cold_cast": {"white_balance_k": steps((4800.0, 5000.0), (2600.0, 2900.0)), "auto_white_balance": always(0.0)},
    "dead_pixels": {"dead_pixels": factors((0.0002, 0.0003), (0.008, 0.012))},
    "shallow_focus": {"f_number": factors((8.0, 10.0), (1.4, 2.0))},
}
