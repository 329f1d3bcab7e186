"""Phrases: what to call the numbers of weather, light and sensor. A number that nobody would notice has no phrase."""

from bisect import bisect_right

from simgen.scenario.light import Lamp, Light
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather

Scale = tuple[tuple[float, str], ...]
"""From which value on which word holds, rising."""

RAIN: Scale = ((0.1, "drizzle"), (1.0, "light rain"), (2.5, "rain"), (10.0, "heavy rain"), (50.0, "violent rain"))
SNOW: Scale = ((0.1, "light snowfall"), (1.0, "snowfall"), (2.5, "heavy snowfall"))
WIND: Scale = ((3.4, "a breeze"), (10.8, "a strong wind"), (17.2, "a gale"), (24.5, "a storm wind"))
"""Beaufort 3, 6, 8 and 10."""
MURK: Scale = ((0.0, "very dense fog"), (50.0, "dense fog"), (200.0, "fog"), (1000.0, "mist"), (3000.0, "haze"), (15000.0, ""))
"""Metres of visibility; below 1000 it is fog."""
DUST_STORM: Scale = ((0.0, "a dense dust storm"), (200.0, "blowing dust"), (3000.0, "dusty haze"), (15000.0, ""))
WATER: Scale = ((0.1, "damp surfaces"), (0.35, "wet surfaces"), (0.7, "wet surfaces with puddles"))
COVER: Scale = ((0.03, "a dusting of snow"), (0.3, "patches of lying snow"), (0.7, "a blanket of lying snow"))
GLAZE: Scale = ((0.03, "frosted surfaces"), (0.25, "patches of ice"), (0.7, "surfaces glazed with ice"))
DUST: Scale = ((0.1, "a film of dust"), (0.5, "thick dust"))
CLEAR_SUN: Scale = ((0.0, "low golden sunlight"), (14.0, "low sunlight"), (33.0, "bright sunlight"), (60.0, "harsh high sunlight"))
"""Degrees above the horizon."""
TWILIGHT: Scale = ((-90.0, "the dark of night"), (-12.0, "the last light of dusk"), (-6.0, "the light of dusk"))
HIDING = 0.85
"""Share of clouds that hides the sun."""
INDOORS = 0.03
"""Share of daylight from which on the sky, not the lamps, is what one sees by."""
LIT = 10.0
"""Lumens of a lamp that one notices."""
COLOUR: Scale = ((0.0, "warm"), (3600.0, "white"), (5200.0, "cold"))
"""Kelvin."""
BLUR: Scale = ((0.004, "slight motion blur"), (0.02, "strong motion blur"))
GRAIN: Scale = ((0.03, "a grainy picture"), (0.08, "a very noisy picture"))
LENS: dict[str, Scale] = {
    "lens_drops": ((0.01, "water drops on the lens"),),
    "lens_smear": ((0.1, "a smeared lens"),),
    "glare": ((0.1, "lens glare"),),
    "vignetting": ((0.35, "dark corners"),),
    "dead_pixels": ((1e-4, "dead pixels"),),
}
UNDER, OVER, WIDE_OPEN, AMBER, BLUE = -0.7, 0.7, 5.0, 6200.0, 4700.0
"""Stops, stops, f-number, kelvin, kelvin from which on a picture looks dark, bright, shallow, amber and blue."""


def word(scale: Scale, value: float) -> str:
    """The word of the highest step that the value reaches; "" below the first."""
    step = bisect_right([start for start, _ in scale], value)
    return scale[step - 1][1] if step else ""


def falling(weather: Weather) -> list[str]:
    """What falls."""
    rain, snow = word(RAIN, weather.rain_mm_h), word(SNOW, weather.snow_mm_h)
    return ["sleet"] if rain and snow else [said for said in (rain, snow) if said]


def air(weather: Weather) -> list[str]:
    """What hangs in the air, and the wind. Behind rain and snow only what is thicker than they are themselves."""
    murk = word(DUST_STORM if weather.dust >= DUST[0][0] and not falling(weather) else MURK, weather.visibility_m)
    if falling(weather):
        murk = "poor visibility" if weather.visibility_m < 200.0 else ""
    return [said for said in (murk, word(WIND, weather.wind_m_s)) if said]


def lying(weather: Weather) -> list[str]:
    """What lies on surfaces."""
    said = (word(COVER, weather.snow_cover), word(GLAZE, weather.ice), word(WATER, weather.wetness), word(DUST, weather.dust))
    return [one for one in said if one]


def sky(weather: Weather, light: Light) -> str:
    """Sun and sky as they come in; "" where nothing does or lamps outshine them."""
    if light.daylight == 0.0 or (light.daylight < INDOORS and lamps(light)):
        return ""
    if light.environment is not None:
        return "the light of the surroundings"
    if light.elevation_deg < 0.0:
        return word(TWILIGHT, light.elevation_deg)
    if light.daylight < INDOORS:
        return "faint daylight"
    if overcast(weather, light):
        return "overcast daylight"
    if weather.visibility_m < 200.0:
        return "dim diffuse daylight"
    sun = word(CLEAR_SUN, light.elevation_deg)
    return f"{sun} between clouds" if max(weather.cloud_cover, light.cloud_cover) >= 0.4 else sun


def overcast(weather: Weather, light: Light) -> bool:
    """Whether clouds hide the sun; what falls comes out of clouds."""
    return bool(falling(weather)) or max(weather.cloud_cover, light.cloud_cover) >= HIDING


def lamps(light: Light) -> str:
    """The lamps that are on, "" for none."""
    lit = [lamp for lamp in light.lamps if lamp.flux_lm >= LIT]
    if not lit:
        return ""
    kind = _kind(max(lit, key=lambda lamp: lamp.flux_lm))
    colour = word(COLOUR, sum(lamp.temperature_k * lamp.flux_lm for lamp in lit) / sum(lamp.flux_lm for lamp in lit))
    return f"the {colour} light of a {kind}" if len(lit) == 1 else f"the {colour} light of {kind}s"


def _kind(lamp: Lamp) -> str:
    if lamp.cone_deg < 100.0:
        return "spotlight"
    return "window-sized panel" if lamp.radius >= 0.4 else "lamp"


def illumination(weather: Weather, light: Light) -> list[str]:
    """What one sees by; never empty."""
    return [said for said in (sky(weather, light), lamps(light)) if said] or ["near darkness"]


def camera(sensor: Sensor) -> list[str]:
    """What the camera adds."""
    exposure = "an underexposed picture" if sensor.exposure_ev <= UNDER else "an overexposed picture" if sensor.exposure_ev >= OVER else ""
    focus = "a shallow depth of field" if sensor.f_number < WIDE_OPEN else ""
    white = sensor.white_balance_k if sensor.auto_white_balance < 0.5 else 5500.0
    cast = "an amber colour cast" if white >= AMBER else "a blue colour cast" if white <= BLUE else ""
    lens = [word(scale, getattr(sensor, name)) for name, scale in LENS.items()]
    grain = word(GRAIN, max(sensor.shot_noise, 3.0 * sensor.read_noise))
    return [said for said in (exposure, cast, word(BLUR, sensor.shutter_s), focus, grain, *lens) if said]
