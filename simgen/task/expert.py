"""What scripted experts share: moving the hand at a bounded speed, gripping, noticing a miss and trying again."""

from collections.abc import Callable, Generator

import numpy as np
from pyquaternion import Quaternion

from simgen.geometry import Pose
from simgen.observation import State
from simgen.scenario import Scene
from simgen.task import Target, Task
from simgen.task.cast import hand

Motion = Generator[Target, None, bool]
"""A stretch of a script: one target a control step; returns whether it went as meant."""
SPEED = 0.36
"""Fastest the hand is led, m/s."""
TURN = 2.2
"""Fastest it is turned, rad/s."""
ACCELERATION = 1.5
"""m/s2."""
ARRIVED, ALIGNED = 0.006, 0.05
"""How near the hand must come to where it was sent, metres and radians."""
CATCH_UP = 0.4
"""Share of its lag behind the led pose that the hand is asked to make good in one control step; with 1 a late arm rings."""
LEASH = 0.08
"""Farthest the led pose may be ahead of the hand, metres, before it waits."""
WRIST = 2.6
"""Farthest the last joint is turned from the middle of its range where there is a choice, radians."""
RETRIES = 3
"""How often an expert starts over after a miss."""


class Scripted:
    """An expert whose script is a generator: it yields targets and reads `self.state`, which is renewed before every step."""

    def __init__(self, scene: Scene, task: Task, rng: np.random.Generator):
        self.scene, self.task, self.rng = scene, task, rng
        self.subtask, self.finished = "", False
        self.state: State | None = None
        self.retries = 0
        self._opening = hand(scene).opening
        self._step = 1.0 / scene.control_rate
        self._pace = float(rng.uniform(0.85, 1.1))
        self._speed = 0.0
        self._led: Pose | None = None
        self._asked: Pose | None = None
        self._gripper = 1.0
        self._script = self._run()

    def act(self, state: State) -> Target:
        """Where the hand should be after the next control step."""
        self.state = state
        if self._led is None:
            self._led = self._asked = state.tcp
            self._gripper = self._share(state.gripper)
        target = next(self._script, None)
        if target is None:
            self.finished = True
            return self.target()
        return target

    def target(self) -> Target:
        """What is asked of the hand next: the led pose's own motion and a share of what the hand lacks to where it was led."""
        ahead, lag = self._led.position - self._asked.position, self._asked.position - self.state.tcp.position
        position = self.state.tcp.position + ahead + CATCH_UP * lag
        turn = self._led.orientation * self._asked.orientation.inverse
        orientation = turn * Quaternion.slerp(self.state.tcp.orientation, self._asked.orientation, CATCH_UP)
        self._asked = self._led
        return Target(Pose(position, orientation), self._gripper)

    def attempt(self) -> Motion:
        """The task from wherever things are now."""
        raise NotImplementedError

    def _run(self) -> Motion:
        while True:
            yield from self.attempt()
            if self.task.success(self.state) or self.retries == RETRIES:
                return self.task.success(self.state)
            self.retries += 1
            yield from self._back_off()

    def _back_off(self) -> Motion:
        self.subtask = "back off and try again"
        yield from self.grip(1.0)
        return (yield from self.move(Pose(self.state.tcp.position + [0, 0, 0.10], self.state.tcp.orientation), blend=0.03))

    def move(
        self,
        goal: Pose | Callable[[], Pose],
        *,
        speed: float = SPEED,
        blend: float = 0.0,
        while_: Callable[[], bool] = lambda: True,
    ) -> Motion:
        """Lead the hand to a pose.

        Args:
            goal: world_T_tcp, or what says it anew at every step.
            speed: fastest, m/s.
            blend: metres before the goal at which the next motion may begin; the hand then does not slow down.
            while_: what must stay true; the motion ends where it does not.

        Returns:
            Whether the hand arrived.
        """
        aim = goal if callable(goal) else lambda: goal
        if _apart(self._led, self.state.tcp)[0] >= LEASH:
            self._led = self._asked = self.state.tcp
        far, turn = _apart(self._led, aim())
        patience = int((2.0 * far / speed + 2.0 * turn / TURN) / self._step) + 20
        for _ in range(patience):
            if not while_():
                return False
            pose = aim()
            far, turn = _apart(self.state.tcp, pose)
            if far <= max(blend, ARRIVED) and turn <= max(ALIGNED, 4 * blend):
                return True
            if _apart(self._led, self.state.tcp)[0] < LEASH:
                self._lead(pose, speed * self._pace, blend)
            yield self.target()
        return False

    def grip(self, share: float, *, rate: float = np.inf, frames: int = 14) -> Motion:
        """Open or close the gripper, at most by `rate` shares of its opening a second, until its fingers stand still."""
        self._speed, still, before = 0.0, 0, self.state.gripper
        for _ in range(frames):
            self._gripper += float(np.clip(share - self._gripper, -rate * self._step, rate * self._step))
            yield self.target()
            still = still + 1 if abs(self.state.gripper - before) < 4e-4 else 0
            before = self.state.gripper
            if self._gripper == share and (still == 2 or abs(self._share(before) - share) < 0.02):
                return True
        return False

    def wait(self, done: Callable[[], bool], frames: int = 12) -> Motion:
        """Hold still until something has come about."""
        for _ in range(frames):
            if done():
                return True
            yield self.target()
        return done()

    def turned_to(self, orientations: list[Quaternion]) -> Quaternion:
        """Of several orientations of the hand, the one with the smallest rotation that also keeps the wrist off its limits.

        Turning the hand about its own axis turns the last joint of the arm by as much, and zero is the middle of its range.
        """
        wrist = self.state.joint_position[-1]

        def cost(orientation: Quaternion) -> float:
            turn = self.state.tcp.orientation.inverse * orientation
            after = abs(wrist + 2 * np.arctan2(np.copysign(1.0, turn.w) * turn.z, abs(turn.w)))
            return _angle(turn) + 0.3 * after + 10.0 * max(0.0, after - WRIST)

        return min(orientations, key=cost)

    def level(self) -> Quaternion:
        """The orientation nearest to the hand's own in which it points straight down."""
        across = self.state.tcp.rotation[:, 1]
        return downward(np.arctan2(across[1], across[0]))

    def _share(self, opening: float) -> float:
        return float(np.clip(opening / self._opening, 0.0, 1.0))

    def _lead(self, pose: Pose, fastest: float, blend: float) -> None:
        """Take the led pose one control step towards a pose: speeding up gently, slowing down in time, turning alongside."""
        far, turn = _apart(self._led, pose)
        braking = np.sqrt(2 * ACCELERATION * far) if blend == 0 else np.inf
        self._speed = min(self._speed + ACCELERATION * self._step, fastest, max(braking, 0.02))
        share = 1.0
        if far > 0 or turn > 0:
            share = min(1.0, self._speed * self._step / max(far, 1e-9), TURN * self._step / max(turn, 1e-9))
        position = self._led.position + share * (pose.position - self._led.position)
        self._led = Pose(position, Quaternion.slerp(self._led.orientation, pose.orientation, share))


def pointing(along, across) -> Quaternion:
    """Orientation of a hand whose fingers point `along` and close `across`, both directions, (3,), in the world."""
    along = np.asarray(along, dtype=np.float64) / np.linalg.norm(along)
    across = np.asarray(across, dtype=np.float64) - along * np.dot(across, along)
    across /= np.linalg.norm(across)
    return Quaternion(matrix=np.stack([np.cross(across, along), across, along], axis=1))


def downward(angle: float) -> Quaternion:
    """Orientation of a hand that points down and closes along a horizontal direction, radians from the world's x axis."""
    return pointing([0, 0, -1], [np.cos(angle), np.sin(angle), 0])


def _apart(a: Pose, b: Pose) -> tuple[float, float]:
    """Distance in metres and angle in radians between two poses."""
    return float(np.linalg.norm(a.position - b.position)), _angle(a.orientation.inverse * b.orientation)


def _angle(turn: Quaternion) -> float:
    return float(2 * np.arctan2(np.linalg.norm(turn.vector), abs(turn.w)))
