"""A Scene in Mitsuba: meshes that move with their links, under lights that change without building anything anew."""

from __future__ import annotations  # Mitsuba has no types before a variant is chosen

from collections.abc import Sequence

import mitsuba as mi
import numpy as np

from simgen.observation import Link
from simgen.scenario.illumination import Illumination
from simgen.scenario.surface import Surface
from simgen.world.pathtrace.bundle import Bundle, grouped
from simgen.world.pathtrace.lights import emitters, pattern, shine
from simgen.world.pathtrace.material import Materials
from simgen.world.pathtrace.mesh import sound
from simgen.world.pathtrace.table import Table

DEPTH = 6
"""Bounces of a path."""
PATIENCE = 3
"""Bounces after which a dim path may be given up."""
CHANGES = [r"(sky|sun|lamp_\d+)\..*"]
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
        self._materials = (Materials if mi.variant().startswith("scalar") else Table)(surfaces)
        sheets = [(number, rows[surface.body, surface.link], sound(surface)) for number, surface in enumerate(surfaces)]
        sheets = [placed for placed in sheets if len(placed[2].faces)]
        large = {row for _, row, sheet in sheets if np.ptp(sheet.vertices, axis=0).max() > SMALL}
        small = sorted({row for _, row, _ in sheets} - large)
        self._middle = link_pose[small, :3].mean(0) if small else np.zeros(3)
        # surroundings apart from what moves: only what has moved is uploaded again
        groups = grouped(sheets, lambda placed: (self._materials.group(placed[0], surfaces[placed[0]]), placed[1] in large))
        self._bundles = [Bundle(members) for members in groups]
        self._meshes = {
            f"mesh_{number}": _mesh(bundle, self._materials.bsdf(bundle.surface, surfaces[bundle.surface[0]]))
            for number, bundle in enumerate(self._bundles)
        }
        self._poses = np.zeros((len(links), 7))
        self._of_mesh = [mi.traverse(mesh) for mesh in self._meshes.values()]
        for params in self._of_mesh:
            params.keep(["vertex_positions", "vertex_normals"])
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
        self._params.update()
        self._poses = np.array(link_pose)

    def emboss(self, number: int, heights: np.ndarray) -> None:
        """Give one surface another relief, uint8, of the size of its height map."""
        self._materials.emboss(number, heights)

    def _build(self, illumination: Illumination) -> None:
        integrator = {"type": "path", "max_depth": DEPTH, "rr_depth": PATIENCE, "hide_emitters": True}
        self.scene = mi.load_dict({"type": "scene", "integrator": integrator, **self._meshes, **emitters(illumination)})
        self._params = mi.traverse(self.scene)
        self._params.keep(CHANGES)  # an update looks at every parameter that is left
        self._pattern, self._lit = pattern(illumination), None

    def _move(self, rows: set[int], link_pose: np.ndarray) -> None:
        """Each mesh is told of its new vertices, then of its normals, for Mitsuba makes up its own whenever vertices move; and the
        scene of all of them at once, for it then builds its tree anew."""
        for bundle, params in zip(self._bundles, self._of_mesh, strict=True):
            if rows.intersection(bundle.rows):
                vertices, normals = bundle.placed(link_pose)
                params["vertex_positions"] = vertices.ravel()
                params.update()
                params["vertex_normals"] = normals.ravel()
                params.update()
        self.scene.parameters_changed()


def _mesh(bundle: Bundle, bsdf: mi.BSDF) -> mi.Mesh:
    """A mesh whose links are all at the origin."""
    made_of = mi.Properties()
    made_of["bsdf"] = bsdf
    mesh = mi.Mesh("mesh", len(bundle.vertices), len(bundle.faces), made_of, has_vertex_normals=True, has_vertex_texcoords=True)
    params = mi.traverse(mesh)
    params["faces"] = bundle.faces.ravel()
    params["vertex_positions"] = bundle.vertices.ravel()
    params["vertex_texcoords"] = bundle.uv.ravel()
    params.update()
    return mesh
