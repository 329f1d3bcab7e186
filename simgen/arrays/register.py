"""Registration: how a rigid thing moved between two depth maps."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyquaternion import Quaternion
from scipy.ndimage import binary_erosion, gaussian_filter, minimum_filter
from scipy.spatial import cKDTree

from simgen.arrays.frame import Frame
from simgen.arrays.normal import normals_along
from simgen.geometry import Pose
from simgen.observation import Observation

MOST = 600
"""Points of the surface, and as many of the outline, that are matched."""
FEWEST = 12
"""Points of the surface below which a thing is too small to say how it moved."""
ROUNDS = 30
APART, ASIDE, UNCERTAIN = 0.3, 0.75, 0.5
"""Pixels: how far surfaces and outlines may lie apart in the end, and how uncertain the motion may leave where a point was."""
PAIRED = 0.7
"""Share of the surface's points that must find their match."""
OUTLINE = 0.2
"""Weight of a point of the outline beside one of the surface: its place is known to a pixel."""
COVERS = 0.02
"""Share of its depth by which something lies before a thing that it hides a part of."""
ROUGH_SURFACE, ROUGH_OUTLINE = 0.15, 0.1
"""Radians by which normals of a surface and of an outline may be off."""
DAMPING = 1e-4
"""Of steps, relative to all that is known, so that what nothing tells stays as it is."""
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)


def registered(now: Frame, before: Frame | Observation, number: int, guess: Pose) -> Pose | None:
    """then_T_now of one thing: takes its points from this camera frame to where they were in the frame before.

    Points are matched to the nearest and moved along the normals there until both surfaces lie upon one another: point-to-plane
    ICP (Chen and Medioni 1992), in the least squares of Low (2004). The outline counts as a surface that holds the line of sight, so
    that what slides in its own plane is found, too.

    None where it is not known: too few points, surfaces that do not fit as if rigid, or a motion that neither surface nor outline
    tells, as that of a ball that turns on the spot.

    Args:
        now: of this instant.
        before: the one before.
        number: the thing's instance id.
        guess: then_T_now, had it stood still.
    """
    source, target = _Shape.of(now, number), _Shape.of(before, number)
    if min(len(source.surface), len(target.surface)) < FEWEST:
        return None
    pixel = float(np.median(target.surface[:, 2])) / before.view.intrinsics.fx
    moved = source.moved(guess)
    pose = Pose(target.middle - moved.middle, Quaternion()) @ guess
    trees = cKDTree(target.surface), cKDTree(target.outline) if len(target.outline) else None
    for turn in range(ROUNDS):
        pairs = _Pairs.of(source.moved(pose), target, trees, pixel)
        step = pairs.step()
        if step is None:
            return None
        pose = step @ pose
        if turn and _small(step, pairs, pixel):
            break
    pairs = _Pairs.of(source.moved(pose), target, trees, pixel)
    return pose if pairs.convincing(pixel) else None


@dataclass(frozen=True, eq=False)
class _Shape:
    """What is seen of a thing, camera frame, metres."""

    surface: np.ndarray
    """Points well within its outline, (N, 3)."""
    normal: np.ndarray
    """Their unit normals, (N, 3)."""
    outline: np.ndarray
    """Points of its own outline, where what lies beside it lies behind it, (M, 3)."""
    aside: np.ndarray
    """Unit normals of the outline: across it and across the line of sight, (M, 3)."""

    @classmethod
    def of(cls, frame: Frame | Observation, number: int) -> "_Shape":
        """What a frame shows of the body of this id, camera frame, metres; of a body that it does not show, nothing."""
        rows, columns = np.nonzero((frame.instance == number) & np.isfinite(frame.depth))
        if not len(rows):
            return cls(*np.zeros((4, 0, 3)))
        height, width = frame.depth.shape
        window = slice(max(rows.min() - 3, 0), min(rows.max() + 4, height)), slice(max(columns.min() - 3, 0), min(columns.max() + 4, width))
        depth, ray = frame.depth[window], frame.view.intrinsics.rays()[window]
        own = (frame.instance[window] == number) & np.isfinite(depth)
        points = (ray * np.where(own, depth, 1.0)[..., None]).reshape(-1, 3)
        normal = normals_along(np.where(own, depth, np.inf), ray).reshape(-1, 3).astype(np.float64)
        within = _few(binary_erosion(own, np.ones((3, 3)), border_value=1))
        along = _few(own & ~binary_erosion(own, border_value=1) & ~_covered(own, depth))
        down, right = np.gradient(gaussian_filter(own.astype(np.float64), 1.0, mode="nearest"))
        across = np.stack([right * frame.view.intrinsics.fx, down * frame.view.intrinsics.fy], -1).reshape(-1, 2)[along]
        sight = points[along]
        aside = np.c_[across, -(across * sight[:, :2]).sum(1) / sight[:, 2]]
        aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-12)
        return cls(points[within], normal[within], sight, aside)

    @property
    def middle(self) -> np.ndarray:
        """Of the surface, (3,)."""
        return self.surface.mean(0)

    def moved(self, pose: Pose) -> "_Shape":
        """The same elsewhere."""
        turned = (vectors @ pose.rotation.T for vectors in (self.normal, self.aside))
        return _Shape(pose.apply(self.surface), next(turned), pose.apply(self.outline), next(turned))


def _few(chosen: np.ndarray) -> np.ndarray:
    """Numbers of the chosen pixels, evenly thinned out to `MOST`."""
    every = np.flatnonzero(chosen)
    return every[np.linspace(0, len(every) - 1, MOST).astype(np.intp)] if len(every) > MOST else every


