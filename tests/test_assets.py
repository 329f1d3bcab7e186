"""The assets that ship: whole, licensed, closed, of real size, and with nothing missing."""

from collections import Counter

import numpy as np
import pytest
import trimesh
import yaml

from simgen.scenario.articulation import articulation
from simgen.scenario.classes import CLASSES
from simgen.scenario.mesh import read_mesh
from simgen.shelves import sha256, shelf

ASSETS = shelf("assets")
MANIFEST = yaml.safe_load((ASSETS / "manifest.yaml").read_text())
MESHES = sorted(ASSETS.rglob("*.obj"))
HOUSEHOLD = sorted((ASSETS / "household").glob("*.obj"))
URDFS = sorted(ASSETS.rglob("*.urdf"))


def named(path) -> str:
    return str(path.relative_to(ASSETS))


def test_the_manifest_lists_every_asset_with_its_bytes():
    there = {named(path) for path in ASSETS.rglob("*") if path.is_file() and path.name not in ("manifest.yaml", "robot.yaml")}
    listed = {entry["file"]: entry["sha256"] for entry in MANIFEST["files"]}
    assert set(listed) == there
    assert listed == {file: sha256(ASSETS / file) for file in listed}


def test_every_asset_has_a_licence_a_source_and_a_family():
    for entry in MANIFEST["files"]:
        assert entry["licence"] and entry["source"]
        assert entry["file"].partition("/")[0] in MANIFEST["families"]


def test_assets_are_small_and_hold_no_script():
    files = [path for path in ASSETS.rglob("*") if path.is_file()]
    shown, needed = ([path.stat().st_size for path in files if (path.parent.name == "pictures") == shown] for shown in (True, False))
    assert sum(needed) < 4e6 and sum(shown) < 5e6 and max(shown) < 2e6
    assert not [path for path in files if path.suffix == ".py"]


@pytest.mark.parametrize("path", MESHES, ids=named)
def test_every_mesh_is_closed_and_faces_outwards(path):
    for part in read_mesh(path):
        mesh = trimesh.Trimesh(np.round(part.vertices, 6), part.faces, process=False)
        mesh.merge_vertices(merge_tex=True, merge_norm=True)
        ways = Counter(map(tuple, mesh.edges.tolist()))
        assert all(ways[a, b] == ways[b, a] for a, b in ways)  # panels that abut may share an edge, so not is_watertight
        assert mesh.volume > 0


@pytest.mark.parametrize("path", MESHES, ids=named)
def test_normals_agree_with_the_triangles_they_shade(path):
    for part in read_mesh(path):
        corners = part.vertices[part.faces]
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        agree = np.einsum("fi,fi->f", facing, part.normals[part.faces].mean(axis=1)) > 0
        assert np.allclose(np.linalg.norm(part.normals, axis=1), 1.0, atol=2e-3)
        assert agree.mean() > 0.999


@pytest.mark.parametrize("path", HOUSEHOLD, ids=named)
def test_household_things_stand_on_their_base_in_their_real_size_with_a_texture(path):
    (part,) = read_mesh(path)
    low, high = part.vertices.min(axis=0), part.vertices.max(axis=0)
    assert abs(low[2]) < 1e-6 and np.all(high - low > 0.02) and np.all(high - low < 0.25)
    assert part.texture is not None and part.texture.std() > 5
    assert part.uv.min() >= -1e-6 and part.uv.max() <= 1 + 1e-6


@pytest.mark.parametrize("path", URDFS, ids=named)
def test_links_of_the_urdfs_are_called_by_their_classes(path):
    assert set(articulation(path).links) <= set(CLASSES)


def test_the_drawer_opens_towards_the_robot():
    tree = articulation(ASSETS / "cabinet" / "cabinet.urdf")
    shut, opened = (tree.forward({"drawer_slide": position})[tree.links.index("handle")].position for position in (0.0, 0.1))
    assert np.allclose(opened - shut, [-0.1, 0.0, 0.0])
