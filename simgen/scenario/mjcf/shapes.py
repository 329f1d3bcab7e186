"""Geoms of an MJCF as what links look like and collide with; what a URDF has no word for becomes a mesh."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import mujoco
import numpy as np
import trimesh
from PIL import Image
from pyquaternion import Quaternion
from scipy.spatial import QhullError

from simgen.geometry import Pose
from simgen.scenario import solid
from simgen.scenario.mesh import Part, scaling
from simgen.scenario.mjcf.mechanism import numbers, origin

SHOWN = 3
"""Groups of geoms, from 0, that MuJoCo shows unless told otherwise."""
UNSAID = (0.5, 0.5, 0.5, 1.0)
"""Colour of a geom that says none."""
ENDLESS = 20.0
"""Metres that a plane without a size reaches each way."""
THICK = 0.02
"""Metres of a plane, below its face."""
FINE = 3
"""How often an icosahedron is divided for an ellipsoid to collide: its corners lie on it, its faces within 0.7 % of its radius."""


class Shapes:
    """Writes the geoms of one compiled model, and their meshes beside the URDF."""

    def __init__(self, path: Path, model: mujoco.MjModel, folder: Path):
        """Take the MJCF's name for sentences, the model, and the folder of the URDF."""
        self._path, self._model, self._folder = path, model, folder

    def add(self, body: int | None, link: Element) -> None:
        """Give a link the shapes of a body; None has none."""
        model = self._model
        mine = [] if body is None else np.flatnonzero(model.geom_bodyid == body)
        rough = []
        for geom in mine:
            if model.geom_group[geom] in range(SHOWN) and self._colour(geom)[3] > 0:
                link.append(self._visual(geom))
            if self._collides(geom):
                link.extend(self._collisions(geom))
                rough.append(float(model.geom_friction[geom, 0]))
        if rough:
            SubElement(SubElement(link, "contact"), "lateral_friction", value=repr(max(rough)))

    def _collides(self, geom: int) -> bool:
        model = self._model
        return bool(model.geom_contype[geom] or model.geom_conaffinity[geom] or geom in model.pair_geom1 or geom in model.pair_geom2)

    def _pose(self, geom: int) -> Pose:
        """body_T_geom."""
        return Pose.from_wxyz(self._model.geom_pos[geom], self._model.geom_quat[geom])

    def _visual(self, geom: int) -> Element:
        visual, (pose, shape) = Element("visual"), self._looks(geom)
        visual.append(origin(self._pose(geom) @ pose))
        SubElement(visual, "geometry").append(shape)
        colour = np.append(np.clip(self._colour(geom)[:3], 0, 1), 1.0)
        SubElement(SubElement(visual, "material", name=f"geom_{geom}"), "color", rgba=numbers(colour))
        return visual

    def _collisions(self, geom: int) -> Iterator[Element]:
        for pose, shape in self._touches(geom):
            collision = Element("collision")
            collision.append(origin(self._pose(geom) @ pose))
            SubElement(collision, "geometry").append(shape)
            yield collision

    def _looks(self, geom: int) -> tuple[Pose, Element]:
        """geom_T_shape and the shape, to look at."""
        size, kind = self._model.geom_size[geom], self._model.geom_type[geom]
        match kind:
            case mujoco.mjtGeom.mjGEOM_CAPSULE:
                return Pose.identity(), self._drawn(f"geom_{geom}", solid.capsule(size[0], 2 * size[1]))
            case mujoco.mjtGeom.mjGEOM_ELLIPSOID:
                return Pose.identity(), self._drawn(f"geom_{geom}", solid.sphere(1.0).moved(scaling(size)))
            case mujoco.mjtGeom.mjGEOM_MESH:
                return Pose.identity(), self._mesh(geom)
        return _plain(kind, size)

    def _touches(self, geom: int) -> list[tuple[Pose, Element]]:
        """The same to collide with: a capsule as a cylinder and two balls, a mesh as its convex hull."""
        size, kind = self._model.geom_size[geom], self._model.geom_type[geom]
        match kind:
            case mujoco.mjtGeom.mjGEOM_CAPSULE:
                ball = Element("sphere", radius=repr(float(size[0])))
                ends = [(Pose([0.0, 0.0, end], Quaternion()), ball) for end in (-size[1], size[1])]
                return [_plain(mujoco.mjtGeom.mjGEOM_CYLINDER, size), *ends]
            case mujoco.mjtGeom.mjGEOM_ELLIPSOID:
                ball = trimesh.creation.icosphere(FINE)
                return [(Pose.identity(), self._hull(f"geom_{geom}_hull", ball.vertices * size, ball.faces))]
            case mujoco.mjtGeom.mjGEOM_MESH:
                mesh = self._model.geom_dataid[geom]
                vertices, faces = self._corners(mesh)
                return [(Pose.identity(), self._hull(f"mesh_{mesh}_hull", vertices, faces))]
        return [_plain(kind, size)]

    def _corners(self, mesh: int) -> tuple[np.ndarray, np.ndarray]:
        """Vertices and faces of a mesh asset."""
        model = self._model
        vertices, faces = (_rows(model, name, mesh) for name in ("vert", "face"))
        return vertices.astype(np.float64), faces

    def _hull(self, name: str, vertices: np.ndarray, faces: np.ndarray) -> Element:
        try:
            hull = trimesh.convex.convex_hull(vertices)
            vertices, faces = np.asarray(hull.vertices), np.asarray(hull.faces)
        except QhullError:
            pass  # flat: whoever makes it collide says so or gives it a thickness
        return self._file(name, _obj(vertices, faces))

    def _drawn(self, name: str, part: Part) -> Element:
        return self._file(name, _obj(part.vertices, part.faces, (part.normals, part.faces)))

    def _mesh(self, geom: int) -> Element:
        """A mesh as it looks: with its normals and, of a geom with a picture, its texture coordinates."""
        model, mesh = self._model, self._model.geom_dataid[geom]
        vertices, faces = self._corners(mesh)
        normals = _rows(model, "normal", mesh), _rows(model, "facenormal", mesh)
        picture = self._picture(geom)
        if picture is None or not model.mesh_texcoordnum[mesh]:
            return self._file(f"mesh_{mesh}", _obj(vertices, faces, normals))
        name = f"geom_{geom}"
        tinted = np.rint(picture * np.clip(self._rgba(geom)[:3], 0, 1)).astype(np.uint8)
        Image.fromarray(tinted).save(self._folder / f"{name}.png")
        (self._folder / f"{name}.mtl").write_text(f"newmtl {name}\nKd 1 1 1\nmap_Kd {name}.png\n")
        # MuJoCo counts a picture's rows from the top, OBJ from the bottom
        uv = _rows(model, "texcoord", mesh) * [1.0, -1.0] + [0.0, 1.0], _rows(model, "facetexcoord", mesh)
        return self._file(name, f"mtllib {name}.mtl\nusemtl {name}\n" + _obj(vertices, faces, normals, uv))

    def _file(self, name: str, text: str) -> Element:
        path = self._folder / f"{name}.obj"
        if not path.is_file():  # several geoms may share a mesh
            path.write_text(text)
        return Element("mesh", filename=path.name)

    def _rgba(self, geom: int) -> np.ndarray:
        """As MuJoCo takes it: the material's where the geom says nothing of its own."""
        model, own = self._model, self._model.geom_rgba[geom]
        material = model.geom_matid[geom]
        return model.mat_rgba[material] if material >= 0 and np.array_equal(own, UNSAID) else own

    def _colour(self, geom: int) -> np.ndarray:
        """sRGB and opacity, (4,); of a picture its mean, for what has no place to lay it on."""
        picture, rgba = self._picture(geom), np.asarray(self._rgba(geom), np.float64)
        return rgba if picture is None else rgba * np.append(picture.mean((0, 1)) / 255, 1.0)

    def _picture(self, geom: int) -> np.ndarray | None:
        """The texture of a geom's material, sRGB, uint8, (h, w, 3); of a cube its six sides, one below the other."""
        model, material = self._model, self._model.geom_matid[geom]
        texture = -1 if material < 0 else model.mat_texid[material, mujoco.mjtTextureRole.mjTEXROLE_RGB]
        if texture < 0:
            return None
        shape = model.tex_height[texture], model.tex_width[texture], model.tex_nchannel[texture]
        first = model.tex_adr[texture]
        pixels = model.tex_data[first : first + int(np.prod(shape))].reshape(shape)
        return np.broadcast_to(pixels[..., :3], (*shape[:2], 3))


