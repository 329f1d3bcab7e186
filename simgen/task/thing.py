"""Thing: a body that plays a part in a task: where it is, how large it is and what it is called."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simgen.geometry import Pose, locked
from simgen.observation import Link, State
from simgen.scenario import Scene
from simgen.scenario.scene import PlacedBody
from simgen.scenario.shape import Capsule, Cylinder, Sphere
from simgen.scenario.surface import hull
from simgen.scenario.words import called


@dataclass(frozen=True, eq=False)
class Thing:
    """One body of a Scene as a task sees it."""

    name: str
    words: str
    """Colour and class in words ("red cube")."""
    row: int
    """Of its base, in the link table."""
    low: np.ndarray
    """Lowest corner of its bounding box, body frame, metres, float64, (3,)."""
    high: np.ndarray
    """Highest corner, (3,)."""
    surface: float
    """Height, body frame, of what one meets coming down on the middle: the floor of a bin, the top of a cube."""
    round: bool
    """It looks the same from every side around its z axis."""
    ball: bool
    """It looks the same from everywhere."""

    @property
    def size(self) -> np.ndarray:
        """Edge lengths of its bounding box, metres, float64, (3,)."""
        return self.high - self.low

    def pose(self, state: State) -> Pose:
        """world_T_body."""
        return state.pose(self.row)

    def centre(self, state: State) -> np.ndarray:
        """Middle of its bounding box, world frame, float64, (3,)."""
        return self.pose(state).apply(0.5 * (self.low + self.high))

    def bottom(self, state: State) -> float:
        """Height of its lowest corner, metres."""
        return float(self.centre(state)[2] - self._reach(state))

    def top(self, state: State) -> float:
        """Height of its highest corner, metres."""
        return float(self.centre(state)[2] + self._reach(state))

    def landing(self, state: State) -> float:
        """Height of the surface that something set down on or in its middle comes to rest on, metres, while it stands upright."""
        return float(self.pose(state).apply([*0.5 * (self.low + self.high)[:2], self.surface])[2])

    def width(self, state: State, direction: np.ndarray) -> float:
        """How far its bounding box reaches along a direction, (3,), metres."""
        return float(np.abs(self.pose(state).rotation.T @ direction) @ self.size)

    def speed(self, state: State) -> float:
        """m/s."""
        return float(np.linalg.norm(state.link_velocity[self.row, :3]))

    def upright(self, state: State) -> bool:
        """Whether its z axis points up, within 15 degrees."""
        return self.pose(state).rotation[2, 2] > np.cos(np.deg2rad(15))

    def _reach(self, state: State) -> float:
        """From its centre up to its highest corner, metres."""
        half = 0.5 * self.size
        if self.ball:
            return float(half[2])
        across = self.pose(state).rotation[2]
        if self.round:
            return float(half[0] * np.hypot(across[0], across[1]) + half[2] * abs(across[2]))
        return float(np.abs(across) @ half)


def thing(body: PlacedBody, scene: Scene, links: tuple[Link, ...]) -> Thing:
    """The body of a Scene as a task sees it.

    Raises:
        AssetError: if its mesh or URDF is missing, empty or unreadable.
    """
    mesh = hull(body, Path(scene.folder) if scene.folder else None)
    low, high = mesh.bounds
    row = next(number for number, link in enumerate(links) if link.body == body.id and link.index == 0)
    ball = isinstance(body.shape, Sphere)
    turned = ball or isinstance(body.shape, Cylinder | Capsule)
    surface = _height_under(mesh.triangles, 0.5 * (low + high)[:2], float(high[2]))
    return Thing(body.name, called(body), row, locked(low.copy()), locked(high.copy()), surface, turned, ball)


def _height_under(triangles: np.ndarray, point: np.ndarray, otherwise: float) -> float:
    """Greatest height of triangles, (F, 3, 3), straight above or below a point in the plane, (2,)."""
    a, b, c = (triangles[:, k, :2] - point for k in range(3))
    weights = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=1)  # barycentric, times twice the area
    area = weights.sum(axis=1)
    over = (np.abs(area) > 1e-12) & (weights * np.sign(area)[:, None] >= -1e-12).all(axis=1)
    if not over.any():
        return otherwise
    return float(np.max((weights[over] * triangles[over, :, 2]).sum(axis=1) / area[over]))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
