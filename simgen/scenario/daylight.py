"""Daylight: sun and cloudless sky through clear air and haze, by day, at dusk and at night."""

import numpy as np

from simgen.geometry import locked
from simgen.scenario.colorimetry import from_chromaticity, glow, luminance
from simgen.scenario.skylight import COLUMNS, ROWS, directions, horizontal_illuminance

SUN_LUX = 127_500.0
"""Illuminance of the sun outside the atmosphere (IES Lighting Handbook)."""
SUN_K = 5900.0
"""Colour temperature of the sun outside the atmosphere."""
MICROMETRES = np.array([0.610, 0.550, 0.465])
"""Wavelengths that stand for the red, green and blue of linear sRGB."""
OZONE = np.array([0.042, 0.033, 0.004])
"""Optical depth of ozone at those wavelengths: 0.35 cm in the Chappuis band."""
TWILIGHT_DEG = (-18.0, -12.0, -6.0, -3.0, 0.0)
TWILIGHT_LUX = (6.5e-4, 8e-3, 3.4, 90.0, 800.0)
"""Of a clear sky on level ground while the sun is below the horizon (Seidelmann, Explanatory Supplement, 1992)."""
MURKIEST = 5.0
"""Turbidity up to which Preetham's fits look like a sky."""
NIGHT_CD_M2 = 0.004
"""Airglow, stars and the light of distant towns: a sky without sun."""
# Perez coefficients A to E of luminance Y and chromaticity x, y: slope over turbidity, then constant (Preetham et al., 1999).
_PEREZ_Y = ((0.1787, -1.4630), (-0.3554, 0.4275), (-0.0227, 5.3251), (0.1206, -2.5771), (-0.0670, 0.3703))
_PEREZ_CX = ((-0.0193, -0.2592), (-0.0665, 0.0008), (-0.0004, 0.2125), (-0.0641, -0.8989), (-0.0033, 0.0452))
_PEREZ_CY = ((-0.0167, -0.2608), (-0.0950, 0.0092), (-0.0079, 0.2102), (-0.0441, -1.6537), (-0.0109, 0.0529))
# Chromaticity of the zenith: rows T^2, T, 1; columns the sun's zenith angle cubed, squared, itself, 1.
_ZENITH_CX = ((0.00166, -0.00375, 0.00209, 0.0), (-0.02903, 0.06377, -0.03202, 0.00394), (0.11693, -0.21196, 0.06052, 0.25886))
_ZENITH_CY = ((0.00275, -0.00610, 0.00317, 0.0), (-0.04214, 0.08970, -0.04153, 0.00516), (0.15346, -0.26756, 0.06670, 0.26688))


def smoothstep(low: float, high: float, value):
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return share * share * (3 - 2 * share)


