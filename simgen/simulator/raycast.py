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
from simgen.simulator.window import corners, rays, windows
from simgen.stopwatch import Stopwatch

# open3d is linked against libusb-1.0, for depth cameras; the wheel's own copy serves where the system has none
try:
    ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)
    import open3d as o3d
except (ImportError, OSError) as error:
    raise UnusableLibrary("open3d", str(error)) from error

WORLD = -1
"""In place of a row of the link table: the world's own frame, and what is seen where nothing is."""

HEAP = 30_000_000
"""Bytes allocated and freed once, untouched: after that glibc keeps freed memory of up to this size, where before it gave
every picture's temporary arrays back to the kernel and took a third of the time to fault their pages in again."""


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
class Picture:
    """All that does not depend on other pictures; fields as in Observation."""

    depth: np.ndarray
    row: np.ndarray
    """Row of the link table, int16, (H, W); WORLD where nothing was hit."""
    instance: np.ndarray
    link: np.ndarray
    semantic: np.ndarray
    normal: np.ndarray
    albedo: np.ndarray

    @classmethod
    def blank(cls, height: int, width: int) -> "Picture":
        size = height, width
        ids = np.full(size, WORLD, np.int16), np.zeros(size, np.int32), np.full(size, -1, np.int32), np.zeros(size, np.int32)
        return cls(np.full(size, np.inf, np.float32), *ids, np.zeros((*size, 3), np.float32), np.zeros((*size, 3), np.uint8))

    def with_pixels(self, pixel: np.ndarray, **values: np.ndarray) -> "Picture":
        """A copy with other values at some flat pixel indices."""
        changed = {}
        for name, value in values.items():
            changed[name] = getattr(self, name).copy()
            changed[name].reshape(-1, *value.shape[1:])[pixel] = value
        return Picture(**changed)


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
        self._instance = np.array([link.body for link in links], dtype=np.int32)
        self._link = np.array([link.index for link in links], dtype=np.int32)
        self._semantic = np.array([link.semantic for link in links], dtype=np.int32)
        drawn = sorted(set(self._triangles.row_of_surface.tolist()))
        still = np.eye(4)[None].repeat(len(links), 0)
        self._pieces = {row: self._piece([row], row, still) for row in drawn}
        self._fixed = [row for row in drawn if row in fixed]
        self._fixed_piece, self._fixed_pose = None, None
        self._backdrops: dict[str, tuple[tuple, Picture]] = {}
        np.empty(HEAP, np.uint8)  # see HEAP
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

        Nothing nearer than `view.near` or farther than `view.far` is drawn. Where two links are equally near, fixed ones
        come before moving ones and then lower rows of the link table before higher ones. The fixed links' part of the
        picture is remembered for as long as neither they nor the camera of that name move, which changes no bit of it.

        Args:
            view: the camera.
            link_pose: world_T_link of every row of the link table, position then w, x, y, z, float64, (L, 7).
            time_ns: simulated time in nanoseconds.
            previous: what this camera saw one frame ago; without it flow is NaN everywhere.
            previous_link_pose: the poses of that frame.
        """
        camera_T = _camera_T(view, link_pose)
        seen = self._draw(*self._to_draw(view, link_pose, camera_T), view, camera_T)
        flow = np.full((*seen.row.shape, 2), np.nan, np.float32)
        if previous is not None and previous_link_pose is not None:
            with self.watch("flow"):
                motion = _camera_T(previous.view, previous_link_pose) @ np.linalg.inv(camera_T)
                flow = backward_flow(view, seen.depth, seen.row, motion, previous)
        return Observation(view, time_ns, seen.depth, seen.instance, seen.link, seen.semantic, seen.normal, flow, seen.albedo)

    def visible_fraction(self, observation: Observation, link_pose: np.ndarray) -> dict[int, float]:
        """Body id to the share of the pixels the body would cover alone in which it is seen; 0 where it is out of view.

        Args:
            observation: what `observe` gave.
            link_pose: the poses it was given.
        """
        view = observation.view
        alone = {int(body): np.zeros(observation.depth.shape, dtype=bool) for body in np.unique(self._instance)}
        for piece, window, cast in _each(list(self._pieces.values()), view, _camera_T(view, link_pose)):
            alone[int(self._instance[piece.row])][window] |= cast["t_hit"].numpy() <= np.float32(view.far - view.near)
        seen = np.bincount(observation.instance.reshape(-1), minlength=max(alone, default=0) + 1)
        return {body: float(seen[body] / max(int(covered.sum()), 1)) for body, covered in alone.items()}

    def _piece(self, rows: list[int], frame: int, link_T: np.ndarray) -> Piece:
        vertices, faces = self._triangles.of(rows, link_T)
        scene = o3d.t.geometry.RaycastingScene()
        scene.add_triangles(o3d.core.Tensor(vertices.astype(np.float32)), o3d.core.Tensor(faces))
        return Piece(scene, frame, self._triangles.first(rows[0]), corners(vertices.min(0), vertices.max(0)))

    def _to_draw(self, view: CameraView, link_pose: np.ndarray, camera_T: np.ndarray) -> tuple[list[Piece], Picture]:
        """Pieces to draw, and the picture to draw them on: of the fixed links alone, from the second time on that a camera of
        that name sees them from the same place."""
        blank = Picture.blank(view.intrinsics.height, view.intrinsics.width)
        moving = [piece for row, piece in self._pieces.items() if row not in self._fixed]
        if not self._fixed:
            return moving, blank
        if self._fixed_piece is None or not np.array_equal(link_pose[self._fixed], self._fixed_pose):
            self._fixed_piece = self._piece(self._fixed, WORLD, _matrices(link_pose))
            self._fixed_pose = np.array(link_pose[self._fixed])
        key = view.intrinsics, view.near, view.far, view.world_T_camera.row.tobytes(), self._fixed_pose.tobytes()
        known, backdrop = self._backdrops.get(view.name, (None, None))
        if key == known and backdrop is None:
            backdrop = self._draw([self._fixed_piece], blank, view, camera_T)
        self._backdrops[view.name] = key, backdrop if key == known else None
        return (moving, backdrop) if key == known else ([self._fixed_piece, *moving], blank)

    def _draw(self, pieces: Sequence[Piece], behind: Picture, view: CameraView, camera_T: np.ndarray) -> Picture:
        """What these pieces hide of a picture, and the rest of it."""
        with self.watch("cast"):
            depth, face, weights = _cast(pieces, view, camera_T, behind.depth)
            pixel = np.flatnonzero(face >= 0)
            face, weights, depth = (values.reshape(-1).take(pixel) for values in (face, weights, depth))
        with self.watch("normal"):
            normal = self._triangles.normals(face, camera_T)
        with self.watch("albedo"):
            albedo = self._triangles.albedo(face, weights)
        with self.watch("merge"):
            row = self._triangles.row.take(face)
            ids = {name: getattr(self, f"_{name}").take(row) for name in ("instance", "link", "semantic")}
            return behind.with_pixels(pixel, depth=depth, row=row, **ids, normal=normal, albedo=albedo)


def _cast(pieces: Sequence[Piece], view: CameraView, camera_T: np.ndarray, behind: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest triangle before a depth map: depth, float32; its index among all, int32, -1 for none; its barycentric
    weights, complex64: of its second corner the real part, of its third the imaginary; each (H, W)."""
    depth = np.minimum(behind, np.nextafter(np.float32(view.far), np.float32(np.inf)))
    face, weights = np.full(depth.shape, -1, np.int32), np.zeros(depth.shape, np.complex64)
    for piece, window, cast in _each(pieces, view, camera_T):
        distance = cast["t_hit"].numpy() + np.float32(view.near)
        nearer = distance < depth[window]
        np.copyto(depth[window], distance, where=nearer)
        np.copyto(face[window], cast["primitive_ids"].numpy().view(np.int32) + np.int32(piece.first), where=nearer)
        np.copyto(weights[window], cast["primitive_uvs"].numpy().view(np.complex64)[..., 0], where=nearer)  # moved as one number
    return depth, face, weights


