"""Exact geometry buffers on the CPU: depth, ids, normals, flow, albedo and roughness by ray casting (Open3D, Embree).

Every moving link has its own scene of triangles, built once in the link's frame; where a link moves, the rays are moved
instead. Links that stay where they are share one scene in the world frame.
"""

import ctypes
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from weakref import WeakValueDictionary

import libusb_package
import numpy as np

from simgen.compiled import compiled, in_bands
from simgen.errors import UnusableLibrary
from simgen.geometry import CameraView
from simgen.observation import Link, Observation
from simgen.scenario import surface
from simgen.scenario.scene import ROBOT_ID, Scene
from simgen.scenario.surface import Surface
from simgen.simulator.flow import backward_flow
from simgen.simulator.shadow import near
from simgen.simulator.triangles import Triangles
from simgen.simulator.window import Casing, aim
from simgen.stopwatch import Stopwatch

# open3d is linked against libusb-1.0, for depth cameras; the wheel's own copy serves where the system has none
try:
    ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)
    import open3d as o3d
except (ImportError, OSError) as error:
    raise UnusableLibrary("open3d", str(error)) from error

WORLD = -1
"""In place of a row of the link table: the world's own frame, and what is seen where nothing is."""

UNKNOWN = 2
"""In place of 0 or 1: whether fixed links hide a ray."""

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
    casing: Casing
    """Around them, in their frame."""


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
    roughness: np.ndarray
    metallic: np.ndarray

    @classmethod
    def blank(cls, height: int, width: int) -> "Picture":
        size = height, width
        ids = np.full(size, WORLD, np.int16), np.zeros(size, np.int32), np.full(size, -1, np.int32), np.zeros(size, np.int32)
        made_of = np.zeros((*size, 3), np.uint8), np.full(size, 255, np.uint8), np.zeros(size, np.uint8)
        return cls(np.full(size, np.inf, np.float32), *ids, np.zeros((*size, 3), np.float32), *made_of)

    def copy(self) -> "Picture":
        return Picture(**{field.name: getattr(self, field.name).copy() for field in fields(self)})


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
        ids = [(link.body, link.index, link.semantic) for link in links]
        self._ids = np.array(ids, dtype=np.int32).reshape(-1, 3)
        drawn = sorted(set(self._triangles.row_of_surface.tolist()))
        still = np.eye(4)[None].repeat(len(links), 0)
        self._pieces = {row: self._piece([row], row, still) for row in drawn}
        self._fixed = [row for row in drawn if row in fixed]
        self._moving = [piece for row, piece in self._pieces.items() if row not in fixed]
        self._fixed_piece, self._fixed_pose = None, None
        self._backdrops: dict[str, tuple[tuple, Picture]] = {}
        self._pieces_of: dict[int, list[Piece]] = {body: [] for body in np.unique(self._ids[:, 0]).tolist()}
        for row, piece in self._pieces.items():
            self._pieces_of[int(self._ids[row, 0])].append(piece)
        self._outlines: dict[tuple[str, int], tuple[tuple, int]] = {}
        np.empty(HEAP, np.uint8)  # see HEAP
        self.watch = Stopwatch()
        """Where `observe` spends its time."""

    @classmethod
    def of(cls, scene: Scene, shown: Sequence[Surface] | None = None) -> "RayCaster":
        """The ray caster of a Scene, its fixed bodies cast together.

        Args:
            scene: the scene.
            shown: its surfaces as they shall be seen, under weather for example; None is as the Scene says.

        Raises:
            AssetError: if a mesh, URDF or texture is missing, empty or unreadable.
        """
        links = surface.links(scene)
        fixed = {ROBOT_ID, *(body.id for body in scene.bodies if body.fixed)}
        rows = [row for row, link in enumerate(links) if link.index == 0 and link.body in fixed]
        return cls(surface.surfaces(scene) if shown is None else shown, links, rows)

    @classmethod
    def shared(cls, scene: Scene) -> "RayCaster":
        """The same, but the one that somebody still holds of a Scene with the same things in it.

        Raises:
            AssetError: if a mesh, URDF or texture is missing, empty or unreadable.
        """
        key = repr((scene.seed, scene.episode, scene.robot, scene.classes, scene.bodies, scene.folder))
        caster = _HELD.get(key)
        if caster is None:
            _HELD[key] = caster = cls.of(scene)
        return caster

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
        ids = seen.instance, seen.link, seen.semantic
        made_of = {"roughness": seen.roughness, "metallic": seen.metallic}
        return Observation(view, time_ns, seen.depth, *ids, seen.normal, flow, seen.albedo, **made_of)

    def visible_fraction(self, observation: Observation, link_pose: np.ndarray) -> dict[int, float]:
        """Body id to the share of the pixels the body would cover alone in which it is seen; 0 where it is out of view.

        Args:
            observation: what `observe` gave.
            link_pose: the poses it was given.
        """
        camera_T = _camera_T(observation.view, link_pose)
        seen = np.bincount(observation.instance.reshape(-1), minlength=max(self._pieces_of, default=0) + 1)
        outline = {body: self._outline(body, observation.view, camera_T) for body in self._pieces_of if seen[body]}
        # a pixel on an outline may be hit from the world's frame and missed from the link's
        return {body: min(float(seen[body] / max(outline[body], 1)), 1.0) if body in outline else 0.0 for body in self._pieces_of}

    def occluded(self, points: np.ndarray, ways: np.ndarray, link_pose: np.ndarray) -> np.ndarray:
        """Whether anything stands between two points, bool, (N,).

        Args:
            points: starts, world frame, metres, float32, (N, 3); a start on a surface should be a little off it.
            ways: from start to end, float32, (N, 3).
            link_pose: world_T_link of every row of the link table, float64, (L, 7).
        """
        rays = np.concatenate([points, ways], axis=1).astype(np.float32)
        return self.shadowed(rays, link_pose, np.full(len(rays), UNKNOWN, np.uint8))

    def shadowed(self, rays: np.ndarray, link_pose: np.ndarray, fixed: np.ndarray) -> np.ndarray:
        """The same where some is known.

        Args:
            rays: starts and ways side by side, float32, (N, 6).
            link_pose: world_T_link of every row of the link table, float64, (L, 7).
            fixed: whether fixed links hide each ray, 0 or 1, uint8, (N,); where it is UNKNOWN it is filled in.
        """
        unknown = np.flatnonzero(fixed == UNKNOWN)
        fixed[unknown] = self._behind_fixed(rays if len(unknown) == len(rays) else rays[unknown], link_pose)
        hidden = fixed.astype(bool)
        if self._moving:
            frames = _matrices(link_pose)[[piece.row for piece in self._moving]]
            self._hide(hidden, in_bands(near, len(rays), rays, hidden, *_around(self._moving), frames))
        return hidden

    def standing(self, link_pose: np.ndarray) -> bytes:
        """Tells one arrangement of the fixed links from another."""
        return link_pose[self._fixed].tobytes()

    def _behind_fixed(self, rays: np.ndarray, link_pose: np.ndarray) -> np.ndarray:
        if not self._fixed:
            return np.zeros(len(rays), dtype=bool)
        self._gather(link_pose)
        return _test(self._fixed_piece, rays)

    def _hide(self, hidden: np.ndarray, found: Sequence[tuple]) -> None:
        """Mark what moving pieces hide of the rays that may meet them, which come in bands."""
        for number, piece in enumerate(self._moving):
            parts = [(index[starts[number] : ends[number]], turned[starts[number] : ends[number]]) for starts, ends, index, turned in found]
            index, turned = (np.concatenate(part) for part in zip(*parts, strict=True))
            if len(index):
                hidden[index] |= _test(piece, turned)

    def _outline(self, body: int, view: CameraView, camera_T: np.ndarray) -> int:
        """How many pixels a body that is in view would cover alone; remembered for as long as it keeps its place before the camera."""
        pieces = self._pieces_of[body]
        key = view.intrinsics, view.near, view.far, camera_T[[piece.row for piece in pieces]].tobytes()
        known, count = self._outlines.get((view.name, body), (None, 0))
        if key != known:
            covered = np.zeros(view.intrinsics.height * view.intrinsics.width, dtype=bool)
            for _, pixel, cast in _each(pieces, view, camera_T):
                covered[pixel[cast["t_hit"].numpy() <= np.float32(view.far - view.near)]] = True
            count = int(covered.sum())
            self._outlines[view.name, body] = key, count
        return count

    def _piece(self, rows: list[int], frame: int, link_T: np.ndarray) -> Piece:
        vertices, faces = self._triangles.of(rows, link_T)
        scene = o3d.t.geometry.RaycastingScene()
        scene.add_triangles(o3d.core.Tensor(vertices.astype(np.float32)), o3d.core.Tensor(faces))
        return Piece(scene, frame, self._triangles.first(rows[0]), Casing.around(vertices))

    def _to_draw(self, view: CameraView, link_pose: np.ndarray, camera_T: np.ndarray) -> tuple[list[Piece], Picture]:
        """Pieces to draw, and the picture to draw them on: of the fixed links alone, from the second time on that a camera of
        that name sees them from the same place."""
        blank = Picture.blank(view.intrinsics.height, view.intrinsics.width)
        if not self._fixed:
            return self._moving, blank
        self._gather(link_pose)
        key = view.intrinsics, view.near, view.far, view.world_T_camera.row.tobytes(), self._fixed_pose.tobytes()
        known, backdrop = self._backdrops.get(view.name, (None, None))
        if key == known and backdrop is None:
            backdrop = self._draw([self._fixed_piece], blank, view, camera_T)
        self._backdrops[view.name] = key, backdrop if key == known else None
        return (self._moving, backdrop) if key == known else ([self._fixed_piece, *self._moving], blank)

    def _gather(self, link_pose: np.ndarray):
        """Put the triangles of the fixed links where those are."""
        if self._fixed_piece is None or not np.array_equal(link_pose[self._fixed], self._fixed_pose):
            self._fixed_piece = self._piece(self._fixed, WORLD, _matrices(link_pose))
            self._fixed_pose = np.array(link_pose[self._fixed])

    def _draw(self, pieces: Sequence[Piece], behind: Picture, view: CameraView, camera_T: np.ndarray) -> Picture:
        """What these pieces hide of a picture, and the rest of it."""
        with self.watch("cast"):
            depth, face, weights = _cast(pieces, view, camera_T, behind.depth)
        picture = behind.copy()
        with self.watch("ids"):
            ids = picture.instance.reshape(-1), picture.link.reshape(-1), picture.semantic.reshape(-1)
            _merge(face, depth, self._triangles.row, self._ids, picture.depth.reshape(-1), picture.row.reshape(-1), *ids)
        with self.watch("normal"):
            self._triangles.normals(face, camera_T, picture.normal.reshape(-1, 3))
        with self.watch("albedo"):
            made_of = picture.albedo.reshape(-1, 3), picture.roughness.reshape(-1), picture.metallic.reshape(-1)
            self._triangles.albedo.paint(face, weights, *made_of)
        return picture


