"""Bodies of a PyBullet world under the Scene's weather."""

from collections.abc import Sequence

import numpy as np

from simgen.scenario.scene import Scene
from simgen.scenario.surface import surfaces
from simgen.scenario.weather import Weather
from simgen.simulator.bullet.loading import BASE, Actor
from simgen.simulator.weather import body_factor, drag, extents, wind

FRICTION = 1
"""Where getDynamicsInfo says lateral friction."""


class Weathered:
    """Sets the friction of every link, the robot's too, and pushes what is free."""

    def __init__(self, engine, scene: Scene, actors: Sequence[Actor]):
        """Remember every link's dry friction.

        Args:
            engine: with the Scene loaded, and dry.
            scene: whose bodies they are.
            actors: the robot, if any, then the bodies in the order of the scene.
        """
        self._engine, self._seconds = engine, 1.0 / scene.physics_rate
        self._dry = {(actor.uid, index): engine.getDynamicsInfo(actor.uid, index)[FRICTION] for actor in actors for index in actor.rows}
        bodies = dict(zip((body.id for body in scene.bodies), actors[len(actors) - len(scene.bodies) :], strict=True))
        self._free = [(bodies[number], extent) for number, extent in extents(scene.bodies, surfaces(scene)).items()]
        self._air = np.zeros(3)
        self.factor = 1.0
        """What every body's dry coefficient is multiplied by now."""

    def take(self, weather: Weather) -> None:
        """Make this the weather that is felt."""
        self._air = wind(weather)
        factor = body_factor(weather)
        if factor != self.factor:
            for (uid, index), dry in self._dry.items():
                self._engine.changeDynamics(uid, index, lateralFriction=factor * dry)
        self.factor = factor

    def blow(self) -> None:
        """Push every free body through the coming physics step."""
        engine = self._engine
        for actor, extent in self._free:
            centre, xyzw = engine.getBasePositionAndOrientation(actor.uid)
            velocity = np.array(engine.getBaseVelocity(actor.uid)[0])
            turn = np.reshape(engine.getMatrixFromQuaternion(xyzw), (3, 3)) @ actor.com_T_base.rotation
            force = drag(self._air, velocity, turn, extent, actor.mass, self._seconds)
            engine.applyExternalForce(actor.uid, BASE, force.tolist(), centre, engine.WORLD_FRAME)
