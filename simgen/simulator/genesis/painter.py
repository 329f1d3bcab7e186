"""Genesis' own rasterizer on the very triangles that the ray caster sees."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import genesis
import numpy as np
import torch
import trimesh
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from simgen.errors import UnusableLibrary
from simgen.geometry import CameraView, Intrinsics
from simgen.lens import MARGIN, distorted
from simgen.observation import Link
from simgen.scenario.light import Light
from simgen.scenario.scene import Scene
from simgen.scenario.surface import Surface, surfaces
from simgen.simulator.genesis.batch import started
from simgen.simulator.quiet import quiet

OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])
"""Camera axes of OpenGL (x right, y up, z backward) in those of OpenCV."""
SUN = 3.0
"""Intensity of a directional light that makes a matt surface as bright as its colour."""


class Painter:
    """Draws what the cameras of a Scene see; its bodies are posed one by one and have no physics."""

    def __init__(self, scene: Scene, links: Sequence[Link]):
        """Take the triangles into a world of their own.

        Raises:
            UnusableLibrary: if the machine has no OpenGL.
        """
        started()
        self._lenses = {name: _centred(_lens(camera)) for name, camera in scene.cameras.items()}
        rows = {(link.body, link.index): row for row, link in enumerate(links)}
        by_row: dict[int, list[Surface]] = {}
        for surface in surfaces(scene):
            by_row.setdefault(rows[surface.body, surface.link], []).append(surface)
        self._world = genesis.Scene(
            show_viewer=False,
            vis_options=genesis.options.VisOptions(
                segmentation_level="entity", shadow=False, plane_reflection=False, **_lights(scene.light)
            ),
            profiling_options=genesis.options.ProfilingOptions(show_FPS=False),
        )
        with tempfile.TemporaryDirectory(prefix="simgen-") as folder, quiet():
            self._entities = {row: self._world.add_entity(**_look(found, Path(folder) / f"{row}.glb")) for row, found in by_row.items()}
            self._cameras = {
                name: self._world.add_camera(
                    res=(lens.width, lens.height),
                    fov=float(np.rad2deg(2.0 * np.arctan(0.5 * lens.height / lens.fy))),
                    near=scene.cameras[name].near,
                    far=scene.cameras[name].far,
                )
                for name, lens in self._lenses.items()
            }
            try:
                self._world.build(n_envs=1)
            except Exception as error:  # whatever its loaders of OpenGL raise
                raise UnusableLibrary("genesis-world", f"its pictures need OpenGL: {error}") from error
        self._row_of = {entity.idx: row for row, entity in self._entities.items()}
        self._bodies = np.array([link.body for link in links], np.int32)

    def rgb(self, view: CameraView, link_pose: np.ndarray) -> np.ndarray:
        """sRGB, uint8, (H, W, 3); link_pose is world_T_link of every row of the link table, (L, 7)."""
        drawn = self._aimed(view, link_pose).render(rgb=True, force_render=True)[0]
        return self._seen(view, np.asarray(drawn).reshape(*self._size(view), 3).astype(np.uint8), order=1)

    def whole(self, view: CameraView, link_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same; depth, float32, (H, W), inf where nothing was hit; and body ids, int32, (H, W), 0 for background."""
        # depth of a call that draws colours, too, is blurred by its samples
        _, depth, entity, _ = self._aimed(view, link_pose).render(rgb=False, depth=True, segmentation=True, force_render=True)
        depth, entity = (np.asarray(image).reshape(self._size(view)) for image in (depth, entity))
        ids = np.zeros(entity.shape, np.int32)
        for value, number in self._world.segmentation_idx_dict.items():
            if number in self._row_of:
                ids[entity == value] = self._bodies[self._row_of[number]]
        depth = np.where(ids > 0, depth, np.inf).astype(np.float32)
        return self.rgb(view, link_pose), self._seen(view, depth, order=0), self._seen(view, ids, order=0)

    def _aimed(self, view: CameraView, link_pose: np.ndarray):
        """The camera of a view, everything in its place."""
        for row, entity in self._entities.items():
            pose = torch.as_tensor(link_pose[row], device=genesis.device)
            entity.set_pos(pose[None, :3])
            entity.set_quat(pose[None, 3:])
        camera = self._cameras[view.name]
        camera.set_pose(transform=view.world_T_camera.matrix @ OPENGL)
        return camera

    def _size(self, view: CameraView) -> tuple[int, int]:
        return self._lenses[view.name].height, self._lenses[view.name].width

    def _seen(self, view: CameraView, image: np.ndarray, *, order: int) -> np.ndarray:
        """Through the camera's own lens."""
        return distorted(image, self._lenses[view.name], view.intrinsics, order=order) if view.intrinsics.distorted else image

    def close(self) -> None:
        """Free it."""
        self._world.destroy()


def _lens(camera) -> Intrinsics:
    return Intrinsics.from_fov_y(camera.width, camera.height, np.deg2rad(camera.fov_y_deg), camera.distortion)


def _centred(lens: Intrinsics) -> Intrinsics:
    """A camera without distortion whose axis is in its middle, as Genesis has them, and whose picture holds every ray of this one's."""
    if not lens.distorted:
        return lens
    x, y = np.abs(lens.rays()[..., :2]).max((0, 1))
    half_width, half_height = (int(np.ceil(f * reach)) + MARGIN for f, reach in ((lens.fx, x), (lens.fy, y)))
    return Intrinsics(2 * half_width, 2 * half_height, lens.fx, lens.fy, half_width, half_height)


def _lights(light: Light) -> dict:
    """The sun, and what comes from everywhere."""
    elevation, azimuth = np.deg2rad([light.elevation_deg, light.azimuth_deg])
    sun = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    lamp = {"type": "directional", "dir": tuple(-sun), "color": (1.0, 1.0, 1.0), "intensity": SUN * (1.0 - light.ambient)}
    return {"ambient_light": (light.ambient,) * 3, "lights": [lamp]}


def _look(found: Sequence[Surface], file: Path) -> dict:
    """A link without physics, its triangles in a file."""
    scene = trimesh.Scene()
    for surface in found:
        colour = np.rint(255 * np.array(surface.colour)).astype(np.uint8)[None, None]
        texture = colour if surface.texture is None else np.rint(surface.texture * np.array(surface.colour)).astype(np.uint8)
        uv = np.zeros((len(surface.vertices), 2)) if surface.texture is None else surface.uv
        material = PBRMaterial(baseColorTexture=Image.fromarray(texture), metallicFactor=0.0, roughnessFactor=1.0)
        scene.add_geometry(trimesh.Trimesh(surface.vertices, surface.faces, process=False, visual=TextureVisuals(uv=uv, material=material)))
    file.write_bytes(scene.export(file_type="glb"))
    said = {"collision": False, "convexify": False, "decimate": False, "file_meshes_are_zup": True}
    return {"morph": genesis.morphs.Mesh(file=str(file), fixed=True, **said), "material": genesis.materials.Kinematic()}
