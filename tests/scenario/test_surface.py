"""Links and triangles of every body."""

import numpy as np
import pytest
import trimesh
from PIL import Image

from simgen import shelves
from simgen.errors import AssetError, UnknownName
from simgen.scenario import Scene, solid
from simgen.scenario.classes import CLASSES
from simgen.scenario.colours import rgb
from simgen.scenario.mesh import read_mesh
from simgen.scenario.scene import PlacedBody
from simgen.scenario.surface import body_surfaces, hull, links, surfaces

CUBE = {"box": {"size": [0.1, 0.2, 0.3]}}
TETRAHEDRON = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
CABINET = """<robot name="cabinet">
<material name="oak"><color rgba="0.6 0.4 0.2 1"/></material>
<link name="carcass"><visual><geometry><box size="0.4 0.4 0.4"/></geometry><material name="oak"/></visual></link>
<link name="drawer"><visual><origin xyz="0 0 0.1"/><geometry><box size="0.3 0.3 0.1"/></geometry><material name="oak"/></visual></link>
<joint name="slide" type="prismatic"><origin xyz="0.1 0 0"/><parent link="carcass"/><child link="drawer"/><axis xyz="1 0 0"/>
<limit lower="0" upper="0.3" effort="1" velocity="1"/></joint></robot>"""


def body(name="thing", shape=CUBE, number=2, **more) -> PlacedBody:
    placed = {"id": number, "name": name, "shape": shape, "position": (0, 0, 0), "orientation_wxyz": (1, 0, 0, 0)}
    return PlacedBody.model_validate(placed | more)


def scene(*bodies: PlacedBody, **more) -> Scene:
    data = {"schema_version": 1, "name": "test", "robot": None, "cameras": {}, "seed": 0, "episode": 0, "bodies": bodies}
    return Scene.model_validate(data | more)


def mesh(folder, text: str, name="thing.obj") -> dict:
    (folder / name).write_text(text)
    return {"mesh": {"file": str(folder / name)}}


def triangles(part) -> trimesh.Trimesh:
    return trimesh.Trimesh(part.vertices, part.faces, process=False)


# -- solids


@pytest.mark.parametrize(
    ("part", "volume", "share"),
    [
        (solid.box((0.1, 0.2, 0.3)), 0.006, 1e-12),
        (solid.sphere(0.1), 4 / 3 * np.pi * 1e-3, 3e-3),
        (solid.cylinder(0.1, 0.3), np.pi * 0.01 * 0.3, 1e-3),
        (solid.capsule(0.1, 0.3), np.pi * 0.01 * 0.3 + 4 / 3 * np.pi * 1e-3, 3e-3),
    ],
)
def test_a_solid_is_closed_faces_outwards_and_has_its_volume(part, volume, share):
    welded = triangles(part)
    welded.merge_vertices(merge_tex=True, merge_norm=True)
    assert welded.is_watertight and abs(welded.volume / volume - 1) <= share
    assert np.allclose(np.linalg.norm(part.normals, axis=1), 1)
    outward = triangles(part).face_normals
    assert np.einsum("fi,fci->fc", outward, part.normals[part.faces]).min() > 0.99
    assert part.uv.min() >= 0 and part.uv.max() <= 1


def test_no_point_of_a_sphere_lies_off_it_by_more_than_a_thousandth_of_its_radius():
    corners = solid.sphere(1.0)
    centres = corners.vertices[corners.faces].mean(1)
    assert np.linalg.norm(centres, axis=1).min() > 0.999 and np.linalg.norm(corners.vertices, axis=1).max() < 1 + 1e-12


# -- the link table


def test_the_robot_comes_first_then_the_bodies_by_id_with_urdf_links_named_below_their_body(tmp_path):
    (tmp_path / "cabinet.urdf").write_text(CABINET)
    shape = {"urdf": {"file": "cabinet.urdf"}}
    cabinet = body("shelf", shape, 3, label="cabinet")
    table = links(scene(body("cube", label="cube"), cabinet, robot={"name": "panda"}).model_copy(update={"folder": str(tmp_path)}))
    robot = [link for link in table if link.body == 1]
    assert table[: len(robot)] == tuple(robot) and robot[0].name == "robot" and [link.index for link in robot] == list(range(len(robot)))
    semantic = {link.name: link.semantic for link in table}
    assert semantic["robot/panda_hand"] == CLASSES["gripper"] and semantic["robot/panda_link1"] == CLASSES["robot"]
    assert [link.name for link in table[len(robot) :]] == ["cube", "shelf", "shelf/drawer"]
    assert semantic["shelf"] == CLASSES["cabinet"] and semantic["shelf/drawer"] == CLASSES["drawer"]


