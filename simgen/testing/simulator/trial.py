"""A simulator on trial: made anew where a check asks for it, kept from one check to the next where it does not."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from simgen.observation import State
from simgen.report import Failed
from simgen.scenario.scene import Scene
from simgen.simulator import Simulator

LONGEST = 900
"""Seconds that another process may take."""
CHILD = """
import pathlib, pickle, sys
folder = pathlib.Path(sys.argv[1])
path, work = pickle.loads((folder / "asked").read_bytes())
sys.path[:] = path
work = pickle.loads(work)
(folder / "answer").write_bytes(pickle.dumps(work()))
"""


class Trial:
    """One simulator under test. Making and building may be slow, so that checks of one Scene share one."""

    def __init__(self, make: Callable[[], Simulator]):
        """Make nothing yet."""
        self.make = make
        self._kept: Simulator | None = None
        self._built: Scene | None = None

    def start(self, scene: Scene, seed: int = 0) -> tuple[Simulator, State]:
        """A simulator with this Scene, and its state just reset."""
        if self._kept is None:
            self._kept = self.make()
        if self._built != scene:
            self._built = None
            self._kept.build(scene)
            self._built = scene
        return self._kept, self._kept.reset(seed)

    @contextmanager
    def another(self, scene: Scene) -> Iterator[Simulator]:
        """A second simulator with this Scene built, closed in the end."""
        simulator = self.make()
        try:
            simulator.build(scene)
            yield simulator
        finally:
            simulator.close()

    def elsewhere(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What `work(make, *arguments)` returns in another process.

        Raises:
            Failed: if that process fails; with the last line that it said.
        """
        with tempfile.TemporaryDirectory() as folder:
            asked = cloudpickle.dumps(lambda make=self.make: work(make, *arguments))
            (Path(folder) / "asked").write_bytes(cloudpickle.dumps((sys.path, asked)))
            command = [sys.executable, "-c", CHILD, folder]
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, stdin=subprocess.DEVNULL)
            if done.returncode:
                said = done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"]
                raise Failed(f"in another process: {said[-1]}")
            return cloudpickle.loads((Path(folder) / "answer").read_bytes())

    def forget(self) -> None:
        """Close what is kept; the next check begins with a new one."""
        kept, self._kept, self._built = self._kept, None, None
        if kept is not None:
            kept.close()


def fingerprint(state: State) -> bytes:
    """Every number of a state; equal bytes are equal states, bit for bit."""
    touching = state.contacts
    arrays = [
        state.link_pose, state.link_velocity, state.joint_position, state.joint_velocity, state.joint_torque, state.tcp.row,
        touching.link_a, touching.link_b, touching.position, touching.normal, touching.force, touching.friction, touching.distance,
    ]  # fmt: skip
    numbers = [state.time_ns, state.gripper, *sorted(state.articulation.items())]
    return repr(numbers).encode() + b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def play(simulator: Simulator, actions: np.ndarray) -> list[bytes]:
    """The fingerprints of a run."""
    return [fingerprint(simulator.step(action)) for action in actions]