def _rows(model: mujoco.MjModel, what: str, mesh: int) -> np.ndarray:
    """One array of a mesh asset, of those that all meshes share."""
    counted = {"facenormal": "face", "facetexcoord": "face"}.get(what, what)
    first, count = getattr(model, f"mesh_{counted}adr")[mesh], getattr(model, f"mesh_{counted}num")[mesh]
    return getattr(model, f"mesh_{what}")[first : first + count]


def _plain(kind: int, size: np.ndarray) -> tuple[Pose, Element]:
    """geom_T_shape and the shape, of what a URDF has a word for."""
    match kind:
        case mujoco.mjtGeom.mjGEOM_BOX:
            return Pose.identity(), Element("box", size=numbers(2 * size))
        case mujoco.mjtGeom.mjGEOM_SPHERE:
            return Pose.identity(), Element("sphere", radius=repr(float(size[0])))
        case mujoco.mjtGeom.mjGEOM_CYLINDER:
            return Pose.identity(), Element("cylinder", radius=repr(float(size[0])), length=repr(float(2 * size[1])))
        case mujoco.mjtGeom.mjGEOM_PLANE:
            wide = [2 * float(length or ENDLESS) for length in size[:2]]
            return Pose([0.0, 0.0, -0.5 * THICK], Quaternion()), Element("box", size=numbers((*wide, THICK)))
    raise AssertionError(f"geom type {kind} has passed the check")


def _obj(vertices, faces, normals: tuple | None = None, uv: tuple | None = None) -> str:
    """Wavefront OBJ of triangles; normals and texture coordinates each come with faces of their own."""
    lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in np.asarray(vertices, np.float64).tolist()]
    lines += [] if uv is None else [f"vt {u:.9g} {v:.9g}" for u, v in uv[0].tolist()]
    lines += [] if normals is None else [f"vn {x:.6g} {y:.6g} {z:.6g}" for x, y, z in normals[0].tolist()]
    columns = [np.char.mod("%d", np.asarray(one) + 1) for one in (faces, *(pair[1] for pair in (uv, normals) if pair is not None))]
    between = "//" if uv is None else "/"
    corners = columns[0]
    for column in columns[1:]:
        corners = np.char.add(np.char.add(corners, between), column)
    lines += ["f " + " ".join(row) for row in corners.tolist()]
    return "\n".join(lines) + "\n"
