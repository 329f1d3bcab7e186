"""MuJoCo's own renderer on the very triangles that the ray caster sees."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simgen.errors import UnusableLibrary
from simgen.geometry import CameraView
from simgen.lens import distorted, pinhole
from simgen.observation import Link
from simgen.scenario.light import Light
from simgen.scenario.surface import Surface

OPENGL = np.diag([1.0, -1.0, -1.0])
"""Camera axes of OpenGL (x right, y up, z backward) in those of OpenCV."""
CAMERA = "camera"
WITHOUT_DISPLAY = "without a display by MUJOCO_GL=egl, set before anybody imports mujoco"


class Painter:
    """Draws what a camera sees; its bodies are posed one by one and have no physics."""

    def __init__(self, mujoco, surfaces: Sequence[Surface], links: Sequence[Link], light: Light):
        """Take the triangles into a model of their own.

        Args:
            mujoco: the engine.
            surfaces: every visible triangle.
            links: the link table.
            light: sun and ambient light.
        """
        self._mujoco = mujoco
        spec = mujoco.MjSpec()
        rows = {(link.body, link.index): row for row, link in enumerate(links)}
        bodies = [spec.worldbody.add_body(name=f"row{row}", mocap=True) for row in range(len(links))]
        spec.worldbody.add_body(name=CAMERA, mocap=True).add_camera(name=CAMERA)
        self._textures: dict[int, str] = {}
        for number, surface in enumerate(surfaces):
            self._add(spec, bodies[rows[surface.body, surface.link]], number, surface)
        self._lamp(spec, light)
        spec.visual.quality.offsamples = 0  # a pixel shows what is at its centre
        self._model = spec.compile()
        self._body_of = np.array([surface.body for surface in surfaces], np.int32)
        self._data, self._renderers = mujoco.MjData(self._model), {}

    def _add(self, spec, body, number: int, surface: Surface) -> None:
        mujoco, name = self._mujoco, f"surface{number}"
        mesh = spec.add_mesh(
            name=name,
            uservert=surface.vertices.astype(np.float32).reshape(-1),
            userface=surface.faces.astype(np.int32).reshape(-1),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,  # walls and sheets are not closed
        )
        material = spec.add_material(name=name, rgba=[*surface.colour, 1.0], specular=0.0, shininess=0.0)
        if surface.texture is not None:
            mesh.usertexcoord = (surface.uv * [1.0, 1.0]).astype(np.float32).reshape(-1)
            material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = self._texture(spec, surface.texture)
        body.add_geom(name=name, type=mujoco.mjtGeom.mjGEOM_MESH, meshname=name, material=name, contype=0, conaffinity=0)

    def _texture(self, spec, texture: np.ndarray) -> str:
        """Name of a texture, each taken once; surfaces of one texture share the array."""
        if id(texture) not in self._textures:
            name, (height, width, _) = f"texture{len(self._textures)}", texture.shape
            kind = self._mujoco.mjtTexture.mjTEXTURE_2D
            spec.add_texture(name=name, type=kind, width=width, height=height, nchannel=3, data=texture[::-1].reshape(-1))
            self._textures[id(texture)] = name
        return self._textures[id(texture)]

    def _lamp(self, spec, light: Light) -> None:
        """The sun, and what comes from everywhere."""
        elevation, azimuth = np.deg2rad([light.elevation_deg, light.azimuth_deg])
        sun = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
        kind = self._mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
        shares = {"ambient": [light.ambient] * 3, "diffuse": [1.0 - light.ambient] * 3, "specular": [0.0] * 3}
        spec.worldbody.add_light(type=kind, dir=-sun, castshadow=False, **shares)
        spec.visual.headlight.active = 0

    def rgb(self, view: CameraView, link_pose: np.ndarray) -> np.ndarray:
        """sRGB, uint8, (H, W, 3); link_pose is world_T_link of every row of the link table, (L, 7)."""
        return self._seen(view, link_pose, ("rgb",))[0]

    def whole(self, view: CameraView, link_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same; depth, float32, (H, W), inf where nothing was hit; and body ids, int32, (H, W), 0 for background."""
        rgb, depth, segments = self._seen(view, link_pose, ("rgb", "depth", "segmentation"))
        geom = segments[..., 0]
        ids = np.where(geom >= 0, self._body_of[geom], 0).astype(np.int32)
        return rgb, np.where((geom >= 0) & (depth <= view.far), depth, np.inf).astype(np.float32), ids

    def _seen(self, view: CameraView, link_pose: np.ndarray, kinds: Sequence[str]) -> list[np.ndarray]:
        drawn = pinhole(view.intrinsics) if view.intrinsics.distorted else view.intrinsics
        self._place(replace(view, intrinsics=drawn), link_pose)
        images = [self._render(kind, drawn.width, drawn.height) for kind in kinds]
        if drawn is view.intrinsics:
            return images
        orders = [1 if kind == "rgb" else 0 for kind in kinds]
        return [distorted(image, drawn, view.intrinsics, order=order) for image, order in zip(images, orders, strict=True)]

    def _place(self, view: CameraView, link_pose: np.ndarray) -> None:
        model, data, lens = self._model, self._data, view.intrinsics
        data.mocap_pos[:-1], data.mocap_quat[:-1] = link_pose[:, :3], link_pose[:, 3:]
        data.mocap_pos[-1] = view.world_T_camera.position
        self._mujoco.mju_mat2Quat(data.mocap_quat[-1], (view.world_T_camera.rotation @ OPENGL).reshape(-1))
        # MuJoCo's lens: metres on a sensor, here one pixel each
        model.cam_sensorsize[0], model.cam_resolution[0] = (lens.width, lens.height), (lens.width, lens.height)
        model.cam_intrinsic[0] = lens.fx, lens.fy, lens.cx - 0.5 * lens.width, lens.cy - 0.5 * lens.height
        model.stat.extent, model.vis.map.znear, model.vis.map.zfar = 1.0, view.near, view.far
        self._mujoco.mj_kinematics(model, data)
        self._mujoco.mj_camlight(model, data)

    def _render(self, kind: str, width: int, height: int) -> np.ndarray:
        renderer = self._renderer(width, height)
        renderer.disable_depth_rendering()
        renderer.disable_segmentation_rendering()
        if kind == "depth":
            renderer.enable_depth_rendering()
        elif kind == "segmentation":
            renderer.enable_segmentation_rendering()
        renderer.update_scene(self._data, camera=CAMERA)
        return renderer.render()

    def _renderer(self, width: int, height: int):
        if (width, height) not in self._renderers:
            room = self._model.vis.global_
            room.offwidth, room.offheight = max(room.offwidth, width), max(room.offheight, height)
            try:
                renderer = self._mujoco.Renderer(self._model, height, width, max_geom=len(self._body_of) + 100)
            except Exception as error:  # whatever its three loaders of OpenGL raise
                raise UnusableLibrary("mujoco", f"its pictures need OpenGL, {WITHOUT_DISPLAY}: {error}") from error
            self._renderers[width, height] = renderer
        return self._renderers[width, height]

    def close(self) -> None:
        """Free what OpenGL holds."""
        for renderer in self._renderers.values():
            renderer.close()
        self._renderers = {}
