"""A real Scene, small, played for a few frames: what worlds are given in a closed loop."""

from simgen import simulator as simulators
from simgen.generate import arrange, job_of
from simgen.observation import Observation, State
from simgen.scenario import Scene
from simgen.simulator.control import hold


def played(*, frames: int, size: tuple[int, int] = (64, 64), scene: str = "reach") -> tuple[Scene, tuple[State, ...], dict]:
    """A Scene, its states and what every camera saw, rgb included: the hand holds still but for its fingers."""
    engine = simulators.make("pybullet", draws=True)
    arranged = arrange(job_of(scene, size=size, world="raw"), 0, engine)
    engine.build(arranged)
    states, seen = [engine.reset(arranged.seed)], {camera: [] for camera in arranged.cameras}
    action = hold(arranged, states[0])
    action[:3], action[-1] = 0.01, 0.2
    for frame in range(frames):
        for camera, observations in seen.items():
            observations.append(engine.observe(camera))
        if frame < frames - 1:
            states.append(engine.step(action))
    engine.close()
    found: dict[str, tuple[Observation, ...]] = {camera: tuple(observations) for camera, observations in seen.items()}
    return arranged, tuple(states), found