_HELD: WeakValueDictionary[str, RayCaster] = WeakValueDictionary()
"""Ray casters that are in use, by what is in their Scenes: a simulator's serves whoever lights what it saw."""


def _cast(pieces: Sequence[Piece], view: CameraView, camera_T: np.ndarray, behind: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest triangle before a depth map: depth, float32, (H * W,); its index among all, int32, (H * W,), -1 for none; the
    barycentric weights of its second and third corner, float32, (H * W, 2)."""
    depth = np.minimum(behind, np.nextafter(np.float32(view.far), np.float32(np.inf))).reshape(-1)
    face, weights = np.full(len(depth), -1, np.int32), np.empty((len(depth), 2), np.float32)
    for piece, pixel, cast in _each(pieces, view, camera_T):
        hit = (cast[name].numpy() for name in ("t_hit", "primitive_ids", "primitive_uvs"))
        _keep_nearer(pixel, *hit, np.int32(piece.first), np.float32(view.near), depth, face, weights)
    return depth, face, weights


@compiled
def _keep_nearer(pixel, distance, primitive, uv, first, near, depth, face, weights):
    for n in range(len(pixel)):
        if distance[n] + near < depth[pixel[n]]:
            depth[pixel[n]] = distance[n] + near
            face[pixel[n]] = primitive[n] + first
            weights[pixel[n], 0], weights[pixel[n], 1] = uv[n, 0], uv[n, 1]


@compiled
def _merge(face, depth, row_of_face, ids, out_depth, out_row, out_instance, out_link, out_semantic):
    for n in range(len(face)):
        if face[n] >= 0:
            row = row_of_face[face[n]]
            out_depth[n], out_row[n] = depth[n], row
            out_instance[n], out_link[n], out_semantic[n] = ids[row]


def _each(pieces: Sequence[Piece], view: CameraView, camera_T: np.ndarray) -> Iterator[tuple[Piece, np.ndarray, dict]]:
    """Every piece in view with flat pixel indices and what rays through those pixels hit; t_hit counts from the near plane."""
    for piece in pieces:
        pixel, ray = aim(view.intrinsics, view.near, piece.casing, camera_T[piece.row])
        if len(pixel):
            yield piece, pixel, piece.scene.cast_rays(o3d.core.Tensor.from_numpy(ray))


def _around(pieces: Sequence[Piece]) -> tuple[np.ndarray, np.ndarray]:
    """Balls, float64, (P, 4), and boxes, (P, 2, 3), around pieces in their frames, as `near` takes them."""
    balls = [(*middle, radius) for middle, radius in (piece.casing.ball for piece in pieces)]
    return np.array(balls), np.array([(piece.casing.corners.min(0), piece.casing.corners.max(0)) for piece in pieces])


def _test(piece: Piece, rays: np.ndarray) -> np.ndarray:
    """Whether rays in a piece's frame meet it before their ways end, bool, (N,)."""
    return piece.scene.test_occlusions(o3d.core.Tensor.from_numpy(rays), 0.0, 1.0).numpy()


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
