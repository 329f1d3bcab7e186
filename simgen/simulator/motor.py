"""Motors by computed torque: what moves a robot's joints in engines that know forces only.

Each physics step the motors aim at the velocity that makes good a share of a joint's distance from its setpoint, and give the torque that
brings it about against gravity and inertia, as far as they are strong enough (Luh, Walker and Paul, 1980).
"""

from dataclasses import dataclass

import numpy as np

from simgen.scenario.robot import RobotModel
from simgen.simulator.assembly import Assembly

STIFFNESS = 0.1
"""Share of an arm joint's distance from its setpoint that its motor makes good in one physics step."""
GRIP_STIFFNESS = 0.3
"""The same of the fingers."""
ARMATURE = 0.1
"""kg m2 that the rotor of an arm's joint adds, seen through its gear."""
STALL = 2.0
"""How many times its strongest force it would take to stop a finger at full speed within a step, its rotor being so heavy: a finger that
is stopped presses with all it has."""


@dataclass(frozen=True, eq=False)
class Motors:
    """Of an arm's J joints, then of its F fingers."""

    names: tuple[str, ...]
    """Of the joints, (J + F,)."""
    most: np.ndarray
    """Strongest, N m or N, float64, (J + F,)."""
    armature: np.ndarray
    """What rotors add to inertia, kg m2 or kg, float64, (J + F,)."""
    stiffness: np.ndarray
    """Share of a joint's distance from its setpoint that is made good in one physics step, float64, (J + F,)."""
    fastest: np.ndarray
    """At which distance is made good, rad/s or m/s, float64, (J + F,); inf of the arm, whose setpoints keep to its limits."""
    arm: int
    """J."""
    rate: int
    """Physics steps a second."""

    @classmethod
    def of(cls, robot: Assembly, model: RobotModel, rate: int) -> "Motors":
        """Of a robot, at so many physics steps a second."""
        pieces = {piece.joint.name: piece for piece in robot.pieces if piece.joint is not None}
        arm, fingers = [pieces[name] for name in model.arm], [pieces[name] for name in model.fingers]
        speed = np.array([finger.speed for finger in fingers])
        return cls(
            names=(*model.arm, *model.fingers),
            most=np.array([piece.effort for piece in arm] + [model.grip_force] * len(fingers)),
            armature=np.append(np.full(len(arm), ARMATURE), STALL * model.grip_force / (rate * speed)),
            stiffness=np.repeat([STIFFNESS, GRIP_STIFFNESS], [len(arm), len(fingers)]),
            fastest=np.append(np.full(len(arm), np.inf), speed),
            arm=len(arm),
            rate=rate,
        )

    def goal(self, position: np.ndarray, velocity: np.ndarray, opening: float) -> tuple[np.ndarray, np.ndarray]:
        """Setpoints of all joints and how fast they move, float64, (J + F,) each: the arm's (J,), and metres between the fingers."""
        fingers = len(self.names) - self.arm
        return np.append(position, np.full(fingers, opening / fingers)), np.append(velocity, np.zeros(fingers))

    def torque(
        self, goal: tuple[np.ndarray, np.ndarray], position: np.ndarray, velocity: np.ndarray, inertia: np.ndarray, bias: np.ndarray
    ) -> np.ndarray:
        """What brings the joints to the speed that they should have after one physics step, as far as the motors are strong enough.

        Where one of the arm's motors is too weak, the whole arm accelerates less, in the same direction: no joint is thrown about by
        others.

        Args:
            goal: setpoints and how fast they move, (..., J + F) each.
            position: of the joints, (..., J + F).
            velocity: the same.
            inertia: joint-space inertia matrix, (..., J + F, J + F).
            bias: torque that stands against gravity, Coriolis and centrifugal forces, (..., J + F).

        Returns:
            N m or N, float64, (..., J + F).
        """
        arm = slice(self.arm)
        made_good = (self.stiffness * self.rate * (goal[0] - position)).clip(-self.fastest, self.fastest)
        wanted = self.rate * (goal[1] + made_good - velocity)
        needed = (inertia[..., arm, arm] @ wanted[..., arm, None])[..., 0]
        room = np.copysign(self.most[arm], needed) - bias[..., arm]
        share = (room / np.where(needed == 0.0, np.copysign(1e-12, needed), needed)).min(-1, keepdims=True, initial=1.0)
        wanted[..., arm] *= share
        return ((inertia @ wanted[..., None])[..., 0] + bias).clip(-self.most, self.most)
