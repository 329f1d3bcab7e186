"""Exact geometry buffers on the CPU: depth, ids, normals, flow and albedo by ray casting (Open3D, Embree).

Every moving link has its own scene of triangles, built once in the link's frame; where a link moves, the rays are moved
instead. Links that stay where they are share one scene in the world frame.
"""

import ctypes
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import libusb_package
import numpy as np

from simgen.errors import UnusableLibrary
from simgen.geometry import CameraView
from simgen.observation import Link, Observation
from simgen.scenario import surface
from simgen.scenario.scene import ROBOT_ID, Scene
from simgen.scenario.surface import Surface
from simgen.simulator.flow import backward_flow
from simgen.simulator.triangles import Triangles
from simgen.simulator.window import corners, ray_planes, rays, windows
from simgen.stopwatch import Stopwatch

# open3d is linked against libusb-1.0, for depth cameras; the wheel's own copy serves where the system has none
try:
    ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)
    import open3d as o3d
except (ImportError, OSError) as error:
    raise UnusableLibrary("open3d", str(error)) from error

WORLD = -1
"""In place of a row of the link table: the world's own frame, and what is seen where nothing is."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Triangles that move as one: a scene in their own frame."""

    scene: o3d.t.geometry.RaycastingScene
    row: int
    """Row of the link table whose pose the frame has, or WORLD."""
    first: int
    """Index of its first triangle among all."""
    box: np.ndarray
    """Corners of its bounding box, float64, (8, 3)."""


@dataclass(frozen=True, eq=False)
class Hits:
    """The nearest triangle behind every pixel."""

    depth: np.ndarray
    """Metres along the optical axis, float32, (H, W); inf where nothing was hit."""
    face: np.ndarray
    """Index of the triangle among all, int32, (H, W); -1 where nothing was hit."""
    weights: np.ndarray
    """Barycentric weights of its second and third corner, float32, (H, W, 2)."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Pixels sorted by link, so that each link costs one matrix product."""

    order: np.ndarray
    """Flat pixel indices, int, (H * W,): background first, then link by link."""
    slices: dict[int, slice]
    """Where in `order` each row of the link table lies that is in view, WORLD for the background."""

    @classmethod
    def of(cls, row: np.ndarray) -> "Groups":
        order = np.argsort(row, axis=None, kind="stable")
        found, starts = np.unique(row.reshape(-1)[order], return_index=True)
        ends = [*starts[1:], row.size]
        return cls(order, {int(r): slice(int(a), int(b)) for r, a, b in zip(found, starts, ends, strict=True)})

    @property
    def background(self) -> int:
        """How many pixels show nothing."""
        return self.slices[WORLD].stop if WORLD in self.slices else 0