def sun_vector(elevation_deg: float, azimuth_deg: float) -> np.ndarray:
    """Unit vector towards the sun, world frame, float64, (3,)."""
    elevation, azimuth = np.radians([elevation_deg, azimuth_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def air_mass(elevation_deg: float) -> float:
    """How much more air sunlight crosses than from the zenith (Kasten and Young, 1989); kept at the horizon's below it."""
    elevation = np.clip(elevation_deg, 0.0, 90.0)
    return 1 / (np.sin(np.radians(elevation)) + 0.50572 * (elevation + 6.07995) ** -1.6364)


def sunlight(elevation_deg: float, turbidity: float) -> np.ndarray:
    """Lux on a plane that faces the sun under a cloudless sky, linear sRGB, float64, (3,).

    Rayleigh scattering, ozone, and aerosol by Angstrom's formula with an exponent of 1.3, whose optical depth grows in proportion
    to turbidity and is 0.13 at 3, as in clean continental air.
    """
    beta = max(0.03 * (turbidity - 1), 0.0)
    depth = 0.008735 * MICROMETRES**-4.08 + beta * MICROMETRES**-1.3 + OZONE
    risen = smoothstep(-0.9, 0.3, elevation_deg)  # the disc, lifted half a degree by refraction
    return SUN_LUX * glow(SUN_K) * np.exp(-depth * air_mass(elevation_deg)) * risen


def clear_sky_lux(elevation_deg: float, turbidity: float) -> float:
    """Of a cloudless sky on level ground: 0.8 + 15.5 sqrt(sin elevation) kilolux by day (IES Lighting Handbook), more with haze."""
    sine = max(np.sin(np.radians(elevation_deg)), 0.0)
    haze = 1 + 0.15 * (np.clip(turbidity, 1.5, 10.0) - 3) * smoothstep(-6, 10, elevation_deg)
    risen = smoothstep(0.0, 4.0, elevation_deg)  # the root alone would leap at sunrise
    return (twilight_lux(elevation_deg) + 15_500 * np.sqrt(sine) * risen) * haze


def twilight_lux(elevation_deg: float) -> float:
    """Of a clear sky on level ground with the sun below the horizon; above it, what it is at the horizon."""
    return float(np.exp(np.interp(elevation_deg, TWILIGHT_DEG, np.log(TWILIGHT_LUX))))


def clear_sky(elevation_deg: float, azimuth_deg: float, turbidity: float) -> np.ndarray:
    """Luminance of a cloudless sky, cd/m2 in linear sRGB, float64, (64, 128, 3), of `clear_sky_lux`; the lower half is no sky."""
    day = smoothstep(0.0, 9.0, elevation_deg)
    sky = np.zeros((ROWS, COLUMNS, 3))
    if day > 0:
        clear = _preetham(max(elevation_deg, 0.0), azimuth_deg, float(np.clip(turbidity, 1.7, MURKIEST)))
        milk = 0.75 * smoothstep(2.5, 10.0, turbidity)  # the model turns orange in murk; what hangs in the air is white
        sky += day * _normalised(clear * (1 - milk) + luminance(clear)[..., None] * milk)
    if day < 1:
        sky += (1 - day) * _normalised(_dusk(elevation_deg, azimuth_deg))
    return sky * clear_sky_lux(elevation_deg, turbidity)


def night_sky() -> np.ndarray:
    """cd/m2, (64, 128, 3): a deep blue, a little lighter near the horizon."""
    height = np.clip(directions()[..., 2:], 0, 1)
    colour = np.array([0.55, 0.8, 1.75])
    return NIGHT_CD_M2 * (colour / luminance(colour)) * (1 + 0.8 * np.exp(-height / 0.2))


def _normalised(sky: np.ndarray) -> np.ndarray:
    """The same sky, sending one lux onto level ground."""
    return sky / luminance(horizontal_illuminance(sky))


def _preetham(elevation_deg: float, azimuth_deg: float, turbidity: float) -> np.ndarray:
    """Relative luminance and colour of a clear daytime sky, Preetham, Shirley and Smits (1999)."""
    direction, sun = directions(), sun_vector(elevation_deg, azimuth_deg)
    cosine, sun_polar = np.maximum(direction[..., 2], 0.02), np.radians(90 - elevation_deg)
    angle = np.arccos(np.clip(direction @ sun, -1, 1))

    def perez(coefficients) -> np.ndarray:
        a, b, c, d, e = (slope * turbidity + constant for slope, constant in coefficients)

        def shape(cosine, angle):
            return (1 + a * np.exp(b / cosine)) * (1 + c * np.exp(d * angle) + e * np.cos(angle) ** 2)

        return shape(cosine, angle) / shape(1.0, sun_polar)

    powers = np.array([turbidity**2, turbidity, 1.0]), np.array([sun_polar**3, sun_polar**2, sun_polar, 1.0])
    x, y = (powers[0] @ np.array(table) @ powers[1] for table in (_ZENITH_CX, _ZENITH_CY))
    return from_chromaticity(x * perez(_PEREZ_CX), y * perez(_PEREZ_CY), np.maximum(perez(_PEREZ_Y), 0.0))


def _dusk(elevation_deg: float, azimuth_deg: float) -> np.ndarray:
    """Relative luminance and colour of a clear sky around sunset and after: no published model, a gradient drawn from photographs.

    Blue above, for ozone takes the red out of long slanting light; a band from orange to rose over the sun, narrower and redder
    as it sinks; the earth's shadow with its rosy rim opposite.
    """
    direction = directions()
    height = np.degrees(np.arcsin(np.clip(direction[..., 2], 0, 1)))
    azimuth = np.radians(azimuth_deg)
    across = np.maximum(np.linalg.norm(direction[..., :2], axis=-1), 1e-9)
    towards = 0.5 + 0.5 * (direction[..., 0] * np.cos(azimuth) + direction[..., 1] * np.sin(azimuth)) / across
    deep = smoothstep(0.0, -14.0, elevation_deg)
    blue = _unit(0.30, 0.46, 1.0) * (0.55 + 0.45 * np.exp(-height / 35)[..., None]) * (0.75 + 0.35 * towards)[..., None]
    near = (towards ** (2 + 3 * deep) * np.exp(-height / (9 - 4 * deep)))[..., None]
    far = (towards**2 * np.exp(-height / (24 - 10 * deep)))[..., None]
    rim = ((1 - towards) ** 2 * np.exp(-(((height - 11) / 7) ** 2)))[..., None] * (1 - deep)
    orange = _unit(1.0, 0.42, 0.09) * (1 - deep) + _unit(1.0, 0.34, 0.12) * deep
    return blue + 5.0 * near * orange + 1.3 * far * _unit(1.0, 0.55, 0.45) + 0.5 * rim * _unit(1.0, 0.55, 0.65)


def _unit(red: float, green: float, blue: float) -> np.ndarray:
    """A colour of luminance 1."""
    colour = np.array([red, green, blue])
    return locked(colour / luminance(colour))
