"""A Scene in Mitsuba: one mesh a surface, moved with its link, under lights that change without building anything anew."""

from __future__ import annotations  # Mitsuba has no types before a variant is chosen

from collections.abc import Sequence

import mitsuba as mi
import numpy as np

from simgen.geometry import Pose
from simgen.observation import Link
from simgen.scenario.illumination import Illumination
from simgen.scenario.surface import Surface
from simgen.world.pathtrace.lights import emitters, pattern, shine
from simgen.world.pathtrace.material import Materials
from simgen.world.pathtrace.mesh import Sheet, sound

DEPTH = 6
"""Bounces of a path."""
PATIENCE = 3
"""Bounces after which a dim path may be given up."""
CHANGES = [r".*nested_texture\.data", r"(sky|sun|lamp_\d+)\..*"]
"""Parameters that may differ from frame to frame."""
SMALL = 3.0
"""Metres: links that are larger than this are surroundings, and the middle of the others is the middle of the scene."""


class Scenery:
    """Surfaces to be drawn, wherever their links are and whatever shines on them."""

    def __init__(self, surfaces: Sequence[Surface], links: Sequence[Link], link_pose: np.ndarray):
        """Take the surfaces.

        Args:
            surfaces: all that is to be drawn.
            links: the link table.
            link_pose: world_T_link at some instant, float64, (L, 7), only to tell where the middle of the scene is.
        """
        rows = {(link.body, link.index): row for row, link in enumerate(links)}
        materials = Materials()
        sheets = [(rows[surface.body, surface.link], sound(surface)) for surface in surfaces]
        self._sheets = {number: placed for number, placed in enumerate(sheets) if len(placed[1].faces)}
        self._meshes = {
            number: _mesh(_name(number), sheet, materials.bsdf(surfaces[number])) for number, (_, sheet) in self._sheets.items()
        }
        small = sorted({row for row, sheet in self._sheets.values() if np.ptp(sheet.vertices, axis=0).max() < SMALL})
        self._middle = link_pose[small, :3].mean(0) if small else np.zeros(3)
        self._poses = np.zeros((len(links), 7))
        self._of_mesh = {number: mi.traverse(mesh) for number, mesh in self._meshes.items()}
        for params in self._of_mesh.values():
            params.keep(["vertex_positions", "vertex_normals"])
        self._reliefs: dict[int, np.ndarray] = {}
        self._lit: Illumination | None = None
        self._pattern: tuple | None = None
        self._params: mi.SceneParameters | None = None
        self.scene: mi.Scene | None = None
        """As Mitsuba has it, once it was set up."""

    def set_up(self, link_pose: np.ndarray, illumination: Illumination) -> None:
        """Put every link where it is, float64, (L, 7), and light the scene."""
        if self._pattern != pattern(illumination):
            self._build(illumination)
            # twice: the tree of a scene just loaded breaks ties otherwise than one that has changed, and a frame that is drawn
            # first would differ from the same frame drawn later
            self._place(link_pose, illumination)
            self._poses, self._lit = np.zeros_like(self._poses), None
        self._place(link_pose, illumination)

    def _place(self, link_pose: np.ndarray, illumination: Illumination) -> None:
        moved = np.flatnonzero((link_pose != self._poses).any(1))
        if len(moved):
            self._move(set(moved.tolist()), link_pose)
        if illumination is not self._lit:
            shine(self._params, illumination, self._middle)
            self._lit = illumination
        for number, heights in self._reliefs.items():
            key = next(key for key in self._keys if key.startswith(f"{_name(number)}.") and key.endswith(".nested_texture.data"))
            self._params[key] = mi.TensorXu8(heights[..., None])
        self._reliefs.clear()
        self._params.update()
        self._poses = np.array(link_pose)

    def emboss(self, number: int, heights: np.ndarray) -> None:
        """Give one surface another relief, uint8, of the size of its height map; it shows once the scene is set up."""
        self._reliefs[number] = heights

    def _build(self, illumination: Illumination) -> None:
        integrator = {"type": "path", "max_depth": DEPTH, "rr_depth": PATIENCE, "hide_emitters": True}
        shapes = {_name(number): mesh for number, mesh in self._meshes.items()}
        self.scene = mi.load_dict({"type": "scene", "integrator": integrator, **shapes, **emitters(illumination)})
        self._params = mi.traverse(self.scene)
        self._params.keep(CHANGES)  # an update looks at every parameter that is left
        self._keys = list(self._params.keys())
        self._pattern, self._lit = pattern(illumination), None

    def _move(self, rows: set[int], link_pose: np.ndarray) -> None:
        """Each mesh is told of its new vertices, then of its normals, for Mitsuba makes up its own whenever vertices move; and the
        scene of all of them at once, for it then builds its tree anew."""
        for number, (row, sheet) in self._sheets.items():
            if row in rows:
                pose, params = Pose.from_row(link_pose[row]), self._of_mesh[number]
                params["vertex_positions"] = pose.apply(sheet.vertices).astype(np.float32).ravel()
                params.update()
                if sheet.normals is not None:
                    params["vertex_normals"] = (sheet.normals @ pose.rotation.T).astype(np.float32).ravel()
                    params.update()
        self.scene.parameters_changed()


def _name(number: int) -> str:
    return f"surface_{number}"


def _mesh(name: str, sheet: Sheet, bsdf: mi.BSDF) -> mi.Mesh:
    """A mesh in the frame of its link."""
    made_of = mi.Properties()
    made_of["bsdf"] = bsdf
    uv, normals = sheet.uv is not None, sheet.normals is not None
    mesh = mi.Mesh(name, len(sheet.vertices), len(sheet.faces), made_of, has_vertex_normals=normals, has_vertex_texcoords=uv)
    params = mi.traverse(mesh)
    params["faces"] = sheet.faces.astype(np.uint32).ravel()
    params["vertex_positions"] = sheet.vertices.astype(np.float32).ravel()
    if uv:
        params["vertex_texcoords"] = sheet.uv.astype(np.float32).ravel()
    params.update()
    return mesh