def test_a_scenes_own_classes_count():
    assert links(scene(body(label="gizmo"), classes={"gizmo": 201}))[0].semantic == 201
    with pytest.raises(UnknownName, match="gizmo"):
        links(scene(body(label="gizmo")))


# -- surfaces


def test_every_surface_stands_on_a_link_of_the_table():
    full = scene(body(), robot={"name": "panda"})
    rows = {(link.body, link.index) for link in links(full)}
    found = surfaces(full)
    assert {(surface.body, surface.link) for surface in found} <= rows
    for surface in found:
        assert surface.vertices.dtype == np.float64 and surface.faces.dtype == np.int32
        assert 0 <= surface.faces.min() and surface.faces.max() < len(surface.vertices)
        assert surface.normals is None or surface.normals.shape == surface.vertices.shape


def test_the_pandas_materials_keep_their_own_colours():
    colours = {tuple(np.round(surface.colour, 2)) for surface in surfaces(scene(robot={"name": "panda"}))}
    assert (0.04, 0.54, 0.78) in colours and (1.0, 1.0, 1.0) in colours and (1.0, 0.0, 0.0) in colours


def test_a_body_takes_its_colour_by_name_or_number():
    assert body_surfaces(body(colour="red"), None)[0].colour == rgb("red")
    assert body_surfaces(body(colour=(0.1, 0.2, 0.3)), None)[0].colour == (0.1, 0.2, 0.3)


def test_a_texture_keeps_its_colours_unless_the_body_is_tinted(tmp_path):
    Image.new("RGB", (2, 3), (10, 20, 30)).save(tmp_path / "paint.png")
    plain, tinted = (body_surfaces(body(texture="paint.png", colour=colour), tmp_path)[0] for colour in (None, "blue"))
    assert plain.texture.shape == (3, 2, 3) and plain.texture[0, 0].tolist() == [10, 20, 30] and plain.colour == (1, 1, 1)
    assert tinted.colour == rgb("blue") and tinted.texture is plain.texture


def test_materials_of_one_mesh_stay_apart(tmp_path):
    (tmp_path / "thing.mtl").write_text("newmtl a\nKd 1 0 0\nnewmtl b\nKd 0 0 1\n")
    text = TETRAHEDRON.replace("f 1 3 2", "usemtl a\nf 1 3 2").replace("f 1 4 3", "usemtl b\nf 1 4 3")
    found = body_surfaces(body(shape=mesh(tmp_path, "mtllib thing.mtl\n" + text)), None)
    assert {surface.colour: len(surface.faces) for surface in found} == {(1, 0, 0): 2, (0, 0, 1): 2}


def test_colours_of_vertices_become_one_colour_a_triangle(tmp_path):
    painted = trimesh.creation.box()
    painted.visual.face_colors = np.repeat([[255, 0, 0, 255], [0, 255, 0, 255]], 6, axis=0)
    painted.export(tmp_path / "box.ply")
    (surface,) = body_surfaces(body(shape={"mesh": {"file": str(tmp_path / "box.ply")}}), None)
    assert len(surface.faces) == 12 and surface.texture.reshape(-1, 3).max() == 255


def test_a_urdf_colours_plain_meshes_and_solids_by_the_materials_it_names(tmp_path):
    (tmp_path / "cabinet.urdf").write_text(CABINET)
    carcass, drawer = body_surfaces(body(shape={"urdf": {"file": "cabinet.urdf", "scale": 2.0}}), tmp_path)
    assert np.allclose(carcass.colour, (0.6, 0.4, 0.2)) and drawer.link == 1
    assert np.allclose(drawer.vertices.min(0), [-0.3, -0.3, 0.1])


