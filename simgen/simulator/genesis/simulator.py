"""Genesis: rigid bodies and arms in batches, on the CPU, or on a GPU where there is one.

A simulator is one row of a batch (`batch`), which others may sit in, too: a fleet steps many as one where their Scenes are of one kind. The
first world after an installation compiles for a minute or more, the first of a process for some seconds.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

import numpy as np

from simgen.observation import Contacts, State
from simgen.scenario.scene import Scene
from simgen.scenario.surface import surfaces
from simgen.scenario.weather import Weather
from simgen.simulator.assembly import Assembly, assemblies
from simgen.simulator.genesis.batch import Batch, kind_of
from simgen.simulator.genesis.painter import Painter
from simgen.simulator.rigid import Motion, RigidSimulator
from simgen.simulator.weather import body_factor, drag, extents, wind

SPARE = 2
"""Batches that nobody sits in and that are kept for the next Scene of their kind."""


class Genesis(RigidSimulator):
    """The simulator contract on one row of a batch; several may live in one process."""

    name = "genesis"
    keeps = ("state",)

    def __init__(self, *, draws: bool = False, seats: "Seats | None" = None, row: int = 0):
        """Start nothing yet.

        Args:
            draws: whether `observe` brings the engine's own picture, too.
            seats: batches that others sit in, too; None is for this one alone.
            row: of those batches.
        """
        super().__init__(draws=draws)
        self._seats, self._row = Seats(1) if seats is None else seats, row
        self._batch: Batch | None = None
        self._painter: Painter | None = None

    @classmethod
    def fleet(cls, rows: int, *, draws: bool = False) -> "GenesisFleet":
        """So many simulators that are stepped as one where their Scenes are of one kind."""
        return GenesisFleet(rows, draws=draws)

    def _load(self) -> None:
        scene, self._made = self.scene, assemblies(self.scene)
        self._free()
        self._batch = self._seats.take(scene, self._made, self._row)
        self._masses = np.array([one.mass for one in self._made if one.id is not None])
        self._extents = extents(scene.bodies, surfaces(scene)) if scene.coupled else {}
        self._air = np.zeros(3)
        self._rewind()

    def _rewind(self) -> None:
        self._batch.place(self._row, self.scene, self._made)
        self._factor = 1.0

    def _command(self, position: np.ndarray, velocity: np.ndarray, opening: float) -> None:
        self._batch.aim(self._row, position, velocity, opening)

    def _advance(self) -> None:
        self._batch.advance()

    def _head(self, number: int) -> None:
        super()._head(number)
        self._blow()

    def _blow(self) -> None:
        """Push every free body through the coming physics step."""
        for number, extent in self._extents.items():
            place = number - self.scene.bodies[0].id
            turn, velocity = self._batch.centre(self._row, place)
            force = drag(self._air, velocity, turn, extent, self._masses[place], 1.0 / self.scene.physics_rate)
            self._batch.push(self._row, place, force)

    def _arm_torque(self) -> np.ndarray:
        return self._batch.torque(self._row)[: len(self._robot_model.arm)]

    def _slow(self, number: int, linear: float, angular: float) -> None:
        self._batch.slow(self._row, number, linear, angular)

    def _take(self, weather: Weather) -> None:
        self._air, factor = wind(weather), body_factor(weather)
        self._batch.wet(self._row, factor)
        self._factor = factor

    def _friction_factor(self) -> float:
        return self._factor

    def _motion(self) -> Motion:
        return self._batch.motion(self._row)

    def _contacts(self) -> Contacts:
        return self._batch.contacts(self._row, self._fixed_rows)

    def _mass(self) -> np.ndarray:
        return self._masses.copy()

    def _kept(self) -> dict[str, np.ndarray]:
        content = io.BytesIO()
        np.savez(content, **self._batch.kept(self._row), factor=self._factor)
        return {"state": np.frombuffer(content.getvalue(), np.uint8)}

    def _put_back(self, kept: dict[str, np.ndarray]) -> None:
        with np.load(io.BytesIO(kept["state"].tobytes()), allow_pickle=False) as stored:
            state = {name: stored[name] for name in stored.files}
        self._factor = float(state.pop("factor"))
        self._batch.put_back(self._row, state)
        self._batch.wet(self._row, self._factor)

    def picture(self, camera: str) -> np.ndarray:
        """What Genesis' rasterizer draws now, sRGB, uint8, (H, W, 3).

        Raises:
            UnknownName: if the scene has no such camera.
            UnusableLibrary: if the machine has no OpenGL.
        """
        return self._draw().rgb(self.view(camera), self._state.link_pose)

    def camera_image(self, camera: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What Genesis' rasterizer says: rgb, uint8, (H, W, 3); depth in metres along the optical axis, float32, (H, W), inf where nothing
        was hit; body ids, int32, (H, W), 0 for background.

        Raises:
            UnknownName: if the scene has no such camera.
            UnusableLibrary: if the machine has no OpenGL.
        """
        return self._draw().whole(self.view(camera), self._state.link_pose)

    def _draw(self) -> Painter:
        """The painter, built when it is first needed."""
        if self._painter is None:
            self._painter = Painter(self.scene, self.links)
        return self._painter

    def _free(self) -> None:
        self._seats.leave(self._row)
        if self._painter is not None:
            self._painter.close()
        self._batch = self._painter = None

    @property
    def state_row(self) -> dict[str, np.ndarray] | None:
        """All that going on with this row needs; None where nothing is built."""
        return None if self._batch is None else self._batch.kept(self._row)

    @state_row.setter
    def state_row(self, kept: dict[str, np.ndarray]):
        self._batch.put_back(self._row, kept)


