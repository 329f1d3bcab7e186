"""The command line's command for logs of other simulators."""

from pathlib import Path
from typing import Annotated

import tyro

from simgen.terminal import following

# As in cli.py, a command imports its rooms when it runs.


def importing(
    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")],
    *,
    out: Path,
    format: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None,
    overwrite: bool = False,
) -> None:
    """Make a dataset of what another simulator recorded, for `simgen render` to photograph anew.

    SOURCE is a folder of Isaac Sim's CosmosWriter (clip_*/), an HDF5 file of Isaac Lab Mimic or robomimic (data/demo_*), or a plain
    folder or HDF5 file with <camera>/rgb, depth and segmentation, as PNG, NumPy or MP4, and a `cameras.json` with fps, intrinsics and
    world_T_camera. Such a `cameras.json` is also read beside logs that do not say where their cameras stood. The layouts stand in full
    in the files of `simgen/importing`.

    Args:
        source: Folder or file.
        out: Folder of the dataset.
        format: `cosmos`, `isaaclab`, `robomimic`, `hdf5`, `folder` or a plugin's; by default found out from what is there.
        overwrite: Replace a finished dataset.
    """
    from simgen.importing import import_log

    with following(out, "Importing episodes") as line:
        made = import_log(source, out, format=format, overwrite=overwrite, progress=line.count)
    print(f"Dataset  {made.root}  ({made.episodes} episodes of {made.format})")
    for guess in made.guesses:
        print(f"Guessed  {guess}")
    print(f"Render   simgen render {made.root} --weather rain:3 --out {made.root}-rain")