def _covered(own: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Pixels beside which something else lies well before: what ends there is not the thing but the view of it."""
    nearest = minimum_filter(np.where(own, np.inf, depth), footprint=CROSS, mode="constant", cval=np.inf)
    return nearest < depth * (1 - COVERS)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Points of a thing and the surfaces, or outlines, that they should lie on."""

    point: np.ndarray
    """Metres, (N, 3)."""
    normal: np.ndarray
    """Of what they should lie on, (N, 3)."""
    off: np.ndarray
    """How far before it they are, metres, (N,)."""
    weight: np.ndarray
    """(N,)."""
    surfaces: int
    """How many of them, the first, are of surfaces and not of outlines."""
    share: float
    """Of the surface's points, how many found a match."""

    @classmethod
    def of(cls, source: _Shape, target: _Shape, trees: tuple[cKDTree, cKDTree | None], pixel: float) -> "_Pairs":
        on, place, normal = _matched(source.surface, source.normal, target.surface, target.normal, trees[0], pixel)
        if trees[1] is None or not len(source.outline):
            edge, way, aside = np.zeros(0, bool), *np.zeros((2, 0, 3))
        else:
            edge, way, aside = _matched(source.outline, source.aside, target.outline, target.aside, trees[1], pixel)
        point = np.r_[source.surface[on], source.outline[edge] if len(edge) else np.zeros((0, 3))]
        across = np.r_[normal, aside]
        off = ((point - np.r_[place, way]) * across).sum(1)
        weight = np.r_[np.ones(len(normal)), np.full(len(aside), OUTLINE)]
        return cls(point, across, off, weight, len(normal), float(on.mean()))

    @cached_property
    def middle(self) -> np.ndarray:
        """Of the points, (3,)."""
        return self.point.mean(0)

    @cached_property
    def radius(self) -> float:
        """Of the points about their middle, metres: what a turn by one radian moves them by."""
        return float(np.sqrt(((self.point - self.middle) ** 2).sum(1).mean()))

    @cached_property
    def slopes(self) -> np.ndarray:
        """What `off` changes by when the points are turned by a radian over `radius` or shifted by a metre, (N, 6)."""
        return np.c_[np.cross(self.point - self.middle, self.normal) / self.radius, self.normal]

    @cached_property
    def information(self) -> np.ndarray:
        """What the pairs tell of turn and shift, (6, 6)."""
        return self.slopes.T @ (self.slopes * self.weight[:, None])

    @cached_property
    def certainty(self) -> np.ndarray:
        """The same without what normals seem to tell because they are not exact, (6, 6)."""
        surface, outline = np.split(self.slopes, [self.surfaces])
        told = _beyond_noise(surface, ROUGH_SURFACE) + OUTLINE * _beyond_noise(outline, ROUGH_OUTLINE)
        return told + 1e-9 * np.trace(self.information) * np.eye(6)

    def step(self) -> Pose | None:
        """What brings them nearer; None where there is too little to go by."""
        if self.surfaces < FEWEST:
            return None
        damped = self.information + DAMPING * np.trace(self.information) * np.eye(6)
        change = -np.linalg.solve(damped, self.slopes.T @ (self.weight * self.off))
        turn = change[:3] / self.radius
        angle = float(np.linalg.norm(turn))
        orientation = Quaternion(axis=turn, radians=angle) if angle > 1e-12 else Quaternion()
        return Pose(self.middle + change[3:] - orientation.rotate(self.middle), orientation)

    def convincing(self, pixel: float) -> bool:
        """Whether both lie upon one another, and no other motion would do as well."""
        if self.surfaces < FEWEST or self.share < PAIRED:
            return False
        surface, outline = (_rms(part) for part in np.split(self.off, [self.surfaces]))
        return surface <= APART * pixel and outline <= ASIDE * pixel and self.uncertain(pixel) <= UNCERTAIN * pixel

    def uncertain(self, pixel: float) -> float:
        """Metres: how uncertain the motion leaves where the points were, were each of them off by a quarter of a pixel."""
        spread = (0.25 * pixel) ** 2 * np.linalg.inv(self.certainty)
        arms = (self.point - self.middle) / self.radius
        turned = np.zeros((len(arms), 3, 3))
        for row, column, which, sign in ((0, 1, 2, 1), (0, 2, 1, -1), (1, 0, 2, -1), (1, 2, 0, 1), (2, 0, 1, 1), (2, 1, 0, -1)):
            turned[:, row, column] = sign * arms[:, which]
        ways = np.concatenate([turned, np.broadcast_to(np.eye(3), (len(arms), 3, 3))], 2)
        return float(np.sqrt(np.einsum("nij,jk,nik->n", ways, spread, ways).mean()))


def _matched(
    points: np.ndarray, normals: np.ndarray, onto: np.ndarray, across: np.ndarray, tree: cKDTree, pixel: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which points have something near that faces their way, where it is, and how it faces."""
    distance, nearest = tree.query(points)
    near = distance <= np.maximum(3 * np.median(distance), 3 * pixel)
    found = near & ((normals * across[nearest]).sum(1) > 0.7)
    return found, onto[nearest[found]], across[nearest[found]]


def _beyond_noise(slopes: np.ndarray, noise: float) -> np.ndarray:
    """What slopes tell, (6, 6), less what normals that are `noise` off tell of anything."""
    values, ways = np.linalg.eigh(slopes.T @ slopes)
    return (ways * np.maximum(values - len(slopes) * noise**2, 0.0)) @ ways.T


def _small(step: Pose, pairs: _Pairs, pixel: float) -> bool:
    """Whether a step moves the points by no more than a fiftieth of a pixel."""
    return _rms(step.apply(pairs.point) - pairs.point) < 0.02 * pixel


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean())) if values.size else 0.0