class RayCaster:
    """Casts rays into the triangles of a scene, wherever its links are."""

    def __init__(self, surfaces: Sequence[Surface], links: Sequence[Link], fixed: Collection[int] = ()):
        """Take the triangles.

        Args:
            surfaces: every visible triangle.
            links: the link table.
            fixed: rows of the link table that hardly ever move: their triangles are cast together, and are gathered anew
                whenever one of them has moved after all.
        """
        self.links = tuple(links)
        self._triangles = Triangles(surfaces, links, fixed)
        self._instance = np.array([*(link.body for link in links), 0], dtype=np.int32)
        self._link = np.array([*(link.index for link in links), -1], dtype=np.int32)
        self._semantic = np.array([*(link.semantic for link in links), 0], dtype=np.int32)
        drawn = sorted(set(self._triangles.row_of_surface.tolist()))
        still = np.eye(4)[None].repeat(len(links), 0)
        self._pieces = {row: self._piece([row], row, still) for row in drawn}
        self._fixed = [row for row in drawn if row in fixed]
        self._fixed_piece, self._fixed_pose = None, None
        self.watch = Stopwatch()
        """Where `observe` spends its time."""

    @classmethod
    def of(cls, scene: Scene) -> "RayCaster":
        """The ray caster of a Scene, its fixed bodies cast together.

        Raises:
            AssetError: if a mesh, URDF or texture is missing, empty or unreadable.
        """
        links = surface.links(scene)
        fixed = {ROBOT_ID, *(body.id for body in scene.bodies if body.fixed)}
        return cls(surface.surfaces(scene), links, [row for row, link in enumerate(links) if link.index == 0 and link.body in fixed])

    def observe(
        self,
        view: CameraView,
        link_pose: np.ndarray,
        time_ns: int,
        previous: Observation | None = None,
        previous_link_pose: np.ndarray | None = None,
    ) -> Observation:
        """What a camera sees; no rgb.

        Nothing nearer than `view.near` or farther than `view.far` is drawn. Where two links are equally near, moving ones
        come before fixed ones and lower rows of the link table before higher ones.

        Args:
            view: the camera.
            link_pose: world_T_link of every row of the link table, position then w, x, y, z, float64, (L, 7).
            time_ns: simulated time in nanoseconds.
            previous: what this camera saw one frame ago; without it flow is NaN everywhere.
            previous_link_pose: the poses of that frame.
        """
        camera_T = _camera_T(view, link_pose)
        with self.watch("cast"):
            hits = self._cast(view, link_pose, camera_T)
        with self.watch("ids"):
            row = self._triangles.row[hits.face]
            ids = self._instance[row], self._link[row], self._semantic[row]
            groups = Groups.of(row)
        flow = np.full((*row.shape, 2), np.nan, np.float32)
        if previous is not None and previous_link_pose is not None:
            with self.watch("flow"):
                motion = _camera_T(previous.view, previous_link_pose) @ np.linalg.inv(camera_T)
                flow.reshape(-1, 2)[groups.order] = _flow(view, hits, groups, motion, previous)
        hit = groups.order[groups.background :]
        face = hits.face.reshape(-1)[hit]
        normal, albedo = np.zeros((*row.shape, 3), np.float32), np.zeros((*row.shape, 3), np.uint8)
        with self.watch("normal"):
            normal.reshape(-1, 3)[hit] = self._normals(view, face, groups, camera_T)
        with self.watch("albedo"):
            albedo.reshape(-1, 3)[hit] = self._triangles.albedo(face, hits.weights.reshape(-1, 2)[hit])
        return Observation(view, time_ns, hits.depth, *ids, normal, flow, albedo)

    def visible_fraction(self, observation: Observation, link_pose: np.ndarray) -> dict[int, float]:
        """Body id to the share of the pixels the body would cover alone in which it is seen; 0 where it is out of view.

        Args:
            observation: what `observe` gave.
            link_pose: the poses it was given.
        """
        view = observation.view
        alone = {int(body): np.zeros(observation.depth.shape, dtype=bool) for body in np.unique(self._instance[:-1])}
        for piece, window, cast in _each(list(self._pieces.values()), view, _camera_T(view, link_pose)):
            alone[int(self._instance[piece.row])][window] |= cast["t_hit"].numpy() <= np.float32(view.far - view.near)
        seen = np.bincount(observation.instance.reshape(-1), minlength=max(alone, default=0) + 1)
        return {body: float(seen[body] / max(int(covered.sum()), 1)) for body, covered in alone.items()}

    def _piece(self, rows: list[int], frame: int, link_T: np.ndarray) -> Piece:
        vertices, faces = self._triangles.of(rows, link_T)
        scene = o3d.t.geometry.RaycastingScene()
        scene.add_triangles(o3d.core.Tensor(vertices.astype(np.float32)), o3d.core.Tensor(faces))
        return Piece(scene, frame, self._triangles.first(rows[0]), corners(vertices.min(0), vertices.max(0)))

    def _current(self, link_pose: np.ndarray) -> list[Piece]:
        """Moving links by row, then the fixed ones as they stand now."""
        moving = [piece for row, piece in self._pieces.items() if row not in self._fixed]
        if not self._fixed:
            return moving
        if self._fixed_piece is None or not np.array_equal(link_pose[self._fixed], self._fixed_pose):
            self._fixed_piece = self._piece(self._fixed, WORLD, _matrices(link_pose))
            self._fixed_pose = np.array(link_pose[self._fixed])
        return [*moving, self._fixed_piece]

    def _cast(self, view: CameraView, link_pose: np.ndarray, camera_T: np.ndarray) -> Hits:
        size = view.intrinsics.height, view.intrinsics.width
        depth = np.full(size, np.nextafter(np.float32(view.far), np.float32(np.inf)), np.float32)
        face, weights = np.full(size, -1, np.int32), np.zeros((*size, 2), np.float32)
        for piece, window, cast in _each(self._current(link_pose), view, camera_T):
            distance = cast["t_hit"].numpy() + np.float32(view.near)
            nearer = distance < depth[window]
            np.copyto(depth[window], distance, where=nearer)
            np.copyto(face[window], cast["primitive_ids"].numpy().view(np.int32) + np.int32(piece.first), where=nearer)
            np.copyto(weights[window], cast["primitive_uvs"].numpy(), where=nearer[..., None])
        depth[face < 0] = np.inf
        return Hits(depth, face, weights)

    def _normals(self, view: CameraView, face: np.ndarray, groups: Groups, camera_T: np.ndarray) -> np.ndarray:
        """Unit normals in the camera frame, facing the camera, float32, of the pixels that show something, in groups' order."""
        normal = self._triangles.normal.take(face, axis=0).T
        for row, place in groups.slices.items():
            if row != WORLD:
                place = slice(place.start - groups.background, place.stop - groups.background)
                normal[:, place] = camera_T[row, :3, :3].astype(np.float32) @ normal[:, place]
        away = (normal * ray_planes(view.intrinsics).take(groups.order[groups.background :], axis=1)).sum(0) > 0
        normal[:, away] *= -1
        return normal.T