class Seats:
    """Batches by the kind of their Scenes, and who sits in which."""

    def __init__(self, rows: int):
        """Of so many rows."""
        self._rows = rows
        self._batches: dict[tuple, Batch] = {}
        self._taken: dict[int, tuple] = {}

    def take(self, scene: Scene, made: Sequence[Assembly], row: int) -> Batch:
        """The batch for a Scene and its assemblies, built where there is none; the oldest that nobody sits in make room."""
        kind = kind_of(scene, made)
        self._taken[row] = kind
        if kind in self._batches:
            self._batches[kind] = self._batches.pop(kind)
        else:
            self._batches[kind] = Batch(scene, made, self._rows)
            for empty in [one for one in self._batches if one not in self._taken.values()][:-SPARE]:
                self._batches.pop(empty).close()
        return self._batches[kind]

    def leave(self, row: int) -> None:
        """Nobody sits there any more; leaving twice is harmless."""
        if row in self._taken:
            self._batches[self._taken.pop(row)].park(row)

    def close(self) -> None:
        """Free all batches; closing twice is harmless."""
        for batch in self._batches.values():
            batch.close()
        self._batches, self._taken = {}, {}


class GenesisFleet:
    """Simulators, one a row, that are stepped as one where their Scenes are of one kind."""

    def __init__(self, rows: int, *, draws: bool = False):
        """Make them; nothing is built yet."""
        self._seats = Seats(rows)
        self.simulators = tuple(Genesis(draws=draws, seats=self._seats, row=row) for row in range(rows))

    def step(self, actions: Mapping[int, np.ndarray]) -> dict[int, State]:
        """One control step of these rows, float, (A,) each; the others stand still.

        Raises:
            InvalidValue: on a wrong shape, a number that is not finite, or a row that was not reset.
        """
        checked = {row: self.simulators[row]._checked(action) for row, action in actions.items()}
        for row, action in checked.items():
            self.simulators[row]._begin_step(action)
        groups: dict[tuple, list[Genesis]] = {}
        for row in actions:
            simulator = self.simulators[row]
            groups.setdefault((simulator._batch, simulator._physics_steps), []).append(simulator)
        for (batch, steps), moving in groups.items():
            with self._still(one for one in self.simulators if one._batch is batch and one not in moving):
                for number in range(steps):
                    for simulator in moving:
                        simulator._head(number)
                    batch.advance()
        return {row: self.simulators[row]._end_step() for row in actions}

    def sparing(self, row: int) -> AbstractContextManager[None]:
        """While the block runs only this row moves."""
        return self._still(one for number, one in enumerate(self.simulators) if number != row)

    @contextmanager
    def _still(self, others: Iterable[Genesis]) -> Iterator[None]:
        kept = [(one, state) for one in others if (state := one.state_row) is not None]
        try:
            yield
        finally:
            for one, state in kept:
                one.state_row = state

    def close(self) -> None:
        """Free everything; closing twice is harmless."""
        for simulator in self.simulators:
            simulator.close()
        self._seats.close()
