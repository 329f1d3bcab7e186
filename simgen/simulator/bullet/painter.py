"""PyBullet's software renderer, TinyRenderer, on the very triangles that the ray caster sees.

Without shadows it is a plain z-buffer: a pixel has the colour of its nearest surface, whatever else there is. So what is out
of view is left out, and what stands still before a still camera is drawn once and remembered; neither changes a bit.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Intrinsics
from simgen.lens import distorted, pinhole
from simgen.observation import Link
from simgen.scenario.light import Light
from simgen.scenario.surface import Surface
from simgen.simulator.bullet.layer import Layer

OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])
"""Camera axes of OpenGL (x right, y up, z backward) in those of OpenCV."""
HALF = 0.5
"""TinyRenderer takes its samples half a pixel right of and above the pixel centres; the frustum is shifted to meet them."""
MOST = 131_072
"""Corners PyBullet takes in one shape."""
SUN = 100.0
"""Metres to the light: as good as parallel."""
MARGIN = 2.0
"""Pixels beyond the picture within which a surface still counts as in view."""
CORNERS = np.indices((2, 2, 2)).reshape(3, 8).T
"""For every corner of a box, which end of each axis it is at."""
KEPT = 256
"""Arrays of triangles whose lists are kept from one episode to the next."""


@dataclass(frozen=True, eq=False)
class Standing:
    """What has not moved for as long as a camera has not."""

    camera: tuple
    """All that says what the camera sees and from where."""
    pose: np.ndarray
    """world_T_surface when the camera came to stand, (S, 7)."""
    still: np.ndarray
    """Surfaces that have not moved since, bool, (S,)."""
    layer: Layer | None = None
    """Those surfaces alone, once they were seen a second time."""


class Painter:
    """Draws what a camera sees; its bodies live in an engine of their own and have no physics."""

    def __init__(self, engine, surfaces: Sequence[Surface], links: Sequence[Link], light: Light):
        """Take the triangles into an empty engine.

        Args:
            engine: an empty PyBullet engine, for this painter alone.
            surfaces: every visible triangle.
            links: the link table.
            light: sun and ambient light.
        """
        self._engine, self._light = engine, light
        # Small things first: what they hide, the floor above all, is then never shaded. The picture is the same.
        surfaces = sorted(surfaces, key=lambda surface: float(np.ptp(surface.vertices, axis=0).max()))
        rows = {(link.body, link.index): row for row, link in enumerate(links)}
        self._id = np.array([*(surface.body for surface in surfaces), 0], dtype=np.int32)
        self._colour = [surface.colour for surface in surfaces]
        self._hidden = np.zeros(len(surfaces), dtype=bool)
        self._row = np.array([rows[surface.body, surface.link] for surface in surfaces], dtype=int)
        self._box = np.array([(surface.vertices.min(0), surface.vertices.max(0)) for surface in surfaces]).reshape(-1, 2, 3)
        self._pose = np.full((len(surfaces), 7), np.nan)
        self._standing: dict[str, Standing] = {}
        self._behind: dict[str, np.ndarray] = {}
        self._texture_of: dict[int, int] = {}
        with tempfile.TemporaryDirectory(prefix="simgen-") as folder:
            self._uid = [self._add(surface, Path(folder)) for surface in surfaces]

    def _add(self, surface: Surface, folder: Path) -> int:
        engine = self._engine
        vertices, normals, uv, faces = _corners(surface)
        if len(vertices) > MOST:
            raise InvalidValue("a surface", f"{len(vertices)} corners", f"of at most {MOST} for TinyRenderer; simplify its mesh")
        shape = engine.createVisualShape(
            engine.GEOM_MESH,
            vertices=_listed(vertices),
            normals=_listed(normals),
            uvs=_listed(uv),
            indices=_listed(faces.reshape(-1)),
            rgbaColor=[*surface.colour, 1.0],
            specularColor=[0.0, 0.0, 0.0],
        )
        uid = engine.createMultiBody(0.0, -1, shape)
        if surface.texture is not None:
            engine.changeVisualShape(uid, -1, textureUniqueId=self._texture(surface.texture, folder))
        return uid

    def _texture(self, texture: np.ndarray, folder: Path) -> int:
        """PyBullet's number of a texture, each loaded once; surfaces of one texture share the array."""
        if id(texture) not in self._texture_of:
            file = folder / f"{len(self._texture_of)}.bmp"  # a name of its own: PyBullet remembers files by name
            Image.fromarray(texture).save(file)
            self._texture_of[id(texture)] = self._engine.loadTexture(str(file))
        return self._texture_of[id(texture)]

    def draw(self, view: CameraView, link_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What `whole` gives, bit for bit, in less time.

        What has stood still for as long as the camera of that name has is drawn once, from the second time on, and kept.
        Takes and returns what `whole` does.
        """
        drawn = pinhole(view.intrinsics) if view.intrinsics.distorted else view.intrinsics
        return self._finished(view, drawn, self._composed(replace(view, intrinsics=drawn), link_pose[self._row]))

    def whole(self, view: CameraView, link_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One call of getCameraImage.

        Args:
            view: the camera.
            link_pose: world_T_link of every row of the link table, (L, 7).

        Returns:
            rgb, uint8, (H, W, 3); depth in metres along the optical axis, float32, (H, W), inf where nothing was hit;
            body ids, int32, (H, W), 0 for background.
        """
        drawn = pinhole(view.intrinsics) if view.intrinsics.distorted else view.intrinsics
        everything = np.ones(len(self._uid), dtype=bool)
        return self._finished(view, drawn, self._render(replace(view, intrinsics=drawn), link_pose[self._row], everything))

    def _composed(self, view: CameraView, pose: np.ndarray) -> Layer:
        turn = Rotation.from_quat(pose[:, [4, 5, 6, 3]]).as_matrix()
        shown, standing = self._in_view(view, pose, turn), self._stand(view, pose)
        if standing.layer is not None:
            layer = self._render(view, pose, shown & ~standing.still).over(standing.layer)
        else:
            layer = self._without_hidden(view, pose, turn, shown)
        return self._render(view, pose, shown) if layer is None else layer

    def _without_hidden(self, view: CameraView, pose: np.ndarray, turn: np.ndarray, shown: np.ndarray) -> Layer | None:
        """What was behind other things in the last picture is left out, and drawn after all if it could be seen in this one."""
        drawn = shown & ~self._behind.get(view.name, np.zeros(len(pose), dtype=bool))
        layer = self._render(view, pose, drawn)
        seen = np.isin(np.arange(len(pose)), layer.surface)
        behind = np.zeros(len(pose), dtype=bool)
        for number in np.flatnonzero(shown & ~seen).tolist():
            behind[number] = layer.hides(view, turn[number], pose[number, :3], self._box[number])
        self._behind[view.name] = behind
        late = shown & ~drawn & ~behind
        return self._render(view, pose, late).over(layer) if late.any() else layer

    def _stand(self, view: CameraView, pose: np.ndarray) -> Standing:
        """What stands still before this camera now; a moving camera gets no layer, so it never pays for one."""
        camera = view.intrinsics, view.near, view.far, view.world_T_camera.row.tobytes()
        standing = self._standing.get(view.name)
        if standing is None or standing.camera != camera:
            standing = Standing(camera, pose, np.ones(len(pose), dtype=bool))
        else:
            still = standing.still & (pose == standing.pose).all(axis=1)
            if standing.layer is None or (still != standing.still).any():
                standing = replace(standing, still=still, layer=self._render(view, pose, still))
        self._standing[view.name] = standing
        return standing

    def _in_view(self, view: CameraView, pose: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """Surfaces whose bounding box is not wholly beyond one side of what the camera sees, bool, (S,)."""
        said, camera = view.intrinsics, view.world_T_camera
        corners = self._box[:, CORNERS, range(3)] @ turn.transpose(0, 2, 1) + pose[:, None, :3]
        x, y, z = np.moveaxis((corners - camera.position) @ camera.rotation, -1, 0)
        u, v = said.fx * x + said.cx * z, said.fy * y + said.cy * z
        beyond = [u < -MARGIN * z, u > (said.width + MARGIN) * z, v < -MARGIN * z, v > (said.height + MARGIN) * z]
        return ~np.any([side.all(axis=1) for side in (*beyond, z < 0.99 * view.near, z > 1.01 * view.far)], axis=0)

    def _render(self, view: CameraView, pose: np.ndarray, shown: np.ndarray) -> Layer:
        """One call of getCameraImage, of these surfaces, through a lens without distortion."""
        engine, intrinsics = self._engine, view.intrinsics
        self._hide(~shown)
        self._place(pose)
        _, _, rgb, buffer, number = engine.getCameraImage(
            intrinsics.width,
            intrinsics.height,
            viewMatrix=np.linalg.inv(view.world_T_camera.matrix @ OPENGL).T.reshape(-1).tolist(),
            projectionMatrix=self._projection(intrinsics, view.near, view.far),
            renderer=engine.ER_TINY_RENDERER,
            **self._lamp(),
        )
        # arrays where PyBullet was built with NumPy, tuples where not
        rgb, buffer, number = (np.asarray(image).reshape(intrinsics.height, intrinsics.width, -1) for image in (rgb, buffer, number))
        return Layer(np.ascontiguousarray(rgb[..., :3], dtype=np.uint8), buffer[..., 0].astype(np.float32), number[..., 0])

    def _hide(self, hidden: np.ndarray) -> None:
        """TinyRenderer passes over what is wholly transparent."""
        for number in np.flatnonzero(hidden != self._hidden).tolist():
            self._engine.changeVisualShape(self._uid[number], -1, rgbaColor=[*self._colour[number], 0.0 if hidden[number] else 1.0])
        self._hidden = hidden

    def _place(self, pose: np.ndarray) -> None:
        for number in np.flatnonzero((pose != self._pose).any(axis=1)).tolist():
            x, y, z, qw, qx, qy, qz = pose[number].tolist()
            self._engine.resetBasePositionAndOrientation(self._uid[number], (x, y, z), (qx, qy, qz, qw))
        self._pose = pose

    def _finished(self, view: CameraView, drawn: Intrinsics, layer: Layer) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """rgb, depth and body ids through the camera's own lens."""
        background = layer.surface < 0
        depth = view.far * view.near / (view.far - (view.far - view.near) * layer.buffer.astype(np.float64))
        depth = np.where(background, np.inf, depth).astype(np.float32)
        ids = self._id[np.where(background, -1, layer.surface)]
        if drawn is view.intrinsics:
            return layer.rgb, depth, ids
        depth, ids = (distorted(image, drawn, view.intrinsics, order=0) for image in (depth, ids))
        return distorted(layer.rgb, drawn, view.intrinsics, order=1), depth, ids

    def _projection(self, intrinsics: Intrinsics, near: float, far: float) -> list[float]:
        """The frustum whose samples are the pixel centres of `intrinsics`."""
        fx, fy, cx, cy = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
        left, right = near * (HALF - cx) / fx, near * (HALF + intrinsics.width - cx) / fx
        bottom, top = near * (HALF + cy - intrinsics.height) / fy, near * (HALF + cy) / fy
        return self._engine.computeProjectionMatrix(left, right, bottom, top, near, far)

    def _lamp(self) -> dict:
        """Every argument of the light: PyBullet remembers those of the last call that gave them."""
        elevation, azimuth = np.deg2rad([self._light.elevation_deg, self._light.azimuth_deg])
        sun = [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        return {
            "lightDirection": sun,
            "lightColor": [1.0, 1.0, 1.0],
            "lightDistance": SUN,
            "lightAmbientCoeff": self._light.ambient,
            "lightDiffuseCoeff": 1.0 - self._light.ambient,
            "lightSpecularCoeff": 0.0,
            "shadow": 0,
        }


def _corners(surface: Surface) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, (V, 3), normals, (V, 3), texture coordinates, (V, 2), and faces, (F, 3); flat where there are no normals."""
    vertices, faces, normals = surface.vertices, surface.faces, surface.normals
    uv = np.zeros((len(vertices), 2)) if surface.uv is None else surface.uv
    if normals is not None:
        return vertices, normals, uv, faces
    sides = vertices[faces]
    normals = np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0])
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    return sides.reshape(-1, 3), np.repeat(normals, 3, axis=0), uv[faces.reshape(-1)], np.arange(faces.size).reshape(-1, 3)


def _listed(array: np.ndarray) -> list:
    """array.tolist(), which takes PyBullet's time for large meshes, and which episodes share."""
    return _list_of(array.tobytes(), array.shape, array.dtype.str)


@lru_cache(maxsize=KEPT)
def _list_of(content: bytes, shape: tuple[int, ...], kind: str) -> list:
    return np.frombuffer(content, kind).reshape(shape).tolist()