def _each(pieces: Sequence[Piece], view: CameraView, camera_T: np.ndarray) -> Iterator[tuple[Piece, tuple[slice, slice], dict]]:
    """Every piece in view with its pixel window and what rays through those pixels hit; t_hit counts from the near plane."""
    if not pieces:
        return
    matrices = camera_T[[piece.row for piece in pieces]]
    boxes = np.einsum("nij,nkj->nki", matrices[:, :3, :3], np.stack([piece.box for piece in pieces])) + matrices[:, None, :3, 3]
    for piece, matrix, window in zip(pieces, matrices, windows(view.intrinsics, boxes, view.near), strict=True):
        if window is not None:
            ray = rays(view.intrinsics)[window] @ _ray_map(matrix, view.near)
            yield piece, window, piece.scene.cast_rays(o3d.core.Tensor.from_numpy(ray))


def _ray_map(camera_T_piece: np.ndarray, near: float) -> np.ndarray:
    """What takes a camera ray (x, y, 1) to its origin on the near plane and its direction in a piece's frame, float32, (3, 6)."""
    rotation, position = camera_T_piece[:3, :3], camera_T_piece[:3, 3]
    origin = near * rotation
    origin[2] -= position @ rotation  # the ray's z is 1, so what is added to the third row is added to every ray
    return np.concatenate([origin, rotation], axis=1).astype(np.float32)


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