def _flow(view: CameraView, hits: Hits, groups: Groups, motion: np.ndarray, previous: Observation) -> np.ndarray:
    """Backward flow of all pixels in groups' order; `motion[row]` takes points from this camera frame to the previous one."""
    depth = hits.depth.reshape(-1)[groups.order].astype(np.float64)
    depth[: groups.background] = 1.0
    points = ray_planes(view.intrinsics).take(groups.order, axis=1) * depth
    for row, place in groups.slices.items():
        shift = 0.0 if row == WORLD else motion[row, :3, 3:]  # background lies at infinity: only rotation moves it
        points[:, place] = motion[row, :3, :3] @ points[:, place] + shift
    v, u = np.divmod(groups.order, view.intrinsics.width)
    return backward_flow(previous, np.stack([u, v]) + 0.5, points, groups.background)


def _each(pieces: Sequence[Piece], view: CameraView, camera_T: np.ndarray) -> Iterator[tuple[Piece, tuple[slice, slice], dict]]:
    """Every piece in view with its pixel window and what rays through those pixels hit; t_hit counts from the near plane."""
    if not pieces:
        return
    matrices = camera_T[[piece.row for piece in pieces]]
    boxes = np.einsum("nij,nkj->nki", matrices[:, :3, :3], np.stack([piece.box for piece in pieces])) + matrices[:, None, :3, 3]
    for piece, matrix, window in zip(pieces, matrices, windows(view.intrinsics, boxes, view.near), strict=True):
        if window is not None:
            ray = rays(view.intrinsics)[window] @ _ray_map(matrix, view.near)
            yield piece, window, piece.scene.cast_rays(o3d.core.Tensor.from_numpy(ray.astype(np.float32)))


def _ray_map(camera_T_piece: np.ndarray, near: float) -> np.ndarray:
    """What takes a camera ray (x, y, 1) to its origin on the near plane and its direction in a piece's frame, float64, (3, 6)."""
    rotation, position = camera_T_piece[:3, :3], camera_T_piece[:3, 3]
    origin = near * rotation
    origin[2] -= position @ rotation  # the ray's z is 1, so what is added to the third row is added to every ray
    return np.concatenate([origin, rotation], axis=1)


def _camera_T(view: CameraView, link_pose: np.ndarray) -> np.ndarray:
    """camera_T_link of every row, then camera_T_world, so that WORLD is an index too: float64, (L + 1, 4, 4)."""
    return np.linalg.inv(view.world_T_camera.matrix) @ np.concatenate([_matrices(link_pose), np.eye(4)[None]])


def _matrices(rows: np.ndarray) -> np.ndarray:
    """world_T_link, float64, (L, 4, 4), of positions and quaternions w, x, y, z, (L, 7)."""
    q = rows[:, 3:] / np.linalg.norm(rows[:, 3:], axis=1, keepdims=True)
    w, x, y, z = q.T
    matrix = np.zeros((len(rows), 4, 4))
    matrix[:, 0, :3] = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], axis=1)
    matrix[:, 1, :3] = np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], axis=1)
    matrix[:, 2, :3] = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)
    matrix[:, :3, 3], matrix[:, 3, 3] = rows[:, :3], 1.0
    return matrix
