"""Milliseconds a cheap photograph, by stage and condition, beside a path-traced one of the same instant."""

import time
from collections.abc import Callable
from dataclasses import replace

from simgen import simulator as simulators
from simgen import world as worlds
from simgen.generate import arrange, job_of
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions, conditions_of
from simgen.scenario.light import Lamp, Light
from simgen.scenario.sky import illuminate
from simgen.scenario.weather import Weather
from simgen.simulator.direct_light import lit
from simgen.simulator.raycast import RayCaster
from simgen.world import Appearance, ControlClip
from simgen.world.atmosphere import through_air
from simgen.world.develop import Developer, metered
from simgen.world.preview import photometric, smooth_edges

SCENE, CAMERAS, SIZE = "pick_place", ("front", "wrist"), 256
REPETITIONS = 15
LIGHT = Light(lamps=(Lamp(position=(0.3, 0.6, 1.1)), Lamp(position=(0.9, -0.5, 1.3), radius=0.1, temperature_k=3000.0, cone_deg=90.0)))
"""Sun, sky and two lamps."""
WEATHERS = {"clear": None, "rain": "rain:3", "fog": "fog:3", "snow": "snow:3"}


def run() -> dict:
    """Photograph one instant with each camera in each weather: the direct light, then every stage of the preview; the least of
    many repetitions. The ratio is of a path-traced frame of the first camera in clear weather to its preview."""
    simulator = simulators.make("pybullet")
    scene = arrange(job_of(SCENE, world="preview", simulator="pybullet", size=(SIZE, SIZE), seed=0), 0, simulator)
    simulator.build(scene)
    state = simulator.reset(scene.seed)
    seen = {camera: simulator.observe(camera) for camera in CAMERAS}
    simulator.close()
    caster = RayCaster.shared(scene)
    stages = {
        f"{camera} {name}": _stages(seen[camera], caster, state.link_pose, conditions_of(weather, seed=0, episode=0, base=_base()))
        for camera in CAMERAS
        for name, weather in WEATHERS.items()
    }
    tracer, first = worlds.make("pathtrace"), seen[CAMERAS[0]]
    clip = ControlClip((first, replace(first, time_ns=first.time_ns + 50_000_000)), scene, (state, state))
    tracer.render(clip, Appearance(conditions=(_base(),)), seed=0)  # compiles
    traced = _least(lambda: tracer.render(clip, Appearance(conditions=(_base(),)), seed=0), 2) / len(clip)
    whole = {name: round(sum(parts.values()), 1) for name, parts in stages.items()}
    clear = f"{CAMERAS[0]} clear"
    return {
        "pathtraced_over_preview": round(traced / whole[clear], 1),
        "pathtraced_ms": round(traced, 1),
        "preview_ms": whole,
        "preview_stage_ms": stages,
        "size": SIZE,
        "repetitions": REPETITIONS,
    }


def _base() -> Conditions:
    return Conditions(light=LIGHT)


def _stages(observation: Observation, caster: RayCaster, link_pose, conditions: Conditions) -> dict[str, float]:
    """Least milliseconds of each stage of one photograph; surfaces are taken to show their weather already."""
    illumination, parts, found = illuminate(conditions.weather, conditions.light), {}, {}

    def stage(name: str, work: Callable):
        found[name] = work()  # compiles
        parts[name] = round(_least(work, REPETITIONS), 1)

    stage("direct light", lambda: lit(observation, caster, link_pose, illumination))
    stage("surfaces", lambda: photometric(found["direct light"], Weather(), illumination))
    stage("edges", lambda: smooth_edges(found["surfaces"], observation))
    stage("air", lambda: through_air(found["edges"], observation, conditions, illumination, seed=0))
    developer = Developer(metered(found["air"]), observation.view, seed=0, interval_s=0.05)
    stage("development", lambda: developer.develop(1, found["air"], observation, conditions, illumination))
    return parts


def _least(work: Callable, repetitions: int) -> float:
    """Milliseconds."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)
