"""From an MJCF to a URDF and its meshes in the cache folder, made once for what the files hold."""

import hashlib
import os
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import mujoco

from simgen import shelves
from simgen.errors import AssetError
from simgen.scenario.mjcf.limits import check
from simgen.scenario.mjcf.mechanism import Mechanism
from simgen.scenario.mjcf.shapes import Shapes
from simgen.scenario.mjcf_files import mjcf_files

EDITION = "1"
"""Of what is written here; another one makes everything anew."""


def urdf(path: Path) -> Path:
    """A URDF that says what an MJCF says.

    Bodies become links with the inertia that MuJoCo gives them, one without mass with that of all that is fixed to it; hinges and slides
    become joints with their names, ranges, damping and friction. A joint that is not at its body's origin, and each but the last of
    several on one body, gets a link of its own, which weighs a millionth. The base is the one body at the top, wherever the file puts it,
    if it is free or nothing else is there; else a link `world`. A joint that an equality ties to another mimics it.

    Left out are a floor below a free body, `mocap` bodies and ties to them, lights, cameras, sites, sensors, armature, gravity
    compensation, and actuators but for their strength; which geoms may touch which is not kept, only whether they touch anything.

    Raises:
        AssetError: if the file is broken, or says what no tree of rigid links can do (`limits.check`).
    """
    files = mjcf_files(path)
    digests = [EDITION, mujoco.__version__, path.name, *(f"{os.path.relpath(file, path.parent)} {shelves.sha256(file)}" for file in files)]
    name = f"{path.stem}-{hashlib.sha256('\n'.join(digests).encode()).hexdigest()[:32]}"
    folder = shelves.cache() / "mjcf" / name
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            made = Path(scratch) / name
            made.mkdir()
            _write(path, made)
            _keep(made, folder)
    return folder / f"{path.stem}.urdf"


def _keep(made: Path, folder: Path) -> None:
    """Move a finished folder to its place, unless another worker was faster."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _write(path: Path, folder: Path) -> None:
    mujoco.mj_clearCache(mujoco.mj_getCache())  # it takes a mesh for the one it was if both are of one second
    try:
        model = mujoco.MjModel.from_xml_path(str(path))
    except (ValueError, mujoco.FatalError) as error:
        raise AssetError(path, f"cannot be read as MJCF ({' '.join(str(error).split())}); mend it.") from error
    mechanism = Mechanism(model, check(path, model))
    shapes = Shapes(path, model, folder)
    root = ElementTree.Element("robot", name=path.stem)
    for body, link in mechanism.links():
        shapes.add(body, link)
        root.append(link)
    root.extend(mechanism.joints())
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(folder / f"{path.stem}.urdf", encoding="unicode")