def test_a_mirrored_mesh_still_faces_outwards(tmp_path):
    mesh(tmp_path, TETRAHEDRON)
    visual = '<visual><geometry><mesh filename="thing.obj" scale="1 1 -2"/></geometry></visual>'
    (tmp_path / "mirror.urdf").write_text(f'<robot name="m"><link name="base">{visual}</link></robot>')
    (surface,) = body_surfaces(body(shape={"urdf": {"file": "mirror.urdf"}}), tmp_path)
    assert triangles(surface).volume == pytest.approx(2 / 6) and surface.vertices[:, 2].min() == -2


def test_vertex_normals_come_from_the_file_or_not_at_all(tmp_path):
    bare = read_mesh(shelves.asset(mesh(tmp_path, TETRAHEDRON)["mesh"]["file"]))[0]
    smooth = read_mesh(shelves.asset("package://pybullet_data/franka_panda/meshes/visual/link1.obj"))[0]
    assert bare.normals is None and np.allclose(np.linalg.norm(smooth.normals, axis=1), 1, atol=1e-3)


def test_the_hull_of_a_body_follows_its_joints(tmp_path):
    (tmp_path / "cabinet.urdf").write_text(CABINET)
    shape = {"urdf": {"file": "cabinet.urdf"}}
    shut, ajar = (hull(body(shape=shape, joints={"slide": slide}), tmp_path) for slide in (0.0, 0.2))
    assert np.allclose(ajar.bounds[1] - shut.bounds[1], [0.2, 0, 0])
    assert np.allclose(hull(body(), None).extents, [0.1, 0.2, 0.3])


def test_the_hull_of_a_urdf_holds_the_triangles_of_all_its_links():
    from_parts = scene(robot={"name": "panda"})
    count = sum(len(surface.faces) for surface in surfaces(from_parts))
    shape = {"urdf": {"file": "package://pybullet_data/franka_panda/panda.urdf"}}
    assert len(hull(body(shape=shape), None).faces) == count > 50_000


# -- bad input


@pytest.mark.parametrize("text", ["", "hello", "v 0 0 0\nv 1 0 0\nv 0 1 nan\nf 1 2 3\n", "v 0 0 0\nf 1 2 3\n", "v 0 0 0\n"])
def test_an_empty_or_broken_mesh_is_one_sentence_naming_the_file(tmp_path, text):
    shape = mesh(tmp_path, text)
    with pytest.raises(AssetError, match="thing.obj.*export it again"):
        body_surfaces(body(shape=shape), None)


def test_a_missing_mesh_texture_or_urdf_mesh_is_named(tmp_path):
    for broken in (body(shape={"mesh": {"file": "nowhere.obj"}}), body(texture="nowhere.png")):
        with pytest.raises(AssetError, match="nowhere"):
            body_surfaces(broken, tmp_path)
    visual = '<visual><geometry><mesh filename="package://gone/nowhere.stl"/></geometry></visual>'
    (tmp_path / "a.urdf").write_text(f'<robot name="m"><link name="base">{visual}</link></robot>')
    with pytest.raises(AssetError, match="nowhere.stl"):
        body_surfaces(body(shape={"urdf": {"file": "a.urdf"}}), tmp_path)


def test_a_texture_that_is_no_image_or_finds_no_coordinates_is_refused(tmp_path):
    (tmp_path / "paint.png").write_text("not an image")
    with pytest.raises(AssetError, match="cannot be read as an image"):
        body_surfaces(body(texture="paint.png"), tmp_path)
    Image.new("RGB", (2, 2)).save(tmp_path / "paint.png")
    with pytest.raises(AssetError, match="no texture coordinates"):
        body_surfaces(body(shape=mesh(tmp_path, TETRAHEDRON), texture="paint.png"), tmp_path)


def test_a_mesh_that_changed_is_read_again(tmp_path):
    shape = mesh(tmp_path, TETRAHEDRON)
    assert len(body_surfaces(body(shape=shape), None)[0].faces) == 4
    mesh(tmp_path, TETRAHEDRON.replace("f 2 3 4\n", ""))
    assert len(body_surfaces(body(shape=shape), None)[0].faces) == 3


def test_every_shipped_asset_is_read_and_stands_within_two_metres():
    for file in sorted(shelves.shelf("assets").glob("*/*.urdf")) + sorted(shelves.shelf("assets").glob("household/*.obj")):
        kind = "urdf" if file.suffix == ".urdf" else "mesh"
        found = hull(body(shape={kind: {"file": str(file)}}), None)
        assert 0.02 < found.extents.max() < 2, file
