"""PyBullet's software renderer, TinyRenderer, on the very triangles that the ray caster sees."""

import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from simgen.errors import InvalidValue
from simgen.geometry import CameraView, Intrinsics
from simgen.observation import Link
from simgen.scenario.scene import Light
from simgen.scenario.surface import Surface
from simgen.simulator.lens import distorted, pinhole

OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])
"""Camera axes of OpenGL (x right, y up, z backward) in those of OpenCV."""
HALF = 0.5
"""TinyRenderer takes its samples half a pixel right of and above the pixel centres; the frustum is shifted to meet them."""
MOST = 131_072
"""Corners PyBullet takes in one shape."""
SUN = 100.0
"""Metres to the light: as good as parallel."""


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
        self._link = [(surface.body, surface.link) for surface in surfaces]
        self._colour = [surface.colour for surface in surfaces]
        self._hidden = [False] * len(surfaces)
        self._row = [rows[link] for link in self._link]
        self._texture_of: dict[tuple, int] = {}
        with tempfile.TemporaryDirectory(prefix="simgen-") as folder:
            self._uid = [self._add(surface, Path(folder)) for surface in surfaces]

    def _add(self, surface: Surface, folder: Path) -> int:
        engine = self._engine
        vertices, normals, uv, faces = _corners(surface)
        if len(vertices) > MOST:
            raise InvalidValue("a surface", f"{len(vertices)} corners", f"of at most {MOST} for TinyRenderer; simplify its mesh")
        shape = engine.createVisualShape(
            engine.GEOM_MESH,
            vertices=vertices.tolist(),
            normals=normals.tolist(),
            uvs=uv.tolist(),
            indices=faces.reshape(-1).tolist(),
            rgbaColor=[*surface.colour, 1.0],
            specularColor=[0.0, 0.0, 0.0],
        )
        uid = engine.createMultiBody(0.0, -1, shape)
        if surface.texture is not None:
            engine.changeVisualShape(uid, -1, textureUniqueId=self._texture(surface.texture, folder))
        return uid

    def _texture(self, texture: np.ndarray, folder: Path) -> int:
        """PyBullet's number of a texture, each loaded once."""
        key = (texture.shape, texture.tobytes())
        if key not in self._texture_of:
            file = folder / f"{len(self._texture_of)}.png"  # a name of its own: PyBullet remembers files by name
            Image.fromarray(texture).save(file, compress_level=1)
            self._texture_of[key] = self._engine.loadTexture(str(file))
        return self._texture_of[key]

    def draw(
        self, view: CameraView, link_pose: np.ndarray, shown: Collection[tuple[int, int]] | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One call of getCameraImage.

        Args:
            view: the camera.
            link_pose: world_T_link of every row of the link table, (L, 7).
            shown: (body, link) of all that may be seen, for speed; None draws everything.

        Returns:
            rgb, uint8, (H, W, 3); depth in metres along the optical axis, float32, (H, W), inf where nothing was hit;
            body ids, int32, (H, W), 0 for background.
        """
        self._hide([shown is not None and link not in shown for link in self._link])
        if not view.intrinsics.distorted:
            return self._pinhole(view, view.intrinsics, link_pose)
        drawn = pinhole(view.intrinsics)
        rgb, depth, ids = self._pinhole(view, drawn, link_pose)
        depth, ids = (distorted(image, drawn, view.intrinsics, order=0) for image in (depth, ids))
        return distorted(rgb, drawn, view.intrinsics, order=1), depth, ids

    def _hide(self, hidden: list[bool]) -> None:
        """TinyRenderer passes over what is wholly transparent."""
        for number, (before, now) in enumerate(zip(self._hidden, hidden, strict=True)):
            if before != now:
                self._engine.changeVisualShape(self._uid[number], -1, rgbaColor=[*self._colour[number], 0.0 if now else 1.0])
        self._hidden = hidden

    def _pinhole(self, view: CameraView, intrinsics: Intrinsics, link_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        engine, size = self._engine, (intrinsics.height, intrinsics.width)
        for uid, row in zip(self._uid, self._row, strict=True):
            x, y, z, qw, qx, qy, qz = link_pose[row].tolist()
            engine.resetBasePositionAndOrientation(uid, (x, y, z), (qx, qy, qz, qw))
        _, _, rgb, buffer, ids = engine.getCameraImage(
            intrinsics.width,
            intrinsics.height,
            viewMatrix=np.linalg.inv(view.world_T_camera.matrix @ OPENGL).T.reshape(-1).tolist(),
            projectionMatrix=self._projection(intrinsics, view.near, view.far),
            renderer=engine.ER_TINY_RENDERER,
            **self._lamp(),
        )
        # arrays where PyBullet was built with NumPy, tuples where not
        rgb, buffer, ids = (np.asarray(image).reshape(*size, -1) for image in (rgb, buffer, ids))
        buffer, ids = buffer[..., 0].astype(np.float64), ids[..., 0]
        depth = view.far * view.near / (view.far - (view.far - view.near) * buffer)
        depth = np.where(ids < 0, np.inf, depth).astype(np.float32)
        return np.ascontiguousarray(rgb[..., :3], dtype=np.uint8), depth, self._id[np.where(ids < 0, -1, ids)]

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
